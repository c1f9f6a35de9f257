/* SPDX-License-Identifier: MIT */
/*
 * heatmap_colour.cl: 8-bit sRGB to CIE L*a*b* (D65, 2 degree observer), and CIEDE2000.
 *
 * Eight colours at a time. Error against double arithmetic: L*, a*, b* 1e-4; the difference 2e-3
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

typedef struct fmk_lab {
    float8 l, a, b;
} fmk_lab;

/* linear[byte] of one channel of 8 texels. */
#define FMK_LOOK_UP(linear, v)                                                               \
    (float8)(linear[(v).s0], linear[(v).s1], linear[(v).s2], linear[(v).s3], linear[(v).s4], \
             linear[(v).s5], linear[(v).s6], linear[(v).s7])

/* The CIE curve: cube root above (6/29)^3, a line below. x >= 0. */
FMK_INLINE float8 fmk_lab_curve(float8 x) {
    const float8 bend = (float8)(216.0f / 24389.0f);
    float8 from = fmax(x, bend);
    /* A third of the exponent, then Halley's step twice: 3e-2, 1e-5, rounding. */
    float8 y = as_float8(convert_int8(convert_float8(as_int8(from)) * (1.0f / 3.0f)) + 709921077);
    float8 cube = y * y * y;
    y *= fma((float8)(2.0f), from, cube) / fma((float8)(2.0f), cube, from);
    cube = y * y * y;
    y *= fma((float8)(2.0f), from, cube) / fma((float8)(2.0f), cube, from);
    float8 line = fma(x, (float8)(841.0f / 108.0f), (float8)(4.0f / 29.0f));
    return select(line, y, x > bend);
}

/* Texels with R in the lowest byte. linear: 256 values of the sRGB curve. The rows of the matrix
 * are divided by the white point. */
FMK_INLINE fmk_lab fmk_lab_of(uint8 texel, __global const float *linear) {
    uint8 red = texel & 255u, green = texel >> 8 & 255u, blue = texel >> 16 & 255u;
    float8 r = FMK_LOOK_UP(linear, red);
    float8 g = FMK_LOOK_UP(linear, green);
    float8 b = FMK_LOOK_UP(linear, blue);
    float8 x = fma(r, (float8)(0.43395271f), fma(g, (float8)(0.37621941f), b * 0.18984062f));
    float8 y = fma(r, (float8)(0.21267286f), fma(g, (float8)(0.71515216f), b * 0.07217499f));
    float8 z = fma(r, (float8)(0.01775658f), fma(g, (float8)(0.10946797f), b * 0.87277545f));
    x = fmk_lab_curve(x);
    y = fmk_lab_curve(y);
    z = fmk_lab_curve(z);
    fmk_lab lab;
    lab.l = fma(y, (float8)(116.0f), (float8)(-16.0f));
    lab.a = 500.0f * (x - y);
    lab.b = 200.0f * (y - z);
    return lab;
}

/* x^7 / (x^7 + 25^7) */
FMK_INLINE float8 fmk_chroma_share(float8 x) {
    float8 x2 = x * x, x7 = x2 * x2 * x2 * x;
    return x7 / (x7 + 6103515625.0f);
}

/* p q - r s with one rounding's error. */
FMK_INLINE float8 fmk_cross(float8 p, float8 q, float8 r, float8 s) {
    float8 product = r * s;
    return fma(p, q, -product) + fma(-r, s, product);
}

/* Arc tangent on [-1, 1]: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.50. */
FMK_INLINE float8 fmk_atan(float8 x) {
    float8 s = x * x;
    float8 p = fma(s, (float8)(0.0028662257f), (float8)(-0.0161657367f));
    p = fma(s, p, (float8)(0.0429096138f));
    p = fma(s, p, (float8)(-0.0752896400f));
    p = fma(s, p, (float8)(0.1065626393f));
    p = fma(s, p, (float8)(-0.1420889944f));
    p = fma(s, p, (float8)(0.1999355085f));
    p = fma(s, p, (float8)(-0.3333314528f));
    return fma(s * p, x, x);
}

/* Sine on [0, 1.05] by its series. */
FMK_INLINE float8 fmk_sine(float8 x) {
    float8 s = x * x;
    float8 p = fma(s, (float8)(1.0f / 362880.0f), (float8)(-1.0f / 5040.0f));
    p = fma(s, p, (float8)(1.0f / 120.0f));
    p = fma(s, p, (float8)(-1.0f / 6.0f));
    return fma(s * p, x, x);
}

/* Rotation term -sin(2 dtheta) R_C; c, s: cosine and sine of the mean hue. The formula's bell
 * around 275 degrees is 2e-6 of its height 90 degrees from there, where it may as well stay. */
FMK_INLINE float8 fmk_rotation(float8 c, float8 s, float8 chroma_share) {
    float8 cosine = fma(c, (float8)(0.087155743f), s * -0.99619470f);
    float8 sine = fma(s, (float8)(0.087155743f), c * 0.99619470f);
    float8 half_tan = sine / (1.0f + fmax(cosine, (float8)(0.0f)));
    half_tan = select(half_tan, (float8)(1.0f), cosine < (float8)(0.0f));
    float8 turns = fmk_atan(half_tan);
    turns *= 2.0f * 57.29577951f / 25.0f;
    float8 bell = exp(-turns * turns);
    return fmk_sine(1.04719755f * bell) * -2.0f * sqrt(chroma_share);
}

/* T of the formula. c, s: as above. */
FMK_INLINE float8 fmk_hue_weight(float8 c, float8 s) {
    float8 c2 = fma(2.0f * c, c, (float8)(-1.0f)), s2 = 2.0f * s * c;
    float8 c3 = fma(c, c2, -s * s2), s3 = fma(s, c2, c * s2);
    float8 c4 = fma(2.0f * c2, c2, (float8)(-1.0f)), s4 = 2.0f * s2 * c2;
    float8 t = fma(c, (float8)(-0.17f * 0.86602540f), (float8)(1.0f));
    t = fma(s, (float8)(-0.17f * 0.5f), t);
    t = fma(c2, (float8)(0.24f), t);
    t = fma(c3, (float8)(0.32f * 0.99452190f), t);
    t = fma(s3, (float8)(-0.32f * 0.10452846f), t);
    t = fma(c4, (float8)(-0.20f * 0.45399050f), t);
    return fma(s4, (float8)(-0.20f * 0.89100652f), t);
}

FMK_INLINE float8 fmk_ciede2000(fmk_lab p, fmk_lab q) {
    const float8 zero = (float8)(0.0f), one = (float8)(1.0f);
    float8 chroma = 0.5f * (sqrt(fma(p.a, p.a, p.b * p.b)) + sqrt(fma(q.a, q.a, q.b * q.b)));
    float8 grow = 1.5f - 0.5f * sqrt(fmk_chroma_share(chroma));
    float8 a1 = p.a * grow, a2 = q.a * grow;
    float8 c1 = sqrt(fma(a1, a1, p.b * p.b)), c2 = sqrt(fma(a2, a2, q.b * q.b));
    float8 mean_l = 0.5f * (p.l + q.l) - 50.0f, mean_c = 0.5f * (c1 + c2);

    float8 cross = fmk_cross(a1, q.b, a2, p.b); /* of both hue vectors: c1 c2 sin */
    float8 dot = fma(a1, a2, p.b * q.b), both = c1 * c2;
    int8 acute = dot >= zero;
    /* Exactly opposite hues: the second one is ahead when the first is below 180 degrees. */
    int8 first_low = (p.b > zero) | ((p.b == zero) & (a1 > zero));
    int8 ahead = (cross > zero) | ((cross == zero) & first_low);
    float8 wide = sqrt(2.0f * fmax(both - dot, zero));
    float8 narrow = cross / sqrt(fmax(0.5f * (both + dot), (float8)(1.0e-30f)));
    float8 d_hue = select(select(-wide, wide, ahead), narrow, acute);

    /* Direction of the mean hue: the sum of the unit vectors, or across their difference where
     * the sum is short. A colour without chroma has no say. */
    float8 w1 = select(c2, one, c2 == zero), w2 = select(c1, one, c1 == zero);
    float8 x1 = a1 * w1, y1 = p.b * w1, x2 = a2 * w2, y2 = q.b * w2;
    float8 across = select(-one, one, ahead);
    float8 x = select((y2 - y1) * across, x1 + x2, acute);
    float8 y = select((x1 - x2) * across, y1 + y2, acute);
    float8 square = fma(x, x, y * y);
    int8 none = square <= (float8)(1.0e-30f);
    float8 inverse = 1.0f / sqrt(select(square, one, none));
    x = select(x * inverse, one, none);
    y = select(y * inverse, zero, none);

    float8 square_l = mean_l * mean_l;
    float8 l = (q.l - p.l) / fma(0.015f * square_l, 1.0f / sqrt(20.0f + square_l), one);
    float8 c = (c2 - c1) / fma(mean_c, (float8)(0.045f), one);
    float8 h = d_hue / fma(0.015f * mean_c, fmk_hue_weight(x, y), one);
    float8 turn = fmk_rotation(x, y, fmk_chroma_share(mean_c));
    return sqrt(fmax(fma(l, l, fma(c, c, fma(h, h, turn * c * h))), zero));
}

#endif
