/* SPDX-License-Identifier: MIT */
/*
 * texture_morph_rows.cl: texture_morph.cl for devices that are CPUs: the same values, in wide rows.
 *
 * Item y does row y of every texture. The texels of a block of 256 columns are taken apart once,
 * into 768 first values and differences (3 KB of private memory for bytes, 6 KB for floats), so
 * that a texture costs a load of both, the blend, and a store. Rows that begin at multiples of 64
 * bytes are stored past the caches. No local memory.
 */
#include "texture_morph.cl"

#include "prefetch.cl"
#include "stream.cl"

#define FMK_BLOCK 256u                     /* texels; a whole number of 16 */
#define FMK_VECTORS (3u * FMK_BLOCK / 16u) /* of 16 values */

/* R G B of 16 pairs: 48 values of one side, in order. t: four of them a vector, R G B k of each. */
FMK_INLINE uchar16 fmk_first(uchar16 t0, uchar16 t1) {
    return (uchar16)(t0.s01245689, t0.sacde, t1.s0124);
}
FMK_INLINE uchar16 fmk_second(uchar16 t1, uchar16 t2) {
    return (uchar16)(t1.s5689, t1.sacde, t2.s01245689);
}
FMK_INLINE uchar16 fmk_third(uchar16 t2, uchar16 t3) {
    return (uchar16)(t2.sacde, t3.s01245689, t3.sacde);
}

/* Sixteen pairs from fewer, the rest black: vectors are made from whole sixteens. */
FMK_INLINE void fmk_copy_pairs(__global const uint2 *pairs, uint count, uint2 copy[16]) {
    for (uint i = 0; i < 16u; ++i)
        copy[i] = i < count ? pairs[i] : (uint2)(0u);
}

/* Asks for the next block while this one is blended and stored. Those of the last row lie behind
 * the texels, which asking does not mind. */
FMK_INLINE void fmk_fetch_block(__global const uint2 *texels) {
    for (uint i = 0; i < FMK_BLOCK; i += 8u)
        FMK_PREFETCH(texels + i, 2);
}

/* ---- 8 bits ---- */

/* 64 A + 32, and 128 (B - A): what a texture takes of them is fmk_blend_bytes. */
FMK_INLINE void fmk_byte_vector(uchar16 a, uchar16 b, short16 *base, short16 *slope) {
    short16 first = convert_short16(a);
    *base = (first << (short16)(6)) + (short16)(32);
    *slope = (convert_short16(b) - first) << (short16)(7);
}

FMK_INLINE void fmk_byte_sixteen(uint8 w0, uint8 w1, uint8 w2, uint8 w3, short16 *base,
                                 short16 *slope) {
    uchar16 a0 = as_uchar16(w0.even), a1 = as_uchar16(w1.even), a2 = as_uchar16(w2.even);
    uchar16 b0 = as_uchar16(w0.odd), b1 = as_uchar16(w1.odd), b2 = as_uchar16(w2.odd);
    fmk_byte_vector(fmk_first(a0, a1), fmk_first(b0, b1), base, slope);
    fmk_byte_vector(fmk_second(a1, a2), fmk_second(b1, b2), base + 1, slope + 1);
    fmk_byte_vector(fmk_third(a2, as_uchar16(w3.even)), fmk_third(b2, as_uchar16(w3.odd)), base + 2,
                    slope + 2);
}

FMK_INLINE void fmk_byte_block(__global const uint2 *texels, uint count, short16 *base,
                               short16 *slope) {
    uint x = 0;
    for (; x + 16u <= count; x += 16u) {
        __global const uint *words = (__global const uint *)(texels + x);
        fmk_byte_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                         base + 3u * x / 16u, slope + 3u * x / 16u);
    }
    if (x < count) {
        uint2 copy[16];
        const uint *words = (const uint *)copy;
        fmk_copy_pairs(texels + x, count - x, copy);
        fmk_byte_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                         base + 3u * x / 16u, slope + 3u * x / 16u);
    }
}

FMK_INLINE uchar16 fmk_block_bytes(short16 base, short16 slope, short16 weight) {
    return convert_uchar16((base + fmk_high_half(slope, weight)) >> (short16)(6));
}

/* Values of one texture's block: whole vectors, then what is left. */
FMK_INLINE void fmk_store_bytes(const short16 *base, const short16 *slope, short16 weight,
                                uint values, __global uchar *out) {
    uint i = 0;
    for (; 16u * i + 16u <= values; ++i)
        vstore16(fmk_block_bytes(base[i], slope[i], weight), i, out);
    uchar last[16];
    if (16u * i < values)
        vstore16(fmk_block_bytes(base[i], slope[i], weight), 0, last);
    for (uint k = 16u * i; k < values; ++k)
        out[k] = last[k - 16u * i];
}

FMK_INLINE void fmk_stream_bytes(const short16 *base, const short16 *slope, short16 weight,
                                 __global uchar *out) {
    for (uint i = 0; i < FMK_VECTORS; i += 4u) {
        ulong2 c0 = as_ulong2(fmk_block_bytes(base[i], slope[i], weight));
        ulong2 c1 = as_ulong2(fmk_block_bytes(base[i + 1u], slope[i + 1u], weight));
        ulong2 c2 = as_ulong2(fmk_block_bytes(base[i + 2u], slope[i + 2u], weight));
        ulong2 c3 = as_ulong2(fmk_block_bytes(base[i + 3u], slope[i + 3u], weight));
        FMK_STREAM((ulong8)(c0, c1, c2, c3), (__global ulong8 *)(out + 16u * i));
    }
}

__kernel void fm_texture_morph_byte_rows(__global const uint2 *texels, __global const float *t,
                                         __global uchar *out, uint width, uint height,
                                         uint first_frame, uint frames, uint first_row) {
    uint y = (uint)get_global_id(0);
    if (y >= height)
        return;
    short16 base[FMK_VECTORS], slope[FMK_VECTORS];
    texels += ((size_t)first_row + y) * (width + 1u);
    out += 3u * (size_t)y * width;
    for (uint x = 0; x < width; x += FMK_BLOCK) {
        uint count = min(FMK_BLOCK, width - x);
        fmk_byte_block(texels + x, count, base, slope);
        fmk_fetch_block(texels + x + FMK_BLOCK);
        for (uint frame = 0; frame < frames; ++frame) {
            __global uchar *to = out + 3u * ((size_t)frame * height * width + x);
            short16 weight = fmk_byte_weight(t[first_frame + frame]);
            if (count == FMK_BLOCK && ((uintptr_t)to & 63u) == 0u)
                fmk_stream_bytes(base, slope, weight, to);
            else
                fmk_store_bytes(base, slope, weight, 3u * count, to);
        }
    }
    FMK_STREAM_END();
}

/* ---- floats ---- */

FMK_INLINE void fmk_float_vector(uchar16 a, uchar16 b, float16 *base, float16 *slope) {
    float16 first = convert_float16(a);
    *base = first;
    *slope = convert_float16(b) - first;
}

FMK_INLINE void fmk_float_sixteen(uint8 w0, uint8 w1, uint8 w2, uint8 w3, float16 *base,
                                  float16 *slope) {
    uchar16 a0 = as_uchar16(w0.even), a1 = as_uchar16(w1.even), a2 = as_uchar16(w2.even);
    uchar16 b0 = as_uchar16(w0.odd), b1 = as_uchar16(w1.odd), b2 = as_uchar16(w2.odd);
    fmk_float_vector(fmk_first(a0, a1), fmk_first(b0, b1), base, slope);
    fmk_float_vector(fmk_second(a1, a2), fmk_second(b1, b2), base + 1, slope + 1);
    fmk_float_vector(fmk_third(a2, as_uchar16(w3.even)), fmk_third(b2, as_uchar16(w3.odd)),
                     base + 2, slope + 2);
}

FMK_INLINE void fmk_float_block(__global const uint2 *texels, uint count, float16 *base,
                                float16 *slope) {
    uint x = 0;
    for (; x + 16u <= count; x += 16u) {
        __global const uint *words = (__global const uint *)(texels + x);
        fmk_float_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                          base + 3u * x / 16u, slope + 3u * x / 16u);
    }
    if (x < count) {
        uint2 copy[16];
        const uint *words = (const uint *)copy;
        fmk_copy_pairs(texels + x, count - x, copy);
        fmk_float_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                          base + 3u * x / 16u, slope + 3u * x / 16u);
    }
}

FMK_INLINE float16 fmk_block_floats(float16 base, float16 slope, float weight) {
    return fma((float16)(weight), slope, base) * (1.0f / 255.0f);
}

FMK_INLINE void fmk_store_floats(const float16 *base, const float16 *slope, float weight,
                                 uint values, __global float *out) {
    uint i = 0;
    for (; 16u * i + 16u <= values; ++i)
        vstore16(fmk_block_floats(base[i], slope[i], weight), i, out);
    float last[16];
    if (16u * i < values)
        vstore16(fmk_block_floats(base[i], slope[i], weight), 0, last);
    for (uint k = 16u * i; k < values; ++k)
        out[k] = last[k - 16u * i];
}

FMK_INLINE void fmk_stream_floats(const float16 *base, const float16 *slope, float weight,
                                  __global float *out) {
    for (uint i = 0; i < FMK_VECTORS; ++i)
        FMK_STREAM(fmk_block_floats(base[i], slope[i], weight), (__global float16 *)out + i);
}

__kernel void fm_texture_morph_float_rows(__global const uint2 *texels, __global const float *t,
                                          __global float *out, uint width, uint height,
                                          uint first_frame, uint frames, uint first_row) {
    uint y = (uint)get_global_id(0);
    if (y >= height)
        return;
    float16 base[FMK_VECTORS], slope[FMK_VECTORS];
    texels += ((size_t)first_row + y) * (width + 1u);
    out += 3u * (size_t)y * width;
    for (uint x = 0; x < width; x += FMK_BLOCK) {
        uint count = min(FMK_BLOCK, width - x);
        fmk_float_block(texels + x, count, base, slope);
        fmk_fetch_block(texels + x + FMK_BLOCK);
        for (uint frame = 0; frame < frames; ++frame) {
            __global float *to = out + 3u * ((size_t)frame * height * width + x);
            float weight = t[first_frame + frame];
            if (count == FMK_BLOCK && ((uintptr_t)to & 63u) == 0u)
                fmk_stream_floats(base, slope, weight, to);
            else
                fmk_store_floats(base, slope, weight, 3u * count, to);
        }
    }
    FMK_STREAM_END();
}
