/* SPDX-License-Identifier: MIT */
/* Columns of the neutral head: contours of the field, with rows tied to the features. */
#include "sample_surface.h"

#include "error.h"

#include <stdlib.h>

#define STEP 0.5 /* mm along the contour */
#define SHORTEST_STEP 0.01
#define MAX_POINTS 8192

const int fmi_row_weight[FMI_ROW_KNOTS - 1] = {15, 9, 8, 5, 8, 5, 9, 10, 7, 5, 5, 4, 8, 8, 9};

void fmi_row_knots(double t[FMI_ROW_KNOTS]) {
    double total = 0;
    for (int k = 0; k + 1 < FMI_ROW_KNOTS; k++)
        total += fmi_row_weight[k];
    t[0] = 0;
    for (int k = 1; k < FMI_ROW_KNOTS; k++)
        t[k] = t[k - 1] + fmi_row_weight[k - 1] / total;
    t[FMI_ROW_KNOTS - 1] = 1.0;
}

double fmi_column_angle(double c) {
    /* half of the columns see the face, and the ears get more than their share of the rest */
    static const double share[] = {0.0, 0.22, 0.42, 0.52, 0.60, 0.80, 1.0};
    static const double degrees[] = {0.0, 21.0, 46.0, 66.0, 80.0, 106.0, 180.0};
    double slope[7], q = fabs(2.0 * c - 1.0);
    fmi_sample_slopes(share, degrees, slope, 7);
    double angle = fmi_sample_curve(share, degrees, slope, 7, q) * (FMI_PI / 180.0);
    return c < 0.5 ? -angle : angle;
}

/** Height of a row of features at distance x from the middle plane. */
static double knot_height(int knot, double x) {
    switch (knot) {
    case FMI_ROW_FOREHEAD:
        return 68.0;
    case FMI_ROW_BROW:
        return 30.0;
    case FMI_ROW_CREASE:
        return fmi_eye_upper(x) + 5.5;
    case FMI_ROW_LID_UPPER:
        return fmi_eye_upper(x);
    case FMI_ROW_LID_LOWER:
        return fmi_eye_lower(x);
    case FMI_ROW_POUCH:
        return fmi_eye_lower(x) - 6.5;
    case FMI_ROW_NOSE_TIP:
        return -34.0;
    case FMI_ROW_NOSE_BASE:
        return -49.0;
    case FMI_ROW_LIP_UPPER:
        return fmi_lip_upper(x < 34 ? x : 34);
    case FMI_ROW_MOUTH:
        return fmi_mouth_line(x < 34 ? x : 34);
    case FMI_ROW_LIP_LOWER:
        return fmi_lip_lower(x < 34 ? x : 34);
    case FMI_ROW_CHIN_FOLD:
        return -87.5;
    case FMI_ROW_CHIN:
        return -107.0;
    case FMI_ROW_THROAT:
        return -128.0;
    default:
        return FMI_HEAD_RIM_Y;
    }
}

static fmi_v3 on_plane(const fmi_profile *p, double r, double y) {
    return (fmi_v3){r * p->sine, y, FMI_HEAD_AXIS_Z + r * p->cosine};
}

/** Field and its slope within the half-plane. */
static double plane_field(const fmi_profile *p, double r, double y, double *gr, double *gy) {
    const double h = 0.05;
    double f = fmi_head_field(on_plane(p, r, y));
    *gr = (fmi_head_field(on_plane(p, r + h, y)) - f) / h;
    *gy = (fmi_head_field(on_plane(p, r, y + h)) - f) / h;
    return f;
}

/** Moves (r, y) onto the surface; out: unit direction that has the inside on its right. */
static void settle(const fmi_profile *p, double *r, double *y, double *tr, double *ty) {
    double gr = 0, gy = 0, f = 0;
    for (int i = 0; i < 3; i++) {
        f = plane_field(p, *r, *y, &gr, &gy);
        double q = gr * gr + gy * gy;
        if (q < 1e-6)
            break;
        double move = fmi_clamp(f / q, -STEP, STEP);
        *r -= move * gr;
        *y -= move * gy;
        if (fabs(f) < 1e-4)
            break;
    }
    double length = sqrt(gr * gr + gy * gy);
    *tr = length > 0 ? gy / length : 1.0;
    *ty = length > 0 ? -gr / length : 0.0;
}

static double crown_height(const fmi_profile *p) {
    double lo = 0, hi = 200;
    for (int i = 0; i < 50; i++) {
        double mid = 0.5 * (lo + hi);
        if (fmi_head_field(on_plane(p, 0, mid)) < 0)
            lo = mid;
        else
            hi = mid;
    }
    return 0.5 * (lo + hi);
}

static void push(fmi_profile *p, double r, double y) {
    size_t n = p->count++;
    double dr = n ? r - p->r[n - 1] : 0, dy = n ? y - p->y[n - 1] : 0;
    p->r[n] = r;
    p->y[n] = y;
    p->s[n] = (n ? p->s[n - 1] : 0) + sqrt(dr * dr + dy * dy);
}

/** One step along the contour, shorter where it bends sharply so as not to leap across a fold. */
static void advance(const fmi_profile *p, double *r, double *y, double *tr, double *ty) {
    double r0 = *r, y0 = *y, tr0 = *tr, ty0 = *ty;
    for (double step = STEP; step > SHORTEST_STEP; step *= 0.5) {
        *r = r0 + step * tr0;
        *y = y0 + step * ty0;
        settle(p, r, y, tr, ty);
        if (*tr * tr0 + *ty * ty0 > 0.8)
            return;
    }
    /* an edge, or a fold too thin to enter: go straight on */
    *r = r0 + STEP * tr0;
    *y = y0 + STEP * ty0;
    settle(p, r, y, tr, ty);
    if (*tr * tr0 + *ty * ty0 < 0) {
        *tr = tr0;
        *ty = ty0;
    }
}

static void follow(fmi_profile *p) {
    double r = 0, y = crown_height(p), tr = 1, ty = 0;
    p->count = 0;
    push(p, r, y);
    while (y > FMI_HEAD_RIM_Y && p->count < MAX_POINTS) {
        advance(p, &r, &y, &tr, &ty);
        push(p, r, y);
    }
    /* the last point goes back onto the rim plane */
    size_t n = p->count - 1;
    double back = (FMI_HEAD_RIM_Y - p->y[n - 1]) / (p->y[n] - p->y[n - 1]);
    p->r[n] = p->r[n - 1] + back * (p->r[n] - p->r[n - 1]);
    p->y[n] = FMI_HEAD_RIM_Y;
    p->s[n] = p->s[n - 1] + back * (p->s[n] - p->s[n - 1]);
}

/** Arc length at which the column first comes down to each feature. */
static void find_knots(fmi_profile *p) {
    size_t i = 1;
    p->knot_s[0] = 0;
    for (int k = 1; k < FMI_ROW_KNOTS - 1; k++) {
        while (i + 1 < p->count && p->y[i] > knot_height(k, p->r[i] * p->sine))
            i++;
        double above = p->y[i - 1] - knot_height(k, p->r[i - 1] * p->sine);
        double below = p->y[i] - knot_height(k, p->r[i] * p->sine);
        double part = above > below ? fmi_clamp(above / (above - below), 0.0, 1.0) : 0.0;
        double s = p->s[i - 1] + part * (p->s[i] - p->s[i - 1]);
        double least = p->knot_s[k - 1] + 0.1;
        p->knot_s[k] = s > least ? s : least;
    }
    p->knot_s[FMI_ROW_KNOTS - 1] = p->s[p->count - 1];
    fmi_row_knots(p->t);
    fmi_sample_slopes(p->t, p->knot_s, p->slope, FMI_ROW_KNOTS);
}

fm_status fmi_profile_trace(fmi_profile *p, double angle, fm_error *err) {
    if (!p->s) {
        p->s = malloc(3 * MAX_POINTS * sizeof *p->s);
        if (!p->s)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a column of the sample head");
        p->r = p->s + MAX_POINTS;
        p->y = p->r + MAX_POINTS;
    }
    fmi_sample_sincos(angle, &p->sine, &p->cosine);
    follow(p);
    if (p->count == MAX_POINTS)
        return fmi_fail(err, FM_ERROR_INTERNAL,
                        "the sample head's column at %g rad does not end; please report", angle);
    find_knots(p);
    return FM_OK;
}

/** Between the lids the skin goes behind the eyeball; its first 0.8 mm are the lid's margin. */
static fmi_v3 open_lids(fmi_v3 p) {
    if (!fmi_eye_open_at(p.x))
        return p;
    double upper = fmi_eye_upper(p.x) - p.y, lower = p.y - fmi_eye_lower(p.x);
    double inside = upper < lower ? upper : lower;
    fmi_v3 centre = {FMI_EYE_X, FMI_EYE_Y, FMI_EYE_Z}, e = fmi_v3_sub(p, centre);
    double distance = fmi_v3_length(e), to = FMI_EYE_RADIUS - 0.9;
    if (inside <= 0 || distance <= to)
        return p;
    double w = fmi_ramp(inside, 0.0, 0.8);
    return fmi_v3_add(centre, fmi_v3_scale(e, 1.0 + w * (to / distance - 1.0)));
}

fmi_v3 fmi_profile_at(const fmi_profile *p, double t) {
    double s = fmi_sample_curve(p->t, p->knot_s, p->slope, FMI_ROW_KNOTS, t);
    size_t lo = 0, hi = p->count - 1;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (p->s[mid] <= s)
            lo = mid;
        else
            hi = mid;
    }
    double gap = p->s[hi] - p->s[lo], part = gap > 0 ? (s - p->s[lo]) / gap : 0;
    fmi_v3 at = on_plane(p, p->r[lo] + part * (p->r[hi] - p->r[lo]),
                         p->y[lo] + part * (p->y[hi] - p->y[lo]));
    return t > p->t[FMI_ROW_LID_UPPER] && t < p->t[FMI_ROW_LID_LOWER] && at.z > 60 ? open_lids(at)
                                                                                   : at;
}

void fmi_profile_free(fmi_profile *p) {
    free(p->s);
    *p = (fmi_profile){0};
}
