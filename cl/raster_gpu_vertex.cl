/* SPDX-License-Identifier: MIT */
/*
 * raster_gpu_vertex.cl: from two shapes and a weight to screen positions and vertex attributes,
 * one vertex of one frame per work-item. The formulas are those of raster_vertex.cl.
 *
 * fm_raster_gpu_vertex
 *   geometry, t, xyw  as in raster_vertex.cl
 *   attr      frames x padded x 2 float4: (1/w, u/w, v/w, 0), (n.xyz/w, 0)
 *   counts    frames x tiles, cleared for raster_gpu_bin.cl
 *   longest, frame_counts  one a frame, cleared likewise
 * Global size (padded rounded up to the group, frames). No local memory.
 */
#include "blend_source.cl"

FMK_INLINE float4 fmk_gpu_row3(__global const float *geometry, uint padded, uint row, uint i) {
    return (float4)(FMK_LOAD1(geometry, padded, row, i), FMK_LOAD1(geometry, padded, row + 1u, i),
                    FMK_LOAD1(geometry, padded, row + 2u, i), 0.0f);
}

FMK_INLINE float4 fmk_gpu_place3(__global const float *geometry, uint padded, uint row, uint i) {
    return (float4)(FMK_POSITION1(geometry, padded, row, i),
                    FMK_POSITION1(geometry, padded, row + 1u, i),
                    FMK_POSITION1(geometry, padded, row + 2u, i), 0.0f);
}

/* Position of the morph in camera space. */
FMK_INLINE float4 fmk_gpu_position(__global const float *geometry, uint padded, uint i,
                                   FMK_SOURCE t, __constant const float *m) {
#ifdef FMK_SHAPES
    float4 p = fmk_gpu_row3(t, padded, 0u, i);
#else
    float4 a = fmk_gpu_place3(geometry, padded, 0u, i);
    float4 b = fmk_gpu_place3(geometry, padded, 3u, i);
    float4 p = fma((float4)(t), b - a, a);
#endif
    return (float4)(fma(m[0], p.x, fma(m[1], p.y, fma(m[2], p.z, m[3]))),
                    fma(m[4], p.x, fma(m[5], p.y, fma(m[6], p.z, m[7]))),
                    fma(m[8], p.x, fma(m[9], p.y, fma(m[10], p.z, m[11]))), 0.0f);
}

/* Unit normal of the morph in camera space; zero length becomes the model's (0, 0, 1). */
FMK_INLINE float4 fmk_gpu_normal(__global const float *geometry, uint padded, uint i, FMK_SOURCE t,
                                 __constant const float *m) {
#ifdef FMK_SHAPES
    float4 n = fmk_gpu_row3(t, padded, 3u, i);
#else
    float4 q0 = fmk_gpu_row3(geometry, padded, 6u, i);
    float4 q1 = fmk_gpu_row3(geometry, padded, 9u, i);
    float4 q2 = fmk_gpu_row3(geometry, padded, 12u, i);
    float c0 = (1.0f - t) * (1.0f - t), c1 = t * (1.0f - t), c2 = t * t;
    float4 n = fma((float4)(c2), q2, fma((float4)(c1), q1, c0 * q0));
#endif
    float square = fma(n.x, n.x, fma(n.y, n.y, n.z * n.z));
    bool none = square <= 1.0e-30f;
    n *= rsqrt(none ? 1.0f : square);
    /* select, as Oclgrind 21.10 crashes on ?: with a scalar condition and vectors. */
    n = select(n, (float4)(0.0f, 0.0f, 1.0f, 0.0f), (int4)(none ? -1 : 0));
    return (float4)(fma(m[0], n.x, fma(m[1], n.y, m[2] * n.z)),
                    fma(m[4], n.x, fma(m[5], n.y, m[6] * n.z)),
                    fma(m[8], n.x, fma(m[9], n.y, m[10] * n.z)), 0.0f);
}

__kernel void fm_raster_gpu_vertex(__constant const fm_scene *scene, __global const float *geometry,
                                   __global const float *t, __global int4 *xyw,
                                   __global float4 *attr, __global uint *counts,
                                   __global uint *longest, __global fm_frame_counts *frame_counts,
                                   uint padded, uint first_frame) {
    uint i = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint tiles = (uint)(scene->tiles_x * scene->tiles_y);
    counts += frame * tiles;
    for (uint tile = i; tile < tiles; tile += (uint)get_global_size(0))
        counts[tile] = 0u;
    if (i == 0u) {
        longest[frame] = 0u;
        frame_counts[frame].covered = 0u;
        frame_counts[frame].clipped = 0u;
        frame_counts[frame].rejected = 0u;
        frame_counts[frame].list_needed = 0u;
    }
    if (i >= padded)
        return;
    FMK_SOURCE weight = FMK_SOURCE_OF(t, first_frame, frame, padded);
    float4 p = fmk_gpu_position(geometry, padded, i, weight, scene->to_camera);
    float4 n = fmk_gpu_normal(geometry, padded, i, weight, scene->to_camera);
    float w = -p.z;
    bool beyond = w >= scene->near_w;
    float inverse_w = 1.0f / (beyond ? w : 1.0f);
    float x = fma(scene->focal_px, p.x * inverse_w, scene->half_width);
    float y = fma(-scene->focal_px, p.y * inverse_w, scene->half_height);
    float fx = fma((float)FM_SUBPIXEL, x, 0.5f), fy = fma((float)FM_SUBPIXEL, y, 0.5f);
    bool inside = beyond && fabs(fx) <= (float)FM_GUARD && fabs(fy) <= (float)FM_GUARD;
    int sx = inside ? (int)floor(fx) : FM_OUTSIDE;
    int sy = (inside ? (int)floor(fy) : 0) - scene->first_row * FM_SUBPIXEL;
    float u = FMK_STORED_UV(FMK_LOAD1(geometry, padded, FMK_UV_ROW, i));
    float v = FMK_STORED_UV(FMK_LOAD1(geometry, padded, FMK_UV_ROW + 1u, i));
    size_t out = frame * padded + i;
    /* vstore4: with its uninitialised check on, Oclgrind 21.10 loses other vector stores. */
    vstore4((int4)(sx, sy, as_int(inverse_w), 0), out, (__global int *)xyw);
    vstore4((float4)(inverse_w, u * inverse_w, v * inverse_w, 0.0f), 2 * out,
            (__global float *)attr);
    vstore4(n * inverse_w, 2 * out + 1, (__global float *)attr);
}
