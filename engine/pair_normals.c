/* SPDX-License-Identifier: MIT */
#include "pair_join.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>

#define TERMS 9 /* three vectors a position: q0, q1, q2 */

static void edge(const float *positions, uint32_t from, uint32_t to, double out[3]) {
    for (size_t i = 0; i < 3; i++)
        out[i] = (double)positions[3 * (size_t)to + i] - (double)positions[3 * (size_t)from + i];
}

static void add_cross(double *sum, const double u[3], const double v[3]) {
    sum[0] += u[1] * v[2] - u[2] * v[1];
    sum[1] += u[2] * v[0] - u[0] * v[2];
    sum[2] += u[0] * v[1] - u[1] * v[0];
}

/* ((1-t) a1 + t b1) x ((1-t) a2 + t b2), multiplied out. */
static void triangle_terms(const fmi_joined *j, const uint32_t p[3], double terms[TERMS]) {
    double a1[3], a2[3], b1[3], b2[3];
    edge(j->positions_a, p[0], p[1], a1);
    edge(j->positions_a, p[0], p[2], a2);
    edge(j->positions_b, p[0], p[1], b1);
    edge(j->positions_b, p[0], p[2], b2);
    for (int i = 0; i < TERMS; i++)
        terms[i] = 0;
    add_cross(terms, a1, a2);
    add_cross(terms + 3, a1, b2);
    add_cross(terms + 3, b1, a2);
    add_cross(terms + 6, b1, b2);
}

/* A power of two that brings the largest term into [0.5, 1): directions stay exact. */
static double unit_scale(const double *terms) {
    double largest = 0;
    int exponent = 0;
    for (int i = 0; i < TERMS; i++)
        largest = fmax(largest, fabs(terms[i]));
    frexp(largest, &exponent);
    return ldexp(1, -exponent);
}

fm_status fmi_joined_normals(const fmi_joined *joined, float *q0, float *q1, float *q2,
                             fm_error *err) {
    double *sums = calloc((size_t)joined->position_count * TERMS, sizeof *sums);
    if (!sums)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for the normals of %u positions; use a smaller mesh",
                        joined->position_count);
    for (size_t t = 0; t < joined->triangle_count; t++) {
        double terms[TERMS];
        uint32_t p[3];
        for (size_t i = 0; i < 3; i++)
            p[i] = joined->vertex_position[joined->triangles[3 * t + i]];
        triangle_terms(joined, p, terms);
        for (int i = 0; i < 3; i++)
            for (size_t k = 0; k < TERMS; k++)
                sums[(size_t)p[i] * TERMS + k] += terms[k];
    }
    for (size_t p = 0; p < joined->position_count; p++) {
        const double *from = sums + p * TERMS;
        double scale = unit_scale(from);
        for (size_t i = 0; i < 3; i++) {
            q0[3 * p + i] = (float)(from[i] * scale);
            q1[3 * p + i] = (float)(from[3 + i] * scale);
            q2[3 * p + i] = (float)(from[6 + i] * scale);
        }
    }
    free(sums);
    return FM_OK;
}
