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
 * Item (frame, i) does FMK_VERTEX_RUN blocks of 16 vertices. No local memory.
 *
 * Normals of a two-shape morph are quadratic in t: N = (1-t)^2 Q0 + t (1-t) Q1 + t^2 Q2, because
 * a face normal is a product of two edges that are each linear in t.
 */
#include "blend_source.cl"

#define FM_GEOMETRY_ROWS 17
#ifndef FMK_VERTEX_RUN
#define FMK_VERTEX_RUN 32
#endif

typedef struct fmk_float16x3 {
    float16 x, y, z;
} fmk_float16x3;

FMK_INLINE fmk_float16x3 fmk_load3(__global const float *geometry, uint padded, uint row,
                                   uint block) {
    fmk_float16x3 r;
    r.x = vload16(block, geometry + (size_t)padded * row);
    r.y = vload16(block, geometry + (size_t)padded * (row + 1u));
    r.z = vload16(block, geometry + (size_t)padded * (row + 2u));
    return r;
}

/* Position of the morph in camera space. */
FMK_INLINE fmk_float16x3 fmk_morph_position(__global const float *geometry, uint padded, uint block,
                                            FMK_SOURCE t, __constant const float *m) {
#ifdef FMK_SHAPES
    fmk_float16x3 p = fmk_load3(t, padded, 0u, block);
    float16 x = p.x, y = p.y, z = p.z;
#else
    fmk_float16x3 a = fmk_load3(geometry, padded, 0u, block);
    fmk_float16x3 b = fmk_load3(geometry, padded, 3u, block);
    float16 w = (float16)(t);
    float16 x = fma(w, b.x - a.x, a.x);
    float16 y = fma(w, b.y - a.y, a.y);
    float16 z = fma(w, b.z - a.z, a.z);
#endif
    fmk_float16x3 r;
    r.x =
        fma((float16)(m[0]), x, fma((float16)(m[1]), y, fma((float16)(m[2]), z, (float16)(m[3]))));
    r.y =
        fma((float16)(m[4]), x, fma((float16)(m[5]), y, fma((float16)(m[6]), z, (float16)(m[7]))));
    r.z = fma((float16)(m[8]), x,
              fma((float16)(m[9]), y, fma((float16)(m[10]), z, (float16)(m[11]))));
    return r;
}

/* Unit normal of the morph in camera space; zero length becomes the model's (0, 0, 1). */
FMK_INLINE fmk_float16x3 fmk_morph_normal(__global const float *geometry, uint padded, uint block,
                                          FMK_SOURCE t, __constant const float *m) {
#ifdef FMK_SHAPES
    fmk_float16x3 n = fmk_load3(t, padded, 3u, block);
    float16 x = n.x, y = n.y, z = n.z;
#else
    fmk_float16x3 q0 = fmk_load3(geometry, padded, 6u, block);
    fmk_float16x3 q1 = fmk_load3(geometry, padded, 9u, block);
    fmk_float16x3 q2 = fmk_load3(geometry, padded, 12u, block);
    float16 c0 = (float16)((1.0f - t) * (1.0f - t));
    float16 c1 = (float16)(t * (1.0f - t));
    float16 c2 = (float16)(t * t);
    float16 x = fma(c2, q2.x, fma(c1, q1.x, c0 * q0.x));
    float16 y = fma(c2, q2.y, fma(c1, q1.y, c0 * q0.y));
    float16 z = fma(c2, q2.z, fma(c1, q1.z, c0 * q0.z));
#endif
    float16 square = fma(x, x, fma(y, y, z * z));
    int16 zero = square <= (float16)(1.0e-30f);
    float16 inverse = rsqrt(select(square, (float16)(1.0f), zero));
    x = select(x * inverse, (float16)(0.0f), zero);
    y = select(y * inverse, (float16)(0.0f), zero);
    z = select(z * inverse, (float16)(1.0f), zero);
    fmk_float16x3 r;
    r.x = fma((float16)(m[0]), x, fma((float16)(m[1]), y, (float16)(m[2]) * z));
    r.y = fma((float16)(m[4]), x, fma((float16)(m[5]), y, (float16)(m[6]) * z));
    r.z = fma((float16)(m[8]), x, fma((float16)(m[9]), y, (float16)(m[10]) * z));
    return r;
}

#define FMK_STORE_VERTEX(lane)                                                                     \
    do {                                                                                           \
        xyw_out[0x##lane] = (int4)(sx.s##lane, sy.s##lane, as_int(inverse_w.s##lane), 0);          \
        attr_out[0x##lane] = (float8)(u.s##lane, v.s##lane, n.x.s##lane, n.y.s##lane, n.z.s##lane, \
                                      0.0f, inverse_w.s##lane, 0.0f);                              \
    } while (0)

FMK_INLINE void fmk_vertex_block(__constant const fm_scene *scene, __global const float *geometry,
                                 uint padded, uint block, FMK_SOURCE t, __global int4 *xyw_out,
                                 __global float8 *attr_out) {
    __constant const float *m = scene->to_camera;
    fmk_float16x3 p = fmk_morph_position(geometry, padded, block, t, m);
    fmk_float16x3 n = fmk_morph_normal(geometry, padded, block, t, m);
    float16 w = -p.z;
    int16 beyond = w >= (float16)(scene->near_w);
    float16 inverse_w = (float16)(1.0f) / select((float16)(1.0f), w, beyond);
    float16 x = fma((float16)(scene->focal_px), p.x * inverse_w, (float16)(scene->half_width));
    float16 y = fma((float16)(-scene->focal_px), p.y * inverse_w, (float16)(scene->half_height));
    float16 fx = fma((float16)((float)FM_SUBPIXEL), x, (float16)(0.5f));
    float16 fy = fma((float16)((float)FM_SUBPIXEL), y, (float16)(0.5f));
    int16 inside = beyond & (fabs(fx) <= (float16)((float)FM_GUARD)) &
                   (fabs(fy) <= (float16)((float)FM_GUARD));
    int16 sx =
        select((int16)(FM_OUTSIDE), convert_int16_rtn(select((float16)(0.0f), fx, inside)), inside);
    int16 sy = convert_int16_rtn(select((float16)(0.0f), fy, inside));
    float16 u = vload16(block, geometry + (size_t)padded * FMK_UV_ROW) * inverse_w;
    float16 v = vload16(block, geometry + (size_t)padded * (FMK_UV_ROW + 1u)) * inverse_w;
    n.x *= inverse_w;
    n.y *= inverse_w;
    n.z *= inverse_w;
    xyw_out += block * 16u;
    attr_out += block * 16u;
    FMK_STORE_VERTEX(0);
    FMK_STORE_VERTEX(1);
    FMK_STORE_VERTEX(2);
    FMK_STORE_VERTEX(3);
    FMK_STORE_VERTEX(4);
    FMK_STORE_VERTEX(5);
    FMK_STORE_VERTEX(6);
    FMK_STORE_VERTEX(7);
    FMK_STORE_VERTEX(8);
    FMK_STORE_VERTEX(9);
    FMK_STORE_VERTEX(a);
    FMK_STORE_VERTEX(b);
    FMK_STORE_VERTEX(c);
    FMK_STORE_VERTEX(d);
    FMK_STORE_VERTEX(e);
    FMK_STORE_VERTEX(f);
}

__kernel void fm_raster_vertex(__constant const fm_scene *scene, __global const float *geometry,
                               __global const float *t, __global int4 *xyw, __global float8 *attr,
                               uint padded, uint first_frame) {
    uint frame = (uint)get_global_id(0);
    uint first = (uint)get_global_id(1) * FMK_VERTEX_RUN;
    uint last = min(first + FMK_VERTEX_RUN, padded / 16u);
    FMK_SOURCE weight = FMK_SOURCE_OF(t, first_frame, frame, padded);
    xyw += (size_t)frame * padded;
    attr += (size_t)frame * padded;
    for (uint block = first; block < last; ++block)
        fmk_vertex_block(scene, geometry, padded, block, weight, xyw, attr);
}
