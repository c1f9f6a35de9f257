/* SPDX-License-Identifier: MIT */
/*
 * texture_morph_rows.cl: texture_morph.cl for devices that are CPUs: the same values, in wide rows.
 *
 * fm_texture_morph_rows   FMK_FLOATS: out holds floats (1) or bytes (0), as the two kernels there.
 *
 * Item y does row y of every texture. The texels of a block of columns are taken apart once, into
 * first values and differences, so that a texture costs a load of both, the blend, and a store.
 * Rows that begin at multiples of 64 bytes are stored past the caches. No local memory.
 */
#include "texture_morph.cl"

#include "prefetch.cl"
#include "stream.cl"

#ifndef FMK_FLOATS
#define FMK_FLOATS 0
#endif

#define FMK_BLOCK 512u                     /* texels; a whole number of 16 */
#define FMK_VECTORS (3u * FMK_BLOCK / 16u) /* of 16 values */

#if FMK_FLOATS

typedef float fmk_value;     /* of a texture */
typedef float16 fmk_values;  /* of a texture */
typedef float16 fmk_numbers; /* of the sources: first values, or differences */
typedef float fmk_weight;

#define FMK_WEIGHT_OF(t) (t)

/* A, and B - A. */
FMK_INLINE void fmk_vector(uchar16 a, uchar16 b, fmk_numbers *base, fmk_numbers *slope) {
    float16 first = convert_float16(a);
    *base = first;
    *slope = convert_float16(b) - first;
}

FMK_INLINE fmk_values fmk_blend(fmk_numbers base, fmk_numbers slope, fmk_weight weight) {
    return fma((float16)(weight), slope, base) * (1.0f / 255.0f);
}

/* 64 values. */
FMK_INLINE void fmk_stream_four(const fmk_numbers *base, const fmk_numbers *slope,
                                fmk_weight weight, __global fmk_value *out) {
    for (uint i = 0; i < 4u; ++i)
        FMK_STREAM(fmk_blend(base[i], slope[i], weight), (__global float16 *)out + i);
}

#else

typedef uchar fmk_value;
typedef uchar16 fmk_values;
typedef short16 fmk_numbers;
typedef short16 fmk_weight;

#define FMK_WEIGHT_OF(t) fmk_byte_weight(t)

/* 64 A + 32, and 128 (B - A): what a texture takes of them is fmk_blend_bytes. */
FMK_INLINE void fmk_vector(uchar16 a, uchar16 b, fmk_numbers *base, fmk_numbers *slope) {
    short16 first = convert_short16(a);
    *base = (first << (short16)(6)) + (short16)(32);
    *slope = (convert_short16(b) - first) << (short16)(7);
}

FMK_INLINE fmk_values fmk_blend(fmk_numbers base, fmk_numbers slope, fmk_weight weight) {
    return convert_uchar16((base + fmk_high_half(slope, weight)) >> (short16)(6));
}

FMK_INLINE void fmk_stream_four(const fmk_numbers *base, const fmk_numbers *slope,
                                fmk_weight weight, __global fmk_value *out) {
    ulong2 c0 = as_ulong2(fmk_blend(base[0], slope[0], weight));
    ulong2 c1 = as_ulong2(fmk_blend(base[1], slope[1], weight));
    ulong2 c2 = as_ulong2(fmk_blend(base[2], slope[2], weight));
    ulong2 c3 = as_ulong2(fmk_blend(base[3], slope[3], weight));
    FMK_STREAM((ulong8)(c0, c1, c2, c3), (__global ulong8 *)out);
}

#endif

/* ---- the texels of a block ---- */

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

FMK_INLINE void fmk_sixteen(uint8 w0, uint8 w1, uint8 w2, uint8 w3, fmk_numbers *base,
                            fmk_numbers *slope) {
    uchar16 a0 = as_uchar16(w0.even), a1 = as_uchar16(w1.even), a2 = as_uchar16(w2.even);
    uchar16 b0 = as_uchar16(w0.odd), b1 = as_uchar16(w1.odd), b2 = as_uchar16(w2.odd);
    fmk_vector(fmk_first(a0, a1), fmk_first(b0, b1), base, slope);
    fmk_vector(fmk_second(a1, a2), fmk_second(b1, b2), base + 1, slope + 1);
    fmk_vector(fmk_third(a2, as_uchar16(w3.even)), fmk_third(b2, as_uchar16(w3.odd)), base + 2,
               slope + 2);
}

/* Sixteen pairs from fewer, the rest black: vectors are made from whole sixteens. */
FMK_INLINE void fmk_copy_pairs(__global const uint2 *pairs, uint count, uint2 copy[16]) {
    for (uint i = 0; i < 16u; ++i)
        copy[i] = i < count ? pairs[i] : (uint2)(0u);
}

FMK_INLINE void fmk_take_apart(__global const uint2 *texels, uint count, fmk_numbers *base,
                               fmk_numbers *slope) {
    uint x = 0;
    for (; x + 16u <= count; x += 16u) {
        __global const uint *words = (__global const uint *)(texels + x);
        fmk_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                    base + 3u * x / 16u, slope + 3u * x / 16u);
    }
    if (x < count) {
        uint2 copy[16];
        const uint *words = (const uint *)copy;
        fmk_copy_pairs(texels + x, count - x, copy);
        fmk_sixteen(vload8(0, words), vload8(1, words), vload8(2, words), vload8(3, words),
                    base + 3u * x / 16u, slope + 3u * x / 16u);
    }
}

/* Asks for the next block while this one is blended and stored. Those of the last row lie behind
 * the texels, which asking does not mind. */
FMK_INLINE void fmk_fetch_block(__global const uint2 *texels) {
    for (uint i = 0; i < FMK_BLOCK; i += 8u)
        FMK_PREFETCH(texels + i, 2);
}

/* ---- a block of a texture ---- */

/* Whole vectors, then what is left. */
FMK_INLINE void fmk_store_block(const fmk_numbers *base, const fmk_numbers *slope,
                                fmk_weight weight, uint values, __global fmk_value *out) {
    uint i = 0;
    for (; 16u * i + 16u <= values; ++i)
        vstore16(fmk_blend(base[i], slope[i], weight), i, out);
    fmk_value last[16];
    if (16u * i < values)
        vstore16(fmk_blend(base[i], slope[i], weight), 0, last);
    for (uint k = 16u * i; k < values; ++k)
        out[k] = last[k - 16u * i];
}

FMK_INLINE void fmk_stream_block(const fmk_numbers *base, const fmk_numbers *slope,
                                 fmk_weight weight, __global fmk_value *out) {
    for (uint i = 0; i < FMK_VECTORS; i += 4u)
        fmk_stream_four(base + i, slope + i, weight, out + 16u * i);
}

__kernel void fm_texture_morph_rows(__global const uint2 *texels, __global const float *t,
                                    __global fmk_value *out, uint width, uint height,
                                    uint first_frame, uint frames, uint first_row) {
    uint y = (uint)get_global_id(0);
    if (y >= height)
        return;
    fmk_numbers base[FMK_VECTORS], slope[FMK_VECTORS];
    texels += ((size_t)first_row + y) * (width + 1u);
    out += 3u * (size_t)y * width;
    for (uint x = 0; x < width; x += FMK_BLOCK) {
        uint count = min(FMK_BLOCK, width - x);
        fmk_take_apart(texels + x, count, base, slope);
        fmk_fetch_block(texels + x + FMK_BLOCK);
        for (uint frame = 0; frame < frames; ++frame) {
            __global fmk_value *to = out + 3u * ((size_t)frame * height * width + x);
            fmk_weight weight = FMK_WEIGHT_OF(t[first_frame + frame]);
            if (count == FMK_BLOCK && ((uintptr_t)to & 63u) == 0u)
                fmk_stream_block(base, slope, weight, to);
            else
                fmk_store_block(base, slope, weight, 3u * count, to);
        }
    }
    FMK_STREAM_END();
}
