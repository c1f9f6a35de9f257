/* SPDX-License-Identifier: MIT */
#include "ref.h"

#include "alloc.h"
#include "vec.h"

#include <stdlib.h>

void fmi_ref_blend(const float *base, const float *deltas, size_t delta_stride, uint32_t values,
                   uint32_t targets, const float *weights, float *out) {
    for (uint32_t i = 0; i < values; i++) {
        double sum = (double)base[i];
        for (uint32_t k = 0; k < targets; k++) {
            sum += (double)weights[k] * (double)deltas[k * delta_stride + i];
        }
        out[i] = (float)sum;
    }
}

static fmi_vec load(const double *xyz, uint32_t index) {
    const double *p = xyz + (size_t)index * 3;
    return (fmi_vec){p[0], p[1], p[2]};
}

static void blend_positions(const fmi_ref_mesh *mesh, double *positions) {
    size_t values = (size_t)mesh->position_count * 3;
    for (size_t i = 0; i < values; i++) {
        double base = (double)mesh->positions_a[i];
        positions[i] = base;
        for (uint32_t k = 0; k < mesh->target_count; k++) {
            positions[i] +=
                (double)mesh->weights[k] * ((double)mesh->targets[k * values + i] - base);
        }
    }
}

fm_status fmi_ref_blend_shape(const fmi_ref_mesh *mesh, double *positions, double *normals,
                              fm_error *err) {
    fmi_vec *sums = fmi_ref_calloc(mesh->position_count, sizeof *sums, "normals", err);
    if (sums == NULL) {
        return FM_ERROR_HOST_MEMORY;
    }
    blend_positions(mesh, positions);
    for (size_t i = 0; i < mesh->triangle_count; i++) {
        uint32_t p[3];
        for (size_t k = 0; k < 3; k++) {
            p[k] = mesh->vertex_position[mesh->triangles[i * 3 + k]];
        }
        fmi_vec corner = load(positions, p[0]);
        fmi_vec normal = fmi_vec_cross(fmi_vec_sub(load(positions, p[1]), corner),
                                       fmi_vec_sub(load(positions, p[2]), corner));
        for (int k = 0; k < 3; k++) {
            sums[p[k]] = fmi_vec_add(sums[p[k]], normal);
        }
    }
    for (size_t i = 0; i < mesh->position_count; i++) {
        fmi_vec unit = fmi_vec_unit(sums[i]);
        normals[i * 3] = unit.x;
        normals[i * 3 + 1] = unit.y;
        normals[i * 3 + 2] = unit.z;
    }
    free(sums);
    return FM_OK;
}
