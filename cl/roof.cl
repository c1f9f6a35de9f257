/* SPDX-License-Identifier: MIT */
/*
 * roof.cl: what a device can do at most, for fmbench.
 *
 * fm_roof_fma:   each item runs FMK_CHAINS independent chains of fma on vectors; out: one vector an
 *                item. 2 x lanes x chains x iterations flops an item.
 * fm_roof_read, fm_roof_write, fm_roof_triad: one pass over n vectors, `repeats` times; with
 *                FMK_CHUNKED (CPU) an item takes a run of neighbours, else items take turns.
 *                out: one vector an item (read) or the written array.
 * fm_roof_empty: nothing, for the cost of a launch.
 *
 * Build knobs: FMK_SCALAR (float, double, half), FMK_REAL (a vector of it), FMK_CHUNKED.
 * No local memory. A loop runs at most 60,000 times an item (the caller sees to it).
 */
#include "common.cl"

#ifdef FMK_FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
#ifdef FMK_FP16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#endif
#ifndef FMK_SCALAR
#define FMK_SCALAR float
#define FMK_REAL float4
#endif
#define FMK_CHAINS 8

#define FMK_SPLAT(x) ((FMK_REAL)((FMK_SCALAR)(x)))

__kernel void fm_roof_fma(__global FMK_REAL *out, uint iterations) {
    const FMK_REAL a = FMK_SPLAT(0.999f);
    const FMK_REAL b = FMK_SPLAT(0.001f);
    FMK_REAL x0 = FMK_SPLAT(get_global_id(0) & 7);
    FMK_REAL x1 = x0 + a, x2 = x1 + a, x3 = x2 + a, x4 = x3 + a, x5 = x4 + a, x6 = x5 + a,
             x7 = x6 + a;
    for (uint i = 0; i < iterations; ++i) {
        x0 = fma(x0, a, b);
        x1 = fma(x1, a, b);
        x2 = fma(x2, a, b);
        x3 = fma(x3, a, b);
        x4 = fma(x4, a, b);
        x5 = fma(x5, a, b);
        x6 = fma(x6, a, b);
        x7 = fma(x7, a, b);
    }
    out[get_global_id(0)] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7));
}

#ifdef FMK_CHUNKED
#define FMK_FIRST (get_global_id(0) * (n / get_global_size(0)))
#define FMK_LAST (FMK_FIRST + n / get_global_size(0))
#define FMK_STEP 1
#else
#define FMK_FIRST get_global_id(0)
#define FMK_LAST n
#define FMK_STEP get_global_size(0)
#endif

__kernel void fm_roof_read(__global const FMK_REAL *from, __global FMK_REAL *out, uint n,
                           uint repeats) {
    FMK_REAL s0 = FMK_SPLAT(0.0f), s1 = s0, s2 = s0, s3 = s0;
    for (uint r = 0; r < repeats; ++r)
        for (size_t i = FMK_FIRST; i + 3 * FMK_STEP < FMK_LAST; i += 4 * FMK_STEP) {
            s0 += from[i];
            s1 += from[i + FMK_STEP];
            s2 += from[i + 2 * FMK_STEP];
            s3 += from[i + 3 * FMK_STEP];
        }
    out[get_global_id(0)] = (s0 + s1) + (s2 + s3);
}

__kernel void fm_roof_write(__global FMK_REAL *to, uint n, uint repeats) {
    for (uint r = 0; r < repeats; ++r) {
        const FMK_REAL value = FMK_SPLAT(r);
        for (size_t i = FMK_FIRST; i < FMK_LAST; i += FMK_STEP)
            to[i] = value;
    }
}

__kernel void fm_roof_triad(__global FMK_REAL *to, __global const FMK_REAL *b,
                            __global const FMK_REAL *c, uint n, uint repeats) {
    for (uint r = 0; r < repeats; ++r) {
        const FMK_REAL s = FMK_SPLAT(r);
        for (size_t i = FMK_FIRST; i < FMK_LAST; i += FMK_STEP)
            to[i] = b[i] + s * c[i];
    }
}

__kernel void fm_roof_empty(__global FMK_REAL *out) {
    (void)out;
}
