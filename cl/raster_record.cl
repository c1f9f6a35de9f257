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

#include "raster_setup.cl"

/* Asks for the cache line at p, where the compiler can. The driver that knows no restrict
 * (Oclgrind) cannot, although its compiler says so. */
#if defined(__has_builtin) && !defined(FMK_NO_RESTRICT)
#if __has_builtin(__builtin_prefetch)
#define FMK_PREFETCH(p) __builtin_prefetch((const void *)(uintptr_t)(p))
#endif
#endif
#ifndef FMK_PREFETCH
#define FMK_PREFETCH(p) (void)(p)
#endif

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

/* An 8 x 8 transpose: r[k] of the result holds component k of all eight. */
typedef struct fmk_rows8 {
    float8 r0, r1, r2, r3, r4, r5, r6, r7;
} fmk_rows8;

FMK_INLINE fmk_rows8 fmk_transpose(fmk_rows8 m) {
    /* Rows i and i + 4 side by side, then 4 x 4 transposes of both halves at once. */
    float8 a0 = (float8)(m.r0.lo, m.r4.lo), a1 = (float8)(m.r1.lo, m.r5.lo);
    float8 a2 = (float8)(m.r2.lo, m.r6.lo), a3 = (float8)(m.r3.lo, m.r7.lo);
    float8 b0 = (float8)(m.r0.hi, m.r4.hi), b1 = (float8)(m.r1.hi, m.r5.hi);
    float8 b2 = (float8)(m.r2.hi, m.r6.hi), b3 = (float8)(m.r3.hi, m.r7.hi);
    float8 a01l = (float8)(a0.s0, a1.s0, a0.s1, a1.s1, a0.s4, a1.s4, a0.s5, a1.s5);
    float8 a23l = (float8)(a2.s0, a3.s0, a2.s1, a3.s1, a2.s4, a3.s4, a2.s5, a3.s5);
    float8 a01h = (float8)(a0.s2, a1.s2, a0.s3, a1.s3, a0.s6, a1.s6, a0.s7, a1.s7);
    float8 a23h = (float8)(a2.s2, a3.s2, a2.s3, a3.s3, a2.s6, a3.s6, a2.s7, a3.s7);
    float8 b01l = (float8)(b0.s0, b1.s0, b0.s1, b1.s1, b0.s4, b1.s4, b0.s5, b1.s5);
    float8 b23l = (float8)(b2.s0, b3.s0, b2.s1, b3.s1, b2.s4, b3.s4, b2.s5, b3.s5);
    float8 b01h = (float8)(b0.s2, b1.s2, b0.s3, b1.s3, b0.s6, b1.s6, b0.s7, b1.s7);
    float8 b23h = (float8)(b2.s2, b3.s2, b2.s3, b3.s3, b2.s6, b3.s6, b2.s7, b3.s7);
    fmk_rows8 t;
    t.r0 = (float8)(a01l.s01, a23l.s01, a01l.s45, a23l.s45);
    t.r1 = (float8)(a01l.s23, a23l.s23, a01l.s67, a23l.s67);
    t.r2 = (float8)(a01h.s01, a23h.s01, a01h.s45, a23h.s45);
    t.r3 = (float8)(a01h.s23, a23h.s23, a01h.s67, a23h.s67);
    t.r4 = (float8)(b01l.s01, b23l.s01, b01l.s45, b23l.s45);
    t.r5 = (float8)(b01l.s23, b23l.s23, b01l.s67, b23l.s67);
    t.r6 = (float8)(b01h.s01, b23h.s01, b01h.s45, b23h.s45);
    t.r7 = (float8)(b01h.s23, b23h.s23, b01h.s67, b23h.s67);
    return t;
}

#endif
