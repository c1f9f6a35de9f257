/* SPDX-License-Identifier: MIT */
/*
 * keypoint.cl: the frames of keypoint clips; keypoint_prepare.cl makes the tables they read.
 *
 * Arrays are clips x frames x floats. Inputs may be outputs: a work-item reads what it writes, and
 * only that. What is what: keypoints.h; the order of the additions: keypoint_math.h.
 *
 * fm_keypoints_wide:   FOMM and SADTALKER values and matrices, for CPUs. Item: 16 frames (dim 0) of
 * a clip (dim 1), as rows of 16 floats; a last item does what is left. fm_keypoints_each:   the
 * same, for GPUs. Item: one value and one matrix (dim 0), clip (dim 1). fm_keypoints_compat:
 * matrices in the wrong order, J_ini^-1 J_drv J_src. Item: matrix, clip. fm_keypoints_pose:
 * SADTALKER values from motions. Item: frame, clip. fm_keypoints_live:   LIVEPORTRAIT. Item: frame,
 * clip. fm_keypoints_status: one byte a keypoint, from the inputs. Item: keypoint of a frame, clip.
 *
 * flags of wide and each: 1 values, 2 matrices. No local memory. Error: 4 ulp of the largest term.
 */
#ifndef FM_KEYPOINT_CL
#define FM_KEYPOINT_CL

#include "common.cl"
#include "keypoint_math.h"
#include "keypoint_prepare.cl"

#define FMK_VALUES 1u
#define FMK_MATRICES 2u
#define FMK_PAIRS 4u

FMK_INLINE void fmk_wide_values(__global const float *in, __global float *out,
                                __global const float *initial, __global const float *source,
                                float scale, uint rows, uint left) {
    for (uint r = 0; r < rows; ++r) {
        float16 p = vload16(r, in) - vload16(r, initial);
        vstore16(fma((float16)(scale), p, vload16(r, source)), r, out);
    }
    for (uint i = 0; i < left; ++i)
        out[i] = fma(scale, in[i] - initial[i], source[i]);
}

/* period rows of coefficients, repeated. */
FMK_INLINE void fmk_wide_matrices(__global const float *in, __global float *out,
                                  __global const float *even, __global const float *odd,
                                  uint period, uint rows, uint left) {
    for (uint first = 0; first < rows; first += period)
        for (uint r = 0; r < period; ++r) {
            float16 m = vload16(first + r, in);
            float16 sum = m.s0022446688aaccee * vload16(r, even);
            vstore16(fma(m.s1133557799bbddff, vload16(r, odd), sum), first + r, out);
        }
    for (uint i = 0; i < left; i += 4u) {
        float4 m = vload4(0, in + i);
        uint at = i % (16u * period);
        float4 sum = m.xxzz * vload4(0, even + at);
        vstore4(fma(m.yyww, vload4(0, odd + at), sum), 0, out + i);
    }
}

__kernel void fm_keypoints_wide(__global const float *value, __global const float *matrix,
                                __global float *out_value, __global float *out_matrix,
                                __global const float *table, __global const float *wide,
                                uint frames, uint values, uint points, uint flags,
                                uint table_floats) {
    uint first = (uint)get_global_id(0) * FM_KP_WIDE_FRAMES;
    size_t clip = get_global_id(1);
    if (first >= frames)
        return;
    bool whole = frames - first >= FM_KP_WIDE_FRAMES;
    uint left = whole ? 0u : frames - first;
    size_t at = clip * frames + first;
    __global const float *head = table + clip * table_floats;
    wide += clip * FM_KP_WIDE(values, points);
    if ((flags & FMK_VALUES) != 0u)
        fmk_wide_values(value + at * values, out_value + at * values, wide, wide + 16u * values,
                        head[FM_KP_SCALE], whole ? values : 0u, left * values);
    if ((flags & FMK_MATRICES) != 0u)
        fmk_wide_matrices(matrix + at * 4u * points, out_matrix + at * 4u * points,
                          wide + 32u * values, wide + 32u * values + 16u * points, points,
                          whole ? 4u * points : 0u, left * 4u * points);
}

__kernel void fm_keypoints_each(__global const float *value, __global const float *matrix,
                                __global float *out_value, __global float *out_matrix,
                                __global const float *table, uint frames, uint values, uint points,
                                uint flags, uint table_floats) {
    size_t i = get_global_id(0), clip = get_global_id(1);
    size_t value_count = (size_t)frames * values, matrix_count = (size_t)frames * points;
    __global const float *head = table + clip * table_floats;
    if ((flags & FMK_VALUES) != 0u && i < value_count) {
        size_t at = clip * value_count + i;
        uint k = (uint)(i % values);
        float p = value[at] - head[FM_KP_INITIAL_AT + k];
        out_value[at] = fma(head[FM_KP_SCALE], p, head[FM_KP_SOURCE_AT(values) + k]);
    }
    if ((flags & FMK_MATRICES) != 0u && i < matrix_count) {
        size_t at = clip * matrix_count + i;
        __global const float *pair =
            head + FM_KP_PAIRS_AT(values) + FM_KP_PAIR * (uint)(i % points);
        float4 m = vload4(at, matrix), r = vload4(0, pair);
        vstore4(fma(m.yyww, r.zwzw, m.xxzz * r.xyxy), at, out_matrix);
    }
}

__kernel void fm_keypoints_compat(__global const float *matrix, __global float *out_matrix,
                                  __global const float *table, uint frames, uint values,
                                  uint points, uint table_floats) {
    size_t i = get_global_id(0), clip = get_global_id(1);
    size_t count = (size_t)frames * points;
    if (i >= count)
        return;
    size_t at = clip * count + i;
    __global const float *pair =
        table + clip * table_floats + FM_KP_PAIRS_AT(values) + FM_KP_PAIR * (uint)(i % points);
    float4 m = vload4(at, matrix);
    float4 l = vload4(0, pair + FM_KP_PAIR_LEFT), s = vload4(0, pair + FM_KP_PAIR_SOURCE);
    m = fma(l.yyww, m.zwzw, l.xxzz * m.xyxy);
    vstore4(fma(m.yyww, s.zwzw, m.xxzz * s.xyxy), at, out_matrix);
}

__kernel void fm_keypoints_pose(__global const float *motion, __global float *value,
                                __global const float *records, fm_kp_record record, uint frames,
                                uint points) {
    size_t frame = get_global_id(0), clip = get_global_id(1);
    if (frame >= frames)
        return;
    size_t at = clip * frames + frame;
    fm_kp_pose(records + clip * record.floats + record.canonical,
               motion + at * (FM_KP_POSE_HEAD + 3u * points), value + at * 3u * points, points);
}

__kernel void fm_keypoints_live(__global const float *motion, __global float *out_motion,
                                __global float *value, __global const float *table, uint frames,
                                uint points, uint flags, float multiplier, uint table_floats) {
    size_t frame = get_global_id(0), clip = get_global_id(1);
    if (frame >= frames)
        return;
    size_t at = clip * frames + frame;
    uint floats = FM_KP_LIVE_HEAD + 3u * points;
    fm_kp_live(table + clip * table_floats, motion + at * floats, out_motion + at * floats,
               value + at * 3u * points, points, flags, multiplier, false);
}

/* 0 when the numbers are finite, else NaN. */
FMK_INLINE float fmk_zero_if_finite(__global const float *in, uint count) {
    float sum = 0.0f;
    for (uint i = 0; i < count; ++i)
        sum = fma(in[i], 0.0f, sum);
    return sum;
}

/* Of the frame's head (motions), of the point's values and, with flag 2, of its matrix; with flag 4
 * the pair's own status where all are finite. */
__kernel void fm_keypoints_status(__global const float *value, __global const float *matrix,
                                  __global const float *table, __global uchar *status, uint frames,
                                  uint values, uint points, uint head, uint flags,
                                  uint table_floats) {
    size_t i = get_global_id(0), clip = get_global_id(1);
    size_t count = (size_t)frames * points;
    if (i >= count)
        return;
    size_t frame = i / points, at = clip * count + i;
    uint k = (uint)(i - frame * points); /* no % beside the /: Oclgrind stops at it */
    uint d = values / points;
    __global const float *row = value + (clip * frames + frame) * (head + values);
    float sum = fmk_zero_if_finite(row, head) + fmk_zero_if_finite(row + head + k * d, d);
    uchar result = 0;
    if ((flags & FMK_MATRICES) != 0u)
        sum += fmk_zero_if_finite(matrix + 4u * at, 4u);
    if ((flags & FMK_PAIRS) != 0u)
        result = (uchar)table[clip * table_floats + FM_KP_PAIRS_AT(values) + FM_KP_PAIR * k +
                              FM_KP_PAIR_STATUS];
    status[at] = sum == 0.0f ? result : (uchar)2;
}

#endif
