/* SPDX-License-Identifier: MIT */
/*
 * solve_svd.cl: pseudo-inverse of the matrices on the list, FMK_SVD_LANES at once (cpu).
 *
 * fm_solve_svd: item g takes entries (g, g + global size, ...) * FMK_SVD_LANES of the list.
 *               One-sided Jacobi: columns of W = A V are turned until all are orthogonal; their
 *               lengths are the singular values s, and A^+ = V diag(1 / s^2) W' without those
 *               <= rcond * the largest. Works in double where the device has it, whatever the
 *               arrays hold. Arguments as fm_solve_direct; counts[0] is the list's length.
 *               Private memory: (2 n + 2) n V. No local memory.
 * Source: Golub, Van Loan: Matrix Computations, 8.6.3.
 */
#ifndef FM_SOLVE_SVD_CL
#define FM_SOLVE_SVD_CL

#include "solve_closed.cl"
#include "solve_types.cl"

#define FMK_SVD_LANES 8
#define FMK_SVD_SWEEPS 40
/* From column to column: see FMK_LD. */
#if FMK_N % 8 == 0
#define FMK_SVD_LD (FMK_N + 1)
#else
#define FMK_SVD_LD FMK_N
#endif
#ifdef FMK_FP64
typedef double wide;
typedef double8 W;
typedef long8 WI;
#define FMK_W(name) name##_double8
#define FMK_W_ANY fmk_any_long8
/* Cosines that count as 0: float answers need condition number * this far below eps. */
#ifdef FMK_STORE_DOUBLE
#define FMK_SVD_ZERO 0x1p-49
#else
#define FMK_SVD_ZERO 0x1p-36
#endif
#define FMK_WIDE_INT long
#else
typedef float wide;
typedef float8 W;
typedef int8 WI;
#define FMK_W(name) name##_float8
#define FMK_W_ANY fmk_any_int8
#define FMK_SVD_ZERO 0x1p-20f
#define FMK_WIDE_INT int
#endif

/* Element (0, 0) of a matrix. */
FMK_INLINE ulong fmk_matrix_base(fmk_steps steps, ulong k) {
    return steps.s0 + k / 16u * steps.s1 + k % 16u * steps.s2;
}

/* By columns, one matrix in each lane. */
FMK_INLINE void fmk_svd_load(__global const store *a, fmk_steps steps, const uint *which, W *w) {
    for (int l = 0; l < FMK_SVD_LANES; ++l) {
        __global const store *p = a + fmk_matrix_base(steps, which[l]);
        for (uint j = 0; j < FMK_N; ++j)
            for (uint i = 0; i < FMK_N; ++i)
                ((wide *)&w[j * FMK_SVD_LD + i])[l] =
                    p[(ulong)i * FMK_ROW_STEP(steps) + (ulong)j * FMK_COLUMN_STEP(steps)];
    }
    for (uint j = 0; FMK_SVD_LD > FMK_N && j < FMK_N; ++j)
        w[j * FMK_SVD_LD + FMK_N] = (W)(0);
}

FMK_INLINE void fmk_turn(W *p, W *q, W c, W s) {
    for (int i = 0; i < FMK_N; ++i) {
        const W x = p[i], y = q[i];
        p[i] = fma(c, x, -s * y);
        q[i] = fma(s, x, c * y);
    }
}

/* Makes columns p and q of W orthogonal; true when a lane was not yet. */
FMK_INLINE bool fmk_orthogonalise(W *wp, W *wq, W *vp, W *vq) {
    W pp = (W)(0), qq = (W)(0), pq = (W)(0);
    for (int i = 0; i < FMK_N; ++i) {
        pp = fma(wp[i], wp[i], pp);
        qq = fma(wq[i], wq[i], qq);
        pq = fma(wp[i], wq[i], pq);
    }
    const W zero = (W)(0), one = (W)(1), pq2 = 2 * pq, difference = qq - pp;
#ifdef FMK_FP64 /* squares of squares stay in range */
    const WI turn = pq * pq > FMK_SVD_ZERO * FMK_SVD_ZERO * pp * qq;
#else
    const WI turn = fabs(pq) > FMK_SVD_ZERO * sqrt(pp) * sqrt(qq);
#endif
    if (!FMK_W_ANY(turn))
        return false;
#ifdef FMK_FP64
    const W root = sqrt(fma(difference, difference, pq2 * pq2));
    W t = pq2 / (difference + copysign(root, difference));
#else
    const W zeta = difference / pq2;
    W t = copysign(one / (fabs(zeta) + sqrt(fma(zeta, zeta, one))), zeta);
#endif
    t = select(zero, t, turn);
    const W c = one / sqrt(fma(t, t, one));
    fmk_turn(wp, wq, c, c * t);
    fmk_turn(vp, vq, c, c * t);
    return true;
}

FMK_INLINE void fmk_jacobi(W *w, W *v) {
    for (int j = 0; j < FMK_N; ++j)
        for (int i = 0; i < FMK_N; ++i)
            v[j * FMK_SVD_LD + i] = (W)(i == j ? 1 : 0);
    bool busy = true;
    for (int sweep = 0; sweep < FMK_SVD_SWEEPS && busy; ++sweep) {
        busy = false;
        for (int p = 0; p + 1 < FMK_N; ++p)
            for (int q = p + 1; q < FMK_N; ++q)
                busy |= fmk_orthogonalise(w + p * FMK_SVD_LD, w + q * FMK_SVD_LD,
                                          v + p * FMK_SVD_LD, v + q * FMK_SVD_LD);
    }
}

/* factor[j] = 1 / s_j^2, 0 where s_j is dropped. */
FMK_INLINE void fmk_cut(const W *w, wide rcond, W *factor, WI *deficient, WI *borderline) {
    W largest = (W)(0), smallest = (W)(INFINITY);
    for (int j = 0; j < FMK_N; ++j) {
        W sum = (W)(0);
        for (int i = 0; i < FMK_N; ++i)
            sum = fma(w[j * FMK_SVD_LD + i], w[j * FMK_SVD_LD + i], sum);
        factor[j] = sum;
        largest = max(largest, sum);
        smallest = min(smallest, sum);
    }
    const W limit = rcond * sqrt(largest), last = sqrt(smallest);
    const W zero = (W)(0), one = (W)(1);
    for (int j = 0; j < FMK_N; ++j)
        factor[j] = select(one / factor[j], zero, (WI)(sqrt(factor[j]) <= limit));
    *deficient = last <= limit;
    *borderline = (last < 4 * limit) & (4 * last > limit);
}

/* Lane l of x = lane l of V diag(factor) W' b, b a column of B (identity: column j). */
FMK_INLINE void fmk_svd_column(const W *w, const W *v, const W *factor, const W *b, W *x) {
    for (int i = 0; i < FMK_N; ++i)
        x[i] = (W)(0);
    for (int j = 0; j < FMK_N; ++j) {
        W y = (W)(0);
        for (int i = 0; i < FMK_N; ++i)
            y = fma(w[j * FMK_SVD_LD + i], b[i], y);
        y *= factor[j];
        for (int i = 0; i < FMK_N; ++i)
            x[i] = fma(v[j * FMK_SVD_LD + i], y, x[i]);
    }
}

FMK_INLINE void fmk_column_load(__global const store *b, fmk_steps steps, const uint *which, uint j,
                                W *column) {
#if FMK_PINV
    for (uint i = 0; i < FMK_N; ++i)
        column[i] = (W)(i == j ? 1 : 0);
#else
    for (int l = 0; l < FMK_SVD_LANES; ++l) {
        __global const store *p =
            b + fmk_matrix_base(steps, which[l]) + (ulong)j * FMK_COLUMN_STEP(steps);
        for (uint i = 0; i < FMK_N; ++i)
            ((wide *)&column[i])[l] = p[(ulong)i * FMK_ROW_STEP(steps)];
    }
#endif
}

FMK_INLINE void fmk_column_store(__global store *x, fmk_steps steps, const uint *which, uint used,
                                 uint j, const W *column) {
    for (uint l = 0; l < used; ++l) {
        __global store *p =
            x + fmk_matrix_base(steps, which[l]) + (ulong)j * FMK_COLUMN_STEP(steps);
        for (uint i = 0; i < FMK_N; ++i)
            p[(ulong)i * FMK_ROW_STEP(steps)] = (store)((wide *)&column[i])[l];
    }
}

/* Largest absolute value, then everything times 2^-e. */
FMK_INLINE WI fmk_svd_scale(W *m, int count) {
    W largest = (W)(0);
    for (int i = 0; i < count; ++i)
        largest = max(largest, fabs(m[i]));
    const WI e = FMK_W(fmk_safe_exponent)(largest);
    const W s = FMK_W(fmk_power_of_two)(-e);
    for (int i = 0; i < count; ++i)
        m[i] *= s;
    return e;
}

__kernel void fm_solve_svd(__global const store *a, __global const store *b, __global store *x,
                           __global uchar *status, __global const uint *list,
                           volatile __global uint *counts, ulong count, uint m, fmk_steps steps_a,
                           fmk_steps steps_b, fmk_steps steps_x, wide rcond) {
#if FMK_N >= FM_SOLVE_REVIEW_N
    const uint listed = counts[4];
    list += count;
#else
    const uint listed = counts[0];
#endif
    for (uint g = (uint)get_global_id(0) * FMK_SVD_LANES; g < listed;
         g += (uint)get_global_size(0) * FMK_SVD_LANES) {
        const uint used = min((uint)FMK_SVD_LANES, listed - g);
        uint which[FMK_SVD_LANES], deficient_count = 0, border_count = 0;
        W w[FMK_SVD_LD * FMK_N], v[FMK_SVD_LD * FMK_N], factor[FMK_N], column[FMK_N], answer[FMK_N];
        WI deficient, borderline;
        for (uint l = 0; l < FMK_SVD_LANES; ++l)
            which[l] = list[g + min(l, used - 1u)];
        fmk_svd_load(a, steps_a, which, w);
        const WI ea = fmk_svd_scale(w, FMK_SVD_LD * FMK_N);
        fmk_jacobi(w, v);
        fmk_cut(w, rcond, factor, &deficient, &borderline);
        for (uint j = 0; j < m; ++j) {
            fmk_column_load(b, steps_b, which, j, column);
            const WI e = fmk_svd_scale(column, FMK_N) - ea, first = e >> 1;
            const W s = FMK_W(fmk_power_of_two)(first), t = FMK_W(fmk_power_of_two)(e - first);
            fmk_svd_column(w, v, factor, column, answer);
            for (int i = 0; i < FMK_N; ++i)
                answer[i] = answer[i] * s * t;
            fmk_column_store(x, steps_x, which, used, j, answer);
        }
        for (uint l = 0; l < used; ++l) {
            const uint low = ((FMK_WIDE_INT *)&deficient)[l] != 0 ? 1u : 0u;
            status[which[l]] = (uchar)low;
            deficient_count += low;
            border_count += ((FMK_WIDE_INT *)&borderline)[l] != 0 ? 1u : 0u;
        }
        if (deficient_count != 0)
            atomic_add(&counts[1], deficient_count);
        if (border_count != 0)
            atomic_add(&counts[3], border_count);
    }
}

#endif
