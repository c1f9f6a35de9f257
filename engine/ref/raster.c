/* SPDX-License-Identifier: MIT */
/* One frame of the reference: every triangle against every sample of its box, nearest wins; then
 * every covered sample is shaded and each pixel gets the mean of its samples. */
#include "frame.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples in 1/16 pixel from the pixel's centre: the centre itself, or a rotated grid, in which no
 * two samples share a row or a column. */
static const int64_t centre_only[1][2] = {{0, 0}};
static const int64_t rotated_grid[4][2] = {{-2, -6}, {6, -2}, {-6, 2}, {2, 6}};

/* Draws one triangle into the samples of pixel (i, j). The largest 1/w is nearest. Triangles come
 * in file order and an equal depth does not replace, so ties go to the lower number. */
static void draw_pixel(fmi_ref_frame *frame, const fmi_ref_triangle *triangle, uint32_t index,
                       int64_t i, int64_t j) {
    const int64_t(*offset)[2] = frame->samples == 4 ? rotated_grid : centre_only;
    for (uint32_t s = 0; s < frame->samples; s++) {
        int64_t edge[3];
        fmi_ref_triangle_edges(triangle, FM_SUBPIXEL * i + FM_SUBPIXEL_HALF + offset[s][0],
                               FM_SUBPIXEL * j + FM_SUBPIXEL_HALF + offset[s][1], edge);
        if (!fmi_ref_triangle_covers(triangle, edge)) {
            continue;
        }
        float depth = (float)fmi_ref_triangle_inverse_w(triangle, edge);
        size_t at = (size_t)(j * frame->camera->width + i) * frame->samples + s;
        if (depth > frame->depth[at]) {
            frame->depth[at] = depth;
            frame->owner[at] = index;
        }
    }
}

/* Draws one triangle into depth and owner. */
static void draw(fmi_ref_frame *frame, const fmi_ref_triangle *triangle, uint32_t index) {
    const fmi_ref_vertex *const *c = triangle->corner;
    int64_t width = frame->camera->width, height = frame->camera->height;
    /* The box only saves time: coverage decides. Corners lie between the points tested. */
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
            draw_pixel(frame, triangle, index, i, j);
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

static uint8_t to_byte(double x) {
    return (uint8_t)floor(255.0 * fmin(fmax(x, 0.0), 1.0) + 0.5);
}

/* Bytes of triangle `index` at pixel (i, j); whether a channel passes 1. */
static bool shade(const fmi_ref_frame *frame, uint32_t index, uint32_t i, uint32_t j,
                  uint8_t rgba[4]) {
    fmi_ref_fragment fragment = fmi_ref_interpolate(frame, index, i, j);
    fmi_vec colour = fmi_ref_shade(frame, &fragment, i, j);
    rgba[0] = to_byte(colour.x);
    rgba[1] = to_byte(colour.y);
    rgba[2] = to_byte(colour.z);
    rgba[3] = 255;
    return colour.x > 1.0 || colour.y > 1.0 || colour.z > 1.0;
}

static void background(const fmi_ref_camera *camera, uint8_t rgba[4]) {
    memset(rgba, 0, 4);
    if (!camera->transparent) {
        memcpy(rgba, camera->background, 3);
    }
}

/* The mean of a pixel's samples, byte by byte, halves up. Without a background colour is the mean
 * over the covered samples: alpha is straight, as PNG has it, not premultiplied. */
static void resolve(const fmi_ref_frame *frame, uint32_t i, uint32_t j, uint8_t rgba[4],
                    fm_frame_counts *counts) {
    const uint32_t *owner = frame->owner + ((size_t)j * frame->camera->width + i) * frame->samples;
    uint32_t sum[4] = {0};
    uint32_t covered = 0;
    bool clipped = false;
    for (uint32_t s = 0; s < frame->samples; s++) {
        uint8_t sample[4];
        if (owner[s] == UINT32_MAX) {
            background(frame->camera, sample);
        } else {
            covered++;
            clipped = shade(frame, owner[s], i, j, sample) || clipped;
        }
        for (int k = 0; k < 4; k++) {
            sum[k] += sample[k];
        }
    }
    for (int k = 0; k < 4; k++) {
        bool straight = k < 3 && covered > 0 && frame->camera->transparent;
        uint32_t n = straight ? covered : frame->samples;
        rgba[k] = (uint8_t)((sum[k] + n / 2) / n);
    }
    counts->covered += covered > 0;
    counts->clipped += clipped;
}

static void resolve_all(const fmi_ref_frame *frame, uint8_t *pixels, fm_frame_counts *counts) {
    const fmi_ref_camera *camera = frame->camera;
    size_t channels = camera->transparent ? 4 : 3;
    for (uint32_t j = 0; j < camera->height; j++) {
        for (uint32_t i = 0; i < camera->width; i++) {
            uint8_t rgba[4];
            resolve(frame, i, j, rgba, counts);
            memcpy(pixels + ((size_t)j * camera->width + i) * channels, rgba, channels);
        }
    }
}

/* What each pixel shows: the triangle of its first covered sample. */
static void copy_owners(const fmi_ref_frame *frame, size_t pixels, uint32_t *owner) {
    for (size_t p = 0; p < pixels; p++) {
        owner[p] = UINT32_MAX;
        for (uint32_t s = 0; s < frame->samples && owner[p] == UINT32_MAX; s++) {
            owner[p] = frame->owner[p * frame->samples + s];
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
    fmi_ref_frame frame = {.mesh = mesh,
                           .camera = camera,
                           .a = a,
                           .b = b,
                           .t = (double)t,
                           .samples = camera->samples == 4 ? 4 : 1};
    size_t size = (size_t)camera->width * camera->height * frame.samples;
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
    resolve_all(&frame, pixels, &sums);
    if (counts != NULL) {
        *counts = sums;
    }
    if (owner != NULL) {
        copy_owners(&frame, size / frame.samples, owner);
    }
fail:
    frame_free(&frame);
    return status;
}
