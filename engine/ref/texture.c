/* SPDX-License-Identifier: MIT */
/* Textures of the reference: fill the background, resize, make the mips. */
#include "ref.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A level under work: RGB, no row padding. */
typedef struct picture {
    uint8_t *rgb;
    uint32_t width, height;
} picture;

static uint8_t *at(const picture *p, uint32_t x, uint32_t y) {
    return p->rgb + ((size_t)y * p->width + x) * 3;
}

static double clamp(double x, double low, double high) {
    return fmin(fmax(x, low), high);
}

static bool picture_make(picture *p, uint32_t width, uint32_t height, fm_error *err) {
    p->width = width;
    p->height = height;
    p->rgb = fmi_ref_calloc((size_t)width * height, 3, "texels", err);
    return p->rgb != NULL;
}

static void copy_image(const fm_image *image, picture *out) {
    for (uint32_t y = 0; y < image->height; y++) {
        for (uint32_t x = 0; x < image->width; x++) {
            memcpy(at(out, x, y),
                   image->pixels + (size_t)y * image->row_bytes + (size_t)x * image->channels, 3);
        }
    }
}

/* Corners of a triangle in texels: column x of row y has u = x / (W-1), v = 1 - y / (H-1). */
static void texel_corners(const fmi_ref_mesh *mesh, uint32_t triangle, const picture *p,
                          double x[3], double y[3]) {
    for (int k = 0; k < 3; k++) {
        const float *uv = mesh->uvs + (size_t)mesh->triangles[(size_t)triangle * 3 + k] * 2;
        x[k] = (double)uv[0] * (p->width - 1.0);
        y[k] = (1.0 - (double)uv[1]) * (p->height - 1.0);
    }
}

/* Whether (px, py), which is within the triangle's box, is in or on the triangle. */
static bool in_or_on(const double x[3], const double y[3], double px, double py) {
    bool positive = false, negative = false;
    for (int k = 0; k < 3; k++) {
        int n = (k + 1) % 3;
        double side = (x[n] - x[k]) * (py - y[k]) - (y[n] - y[k]) * (px - x[k]);
        positive = positive || side > 0.0;
        negative = negative || side < 0.0;
    }
    return !(positive && negative);
}

/* Marks texel (x, y) and its 8 neighbours. */
static void mark_grown(uint8_t *inside, const picture *p, uint32_t x, uint32_t y) {
    for (uint32_t j = y > 0 ? y - 1 : 0; j <= y + 1 && j < p->height; j++) {
        for (uint32_t i = x > 0 ? x - 1 : 0; i <= x + 1 && i < p->width; i++) {
            inside[(size_t)j * p->width + i] = 1;
        }
    }
}

static void mark_triangle(uint8_t *inside, const picture *p, const double x[3], const double y[3]) {
    double left = ceil(fmax(0.0, fmin(x[0], fmin(x[1], x[2]))));
    double right = floor(fmin(p->width - 1.0, fmax(x[0], fmax(x[1], x[2]))));
    double top = ceil(fmax(0.0, fmin(y[0], fmin(y[1], y[2]))));
    double bottom = floor(fmin(p->height - 1.0, fmax(y[0], fmax(y[1], y[2]))));
    for (double j = top; j <= bottom; j++) {
        for (double i = left; i <= right; i++) {
            if (in_or_on(x, y, i, j)) {
                mark_grown(inside, p, (uint32_t)i, (uint32_t)j);
            }
        }
    }
}

static bool is_dark(const uint8_t *texel) {
    return texel[0] <= FM_BACKGROUND_MAX && texel[1] <= FM_BACKGROUND_MAX &&
           texel[2] <= FM_BACKGROUND_MAX;
}

/* Mean of the texels that stay, rounded to the nearest, halves up. */
static void mean_colour(const picture *p, const uint8_t *background, uint8_t colour[3]) {
    const double none[3] = {0.75, 0.65, 0.55};
    uint64_t sum[3] = {0}, count = 0;
    for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
        if (background[i]) {
            continue;
        }
        count++;
        for (int c = 0; c < 3; c++) {
            sum[c] += p->rgb[i * 3 + c];
        }
    }
    for (int c = 0; c < 3; c++) {
        if (count > 0)
            colour[c] = (uint8_t)((2 * sum[c] + count) / (2 * count));
        else
            colour[c] = (uint8_t)floor(255.0 * none[c] + 0.5);
    }
}

static fm_status fill(picture *p, const fmi_ref_mesh *mesh, picture *kept, uint64_t *filled,
                      fm_error *err) {
    size_t size = (size_t)p->width * p->height;
    uint8_t *flags = fmi_ref_calloc(size, 1, "the UV footprint", err);
    if (flags == NULL || !picture_make(kept, p->width, p->height, err)) {
        free(flags);
        return FM_ERROR_HOST_MEMORY;
    }
    memset(kept->rgb, 255, size * 3);
    for (uint32_t i = 0; mesh->uvs != NULL && i < mesh->triangle_count; i++) {
        double x[3], y[3];
        texel_corners(mesh, i, p, x, y);
        mark_triangle(flags, p, x, y);
    }
    /* From "inside the footprint" to "background". */
    for (size_t i = 0; i < size; i++) {
        flags[i] = !flags[i] && is_dark(p->rgb + i * 3);
    }
    uint8_t colour[3];
    mean_colour(p, flags, colour);
    for (size_t i = 0; i < size; i++) {
        if (flags[i]) {
            memcpy(p->rgb + i * 3, colour, 3);
            memset(kept->rgb + i * 3, 0, 3);
            *filled += 1;
        }
    }
    free(flags);
    return FM_OK;
}

/* Bilinear with half-pixel centres and clamped borders. */
static void resize(const picture *from, const picture *to) {
    for (uint32_t j = 0; j < to->height; j++) {
        double y = clamp((j + 0.5) * from->height / to->height - 0.5, 0.0, from->height - 1.0);
        uint32_t y0 = (uint32_t)y, y1 = y0 + 1 < from->height ? y0 + 1 : y0;
        for (uint32_t i = 0; i < to->width; i++) {
            double x = clamp((i + 0.5) * from->width / to->width - 0.5, 0.0, from->width - 1.0);
            uint32_t x0 = (uint32_t)x, x1 = x0 + 1 < from->width ? x0 + 1 : x0;
            for (int c = 0; c < 3; c++) {
                double above =
                    (1 - (x - x0)) * at(from, x0, y0)[c] + (x - x0) * at(from, x1, y0)[c];
                double below =
                    (1 - (x - x0)) * at(from, x0, y1)[c] + (x - x0) * at(from, x1, y1)[c];
                at(to, i, j)[c] = (uint8_t)floor((1 - (y - y0)) * above + (y - y0) * below + 0.5);
            }
        }
    }
}

/* 2 x 2 box, (sum + 2) >> 2; an odd last row or column counts twice. */
static void halve(const picture *from, const picture *to) {
    for (uint32_t j = 0; j < to->height; j++) {
        uint32_t y0 = 2 * j, y1 = y0 + 1 < from->height ? y0 + 1 : y0;
        for (uint32_t i = 0; i < to->width; i++) {
            uint32_t x0 = 2 * i, x1 = x0 + 1 < from->width ? x0 + 1 : x0;
            for (int c = 0; c < 3; c++) {
                int sum = at(from, x0, y0)[c] + at(from, x1, y0)[c] + at(from, x0, y1)[c] +
                          at(from, x1, y1)[c];
                at(to, i, j)[c] = (uint8_t)((sum + 2) >> 2);
            }
        }
    }
}

/* Takes level 0 over and adds the smaller ones, down to 1 x 1. */
static fm_status make_mips(fmi_ref_texture *texture, picture base, fm_error *err) {
    picture level = base;
    for (;;) {
        texture->level[texture->mips] = level.rgb;
        texture->width[texture->mips] = level.width;
        texture->height[texture->mips] = level.height;
        texture->mips++;
        if ((level.width == 1 && level.height == 1) || texture->mips == FM_MAX_MIPS) {
            return FM_OK;
        }
        picture next = {0};
        if (!picture_make(&next, (level.width + 1) / 2, (level.height + 1) / 2, err)) {
            return FM_ERROR_HOST_MEMORY;
        }
        halve(&level, &next);
        level = next;
    }
}

/* What was kept, at level 0's size: resized as a grey picture would be. */
static fm_status resize_kept(fmi_ref_texture *texture, const picture *kept, const picture *base,
                             fm_error *err) {
    picture grey = {0};
    size_t size = (size_t)base->width * base->height;
    texture->kept = fmi_ref_calloc(size, 1, "what was kept", err);
    if (texture->kept == NULL || !picture_make(&grey, base->width, base->height, err)) {
        return FM_ERROR_HOST_MEMORY;
    }
    resize(kept, &grey);
    for (size_t i = 0; i < size; i++) {
        texture->kept[i] = grey.rgb[i * 3];
    }
    free(grey.rgb);
    return FM_OK;
}

fm_status fmi_ref_texture_make(fmi_ref_texture *texture, const fmi_ref_mesh *mesh,
                               const fm_image *image, bool keep_background, uint32_t width,
                               uint32_t height, uint64_t *filled, fm_error *err) {
    picture own = {0}, base = {0}, kept = {0};
    uint64_t count = 0;
    fm_status status = FM_ERROR_HOST_MEMORY;

    memset(texture, 0, sizeof *texture);
    if (!picture_make(&own, image->width, image->height, err)) {
        goto fail;
    }
    copy_image(image, &own);
    if (!keep_background && fill(&own, mesh, &kept, &count, err) != FM_OK) {
        goto fail;
    }
    if (!picture_make(&base, width, height, err)) {
        goto fail;
    }
    resize(&own, &base);
    status = make_mips(texture, base, err);
    if (status == FM_OK && kept.rgb != NULL) {
        status = resize_kept(texture, &kept, &base, err);
    }
    if (status != FM_OK) {
        fmi_ref_texture_free(texture);
    }
    if (filled != NULL) {
        *filled = count;
    }
fail:
    free(own.rgb);
    free(kept.rgb);
    return status;
}

void fmi_ref_texture_free(fmi_ref_texture *texture) {
    for (uint32_t i = 0; i < texture->mips; i++) {
        free(texture->level[i]);
    }
    free(texture->kept);
    memset(texture, 0, sizeof *texture);
}
