/* SPDX-License-Identifier: MIT */
/** @file keypoints_input.h A made-up FOMM clip for the keypoints case and its peers. */
#ifndef FMI_KEYPOINTS_INPUT_H
#define FMI_KEYPOINTS_INPUT_H

#include "case.h"
#include "ref/keypoint.h"

#define FMI_KEYPOINTS_POINTS 10
#define FMI_KEYPOINTS_VALUES 20    /**< floats of a frame's values */
#define FMI_KEYPOINTS_JACOBIANS 40 /**< floats of a frame's Jacobians */
#define FMI_KEYPOINTS_BYTES 480    /**< of a frame, in and out */

/** Like a real clip: points in [-1, 1], Jacobians near 1, none singular. Zeroed = none. */
typedef struct fmi_keypoints_input {
    uint32_t frames;
    float *value, *jacobian; /**< frames, then one more: the source. Frame 0 is the initial one */
    float *out_value, *out_jacobian; /**< between canaries of a page and more */
} fmi_keypoints_input;

fm_status fmi_keypoints_input_make(fmi_keypoints_input *input, uint32_t frames, fm_error *err);
/** Not passed when the canaries around the outputs were overwritten. */
void fmi_keypoints_input_look(const fmi_keypoints_input *input, fmi_check *check);
void fmi_keypoints_input_free(fmi_keypoints_input *input);
fm_keypoints_set fmi_keypoints_input_source(const fmi_keypoints_input *input);
fm_keypoints_set fmi_keypoints_input_driving(const fmi_keypoints_input *input);

/**
 * Compares one frame of out_value and out_jacobian with the reference; adds to check->max, share
 * and compared. Unit: ulp of the frame's scale, which is at least 1.
 */
void fmi_keypoints_input_compare(const fmi_keypoints_input *input, const fm_keypoints_params *how,
                                 uint32_t frame, double tolerance_ulp, fmi_check *check);

#endif
