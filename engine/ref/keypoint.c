/* SPDX-License-Identifier: MIT */
#include "keypoint.h"

#include "solve.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MAX_POINTS FM_KEYPOINTS_MAX
#define LIVE_POINTS 21
#define AREA_FLOOR 1e-8
#define RCOND (2.0 * (double)FLT_EPSILON)

static uint32_t dims(const fmi_ref_keypoints *clip) {
    return clip->how.model == FM_KEYPOINTS_FOMM ? 2 : 3;
}

/* SADTALKER: p = Rx(pitch) Ry(yaw) Rz(roll) c + (0, ty, 0) + e. */
static void pose(const float *canonical, const float *motion, uint32_t points, double *out) {
    const double radians = 3.14 / 180;
    const double yaw = (double)motion[0] * radians, pitch = (double)motion[1] * radians;
    const double roll = (double)motion[2] * radians;
    const double rx[3][3] = {{1, 0, 0}, {0, cos(pitch), -sin(pitch)}, {0, sin(pitch), cos(pitch)}};
    const double ry[3][3] = {{cos(yaw), 0, sin(yaw)}, {0, 1, 0}, {-sin(yaw), 0, cos(yaw)}};
    const double rz[3][3] = {{cos(roll), -sin(roll), 0}, {sin(roll), cos(roll), 0}, {0, 0, 1}};
    double r[3][3] = {{0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                for (int l = 0; l < 3; l++)
                    r[i][l] += rx[i][j] * ry[j][k] * rz[k][l];
    for (uint32_t k = 0; k < points; k++)
        for (int i = 0; i < 3; i++) {
            double p = i == 1 ? (double)motion[4] : 0;
            for (int j = 0; j < 3; j++)
                p += r[i][j] * (double)canonical[3 * k + j];
            out[3 * k + i] = p + (double)motion[6 + 3 * k + i];
        }
}

/* Value of frame number frame of a set, made from its motion where there is one. */
static void value_of(const fmi_ref_keypoints *clip, const fm_keypoints_set *set, uint32_t frame,
                     double *out) {
    const uint32_t k = clip->how.points, values = dims(clip) * k;
    if (set->motion != NULL)
        pose(clip->source.canonical, set->motion + (size_t)frame * (6 + 3 * k), k, out);
    else
        for (uint32_t i = 0; i < values; i++)
            out[i] = (double)set->value[(size_t)frame * values + i];
}

static double at_least(double area) {
    return area < AREA_FLOOR ? AREA_FLOOR : area;
}

static void planar_scales(const fmi_ref_keypoints *clip, fmi_ref_keypoints_scales *scales) {
    double source[3 * MAX_POINTS], initial[3 * MAX_POINTS];
    const uint32_t d = dims(clip), k = clip->how.points;
    value_of(clip, &clip->source, 0, source);
    value_of(clip, &clip->initial, 0, initial);
    scales->bbox = sqrt(at_least(fmi_ref_bbox_area(source, d, k)) /
                        (at_least(fmi_ref_bbox_area(initial, d, k)) + 1e-8));
    if (k <= FM_KEYPOINTS_MAX_HULL)
        scales->hull = sqrt(at_least(fmi_ref_hull_area(source, d, k)) /
                            at_least(fmi_ref_hull_area(initial, d, k)));
    if (!clip->how.no_adapt_scale)
        scales->used = clip->how.area == FM_KEYPOINTS_HULL ? scales->hull : scales->bbox;
}

static uint8_t jacobian(const fmi_ref_keypoints *clip, uint32_t k, const float *in, float *out) {
    double driving[4], source[4], initial[4], x[4];
    bool finite = true;
    for (int i = 0; i < 4; i++) {
        driving[i] = (double)in[i];
        source[i] = (double)clip->source.jacobian[4 * k + i];
        initial[i] = (double)clip->initial.jacobian[4 * k + i];
        finite = finite && isfinite(driving[i]) && isfinite(source[i]);
    }
    const uint8_t status = fmi_ref_solve(2, 2, clip->how.seed_compat ? FM_SIDE_LEFT : FM_SIDE_RIGHT,
                                         RCOND, initial, driving, x, NULL);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            out[2 * i + j] = (float)(x[2 * i] * source[j] + x[2 * i + 1] * source[2 + j]);
    return finite ? status : FM_KEYPOINTS_NOT_FINITE;
}

static void jacobians(const fmi_ref_keypoints *clip, const float *in, float *out, uint8_t *status) {
    const bool copy = clip->how.no_relative_movement || clip->how.no_relative_jacobian;
    for (uint32_t k = 0; k < clip->how.points; k++) {
        float x[4];
        uint8_t found = FM_KEYPOINTS_REGULAR;
        if (copy)
            memcpy(x, in + 4 * k, sizeof x);
        else
            found = jacobian(clip, k, in + 4 * k, x);
        for (int i = 0; i < 4; i++)
            if (!isfinite(in[4 * k + i]))
                found = FM_KEYPOINTS_NOT_FINITE;
        if (status != NULL && status[k] != FM_KEYPOINTS_NOT_FINITE)
            status[k] = found;
        if (out != NULL)
            memcpy(out + 4 * k, x, sizeof x);
    }
}

/* Status 2 for points of which one of d numbers at row + head, or one of the head, is not finite.
 */
static void judge(const float *row, uint32_t head, uint32_t d, uint32_t points, uint8_t *status) {
    bool finite = true;
    for (uint32_t i = 0; i < head; i++)
        finite = finite && isfinite(row[i]);
    for (uint32_t k = 0; k < points; k++) {
        status[k] = finite ? FM_KEYPOINTS_REGULAR : FM_KEYPOINTS_NOT_FINITE;
        for (uint32_t i = 0; i < d; i++)
            if (!isfinite(row[head + d * k + i]))
                status[k] = FM_KEYPOINTS_NOT_FINITE;
    }
}

static void planar_frame(const fmi_ref_keypoints *clip, const fm_keypoints_set *in,
                         const fm_keypoints_out *out, uint32_t frame, double scale) {
    double source[3 * MAX_POINTS], initial[3 * MAX_POINTS], p[3 * MAX_POINTS];
    const uint32_t d = dims(clip), k = clip->how.points, values = d * k;
    uint8_t *status = out->status != NULL ? out->status + (size_t)frame * k : NULL;
    if (status != NULL && in->motion != NULL)
        judge(in->motion + (size_t)frame * (6 + values), 6, d, k, status);
    else if (status != NULL)
        judge(in->value + (size_t)frame * values, 0, d, k, status);
    value_of(clip, &clip->source, 0, source);
    value_of(clip, &clip->initial, 0, initial);
    value_of(clip, in, frame, p);
    for (uint32_t i = 0; i < values && out->value != NULL; i++)
        out->value[(size_t)frame * values + i] =
            (float)(clip->how.no_relative_movement ? p[i]
                                                   : source[i] + scale * (p[i] - initial[i]));
    if (clip->how.model == FM_KEYPOINTS_FOMM && in->jacobian != NULL)
        jacobians(clip, in->jacobian + (size_t)frame * 4 * k,
                  out->jacobian != NULL ? out->jacobian + (size_t)frame * 4 * k : NULL, status);
}

/* --- LIVEPORTRAIT ---------------------------------------------------------------------------- */

/* A motion in double. */
typedef struct live {
    double scale, t[3], r[3][3], e[3 * LIVE_POINTS];
} live;

static live live_of(const float *motion, uint32_t points) {
    live m = {.scale = (double)motion[0]};
    for (int i = 0; i < 3; i++) {
        m.t[i] = i < 2 ? (double)motion[1 + i] : 0;
        for (int j = 0; j < 3; j++)
            m.r[i][j] = (double)motion[4 + 3 * i + j];
    }
    for (uint32_t i = 0; i < 3 * points; i++)
        m.e[i] = (double)motion[13 + i];
    return m;
}

static void live_place(const live *m, const float *canonical, uint32_t points, double *x) {
    for (uint32_t k = 0; k < points; k++)
        for (int j = 0; j < 3; j++) {
            double p = m->e[3 * k + j];
            for (int i = 0; i < 3; i++)
                p += (double)canonical[3 * k + i] * m->r[i][j];
            x[3 * k + j] = m->scale * p + m->t[j];
        }
}

static bool listed(const int *list, uint32_t k) {
    for (int i = 0; list[i] >= 0; i++)
        if ((uint32_t)list[i] == k)
            return true;
    return false;
}

static bool absolute_takes(uint32_t k, uint32_t axis) {
    static const int whole[] = {1, 2, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, -1};
    return listed(whole, k) || ((k == 3 || k == 4) && axis == 1) ||
           ((k == 5 || k == 8) && axis == 2) || (k == 9 && axis >= 1);
}

static bool takes(const fm_keypoints_params *how, uint32_t k, uint32_t axis) {
    static const int lips[] = {6, 12, 14, 17, 19, 20, -1}, eyes[] = {11, 13, 15, 16, 18, -1};
    switch (how->region) {
    case FM_KEYPOINTS_REGION_POSE:
        return false;
    case FM_KEYPOINTS_REGION_LIP:
        return listed(lips, k);
    case FM_KEYPOINTS_REGION_EYES:
        return listed(eyes, k);
    default:
        return !how->no_relative_movement || absolute_takes(k, axis);
    }
}

static void live_turn(live *out, const live *source, const live *initial, const live *driving,
                      bool relative) {
    if (!relative) {
        memcpy(out->r, driving->r, sizeof out->r);
        return;
    }
    double turn[3][3] = {{0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                turn[i][j] += driving->r[i][k] * initial->r[j][k];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            out->r[i][j] = 0;
            for (int k = 0; k < 3; k++)
                out->r[i][j] += turn[i][k] * source->r[k][j];
        }
}

static live live_new(const fmi_ref_keypoints *clip, const live *source, const live *initial,
                     const live *driving) {
    const bool relative = !clip->how.no_relative_movement;
    const bool all = clip->how.region == FM_KEYPOINTS_REGION_ALL;
    live out = *source;
    if (all || clip->how.region == FM_KEYPOINTS_REGION_POSE) {
        live_turn(&out, source, initial, driving, relative);
        for (int i = 0; i < 2; i++)
            out.t[i] = relative ? source->t[i] + (driving->t[i] - initial->t[i]) : driving->t[i];
    }
    if (all && relative)
        out.scale = source->scale * (driving->scale / initial->scale);
    for (uint32_t i = 0; i < 3 * clip->how.points; i++)
        if (takes(&clip->how, i / 3, i % 3))
            out.e[i] = relative ? source->e[i] + (driving->e[i] - initial->e[i]) : driving->e[i];
    return out;
}

static bool friendly(const fmi_ref_keypoints *clip) {
    return clip->how.expression_friendly && !clip->how.no_relative_movement &&
           clip->source.canonical != NULL;
}

static double live_scale(const fmi_ref_keypoints *clip, const live *source, const live *initial) {
    double x_source[3 * LIVE_POINTS], x_first[3 * LIVE_POINTS];
    const live first = live_new(clip, source, initial, initial);
    live_place(source, clip->source.canonical, clip->how.points, x_source);
    live_place(&first, clip->source.canonical, clip->how.points, x_first);
    const double volume = fmi_ref_hull_volume(x_first, clip->how.points);
    return volume == 0 ? 1 : sqrt(fmi_ref_hull_volume(x_source, clip->how.points) / volume);
}

static void live_value(const fmi_ref_keypoints *clip, const live *source, const live *initial,
                       const live *made, double m, float *value) {
    double x_source[3 * LIVE_POINTS], x_first[3 * LIVE_POINTS], x[3 * LIVE_POINTS];
    const live first = live_new(clip, source, initial, initial);
    live_place(source, clip->source.canonical, clip->how.points, x_source);
    live_place(&first, clip->source.canonical, clip->how.points, x_first);
    live_place(made, clip->source.canonical, clip->how.points, x);
    for (uint32_t i = 0; i < 3 * clip->how.points; i++) {
        if (friendly(clip))
            x[i] = x_source[i] + m * (x[i] - x_first[i]);
        value[i] = (float)(x_source[i] + (x[i] - x_source[i]) * (double)clip->how.multiplier);
    }
}

static void live_motion(const live *made, uint32_t points, float *motion) {
    motion[0] = (float)made->scale;
    for (int i = 0; i < 3; i++) {
        motion[1 + i] = (float)made->t[i];
        for (int j = 0; j < 3; j++)
            motion[4 + 3 * i + j] = (float)made->r[i][j];
    }
    for (uint32_t i = 0; i < 3 * points; i++)
        motion[13 + i] = (float)made->e[i];
}

static void live_frame(const fmi_ref_keypoints *clip, const fm_keypoints_set *in,
                       const fm_keypoints_out *out, uint32_t frame, double m) {
    const uint32_t k = clip->how.points, floats = 13 + 3 * k;
    const live source = live_of(clip->source.motion, k), initial = live_of(clip->initial.motion, k);
    const live driving = live_of(in->motion + (size_t)frame * floats, k);
    const live made = live_new(clip, &source, &initial, &driving);
    if (out->status != NULL)
        judge(in->motion + (size_t)frame * floats, 13, 3, k, out->status + (size_t)frame * k);
    if (out->value != NULL)
        live_value(clip, &source, &initial, &made, m, out->value + (size_t)frame * 3 * k);
    if (out->motion != NULL)
        live_motion(&made, k, out->motion + (size_t)frame * floats);
}

/* --------------------------------------------------------------------------------------------- */

void fmi_ref_keypoints_scale(const fmi_ref_keypoints *clip, fmi_ref_keypoints_scales *scales) {
    *scales = (fmi_ref_keypoints_scales){.used = 1, .bbox = (double)NAN, .hull = (double)NAN};
    if (clip->how.model != FM_KEYPOINTS_LIVEPORTRAIT) {
        planar_scales(clip, scales);
    } else if (friendly(clip)) {
        const live source = live_of(clip->source.motion, clip->how.points);
        const live initial = live_of(clip->initial.motion, clip->how.points);
        scales->used = live_scale(clip, &source, &initial);
    }
}

void fmi_ref_keypoints_run(const fmi_ref_keypoints *clip, const fm_keypoints_set *in,
                           const fm_keypoints_out *out, uint32_t frames) {
    fmi_ref_keypoints_scales scales;
    fmi_ref_keypoints_scale(clip, &scales);
    for (uint32_t frame = 0; frame < frames; frame++) {
        if (clip->how.model == FM_KEYPOINTS_LIVEPORTRAIT)
            live_frame(clip, in, out, frame, scales.used);
        else
            planar_frame(clip, in, out, frame, scales.used);
    }
}

double fmi_ref_condition_2x2(const float *matrix) {
    double a[4], u[4], s[2], v[4];
    for (int i = 0; i < 4; i++)
        a[i] = (double)matrix[i];
    fmi_ref_svd(2, a, u, s, v);
    return s[1] > 0 ? s[0] / s[1] : (double)INFINITY;
}
