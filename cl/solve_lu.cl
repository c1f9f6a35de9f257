/* SPDX-License-Identifier: MIT */
/*
 * solve_lu.cl: LU with partial pivoting by selects, for FMK_LANES matrices at once. Functions only.
 *
 * A is stored by columns (solve_load.cl) and factored in panels of FMK_RANK columns. After
 * fmk_factor it holds U above the diagonal, 1 / pivot on it and minus the multipliers below, those
 * of a panel in the order that all exchanges of the panel leave (as LAPACK), not those of later
 * panels (as LINPACK): whoever applies a panel's steps to a column exchanges its rows first.
 *
 * Left-looking: a panel takes all steps that are known before the next one is touched, so that it
 * stays in the fastest cache. The steps of a panel are applied together, so that an element is
 * loaded and stored twice for all of them (exchanges, multiples) and not once for each.
 */
#ifndef FM_SOLVE_LU_CL
#define FM_SOLVE_LU_CL

#include "prefetch.cl"
#include "solve_load.cl"
#include "solve_types.cl"

/* Columns of a panel: steps that are applied together. Two where loops are unrolled. */
#if FMK_SMALL
#define FMK_RANK 2
#else
#define FMK_RANK 4
#endif
/* Columns that share loads and masks: FMK_RANK rows of each are in registers. */
#if FMK_SMALL || (defined(FMK_WORK_DOUBLE) && FMK_LANES > 1)
#define FMK_SHARED 2
#else
#define FMK_SHARED 4
#endif
#define FMK_REST (FMK_N % FMK_RANK) /* columns of the last panel; 0 = it is a whole one */
#define FMK_WHOLE (FMK_N - FMK_REST)

/* The next block of A is fetched a little with every row that takes a panel's steps: more at once
 * would wait for each other. */
#define FMK_PANELS (FMK_N / FMK_RANK)
#define FMK_FETCH (16u * FMK_N * FMK_N * sizeof(store))
#define FMK_ROWS                                                              \
    (2 * FMK_RANK / FMK_SHARED *                                              \
     (FMK_RANK * ((FMK_PANELS - 1) * FMK_PANELS * (2 * FMK_PANELS - 1) / 6) + \
      FMK_REST * (FMK_PANELS * (FMK_PANELS - 1) / 2)))
#if FMK_PANELS > 1
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

#define FMK_FOR_EACH(i, count) _Pragma("unroll") for (uint i = 0; i < (count); ++i)

/*
 * name(a, pivot, m, k, ..): the `steps` steps of the panel at k on `columns` columns from m,
 * `together` (a divisor) at a time where they take multiples.
 * A step that exchanges with a row below the panel puts there what `old` has (the panel's rows
 * after the exchanges among themselves). A later step that chooses the same row finds that in it.
 */
#define FMK_DEFINE_STEPS(name, steps, columns, together)                                        \
    FMK_INLINE void name##_choose(const I *pivot, const V *m, uint k, V *top, V *old) {         \
        FMK_FOR_EACH(e, (steps) * (columns))                                                    \
        top[e] = m[e / (steps)*FMK_LD + k + e % (steps)];                                       \
        FMK_FOR_EACH(s, steps) {                                                                \
            _Pragma("unroll") for (uint t = s + 1; t < (steps); ++t) {                          \
                const I hit = pivot[k + s] == (I)((int)(k + t));                                \
                FMK_FOR_EACH(c, columns) {                                                      \
                    const V x = top[c * (steps) + s], y = top[c * (steps) + t];                 \
                    top[c * (steps) + s] = FMK_SELECT(x, y, hit);                               \
                    top[c * (steps) + t] = FMK_SELECT(y, x, hit);                               \
                }                                                                               \
            }                                                                                   \
        }                                                                                       \
        FMK_FOR_EACH(e, (steps) * (columns)) old[e] = top[e];                                   \
        FMK_UNROLL                                                                              \
        for (uint i = k + (steps); i < FMK_N; ++i) {                                            \
            V x[columns];                                                                       \
            FMK_FOR_EACH(c, columns) x[c] = m[c * FMK_LD + i];                                  \
            FMK_FOR_EACH(s, steps) {                                                            \
                const I hit = pivot[k + s] == (I)((int)i);                                      \
                FMK_FOR_EACH(c, columns)                                                        \
                top[c * (steps) + s] = FMK_SELECT(top[c * (steps) + s], x[c], hit);             \
            }                                                                                   \
        }                                                                                       \
        if (k + (steps) == FMK_N)                                                               \
            return;                                                                             \
        FMK_FOR_EACH(s, steps) {                                                                \
            FMK_FOR_EACH(t, s) {                                                                \
                const I again =                                                                 \
                    (pivot[k + s] == pivot[k + t]) & (pivot[k + s] >= (I)((int)(k + (steps)))); \
                FMK_FOR_EACH(c, columns)                                                        \
                top[c * (steps) + s] =                                                          \
                    FMK_SELECT(top[c * (steps) + s], old[c * (steps) + t], again);              \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    FMK_INLINE void name##_add(const V *l, const I *pivot, V *m, uint k, const V *top,          \
                               const V *old, ulong *next, const uint fetch) {                   \
        FMK_UNROLL                                                                              \
        for (uint i = k + (steps); i < FMK_N; ++i) {                                            \
            V x[together], factor[steps];                                                       \
            fmk_fetch(next, fetch);                                                             \
            FMK_FOR_EACH(c, together) x[c] = m[c * FMK_LD + i];                                 \
            FMK_FOR_EACH(s, steps) factor[s] = l[s * FMK_LD + i];                               \
            FMK_FOR_EACH(s, steps) {                                                            \
                const I hit = pivot[k + s] == (I)((int)i);                                      \
                FMK_FOR_EACH(c, together) x[c] = FMK_SELECT(x[c], old[c * (steps) + s], hit);   \
            }                                                                                   \
            FMK_FOR_EACH(s, steps) {                                                            \
                FMK_FOR_EACH(c, together) x[c] = fma(factor[s], top[c * (steps) + s], x[c]);    \
            }                                                                                   \
            FMK_FOR_EACH(c, together) m[c * FMK_LD + i] = x[c];                                 \
        }                                                                                       \
    }                                                                                           \
    FMK_INLINE void name(const V *a, const I *pivot, V *m, uint k, ulong *next,                 \
                         const uint fetch) {                                                    \
        const V *l = a + k * FMK_LD;                                                            \
        V top[(steps) * (columns)], old[(steps) * (columns)];                                   \
        name##_choose(pivot, m, k, top, old);                                                   \
        FMK_FOR_EACH(s, steps) {                                                                \
            _Pragma("unroll") for (uint t = s + 1; t < (steps); ++t) {                          \
                FMK_FOR_EACH(c, columns)                                                        \
                top[c * (steps) + t] =                                                          \
                    fma(l[s * FMK_LD + k + t], top[c * (steps) + s], top[c * (steps) + t]);     \
            }                                                                                   \
            FMK_FOR_EACH(c, columns) m[c * FMK_LD + k + s] = top[c * (steps) + s];              \
        }                                                                                       \
        _Pragma("unroll") for (uint c = 0; c < (columns); c += (together)) name##_add(          \
            l, pivot, m + c * FMK_LD, k, top + c * (steps), old + c * (steps), next, fetch);    \
    }

/* name(a, b, k): from U X = B to X, rows k ... k + rows - 1 of `columns` columns from b, in place,
 * and their multiples off the rows from `first` on above. */
#define FMK_DEFINE_BACK(name, rows, columns)                                             \
    FMK_INLINE void name(const V *a, V *b, const uint first, uint k) {                   \
        const V *u = a + k * FMK_LD;                                                     \
        V x[(rows) * (columns)];                                                         \
        FMK_FOR_EACH(s, rows) {                                                          \
            FMK_FOR_EACH(c, columns) x[c * (rows) + s] = b[c * FMK_LD + k + s];          \
        }                                                                                \
        _Pragma("unroll") for (uint s = (rows); s-- > 0;) {                              \
            FMK_FOR_EACH(c, columns) {                                                   \
                x[c * (rows) + s] *= u[s * FMK_LD + k + s];                              \
                b[c * FMK_LD + k + s] = x[c * (rows) + s];                               \
            }                                                                            \
            FMK_FOR_EACH(t, s) {                                                         \
                FMK_FOR_EACH(c, columns)                                                 \
                x[c * (rows) + t] =                                                      \
                    fma(-u[s * FMK_LD + k + t], x[c * (rows) + s], x[c * (rows) + t]);   \
            }                                                                            \
        }                                                                                \
        FMK_UNROLL                                                                       \
        for (uint i = first; i < k; ++i) {                                               \
            FMK_FOR_EACH(c, columns) {                                                   \
                V y = b[c * FMK_LD + i];                                                 \
                FMK_FOR_EACH(s, rows) y = fma(-u[s * FMK_LD + i], x[c * (rows) + s], y); \
                b[c * FMK_LD + i] = y;                                                   \
            }                                                                            \
        }                                                                                \
    }

/* The row of the largest number so far in a panel's next column, and what all columns have there.
 */
#define FMK_DEFINE_PANEL(name, columns)                                                      \
    FMK_INLINE V name(V *m, I *pivot, uint k) {                                              \
        const V one = (V)(1), zero = (V)(0);                                                 \
        V low = (V)(INFINITY), best = (V)(-1), top[columns];                                 \
        I row = (I)((int)k);                                                                 \
        FMK_FOR_EACH(q, columns) top[q] = zero;                                              \
        FMK_UNROLL                                                                           \
        for (uint i = k; i < FMK_N; ++i) {                                                   \
            const V x = m[i];                                                                \
            const I larger = fabs(x) > best;                                                 \
            best = FMK_SELECT(best, fabs(x), larger);                                        \
            row = FMK_SELECT(row, (I)((int)i), larger);                                      \
            FMK_FOR_EACH(q, columns) top[q] = FMK_SELECT(top[q], m[q * FMK_LD + i], larger); \
        }                                                                                    \
        FMK_FOR_EACH(c, columns) {                                                           \
            const V r = FMK_SELECT(one / top[c], zero, (I)(best == zero));                   \
            const I p = row;                                                                 \
            V old[columns], next[columns];                                                   \
            FMK_FOR_EACH(q, columns) {                                                       \
                old[q] = m[q * FMK_LD + k + c];                                              \
                m[q * FMK_LD + k + c] = q == c ? r : top[q];                                 \
                next[q] = zero;                                                              \
            }                                                                                \
            pivot[k + c] = p;                                                                \
            low = min(low, best);                                                            \
            best = (V)(-1);                                                                  \
            row = (I)((int)(k + c + 1));                                                     \
            FMK_UNROLL                                                                       \
            for (uint i = k + c + 1; i < FMK_N; ++i) {                                       \
                const I hit = p == (I)((int)i);                                              \
                const V l = FMK_SELECT(m[c * FMK_LD + i], old[c], hit) * -r;                 \
                V x[columns];                                                                \
                FMK_FOR_EACH(q, columns) {                                                   \
                    x[q] = q == c ? l : FMK_SELECT(m[q * FMK_LD + i], old[q], hit);          \
                    if (q > c)                                                               \
                        x[q] = fma(l, top[q], x[q]);                                         \
                    m[q * FMK_LD + i] = x[q];                                                \
                }                                                                            \
                if (c + 1 < (columns)) {                                                     \
                    const V size = fabs(x[c + 1 < (columns) ? c + 1 : 0]);                   \
                    const I larger = size > best;                                            \
                    best = FMK_SELECT(best, size, larger);                                   \
                    row = FMK_SELECT(row, (I)((int)i), larger);                              \
                    FMK_FOR_EACH(q, columns) next[q] = FMK_SELECT(next[q], x[q], larger);    \
                }                                                                            \
            }                                                                                \
            FMK_FOR_EACH(q, columns) top[q] = next[q];                                       \
        }                                                                                    \
        return low;                                                                          \
    }

#if FMK_WHOLE > 0
FMK_DEFINE_STEPS(fmk_steps_shared, FMK_RANK, FMK_SHARED, FMK_SHARED / 2)
FMK_DEFINE_STEPS(fmk_steps_one, FMK_RANK, 1, 1)
FMK_DEFINE_BACK(fmk_back_shared, FMK_RANK, FMK_SHARED)
FMK_DEFINE_BACK(fmk_back_one, FMK_RANK, 1)
FMK_DEFINE_PANEL(fmk_panel, FMK_RANK)
#endif
#if FMK_REST > 0
FMK_DEFINE_STEPS(fmk_rest_steps_shared, FMK_REST, FMK_SHARED, FMK_SHARED / 2)
FMK_DEFINE_STEPS(fmk_rest_steps_one, FMK_REST, 1, 1)
FMK_DEFINE_BACK(fmk_rest_back_shared, FMK_REST, FMK_SHARED)
FMK_DEFINE_BACK(fmk_rest_back_one, FMK_REST, 1)
FMK_DEFINE_PANEL(fmk_rest_panel, FMK_REST)
#endif

/* An interleaved array's columns are read when their panel's turn comes: what is not small would
 * leave the fastest cache before. */
#define FMK_LATE (FMK_A == 1 && FMK_LANES == 16 && FMK_N > 8)

/* `columns` columns from k to m; *most: largest bits of absolute values. */
FMK_INLINE void fmk_load_late(const fmk_block *block, __global const store *p, uint k,
                              const uint columns, V *m, I *most) {
#if FMK_LATE
    p += block->base + (ulong)k * block->column;
    for (uint i = 0; i < FMK_N; ++i, p += block->row)
        FMK_FOR_EACH(c, columns) {
            const V x = FMK_TO_WORK(vload16(0, p + (ulong)c * block->column));
            *most = max(*most, FMK_AS_I(x) & (I)(FMK_WORK_MAX_BITS));
            m[c * FMK_LD + i] = x;
        }
#endif
}

/* Returns the smallest pivot; pivot[k] is the row that step k exchanged with row k. late: a is
 * still to be read from p, and *largest, its largest absolute value, to be found. */
FMK_INLINE V fmk_factor(V *a, bool late, const fmk_block *block, __global const store *p,
                        V *largest, I *pivot, ulong next) {
    V low = (V)(INFINITY);
    I most = (I)(0);
    if (FMK_PANELS <= 1)
        fmk_fetch(&next, FMK_FETCH);
#if FMK_WHOLE > 0
    FMK_UNROLL
    for (uint k = 0; k < FMK_WHOLE; k += FMK_RANK) {
        V *m = a + k * FMK_LD;
        if (late)
            fmk_load_late(block, p, k, FMK_RANK, m, &most);
        FMK_UNROLL
        for (uint j = 0; j < k; j += FMK_RANK)
            FMK_FOR_EACH(c, FMK_RANK / FMK_SHARED)
        fmk_steps_shared(a, pivot, m + c * FMK_SHARED * FMK_LD, j, &next, FMK_FETCH_ROW);
        low = min(low, fmk_panel(m, pivot, k));
    }
#endif
#if FMK_REST > 0
    if (late)
        fmk_load_late(block, p, FMK_WHOLE, FMK_REST, a + FMK_WHOLE * FMK_LD, &most);
#if FMK_WHOLE > 0
    for (uint c = FMK_WHOLE; c < FMK_N; ++c)
        FMK_UNROLL
    for (uint j = 0; j < FMK_WHOLE; j += FMK_RANK)
        fmk_steps_one(a, pivot, a + c * FMK_LD, j, &next, 0);
#endif
    low = min(low, fmk_rest_panel(a + FMK_WHOLE * FMK_LD, pivot, FMK_WHOLE));
#endif
    if (late)
        *largest = FMK_AS_V(most);
    return low;
}

/* B to X, in place: rows from `first` on, where a panel begins, of FMK_SHARED columns or of one.
 * With rows above left out: X of what is left of A before those steps. */
#define FMK_DEFINE_SUBSTITUTE(name, whole_steps, whole_back, rest_steps, rest_back) \
    FMK_INLINE void name(const V *a, const I *pivot, V *b, const uint first) {      \
        ulong none = 0;                                                             \
        FMK_UNROLL                                                                  \
        for (uint k = first; k < FMK_WHOLE; k += FMK_RANK)                          \
            whole_steps(a, pivot, b, k, &none, 0);                                  \
        rest_steps(a, pivot, b, FMK_WHOLE, &none, 0);                               \
        rest_back(a, b, first, FMK_WHOLE);                                          \
        FMK_UNROLL                                                                  \
        for (uint k = FMK_WHOLE; k > first; k -= FMK_RANK)                          \
            whole_back(a, b, first, k - FMK_RANK);                                  \
    }
#define FMK_NO_STEPS(a, pivot, b, k, next, fetch)
#define FMK_NO_BACK(a, b, first, k)
#if FMK_REST == 0
FMK_DEFINE_SUBSTITUTE(fmk_substitute_shared, fmk_steps_shared, fmk_back_shared, FMK_NO_STEPS,
                      FMK_NO_BACK)
FMK_DEFINE_SUBSTITUTE(fmk_substitute_one, fmk_steps_one, fmk_back_one, FMK_NO_STEPS, FMK_NO_BACK)
#elif FMK_WHOLE == 0
FMK_DEFINE_SUBSTITUTE(fmk_substitute_shared, FMK_NO_STEPS, FMK_NO_BACK, fmk_rest_steps_shared,
                      fmk_rest_back_shared)
FMK_DEFINE_SUBSTITUTE(fmk_substitute_one, FMK_NO_STEPS, FMK_NO_BACK, fmk_rest_steps_one,
                      fmk_rest_back_one)
#else
FMK_DEFINE_SUBSTITUTE(fmk_substitute_shared, fmk_steps_shared, fmk_back_shared,
                      fmk_rest_steps_shared, fmk_rest_back_shared)
FMK_DEFINE_SUBSTITUTE(fmk_substitute_one, fmk_steps_one, fmk_back_one, fmk_rest_steps_one,
                      fmk_rest_back_one)
#endif

FMK_INLINE void fmk_substitute(const V *a, const I *pivot, V *b, const uint first,
                               const uint columns) {
    uint j = 0;
    FMK_UNROLL
    for (; j + FMK_SHARED <= columns; j += FMK_SHARED)
        fmk_substitute_shared(a, pivot, b + j * FMK_LD, first);
    FMK_UNROLL
    for (; j < columns; ++j)
        fmk_substitute_one(a, pivot, b + j * FMK_LD, first);
}

#endif
