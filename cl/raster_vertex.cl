/* SPDX-License-Identifier: MIT */
/*
 * raster_vertex.cl: from two shapes and a weight to screen positions and vertex attributes.
 *
 * fm_raster_vertex
 *   geometry  FM_GEOMETRY_ROWS rows of `padded` floats (vertices rounded up to 16):
 *             A.xyz, B.xyz, Q0.xyz, Q1.xyz, Q2.xyz, u, v
 *   t         one weight a frame of the whole render; this batch starts at first_frame
 *             with FMK_SHAPES: rows of this batch as blend_source.cl describes them, and geometry
 *             has the rows u, v only
 *   xyw       frames x padded int4: position on the 1/16 pixel grid, bits of 1/w, 0;
 *             x = FM_OUTSIDE when the vertex is not beyond the near plane or off the guard band
 *   attr      frames x padded float8: u/w, v/w, n.xyz/w, 0, 1/w, 0 (camera space)
 * Item (frame, i) does FMK_VERTEX_RUN blocks of 8 vertices. No local memory.
 *
 * Normals of a two-shape morph are quadratic in t: N = (1-t)^2 Q0 + t (1-t) Q1 + t^2 Q2, because
 * a face normal is a product of two edges that are each linear in t.
 */
#include "blend_source.cl"
#include "raster_lanes.cl"

#define FM_GEOMETRY_ROWS 17
#ifndef FMK_VERTEX_RUN
#define FMK_VERTEX_RUN 64
#endif

typedef struct fmk_float8x3 {
    float8 x, y, z;
} fmk_float8x3;

FMK_INLINE fmk_float8x3 fmk_load3(__global const float *geometry, uint padded, uint row,
                                  uint block) {
    fmk_float8x3 r;
    r.x = FMK_LOAD8(geometry, padded, row, block);
    r.y = FMK_LOAD8(geometry, padded, row + 1u, block);
    r.z = FMK_LOAD8(geometry, padded, row + 2u, block);
    return r;
}

FMK_INLINE fmk_float8x3 fmk_position3(__global const float *geometry, uint padded, uint row,
                                      uint block) {
    fmk_float8x3 r;
    r.x = FMK_POSITION8(geometry, padded, row, block);
    r.y = FMK_POSITION8(geometry, padded, row + 1u, block);
    r.z = FMK_POSITION8(geometry, padded, row + 2u, block);
    return r;
}

/* Position of the morph in camera space. */
FMK_INLINE fmk_float8x3 fmk_morph_position(__global const float *geometry, uint padded, uint block,
                                           FMK_SOURCE t, __constant const float *m) {
#ifdef FMK_SHAPES
    fmk_float8x3 p = fmk_load3(t, padded, 0u, block);
    float8 x = p.x, y = p.y, z = p.z;
#else
    fmk_float8x3 a = fmk_position3(geometry, padded, 0u, block);
    fmk_float8x3 b = fmk_position3(geometry, padded, 3u, block);
    float8 w = (float8)(t);
    float8 x = fma(w, b.x - a.x, a.x);
    float8 y = fma(w, b.y - a.y, a.y);
    float8 z = fma(w, b.z - a.z, a.z);
#endif
    fmk_float8x3 r;
    r.x = fma((float8)(m[0]), x, fma((float8)(m[1]), y, fma((float8)(m[2]), z, (float8)(m[3]))));
    r.y = fma((float8)(m[4]), x, fma((float8)(m[5]), y, fma((float8)(m[6]), z, (float8)(m[7]))));
    r.z = fma((float8)(m[8]), x, fma((float8)(m[9]), y, fma((float8)(m[10]), z, (float8)(m[11]))));
    return r;
}

/* Unit normal of the morph in camera space; zero length becomes the model's (0, 0, 1). */
FMK_INLINE fmk_float8x3 fmk_morph_normal(__global const float *geometry, uint padded, uint block,
                                         FMK_SOURCE t, __constant const float *m) {
#ifdef FMK_SHAPES
    fmk_float8x3 n = fmk_load3(t, padded, 3u, block);
    float8 x = n.x, y = n.y, z = n.z;
#else
    fmk_float8x3 q0 = fmk_load3(geometry, padded, 6u, block);
    fmk_float8x3 q1 = fmk_load3(geometry, padded, 9u, block);
    fmk_float8x3 q2 = fmk_load3(geometry, padded, 12u, block);
    float8 c0 = (float8)((1.0f - t) * (1.0f - t));
    float8 c1 = (float8)(t * (1.0f - t));
    float8 c2 = (float8)(t * t);
    float8 x = fma(c2, q2.x, fma(c1, q1.x, c0 * q0.x));
    float8 y = fma(c2, q2.y, fma(c1, q1.y, c0 * q0.y));
    float8 z = fma(c2, q2.z, fma(c1, q1.z, c0 * q0.z));
#endif
    float8 square = fma(x, x, fma(y, y, z * z));
    int8 zero = square <= (float8)(1.0e-30f);
    float8 inverse = rsqrt(select(square, (float8)(1.0f), zero));
    x = select(x * inverse, (float8)(0.0f), zero);
    y = select(y * inverse, (float8)(0.0f), zero);
    z = select(z * inverse, (float8)(1.0f), zero);
    fmk_float8x3 r;
    r.x = fma((float8)(m[0]), x, fma((float8)(m[1]), y, (float8)(m[2]) * z));
    r.y = fma((float8)(m[4]), x, fma((float8)(m[5]), y, (float8)(m[6]) * z));
    r.z = fma((float8)(m[8]), x, fma((float8)(m[9]), y, (float8)(m[10]) * z));
    return r;
}

/* Positions of 8 vertices, 16 bytes each. */
FMK_INLINE void fmk_store_xyw(int8 x, int8 y, int8 w, __global int4 *out) {
    const int8 zero = (int8)(0);
    int8 xy = ((int16)(x, y)).s08194c5d, w0 = ((int16)(w, zero)).s08194c5d;
    int8 xyh = ((int16)(x, y)).s2a3b6e7f, w0h = ((int16)(w, zero)).s2a3b6e7f;
    int8 p04 = ((int16)(xy, w0)).s018945cd, p15 = ((int16)(xy, w0)).s23ab67ef;
    int8 p26 = ((int16)(xyh, w0h)).s018945cd, p37 = ((int16)(xyh, w0h)).s23ab67ef;
    *(__global int8 *)(out) = (int8)(p04.lo, p15.lo);
    *(__global int8 *)(out + 2) = (int8)(p26.lo, p37.lo);
    *(__global int8 *)(out + 4) = (int8)(p04.hi, p15.hi);
    *(__global int8 *)(out + 6) = (int8)(p26.hi, p37.hi);
}

/* Attributes of 8 vertices, 32 bytes each. */
FMK_INLINE void fmk_store_attr(float8 u, float8 v, float8 nx, float8 ny, float8 nz, float8 w,
                               __global float8 *out) {
    const float8 zero = (float8)(0.0f);
    fmk_rows8 m = {u, v, nx, ny, nz, zero, w, zero};
    m = fmk_transpose(m);
    out[0] = m.r0;
    out[1] = m.r1;
    out[2] = m.r2;
    out[3] = m.r3;
    out[4] = m.r4;
    out[5] = m.r5;
    out[6] = m.r6;
    out[7] = m.r7;
}

FMK_INLINE void fmk_vertex_block(__constant const fm_scene *scene, __global const float *geometry,
                                 uint padded, uint block, FMK_SOURCE t, __global int4 *xyw_out,
                                 __global float8 *attr_out) {
    __constant const float *m = scene->to_camera;
    fmk_float8x3 p = fmk_morph_position(geometry, padded, block, t, m);
    fmk_float8x3 n = fmk_morph_normal(geometry, padded, block, t, m);
    float8 w = -p.z;
    int8 beyond = w >= (float8)(scene->near_w);
    float8 inverse_w = (float8)(1.0f) / select((float8)(1.0f), w, beyond);
    float8 x = fma((float8)(scene->focal_px), p.x * inverse_w, (float8)(scene->half_width));
    float8 y = fma((float8)(-scene->focal_px), p.y * inverse_w, (float8)(scene->half_height));
    float8 fx = fma((float8)((float)FM_SUBPIXEL), x, (float8)(0.5f));
    float8 fy = fma((float8)((float)FM_SUBPIXEL), y, (float8)(0.5f));
    int8 inside =
        beyond & (fabs(fx) <= (float8)((float)FM_GUARD)) & (fabs(fy) <= (float8)((float)FM_GUARD));
    int8 sx =
        select((int8)(FM_OUTSIDE), convert_int8_rtn(select((float8)(0.0f), fx, inside)), inside);
    int8 sy = convert_int8_rtn(select((float8)(0.0f), fy, inside)) -
              (int8)(scene->first_row * FM_SUBPIXEL);
    float8 u = FMK_STORED_UV(FMK_LOAD8(geometry, padded, FMK_UV_ROW, block)) * inverse_w;
    float8 v = FMK_STORED_UV(FMK_LOAD8(geometry, padded, FMK_UV_ROW + 1u, block)) * inverse_w;
    n.x *= inverse_w;
    n.y *= inverse_w;
    n.z *= inverse_w;
    xyw_out += block * 8u;
    attr_out += block * 8u;
    fmk_store_xyw(sx, sy, as_int8(inverse_w), xyw_out);
    fmk_store_attr(u, v, n.x, n.y, n.z, inverse_w, attr_out);
}

__kernel void fm_raster_vertex(__constant const fm_scene *scene, __global const float *geometry,
                               __global const float *t, __global int4 *xyw, __global float8 *attr,
                               uint padded, uint first_frame) {
    uint frame = (uint)get_global_id(0);
    uint first = (uint)get_global_id(1) * FMK_VERTEX_RUN;
    uint last = min(first + FMK_VERTEX_RUN, padded / 8u);
    FMK_SOURCE weight = FMK_SOURCE_OF(t, first_frame, frame, padded);
    xyw += (size_t)frame * padded;
    attr += (size_t)frame * padded;
    for (uint block = first; block < last; ++block)
        fmk_vertex_block(scene, geometry, padded, block, weight, xyw, attr);
}
