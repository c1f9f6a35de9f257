/* SPDX-License-Identifier: MIT */
/*
 * solve_direct.cl: fmk_prepare and fmk_apply, the two halves of a solve, in closed form for n = 2
 * and 3 and by LU for the others. Functions only.
 *
 * fmk_prepare: judges A (scaled, by columns; *largest of its absolute values) and makes what
 * fmk_apply needs of it. Returns the lanes that the SVD must judge; for n = 2 none, and *rank_one,
 * *borderline are final. late (FMK_LATE only): A is read from p on the way, unscaled, and *largest
 * found. fmk_apply: X for FMK_C columns of B, in place, up to the powers of two.
 *
 * n = 3: Cramer's rule. Lanes with |A| |A^-1| < 1 / FMK_EASY: cofactors by Kahan's product, X
 * corrected once by its residual, which is then as small as that of elimination. The others:
 * cofactors, determinant and dot products as unevaluated sums of two numbers (Dekker 1971; Ogita,
 * Rump, Oishi 2005), so that X is right to a few ulp whenever the condition number is below
 * 1 / eps.
 */
#ifndef FM_SOLVE_DIRECT_CL
#define FM_SOLVE_DIRECT_CL

#include "solve_closed.cl"
#include "solve_lu.cl"

/* What is known of A. */
typedef struct fmk_known {
#if FMK_N == 2
    V p[4], r;
#elif FMK_N == 3
    V adjugate[9], r; /* by rows; 1 / det A */
    I steep;          /* lanes that need the sums of two */
#else
    I pivot[FMK_N];
#endif
} fmk_known;

#if FMK_N == 2
FMK_INLINE I fmk_prepare(V *a, bool late, const fmk_block *block, __global const store *p,
                         V *largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline, ulong next) {
    const V rows[4] = {a[0], a[2], a[1], a[3]};
    FMK_CLOSED(fmk_adjugate_2x2)(rows, (V)(rcond), known->p, &known->r, rank_one, borderline);
    return (I)(0);
}

FMK_INLINE void fmk_apply(const V *a, const fmk_known *known, V *b) {
    const V *p = known->p;
    FMK_UNROLL
    for (uint j = 0; j < FMK_C; ++j, b += 2) {
        const V x = b[0], y = b[1];
        b[0] = FMK_CLOSED(fmk_dot2)(p[0], x, p[1], y) * known->r;
        b[1] = FMK_CLOSED(fmk_dot2)(p[2], x, p[3], y) * known->r;
    }
}

#elif FMK_N == 3
/* x + y = *high + *low exactly (Knuth's TwoSum), low_in is added to *low. */
FMK_INLINE void fmk_add(V x, V y, V low_in, V *high, V *low) {
    const V s = x + y;
    const V t = s - x;
    *low = ((x - (s - t)) + (y - t)) + low_in;
    *high = s;
}

/* a b - c d. */
FMK_INLINE void fmk_minor(V a, V b, V c, V d, V *high, V *low) {
    const V ab = a * b, cd = c * d;
    fmk_add(ab, -cd, fma(a, b, -ab) - fma(c, d, -cd), high, low);
}

/* (h + l) . x for three terms. */
FMK_INLINE V fmk_dot3(const V *h, const V *l, V x, V y, V z) {
    const V a = h[0] * x, b = h[1] * y, c = h[2] * z;
    V high, low;
    V rest = fma(h[0], x, -a) + fma(h[1], y, -b) + fma(h[2], z, -c);
    rest = fma(l[0], x, fma(l[1], y, fma(l[2], z, rest)));
    fmk_add(a, b, rest, &high, &low);
    fmk_add(high, c, low, &high, &low);
    return high + low;
}

FMK_INLINE V fmk_square_sum(const V *m) {
    V sum = m[0] * m[0];
#pragma unroll
    for (int i = 1; i < 9; ++i)
        sum = fma(m[i], m[i], sum);
    return sum;
}

#define FMK_EASY ((work)(FMK_WORK_EPS * 4096))

/* 1 / (|A| |A^-1|) (Frobenius) is at least a third of sigma_min / sigma_max and never above it, so
 * every matrix that lies below 4 rcond or near it goes to the SVD. */
FMK_INLINE I fmk_prepare(V *a, bool late, const fmk_block *block, __global const store *p,
                         V *largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline, ulong next) {
    V *h = known->adjugate;
#pragma unroll
    for (int i = 0; i < 3; ++i)
#pragma unroll
        for (int j = 0; j < 3; ++j) { /* row i of adj A: cofactors of column i of A */
            const int r = (j + 1) % 3, s = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            h[i * 3 + j] =
                FMK_CLOSED(fmk_dot2)(a[c * 3 + r], a[d * 3 + s], -a[d * 3 + r], a[c * 3 + s]);
        }
    const V one = (V)(1), det = fma(h[0], a[0], fma(h[1], a[1], h[2] * a[2]));
    const V norms = fmk_square_sum(a) * fmk_square_sum(h), square = det * det;
    const V limit = (V)(max(5 * rcond, FMK_EASY));
    const I steep = square <= limit * limit * norms;
    *rank_one = *borderline = (I)(0);
    known->r = one / det;
    known->steep = steep;
    if (!FMK_ANY(steep))
        return (I)(0);
    return square <= 25 * rcond * rcond * norms;
}

/* adj A of its own accuracy, as *high + *low, and 1 / det A. */
FMK_INLINE V fmk_adjugate(const V *a, V *high, V *low) {
    const V one = (V)(1);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const int r = (j + 1) % 3, s = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            fmk_minor(a[c * 3 + r], a[d * 3 + s], a[d * 3 + r], a[c * 3 + s], &high[i * 3 + j],
                      &low[i * 3 + j]);
        }
    return one / fmk_dot3(high, low, a[0], a[1], a[2]);
}

FMK_INLINE void fmk_apply_steep(const V *a, V *b, V *x) {
    V high[9], low[9];
    const V r = fmk_adjugate(a, high, low);
    for (uint j = 0; j < FMK_C; ++j)
        for (int i = 0; i < 3; ++i)
            x[3 * j + i] =
                fmk_dot3(high + 3 * i, low + 3 * i, b[3 * j], b[3 * j + 1], b[3 * j + 2]) * r;
}

#define FMK_DOT3(h0, h1, h2, v) fma(h0, (v)[0], fma(h1, (v)[1], (h2) * (v)[2]))

FMK_INLINE void fmk_apply_easy(const V *a, const fmk_known *known, const V *b, V *x) {
    const V *h = known->adjugate;
    V first[3], left[3];
#pragma unroll
    for (int i = 0; i < 3; ++i)
        first[i] = FMK_DOT3(h[3 * i], h[3 * i + 1], h[3 * i + 2], b) * known->r;
#pragma unroll
    for (int i = 0; i < 3; ++i)
        left[i] = fma(-a[i], first[0], fma(-a[3 + i], first[1], fma(-a[6 + i], first[2], b[i])));
#pragma unroll
    for (int i = 0; i < 3; ++i)
        x[i] = fma(FMK_DOT3(h[3 * i], h[3 * i + 1], h[3 * i + 2], left), known->r, first[i]);
}

FMK_INLINE void fmk_apply(const V *a, const fmk_known *known, V *b) {
    V steep[3 * FMK_C];
    const bool any = FMK_ANY(known->steep);
    if (any)
        fmk_apply_steep(a, b, steep);
    FMK_UNROLL
    for (uint j = 0; j < FMK_C; ++j) {
        V x[3];
        fmk_apply_easy(a, known, b + 3 * j, x);
#pragma unroll
        for (int i = 0; i < 3; ++i)
            b[3 * j + i] = x[i];
    }
    if (any)
        for (uint j = 0; j < 3 * FMK_C; ++j)
            b[j] = FMK_SELECT(b[j], steep[j], known->steep);
}

#else
/* Whole panels of at least four steps. */
#if FMK_N < 4
#define FMK_TAIL FMK_N
#else
#define FMK_TAIL (4 + FMK_REST)
#endif

/* Lanes in which the inverse of what is left of A before the last FMK_TAIL steps (a part of A^-1)
 * is larger than 1 / size (Frobenius): the factors of a nearly singular A end so. */
FMK_INLINE I fmk_ends_near_zero(const V *a, const I *pivot, V size) {
    V m[FMK_TAIL * FMK_LD], sum = (V)(0);
    const V one = (V)(1), zero = (V)(0);
    for (uint c = 0; c < FMK_TAIL; ++c)
        for (uint i = 0; i < FMK_TAIL; ++i)
            m[c * FMK_LD + FMK_N - FMK_TAIL + i] = i == c ? size : zero;
    fmk_substitute(a, pivot, m, FMK_N - FMK_TAIL, FMK_TAIL);
    for (uint c = 0; c < FMK_TAIL; ++c)
        for (uint i = 0; i < FMK_TAIL; ++i)
            sum = fma(m[c * FMK_LD + FMK_N - FMK_TAIL + i], m[c * FMK_LD + FMK_N - FMK_TAIL + i],
                      sum);
    return !(sum < one);
}

/* Lanes in which a solution is larger than 1 / size: factors with ones for pivots may still end in
 * an A^-1 that grows like 2^n (Kahan's matrices, or -1 below a diagonal of 1). */
FMK_INLINE I fmk_grows(const V *a, const I *pivot, V size) {
    V x[FMK_LD], most = (V)(0);
    for (uint i = 0; i < FMK_N; ++i)
        x[i] = (V)(1 + (work)i / FMK_N);
    fmk_substitute_one(a, pivot, x, 0);
    for (uint i = 0; i < FMK_N; ++i)
        most = max(most, fabs(x[i]));
    return (I)(most * size >= (V)(1));
}

/* A small pivot alone is a cautious sign: see gate_of in engine/solve_run.c. */
FMK_INLINE I fmk_prepare(V *a, bool late, const fmk_block *block, __global const store *p,
                         V *largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline, ulong next) {
    const V low = fmk_factor(a, late, block, p, largest, known->pivot, next);
    I hard = low <= gate * *largest;
    *rank_one = *borderline = (I)(0);
    if (FMK_ANY(hard))
        hard &= (I)(low <= (V)(gate / 32) * *largest) |
                fmk_ends_near_zero(a, known->pivot, (V)(gate / 48) * *largest);
#if FMK_N > 8 /* 2^8 is not much */
    hard |= fmk_grows(a, known->pivot, (V)(gate / (4 * FMK_N)) * *largest);
#endif
    return hard;
}

FMK_INLINE void fmk_apply(const V *a, const fmk_known *known, V *b) {
    fmk_substitute(a, known->pivot, b, 0, FMK_C);
}
#endif

#endif
