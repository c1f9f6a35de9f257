/* SPDX-License-Identifier: MIT */
/** @file run_claim.h One process at a time measures a run of a store. */
#ifndef FMI_RUN_CLAIM_H
#define FMI_RUN_CLAIM_H

#include <fm/status.h>

/**
 * Claims the run until the descriptor is closed or the process ends, however it does: nothing is
 * left on the disk. Seen by the processes of this machine (and network namespace).
 * @param store path of a store that is there
 * @param claim receives a descriptor to close; -1 = none, where the system has no such names
 * @retval FM_ERROR_IO another process measures it
 */
fm_status fmi_run_claim(int *claim, const char *store, const char *run, fm_error *err);

#endif
