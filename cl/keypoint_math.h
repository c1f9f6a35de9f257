/* SPDX-License-Identifier: MIT */
/**
 * @file keypoint_math.h
 * What a frame of keypoints goes through, as one text for the kernels and for the engine's host
 * path, so that both give the same bits: additions, products and explicit fma only, no division, no
 * library function. Also the layout of the tables that keypoint_prepare.cl makes once per clip.
 */
#ifndef FM_KEYPOINT_MATH_H
#define FM_KEYPOINT_MATH_H

#include "fm_shared.h"

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
#define FM_KP_MEM __global
#define FM_KP_FN inline __attribute__((always_inline))
#define FM_KP_FMA(a, b, c) fma((a), (b), (c))
#define FM_KP_RINT(x) rint(x)
#else
#include <math.h>
#include <stdbool.h>
#define FM_KP_MEM
#define FM_KP_FN static inline
#define FM_KP_FMA(a, b, c) fmaf((a), (b), (c))
#define FM_KP_RINT(x) rintf(x)
#endif

/* Flags of a table. */
#define FM_KP_ADAPT 1u
#define FM_KP_RELATIVE 2u
#define FM_KP_HULL 4u
#define FM_KP_FRIENDLY 8u

/* Table of a clip for FOMM and SADTALKER, in floats: the head, then d = 2 or 3 coordinates of K
 * points of the initial frame and of the source, then K pairs of matrices. */
#define FM_KP_SCALE 0u /* s in use; LIVEPORTRAIT: m */
#define FM_KP_SCALE_BBOX 1u
#define FM_KP_SCALE_HULL 2u
#define FM_KP_HEAD 16u
/* Per pair: M = J_ini^-1 J_src (4), L = J_ini^-1 (4), J_src (4), condition of J_ini, status, 2 of
 * padding. */
#define FM_KP_PAIR 16u
#define FM_KP_PAIR_LEFT 4u
#define FM_KP_PAIR_SOURCE 8u
#define FM_KP_PAIR_CONDITION 12u
#define FM_KP_PAIR_STATUS 13u
#define FM_KP_INITIAL_AT FM_KP_HEAD
#define FM_KP_SOURCE_AT(values) (FM_KP_HEAD + (values))
#define FM_KP_PAIRS_AT(values) (FM_KP_HEAD + 2u * (values))
#define FM_KP_TABLE(values, points) (FM_KP_PAIRS_AT(values) + FM_KP_PAIR * (points))
/* Copies for the wide kernel, floats of a clip: 16 frames of initial points, of source points
 * (16 x values each), and 4 frames of the coefficients of even and of odd elements (16 x points
 * each). */
#define FM_KP_WIDE_FRAMES 16u
#define FM_KP_WIDE(values, points) (32u * (values) + 32u * (points))

/* Motions: what stands in front of the 3 K floats of the expression. */
#define FM_KP_POSE_HEAD 6u  /* SADTALKER: yaw pitch roll, t */
#define FM_KP_LIVE_HEAD 13u /* LIVEPORTRAIT: scale, t, R */

/* Table of a clip for LIVEPORTRAIT: the head; then 3 K floats each of: take (1 = from the driving
 * frame), less, plus (e = take ? (e - less) + plus : plus), canonical, x_src, x_ini. */
#define FM_KP_LIVE_FRIENDLY 1u /* 1: x = x_src + m (x - x_ini) */
#define FM_KP_LIVE_SCALE 3u    /* new scale = scale_add + scale_times * scale */
#define FM_KP_LIVE_ADD 4u
#define FM_KP_LIVE_TURN 5u /* 1: R = R_drv Q, 0: R = Q */
#define FM_KP_LIVE_MOVE 6u /* 1: t = (t_drv - t_less) + t_plus, 0: t_plus */
#define FM_KP_LIVE_LESS 7u /* t_less: x, y */
#define FM_KP_LIVE_PLUS 9u /* t_plus: x, y */
#define FM_KP_LIVE_Q 16u   /* 9 */
#define FM_KP_LIVE_AT 32u
#define FM_KP_LIVE_TABLE(points) (FM_KP_LIVE_AT + 18u * (points))

/* Where the parts of a clip's record (source and initial frame, as uploaded) start, in floats. */
typedef struct fm_kp_record {
    fm_u32 floats; /* of a record */
    fm_u32 source_value, initial_value;
    fm_u32 source_jacobian, initial_jacobian;
    fm_u32 canonical;
    fm_u32 source_motion, initial_motion;
} fm_kp_record;

/* sin and cos of |x| up to a few thousand: nearest multiple of pi/2 taken off in three parts (Cody
 * and Waite), then the polynomials of Cephes sinf and cosf (S. Moshier), error about 1 ulp of 1. */
FM_KP_FN void fm_kp_sincos(float x, float *sine, float *cosine) {
    float n = FM_KP_RINT(x * 0.636619772f);
    float r = FM_KP_FMA(n, -1.5703125f, x);
    r = FM_KP_FMA(n, -4.837512969970703125e-4f, r);
    r = FM_KP_FMA(n, -7.549789948768648e-8f, r);
    float z = r * r;
    float s = FM_KP_FMA(-1.9515295891e-4f, z, 8.3321608736e-3f);
    s = FM_KP_FMA(s, z, -1.6666654611e-1f);
    s = FM_KP_FMA(s * z, r, r);
    float c = FM_KP_FMA(2.443315711809948e-5f, z, -1.388731625493765e-3f);
    c = FM_KP_FMA(c, z, 4.166664568298827e-2f);
    c = FM_KP_FMA(c * z, z, FM_KP_FMA(-0.5f, z, 1.0f));
    /* n modulo 4, in floats: a number that is not finite has no int. */
    float turns = FM_KP_FMA(-4.0f, FM_KP_RINT(n * 0.25f), n); /* -2 -1 0 1 2 */
    float odd = turns * turns;                                /* 0 1 4 */
    float a = odd == 1.0f ? c : s;
    float b = odd == 1.0f ? s : c;
    *sine = turns == -1.0f || odd == 4.0f ? -a : a;
    *cosine = turns == 1.0f || odd == 4.0f ? -b : b;
}

FM_KP_FN float fm_kp_dot3(float a, float b, float c, float x, float y, float z) {
    return FM_KP_FMA(a, x, FM_KP_FMA(b, y, c * z));
}

/* One SADTALKER frame: out = Rx Ry Rz c + (0, ty, 0) + e. */
FM_KP_FN void fm_kp_pose(FM_KP_MEM const float *canonical, FM_KP_MEM const float *motion,
                         FM_KP_MEM float *out, fm_u32 points) {
    const float radians = 3.14f / 180.0f; /* theirs */
    float sy, cy, sx, cx, sz, cz;
    fm_kp_sincos(motion[0] * radians, &sy, &cy);
    fm_kp_sincos(motion[1] * radians, &sx, &cx);
    fm_kp_sincos(motion[2] * radians, &sz, &cz);
    float ty = motion[4];
    for (fm_u32 k = 0; k < points; ++k) {
        float x = canonical[3u * k], y = canonical[3u * k + 1u], z = canonical[3u * k + 2u];
        FM_KP_MEM const float *e = motion + FM_KP_POSE_HEAD + 3u * k;
        float u = FM_KP_FMA(cz, x, -(sz * y)), v = FM_KP_FMA(sz, x, cz * y);
        float w = FM_KP_FMA(-sy, u, cy * z);
        u = FM_KP_FMA(cy, u, sy * z);
        out[3u * k] = u + e[0];
        out[3u * k + 1u] = FM_KP_FMA(cx, v, -(sx * w)) + ty + e[1];
        out[3u * k + 2u] = FM_KP_FMA(sx, v, cx * w) + e[2];
    }
}

/* One coordinate of a LIVEPORTRAIT value: scale (c . column + e) + t. */
FM_KP_FN float fm_kp_live_place(FM_KP_MEM const float *c, const float *column, float e, float scale,
                                float t) {
    float place = fm_kp_dot3(column[0], column[1], column[2], c[0], c[1], c[2]) + e;
    return FM_KP_FMA(scale, place, t);
}

/* One LIVEPORTRAIT frame: new motion and value from a motion and the clip's table; in place
 * allowed. flags bit 0: motion wanted, bit 1: value wanted. plain: the value before the friendly
 * step and the multiplier, as the tables' own making needs it. */
FM_KP_FN void fm_kp_live(FM_KP_MEM const float *table, FM_KP_MEM const float *in,
                         FM_KP_MEM float *motion, FM_KP_MEM float *value, fm_u32 points,
                         fm_u32 flags, float multiplier, bool plain) {
    const fm_u32 span = 3u * points;
    FM_KP_MEM const float *take = table + FM_KP_LIVE_AT;
    FM_KP_MEM const float *less = take + span, *plus = less + span, *canonical = plus + span;
    FM_KP_MEM const float *x_source = canonical + span, *x_first = x_source + span;
    FM_KP_MEM const float *q = table + FM_KP_LIVE_Q;
    bool turn = table[FM_KP_LIVE_TURN] != 0.0f, move = table[FM_KP_LIVE_MOVE] != 0.0f;
    float scale = table[FM_KP_LIVE_ADD];
    if (table[FM_KP_LIVE_SCALE] != 0.0f)
        scale = FM_KP_FMA(table[FM_KP_LIVE_SCALE], in[0], scale);
    float t[3] = {table[FM_KP_LIVE_PLUS], table[FM_KP_LIVE_PLUS + 1u], 0.0f};
    for (int i = 0; i < 2; ++i)
        t[i] = move ? (in[1 + i] - table[FM_KP_LIVE_LESS + i]) + t[i] : t[i];
    float column[3][3]; /* column[j]: column j of R */
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            column[j][i] = turn ? fm_kp_dot3(in[4 + 3 * i], in[5 + 3 * i], in[6 + 3 * i], q[j],
                                             q[3 + j], q[6 + j])
                                : q[3 * i + j];
    for (fm_u32 i = 0; i < span; ++i) {
        float e = in[FM_KP_LIVE_HEAD + i];
        e = take[i] != 0.0f ? (e - less[i]) + plus[i] : plus[i];
        fm_u32 axis = i % 3u;
        if ((flags & 2u) != 0u) {
            float x = fm_kp_live_place(canonical + (i - axis), column[axis], e, scale, t[axis]);
            if (!plain && table[FM_KP_LIVE_FRIENDLY] != 0.0f)
                x = FM_KP_FMA(table[FM_KP_SCALE], x - x_first[i], x_source[i]);
            if (!plain && multiplier != 1.0f)
                x = FM_KP_FMA(multiplier, x - x_source[i], x_source[i]);
            value[i] = x;
        }
        if ((flags & 1u) != 0u)
            motion[FM_KP_LIVE_HEAD + i] = e;
    }
    if ((flags & 1u) == 0u)
        return;
    motion[0] = scale;
    for (int i = 0; i < 3; ++i) {
        motion[1 + i] = t[i];
        for (int j = 0; j < 3; ++j)
            motion[4 + 3 * i + j] = column[j][i];
    }
}

#endif
