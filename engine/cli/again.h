/* SPDX-License-Identifier: MIT */
/**
 * @file again.h
 * A run whose device was lost starts over in a new process with half the batch: after such a
 * failure drivers answer nothing sensible in the old one. What happened is handed on in the
 * variable FMORPH_LOST, "8:-36,4:-5": frames at once (0 = before there was a plan, or where there
 * are none) and OpenCL's code, oldest first; when it all
 * began in FMORPH_STARTED, which whoever runs a batch in parts may set for all of them.
 */
#ifndef FMI_CLI_AGAIN_H
#define FMI_CLI_AGAIN_H

#include "console.h"

#define FMI_AGAIN_MOST 16

/** What earlier processes of this run met. */
typedef struct fmi_again {
    uint32_t count;
    uint32_t batch[FMI_AGAIN_MOST]; /**< frames at once when the device was lost */
    int32_t code[FMI_AGAIN_MOST];
    char started[24]; /**< UTC, "2026-11-21T12:30:05Z": the same in all runs of one command */
} fmi_again;

/** Reads FMORPH_LOST and FMORPH_STARTED; what cannot be read counts as nothing and as now. */
void fmi_again_read(fmi_again *again);
/** Lowers the frames at once that were asked for (0 = as planned) to what this process may use. */
void fmi_again_limit(const fmi_again *again, uint32_t *batch);

/**
 * Starts the program over, with argv of the subcommand. Returns only when that is of no use (one
 * frame at once was tried, or the same without a plan) or fails; a warning says when it is done.
 * @param batch frames at once when the device was lost now; 0 = before there was a plan
 */
void fmi_again_start(const fmi_again *again, fmi_console *console, char **argv, uint32_t batch,
                     int32_t code);

#endif
