/* SPDX-License-Identifier: MIT */
#include <fm/geometry.h>

#include "pair_impl.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>

struct fm_geometry {
    const fmi_joined *joined;
    float *terms[3]; /* of the normals, see fmi_joined_normals; one block */
};

fm_status fm_geometry_create(fm_geometry **geometry, const fm_pair *pair, fm_error *err) {
    if (!geometry || !pair)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_geometry_create: a NULL argument");
    *geometry = NULL;
    fm_geometry *s = calloc(1, sizeof *s);
    size_t floats = (size_t)pair->joined.position_count * 3;
    float *block = malloc(3 * floats * sizeof *block);
    if (!s || !block) {
        free(block);
        free(s);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for the shapes of %u positions; use a smaller mesh",
                        pair->joined.position_count);
    }
    s->joined = &pair->joined;
    for (size_t i = 0; i < 3; i++)
        s->terms[i] = block + i * floats;
    fm_status status = fmi_joined_normals(s->joined, s->terms[0], s->terms[1], s->terms[2], err);
    if (status != FM_OK)
        fm_geometry_destroy(&s);
    *geometry = s;
    return status;
}

void fm_geometry_destroy(fm_geometry **geometry) {
    if (!geometry || !*geometry)
        return;
    free((*geometry)->terms[0]);
    free(*geometry);
    *geometry = NULL;
}

fm_status fm_geometry_topology_get(const fm_geometry *geometry, fm_geometry_topology *topology) {
    if (!geometry || !topology)
        return FM_ERROR_INVALID_ARGUMENT;
    const fmi_joined *j = geometry->joined;
    *topology = (fm_geometry_topology){.positions = j->position_count,
                                       .vertices = j->vertex_count,
                                       .triangles = j->triangle_count,
                                       .vertex_position = j->vertex_position,
                                       .uvs = j->uvs,
                                       .triangles_of = j->triangles};
    return FM_OK;
}

/* (1-t)^2 q0 + t (1-t) q1 + t^2 q2, as pair_join.h derives it. */
static void normal_at(const fm_geometry *geometry, double t, size_t p, float *out) {
    double weight[3] = {(1.0 - t) * (1.0 - t), t * (1.0 - t), t * t};
    double n[3] = {0.0, 0.0, 0.0};
    for (size_t term = 0; term < 3; term++)
        for (size_t i = 0; i < 3; i++)
            n[i] += weight[term] * (double)geometry->terms[term][3 * p + i];
    double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    for (size_t i = 0; i < 3; i++)
        out[i] = length > 0.0 ? (float)(n[i] / length) : i == 2 ? 1.0F : 0.0F;
}

fm_status fm_geometry_at(const fm_geometry *geometry, float t, float *positions, float *normals) {
    if (!geometry || !positions || !isfinite(t))
        return FM_ERROR_INVALID_ARGUMENT;
    const fmi_joined *j = geometry->joined;
    double w = (double)t;
    for (size_t p = 0; p < j->position_count; p++)
        for (size_t i = 0; i < 3; i++)
            positions[3 * p + i] =
                (float)(j->center[i] + (1.0 - w) * (double)j->positions_a[3 * p + i] +
                        w * (double)j->positions_b[3 * p + i]);
    for (size_t p = 0; normals != NULL && p < j->position_count; p++)
        normal_at(geometry, w, p, normals + 3 * p);
    return FM_OK;
}
