/* SPDX-License-Identifier: MIT */
/**
 * @file sample_layout.h
 * Where things lie on the map of a made-up head. u is right, v is up; the head is one sheet cut at
 * the back, each eyeball a disc around its pupil.
 */
#ifndef FMI_SAMPLE_LAYOUT_H
#define FMI_SAMPLE_LAYOUT_H

#include <math.h>

#define FMI_UV_LEFT 0.008
#define FMI_UV_RIGHT 0.992
#define FMI_UV_BOTTOM 0.008
#define FMI_UV_TOP 0.862
#define FMI_UV_EYE_V 0.930
#define FMI_UV_EYE_RADIUS 0.060
/** u of the disc of the eye at -X (side < 0) or +X. */
static inline double fmi_uv_eye_u(int side) {
    return side < 0 ? 0.40 : 0.60;
}
/** Distance from the disc's middle (0 to 1) of a ring at share q of the way from pupil to rear
 *  pole: the front, which is seen, gets twice its share. */
static inline double fmi_uv_eye_distance(double q) {
    return 1.0 - (1.0 - q) * (1.0 - q);
}
/** Its inverse. */
static inline double fmi_uv_eye_ring(double distance) {
    return 1.0 - sqrt(1.0 - distance);
}

#endif
