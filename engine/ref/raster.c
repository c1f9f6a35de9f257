/* SPDX-License-Identifier: MIT */
/* One frame of the reference: every triangle against every pixel of its box, nearest wins; then
 * every covered pixel is shaded. */
#include "frame.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws one triangle into depth and owner. The largest 1/w is nearest. Triangles come in file
 * order and an equal depth does not replace, so ties go to the lower number. */
static void draw(fmi_ref_frame *frame, const fmi_ref_triangle *triangle, uint32_t index) {
    const fmi_ref_vertex *const *c = triangle->corner;
    int64_t width = frame->camera->width, height = frame->camera->height;
    /* The box only saves time: coverage decides. Corners lie between the centres tested. */
    int64_t left = width, right = -1, top = height, bottom = -1;
    for (int k = 0; k < 3; k++) {
        int64_t x = c[k]->x < 0 ? 0 : c[k]->x / FM_SUBPIXEL;
        int64_t y = c[k]->y < 0 ? 0 : c[k]->y / FM_SUBPIXEL;
        left = x < left ? x : left;
        top = y < top ? y : top;
        right = x > right ? x : right;
        bottom = y > bottom ? y : bottom;
    }
    for (int64_t j = top; j <= bottom && j < height; j++) {
        for (int64_t i = left; i <= right && i < width; i++) {
            int64_t edge[3];
            fmi_ref_triangle_edges(triangle, i, j, edge);
            if (!fmi_ref_triangle_covers(triangle, edge)) {
                continue;
            }
            float depth = (float)fmi_ref_triangle_inverse_w(triangle, edge);
            size_t pixel = (size_t)(j * width + i);
            if (depth > frame->depth[pixel]) {
                frame->depth[pixel] = depth;
                frame->owner[pixel] = index;
            }
        }
    }
}

/* Depth starts at 0 = infinitely far. */
static void draw_all(fmi_ref_frame *frame, fm_frame_counts *counts) {
    for (uint32_t i = 0; i < frame->mesh->triangle_count; i++) {
        fmi_ref_triangle triangle;
        if (fmi_ref_triangle_rejected(frame, i)) {
            counts->rejected++;
        } else if (fmi_ref_triangle_make(&triangle, frame, i)) {
            draw(frame, &triangle, i);
        }
    }
}

/* Attributes are linear on the screen once divided by w. */
static fmi_ref_fragment interpolate(const fmi_ref_frame *frame, uint32_t i, uint32_t j) {
    fmi_ref_fragment fragment = {0};
    fmi_ref_triangle triangle = {0};
    int64_t edge[3];
    fragment.triangle = frame->owner[(size_t)j * frame->camera->width + i];
    fmi_ref_triangle_make(&triangle, frame, fragment.triangle);
    fmi_ref_triangle_edges(&triangle, i, j, edge);
    fragment.det = triangle.det;
    fragment.w = 1.0 / fmi_ref_triangle_inverse_w(&triangle, edge);

    fmi_vec normal = {0.0, 0.0, 0.0};
    for (int k = 0; k < 3; k++) {
        const fmi_ref_vertex *corner = triangle.corner[k];
        double weight = (double)edge[k] / (double)triangle.det * corner->inverse_w * fragment.w;
        normal = fmi_vec_add(normal, fmi_vec_scale(weight, corner->normal));
        fragment.u += weight * corner->u;
        fragment.v += weight * corner->v;
    }
    fragment.normal = fmi_vec_unit(normal);
    fragment.u = fmin(fmax(fragment.u, 0.0), 1.0);
    fragment.v = fmin(fmax(fragment.v, 0.0), 1.0);
    return fragment;
}

static uint8_t to_byte(double x) {
    return (uint8_t)floor(255.0 * fmin(fmax(x, 0.0), 1.0) + 0.5);
}

static void shade_all(const fmi_ref_frame *frame, uint8_t *pixels, fm_frame_counts *counts) {
    const fmi_ref_camera *camera = frame->camera;
    size_t channels = camera->transparent ? 4 : 3;
    for (uint32_t j = 0; j < camera->height; j++) {
        for (uint32_t i = 0; i < camera->width; i++) {
            size_t pixel = (size_t)j * camera->width + i;
            uint8_t *out = pixels + pixel * channels;
            if (frame->owner[pixel] == UINT32_MAX) {
                memset(out, 0, channels);
                if (!camera->transparent) {
                    memcpy(out, camera->background, 3);
                }
                continue;
            }
            fmi_ref_fragment fragment = interpolate(frame, i, j);
            fmi_vec colour = fmi_ref_shade(frame, &fragment, i, j);
            out[0] = to_byte(colour.x);
            out[1] = to_byte(colour.y);
            out[2] = to_byte(colour.z);
            if (camera->transparent) {
                out[3] = 255;
            }
            counts->covered++;
            counts->clipped += colour.x > 1.0 || colour.y > 1.0 || colour.z > 1.0;
        }
    }
}

static bool textures_fit(const fmi_ref_mesh *mesh, const fmi_ref_texture *a,
                         const fmi_ref_texture *b) {
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return mesh->uvs != NULL && a->mips > 0 && a->mips == b->mips && a->width[0] == b->width[0] &&
           a->height[0] == b->height[0];
}

static void frame_free(fmi_ref_frame *frame) {
    free(frame->vertices);
    free(frame->depth);
    free(frame->owner);
}

fm_status fmi_ref_render(const fmi_ref_mesh *mesh, const fmi_ref_texture *a,
                         const fmi_ref_texture *b, const fmi_ref_camera *camera, float t,
                         uint8_t *pixels, fm_frame_counts *counts, uint32_t *owner, fm_error *err) {
    size_t size = (size_t)camera->width * camera->height;
    fmi_ref_frame frame = {.mesh = mesh, .camera = camera, .a = a, .b = b, .t = (double)t};
    fm_frame_counts sums = {0};
    fm_status status = FM_ERROR_HOST_MEMORY;

    if (!textures_fit(mesh, a, b)) {
        return fmi_ref_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "the reference needs two textures of one size and UVs, or no texture; "
                            "make both with fmi_ref_texture_make at one size");
    }
    frame.vertices = fmi_ref_calloc(mesh->vertex_count, sizeof *frame.vertices, "vertices", err);
    frame.depth = fmi_ref_calloc(size, sizeof *frame.depth, "depth", err);
    frame.owner = fmi_ref_calloc(size, sizeof *frame.owner, "owners", err);
    if (frame.vertices == NULL || frame.depth == NULL || frame.owner == NULL) {
        goto fail;
    }
    memset(frame.owner, 0xFF, size * sizeof *frame.owner);
    status = fmi_ref_vertices(&frame, err);
    if (status != FM_OK) {
        goto fail;
    }
    draw_all(&frame, &sums);
    shade_all(&frame, pixels, &sums);
    if (counts != NULL) {
        *counts = sums;
    }
    if (owner != NULL) {
        memcpy(owner, frame.owner, size * sizeof *owner);
    }
fail:
    frame_free(&frame);
    return status;
}
