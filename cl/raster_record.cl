/* SPDX-License-Identifier: MIT */
/*
 * raster_record.cl: what binning hands to rasterising on CPU devices: one record of 128 bytes per
 * kept triangle, made once per frame, so that drawing and resolving only add and multiply.
 *
 * Most triangles are plain: small, well shaped, of moderate perspective. Their record holds planes
 * (value at corner 0, change per pixel) and edge values where drawing starts. The others are
 * marked FMK_FLAG_GENERAL: their record starts with the fmk_triangle of raster_setup.cl, from
 * which everything can be had exactly, but slowly.
 */
#ifndef FM_RASTER_RECORD_CL
#define FM_RASTER_RECORD_CL

#include "prefetch.cl"
#include "raster_lanes.cl"
#include "raster_setup.cl"

/* Flag in rows: the record holds an fmk_triangle. */
#define FMK_FLAG_GENERAL 16

/* Edge values lose their lowest bits, unless those decide about samples off the centre. What a
 * pixel changes them by, over the record's steps. */
#define FMK_EDGE_SHIFT (FMK_SAMPLES == 1 ? FM_SUBPIXEL_BITS : 0)
#define FMK_EDGE_PIXEL (FMK_SAMPLES == 1 ? 1 : FM_SUBPIXEL)

/* A triangle is plain when its larger extent squared is below this times its determinant: then
 * the planes are exact to about 1e-5 of the change across the triangle. */
#define FMK_PLAIN_SHAPE 1024.0f
/* ... and when its largest 1/w is below this times its smallest. */
#define FMK_PLAIN_DEPTH 64.0f

/* Components of a plane, in the order of attr of raster_vertex.cl: u/w, v/w, n.xyz/w, mip level
 * or, with the trilinear filter, level at w = 1
 * (constant), 1/w, and one that only carries the place of corner 0. 128 bytes; columns and rows
 * are where fmk_triangle has them. */
typedef struct fmk_record {
    float8 corner;    /* at corner 0; s7: its x in pixels, 0 = centre of the first column */
    int e0, e1, e2;   /* edge values >> FMK_EDGE_SHIFT, top-left rule included, at the centre of
                         the pixel (x0 & ~7, y0) */
    int step1, step2; /* of E1 and E2 per pixel: x in the low half, y in the high one */
    float depth_min;  /* with 4 samples: smallest 1/w of its corners */
    int columns, rows;
    float8 per_x; /* change per pixel to the right; s7: y of corner 0 in pixels */
    float8 per_y; /* change per pixel down; s7, with 4 samples: largest 1/w of its corners */
} fmk_record;

/* Halves of a step. */
FMK_INLINE int fmk_step_x(int step) {
    return (step << 16) >> 16;
}

FMK_INLINE int fmk_step_y(int step) {
    return step >> 16;
}

#endif
