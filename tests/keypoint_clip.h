/* SPDX-License-Identifier: MIT */
/**
 * @file keypoint_clip.h
 * Made-up clips of keypoints, the object under test beside the reference, and their comparison.
 */
#ifndef KEYPOINT_CLIP_H
#define KEYPOINT_CLIP_H

#include "fm_test.h"
#include "ref/keypoint.h"

#include <fm/keypoints.h>

#define KEYPOINT_TOLERANCE 1e-5

/** Clips side by side; arrays from malloc. */
typedef struct keypoint_clips {
    fm_keypoints_params how;
    uint32_t points, clips, frames;
    uint32_t values, motions; /**< numbers of a frame */
    float *source_value, *source_jacobian, *source_motion, *canonical;
    float *initial_value, *initial_jacobian, *initial_motion;
    float *value, *jacobian, *motion; /**< driving frames */
    float *out_value, *out_jacobian, *out_motion;
    uint8_t *status;
} keypoint_clips;

/** Random clips like real ones: points in [-1, 1], Jacobians near 1, small turns. motion: frames of
 *  SADTALKER are motions. how->points 0 = the model's. */
keypoint_clips *keypoint_clips_new(const fm_keypoints_params *how, uint32_t frames, bool motion,
                                   uint64_t seed);
void keypoint_clips_free(keypoint_clips *clips);

fm_keypoints_set keypoint_source(const keypoint_clips *clips);
fm_keypoints_set keypoint_initial(const keypoint_clips *clips);
fm_keypoints_set keypoint_driving(const keypoint_clips *clips);
fm_keypoints_out keypoint_out(const keypoint_clips *clips);
/** An engine as the tests use it. */
fm_engine *keypoint_engine(fm_specialisation specialisation);

/** Pushes all frames in one go and compares them with the reference, statuses included. */
void keypoint_check(const keypoint_clips *clips, fm_engine *engine, const char *what);
/** The comparison alone, of what is in the out arrays. */
void keypoint_compare(const keypoint_clips *clips, const char *what);

#endif
