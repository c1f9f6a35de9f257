/* SPDX-License-Identifier: MIT */
/*
 * solve_closed.cl: closed-form 2 x 2 division with the pseudo-inverse where there is no inverse.
 * Functions only, for solve.cl and the keypoint kernels; every one exists for one matrix (float)
 * and for a lane each of 4, 8 or 16 matrices (float4 ... float16), told apart by the last part of
 * the name. In what follows V is the type and I its int type.
 *
 *   void fmk_right_divide_2x2_float16(const V a[4], const V b[4], V rcond, V x[4], I *status,
 *                                     I *borderline)
 *       X = A B^-1, all row-major. *status (0, 1, 2 in every lane, as FM_SOLVE_...):
 *       0: regular, sigma_min / sigma_max > rcond; 1: X = A B^+; 2: A or B not finite, X = NaN.
 *       *borderline: non-zero (-1 in vectors, 1 in scalars) where sigma_min / sigma_max lies within
 *       a factor 4 of rcond. Default rule of rcond: 2 * FLT_EPSILON.
 *   void fmk_left_divide_2x2_float16(b, a, rcond, x, status, borderline): X = B^-1 A.
 *   V fmk_dot2_float16(a, b, c, d): a b + c d, error <= 1.5 ulp of the result (Kahan; Jeannerod,
 *       Louvet, Muller 2013), by two fma.
 *
 * Error of a regular X: 4 ulp an element. Method of the singular values and of the rank-1
 * pseudo-inverse: B = Q rotation + R reflection (Blinn 1996, "Consider the lowly 2 x 2 matrix"),
 * sigma_max = Q + R, sigma_max * sigma_min = |det B|, u v' = (rotation + reflection) / 2.
 * Numbers outside 2^-40 ... 2^40 are scaled by powers of two on the way.
 */
#ifndef FM_SOLVE_CLOSED_CL
#define FM_SOLVE_CLOSED_CL

#include "common.cl"

/* FMK_FP64: also for double, double8, double16 (I is long ...). */
#ifdef FMK_FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

/* Is a lane not 0? any() looks at sign bits, lane by lane on some drivers. */
FMK_INLINE bool fmk_any_int(int x) {
    return x != 0;
}
FMK_INLINE bool fmk_any_long(long x) {
    return x != 0;
}
FMK_INLINE bool fmk_any_int4(int4 x) {
    const long2 y = as_long2(x);
    return (y.x | y.y) != 0;
}
FMK_INLINE bool fmk_any_int8(int8 x) {
    return fmk_any_int4(x.lo | x.hi);
}
FMK_INLINE bool fmk_any_int16(int16 x) {
    return fmk_any_int8(x.lo | x.hi);
}
FMK_INLINE bool fmk_any_long8(long8 x) {
    const long4 y = x.lo | x.hi;
    const long2 z = y.lo | y.hi;
    return (z.x | z.y) != 0;
}
FMK_INLINE bool fmk_any_long16(long16 x) {
    return fmk_any_long8(x.lo | x.hi);
}

#define FMK_SAFE_MAX 0x1p40f
#define FMK_SAFE_MIN 0x1p-40f

/* fmk_safe_exponent: e for m = 1.x * 2^e outside the safe range, 0 inside, for 0 and for numbers
 * that are not finite. fmk_power_of_two: 2^e, e = -126 ... 127. */
#define FMK_CLOSED_SCALE(V, I, BITS, BIAS)                                                \
    FMK_INLINE I fmk_safe_exponent_##V(V m) {                                             \
        I e = max(((as_##I(m) >> BITS) & (2 * BIAS + 1)) - BIAS, (I)(1 - BIAS));          \
        I outside = ((m > FMK_SAFE_MAX) | (m < FMK_SAFE_MIN)) & (m > 0.0f) & (e <= BIAS); \
        return select((I)(0), min(e, (I)(BIAS - 1)), outside);                            \
    }                                                                                     \
    FMK_INLINE V fmk_power_of_two_##V(I e) {                                              \
        return as_##V((e + BIAS) << BITS);                                                \
    }                                                                                     \
    FMK_INLINE V fmk_dot2_##V(V a, V b, V c, V d) {                                       \
        V cd = c * d;                                                                     \
        return fma(a, b, cd) + fma(c, d, -cd);                                            \
    }                                                                                     \
    FMK_INLINE V fmk_largest_2x2_##V(const V a[4]) {                                      \
        return max(max(fabs(a[0]), fabs(a[1])), max(fabs(a[2]), fabs(a[3])));             \
    }                                                                                     \
    /* 0 when every element is finite, else NaN. */                                       \
    FMK_INLINE V fmk_zero_if_finite_2x2_##V(const V a[4]) {                               \
        V zero = (V)(0.0f);                                                               \
        return fma(a[0], zero, fma(a[1], zero, fma(a[2], zero, a[3] * zero)));            \
    }

/* B^+ = p * r, p = adj B or the transposed u v'. B is scaled already. With t = sigma_min /
 * sigma_max, |det B| / |B|^2 = t / (1 + t^2) (Frobenius), which grows with t: no root is needed to
 * compare. */
#define FMK_CLOSED_PINV(V, I)                                                                \
    FMK_INLINE V fmk_ratio_limit_##V(V t) {                                                  \
        return t / fma(t, t, (V)(1.0f));                                                     \
    }                                                                                        \
    FMK_INLINE void fmk_rank_one_2x2_##V(const V b[4], I singular, V p[4], V *r) {           \
        V e = 0.5f * (b[0] + b[3]), f = 0.5f * (b[0] - b[3]);                                \
        V g = 0.5f * (b[2] + b[1]), h = 0.5f * (b[2] - b[1]);                                \
        V rotation = sqrt(fma(e, e, h * h)), reflection = sqrt(fma(f, f, g * g));            \
        V largest = rotation + reflection;                                                   \
        V tiny = (V)(0x1p-126f), zero = (V)(0.0f), one = (V)(1.0f);                          \
        V q = 0.5f / max(rotation, tiny), s = 0.5f / max(reflection, tiny);                  \
        p[0] = select(p[0], fma(e, q, f * s), singular);                                     \
        p[1] = select(p[1], fma(h, q, g * s), singular);                                     \
        p[2] = select(p[2], fma(-h, q, g * s), singular);                                    \
        p[3] = select(p[3], fma(e, q, -(f * s)), singular);                                  \
        *r = select(*r, one / max(largest, tiny), singular);                                 \
        *r = select(*r, zero, (I)(largest == 0.0f));                                         \
    }                                                                                        \
    FMK_INLINE void fmk_adjugate_2x2_##V(const V b[4], V rcond, V p[4], V *r, I *singular,   \
                                         I *borderline) {                                    \
        V one = (V)(1.0f);                                                                   \
        V det = fmk_dot2_##V(b[0], b[3], -b[1], b[2]);                                       \
        V square = fma(b[0], b[0], fma(b[1], b[1], fma(b[2], b[2], b[3] * b[3])));           \
        V size = fabs(det);                                                                  \
        I near = size <= square * fmk_ratio_limit_##V(min(4.0f * rcond, one));               \
        *singular = *borderline = (I)(0);                                                    \
        p[0] = b[3];                                                                         \
        p[1] = -b[1];                                                                        \
        p[2] = -b[2];                                                                        \
        p[3] = b[0];                                                                         \
        *r = one / det;                                                                      \
        if (fmk_any_##I(near)) {                                                             \
            *singular = size <= square * fmk_ratio_limit_##V(rcond);                         \
            *borderline = (I)(size < square * fmk_ratio_limit_##V(min(4.0f * rcond, one))) & \
                          (I)(size > square * fmk_ratio_limit_##V(0.25f * rcond));           \
            fmk_rank_one_2x2_##V(b, *singular, p, r);                                        \
        }                                                                                    \
    }

#define FMK_CLOSED_DIVIDE(V, I)                                                                 \
    /* x[k] = (l[k] . r[k]) * scale of one side; the caller picks which elements meet. */       \
    FMK_INLINE void fmk_divide_2x2_##V(const V a[4], const V b[4], V rcond, bool right, V x[4], \
                                       I *status, I *borderline) {                              \
        I eb = fmk_safe_exponent_##V(fmk_largest_2x2_##V(b));                                   \
        I ea = fmk_safe_exponent_##V(fmk_largest_2x2_##V(a));                                   \
        I d = ea - eb, d1 = d >> 1;                                                             \
        V sa = fmk_power_of_two_##V(-ea), sb = fmk_power_of_two_##V(-eb);                       \
        V s1 = fmk_power_of_two_##V(d1), s2 = fmk_power_of_two_##V(d - d1);                     \
        V u[4], v[4], p[4], r;                                                                  \
        for (int i = 0; i < 4; ++i) {                                                           \
            u[i] = a[i] * sa;                                                                   \
            v[i] = b[i] * sb;                                                                   \
        }                                                                                       \
        I singular, bad;                                                                        \
        fmk_adjugate_2x2_##V(v, rcond, p, &r, &singular, borderline);                           \
        for (int i = 0; i < 4; ++i) {                                                           \
            int row = i & 2, col = i & 1;                                                       \
            V dot = right ? fmk_dot2_##V(u[row], p[col], u[row + 1], p[2 + col])                \
                          : fmk_dot2_##V(p[row], u[col], p[row + 1], u[2 + col]);               \
            x[i] = dot * r * s1 * s2;                                                           \
        }                                                                                       \
        V nan = fmk_zero_if_finite_2x2_##V(a) + fmk_zero_if_finite_2x2_##V(b);                  \
        bad = nan != 0.0f;                                                                      \
        V not_a_number = (V)(NAN);                                                              \
        for (int i = 0; i < 4; ++i)                                                             \
            x[i] = select(x[i], not_a_number, bad);                                             \
        *status = select(select((I)(0), (I)(1), singular), (I)(2), bad);                        \
        *borderline = select(*borderline, (I)(0), bad);                                         \
    }                                                                                           \
    FMK_INLINE void fmk_right_divide_2x2_##V(const V a[4], const V b[4], V rcond, V x[4],       \
                                             I *status, I *borderline) {                        \
        fmk_divide_2x2_##V(a, b, rcond, true, x, status, borderline);                           \
    }                                                                                           \
    FMK_INLINE void fmk_left_divide_2x2_##V(const V b[4], const V a[4], V rcond, V x[4],        \
                                            I *status, I *borderline) {                         \
        fmk_divide_2x2_##V(a, b, rcond, false, x, status, borderline);                          \
    }

#define FMK_CLOSED_2X2(V, I, BITS, BIAS) \
    FMK_CLOSED_SCALE(V, I, BITS, BIAS)   \
    FMK_CLOSED_PINV(V, I)                \
    FMK_CLOSED_DIVIDE(V, I)

FMK_CLOSED_2X2(float, int, 23, 127)
FMK_CLOSED_2X2(float4, int4, 23, 127)
FMK_CLOSED_2X2(float8, int8, 23, 127)
FMK_CLOSED_2X2(float16, int16, 23, 127)
#ifdef FMK_FP64
FMK_CLOSED_2X2(double, long, 52, 1023)
FMK_CLOSED_2X2(double8, long8, 52, 1023)
FMK_CLOSED_2X2(double16, long16, 52, 1023)
#endif

#endif
