/* SPDX-License-Identifier: MIT */
/**
 * @file verify.h
 * --verify: the first, the middle and the last frame as the run made them, against the
 * double-precision reference: at most 1 of 255 apart on 99.9 % of the pixels, no holes.
 */
#ifndef FMI_CLI_VERIFY_H
#define FMI_CLI_VERIFY_H

#include "compare.h"

#include <fm/render.h>

#define FMI_VERIFY_FRAMES 3

struct fmi_run;

/** Zeroed = nothing kept. */
typedef struct fmi_verify {
    uint32_t index[FMI_VERIFY_FRAMES];
    uint8_t *got[FMI_VERIFY_FRAMES]; /**< RGBA */
    bool done;
    fmi_difference worst; /**< sums, and the largest distance of all */
} fmi_verify;

/** Keeps a copy of the frames that will be compared. */
fm_status fmi_verify_take(struct fmi_run *run, const fm_frame *frame, fm_error *err);
/**
 * Renders the same frames with the reference and compares. Needs the run's meshes.
 * @retval FM_ERROR_NUMERIC they differ by more than the rule allows
 */
fm_status fmi_verify_run(struct fmi_run *run, fm_error *err);
void fmi_verify_free(fmi_verify *verify);

#endif
