/* SPDX-License-Identifier: MIT */
/* The heatmaps' fields, and what their panels see. */
#include "frame.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>

static fmi_vec load(const float *xyz, uint32_t index) {
    const float *p = xyz + (size_t)index * 3;
    return (fmi_vec){(double)p[0], (double)p[1], (double)p[2]};
}

void fmi_ref_displacement(const double a[3], const double b[3], const double n[3], double out[3]) {
    fmi_vec d = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    fmi_vec unit = fmi_vec_unit((fmi_vec){n[0], n[1], n[2]});
    double along = fmi_vec_dot(d, unit);
    fmi_vec across = fmi_vec_sub(d, fmi_vec_scale(along, unit));
    out[0] = along;
    out[1] = sqrt(fmi_vec_dot(across, across));
    out[2] = sqrt(fmi_vec_dot(d, d));
}

/* Sums of the faces' cross products: area-weighted. */
static void sum_normals(const fmi_ref_mesh *mesh, fmi_vec *normals) {
    for (uint32_t i = 0; i < mesh->triangle_count; i++) {
        uint32_t p[3];
        for (int k = 0; k < 3; k++) {
            p[k] = mesh->vertex_position[mesh->triangles[(size_t)i * 3 + k]];
        }
        fmi_vec corner = load(mesh->positions_a, p[0]);
        fmi_vec side1 = fmi_vec_sub(load(mesh->positions_a, p[1]), corner);
        fmi_vec side2 = fmi_vec_sub(load(mesh->positions_a, p[2]), corner);
        for (int k = 0; k < 3; k++) {
            normals[p[k]] = fmi_vec_add(normals[p[k]], fmi_vec_cross(side1, side2));
        }
    }
}

fm_status fmi_ref_shape_fields(const fmi_ref_mesh *mesh, double *out, fm_error *err) {
    size_t n = mesh->position_count;
    fmi_vec *normals = fmi_ref_calloc(n, sizeof *normals, "normals", err);
    if (normals == NULL) {
        return FM_ERROR_HOST_MEMORY;
    }
    sum_normals(mesh, normals);
    for (uint32_t i = 0; i < mesh->position_count; i++) {
        fmi_vec a = load(mesh->positions_a, i), b = load(mesh->positions_b, i);
        double of[3];
        fmi_ref_displacement((double[3]){a.x, a.y, a.z}, (double[3]){b.x, b.y, b.z},
                             (double[3]){normals[i].x, normals[i].y, normals[i].z}, of);
        for (size_t k = 0; k < 3; k++) {
            out[k * n + i] = of[k];
        }
    }
    free(normals);
    return FM_OK;
}

static bool is_background(const fmi_ref_texture *t, size_t i) {
    const uint8_t *rgb = t->level[0] + i * 3;
    return rgb[0] + rgb[1] + rgb[2] <= FM_HEATMAP_DARK || (t->kept != NULL && t->kept[i] < 128);
}

void fmi_ref_texture_fields(const fmi_ref_texture *a, const fmi_ref_texture *b, size_t i,
                            double out[3]) {
    out[0] = out[1] = out[2] = 0.0;
    if (is_background(a, i) && is_background(b, i)) {
        return;
    }
    double p[3], q[3];
    fmi_ref_lab(a->level[0] + i * 3, p);
    fmi_ref_lab(b->level[0] + i * 3, q);
    out[0] = q[0] - p[0];
    out[1] = sqrt((q[1] - p[1]) * (q[1] - p[1]) + (q[2] - p[2]) * (q[2] - p[2]));
    out[2] = fmi_ref_ciede2000(p, q);
}

double fmi_ref_plane_at(const double *plane, uint32_t width, uint32_t height, double u, double v) {
    double x = fmin(fmax(u, 0.0), 1.0) * (width - 1.0);
    double y = (1.0 - fmin(fmax(v, 0.0), 1.0)) * (height - 1.0);
    uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
    uint32_t x1 = x0 + 1 < width ? x0 + 1 : x0, y1 = y0 + 1 < height ? y0 + 1 : y0;
    const double *upper = plane + (size_t)y0 * width, *lower = plane + (size_t)y1 * width;
    double above = (1 - (x - x0)) * upper[x0] + (x - x0) * upper[x1];
    double below = (1 - (x - x0)) * lower[x0] + (x - x0) * lower[x1];
    return (1 - (y - y0)) * above + (y - y0) * below;
}

/* The corners of a front triangle may have been exchanged: back to the mesh's order. */
static void set_weights(const fmi_ref_frame *frame, const fmi_ref_triangle *triangle,
                        const int64_t edge[3], fmi_ref_seen *seen) {
    double inverse_w = fmi_ref_triangle_inverse_w(triangle, edge);
    for (int k = 0; k < 3; k++) {
        const fmi_ref_vertex *corner =
            &frame->vertices[frame->mesh->triangles[(size_t)seen->triangle * 3 + k]];
        for (int i = 0; i < 3; i++) {
            if (triangle->corner[i] == corner) {
                seen->weight[k] = (double)edge[i] / (double)triangle->det *
                                  triangle->corner[i]->inverse_w / inverse_w;
            }
        }
    }
}

static void see_pixel(const fmi_ref_frame *frame, uint32_t x, uint32_t y, fmi_ref_seen *seen) {
    fmi_ref_triangle triangle;
    int64_t edge[3];
    if (seen->triangle == UINT32_MAX || !fmi_ref_triangle_make(&triangle, frame, seen->triangle)) {
        return;
    }
    fmi_ref_triangle_edges(&triangle, FM_SUBPIXEL * (int64_t)x + FM_SUBPIXEL_HALF,
                           FM_SUBPIXEL * (int64_t)y + FM_SUBPIXEL_HALF, edge);
    set_weights(frame, &triangle, edge, seen);
}

fm_status fmi_ref_see(const fmi_ref_mesh *mesh, const fmi_ref_camera *camera, fmi_ref_seen *seen,
                      fm_error *err) {
    size_t pixels = (size_t)camera->width * camera->height;
    fmi_ref_frame frame = {.mesh = mesh, .camera = camera, .samples = 1};
    fm_status status = FM_ERROR_HOST_MEMORY;
    uint8_t *unused = fmi_ref_calloc(pixels, 4, "pixels", err);
    uint32_t *owner = fmi_ref_calloc(pixels, sizeof *owner, "triangles of pixels", err);
    frame.vertices = fmi_ref_calloc(mesh->vertex_count, sizeof *frame.vertices, "vertices", err);
    if (unused == NULL || owner == NULL || frame.vertices == NULL) {
        goto fail;
    }
    status = fmi_ref_render(mesh, NULL, NULL, camera, 0.0F, unused, NULL, owner, err);
    if (status == FM_OK) {
        status = fmi_ref_vertices(&frame, err);
    }
    for (size_t i = 0; status == FM_OK && i < pixels; i++) {
        seen[i] = (fmi_ref_seen){.triangle = owner[i]};
        see_pixel(&frame, (uint32_t)(i % camera->width), (uint32_t)(i / camera->width), &seen[i]);
    }
fail:
    free(unused);
    free(owner);
    free(frame.vertices);
    return status;
}
