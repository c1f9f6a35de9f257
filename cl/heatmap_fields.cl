/* SPDX-License-Identifier: MIT */
/*
 * heatmap_fields.cl: what the heatmaps show, as numbers.
 *
 * fm_heatmap_shape    geometry as raster_vertex.cl has it -> values: rows of `padded` fields:
 *                     d.N (signed, + outward), |d - (d.N) N|, |d| with d = B - A and N the unit
 *                     normal of A, all times scale. One item per 16 vertices. Error: 4 ulp of the
 *                     larger position.
 * fm_heatmap_texture  level 0 of the interleaved texels -> planes: 3 of width x height fields:
 *                     L*_B - L*_A, sqrt(da^2 + db^2), CIEDE2000; all 0 where both texels are
 *                     background (alpha below 128, or the mean of R, G and B below 0.1).
 *                     Item (i, y) does columns i run to (i + 1) run - 1 of row y; run is a
 *                     multiple of FMK_LANES. linear: 256 values of the sRGB curve. planes hold
 *                     `height` rows from first_row on: all, or a band where memory is short.
 * fm_heatmap_sample   planes at the vertices' u, v, bilinear, border clamped -> 3 rows of values,
 *                     which start at `first`. One item per vertex; of a band of `rows` rows from
 *                     first_row on, those whose texels lie in it.
 * fm_heatmap_compare  L*a*b* pairs to CIEDE2000, for the published test data. lab: 6 rows of
 *                     `padded` floats L1 a1 b1 L2 a2 b2; padded a multiple of 8; one item per
 * FMK_LANES. No local memory.
 * Fields (values and planes) are floats, with FMK_HALF 16-bit floats; the geometry likewise.
 */
#ifndef FM_HEATMAP_FIELDS_CL
#define FM_HEATMAP_FIELDS_CL

#include "heatmap_colour.cl"
#include "heatmap_store.cl"

__kernel void fm_heatmap_shape(__global const float *geometry, __global FMK_FIELD *values,
                               uint padded, float scale) {
    size_t block = get_global_id(0);
    if (block >= padded / 16u)
        return;
    const float16 zero = (float16)(0.0f);
    float16 dx = fmk_place(geometry, padded, 3u, block) - fmk_place(geometry, padded, 0u, block);
    float16 dy = fmk_place(geometry, padded, 4u, block) - fmk_place(geometry, padded, 1u, block);
    float16 dz = fmk_place(geometry, padded, 5u, block) - fmk_place(geometry, padded, 2u, block);
    float16 nx = fmk_row(geometry, padded, 6u, block), ny = fmk_row(geometry, padded, 7u, block);
    float16 nz = fmk_row(geometry, padded, 8u, block);
    float16 square = fma(nx, nx, fma(ny, ny, nz * nz));
    int16 none = square <= (float16)(1.0e-30f);
    float16 inverse = 1.0f / sqrt(select(square, (float16)(1.0f), none));
    nx = select(nx * inverse, zero, none);
    ny = select(ny * inverse, zero, none);
    nz = select(nz * inverse, (float16)(1.0f), none);
    float16 along = fma(dx, nx, fma(dy, ny, dz * nz));
    float16 tx = fma(-along, nx, dx), ty = fma(-along, ny, dy), tz = fma(-along, nz, dz);
    float16 across = sqrt(fma(tx, tx, fma(ty, ty, tz * tz)));
    float16 whole = sqrt(fma(dx, dx, fma(dy, dy, dz * dz)));
    FMK_PUT16(along * scale, block, values);
    FMK_PUT16(across * scale, block, values + padded);
    FMK_PUT16(whole * scale, block, values + 2u * (size_t)padded);
}

/* Whether a texel is background: filled, or nearly black (mean below 0.1 is a sum up to 76). */
FMK_INLINE fmk_int fmk_background(fmk_uint texel) {
    fmk_uint sum = (texel & 255u) + (texel >> 8 & 255u) + (texel >> 16 & 255u);
    return (texel >> 24 < (fmk_uint)(128u)) | (sum <= (fmk_uint)(FM_HEATMAP_DARK));
}

/* The three differences of texel pairs. */
FMK_INLINE fmk_lab fmk_texel_differences(fmk_uint one, fmk_uint two, __global const float *linear) {
    const fmk_float zero = (fmk_float)(0.0f);
    fmk_int masked = fmk_background(one) & fmk_background(two);
    fmk_lab out;
    out.l = out.a = out.b = zero;
#if FMK_LANES == 8
    if (all(masked))
#else
    if (masked)
#endif
        return out;
    fmk_lab p = fmk_lab_of(one, linear), q = fmk_lab_of(two, linear);
    fmk_float da = q.a - p.a, db = q.b - p.b;
    out.l = select(q.l - p.l, zero, masked);
    out.a = select(sqrt(fma(da, da, db * db)), zero, masked);
    out.b = select(fmk_ciede2000(p, q), zero, masked);
    return out;
}

#if FMK_LANES == 8
/* 8 pairs; of the last ones of a row those there are, and copies of the first. */
FMK_INLINE uint16 fmk_eight_pairs(__global const uint2 *pairs, uint count) {
    if (count >= 8u)
        return vload16(0, (__global const uint *)pairs);
    uint2 first = pairs[0], more[8];
    for (uint i = 0; i < 8u; ++i)
        more[i] = i < count ? pairs[i] : first;
    return (uint16)(more[0], more[1], more[2], more[3], more[4], more[5], more[6], more[7]);
}

FMK_INLINE void fmk_store_up_to(float8 v, __global FMK_FIELD *out, uint count) {
    if (count >= 8u) {
        FMK_PUT8(v, 0, out);
        return;
    }
    float lanes[8];
    vstore8(v, 0, lanes);
    for (uint i = 0; i < count; ++i)
        FMK_PUT(lanes[i], i, out);
}

FMK_INLINE fmk_lab fmk_differences_at(__global const uint2 *pairs, uint count,
                                      __global const float *linear) {
    uint16 words = fmk_eight_pairs(pairs, count);
    return fmk_texel_differences(words.even, words.odd, linear);
}
#else
FMK_INLINE void fmk_store_up_to(float v, __global FMK_FIELD *out, uint count) {
    FMK_PUT(v, 0, out);
}

FMK_INLINE fmk_lab fmk_differences_at(__global const uint2 *pairs, uint count,
                                      __global const float *linear) {
    return fmk_texel_differences(pairs[0].x, pairs[0].y, linear);
}
#endif

__kernel void fm_heatmap_texture(__global const uint2 *texels, __global const float *linear,
                                 __global FMK_FIELD *planes, uint width, uint height, uint run,
                                 uint first_row) {
    uint from = (uint)get_global_id(0) * run, y = (uint)get_global_id(1);
    if (from >= width || y >= height)
        return;
    uint to = min(from + run, width);
    size_t plane = (size_t)width * height;
    texels += ((size_t)first_row + y) * (width + 1u);
    planes += (size_t)y * width;
    for (uint x = from; x < to; x += FMK_LANES) {
        fmk_lab d = fmk_differences_at(texels + x, to - x, linear);
        fmk_store_up_to(d.l, planes + x, to - x);
        fmk_store_up_to(d.a, planes + plane + x, to - x);
        fmk_store_up_to(d.b, planes + 2u * plane + x, to - x);
    }
}

__kernel void fm_heatmap_sample(__global const float *geometry, __global const FMK_FIELD *planes,
                                __global FMK_FIELD *values, uint first, uint padded, uint width,
                                uint height, uint first_row, uint rows) {
    size_t vertex = get_global_id(0);
    if (vertex >= padded)
        return;
    float u = clamp(FMK_STORED_UV(FMK_LOAD1(geometry, padded, 15u, vertex)), 0.0f, 1.0f);
    float v = clamp(FMK_STORED_UV(FMK_LOAD1(geometry, padded, 16u, vertex)), 0.0f, 1.0f);
    float x = u * (float)(width - 1u), y = (1.0f - v) * (float)(height - 1u);
    uint x0 = (uint)x, y0 = (uint)y;
    uint x1 = min(x0 + 1u, width - 1u), y1 = min(y0 + 1u, height - 1u);
    if (y0 < first_row || y1 - first_row >= rows)
        return;
    float fx = x - (float)x0, fy = y - (float)y0;
    size_t plane = (size_t)width * rows;
    size_t top = (size_t)(y0 - first_row) * width, low = (size_t)(y1 - first_row) * width;
    for (uint k = 0; k < 3u; ++k) {
        __global const FMK_FIELD *from = planes + k * plane;
        float a = FMK_GET(top + x0, from), b = FMK_GET(top + x1, from);
        float c = FMK_GET(low + x0, from), d = FMK_GET(low + x1, from);
        float upper = fma(fx, b - a, a), lower = fma(fx, d - c, c);
        FMK_PUT(fma(fy, lower - upper, upper), first + k * (size_t)padded + vertex, values);
    }
}

__kernel void fm_heatmap_compare(__global const float *lab, __global float *out, uint padded) {
    size_t i = get_global_id(0);
    if (i >= padded / FMK_LANES)
        return;
    fmk_lab p, q;
    p.l = FMK_LOAD(i, lab);
    p.a = FMK_LOAD(i, lab + padded);
    p.b = FMK_LOAD(i, lab + 2u * (size_t)padded);
    q.l = FMK_LOAD(i, lab + 3u * (size_t)padded);
    q.a = FMK_LOAD(i, lab + 4u * (size_t)padded);
    q.b = FMK_LOAD(i, lab + 5u * (size_t)padded);
    FMK_STORE(fmk_ciede2000(p, q), i, out);
}

#endif
