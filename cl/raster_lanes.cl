/* SPDX-License-Identifier: MIT */
/*
 * raster_lanes.cl: from one structure a lane to one vector a component, and back. Each step is one
 * shuffle of two vectors, which compilers translate much faster than lanes named one by one.
 */
#ifndef FM_RASTER_LANES_CL
#define FM_RASTER_LANES_CL

#include "common.cl"

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
    float8 a01l = ((float16)(a0, a1)).s08194c5d, a23l = ((float16)(a2, a3)).s08194c5d;
    float8 a01h = ((float16)(a0, a1)).s2a3b6e7f, a23h = ((float16)(a2, a3)).s2a3b6e7f;
    float8 b01l = ((float16)(b0, b1)).s08194c5d, b23l = ((float16)(b2, b3)).s08194c5d;
    float8 b01h = ((float16)(b0, b1)).s2a3b6e7f, b23h = ((float16)(b2, b3)).s2a3b6e7f;
    fmk_rows8 t;
    t.r0 = ((float16)(a01l, a23l)).s018945cd;
    t.r1 = ((float16)(a01l, a23l)).s23ab67ef;
    t.r2 = ((float16)(a01h, a23h)).s018945cd;
    t.r3 = ((float16)(a01h, a23h)).s23ab67ef;
    t.r4 = ((float16)(b01l, b23l)).s018945cd;
    t.r5 = ((float16)(b01l, b23l)).s23ab67ef;
    t.r6 = ((float16)(b01h, b23h)).s018945cd;
    t.r7 = ((float16)(b01h, b23h)).s23ab67ef;
    return t;
}

/* Components of 8 int4, one vector each. */
typedef struct fmk_columns8 {
    int8 x, y, z, w;
} fmk_columns8;

FMK_INLINE fmk_columns8 fmk_transpose4(int4 p0, int4 p1, int4 p2, int4 p3, int4 p4, int4 p5,
                                       int4 p6, int4 p7) {
    int8 a = (int8)(p0, p4), b = (int8)(p1, p5), c = (int8)(p2, p6), d = (int8)(p3, p7);
    int8 ab = ((int16)(a, b)).s08194c5d, cd = ((int16)(c, d)).s08194c5d;
    int8 abh = ((int16)(a, b)).s2a3b6e7f, cdh = ((int16)(c, d)).s2a3b6e7f;
    fmk_columns8 r;
    r.x = ((int16)(ab, cd)).s018945cd;
    r.y = ((int16)(ab, cd)).s23ab67ef;
    r.z = ((int16)(abh, cdh)).s018945cd;
    r.w = ((int16)(abh, cdh)).s23ab67ef;
    return r;
}

#endif
