/* SPDX-License-Identifier: MIT */
/*
 * solve_shuffle.cl: 16 matrices between memory and one vector an element. Functions only.
 *
 * fmk_transpose:   16 x 16, four rounds of 16 shuffles.
 * fmk_read, fmk_write: part of a vector, without touching what lies behind.
 * fmk_unpack, fmk_pack: all elements of 16 matrices of 2 x 2 or 3 x 3 that lie packed. Fewer
 *                  shuffles than rows padded to 16: 2 x 2 is two rounds of pairs; 3 x 3, nine
 *                  numbers a matrix, is a division by three done twice.
 */
#ifndef FM_SOLVE_SHUFFLE_CL
#define FM_SOLVE_SHUFFLE_CL

#include "solve_types.cl"

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

/* Any 16 of 32 elements. The OpenCL way, element by element, is taken apart by the compiler and put
 * together worse where shuffles follow each other. */
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector) && FMK_N <= 3
#define FMK_CAN_PACK
#endif
#endif

#if defined(FMK_CAN_PACK) && FMK_N == 2
/* Even elements of (x, y), then odd ones; and back. */
#define FMK_EVEN(x, y) \
    __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define FMK_ODD(x, y) \
    __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define FMK_ZIP(x, y) \
    __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define FMK_ZIP_HIGH(x, y) \
    __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

FMK_INLINE void fmk_unpack(__global const store *p, S out[4]) {
    const S a = vload16(0, p), b = vload16(1, p), c = vload16(2, p), d = vload16(3, p);
    const S even = FMK_EVEN(a, b), odd = FMK_ODD(a, b);
    const S even2 = FMK_EVEN(c, d), odd2 = FMK_ODD(c, d);
    out[0] = FMK_EVEN(even, even2);
    out[1] = FMK_EVEN(odd, odd2);
    out[2] = FMK_ODD(even, even2);
    out[3] = FMK_ODD(odd, odd2);
}

FMK_INLINE void fmk_pack(const S in[4], __global store *p) {
    const S even = FMK_ZIP(in[0], in[2]), even2 = FMK_ZIP_HIGH(in[0], in[2]);
    const S odd = FMK_ZIP(in[1], in[3]), odd2 = FMK_ZIP_HIGH(in[1], in[3]);
    vstore16(FMK_ZIP(even, odd), 0, p);
    vstore16(FMK_ZIP_HIGH(even, odd), 1, p);
    vstore16(FMK_ZIP(even2, odd2), 2, p);
    vstore16(FMK_ZIP_HIGH(even2, odd2), 3, p);
}

#elif defined(FMK_CAN_PACK) && FMK_N == 3
/* 48 numbers x, y, z in order: every third one to v[0], v[step], v[2 step]; and back. */
FMK_INLINE void fmk_thirds(const S x, const S y, const S z, S *v, const int step) {
    const S a =
        __builtin_shufflevector(x, y, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, -1, -1, -1, -1, -1);
    const S b =
        __builtin_shufflevector(x, y, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, -1, -1, -1, -1, -1);
    const S c =
        __builtin_shufflevector(x, y, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, -1, -1, -1, -1, -1, -1);
    v[0] = __builtin_shufflevector(a, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
    v[step] = __builtin_shufflevector(b, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
    v[2 * step] =
        __builtin_shufflevector(c, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
}

FMK_INLINE void fmk_weave(const S a, const S b, const S c, S *v, const int step) {
    const S x =
        __builtin_shufflevector(a, b, 0, 16, -1, 1, 17, -1, 2, 18, -1, 3, 19, -1, 4, 20, -1, 5);
    const S y =
        __builtin_shufflevector(a, b, 21, -1, 6, 22, -1, 7, 23, -1, 8, 24, -1, 9, 25, -1, 10, 26);
    const S z = __builtin_shufflevector(a, b, -1, 11, 27, -1, 12, 28, -1, 13, 29, -1, 14, 30, -1,
                                        15, 31, -1);
    v[0] = __builtin_shufflevector(x, c, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    v[step] =
        __builtin_shufflevector(y, c, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    v[2 * step] =
        __builtin_shufflevector(z, c, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
}

FMK_INLINE void fmk_unpack(__global const store *p, S out[9]) {
    S v[9];
#pragma unroll
    for (int i = 0; i < 3; ++i)
        fmk_thirds(vload16(3 * i, p), vload16(3 * i + 1, p), vload16(3 * i + 2, p), v + i, 3);
#pragma unroll
    for (int j = 0; j < 3; ++j)
        fmk_thirds(v[3 * j], v[3 * j + 1], v[3 * j + 2], out + j, 3);
}

FMK_INLINE void fmk_pack(const S in[9], __global store *p) {
    S v[9], w[9];
#pragma unroll
    for (int j = 0; j < 3; ++j)
        fmk_weave(in[j], in[j + 3], in[j + 6], v + 3 * j, 1);
#pragma unroll
    for (int i = 0; i < 3; ++i)
        fmk_weave(v[i], v[i + 3], v[i + 6], w + 3 * i, 1);
#pragma unroll
    for (int i = 0; i < 9; ++i)
        vstore16(w[i], i, p);
}

#else
/* Never called. */
#define fmk_unpack(p, out)
#define fmk_pack(in, p)
#endif

#endif
