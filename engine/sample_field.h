/* SPDX-License-Identifier: MIT */
/**
 * @file sample_field.h
 * The neutral head as a field in space: negative inside, about the distance in millimetres near the
 * surface. Origin midway between the eyes in height and width, z = 0 at the ear canals; Y up, face
 * towards +Z. Left and right are mirror images. Identities are warps of it (sample_identity.h).
 */
#ifndef FMI_SAMPLE_FIELD_H
#define FMI_SAMPLE_FIELD_H

#include "sample_math.h"

#include <stdbool.h>

/** Centre and radius of the eyeball at +X. */
#define FMI_EYE_X 31.0
#define FMI_EYE_Y 0.0
#define FMI_EYE_Z 75.0
#define FMI_EYE_RADIUS 13.0
#define FMI_LID_THICKNESS 1.7
#define FMI_HEAD_RIM_Y (-160.0) /**< plane of the neck rim */
#define FMI_HEAD_AXIS_Z (-12.0) /**< the vertical axis that all columns of the surface share */

/** Field of skin with closed lids. */
double fmi_head_field(fmi_v3 p);
/** Unit outward normal of the field's level through p. */
fmi_v3 fmi_head_normal(fmi_v3 p);
/** Edges of the eye opening at x > 0 in front view; beyond the corners they part again, so that
 *  they can guide rows of vertices everywhere. */
bool fmi_eye_open_at(double x);
double fmi_eye_upper(double x);
double fmi_eye_lower(double x);
/** Line between the lips, and the borders of their red. x >= 0. */
double fmi_mouth_line(double x);
double fmi_lip_upper(double x);
double fmi_lip_lower(double x);
#define FMI_MOUTH_HALF 25.0
/** > 0 inside the hair, in millimetres from the hairline. */
double fmi_hair_depth(fmi_v3 p);

#endif
