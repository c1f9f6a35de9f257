/* SPDX-License-Identifier: MIT */
/*
 * raster_setup.cl: the rules of the sub-pixel grid, shared by binning and rasterising.
 *
 * Everything here is integer and exact. Screen y points down; front faces are counter-clockwise
 * in a y-up view, which makes their determinant positive.
 */
#ifndef FM_RASTER_SETUP_CL
#define FM_RASTER_SETUP_CL

#include "common.cl"

/* A triangle whose extent on the 1/16 grid is below this fits 32-bit edge arithmetic. */
#define FMK_SMALL_EXTENT 8192

/* Twice the area on the 1/16 grid, positive for front faces. */
inline long fmk_determinant(int2 p0, int2 p1, int2 p2) {
    int2 d1 = p1 - p0;
    int2 d2 = p2 - p0;
    return (long)d2.x * d1.y - (long)d1.x * d2.y;
}

/* Pixels whose centres can lie in the triangle: (x0, y0, x1, y1), inclusive, unclipped. */
inline int4 fmk_pixel_bounds(int2 p0, int2 p1, int2 p2) {
    int2 low = min(min(p0, p1), p2);
    int2 high = max(max(p0, p1), p2);
    int2 first = (low + (FM_SUBPIXEL_HALF - 1)) >> FM_SUBPIXEL_BITS;
    int2 last = (high - FM_SUBPIXEL_HALF) >> FM_SUBPIXEL_BITS;
    return (int4)(first.x, first.y, last.x, last.y);
}

#endif
