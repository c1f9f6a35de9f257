/* SPDX-License-Identifier: MIT */
#include "keypoint.h"

#include <math.h>
#include <stdbool.h>

double fmi_ref_bbox_area(const double *p, uint32_t d, uint32_t count) {
    double side[2];
    for (uint32_t axis = 0; axis < 2; axis++) {
        double least = p[axis], most = p[axis];
        for (uint32_t i = 0; i < count; i++) {
            if (isnan(p[i * d + axis]))
                return (double)NAN;
            least = fmin(least, p[i * d + axis]);
            most = fmax(most, p[i * d + axis]);
        }
        side[axis] = most - least;
    }
    return side[0] * side[1];
}

static double turn(const double *o, const double *a, const double *b) {
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

static double distance2(const double *a, const double *b) {
    return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
}

/* From the leftmost point, always on to the point that has every other one on its left. */
double fmi_ref_hull_area(const double *p, uint32_t d, uint32_t count) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(p[i * d]) || isnan(p[i * d + 1]))
            return (double)NAN;
        if (p[i * d] < p[first * d] ||
            (p[i * d] == p[first * d] && p[i * d + 1] < p[first * d + 1]))
            first = i;
    }
    const double *start = p + first * d, *at = start;
    double twice = 0;
    for (uint32_t step = 0; step < count; step++) {
        const double *next = NULL;
        for (uint32_t i = 0; i < count; i++) {
            const double *q = p + i * d;
            if (distance2(q, at) == 0)
                continue;
            const double side = next ? turn(at, next, q) : -1;
            if (side < 0 || (side == 0 && distance2(q, at) > distance2(next, at)))
                next = q;
        }
        if (!next || distance2(next, start) == 0)
            break;
        twice += turn(start, at, next);
        at = next;
    }
    return fabs(twice) / 2;
}

static void cross(const double *u, const double *v, double *out) {
    out[0] = u[1] * v[2] - u[2] * v[1];
    out[1] = u[2] * v[0] - u[0] * v[2];
    out[2] = u[0] * v[1] - u[1] * v[0];
}

static double dot(const double *u, const double *v) {
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

static void minus(const double *a, const double *b, double *out) {
    for (int i = 0; i < 3; i++)
        out[i] = a[i] - b[i];
}

/* Unit normal of three points; false when they lie in a line. */
static bool normal_of(const double *p, uint32_t a, uint32_t b, uint32_t c, double *normal) {
    double u[3], v[3];
    minus(p + 3 * b, p + 3 * a, u);
    minus(p + 3 * c, p + 3 * a, v);
    cross(u, v, normal);
    const double size = sqrt(dot(normal, normal));
    if (size <= 1e-12 * sqrt(dot(u, u)) * sqrt(dot(v, v)))
        return false;
    for (int i = 0; i < 3; i++)
        normal[i] /= size;
    return true;
}

/* Area of the hull of those points that lie in the plane, in the plane's own coordinates. */
static double facet_area(const double *p, const double *origin, const double *normal,
                         const uint32_t *members, uint32_t count) {
    double flat[2 * FM_KEYPOINTS_MAX_HULL], u[3], v[3], w[3];
    const int least = fabs(normal[0]) < fabs(normal[1]) ? 0 : 1;
    const double axis[3] = {least == 0, least == 1, 0};
    cross(normal, axis, u);
    const double size = sqrt(dot(u, u));
    for (int i = 0; i < 3; i++)
        u[i] /= size;
    cross(normal, u, v);
    for (uint32_t i = 0; i < count; i++) {
        minus(p + 3 * members[i], origin, w);
        flat[2 * i] = dot(w, u);
        flat[2 * i + 1] = dot(w, v);
    }
    return fmi_ref_hull_area(flat, 2, count);
}

/* Volume of the cone from the inner point to the facet through a, b, c; 0 when that is no facet or
 * an earlier triple names the same one. */
static double facet_cone(const double *p, uint32_t count, const uint32_t abc[3],
                         const double *inner, double tolerance) {
    uint32_t members[FM_KEYPOINTS_MAX_HULL], size = 0;
    double normal[3], w[3];
    bool below = false, above = false;
    if (!normal_of(p, abc[0], abc[1], abc[2], normal))
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        minus(p + 3 * i, p + 3 * abc[0], w);
        const double side = dot(w, normal);
        below = below || side < -tolerance;
        above = above || side > tolerance;
        if (fabs(side) <= tolerance)
            members[size++] = i;
    }
    if (below == above) /* inside the hull, or all points in the plane */
        return 0;
    for (uint32_t i = 0; i < size; i++)
        for (uint32_t j = i + 1; j < size; j++)
            for (uint32_t k = j + 1; k < size; k++) {
                double other[3];
                if (!normal_of(p, members[i], members[j], members[k], other))
                    continue;
                if (members[i] != abc[0] || members[j] != abc[1] || members[k] != abc[2])
                    return 0;
                minus(inner, p + 3 * abc[0], w);
                return fabs(dot(w, normal)) * facet_area(p, p + 3 * abc[0], normal, members, size) /
                       3;
            }
    return 0;
}

double fmi_ref_hull_volume(const double *p, uint32_t count) {
    double inner[3] = {0}, volume = 0, reach = 0;
    for (uint32_t i = 0; i < 3 * count; i++) {
        if (!isfinite(p[i]))
            return (double)NAN;
        inner[i % 3] += p[i] / count;
    }
    for (uint32_t i = 0; i < 3 * count; i++)
        reach = fmax(reach, fabs(p[i] - inner[i % 3]));
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = a + 1; b < count; b++)
            for (uint32_t c = b + 1; c < count; c++)
                volume += facet_cone(p, count, (const uint32_t[3]){a, b, c}, inner, 1e-12 * reach);
    return volume;
}
