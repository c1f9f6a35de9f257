/* SPDX-License-Identifier: MIT */
/*
 * solve_lu.cl: LU with partial pivoting by selects, for FMK_LANES matrices at once. Functions only.
 *
 * A is stored by columns (solve_load.cl). After fmk_factor it holds U above the diagonal, 1 / pivot
 * on it and minus the multipliers below, each column of these in the order of its own step (as
 * LINPACK's sgefa leaves them), so fmk_substitute exchanges rows of B step by step.
 */
#ifndef FM_SOLVE_LU_CL
#define FM_SOLVE_LU_CL

#include "solve_types.cl"

/* Columns that share the loads of a step: more would not fit 16 vector registers. */
#define FMK_SHARED 2

/* Step k on `columns` columns from m: exchange rows k and p, add the multiples of row k. */
FMK_INLINE void fmk_step(const V *l, V *m, uint k, I p, const uint columns) {
    V old[FMK_SHARED], top[FMK_SHARED];
#pragma unroll
    for (uint c = 0; c < columns; ++c)
        old[c] = top[c] = m[c * FMK_N + k];
    FMK_UNROLL
    for (uint i = k + 1; i < FMK_N; ++i) {
        const I hit = p == (I)(i);
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            top[c] = FMK_SELECT(top[c], m[c * FMK_N + i], hit);
    }
    FMK_UNROLL
    for (uint i = k + 1; i < FMK_N; ++i) {
        const I hit = p == (I)(i);
        const V factor = l[i];
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            m[c * FMK_N + i] = fma(factor, top[c], FMK_SELECT(m[c * FMK_N + i], old[c], hit));
    }
#pragma unroll
    for (uint c = 0; c < columns; ++c)
        m[c * FMK_N + k] = top[c];
}

FMK_INLINE void fmk_steps_of(const V *l, V *m, uint k, I p, uint first, uint last) {
    uint j = first;
    FMK_UNROLL
    for (; j + FMK_SHARED <= last; j += FMK_SHARED)
        fmk_step(l, m + j * FMK_N, k, p, FMK_SHARED);
    FMK_UNROLL
    for (; j < last; ++j)
        fmk_step(l, m + j * FMK_N, k, p, 1);
}

/* Returns the smallest pivot; pivot[k] is the row that step k exchanged with row k. */
FMK_INLINE V fmk_factor(V *a, I *pivot) {
    V low = (V)(INFINITY);
    FMK_UNROLL
    for (uint k = 0; k < FMK_N; ++k) {
        V *l = a + k * FMK_N;
        V best = fabs(l[k]);
        I p = (I)(k);
        FMK_UNROLL
        for (uint i = k + 1; i < FMK_N; ++i) {
            const V size = fabs(l[i]);
            const I larger = size > best;
            best = FMK_SELECT(best, size, larger);
            p = FMK_SELECT(p, (I)(i), larger);
        }
        pivot[k] = p;
        low = min(low, best);
        const V old = l[k];
        V top = old;
        FMK_UNROLL
        for (uint i = k + 1; i < FMK_N; ++i)
            top = FMK_SELECT(top, l[i], p == (I)(i));
        const V one = (V)(1), zero = (V)(0);
        const V r = FMK_SELECT(one / top, zero, (I)(best == zero));
        FMK_UNROLL
        for (uint i = k + 1; i < FMK_N; ++i)
            l[i] = FMK_SELECT(l[i], old, p == (I)(i)) * -r;
        l[k] = r;
        fmk_steps_of(l, a, k, p, k + 1, FMK_N);
    }
    return low;
}

/* X for `columns` columns of B, in place. */
FMK_INLINE void fmk_back(const V *a, V *b, const uint columns) {
    FMK_UNROLL
    for (uint k = FMK_N; k-- > 0;) {
        V x[FMK_SHARED];
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            x[c] = b[c * FMK_N + k];
        FMK_UNROLL
        for (uint j = k + 1; j < FMK_N; ++j) {
            const V u = a[j * FMK_N + k];
#pragma unroll
            for (uint c = 0; c < columns; ++c)
                x[c] = fma(-u, b[c * FMK_N + j], x[c]);
        }
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            b[c * FMK_N + k] = x[c] * a[k * FMK_N + k];
    }
}

FMK_INLINE void fmk_substitute(const V *a, const I *pivot, V *b) {
    FMK_UNROLL
    for (uint k = 0; k < FMK_N; ++k)
        fmk_steps_of(a + k * FMK_N, b, k, pivot[k], 0, FMK_C);
    uint j = 0;
    FMK_UNROLL
    for (; j + FMK_SHARED <= FMK_C; j += FMK_SHARED)
        fmk_back(a, b + j * FMK_N, FMK_SHARED);
    FMK_UNROLL
    for (; j < FMK_C; ++j)
        fmk_back(a, b + j * FMK_N, 1);
}

#endif
