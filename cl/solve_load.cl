/* SPDX-License-Identifier: MIT */
/*
 * solve_load.cl: from arrays of matrices to registers and back. Functions only.
 *
 * In registers a matrix with FMK_N rows is stored by columns: element (i, j) is m[j * FMK_N + i],
 * a V with one matrix in each lane. Contiguous rows or columns of 16 lanes are turned by a 16 x 16
 * transposition in registers (four rounds of 16 shuffles).
 */
#ifndef FM_SOLVE_LOAD_CL
#define FM_SOLVE_LOAD_CL

#include "solve_types.cl"

/* A block of matrices of one array. */
typedef struct fmk_block {
    ulong base;          /* element (0, 0) of lane 0 */
    ulong at[FMK_LANES]; /* of each lane, after base; lanes without a matrix repeat the last */
    uint row, column;
} fmk_block;

/* A whole block; fmk_block_move says which. */
FMK_INLINE fmk_block fmk_block_full(fmk_steps steps) {
    fmk_block b;
    b.base = steps.s0;
    for (uint l = 0; l < FMK_LANES; ++l)
        b.at[l] = l * steps.s2;
    b.row = FMK_ROW_STEP(steps);
    b.column = FMK_COLUMN_STEP(steps);
    return b;
}

FMK_INLINE void fmk_block_move(fmk_block *b, fmk_steps steps, ulong block, uint rest) {
#if FMK_LANES == 1
    b->base = steps.s0 + block / 16u * steps.s1 + block % 16u * steps.s2;
#else
    b->base = steps.s0 + block * steps.s1;
    for (uint l = rest; l < FMK_LANES; ++l) /* the last block only */
        b->at[l] = (rest - 1u) * steps.s2;
#endif
}

/* Matrices from a list. */
FMK_INLINE fmk_block fmk_block_listed(fmk_steps steps, __global const uint *list, uint rest) {
    fmk_block b;
    b.base = steps.s0;
    for (uint l = 0; l < FMK_LANES; ++l) {
        const uint k = list[min(l, rest - 1u)];
        b.at[l] = k / 16u * steps.s1 + k % 16u * steps.s2;
    }
    b.row = FMK_ROW_STEP(steps);
    b.column = FMK_COLUMN_STEP(steps);
    return b;
}

#if FMK_LANES == 16
#ifdef FMK_STORE_DOUBLE
#define FMK_STORE16 double16
#else
#define FMK_STORE16 float16
#endif
typedef FMK_STORE16 S;
#if defined(FMK_WORK_DOUBLE) && !defined(FMK_STORE_DOUBLE)
#define FMK_TO_WORK(x) convert_double16(x)
#define FMK_TO_STORE(x) convert_float16(x)
#else
#define FMK_TO_WORK(x) (x)
#define FMK_TO_STORE(x) (x)
#endif

/* (x, y) = (first, second), both made from the old x and y. */
#define FMK_PAIR(p, q, first, second) \
    {                                 \
        S x = v[p], y = v[q];         \
        v[p] = first;                 \
        v[q] = second;                \
    }

FMK_INLINE void fmk_transpose(S v[16]) {
#pragma unroll
    for (int i = 0; i < 8; ++i)
        FMK_PAIR(i, i + 8, (S)(x.lo, y.lo), (S)(x.hi, y.hi))
#pragma unroll
    for (int i = 0; i < 8; ++i)
        FMK_PAIR((i & 3) + 2 * (i & 4), (i & 3) + 2 * (i & 4) + 4,
                 (S)(x.s0123, y.s0123, x.s89ab, y.s89ab), (S)(x.s4567, y.s4567, x.scdef, y.scdef))
#pragma unroll
    for (int i = 0; i < 8; ++i)
        FMK_PAIR((i & 1) + 2 * (i & 6), (i & 1) + 2 * (i & 6) + 2,
                 (S)(x.s01, y.s01, x.s45, y.s45, x.s89, y.s89, x.scd, y.scd),
                 (S)(x.s23, y.s23, x.s67, y.s67, x.sab, y.sab, x.sef, y.sef))
#pragma unroll
    for (int i = 0; i < 16; i += 2)
        FMK_PAIR(i, i + 1,
                 (S)(x.s0, y.s0, x.s2, y.s2, x.s4, y.s4, x.s6, y.s6, x.s8, y.s8, x.sa, y.sa, x.sc,
                     y.sc, x.se, y.se),
                 (S)(x.s1, y.s1, x.s3, y.s3, x.s5, y.s5, x.s7, y.s7, x.s9, y.s9, x.sb, y.sb, x.sd,
                     y.sd, x.sf, y.sf))
}

/* The first count (a constant, 1 ... 16) of 16 elements; touches no further ones. */
FMK_INLINE S fmk_read(__global const store *p, const uint count) {
    S r = (S)(0);
    if (count == 16u)
        return vload16(0, p);
    if (count & 8u)
        r.lo = vload8(0, p);
    if ((count & 12u) == 12u)
        r.s89ab = vload4(0, p + 8);
    else if (count & 4u)
        r.s0123 = vload4(0, p);
    switch (count & 14u) {
    case 2:
        r.s01 = vload2(0, p);
        break;
    case 6:
        r.s45 = vload2(0, p + 4);
        break;
    case 10:
        r.s89 = vload2(0, p + 8);
        break;
    case 14:
        r.scd = vload2(0, p + 12);
        break;
    }
    switch (count) {
    case 1:
        r.s0 = p[0];
        break;
    case 3:
        r.s2 = p[2];
        break;
    case 5:
        r.s4 = p[4];
        break;
    case 7:
        r.s6 = p[6];
        break;
    case 9:
        r.s8 = p[8];
        break;
    case 11:
        r.sa = p[10];
        break;
    case 13:
        r.sc = p[12];
        break;
    case 15:
        r.se = p[14];
        break;
    }
    return r;
}

FMK_INLINE void fmk_write(S r, __global store *p, const uint count) {
    if (count == 16u) {
        vstore16(r, 0, p);
        return;
    }
    if (count & 8u)
        vstore8(r.lo, 0, p);
    if ((count & 12u) == 12u)
        vstore4(r.s89ab, 0, p + 8);
    else if (count & 4u)
        vstore4(r.s0123, 0, p);
    switch (count & 14u) {
    case 2:
        vstore2(r.s01, 0, p);
        break;
    case 6:
        vstore2(r.s45, 0, p + 4);
        break;
    case 10:
        vstore2(r.s89, 0, p + 8);
        break;
    case 14:
        vstore2(r.scd, 0, p + 12);
        break;
    }
    switch (count) {
    case 1:
        p[0] = r.s0;
        break;
    case 3:
        p[2] = r.s2;
        break;
    case 5:
        p[4] = r.s4;
        break;
    case 7:
        p[6] = r.s6;
        break;
    case 9:
        p[8] = r.s8;
        break;
    case 11:
        p[10] = r.sa;
        break;
    case 13:
        p[12] = r.sc;
        break;
    case 15:
        p[14] = r.se;
        break;
    }
}

/* count contiguous elements from first of every lane; element e goes to out[e], turned. */
FMK_INLINE void fmk_read_tile(const fmk_block *b, __global const store *p, ulong first,
                              const uint count, S out[16]) {
    p += b->base + first;
#pragma unroll
    for (int l = 0; l < 16; ++l)
        out[l] = fmk_read(p + b->at[l], count);
    fmk_transpose(out);
}

FMK_INLINE void fmk_write_tile(const fmk_block *b, __global store *p, ulong first, const uint count,
                               uint lanes, S in[16]) {
    p += b->base + first;
    fmk_transpose(in);
    if (lanes == 0xffffu) {
#pragma unroll
        for (int l = 0; l < 16; ++l)
            fmk_write(in[l], p + b->at[l], count);
        return;
    }
#pragma unroll
    for (int l = 0; l < 16; ++l)
        if (lanes >> l & 1u)
            fmk_write(in[l], p + b->at[l], count);
}

/* One element of every lane, wherever it lies. */
FMK_INLINE S fmk_gather(const fmk_block *b, __global const store *p, ulong offset) {
    p += b->base + offset;
    const ulong *at = b->at;
    return (S)(p[at[0]], p[at[1]], p[at[2]], p[at[3]], p[at[4]], p[at[5]], p[at[6]], p[at[7]],
               p[at[8]], p[at[9]], p[at[10]], p[at[11]], p[at[12]], p[at[13]], p[at[14]],
               p[at[15]]);
}

FMK_INLINE void fmk_scatter(const fmk_block *b, __global store *p, ulong offset, uint lanes, S x) {
    store t[16];
    p += b->base + offset;
    vstore16(x, 0, t);
    for (int l = 0; l < 16; ++l)
        if (lanes >> l & 1u)
            p[b->at[l]] = t[l];
}

/* Lanes side by side; a whole block is always there. */
FMK_INLINE void fmk_write_lanes(const fmk_block *b, __global store *p, ulong offset, uint lanes,
                                S x) {
    p += b->base + offset;
    if (lanes == 0xffffu)
        vstore16(x, 0, p);
    else
        for (int l = 0; l < 16; ++l)
            if (lanes >> l & 1u)
                p[l] = ((store *)&x)[l];
}

#define FMK_AT(block, i, j) ((ulong)(i) * (block)->row + (ulong)(j) * (block)->column)

/*
 * Tiles of a matrix of FMK_N rows and `width` columns in form 2 or 3: count elements from `first`
 * in memory, k-th of them element (row(k), column(k)) of the chunk.
 */
#define FMK_FOR_TILES(form, width, body)                                                    \
    {                                                                                       \
        const uint inner = form == 2 ? width : FMK_N, outer = form == 2 ? FMK_N : width;    \
        const uint step = inner % 16u == 0 ? inner : inner * outer; /* elements of a run */ \
        for (uint run = 0; run < inner * outer; run += step) {                              \
            FMK_UNROLL                                                                      \
            for (uint e = 0; e < step; e += 16u) {                                          \
                const uint count = step - e < 16u ? step - e : 16u;                         \
                const ulong first =                                                         \
                    step == inner && step != inner * outer                                  \
                        ? (ulong)(run / inner) * (form == 2 ? block->row : block->column)   \
                        : 0;                                                                \
                S tile[16];                                                                 \
                body                                                                        \
            }                                                                               \
        }                                                                                   \
    }
#define FMK_TILE_PLACE(form, width, k) \
    (form == 2 ? (run + e + (k)) % (width)*FMK_N + (run + e + (k)) / (width) : run + e + (k))

/* Elements (0 ... FMK_N - 1, first ... first + width - 1); columns from `columns` on are 0. */
#define FMK_DEFINE_LOAD(name, form, width)                                                         \
    FMK_INLINE void name(const fmk_block *block, __global const store *p, uint from, uint columns, \
                         V *m) {                                                                   \
        const ulong skip = (ulong)from * block->column;                                            \
        if (form >= 2) {                                                                           \
            FMK_FOR_TILES(form, width, {                                                           \
                fmk_read_tile(block, p, skip + first + e, count, tile);                            \
                _Pragma("unroll") for (uint k = 0; k < 16u; ++k) if (k < count)                    \
                    m[FMK_TILE_PLACE(form, width, k)] = FMK_TO_WORK(tile[k]);                      \
            })                                                                                     \
            return;                                                                                \
        }                                                                                          \
        for (uint j = 0; j < width; ++j)                                                           \
            for (uint i = 0; i < FMK_N; ++i) {                                                     \
                const ulong at = skip + FMK_AT(block, i, j);                                       \
                V x = (V)(0);                                                                      \
                if (j < columns)                                                                   \
                    x = FMK_TO_WORK(form == 1 ? vload16(0, p + block->base + at)                   \
                                              : fmk_gather(block, p, at));                         \
                m[j * FMK_N + i] = x;                                                              \
            }                                                                                      \
    }

/* The way back, for the lanes whose bit is set. */
#define FMK_DEFINE_STORE(name, form, width)                                                  \
    FMK_INLINE void name(const fmk_block *block, __global store *p, uint from, uint columns, \
                         uint lanes, const V *m) {                                           \
        const ulong skip = (ulong)from * block->column;                                      \
        if (form >= 2) {                                                                     \
            FMK_FOR_TILES(form, width, {                                                     \
                _Pragma("unroll") for (uint k = 0; k < 16u; ++k) tile[k] =                   \
                    k < count ? FMK_TO_STORE(m[FMK_TILE_PLACE(form, width, k)]) : (S)(0);    \
                fmk_write_tile(block, p, skip + first + e, count, lanes, tile);              \
            })                                                                               \
            return;                                                                          \
        }                                                                                    \
        for (uint j = 0; j < columns; ++j)                                                   \
            for (uint i = 0; i < FMK_N; ++i) {                                               \
                const ulong at = skip + FMK_AT(block, i, j);                                 \
                if (form == 1)                                                               \
                    fmk_write_lanes(block, p, at, lanes, FMK_TO_STORE(m[j * FMK_N + i]));    \
                else                                                                         \
                    fmk_scatter(block, p, at, lanes, FMK_TO_STORE(m[j * FMK_N + i]));        \
            }                                                                                \
    }

#else /* one matrix an item */

#define FMK_AT(block, i, j) \
    ((block)->base + (block)->at[0] + (ulong)(i) * (block)->row + (ulong)(j) * (block)->column)
#define FMK_DEFINE_LOAD(name, form, width)                                                         \
    FMK_INLINE void name(const fmk_block *block, __global const store *p, uint from, uint columns, \
                         V *m) {                                                                   \
        for (uint j = 0; j < width; ++j)                                                           \
            for (uint i = 0; i < FMK_N; ++i)                                                       \
                m[j * FMK_N + i] = j < columns ? (work)p[FMK_AT(block, i, from + j)] : 0;          \
    }
#define FMK_DEFINE_STORE(name, form, width)                                                  \
    FMK_INLINE void name(const fmk_block *block, __global store *p, uint from, uint columns, \
                         uint lanes, const V *m) {                                           \
        for (uint j = 0; lanes != 0 && j < columns; ++j)                                     \
            for (uint i = 0; i < FMK_N; ++i)                                                 \
                p[FMK_AT(block, i, from + j)] = (store)m[j * FMK_N + i];                     \
    }
#endif

FMK_DEFINE_LOAD(fmk_load_a, FMK_A, FMK_N)
FMK_DEFINE_LOAD(fmk_load_any_a, 0, FMK_N)
#if !FMK_PINV
FMK_DEFINE_LOAD(fmk_load_b, FMK_B, FMK_C)
FMK_DEFINE_LOAD(fmk_load_any_b, 0, FMK_C)
#endif
FMK_DEFINE_STORE(fmk_store_x, FMK_X, FMK_C)
FMK_DEFINE_STORE(fmk_store_any_x, 0, FMK_C)

/* One bit a lane. */
FMK_INLINE uint fmk_bits(I test) {
#if FMK_LANES == 1
    return test != 0 ? 1u : 0u;
#else
    uint bits = 0;
    for (int l = 0; l < FMK_LANES; ++l)
        bits |= ((FMK_WORK_INT *)&test)[l] != 0 ? 1u << l : 0u;
    return bits;
#endif
}

#endif
