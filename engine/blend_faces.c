/* SPDX-License-Identifier: MIT */
#include "blend_join.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>

/* Root of the mean square length of the base's edges as a power of two, inverted. */
static float unit_of(const fmi_joined *j) {
    double sum = 0;
    int exponent = 0;
    for (size_t t = 0; t < j->triangle_count; ++t) {
        const uint32_t *v = j->triangles + 3 * t;
        for (int k = 0; k < 3; ++k) {
            const float *p = j->positions_a + 3 * (size_t)j->vertex_position[v[k]];
            const float *q = j->positions_a + 3 * (size_t)j->vertex_position[v[(k + 1) % 3]];
            for (int i = 0; i < 3; ++i)
                sum += ((double)p[i] - (double)q[i]) * ((double)p[i] - (double)q[i]);
        }
    }
    frexp(sqrt(sum / (3.0 * j->triangle_count)), &exponent);
    exponent = exponent < -100 ? -100 : exponent > 100 ? 100 : exponent;
    return (float)ldexp(1.0, -exponent);
}

/* Counting sort of corners by position: starts has one more entry than there are positions. */
static void fill(fmi_faces *faces, const fmi_joined *j, uint32_t *starts) {
    for (size_t i = 0; i < 3 * (size_t)j->triangle_count; ++i)
        ++starts[j->vertex_position[j->triangles[i]] + 1];
    for (uint32_t p = 0; p < j->position_count; ++p)
        starts[p + 1] += starts[p];
    for (uint32_t v = 0; v < j->vertex_count; ++v) {
        faces->range[2 * (size_t)v] = starts[j->vertex_position[v]];
        faces->range[2 * (size_t)v + 1] = starts[j->vertex_position[v] + 1];
    }
    for (size_t i = 0; i < 3 * (size_t)j->triangle_count; ++i) {
        const uint32_t *v = j->triangles + i / 3 * 3;
        size_t at = starts[j->vertex_position[v[i % 3]]]++;
        faces->around[2 * at] = v[(i + 1) % 3];
        faces->around[2 * at + 1] = v[(i + 2) % 3];
    }
}

fm_status fmi_faces_make(fmi_faces *faces, const fmi_joined *joined, uint32_t padded,
                         fm_error *err) {
    size_t corners = 3 * (size_t)joined->triangle_count;
    uint32_t *starts = calloc((size_t)joined->position_count + 1, sizeof *starts);
    faces->range = calloc((size_t)padded * 2, sizeof *faces->range);
    faces->around = malloc(corners * 2 * sizeof *faces->around);
    faces->unit = unit_of(joined);
    if (starts && faces->range && faces->around) {
        fill(faces, joined, starts);
        free(starts);
        return FM_OK;
    }
    free(starts);
    fmi_faces_free(faces);
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the faces of %u triangles",
                    joined->triangle_count);
}

void fmi_faces_free(fmi_faces *faces) {
    free(faces->range);
    free(faces->around);
    *faces = (fmi_faces){0};
}
