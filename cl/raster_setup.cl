/* SPDX-License-Identifier: MIT */
/*
 * raster_setup.cl: the rules of the sub-pixel grid and the record of one triangle that is ready to
 * be rasterised, shared by binning and rasterising.
 *
 * Coverage is integer and exact. Screen y points down; front faces are counter-clockwise in a
 * y-up view, which makes their determinant positive.
 */
#ifndef FM_RASTER_SETUP_CL
#define FM_RASTER_SETUP_CL

#include "common.cl"

/* Coverage samples a pixel: 1, its centre, or 4 on a rotated grid. Colour is taken at the centre in
 * both cases. */
#ifndef FMK_SAMPLES
#define FMK_SAMPLES 1
#endif

/* Bytes of a pixel: RGB over the background, or RGBA without one. */
#ifndef FMK_CHANNELS
#define FMK_CHANNELS 3
#endif

/* Texture filter: one level per triangle (0), or two per pixel (1). */
#ifndef FMK_TRILINEAR
#define FMK_TRILINEAR 0
#endif

/* How far from the centre samples lie in x or y, in 1/16 pixel. */
#if FMK_SAMPLES == 4
#define FMK_REACH 6
#else
#define FMK_REACH 0
#endif

/* A triangle whose extent on the 1/16 grid is below this fits 32-bit edge arithmetic. */
#define FMK_SMALL_EXTENT 8192

/*
 * A kept triangle, made once per frame. Corners are ordered so that the determinant is positive.
 * E1 (edge corner 2 -> corner 0) and E2 (edge 0 -> 1) at a point d from corner 0 are
 * x d.x + y d.y; E1 / det and E2 / det are the barycentric weights of corners 1 and 2. 64 bytes.
 */
typedef struct fmk_triangle {
    int px, py;             /* corner 0 on the 1/16 grid */
    int e1_x, e1_y;         /* steps of E1 per 1/16 pixel */
    int e2_x, e2_y;         /* steps of E2 */
    float depth;            /* 1/w at corner 0 */
    float depth_x, depth_y; /* its slope per 1/16 pixel */
    float depth_min, depth_max;
    int vertex0, vertex1, vertex2;
    int columns; /* first pixel column | last << 13 | mip level << 26 */
    int rows;    /* first pixel row | last << 13 | flags << 26 */
} fmk_triangle;

/* Flags in rows: fits 32-bit edge arithmetic; edge i is neither left nor top, so a pixel centre
 * exactly on it belongs to the neighbour. */
#define FMK_FLAG_SMALL 1
#define FMK_FLAG_OPEN0 2
#define FMK_FLAG_OPEN1 4
#define FMK_FLAG_OPEN2 8

/* Where a sample lies, from the centre of its pixel in 1/16 pixel: (-2, -6), (6, -2), (-6, 2) and
 * (2, 6), so that no two share a row or a column. */
FMK_INLINE int2 fmk_sample(int sample) {
    int2 grid = (int2)(8 * (sample & 1) - 4 * (sample >> 1) - 2, 4 * sample - 6);
    return FMK_SAMPLES == 1 ? (int2)(0) : grid;
}

/* First and last pixel with a sample in an interval of the 1/16 grid, before clipping. */
#define FMK_TO_PIXEL_FROM (FM_SUBPIXEL_HALF - 1 - FMK_REACH)
#define FMK_TO_PIXEL_TO (FM_SUBPIXEL_HALF - FMK_REACH)

FMK_INLINE int fmk_pixel_from(int low) {
    return (low + FMK_TO_PIXEL_FROM) >> FM_SUBPIXEL_BITS;
}

FMK_INLINE int fmk_pixel_to(int high) {
    return (high - FMK_TO_PIXEL_TO) >> FM_SUBPIXEL_BITS;
}

/* The mean of the RGBA bytes of 4 samples, halves up, from their sums: R and B in the halves of
 * even, G and A in those of odd. In a transparent picture the background has no colour, so colour
 * is the mean over the covered samples alone: PNG's alpha is straight, not premultiplied. */
FMK_INLINE uint fmk_mean_of_sums(uint even, uint odd) {
#if FMK_CHANNELS == 4
    uint covered = (odd >> 16) / 255u, share = max(covered, 1u), half_share = covered >> 1;
    uint red = ((even & 0xffffu) + half_share) / share;
    uint green = ((odd & 0xffffu) + half_share) / share;
    uint blue = ((even >> 16) + half_share) / share;
    return red | green << 8 | blue << 16 | ((odd >> 16) + 2u) >> 2 << 24;
#else
    const uint bytes = 0x00ff00ffu, two = 0x00020002u;
    return ((even + two) >> 2 & bytes) | ((odd + two) >> 2 & bytes) << 8;
#endif
}

/* The mean of 4 samples, RGBA. */
FMK_INLINE uint fmk_mean(uint a, uint b, uint c, uint d) {
    const uint bytes = 0x00ff00ffu;
    uint even = (a & bytes) + (b & bytes) + (c & bytes) + (d & bytes);
    uint odd = (a >> 8 & bytes) + (b >> 8 & bytes) + (c >> 8 & bytes) + (d >> 8 & bytes);
    return fmk_mean_of_sums(even, odd);
}

FMK_INLINE int fmk_first(int packed) {
    return packed & 8191;
}

FMK_INLINE int fmk_last(int packed) {
    return (packed >> 13) & 8191;
}

FMK_INLINE int fmk_high(int packed) {
    return packed >> 26;
}

/* Twice the area on the 1/16 grid. */
FMK_INLINE long fmk_determinant(__global const fmk_triangle *r) {
    return (long)r->e1_y * r->e2_x - (long)r->e2_y * r->e1_x;
}

/* Whether an edge with these steps is neither a left nor a top edge. */
FMK_INLINE bool fmk_edge_open(int a, int b) {
    return !(a > 0 || (a == 0 && b > 0));
}

/* Smallest k with texel_area <= det * 4^k, at most last: det is twice the screen area in 1/256
 * pixel^2, so this is "texel area <= 2 x 4^k x screen area" without a rounding. */
FMK_INLINE int fmk_mip_level(uint texel_area, ulong det, int last) {
    int bits = (int)(64 - clz((ulong)texel_area)) - (int)(64 - clz(det));
    int k = max(0, (bits + 1) >> 1);
    if (bits >= 0 && (bits & 1) == 0 && (det << (2 * k)) < (ulong)texel_area)
        ++k;
    return min(k, last);
}

#endif
