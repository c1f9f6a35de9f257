/* SPDX-License-Identifier: MIT */
/** @file progress.h A bar with rate and time left, on stderr when that is a terminal. */
#ifndef FMI_CLI_PROGRESS_H
#define FMI_CLI_PROGRESS_H

#include "console.h"

/** Threads: one thread at a time. */
typedef struct fmi_progress {
    fmi_console *console;
    const char *unit;
    uint64_t total, done;
    uint64_t start_ns, drawn_ns;
} fmi_progress;

/** Starts at 0 of total. unit: plural noun for people, borrowed. */
void fmi_progress_start(fmi_progress *progress, fmi_console *console, const char *unit,
                        uint64_t total);
/** count more are done; draws at most ten times a second. */
void fmi_progress_add(fmi_progress *progress, uint64_t count);
/** Takes the bar away. */
void fmi_progress_end(fmi_progress *progress);

#endif
