/* SPDX-License-Identifier: MIT */
/** @file solve_run.h One run of fmorph solve. */
#ifndef FMI_CLI_SOLVE_RUN_H
#define FMI_CLI_SOLVE_RUN_H

#include "again.h"

#include <fm/solve.h>

#include "clock.h"
#include "io/npy.h"

/** What was asked for, what was read, what came out. */
typedef struct fmi_solve_run {
    const char *path[2]; /**< A, B */
    const char *output, *status_path, *device;
    fm_side side;
    fm_level level;
    double rcond; /**< 0 = default */
    bool json;
    fmi_npy in[2];   /**< A, B; B becomes X */
    uint8_t *status; /**< one a matrix */
    fm_solve_stats stats;
    uint64_t started, solve_ns;
    const fmi_again *again; /**< what earlier processes met */
} fmi_solve_run;

/** Says what was met: a line on the console, with json an object on stdout. */
fm_status fmi_solve_report(const fmi_solve_run *run, const fm_engine *engine, fmi_console *console,
                           fm_error *err);

#endif
