/* SPDX-License-Identifier: MIT */
/*
 * heatmap_colour.cl: 8-bit sRGB to CIE L*a*b* (D65, 2 degree observer), and CIEDE2000.
 *
 * FMK_LANES colours at a time: 8 where one thread does an item, 1 where many items share a
 * processor. Error against double arithmetic: L*, a*, b* 1e-4; the difference 2e-3
 * or 2e-4 of it, whichever is larger, and exactly 0 for equal colours.
 *
 * CIEDE2000: G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula:
 * implementation notes, supplementary test data, and mathematical observations", 2005; weights 1.
 * Hues are never angles here: their difference and mean come from sums of the vectors (a', b'),
 * multiples of the mean from the angle addition formulas. So nothing jumps at 0 and 360 degrees,
 * and small differences keep their digits.
 */
#ifndef FM_HEATMAP_COLOUR_CL
#define FM_HEATMAP_COLOUR_CL

#include "common.cl"

#ifndef FMK_LANES
#define FMK_LANES 8
#endif

#if FMK_LANES == 8
typedef float8 fmk_float;
typedef int8 fmk_int;
typedef uint8 fmk_uint;
#define FMK_AS_FLOAT as_float8
#define FMK_AS_INT as_int8
#define FMK_TO_FLOAT convert_float8
#define FMK_TO_INT convert_int8
#define FMK_LOAD vload8
#define FMK_STORE vstore8
#else
typedef float fmk_float;
typedef int fmk_int;
typedef uint fmk_uint;
#define FMK_AS_FLOAT as_float
#define FMK_AS_INT as_int
#define FMK_TO_FLOAT convert_float
#define FMK_TO_INT convert_int
#define FMK_LOAD(i, p) ((p)[i])
#define FMK_STORE(v, i, p) ((p)[i] = (v))
#endif

typedef struct fmk_lab {
    fmk_float l, a, b;
} fmk_lab;

/* linear[byte] of one channel. */
#if FMK_LANES == 8
#define FMK_LOOK_UP(linear, v)                                                               \
    (float8)(linear[(v).s0], linear[(v).s1], linear[(v).s2], linear[(v).s3], linear[(v).s4], \
             linear[(v).s5], linear[(v).s6], linear[(v).s7])
#else
#define FMK_LOOK_UP(linear, v) (linear[v])
#endif

/* The CIE curve: cube root above (6/29)^3, a line below. x >= 0. */
FMK_INLINE fmk_float fmk_lab_curve(fmk_float x) {
    const fmk_float bend = (fmk_float)(216.0f / 24389.0f);
    fmk_float from = fmax(x, bend);
    /* A third of the exponent, then Halley's step twice: 3e-2, 1e-5, rounding. */
    fmk_float y =
        FMK_AS_FLOAT(FMK_TO_INT(FMK_TO_FLOAT(FMK_AS_INT(from)) * (1.0f / 3.0f)) + 709921077);
    fmk_float cube = y * y * y;
    y *= fma((fmk_float)(2.0f), from, cube) / fma((fmk_float)(2.0f), cube, from);
    cube = y * y * y;
    y *= fma((fmk_float)(2.0f), from, cube) / fma((fmk_float)(2.0f), cube, from);
    fmk_float line = fma(x, (fmk_float)(841.0f / 108.0f), (fmk_float)(4.0f / 29.0f));
    return select(line, y, x > bend);
}

/* Texels with R in the lowest byte. linear: 256 values of the sRGB curve. The rows of the matrix
 * are divided by the white point. */
FMK_INLINE fmk_lab fmk_lab_of(fmk_uint texel, __global const float *linear) {
    fmk_uint red = texel & 255u, green = texel >> 8 & 255u, blue = texel >> 16 & 255u;
    fmk_float r = FMK_LOOK_UP(linear, red);
    fmk_float g = FMK_LOOK_UP(linear, green);
    fmk_float b = FMK_LOOK_UP(linear, blue);
    fmk_float x =
        fma(r, (fmk_float)(0.43395271f), fma(g, (fmk_float)(0.37621941f), b * 0.18984062f));
    fmk_float y =
        fma(r, (fmk_float)(0.21267286f), fma(g, (fmk_float)(0.71515216f), b * 0.07217499f));
    fmk_float z =
        fma(r, (fmk_float)(0.01775658f), fma(g, (fmk_float)(0.10946797f), b * 0.87277545f));
    x = fmk_lab_curve(x);
    y = fmk_lab_curve(y);
    z = fmk_lab_curve(z);
    fmk_lab lab;
    lab.l = fma(y, (fmk_float)(116.0f), (fmk_float)(-16.0f));
    lab.a = 500.0f * (x - y);
    lab.b = 200.0f * (y - z);
    return lab;
}

/* x^7 / (x^7 + 25^7) */
FMK_INLINE fmk_float fmk_chroma_share(fmk_float x) {
    fmk_float x2 = x * x, x7 = x2 * x2 * x2 * x;
    return x7 / (x7 + 6103515625.0f);
}

/* p q - r s with one rounding's error. */
FMK_INLINE fmk_float fmk_cross(fmk_float p, fmk_float q, fmk_float r, fmk_float s) {
    fmk_float product = r * s;
    return fma(p, q, -product) + fma(-r, s, product);
}

/* Arc tangent on [-1, 1]: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.50. */
FMK_INLINE fmk_float fmk_atan(fmk_float x) {
    fmk_float s = x * x;
    fmk_float p = fma(s, (fmk_float)(0.0028662257f), (fmk_float)(-0.0161657367f));
    p = fma(s, p, (fmk_float)(0.0429096138f));
    p = fma(s, p, (fmk_float)(-0.0752896400f));
    p = fma(s, p, (fmk_float)(0.1065626393f));
    p = fma(s, p, (fmk_float)(-0.1420889944f));
    p = fma(s, p, (fmk_float)(0.1999355085f));
    p = fma(s, p, (fmk_float)(-0.3333314528f));
    return fma(s * p, x, x);
}

/* Sine on [0, 1.05] by its series. */
FMK_INLINE fmk_float fmk_sine(fmk_float x) {
    fmk_float s = x * x;
    fmk_float p = fma(s, (fmk_float)(1.0f / 362880.0f), (fmk_float)(-1.0f / 5040.0f));
    p = fma(s, p, (fmk_float)(1.0f / 120.0f));
    p = fma(s, p, (fmk_float)(-1.0f / 6.0f));
    return fma(s * p, x, x);
}

/* Rotation term -sin(2 dtheta) R_C; c, s: cosine and sine of the mean hue. The formula's bell
 * around 275 degrees is 2e-6 of its height 90 degrees from there, where it may as well stay. */
FMK_INLINE fmk_float fmk_rotation(fmk_float c, fmk_float s, fmk_float chroma_share) {
    fmk_float cosine = fma(c, (fmk_float)(0.087155743f), s * -0.99619470f);
    fmk_float sine = fma(s, (fmk_float)(0.087155743f), c * 0.99619470f);
    fmk_float half_tan = sine / (1.0f + fmax(cosine, (fmk_float)(0.0f)));
    half_tan = select(half_tan, (fmk_float)(1.0f), cosine < (fmk_float)(0.0f));
    fmk_float turns = fmk_atan(half_tan);
    turns *= 2.0f * 57.29577951f / 25.0f;
    fmk_float bell = exp(-turns * turns);
    return fmk_sine(1.04719755f * bell) * -2.0f * sqrt(chroma_share);
}

/* T of the formula. c, s: as above. */
FMK_INLINE fmk_float fmk_hue_weight(fmk_float c, fmk_float s) {
    fmk_float c2 = fma(2.0f * c, c, (fmk_float)(-1.0f)), s2 = 2.0f * s * c;
    fmk_float c3 = fma(c, c2, -s * s2), s3 = fma(s, c2, c * s2);
    fmk_float c4 = fma(2.0f * c2, c2, (fmk_float)(-1.0f)), s4 = 2.0f * s2 * c2;
    fmk_float t = fma(c, (fmk_float)(-0.17f * 0.86602540f), (fmk_float)(1.0f));
    t = fma(s, (fmk_float)(-0.17f * 0.5f), t);
    t = fma(c2, (fmk_float)(0.24f), t);
    t = fma(c3, (fmk_float)(0.32f * 0.99452190f), t);
    t = fma(s3, (fmk_float)(-0.32f * 0.10452846f), t);
    t = fma(c4, (fmk_float)(-0.20f * 0.45399050f), t);
    return fma(s4, (fmk_float)(-0.20f * 0.89100652f), t);
}

FMK_INLINE fmk_float fmk_ciede2000(fmk_lab p, fmk_lab q) {
    const fmk_float zero = (fmk_float)(0.0f), one = (fmk_float)(1.0f);
    fmk_float chroma = 0.5f * (sqrt(fma(p.a, p.a, p.b * p.b)) + sqrt(fma(q.a, q.a, q.b * q.b)));
    fmk_float grow = 1.5f - 0.5f * sqrt(fmk_chroma_share(chroma));
    fmk_float a1 = p.a * grow, a2 = q.a * grow;
    fmk_float c1 = sqrt(fma(a1, a1, p.b * p.b)), c2 = sqrt(fma(a2, a2, q.b * q.b));
    fmk_float mean_l = 0.5f * (p.l + q.l) - 50.0f, mean_c = 0.5f * (c1 + c2);

    fmk_float cross = fmk_cross(a1, q.b, a2, p.b); /* of both hue vectors: c1 c2 sin */
    fmk_float dot = fma(a1, a2, p.b * q.b), both = c1 * c2;
    fmk_int acute = dot >= zero;
    /* Exactly opposite hues: the second one is ahead when the first is below 180 degrees. */
    fmk_int first_low = (p.b > zero) | ((p.b == zero) & (a1 > zero));
    fmk_int ahead = (cross > zero) | ((cross == zero) & first_low);
    fmk_float wide = sqrt(2.0f * fmax(both - dot, zero));
    fmk_float narrow = cross / sqrt(fmax(0.5f * (both + dot), (fmk_float)(1.0e-30f)));
    fmk_float d_hue = select(select(-wide, wide, ahead), narrow, acute);

    /* Direction of the mean hue: the sum of the unit vectors, or across their difference where
     * the sum is short. A colour without chroma has no say. */
    fmk_float w1 = select(c2, one, c2 == zero), w2 = select(c1, one, c1 == zero);
    fmk_float x1 = a1 * w1, y1 = p.b * w1, x2 = a2 * w2, y2 = q.b * w2;
    fmk_float across = select(-one, one, ahead);
    fmk_float x = select((y2 - y1) * across, x1 + x2, acute);
    fmk_float y = select((x1 - x2) * across, y1 + y2, acute);
    fmk_float square = fma(x, x, y * y);
    fmk_int none = square <= (fmk_float)(1.0e-30f);
    fmk_float inverse = 1.0f / sqrt(select(square, one, none));
    x = select(x * inverse, one, none);
    y = select(y * inverse, zero, none);

    fmk_float square_l = mean_l * mean_l;
    fmk_float l = (q.l - p.l) / fma(0.015f * square_l, 1.0f / sqrt(20.0f + square_l), one);
    fmk_float c = (c2 - c1) / fma(mean_c, (fmk_float)(0.045f), one);
    fmk_float h = d_hue / fma(0.015f * mean_c, fmk_hue_weight(x, y), one);
    fmk_float turn = fmk_rotation(x, y, fmk_chroma_share(mean_c));
    return sqrt(fmax(fma(l, l, fma(c, c, fma(h, h, turn * c * h))), zero));
}

#endif
