/* SPDX-License-Identifier: MIT */
/**
 * @file view.h
 * Framing: from fm_view and the shapes to the camera of fm_scene. Double precision, pure.
 */
#ifndef FMI_VIEW_H
#define FMI_VIEW_H

#include "pair_join.h"

#include <fm/render.h>

/** A camera ready for use. */
typedef struct fmi_camera {
    double to_camera[12]; /**< 3 x 4 row-major: centred model coordinates to camera space */
    double focal_px, half_width, half_height, near_w;
    double scale; /**< of the fit */
} fmi_camera;

/** Fills defaults of zero fields and checks ranges; view may be NULL. */
fm_status fmi_view_resolve(const fm_view *view, fm_view *resolved, fm_error *err);

/** Camera of a resolved view. Fit: the largest scale (bisection, 60 steps) with which every
 *  position of A, of B and of the targets lies beyond near and within 0.45 x the shorter side of
 *  the centre. */
fm_status fmi_camera_make(fmi_camera *camera, const fmi_joined *joined, const fm_view *view,
                          fm_error *err);

#endif
