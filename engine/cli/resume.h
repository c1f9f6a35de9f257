/* SPDX-License-Identifier: MIT */
/** @file resume.h What a finished run folder says of itself. */
#ifndef FMI_CLI_RESUME_H
#define FMI_CLI_RESUME_H

#include <stdbool.h>
#include <stdint.h>

/** Read from a run.json. */
typedef struct fmi_finished {
    char job[40];     /**< "" = not said */
    char started[24]; /**< UTC, as in its run.json; "" = not said */
    double seconds;   /**< of the whole run */
    uint64_t files, bytes;
    uint64_t frames, positions;
    double mean[2]; /**< of total displacement and of perceptual difference; NaN = unknown */
    bool cached;    /**< any file came from a cache */
} fmi_finished;

/** Reads folder/run.json and looks for every file it names, each of the size it says. False: there
 *  is none, it cannot be understood, or a file is missing. */
bool fmi_finished_read(fmi_finished *finished, const char *folder);

#endif
