/* SPDX-License-Identifier: MIT */
/** @file progress.h A bar with rate and time left, on stderr when that is a terminal. */
#ifndef FMI_CLI_PROGRESS_H
#define FMI_CLI_PROGRESS_H

#include "console.h"

#include <fm/plan.h>

/** Threads: one thread at a time. */
typedef struct fmi_progress {
    fmi_console *console;
    const char *unit;
    uint64_t total, done;
    uint64_t start_ns, drawn_ns;
    const fm_plan *plan;  /**< of what is done; NULL = none */
    double alone_seconds; /**< fm_pace's; 0 = not measured */
} fmi_progress;

/** Starts at 0 of total. unit: plural noun for people, borrowed. */
void fmi_progress_start(fmi_progress *progress, fmi_console *console, const char *unit,
                        uint64_t total);
/** count more are done; draws at most ten times a second. */
void fmi_progress_add(fmi_progress *progress, uint64_t count);
/** How it went until now (fmi_clock_ns) and will go on. */
fm_forecast fmi_progress_forecast(const fmi_progress *progress, uint64_t now_ns);
/** Takes the bar away. */
void fmi_progress_end(fmi_progress *progress);

#endif
