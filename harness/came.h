/* SPDX-License-Identifier: MIT */
/** @file came.h What came into a store, counted and printed the same way by each command that adds.
 */
#ifndef FMI_CAME_H
#define FMI_CAME_H

#include <stdint.h>

/** Counts. Zeroed = nothing. */
typedef struct fmi_came {
    uint32_t runs, cells;
    uint32_t known; /**< runs that were there already, by their name: left as they are */
    uint64_t samples;
} fmi_came;

/** One line on stdout of what came from a file, which is added to the sum. */
void fmi_came_from(const char *file, const fmi_came *one, fmi_came *sum);
/** The last line, on stderr: "verdict=WORD runs=..". Gives the exit code: 5, and what went wrong as
 *  the last line, when stdout takes nothing. */
int fmi_came_verdict(const char *word, const fmi_came *sum);

#endif
