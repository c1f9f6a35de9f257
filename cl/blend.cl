/* SPDX-License-Identifier: MIT */
/*
 * blend.cl: shapes = base + weights x targets, as one matrix product for many frames.
 *
 * Every value is one chain of fused multiply-adds: it starts from the base and takes the targets
 * in order. So all kernels here, and those of blend_shapes.cl, give the same bytes for any number
 * of frames. Error: (targets + 1) / 2 ulp of the largest partial sum.
 *
 * shapes   panels of FMK_PANEL values, each with targets + 1 rows: the base's values, then each
 *          target's (FMK_HALF: as 16-bit floats); the last panel is filled up with zeros
 * weights  targets + 1 rows of `pitch` floats: a row of ones, then each target's weight in every
 *          frame. FMK_FRAMES - 1 floats behind the last frame may be read
 *
 * fm_blend_rows      for CPU devices. Item (run, panel) makes FMK_FRAMES frames at a time,
 *                    FMK_RUN times, of one panel, which stays in the L1 cache meanwhile: 12
 *                    accumulators of 16 floats are what 32 registers of 8 floats can hold.
 * fm_blend_rows_gpu  item (value, FMK_FRAMES frames).
 * fm_blend_copy      out of one matrix into another, any strides. Item (value, frame).
 *
 * The loops over frames are unrolled, so that sums live in registers: twice as fast on PoCL.
 *
 * Source: register blocking as in Goto, van de Geijn: Anatomy of High-Performance Matrix
 * Multiplication, ACM TOMS 34 (2008). No local memory.
 */
#include "blend_panel.cl"

#define FMK_FRAMES 6
#define FMK_RUN 8

/* Frames [first, first + FMK_FRAMES) of a panel, those before `frames` stored. */
FMK_INLINE void fmk_blend_block(__global const float *panel, __global const float *weights,
                                __global float *out, uint targets, uint pitch, uint count,
                                uint stored, ulong lead) {
    float16 low[FMK_FRAMES], high[FMK_FRAMES];
#pragma unroll
    for (uint f = 0; f < FMK_FRAMES; ++f) {
        low[f] = vload16(0, panel);
        high[f] = vload16(1, panel);
    }
    for (uint k = 1u; k <= targets; ++k) {
        __global const float *row = FMK_TARGET_ROW(panel, k);
        __global const float *weight = weights + (size_t)k * pitch;
        float16 a = FMK_LOAD16(0, row), b = FMK_LOAD16(1, row);
#pragma unroll
        for (uint f = 0; f < FMK_FRAMES; ++f) {
            float16 w = (float16)(weight[f]);
            low[f] = fma(a, w, low[f]);
            high[f] = fma(b, w, high[f]);
        }
    }
#pragma unroll
    for (uint f = 0; f < FMK_FRAMES; ++f) {
        if (f >= stored)
            continue;
        __global float *to = out + f * lead;
        if (count == FMK_PANEL) {
            vstore16(low[f], 0, to);
            vstore16(high[f], 1, to);
            continue;
        }
        float rest[FMK_PANEL];
        vstore16(low[f], 0, rest);
        vstore16(high[f], 1, rest);
        for (uint i = 0; i < count; ++i)
            to[i] = rest[i];
    }
}

__kernel void fm_blend_rows(__global const float *shapes, __global const float *weights,
                            __global float *out, uint targets, uint values, uint pitch, uint first,
                            uint frames, ulong offset, ulong lead) {
    uint start = (uint)get_global_id(0) * (FMK_FRAMES * FMK_RUN);
    uint end = min(start + (uint)(FMK_FRAMES * FMK_RUN), frames);
    size_t panel = get_global_id(1);
    uint count = min((uint)FMK_PANEL, values - (uint)panel * FMK_PANEL);
    shapes += panel * FMK_PANEL_FLOATS(targets);
    out += offset + panel * FMK_PANEL;
    for (uint frame = start; frame < end; frame += FMK_FRAMES)
        fmk_blend_block(shapes, weights + first + frame, out + frame * lead, targets, pitch, count,
                        min(end - frame, (uint)FMK_FRAMES), lead);
}

__kernel void fm_blend_rows_gpu(__global const float *shapes, __global const float *weights,
                                __global float *out, uint targets, uint values, uint pitch,
                                uint first, uint frames, ulong offset, ulong lead) {
    uint i = (uint)get_global_id(0);
    uint frame = (uint)get_global_id(1) * FMK_FRAMES;
    if (i >= values)
        return;
    uint lane = i % FMK_PANEL;
    shapes += (i / FMK_PANEL) * FMK_PANEL_FLOATS(targets);
    weights += first + frame;
    float sum[FMK_FRAMES];
#pragma unroll
    for (uint f = 0; f < FMK_FRAMES; ++f)
        sum[f] = shapes[lane];
    for (uint k = 1u; k <= targets; ++k) {
        float a = FMK_LOAD(lane, FMK_TARGET_ROW(shapes, k));
        __global const float *weight = weights + (size_t)k * pitch;
#pragma unroll
        for (uint f = 0; f < FMK_FRAMES; ++f)
            sum[f] = fma(a, weight[f], sum[f]);
    }
    out += offset + i;
#pragma unroll
    for (uint f = 0; f < FMK_FRAMES; ++f)
        if (frame + f < frames)
            out[(frame + f) * lead] = sum[f];
}

__kernel void fm_blend_copy(__global const float *from, __global float *to, uint values,
                            uint frames, ulong from_offset, ulong from_frame, ulong from_value,
                            ulong to_offset, ulong to_frame, ulong to_value) {
    size_t i = get_global_id(0);
    size_t frame = get_global_id(1);
    if (i < values && frame < frames)
        to[to_offset + frame * to_frame + i * to_value] =
            from[from_offset + frame * from_frame + i * from_value];
}
