/* SPDX-License-Identifier: MIT */
/*
 * solve.cl: A X = B for many small matrices (right division comes as the transposed problem).
 *
 * fm_solve_direct: an item takes its share of the blocks of FMK_LANES matrices, one after another:
 *                  load, scale by powers of two, judge, solve FMK_C right-hand sides at a time,
 *                  store. Matrices that the SVD must judge are not written (X may be B) but put on
 *                  a list.
 *                  status: a byte a matrix. list: uint, room for every matrix (twice with reviews).
 *                  counts: 8 uints, zero at first: listed, pseudo-inverse, not finite, borderline,
 *                  left for the SVD by the review. next_counts: those of the next solve, which are
 *                  set to zero, so that no solve waits for a write.
 *                  Private memory: (n + FMK_C) n V.
 * fm_solve_review: n >= FM_SOLVE_REVIEW_N. The list is long there, for the bound on pivots is a
 *                  cautious one; 1 / (|A| |A^-1|) tells which listed matrices are near a deficient
 *                  one. These go to a second list (behind the first), the others are solved.
 * No local memory. Error: solve.h.
 * The SVD kernel is in solve_svd.cl (cpu) or solve_svd_group.cl (gpu).
 */
#include "solve_direct.cl"
#include "solve_load.cl"
#if FMK_N == 2
/* fm_solve_direct does all */
#elif FMK_LANES == 1
#include "solve_svd_group.cl"
#else
#include "solve_svd.cl"
#endif

/* What lies between the columns counts as 0. */
FMK_INLINE void fmk_clear_gaps(V *m, uint columns) {
    for (uint j = 0; FMK_LD > FMK_N && j < columns; ++j)
        m[j * FMK_LD + FMK_N] = (V)(0);
}

/* Largest absolute value; bits of absolute values grow with them, infinity and NaN last. */
FMK_INLINE V fmk_largest(const V *m, uint count) {
    I top = (I)(0);
    FMK_UNROLL
    for (uint i = 0; i < count; ++i)
        top = max(top, FMK_AS_I(m[i]) & (I)(FMK_WORK_MAX_BITS));
    return FMK_AS_V(top);
}

/* True where a lane's largest number is not finite or lies far from 1. */
FMK_INLINE bool fmk_is_far(V largest) {
    const I top = FMK_AS_I(largest);
    const I least = FMK_AS_I((V)(FMK_SAFE_MIN)), most = FMK_AS_I((V)(FMK_SAFE_MAX));
    return FMK_ANY(((top - least) | (most - top)) & ~(I)(FMK_WORK_MAX_BITS));
}

/* Scales lanes whose largest number lies far from 1 by a power of two, 2^-*e (0 in the others), and
 * finds those with a number that is not finite. */
FMK_INLINE void fmk_settle(V *m, uint count, V *largest, I *e, I *broken) {
    *e = (I)(0);
    if (!fmk_is_far(*largest))
        return;
    *broken |= (I)(FMK_AS_I(*largest) >= (I)(FMK_WORK_INF_BITS));
    *e = FMK_CLOSED(fmk_safe_exponent)(*largest);
    const V s = FMK_CLOSED(fmk_power_of_two)(-*e);
    for (uint i = 0; i < count; ++i)
        m[i] *= s;
    *largest *= s;
}

FMK_INLINE void fmk_scale_up(V *m, uint count, I e) {
    const I first = e >> 1;
    const V s = FMK_CLOSED(fmk_power_of_two)(first);
    const V t = FMK_CLOSED(fmk_power_of_two)(e - first);
    for (uint i = 0; i < count; ++i)
        m[i] = m[i] * s * t;
}

/* Every X of the lanes in bits becomes NaN. */
FMK_INLINE void fmk_fill_nan(const fmk_block *block, __global store *x, uint m, uint bits) {
    for (uint l = 0; l < FMK_LANES; ++l)
        if (bits >> l & 1u)
            for (uint j = 0; j < m; ++j)
                for (uint i = 0; i < FMK_N; ++i)
                    x[block->base + block->at[l] + (ulong)i * block->row +
                      (ulong)j * block->column] = NAN;
}

/* Puts the matrices of the lanes in bits on a list; ids[l] is the number of lane l's. */
FMK_INLINE void fmk_enlist(const uint *ids, uint bits, __global uint *list,
                           volatile __global uint *length) {
    uint place = atomic_add(length, popcount(bits));
    for (uint l = 0; l < FMK_LANES; ++l)
        if (bits >> l & 1u)
            list[place++] = ids[l];
}

FMK_INLINE void fmk_count(uint bits, volatile __global uint *count) {
    if (bits != 0)
        atomic_add(count, popcount(bits));
}

FMK_INLINE void fmk_write_status(__global uchar *status, uint rest, uint bad, uint ones) {
#if FMK_LANES == 16
    if (rest == 16u && (bad | ones) == 0) {
        vstore16((uchar16)(0), 0, status);
        return;
    }
#endif
    for (uint l = 0; l < rest; ++l)
        status[l] = bad >> l & 1u ? 2 : ones >> l & 1u ? 1 : 0;
}

/* The identity's columns from first on. */
FMK_INLINE void fmk_identity(uint first, V *m) {
    for (uint c = 0; c < FMK_C; ++c)
        for (uint i = 0; i < FMK_N; ++i)
            m[c * FMK_LD + i] = (V)(i == first + c ? 1 : 0);
}

__kernel void fm_solve_direct(__global const store *a, __global const store *b, __global store *x,
                              __global uchar *status, __global uint *list,
                              volatile __global uint *counts, ulong count, uint m,
                              fmk_steps steps_a, fmk_steps steps_b, fmk_steps steps_x, work rcond,
                              work gate, __global uint *next_counts) {
    const ulong blocks = (count + FMK_LANES - 1) / FMK_LANES;
    const ulong share = (blocks + get_global_size(0) - 1) / get_global_size(0);
    const ulong end = min(blocks, (get_global_id(0) + 1) * share);
    fmk_block block_a = fmk_block_full(steps_a), block_x = fmk_block_full(steps_x);
#if !FMK_PINV
    fmk_block block_b = fmk_block_full(steps_b);
#endif
    if (get_global_id(0) == 0)
        for (uint i = 0; i < FM_SOLVE_COUNTS; ++i)
            next_counts[i] = 0;
    for (ulong g = get_global_id(0) * share; g < end; ++g) {
        const ulong first = g * FMK_LANES;
        const uint rest = (uint)min((ulong)FMK_LANES, count - first);
        const uint lanes = (1u << rest) - 1u;
        fmk_block_move(&block_a, steps_a, g, rest);
        fmk_block_move(&block_x, steps_x, g, rest);
#if !FMK_PINV
        fmk_block_move(&block_b, steps_b, g, rest);
#endif
        V ma[FMK_LD * FMK_N], mb[FMK_LD * FMK_C], largest;
        fmk_known known;
        I hard, rank_one, borderline, ea = (I)(0), broken = (I)(0);
        fmk_clear_gaps(ma, FMK_N);
        fmk_clear_gaps(mb, FMK_C);
        bool late = FMK_LATE, again;
        do { /* twice where A was read late and needs scales */
            if (!late) {
                fmk_load_a(&block_a, a, 0, FMK_N, ma);
                largest = fmk_largest(ma, FMK_LD * FMK_N);
                fmk_settle(ma, FMK_LD * FMK_N, &largest, &ea, &broken);
            }
            hard = fmk_prepare(ma, late, &block_a, a, &largest, rcond, gate, &known, &rank_one,
                               &borderline, (ulong)(a + block_a.base + steps_a.s1));
            again = late && fmk_is_far(largest);
            late = false;
        } while (again);
        const uint listed = FMK_ANY(hard) ? fmk_bits(hard) & lanes : 0u;
        for (uint j = 0; j < m; j += FMK_C) {
            const uint columns = min((uint)FMK_C, m - j);
#if FMK_PINV
            fmk_identity(j, mb);
            const I eb = (I)(0);
#else
            I eb;
            fmk_load_b(&block_b, b, j, columns, mb);
            largest = fmk_largest(mb, FMK_LD * FMK_C);
            fmk_settle(mb, FMK_LD * FMK_C, &largest, &eb, &broken);
#endif
            fmk_apply(ma, &known, mb);
            if (FMK_ANY(ea | eb)) /* not by two flags: LLVM 18's combiner aborts on these */
                fmk_scale_up(mb, FMK_LD * FMK_C, eb - ea);
            fmk_store_x(&block_x, x, j, columns, lanes & ~listed, mb);
        }
        uint bad = 0, ones = 0;
        const I unusual = broken | rank_one | borderline;
        if (FMK_ANY(unusual)) {
            bad = fmk_bits(broken) & lanes;
            fmk_fill_nan(&block_x, x, m, bad);
            fmk_count(bad, &counts[2]);
            ones = fmk_bits(rank_one) & lanes & ~bad;
            fmk_count(ones, &counts[1]);
            fmk_count(fmk_bits(borderline) & lanes & ~bad, &counts[3]);
        }
        fmk_write_status(status + first, rest, bad, ones);
        if ((listed & ~bad) != 0) {
            uint ids[FMK_LANES];
            for (uint l = 0; l < FMK_LANES; ++l)
                ids[l] = (uint)(first + l);
            fmk_enlist(ids, listed & ~bad, list, &counts[0]);
        }
    }
}

#if FMK_N >= FM_SOLVE_REVIEW_N
/* At least the largest singular value: with B = A'A / t, t = |A|^2, it is sqrt(t) sigma(B B)^(1/4)
 * and sigma(B B) <= |B B| (Frobenius). Of random matrices a tenth too large, |A| three times. */
FMK_INLINE V fmk_norm_above(const V *a) {
    V b[FMK_LD * FMK_N], t = (V)(0), sum = (V)(0);
    const V one = (V)(1);
    for (uint i = 0; i < FMK_LD * FMK_N; ++i)
        t = fma(a[i], a[i], t);
    const V r = one / max(t, (V)(0x1p-126f));
    for (uint p = 0; p < FMK_N; ++p)
        for (uint q = 0; q <= p; ++q) {
            V dot = (V)(0);
            for (uint i = 0; i < FMK_N; ++i)
                dot = fma(a[p * FMK_LD + i], a[q * FMK_LD + i], dot);
            b[p * FMK_LD + q] = b[q * FMK_LD + p] = dot * r;
        }
    for (uint p = 0; p < FMK_N; ++p)
        for (uint q = 0; q <= p; ++q) {
            V dot = (V)(0);
            for (uint i = 0; i < FMK_N; ++i)
                dot = fma(b[p * FMK_LD + i], b[q * FMK_LD + i], dot);
            sum = fma(q == p ? dot : dot + dot, dot, sum);
        }
    return sqrt(t) * sqrt(sqrt(sqrt(sum)));
}

__kernel void fm_solve_review(__global const store *a, __global const store *b, __global store *x,
                              __global uchar *status, __global uint *list,
                              volatile __global uint *counts, ulong count, uint m,
                              fmk_steps steps_a, fmk_steps steps_b, fmk_steps steps_x, work rcond) {
    const uint listed = counts[0];
    for (uint g = (uint)get_global_id(0) * FMK_LANES; g < listed;
         g += (uint)get_global_size(0) * FMK_LANES) {
        const uint rest = min((uint)FMK_LANES, listed - g);
        const uint lanes = (1u << rest) - 1u;
        const fmk_block block_a = fmk_block_listed(steps_a, list + g, rest);
        const fmk_block block_x = fmk_block_listed(steps_x, list + g, rest);
        V ma[FMK_LD * FMK_N], mb[FMK_LD * FMK_C], largest, inverse = (V)(0);
        fmk_known known;
        I rank_one, borderline, ea, broken = (I)(0);
        fmk_clear_gaps(ma, FMK_N);
        fmk_clear_gaps(mb, FMK_C);
        fmk_load_any_a(&block_a, a, 0, FMK_N, ma);
        largest = fmk_largest(ma, FMK_LD * FMK_N);
        fmk_settle(ma, FMK_LD * FMK_N, &largest, &ea, &broken);
        const V size = fmk_norm_above(ma);
        const I zero_pivot = fmk_prepare(ma, false, &block_a, a, &largest, rcond, 0, &known,
                                         &rank_one, &borderline, 0);
        for (uint j = 0; j < FMK_N; j += FMK_C) {
            fmk_identity(j, mb);
            fmk_apply(ma, &known, mb);
            for (uint i = 0; i < FMK_LD * FMK_C; ++i)
                inverse = fma(mb[i], mb[i], inverse);
        }
        const I clear = (I)(size * sqrt(inverse) * 5 * rcond < (V)(1));
        const uint near = (~fmk_bits(clear) | fmk_bits(zero_pivot)) & lanes;
        if (near != 0) {
            uint ids[FMK_LANES];
            for (uint l = 0; l < FMK_LANES; ++l)
                ids[l] = list[g + min(l, rest - 1u)];
            fmk_enlist(ids, near, list + count, &counts[4]);
        }
        for (uint j = 0; near != lanes && j < m; j += FMK_C) {
            const uint columns = min((uint)FMK_C, m - j);
#if FMK_PINV
            fmk_identity(j, mb);
            const I eb = (I)(0);
#else
            const fmk_block block_b = fmk_block_listed(steps_b, list + g, rest);
            I eb;
            fmk_load_any_b(&block_b, b, j, columns, mb);
            largest = fmk_largest(mb, FMK_LD * FMK_C);
            fmk_settle(mb, FMK_LD * FMK_C, &largest, &eb, &broken);
#endif
            fmk_apply(ma, &known, mb);
            fmk_scale_up(mb, FMK_LD * FMK_C, eb - ea);
            fmk_store_any_x(&block_x, x, j, columns, lanes & ~near, mb);
        }
    }
}
#endif
