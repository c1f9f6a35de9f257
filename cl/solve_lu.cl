/* SPDX-License-Identifier: MIT */
/*
 * solve_lu.cl: LU with partial pivoting by selects, for FMK_LANES matrices at once. Functions only.
 *
 * A is stored by columns (solve_load.cl). After fmk_factor it holds U above the diagonal, 1 / pivot
 * on it and minus the multipliers below, each column of these in the order of its own step (as
 * LINPACK's sgefa leaves them), so fmk_substitute exchanges rows of B step by step.
 *
 * Left-looking: a few columns take all steps that are known before the next ones are touched, so
 * that they stay in the fastest cache; as the next pivot is known too, the pass of a step also
 * picks the row of the next one.
 */
#ifndef FM_SOLVE_LU_CL
#define FM_SOLVE_LU_CL

#include "prefetch.cl"
#include "solve_types.cl"

/* Columns that share the loads and masks of a step. */
#ifndef FMK_SHARED
#define FMK_SHARED 4
#endif

/* The next block of A is fetched a little with every row of every step on FMK_SHARED columns: more
 * at once would wait for each other. */
#define FMK_PANELS (FMK_N / FMK_SHARED)
#define FMK_FETCH (16u * FMK_N * FMK_N * sizeof(store))
#define FMK_ROWS                                                                       \
    ((FMK_SHARED * (FMK_N - 1) + FMK_SHARED / 2) * FMK_PANELS * (FMK_PANELS - 1) / 2 - \
     FMK_SHARED * FMK_SHARED / 2 * FMK_PANELS * (FMK_PANELS - 1) * (2 * FMK_PANELS - 1) / 6)
#if FMK_N >= 2 * FMK_SHARED
#define FMK_FETCH_ROW ((FMK_FETCH + FMK_ROWS - 1) / FMK_ROWS)
#else
#define FMK_FETCH_ROW 0u
#endif

/* *next: an address, 0 = nothing is to be fetched, as with one matrix at a time. */
FMK_INLINE void fmk_fetch(ulong *next, const uint bytes) {
#if FMK_LANES > 1
#pragma unroll
    for (uint i = 0; i < bytes; i += 64u)
        FMK_PREFETCH(*next + i, 2);
#endif
    *next += bytes;
}

/* Steps first ... last - 1 on `columns` columns from m: exchange rows k and pivot[k], add the
 * multiples of row k. */
FMK_INLINE void fmk_steps_of(const V *a, const I *pivot, V *m, uint first, uint last,
                             const uint columns, ulong *next_a, const uint fetch) {
    V top[FMK_SHARED];
    if (first == last)
        return;
#pragma unroll
    for (uint c = 0; c < columns; ++c)
        top[c] = m[c * FMK_LD + first];
    FMK_UNROLL
    for (int i = (int)first + 1; i < FMK_N; ++i) {
        const I hit = pivot[first] == (I)(i);
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            top[c] = FMK_SELECT(top[c], m[c * FMK_LD + i], hit);
    }
    FMK_UNROLL
    for (uint k = first; k < last; ++k) {
        const V *l = a + k * FMK_LD;
        const I p = pivot[k], q = pivot[k + 1];
        V old[FMK_SHARED], next[FMK_SHARED];
#pragma unroll
        for (uint c = 0; c < columns; ++c) {
            next[c] = old[c] = m[c * FMK_LD + k];
            m[c * FMK_LD + k] = top[c];
        }
        FMK_UNROLL
        for (int i = (int)k + 1; i < FMK_N; ++i) {
            const I hit = p == (I)(i), wanted = q == (I)(i);
            const V factor = l[i];
            fmk_fetch(next_a, fetch);
#pragma unroll
            for (uint c = 0; c < columns; ++c) {
                const V x = fma(factor, top[c], FMK_SELECT(m[c * FMK_LD + i], old[c], hit));
                m[c * FMK_LD + i] = x;
                next[c] = FMK_SELECT(next[c], x, wanted);
            }
        }
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            top[c] = next[c];
    }
}

/* Step k on its own column l: returns the pivot's size; *p is its row. */
FMK_INLINE V fmk_pivot(V *l, uint k, I *p) {
    const V one = (V)(1), zero = (V)(0), old = l[k];
    V best = fabs(old), top = old;
    *p = (I)(k);
    FMK_UNROLL
    for (int i = (int)k + 1; i < FMK_N; ++i) {
        const V x = l[i];
        const I larger = fabs(x) > best;
        best = FMK_SELECT(best, fabs(x), larger);
        top = FMK_SELECT(top, x, larger);
        *p = FMK_SELECT(*p, (I)(i), larger);
    }
    const V r = FMK_SELECT(one / top, zero, (I)(best == zero));
    FMK_UNROLL
    for (int i = (int)k + 1; i < FMK_N; ++i)
        l[i] = FMK_SELECT(l[i], old, *p == (I)(i)) * -r;
    l[k] = r;
    return best;
}

/* Columns from k on, `columns` of them. */
FMK_INLINE V fmk_panel(V *a, I *pivot, uint k, const uint columns, ulong *next_a,
                       const uint fetch) {
    V low = (V)(INFINITY);
    fmk_steps_of(a, pivot, a + k * FMK_LD, 0, k, columns, next_a, fetch);
    FMK_UNROLL
    for (uint c = 0; c < columns; ++c) {
        V *m = a + (k + c) * FMK_LD;
        fmk_steps_of(a, pivot, m, k, k + c, 1, next_a, 0);
        low = min(low, fmk_pivot(m, k + c, &pivot[k + c]));
        pivot[k + c + 1] = (I)(0);
    }
    return low;
}

/* Returns the smallest pivot; pivot[k] is the row that step k exchanged with row k.
 * pivot has room for FMK_N + 1. */
FMK_INLINE V fmk_factor(V *a, I *pivot, ulong next) {
    V low = (V)(INFINITY);
    uint k = 0;
    if (FMK_PANELS <= 1)
        fmk_fetch(&next, FMK_FETCH);
    FMK_UNROLL
    for (; k + FMK_SHARED <= FMK_N; k += FMK_SHARED) {
        low = min(low, fmk_panel(a, pivot, k, FMK_SHARED, &next, FMK_FETCH_ROW));
    }
    FMK_UNROLL
    for (; k < FMK_N; ++k)
        low = min(low, fmk_panel(a, pivot, k, 1, &next, 0));
    return low;
}

/* From U X = B to X, rows from `first` on of `columns` columns from b, in place. */
FMK_INLINE void fmk_back(const V *a, V *b, const uint first, const uint columns) {
    FMK_UNROLL
    for (uint k = FMK_N; k-- > first;) {
        const V *u = a + k * FMK_LD;
        V x[FMK_SHARED];
#pragma unroll
        for (uint c = 0; c < columns; ++c)
            b[c * FMK_LD + k] = x[c] = b[c * FMK_LD + k] * u[k];
        FMK_UNROLL
        for (int i = (int)first; i < (int)k; ++i) {
            const V factor = -u[i];
#pragma unroll
            for (uint c = 0; c < columns; ++c)
                b[c * FMK_LD + i] = fma(factor, x[c], b[c * FMK_LD + i]);
        }
    }
}

FMK_INLINE void fmk_substitute(const V *a, const I *pivot, V *b) {
    uint j = 0;
    ulong none = 0;
    FMK_UNROLL
    for (; j + FMK_SHARED <= FMK_C; j += FMK_SHARED) {
        fmk_steps_of(a, pivot, b + j * FMK_LD, 0, FMK_N, FMK_SHARED, &none, 0);
        fmk_back(a, b + j * FMK_LD, 0, FMK_SHARED);
    }
    FMK_UNROLL
    for (; j < FMK_C; ++j) {
        fmk_steps_of(a, pivot, b + j * FMK_LD, 0, FMK_N, 1, &none, 0);
        fmk_back(a, b + j * FMK_LD, 0, 1);
    }
}

#endif
