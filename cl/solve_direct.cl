/* SPDX-License-Identifier: MIT */
/*
 * solve_direct.cl: fmk_prepare and fmk_apply, the two halves of a solve, in closed form for n = 2
 * and 3 and by LU for the others. Functions only.
 *
 * fmk_prepare: judges A (scaled, by columns; largest of its absolute values) and makes what
 * fmk_apply needs of it. Returns the lanes that the SVD must judge; for n = 2 none, and *rank_one,
 * *borderline are final. fmk_apply: X for FMK_C columns of B, in place, up to the powers of two.
 *
 * n = 3: Cramer's rule with cofactors, determinant and dot products as unevaluated sums of two
 * numbers (Dekker 1971; Ogita, Rump, Oishi 2005), so that X is right to a few ulp whenever the
 * condition number is below 1 / eps; only so is the residual as small as that of elimination.
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
    V high[9], low[9], r; /* adj A by rows, 1 / det A */
#else
    I pivot[FMK_N];
#endif
} fmk_known;

#if FMK_N == 2
FMK_INLINE I fmk_prepare(V *a, V largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline) {
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
    for (int i = 1; i < 9; ++i)
        sum = fma(m[i], m[i], sum);
    return sum;
}

/* 1 / (|A| |A^-1|) (Frobenius) is at least a third of sigma_min / sigma_max and never above it, so
 * every matrix that lies below 4 rcond or near it goes to the SVD. */
FMK_INLINE I fmk_prepare(V *a, V largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline) {
    V *h = known->high, *l = known->low;
#pragma unroll
    for (int i = 0; i < 3; ++i)
#pragma unroll
        for (int j = 0; j < 3; ++j) { /* row i of adj A: cofactors of column i of A */
            const int r = (j + 1) % 3, s = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            fmk_minor(a[c * 3 + r], a[d * 3 + s], a[d * 3 + r], a[c * 3 + s], &h[i * 3 + j],
                      &l[i * 3 + j]);
        }
    const V det = fmk_dot3(h, l, a[0], a[1], a[2]);
    const V norms = sqrt(fmk_square_sum(a)) * sqrt(fmk_square_sum(h));
    const V one = (V)(1);
    known->r = one / det;
    *rank_one = *borderline = (I)(0);
    return fabs(det) <= 5 * rcond * norms;
}

FMK_INLINE void fmk_apply(const V *a, const fmk_known *known, V *b) {
    const V *h = known->high, *l = known->low;
    FMK_UNROLL
    for (uint j = 0; j < FMK_C; ++j, b += 3) {
        const V x = b[0], y = b[1], z = b[2];
#pragma unroll
        for (int i = 0; i < 3; ++i)
            b[i] = fmk_dot3(h + 3 * i, l + 3 * i, x, y, z) * known->r;
    }
}

#else
FMK_INLINE I fmk_prepare(V *a, V largest, work rcond, work gate, fmk_known *known, I *rank_one,
                         I *borderline) {
    const V low = fmk_factor(a, known->pivot);
    *rank_one = *borderline = (I)(0);
    return low <= gate * largest;
}

FMK_INLINE void fmk_apply(const V *a, const fmk_known *known, V *b) {
    fmk_substitute(a, known->pivot, b);
}
#endif

#endif
