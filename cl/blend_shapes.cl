/* SPDX-License-Identifier: MIT */
/*
 * blend_shapes.cl: the frames of a blend as blend_source.cl wants them: rows of positions and of
 * area-weighted normals, one of each a vertex.
 *
 * A normal is the sum over the faces around a position of (a - p) x (b - p), where p, a, b are the
 * face's corners in order, p first. Vertices that share a position (UV seams) have the same list
 * of faces, so they get the same normal. Edges are multiplied by `unit`, a power of two that
 * brings those of the base near 1: squares of small normals stay in range.
 *
 * shapes, weights  as in blend.cl
 * faces      per vertex (padded): first entry of around, and one behind the last
 * around     vertices a, b of each face of a position; vertices behind the last one have none
 * rows       frames x FMK_SHAPE_ROWS x padded floats, out
 *
 * CPU devices: frames are the lanes of a vector, so that a neighbour is three loads for 8 frames.
 *   fm_blend_lanes    values are x, y, z of one vertex after the other, a multiple of
 *                     FMK_LANE_VALUES of them; item (frame block, panel);
 *                     lanes: frame blocks x values x FMK_LANES
 *   fm_blend_normals  item (frame block, run): FMK_NORMAL_RUN blocks of 8 vertices
 * GPUs: fm_blend_rows_gpu of blend.cl fills x, y, z of rows, then
 *   fm_blend_normals_gpu  item (vertex, frame)
 * No local memory.
 */
#include "blend_panel.cl"
#include "blend_source.cl"

#define FMK_LANES 8
#define FMK_LANE_VALUES 16
#define FMK_NORMAL_RUN 32

__kernel void fm_blend_lanes(__global const float *shapes, __global const float *weights,
                             __global float *lanes, uint targets, uint values, uint pitch,
                             uint first) {
    size_t block = get_global_id(0);
    size_t panel = get_global_id(1);
    shapes += panel * FMK_PANEL_FLOATS(targets);
    lanes += (block * values + panel * FMK_PANEL) * FMK_LANES;
    weights += first + block * FMK_LANES;
    uint end = min((uint)FMK_PANEL, values - (uint)panel * FMK_PANEL);
    for (uint part = 0; part < end; part += FMK_LANE_VALUES) {
        float8 sum[FMK_LANE_VALUES];
#pragma unroll
        for (uint i = 0; i < FMK_LANE_VALUES; ++i)
            sum[i] = (float8)(shapes[part + i]);
        for (uint k = 1u; k <= targets; ++k) {
            __global const float *row = FMK_TARGET_ROW(shapes, k);
            float8 w = vload8(0, weights + (size_t)k * pitch);
#ifdef FMK_HALF
            float values16[FMK_LANE_VALUES];
            vstore16(FMK_LOAD16(part / 16u, row), 0, values16);
#pragma unroll
            for (uint i = 0; i < FMK_LANE_VALUES; ++i)
                sum[i] = fma((float8)(values16[i]), w, sum[i]);
#else
#pragma unroll
            for (uint i = 0; i < FMK_LANE_VALUES; ++i)
                sum[i] = fma((float8)(row[part + i]), w, sum[i]);
#endif
        }
#pragma unroll
        for (uint i = 0; i < FMK_LANE_VALUES; ++i)
            vstore8(sum[i], part + i, lanes);
    }
}

typedef struct fmk_lane3 {
    float8 x, y, z;
} fmk_lane3;

FMK_INLINE fmk_lane3 fmk_lane_load(__global const float *lanes, uint vertex) {
    fmk_lane3 p;
    lanes += (size_t)vertex * (3 * FMK_LANES);
    p.x = vload8(0, lanes);
    p.y = vload8(1, lanes);
    p.z = vload8(2, lanes);
    return p;
}

FMK_INLINE fmk_lane3 fmk_lane_edge(fmk_lane3 to, fmk_lane3 from, float unit) {
    fmk_lane3 e;
    e.x = (to.x - from.x) * unit;
    e.y = (to.y - from.y) * unit;
    e.z = (to.z - from.z) * unit;
    return e;
}

/* Sum of the faces around vertex v, which lies at p. */
FMK_INLINE fmk_lane3 fmk_lane_normal(__global const float *lanes, __global const uint2 *faces,
                                     __global const uint2 *around, uint v, fmk_lane3 p,
                                     float unit) {
    fmk_lane3 n;
    n.x = n.y = n.z = (float8)(0.0f);
    for (uint i = faces[v].x; i < faces[v].y; ++i) {
        uint2 pair = around[i];
        fmk_lane3 a = fmk_lane_edge(fmk_lane_load(lanes, pair.x), p, unit);
        fmk_lane3 b = fmk_lane_edge(fmk_lane_load(lanes, pair.y), p, unit);
        n.x += fma(a.y, b.z, -(a.z * b.y));
        n.y += fma(a.z, b.x, -(a.x * b.z));
        n.z += fma(a.x, b.y, -(a.y * b.x));
    }
    return n;
}

/* Lane f of component c of all eight vertices. */
#define FMK_LANE_ROW(c, f)                                                                 \
    (float8)(r[0].c.s##f, r[1].c.s##f, r[2].c.s##f, r[3].c.s##f, r[4].c.s##f, r[5].c.s##f, \
             r[6].c.s##f, r[7].c.s##f)
#define FMK_LANE_STORE(f)                                                   \
    if (f##u < frames) {                                                    \
        __global float *to = rows + f##u * FMK_SHAPE_ROWS * (size_t)padded; \
        vstore8(FMK_LANE_ROW(x, f), 0, to);                                 \
        vstore8(FMK_LANE_ROW(y, f), 0, to + padded);                        \
        vstore8(FMK_LANE_ROW(z, f), 0, to + 2 * (size_t)padded);            \
    }

/* Three rows of each of up to 8 frames from one block of 8 vertices. */
FMK_INLINE void fmk_lane_store(const fmk_lane3 *r, __global float *rows, uint padded, uint frames){
    FMK_LANE_STORE(0) FMK_LANE_STORE(1) FMK_LANE_STORE(2) FMK_LANE_STORE(3) FMK_LANE_STORE(4)
        FMK_LANE_STORE(5) FMK_LANE_STORE(6) FMK_LANE_STORE(7)}

__kernel void fm_blend_normals(__global const float *lanes, __global const uint2 *faces,
                               __global const uint2 *around, __global float *rows, uint padded,
                               uint frames, float unit) {
    size_t frame = get_global_id(0) * FMK_LANES;
    uint first = (uint)get_global_id(1) * (FMK_NORMAL_RUN * 8u);
    uint last = min(first + FMK_NORMAL_RUN * 8u, padded);
    uint here = min(frames - (uint)frame, (uint)FMK_LANES);
    lanes += frame * 3 * padded;
    rows += frame * FMK_SHAPE_ROWS * padded;
    for (uint v = first; v < last; v += 8u) {
        fmk_lane3 p[8], n[8];
#pragma unroll
        for (uint i = 0; i < 8u; ++i) {
            p[i] = fmk_lane_load(lanes, v + i);
            n[i] = fmk_lane_normal(lanes, faces, around, v + i, p[i], unit);
        }
        fmk_lane_store(p, rows + v, padded, here);
        fmk_lane_store(n, rows + v + 3 * (size_t)padded, padded, here);
    }
}

FMK_INLINE float4 fmk_row_position(__global const float *frame, uint padded, uint v) {
    frame += v;
    return (float4)(frame[0], frame[padded], frame[2 * (size_t)padded], 0.0f);
}

__kernel void fm_blend_normals_gpu(__global const uint2 *faces, __global const uint2 *around,
                                   __global float *rows, uint padded, uint frames, float unit) {
    uint v = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    if (v >= padded || frame >= frames)
        return;
    rows += frame * FMK_SHAPE_ROWS * padded;
    float4 p = fmk_row_position(rows, padded, v);
    float4 n = (float4)(0.0f);
    for (uint i = faces[v].x; i < faces[v].y; ++i) {
        float4 a = (fmk_row_position(rows, padded, around[i].x) - p) * unit;
        float4 b = (fmk_row_position(rows, padded, around[i].y) - p) * unit;
        n.x += fma(a.y, b.z, -(a.z * b.y));
        n.y += fma(a.z, b.x, -(a.x * b.z));
        n.z += fma(a.x, b.y, -(a.y * b.x));
    }
    rows += 3 * (size_t)padded + v;
    rows[0] = n.x;
    rows[padded] = n.y;
    rows[2 * (size_t)padded] = n.z;
}
