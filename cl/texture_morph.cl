/* SPDX-License-Identifier: MIT */
/*
 * texture_morph.cl: the textures of a morph, materialised: A + t (B - A) of every texel of level 0.
 *
 * texels: interleaved pairs of fm_shared.h, rows of width + 1. t: one weight a texture of the whole
 * job; this launch does `frames` of them from first_frame on. out: frames x height x width x 3;
 * where not even one texture has room, height rows of each from first_row on. Item (i, y) does
 * columns i run to (i + 1) run - 1 of row y in every texture, so that texels are read from memory
 * once. No local memory.
 *
 * fm_texture_morph_float  values 0 to 1. Error: 2 ulp.
 * fm_texture_morph_byte   values 0 to 255, rounded from 16-bit products: within 1 of the exact
 *                         blend's rounding, off only where that lies within 0.03 of a half; t = 0
 *                         and t = 1 give A and B.
 */
#include "common.cl"

/* The texels of 4 pairs: R G B k of each. */
FMK_INLINE void fmk_four_texels(__global const uint2 *pairs, uchar16 *a, uchar16 *b) {
    uint8 words = vload8(0, (__global const uint *)pairs);
    *a = as_uchar16(words.even);
    *b = as_uchar16(words.odd);
}

__kernel void fm_texture_morph_float(__global const uint2 *texels, __global const float *t,
                                     __global float *out, uint width, uint height, uint first_frame,
                                     uint frames, uint run, uint first_row) {
    uint from = (uint)get_global_id(0) * run, y = (uint)get_global_id(1);
    if (from >= width || y >= height)
        return;
    uint to = min(from + run, width);
    texels += ((size_t)first_row + y) * (width + 1u);
    for (uint frame = 0; frame < frames; ++frame) {
        float weight = t[first_frame + frame];
        __global float *row = out + 3u * ((size_t)frame * height + y) * width;
        uint x = from;
        for (; x + 4u <= to; x += 4u) {
            uchar16 one, two;
            fmk_four_texels(texels + x, &one, &two);
            float16 a = convert_float16(one), b = convert_float16(two);
            float16 c = fma((float16)(weight), b - a, a) * (1.0f / 255.0f);
            vstore8(c.s01245689, 0, row + 3u * x);
            vstore4(c.sacde, 0, row + 3u * x + 8u);
        }
        for (; x < to; ++x) {
            float4 a = convert_float4(as_uchar4(texels[x].x));
            float4 b = convert_float4(as_uchar4(texels[x].y));
            float4 c = fma((float4)(weight), b - a, a) * (1.0f / 255.0f);
            vstore3(c.xyz, 0, row + 3u * x);
        }
    }
}

/* The high half of the product, in the words that compilers have one instruction for: PoCL's mul_hi
 * takes a dozen. */
FMK_INLINE short16 fmk_high_half(short16 a, short16 b) {
    return convert_short16((convert_int16(a) * convert_int16(b)) >> (int16)(16));
}

/* a + t (b - a) with t = weight / 32768: the high half of a product, rounded to a whole number.
 * d: (b - a) 2^7. */
FMK_INLINE uchar16 fmk_blend_bytes(short16 a, short16 d, short16 weight) {
    return convert_uchar16(a + ((fmk_high_half(d, weight) + (short16)(32)) >> (short16)(6)));
}

FMK_INLINE short16 fmk_byte_weight(float t) {
    return (short16)(convert_short_sat_rte(t * 32768.0f));
}

FMK_INLINE void fmk_store_four(uchar16 c, __global uchar *out) {
    vstore8(c.s01245689, 0, out);
    vstore4(c.sacde, 0, out + 8);
}

/* One row of two textures, so that texels are taken apart once for both. */
FMK_INLINE void fmk_byte_rows(__global const uint2 *texels, float t0, float t1,
                              __global uchar *row0, __global uchar *row1, uint from, uint to) {
    short16 w0 = fmk_byte_weight(t0), w1 = fmk_byte_weight(t1);
    uint x = from;
    for (; x + 4u <= to; x += 4u) {
        uchar16 one, two;
        fmk_four_texels(texels + x, &one, &two);
        short16 a = convert_short16(one), d = (convert_short16(two) - a) << (short16)(7);
        fmk_store_four(fmk_blend_bytes(a, d, w0), row0 + 3u * x);
        fmk_store_four(fmk_blend_bytes(a, d, w1), row1 + 3u * x);
    }
    for (; x < to; ++x) {
        short16 a = (short16)(0), b = (short16)(0);
        a.s0123 = convert_short4(as_uchar4(texels[x].x));
        b.s0123 = convert_short4(as_uchar4(texels[x].y));
        short16 d = (b - a) << (short16)(7);
        vstore3(fmk_blend_bytes(a, d, w0).s012, 0, row0 + 3u * x);
        vstore3(fmk_blend_bytes(a, d, w1).s012, 0, row1 + 3u * x);
    }
}

__kernel void fm_texture_morph_byte(__global const uint2 *texels, __global const float *t,
                                    __global uchar *out, uint width, uint height, uint first_frame,
                                    uint frames, uint run, uint first_row) {
    uint from = (uint)get_global_id(0) * run, y = (uint)get_global_id(1);
    if (from >= width || y >= height)
        return;
    uint to = min(from + run, width);
    texels += ((size_t)first_row + y) * (width + 1u);
    t += first_frame;
    for (uint frame = 0; frame < frames; frame += 2u) {
        uint next = min(frame + 1u, frames - 1u);
        fmk_byte_rows(texels, t[frame], t[next], out + 3u * ((size_t)frame * height + y) * width,
                      out + 3u * ((size_t)next * height + y) * width, from, to);
    }
}
