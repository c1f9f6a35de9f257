/* SPDX-License-Identifier: MIT */
/*
 * solve_load.cl: from arrays of matrices to registers and back. Functions only.
 *
 * In registers a matrix with FMK_N rows is stored by columns: element (i, j) is m[j * FMK_LD + i],
 * a V with one matrix in each lane. Contiguous rows or columns of 16 lanes are turned in registers
 * (solve_shuffle.cl).
 */
#ifndef FM_SOLVE_LOAD_CL
#define FM_SOLVE_LOAD_CL

#include "solve_types.cl"
#if FMK_LANES == 16
#include "solve_shuffle.cl"
#endif

/* A block of matrices of one array. */
typedef struct fmk_block {
    ulong base;          /* element (0, 0) of lane 0 */
    ulong at[FMK_LANES]; /* of each lane, after base; lanes without a matrix repeat the last */
    uint row, column;
    bool whole; /* a matrix in every lane, one behind the other */
} fmk_block;

/* A whole block; fmk_block_move says which. */
FMK_INLINE fmk_block fmk_block_full(fmk_steps steps) {
    fmk_block b;
    b.base = steps.s0;
    for (uint l = 0; l < FMK_LANES; ++l)
        b.at[l] = l * steps.s2;
    b.row = FMK_ROW_STEP(steps);
    b.column = FMK_COLUMN_STEP(steps);
    b.whole = true;
    return b;
}

FMK_INLINE void fmk_block_move(fmk_block *b, fmk_steps steps, ulong block, uint rest) {
#if FMK_LANES == 1
    b->base = steps.s0 + block / 16u * steps.s1 + block % 16u * steps.s2;
#else
    b->base = steps.s0 + block * steps.s1;
    b->whole = rest == FMK_LANES;
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
    b.whole = false;
    return b;
}

#if FMK_LANES == 16
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
#define FMK_TILE_PLACE(form, width, k)                                        \
    (form == 2 ? (run + e + (k)) % (width)*FMK_LD + (run + e + (k)) / (width) \
               : (run + e + (k)) / FMK_N * FMK_LD + (run + e + (k)) % FMK_N)

/* The same for forms 4 and 5. */
#ifdef FMK_CAN_PACK
#define FMK_PACKED(form) ((form) >= 4)
#else
#define FMK_PACKED(form) false
#endif
#define FMK_PACKED_PLACE(form, width, k) (form == 4 ? (k) % (width)*FMK_N + (k) / (width) : (k))

/* Elements (0 ... FMK_N - 1, first ... first + width - 1); columns from `columns` on are 0. */
#define FMK_DEFINE_LOAD(name, form, width)                                                         \
    FMK_INLINE void name(const fmk_block *block, __global const store *p, uint from, uint columns, \
                         V *m) {                                                                   \
        const ulong skip = (ulong)from * block->column;                                            \
        if (FMK_PACKED(form) && block->whole) {                                                    \
            S all[FMK_N * width];                                                                  \
            fmk_unpack(p + block->base, all);                                                      \
            _Pragma("unroll") for (uint k = 0; k < FMK_N * width; ++k)                             \
                m[FMK_PACKED_PLACE(form, width, k)] = FMK_TO_WORK(all[k]);                         \
            return;                                                                                \
        }                                                                                          \
        if (form == 2 || form == 3) {                                                              \
            FMK_FOR_TILES(form, width, {                                                           \
                fmk_read_tile(block, p, skip + first + e, count, tile);                            \
                _Pragma("unroll") for (uint k = 0; k < 16u; ++k) if (k < count)                    \
                    m[FMK_TILE_PLACE(form, width, k)] = FMK_TO_WORK(tile[k]);                      \
            })                                                                                     \
            return;                                                                                \
        }                                                                                          \
        FMK_UNROLL                                                                                 \
        for (uint j = 0; j < width; ++j)                                                           \
            FMK_UNROLL                                                                             \
        for (uint i = 0; i < FMK_N; ++i) {                                                         \
            const ulong at = skip + FMK_AT(block, i, j);                                           \
            V x = (V)(0);                                                                          \
            if (j < columns)                                                                       \
                x = FMK_TO_WORK(form == 1 ? vload16(0, p + block->base + at)                       \
                                          : fmk_gather(block, p, at));                             \
            m[j * FMK_LD + i] = x;                                                                 \
        }                                                                                          \
    }

/* The way back, for the lanes whose bit is set. */
#define FMK_DEFINE_STORE(name, form, width)                                                  \
    FMK_INLINE void name(const fmk_block *block, __global store *p, uint from, uint columns, \
                         uint lanes, const V *m) {                                           \
        const ulong skip = (ulong)from * block->column;                                      \
        if (FMK_PACKED(form) && block->whole && lanes == 0xffffu) {                          \
            S all[FMK_N * width];                                                            \
            _Pragma("unroll") for (uint k = 0; k < FMK_N * width; ++k) all[k] =              \
                FMK_TO_STORE(m[FMK_PACKED_PLACE(form, width, k)]);                           \
            fmk_pack(all, p + block->base);                                                  \
            return;                                                                          \
        }                                                                                    \
        if (form == 2 || form == 3) {                                                        \
            FMK_FOR_TILES(form, width, {                                                     \
                _Pragma("unroll") for (uint k = 0; k < 16u; ++k) tile[k] =                   \
                    k < count ? FMK_TO_STORE(m[FMK_TILE_PLACE(form, width, k)]) : (S)(0);    \
                fmk_write_tile(block, p, skip + first + e, count, lanes, tile);              \
            })                                                                               \
            return;                                                                          \
        }                                                                                    \
        FMK_UNROLL                                                                           \
        for (uint j = 0; j < width; ++j)                                                     \
            FMK_UNROLL                                                                       \
        for (uint i = 0; i < FMK_N && j < columns; ++i) {                                    \
            const ulong at = skip + FMK_AT(block, i, j);                                     \
            if (form == 1)                                                                   \
                fmk_write_lanes(block, p, at, lanes, FMK_TO_STORE(m[j * FMK_LD + i]));       \
            else                                                                             \
                fmk_scatter(block, p, at, lanes, FMK_TO_STORE(m[j * FMK_LD + i]));           \
        }                                                                                    \
    }

#else /* one matrix an item */

#define FMK_AT(block, i, j) \
    ((block)->base + (block)->at[0] + (ulong)(i) * (block)->row + (ulong)(j) * (block)->column)
#define FMK_DEFINE_LOAD(name, form, width)                                                         \
    FMK_INLINE void name(const fmk_block *block, __global const store *p, uint from, uint columns, \
                         V *m) {                                                                   \
        for (uint j = 0; j < width; ++j)                                                           \
            for (uint i = 0; i < FMK_N; ++i)                                                       \
                m[j * FMK_LD + i] = j < columns ? (work)p[FMK_AT(block, i, from + j)] : 0;         \
    }
#define FMK_DEFINE_STORE(name, form, width)                                                  \
    FMK_INLINE void name(const fmk_block *block, __global store *p, uint from, uint columns, \
                         uint lanes, const V *m) {                                           \
        for (uint j = 0; lanes != 0 && j < columns; ++j)                                     \
            for (uint i = 0; i < FMK_N; ++i)                                                 \
                p[FMK_AT(block, i, from + j)] = (store)m[j * FMK_LD + i];                    \
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
