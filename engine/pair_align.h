/* SPDX-License-Identifier: MIT */
/** @file pair_align.h The least-squares fit that moves one point list onto another. */
#ifndef FMI_PAIR_ALIGN_H
#define FMI_PAIR_ALIGN_H

#include <fm/pair.h>

/**
 * Fits m b_i to a_i over all points, in double: identity for none; rotation and translation for
 * rigid; with one scale for similarity. Never a reflection. Where the points do not fix the scale
 * (one list is a single point, say) it is 1; where they do not fix the rotation, one of the best.
 *
 * @param a, b  count x 3, count >= 1
 * @param m     3 x 4 row-major
 */
void fmi_align_fit(const float *a, const float *b, uint32_t count, fm_align align, double m[12]);

/** out = m p. */
void fmi_align_apply(const double m[12], const float p[3], double out[3]);
/** Moves points by m and takes the centre off, all in double; one rounding to float at the end. */
void fmi_align_place(const double m[12], const double center[3], uint32_t count, float *points);
/** Makes a box, smallest and largest corner, hold p. */
void fmi_align_widen(double box[2][3], const double p[3]);

#endif
