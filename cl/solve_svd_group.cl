/* SPDX-License-Identifier: MIT */
/*
 * solve_svd_group.cl: pseudo-inverse of the matrices on the list, a work-group a matrix (gpu).
 *
 * fm_solve_svd: group g takes entries g, g + groups, ... of the list. One-sided Jacobi as in
 *               solve_svd.cl, but each round turns n / 2 pairs of columns that do not meet, one an
 *               item (round robin: Brent, Luk 1985). 16 items. Arguments as there.
 *               Local memory: (2 n + 1) n + 16 numbers (double where the device has it), 17 KB at
 *               most. An item runs below 60,000 loop iterations for 256 right-hand sides.
 */
#ifndef FM_SOLVE_SVD_GROUP_CL
#define FM_SOLVE_SVD_GROUP_CL

#include "solve_closed.cl"
#include "solve_types.cl"

#define FMK_SVD_ITEMS 16
#define FMK_SVD_SWEEPS 30
#define FMK_PLAYERS ((FMK_N + 1) / 2 * 2)
#ifdef FMK_FP64
typedef double wide;
typedef long wide_int;
#define FMK_W(name) name##_double
/* As in solve_svd.cl. */
#ifdef FMK_STORE_DOUBLE
#define FMK_SVD_ZERO 0x1p-49
#else
#define FMK_SVD_ZERO 0x1p-44
#endif
#else
typedef float wide;
typedef int wide_int;
#define FMK_W(name) name##_float
#define FMK_SVD_ZERO 0x1p-20f
#endif

FMK_INLINE ulong fmk_matrix_base(fmk_steps steps, ulong k) {
    return steps.s0 + k / 16u * steps.s1 + k % 16u * steps.s2;
}

FMK_INLINE wide fmk_dot(__local const wide *p, __local const wide *q) {
    wide sum = 0;
    for (int i = 0; i < FMK_N; ++i)
        sum = fma(p[i], q[i], sum);
    return sum;
}

FMK_INLINE void fmk_turn(__local wide *p, __local wide *q, wide c, wide s) {
    for (int i = 0; i < FMK_N; ++i) {
        const wide x = p[i], y = q[i];
        p[i] = fma(c, x, -s * y);
        q[i] = fma(s, x, c * y);
    }
}

/* Makes columns p and q of W orthogonal. */
FMK_INLINE void fmk_orthogonalise(__local wide *w, __local wide *v, int p, int q,
                                  volatile __local int *busy) {
    const wide pp = fmk_dot(w + p * FMK_N, w + p * FMK_N);
    const wide qq = fmk_dot(w + q * FMK_N, w + q * FMK_N);
    const wide pq = fmk_dot(w + p * FMK_N, w + q * FMK_N);
    if (!(fabs(pq) > FMK_SVD_ZERO * sqrt(pp) * sqrt(qq)))
        return;
    const wide zeta = (qq - pp) / (2 * pq);
    const wide t = copysign(1 / (fabs(zeta) + sqrt(fma(zeta, zeta, (wide)1))), zeta);
    const wide c = 1 / sqrt(fma(t, t, (wide)1));
    *busy = 1;
    fmk_turn(w + p * FMK_N, w + q * FMK_N, c, c * t);
    fmk_turn(v + p * FMK_N, v + q * FMK_N, c, c * t);
}

/* Called by the whole group. */
FMK_INLINE void fmk_jacobi(__local wide *w, __local wide *v, volatile __local int *busy, int item) {
    for (int sweep = 0; sweep < FMK_SVD_SWEEPS; ++sweep) {
        if (item == 0)
            *busy = 0;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int round = 0; round + 1 < FMK_PLAYERS; ++round) {
            const int others = FMK_PLAYERS - 1;
            const int p = item == 0 ? others : (round + item) % others;
            const int q = item == 0 ? round : (round + others - item) % others;
            if (item < FMK_PLAYERS / 2 && p < FMK_N && q < FMK_N)
                fmk_orthogonalise(w, v, min(p, q), max(p, q), busy);
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        const int go_on = *busy;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (!go_on)
            break;
    }
}

/* Column j of B, or of the identity, times 2^-e; e is returned. */
FMK_INLINE wide_int fmk_column_load(__global const store *b, fmk_steps steps, ulong k, uint j,
                                    wide *column) {
    wide largest = 0;
    for (uint i = 0; i < FMK_N; ++i) {
#if FMK_PINV
        column[i] = i == j ? 1 : 0;
#else
        column[i] = b[fmk_matrix_base(steps, k) + (ulong)i * FMK_ROW_STEP(steps) +
                      (ulong)j * FMK_COLUMN_STEP(steps)];
#endif
        largest = max(largest, fabs(column[i]));
    }
    const wide_int e = FMK_W(fmk_safe_exponent)(largest);
    for (uint i = 0; i < FMK_N; ++i)
        column[i] *= FMK_W(fmk_power_of_two)(-e);
    return e;
}

/* x = V diag(factor) W' b. */
FMK_INLINE void fmk_svd_column(__local const wide *w, __local const wide *v,
                               __local const wide *factor, const wide *b, wide *x) {
    for (int i = 0; i < FMK_N; ++i)
        x[i] = 0;
    for (int j = 0; j < FMK_N; ++j) {
        wide y = 0;
        for (int i = 0; i < FMK_N; ++i)
            y = fma(w[j * FMK_N + i], b[i], y);
        y *= factor[j];
        for (int i = 0; i < FMK_N; ++i)
            x[i] = fma(v[j * FMK_N + i], y, x[i]);
    }
}

/* A to W, scaled; V = identity. Returns the exponent. Called by the whole group. */
FMK_INLINE wide_int fmk_svd_load(__global const store *a, fmk_steps steps, ulong k, __local wide *w,
                                 __local wide *v, __local wide *part, int item) {
    wide largest = 0;
    for (int e = item; e < FMK_N * FMK_N; e += FMK_SVD_ITEMS) {
        const int i = e % FMK_N, j = e / FMK_N;
        w[e] = a[fmk_matrix_base(steps, k) + (ulong)i * FMK_ROW_STEP(steps) +
                 (ulong)j * FMK_COLUMN_STEP(steps)];
        v[e] = i == j ? 1 : 0;
        largest = max(largest, fabs(w[e]));
    }
    part[item] = largest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < FMK_SVD_ITEMS; ++i)
        largest = max(largest, part[i]);
    const wide_int exponent = FMK_W(fmk_safe_exponent)(largest);
    for (int e = item; e < FMK_N * FMK_N; e += FMK_SVD_ITEMS)
        w[e] *= FMK_W(fmk_power_of_two)(-exponent);
    barrier(CLK_LOCAL_MEM_FENCE);
    return exponent;
}

/* Lengths of W's columns to factor, then 1 / s^2 or 0. Called by the whole group.
 * Returns 1 deficient + 2 borderline. */
FMK_INLINE int fmk_cut(__local const wide *w, __local wide *factor, wide rcond, int item) {
    for (int j = item; j < FMK_N; j += FMK_SVD_ITEMS)
        factor[j] = fmk_dot(w + j * FMK_N, w + j * FMK_N);
    barrier(CLK_LOCAL_MEM_FENCE);
    wide largest = 0, smallest = INFINITY;
    for (int j = 0; j < FMK_N; ++j) {
        largest = max(largest, factor[j]);
        smallest = min(smallest, factor[j]);
    }
    const wide limit = rcond * sqrt(largest), last = sqrt(smallest);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int j = item; j < FMK_N; j += FMK_SVD_ITEMS)
        factor[j] = sqrt(factor[j]) <= limit ? 0 : 1 / factor[j];
    barrier(CLK_LOCAL_MEM_FENCE);
    return (last <= limit ? 1 : 0) + (last < 4 * limit && 4 * last > limit ? 2 : 0);
}

__kernel __attribute__((reqd_work_group_size(FMK_SVD_ITEMS, 1, 1))) void
fm_solve_svd(__global const store *a, __global const store *b, __global store *x,
             __global uchar *status, __global const uint *list, volatile __global uint *counts,
             ulong count, uint m, fmk_steps steps_a, fmk_steps steps_b, fmk_steps steps_x,
             wide rcond) {
    __local wide w[FMK_N * FMK_N], v[FMK_N * FMK_N], factor[FMK_N], part[FMK_SVD_ITEMS];
    __local int busy;
    const int item = (int)get_local_id(0);
#if FMK_N >= FM_SOLVE_REVIEW_N
    const uint listed = counts[4];
    list += count;
#else
    const uint listed = counts[0];
#endif
    for (uint g = (uint)get_group_id(0); g < listed; g += (uint)get_num_groups(0)) {
        const ulong k = list[g];
        const wide_int ea = fmk_svd_load(a, steps_a, k, w, v, part, item);
        fmk_jacobi(w, v, &busy, item);
        const int found = fmk_cut(w, factor, rcond, item);
        for (uint j = (uint)item; j < m; j += FMK_SVD_ITEMS) {
            wide column[FMK_N], answer[FMK_N];
            const wide_int e = fmk_column_load(b, steps_b, k, j, column) - ea, first = e >> 1;
            fmk_svd_column(w, v, factor, column, answer);
            for (uint i = 0; i < FMK_N; ++i)
                x[fmk_matrix_base(steps_x, k) + (ulong)i * FMK_ROW_STEP(steps_x) +
                  (ulong)j * FMK_COLUMN_STEP(steps_x)] =
                    (store)(answer[i] * FMK_W(fmk_power_of_two)(first) *
                            FMK_W(fmk_power_of_two)(e - first));
        }
        if (item == 0) {
            status[k] = (uchar)(found & 1);
            if (found & 1)
                atomic_inc(&counts[1]);
            if (found & 2)
                atomic_inc(&counts[3]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}

#endif
