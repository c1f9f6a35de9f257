/* SPDX-License-Identifier: MIT */
/*
 * morph.cl: V = A + t (B - A) for many frames in one launch.
 *
 * fm_morph_lerp: a, b: count floats (vertices x 3); t: one weight a frame; out: frames x count.
 *                Item (i, frame) computes 16 floats, the last one of a row what is left.
 *                No local memory. Error: 2 ulp of the larger end point.
 */
#include "common.cl"

__kernel void fm_morph_lerp(__global const float *a, __global const float *b,
                            __global const float *t, __global float *out, uint count,
                            uint first_frame) {
    uint block = (uint)get_global_id(0);
    size_t frame = get_global_id(1);
    uint start = block * 16u;
    if (start >= count)
        return;
    float weight = t[first_frame + frame];
    __global float *row = out + frame * count;
    if (start + 16u <= count) {
        float16 from = vload16(block, a);
        float16 to = vload16(block, b);
        vstore16(fma((float16)(weight), to - from, from), block, row);
        return;
    }
    for (uint i = start; i < count; ++i)
        row[i] = fma(weight, b[i] - a[i], a[i]);
}
