/* SPDX-License-Identifier: MIT */
/** @file guard.h Refusals before any work: an output that is there already, or is an input. */
#ifndef FMI_CLI_GUARD_H
#define FMI_CLI_GUARD_H

#include "run.h"

/**
 * @retval FM_ERROR_IO the run folder is there and --force was not given
 * @retval FM_ERROR_INVALID_ARGUMENT an input lies in the run folder, or stdout or the trace is one,
 *         or stdout is a terminal
 */
fm_status fmi_guard_outputs(const fmi_run *run, fm_error *err);

#endif
