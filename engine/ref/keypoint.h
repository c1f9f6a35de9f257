/* SPDX-License-Identifier: MIT */
/**
 * @file keypoint.h
 * Keypoint normalisation in plain double, one clip, one frame at a time, as fm/keypoints.h words
 * it. The Jacobian is computed in the order of the formula, with a solve a frame.
 */
#ifndef FMI_REF_KEYPOINT_H
#define FMI_REF_KEYPOINT_H

#include <fm/keypoints.h>

/** One clip. All arrays are borrowed. */
typedef struct fmi_ref_keypoints {
    fm_keypoints_params how; /**< points and multiplier not 0, clips 1 */
    fm_keypoints_set source, initial;
} fmi_ref_keypoints;

/** Scales of the clip: FOMM and SADTALKER s, LIVEPORTRAIT m. */
typedef struct fmi_ref_keypoints_scales {
    double used, bbox, hull; /**< NAN = not known */
} fmi_ref_keypoints_scales;

void fmi_ref_keypoints_scale(const fmi_ref_keypoints *clip, fmi_ref_keypoints_scales *scales);
/** Frames of in to out, which may be in place. */
void fmi_ref_keypoints_run(const fmi_ref_keypoints *clip, const fm_keypoints_set *in,
                           const fm_keypoints_out *out, uint32_t frames);
/** sigma_max / sigma_min of a 2 x 2 matrix; INFINITY when singular. */
double fmi_ref_condition_2x2(const float *matrix);

/** Width times height of x and y; area of their convex hull (gift wrapping). d numbers a point. */
double fmi_ref_bbox_area(const double *p, uint32_t d, uint32_t count);
double fmi_ref_hull_area(const double *p, uint32_t d, uint32_t count);
/** Volume of the convex hull of 3-D points: every plane through three of them that has all others
 * on one side is a facet. Takes count^4 steps. */
double fmi_ref_hull_volume(const double *p, uint32_t count);

#endif
