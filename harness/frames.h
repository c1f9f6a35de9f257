/* SPDX-License-Identifier: MIT */
/**
 * @file frames.h
 * Judging rendered frames: what the picture ops share. A render is right when every compared
 * frame differs from the reference by at most 1 of 255 on 99.9 % of its pixels or more and has no
 * hole, and every other frame has the bytes it has at batch 1.
 */
#ifndef FMI_FRAMES_H
#define FMI_FRAMES_H

#include "case.h"

#define FMI_FRAMES_LEVELS 1       /**< allowed difference, of 255 */
#define FMI_FRAMES_HALF_PSNR 45.0 /**< dB, least of 16-bit vertices */
#define FMI_FRAMES_SHARE 0.001    /**< pixels that may pass it */

/** Renders and judges frames of one pair. Zeroed = none; free with fmi_frames_free. */
typedef struct fmi_frames {
    fm_pair *pair;                 /**< borrowed */
    const fmi_case_params *params; /**< borrowed */
    float *t;                      /**< the weight of each frame */
    uint64_t *hash;                /**< of each frame at the last check; 0 before */
} fmi_frames;

fm_status fmi_frames_create(fmi_frames *frames, fm_pair *pair, const fmi_case_params *params,
                            fm_error *err);
void fmi_frames_free(fmi_frames *frames);

/** View of the params: default framing, the cell's size, samples, filter and batch. */
fm_view fmi_frames_view(const fmi_case_params *params);
/** The same for the reference. */
fmi_picture_kind fmi_frames_kind(const fmi_case_params *params);

/** Stale pixels become wrong ones: renders the whole batch at other weights. */
fm_status fmi_frames_poison(fmi_frames *frames, fm_error *err);
/** Poisons, renders, hashes every frame, compares as @p how says. Adds to a zeroed *check. */
fm_status fmi_frames_check(fmi_frames *frames, const fmi_check_params *how, fmi_check *check,
                           fm_error *err);
/** Renders again: the same bytes as at the check? */
fm_status fmi_frames_recheck(fmi_frames *frames, fmi_check *check, fm_error *err);

/** Hash of an image's rows, without their padding. */
uint64_t fmi_frames_hash(const fm_image *image);
/** The image behind a frame, borrowed. */
fm_image fmi_frames_image(const fm_frame *frame);

/** Sums of a comparison of pictures. Zeroed = nothing compared. */
typedef struct fmi_difference {
    uint64_t pixels, beyond; /**< beyond: more than FMI_FRAMES_LEVELS in any channel */
    uint64_t holes; /**< background where the reference and its 8 neighbours show a surface */
    uint32_t max;
    double squares; /**< sum over the channels */
} fmi_difference;

/** Compares an RGB image with a reference frame of its size; adds to difference. */
void fmi_frames_compare(const fmi_reference *want, const fm_image *got, fmi_difference *difference);

#endif
