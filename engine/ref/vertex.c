/* SPDX-License-Identifier: MIT */
/* Vertices of one frame: morph, normals, camera, screen, snap. */
#include "frame.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>

static fmi_vec load(const float *xyz, uint32_t index) {
    const float *p = xyz + (size_t)index * 3;
    return (fmi_vec){(double)p[0], (double)p[1], (double)p[2]};
}

/* A + sum of w (T - A) */
static void blend(const fmi_ref_mesh *mesh, fmi_vec *positions) {
    for (uint32_t i = 0; i < mesh->position_count; i++) {
        fmi_vec a = load(mesh->positions_a, i);
        positions[i] = a;
        for (uint32_t k = 0; k < mesh->target_count; k++) {
            fmi_vec to = load(mesh->targets + (size_t)k * mesh->position_count * 3, i);
            fmi_vec by = fmi_vec_scale((double)mesh->weights[k], fmi_vec_sub(to, a));
            positions[i] = fmi_vec_add(positions[i], by);
        }
    }
}

/* A + t (B - A) */
static void morph(const fmi_ref_mesh *mesh, double t, fmi_vec *positions) {
    for (uint32_t i = 0; i < mesh->position_count; i++) {
        fmi_vec a = load(mesh->positions_a, i);
        fmi_vec b = load(mesh->positions_b, i);
        positions[i] = fmi_vec_add(a, fmi_vec_scale(t, fmi_vec_sub(b, a)));
    }
}

/* The cross product of two sides is the normal weighted by twice the area. Sums are per position,
 * so vertices on both sides of a UV seam get one normal. */
static void sum_normals(const fmi_ref_mesh *mesh, const fmi_vec *positions, fmi_vec *normals) {
    for (uint32_t i = 0; i < mesh->triangle_count; i++) {
        uint32_t p[3];
        for (int k = 0; k < 3; k++) {
            p[k] = mesh->vertex_position[mesh->triangles[(size_t)i * 3 + k]];
        }
        fmi_vec side1 = fmi_vec_sub(positions[p[1]], positions[p[0]]);
        fmi_vec side2 = fmi_vec_sub(positions[p[2]], positions[p[0]]);
        fmi_vec normal = fmi_vec_cross(side1, side2);
        for (int k = 0; k < 3; k++) {
            normals[p[k]] = fmi_vec_add(normals[p[k]], normal);
        }
    }
}

/* Row r of the camera matrix, without its translation. */
static fmi_vec row(const fmi_ref_camera *camera, int r) {
    const double *m = camera->to_camera + r * 4;
    return (fmi_vec){m[0], m[1], m[2]};
}

static fmi_vec to_camera(const fmi_ref_camera *camera, fmi_vec p) {
    return (fmi_vec){fmi_vec_dot(row(camera, 0), p) + camera->to_camera[3],
                     fmi_vec_dot(row(camera, 1), p) + camera->to_camera[7],
                     fmi_vec_dot(row(camera, 2), p) + camera->to_camera[11]};
}

/* The matrix is a rotation times one scale; unit rows leave the rotation. */
static fmi_vec rotate(const fmi_ref_camera *camera, fmi_vec n) {
    return (fmi_vec){fmi_vec_dot(fmi_vec_unit(row(camera, 0)), n),
                     fmi_vec_dot(fmi_vec_unit(row(camera, 1)), n),
                     fmi_vec_dot(fmi_vec_unit(row(camera, 2)), n)};
}

static double snap(double pixels) {
    return floor(FM_SUBPIXEL * pixels + 0.5);
}

static void project(const fmi_ref_camera *camera, fmi_vec p, fmi_ref_vertex *vertex) {
    double w = -p.z;
    vertex->outside = true;
    if (!(w >= camera->near_w)) {
        return;
    }
    double x = snap(camera->half_width + camera->focal_px * p.x / w);
    double y = snap(camera->half_height - camera->focal_px * p.y / w);
    if (!(fabs(x) <= FM_GUARD && fabs(y) <= FM_GUARD)) {
        return;
    }
    vertex->outside = false;
    vertex->x = (int64_t)x;
    vertex->y = (int64_t)y;
    vertex->inverse_w = 1.0 / w;
}

fm_status fmi_ref_vertices(fmi_ref_frame *frame, fm_error *err) {
    const fmi_ref_mesh *mesh = frame->mesh;
    fm_status status = FM_ERROR_HOST_MEMORY;
    fmi_vec *positions = fmi_ref_calloc(mesh->position_count, sizeof *positions, "positions", err);
    fmi_vec *normals = fmi_ref_calloc(mesh->position_count, sizeof *normals, "normals", err);
    if (positions == NULL || normals == NULL) {
        goto fail;
    }
    if (mesh->targets != NULL) {
        blend(mesh, positions);
    } else {
        morph(mesh, frame->t, positions);
    }
    sum_normals(mesh, positions, normals);
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        fmi_ref_vertex *vertex = &frame->vertices[i];
        uint32_t position = mesh->vertex_position[i];
        project(frame->camera, to_camera(frame->camera, positions[position]), vertex);
        vertex->normal = rotate(frame->camera, fmi_vec_unit(normals[position]));
        if (mesh->uvs != NULL) {
            vertex->u = (double)mesh->uvs[(size_t)i * 2];
            vertex->v = (double)mesh->uvs[(size_t)i * 2 + 1];
        }
    }
    status = FM_OK;
fail:
    free(normals);
    free(positions);
    return status;
}
