/* SPDX-License-Identifier: MIT */
/*
 * keypoint_prepare.cl: what is the same for all frames of a clip, once per clip. Everything here is
 * small: one work-item a clip (dim 1) or a keypoint of it (dim 0), no local memory.
 *
 * records: clips x record.floats, source and initial frame; table: clips x table_floats, laid out
 * as keypoint_math.h says.
 *
 * fm_keypoints_pose_clips: SADTALKER values of both frames from their motions.    item: clip
 * fm_keypoints_scale:      both areas, both scales, the one in use.               item: clip
 * fm_keypoints_pairs:      J_ini^-1 J_src with status and condition.              item: point, clip
 * fm_keypoints_spread:     copies for the wide kernel.                            item: float, clip
 * fm_keypoints_live_clips: LIVEPORTRAIT table.                                    item: clip
 *
 * Errors: scales 1e-6 relative; matrices 4 ulp an element (solve_closed.cl).
 */
#ifndef FM_KEYPOINT_PREPARE_CL
#define FM_KEYPOINT_PREPARE_CL

#include "common.cl"
#include "keypoint_hull.cl"
#include "keypoint_math.h"
#include "solve_closed.cl"

#define FMK_AREA_FLOOR 1e-8f

__kernel void fm_keypoints_pose_clips(__global float *records, fm_kp_record record, uint points) {
    __global float *clip = records + get_global_id(1) * record.floats;
    fm_kp_pose(clip + record.canonical, clip + record.source_motion, clip + record.source_value,
               points);
    fm_kp_pose(clip + record.canonical, clip + record.initial_motion, clip + record.initial_value,
               points);
}

/* sqrt(a / b) with one step of Newton behind each of both: devices may be 3 ulp off. */
FMK_INLINE float fmk_root_of_quotient(float a, float b) {
    float q = a / b;
    q += fma(-q, b, a) / b;
    float root = sqrt(q);
    float step = 0.5f * fma(-root, root, q) / root;
    return root > 0.0f && root < INFINITY ? root + step : root;
}

/* NaN stays. */
FMK_INLINE float fmk_floor(float area) {
    return area < FMK_AREA_FLOOR ? FMK_AREA_FLOOR : area;
}

__kernel void fm_keypoints_scale(__global const float *records, __global float *table,
                                 fm_kp_record record, uint d, uint points, uint flags,
                                 uint table_floats) {
    __global const float *clip = records + get_global_id(1) * record.floats;
    __global float *out = table + get_global_id(1) * table_floats;
    __global const float *source = clip + record.source_value;
    __global const float *initial = clip + record.initial_value;
    float bbox = fmk_root_of_quotient(fmk_floor(fmk_bbox_area(source, d, points)),
                                      fmk_floor(fmk_bbox_area(initial, d, points)) + 1e-8f);
    float hull = NAN;
    if (points <= FMK_HULL_POINTS)
        hull = fmk_root_of_quotient(fmk_floor(fmk_hull_area(source, d, points)),
                                    fmk_floor(fmk_hull_area(initial, d, points)));
    out[FM_KP_SCALE] = (flags & FM_KP_ADAPT) == 0u  ? 1.0f
                       : (flags & FM_KP_HULL) != 0u ? hull
                                                    : bbox;
    out[FM_KP_SCALE_BBOX] = bbox;
    out[FM_KP_SCALE_HULL] = hull;
    for (uint i = 0; i < d * points; ++i) {
        out[FM_KP_INITIAL_AT + i] = initial[i];
        out[FM_KP_SOURCE_AT(d * points) + i] = source[i];
    }
}

/* sigma_max / sigma_min; infinite for a singular matrix. */
FMK_INLINE float fmk_condition_2x2(const float a[4]) {
    float largest = fmk_largest_2x2_float(a), b[4];
    for (int i = 0; i < 4; ++i)
        b[i] = a[i] / largest;
    float e = 0.5f * (b[0] + b[3]), f = 0.5f * (b[0] - b[3]);
    float g = 0.5f * (b[2] + b[1]), h = 0.5f * (b[2] - b[1]);
    float sigma = sqrt(fma(e, e, h * h)) + sqrt(fma(f, f, g * g));
    return sigma * sigma / fabs(fmk_dot2_float(b[0], b[3], -b[1], b[2]));
}

__kernel void fm_keypoints_pairs(__global const float *records, __global float *table,
                                 fm_kp_record record, uint values, uint table_floats) {
    uint k = (uint)get_global_id(0);
    __global const float *clip = records + get_global_id(1) * record.floats;
    __global float *out =
        table + get_global_id(1) * table_floats + FM_KP_PAIRS_AT(values) + FM_KP_PAIR * k;
    const float unit[4] = {1.0f, 0.0f, 0.0f, 1.0f};
    float source[4], initial[4], ratio[4], inverse[4];
    for (uint i = 0; i < 4u; ++i) {
        source[i] = clip[record.source_jacobian + 4u * k + i];
        initial[i] = clip[record.initial_jacobian + 4u * k + i];
    }
    int status, borderline;
    fmk_left_divide_2x2_float(initial, unit, 2.0f * FLT_EPSILON, inverse, &status, &borderline);
    fmk_left_divide_2x2_float(initial, source, 2.0f * FLT_EPSILON, ratio, &status, &borderline);
    for (uint i = 0; i < 4u; ++i) {
        out[i] = ratio[i];
        out[FM_KP_PAIR_LEFT + i] = inverse[i];
        out[FM_KP_PAIR_SOURCE + i] = source[i];
    }
    out[FM_KP_PAIR_CONDITION] = fmk_condition_2x2(initial);
    out[FM_KP_PAIR_STATUS] = (float)status;
}

__kernel void fm_keypoints_spread(__global const float *table, __global float *wide, uint values,
                                  uint points, uint matrices, uint table_floats) {
    uint i = (uint)get_global_id(0);
    __global const float *clip = table + get_global_id(1) * table_floats;
    __global float *out = wide + get_global_id(1) * FM_KP_WIDE(values, points);
    if (i < 16u * values) {
        out[i] = clip[FM_KP_INITIAL_AT + i % values];
        out[16u * values + i] = clip[FM_KP_SOURCE_AT(values) + i % values];
    }
    if (i < 16u * points && matrices != 0u) {
        __global const float *m = clip + FM_KP_PAIRS_AT(values) + FM_KP_PAIR * (i / 4u % points);
        out[32u * values + i] = m[i & 1u];
        out[32u * values + 16u * points + i] = m[2u + (i & 1u)];
    }
}

/* Which coordinates of the expression come from the driving frame: a bit a point, for x, y, z.
 * region as fm_keypoints_region. */
FMK_INLINE uint fmk_live_taken(uint region, bool relative, uint axis) {
    const uint lips = 1u << 6 | 1u << 12 | 1u << 14 | 1u << 17 | 1u << 19 | 1u << 20;
    const uint eyes = 1u << 11 | 1u << 13 | 1u << 15 | 1u << 16 | 1u << 18;
    const uint whole = 1u << 1 | 1u << 2 | 1u << 6 | 0x3FFu << 11;
    const uint y = 1u << 3 | 1u << 4 | 1u << 9, z = 1u << 5 | 1u << 8 | 1u << 9;
    if (region == 2u)
        return 0u;
    if (region == 3u)
        return lips;
    if (region == 4u)
        return eyes;
    return relative ? ~0u : whole | (axis == 1u ? y : axis == 2u ? z : 0u);
}

FMK_INLINE void fmk_live_expression(__global float *out, __global const float *source,
                                    __global const float *initial, bool relative, uint region,
                                    uint points) {
    uint span = 3u * points;
    __global float *take = out + FM_KP_LIVE_AT, *less = take + span, *plus = less + span;
    for (uint i = 0; i < span; ++i) {
        bool taken = (fmk_live_taken(region, relative, i % 3u) >> (i / 3u) & 1u) != 0u;
        take[i] = taken ? 1.0f : 0.0f;
        less[i] = taken && relative ? initial[FM_KP_LIVE_HEAD + i] : 0.0f;
        plus[i] = taken && !relative ? 0.0f : source[FM_KP_LIVE_HEAD + i];
    }
}

/* Q of R = R_drv Q, or R itself where the region leaves it alone. */
FMK_INLINE void fmk_live_turn(__global float *q, __global const float *source,
                              __global const float *initial, bool relative, bool moves) {
    for (uint i = 0; i < 3u; ++i)
        for (uint j = 0; j < 3u; ++j) {
            float r = i == j ? 1.0f : 0.0f;
            if (!moves)
                r = source[4u + 3u * i + j];
            else if (relative) /* R_ini' R_src */
                r = fm_kp_dot3(initial[4u + i], initial[7u + i], initial[10u + i], source[4u + j],
                               source[7u + j], source[10u + j]);
            q[3u * i + j] = r;
        }
}

/* A table with which fm_kp_live gives back the source itself. */
FMK_INLINE void fmk_live_still(__global float *out, __global const float *source, uint points) {
    fmk_live_expression(out, source, source, true, 2u, points);
    fmk_live_turn(out + FM_KP_LIVE_Q, source, source, true, false);
    out[FM_KP_LIVE_SCALE] = 0.0f;
    out[FM_KP_LIVE_ADD] = source[0];
    out[FM_KP_LIVE_TURN] = out[FM_KP_LIVE_MOVE] = 0.0f;
    for (uint i = 0; i < 2u; ++i)
        out[FM_KP_LIVE_PLUS + i] = source[1u + i];
}

FMK_INLINE void fmk_live_head(__global float *out, __global const float *source,
                              __global const float *initial, bool relative, uint region) {
    bool moves = region == 0u || region == 2u;
    bool scales = relative && region == 0u;
    fmk_live_turn(out + FM_KP_LIVE_Q, source, initial, relative, moves);
    out[FM_KP_LIVE_SCALE] = scales ? source[0] / initial[0] : 0.0f;
    out[FM_KP_LIVE_ADD] = scales ? 0.0f : source[0];
    out[FM_KP_LIVE_TURN] = out[FM_KP_LIVE_MOVE] = moves ? 1.0f : 0.0f;
    for (uint i = 0; i < 2u; ++i) {
        out[FM_KP_LIVE_LESS + i] = moves && relative ? initial[1u + i] : 0.0f;
        out[FM_KP_LIVE_PLUS + i] = moves && !relative ? 0.0f : source[1u + i];
    }
}

__kernel void fm_keypoints_live_clips(__global const float *records, __global float *table,
                                      fm_kp_record record, uint points, uint flags, uint region,
                                      uint values_wanted, uint table_floats) {
    __global const float *clip = records + get_global_id(1) * record.floats;
    __global float *out = table + get_global_id(1) * table_floats;
    __global const float *source = clip + record.source_motion;
    __global const float *initial = clip + record.initial_motion;
    bool relative = (flags & FM_KP_RELATIVE) != 0u;
    uint span = 3u * points;
    __global float *canonical = out + FM_KP_LIVE_AT + 3u * span;
    __global float *x_source = canonical + span, *x_first = x_source + span;
    out[FM_KP_SCALE] = 1.0f;
    out[FM_KP_LIVE_FRIENDLY] = 0.0f;
    if (values_wanted != 0u) {
        for (uint i = 0; i < span; ++i)
            canonical[i] = clip[record.canonical + i];
        fmk_live_still(out, source, points);
        fm_kp_live(out, source, out, x_source, points, 2u, 1.0f, true);
    }
    fmk_live_expression(out, source, initial, relative, region, points);
    fmk_live_head(out, source, initial, relative, region);
    if (values_wanted == 0u || !relative || (flags & FM_KP_FRIENDLY) == 0u)
        return;
    fm_kp_live(out, initial, out, x_first, points, 2u, 1.0f, true);
    float first = fmk_hull_volume(x_first, points);
    if (first != 0.0f) /* flat: m stays 1 */
        out[FM_KP_SCALE] = fmk_root_of_quotient(fmk_hull_volume(x_source, points), first);
    out[FM_KP_LIVE_FRIENDLY] = 1.0f;
}

#endif
