/* SPDX-License-Identifier: MIT */
/*
 * A texel pair is one 64-bit number, A in its lower half, so that interleaving, box filter and
 * copying move both pictures at once. Level 0 goes row by row from the pictures to the block; of
 * the levels only the source of the next one is kept, because the block is write-only.
 */
#include "pair_texture.h"

#include "error.h"
#include "texture_fill.h"
#include "texture_resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EDGE 16384U

/** All that lives while preparing. Zeroed = none. */
typedef struct work {
    fmi_filled filled[2];
    fmi_resizer resizer; /* of B; from NULL = B has A's size */
    uint32_t *texels[2]; /* a row of each picture */
    uint64_t *rows[2];   /* two rows of level 0, each with its extra column */
    uint64_t *level[2];  /* odd levels in the first, even ones in the second */
} work;

void fmi_texture_layout_make(fmi_texture_layout *layout, uint32_t width, uint32_t height) {
    uint64_t pairs = 0;
    *layout = (fmi_texture_layout){0};
    for (;;) {
        fm_mip *mip = &layout->mip[layout->mips++];
        mip->width = (fm_i32)width;
        mip->height = (fm_i32)height;
        mip->pitch = (fm_i32)width + 1;
        mip->offset = (fm_u32)pairs;
        pairs += ((uint64_t)width + 1) * (height + 1);
        if (width == 1 && height == 1)
            break;
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    layout->bytes = pairs * FM_TEXEL_BYTES;
}

static void interleave(const uint32_t *a, const uint32_t *b, size_t count, uint64_t *pairs) {
    for (size_t x = 0; x < count; x++)
        pairs[x] = (uint64_t)b[x] << 32 | a[x];
    pairs[count] = pairs[count - 1];
}

/* Rounded mean of each of the 8 bytes: two at a time would overflow, so even and odd apart. */
static uint64_t box(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    const uint64_t even = UINT64_C(0x00FF00FF00FF00FF), two = UINT64_C(0x0002000200020002);
    uint64_t low = (a & even) + (b & even) + (c & even) + (d & even) + two;
    uint64_t high = (a >> 8 & even) + (b >> 8 & even) + (c >> 8 & even) + (d >> 8 & even) + two;
    return (low >> 2 & even) | (high >> 2 & even) << 8;
}

/* Half a row from two rows of the level above. The extra column makes odd edges repeat. */
static void halve_rows(const uint64_t *upper, const uint64_t *lower, size_t half, uint64_t *out) {
    for (size_t x = 0; x < half; x++)
        out[x] = box(upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]);
    out[half] = out[half - 1];
}

static uint8_t *level_row(const fm_mip *mip, uint8_t *out, size_t y) {
    return out + (mip->offset + y * (size_t)mip->pitch) * FM_TEXEL_BYTES;
}

static void store_row(const fm_mip *mip, uint8_t *out, size_t y, const uint64_t *row) {
    size_t bytes = (size_t)mip->pitch * FM_TEXEL_BYTES;
    memcpy(level_row(mip, out, y), row, bytes);
    if (y + 1 == (size_t)mip->height)
        memcpy(level_row(mip, out, y + 1), row, bytes);
}

static void make_row(work *w, uint32_t width, uint32_t y, uint64_t *row) {
    fmi_filled_row(&w->filled[0], y, w->texels[0]);
    if (w->resizer.from)
        fmi_resizer_row(&w->resizer, y, w->texels[1]);
    else
        fmi_filled_row(&w->filled[1], y, w->texels[1]);
    interleave(w->texels[0], w->texels[1], width, row);
}

/* Level 0 to the block, level 1 to scratch. */
static void make_base(work *w, const fmi_texture_layout *layout, uint8_t *out) {
    const fm_mip *mip = &layout->mip[0];
    uint32_t width = (uint32_t)mip->width, height = (uint32_t)mip->height;
    size_t half = (width + 1) / 2;
    for (uint32_t y = 0; y < height; y += 2) {
        const uint64_t *lower = w->rows[0];
        make_row(w, width, y, w->rows[0]);
        store_row(mip, out, y, w->rows[0]);
        if (y + 1 < height) {
            make_row(w, width, y + 1, w->rows[1]);
            store_row(mip, out, y + 1, w->rows[1]);
            lower = w->rows[1];
        }
        if (layout->mips > 1)
            halve_rows(w->rows[0], lower, half, w->level[0] + (y / 2) * (half + 1));
    }
}

/* Levels 1 and up: from scratch to the block, and to scratch for the next. */
static void make_mips(work *w, const fmi_texture_layout *layout, uint8_t *out) {
    for (uint32_t k = 1; k < layout->mips; k++) {
        const fm_mip *mip = &layout->mip[k];
        const uint64_t *from = w->level[(k + 1) % 2];
        size_t height = (size_t)mip->height, pitch = (size_t)mip->pitch;
        size_t half = (size_t)(mip->width + 1) / 2;
        for (size_t y = 0; y < height; y++)
            store_row(mip, out, y, from + y * pitch);
        for (size_t y = 0; k + 1 < layout->mips && y < height; y += 2)
            halve_rows(from + y * pitch, from + (y + 1 < height ? y + 1 : y) * pitch, half,
                       w->level[k % 2] + (y / 2) * (half + 1));
    }
}

static fm_status check_image(const fm_image *image, char name, fm_error *err) {
    if (!image || !image->pixels)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "texture %c has no pixels; give a picture",
                        name);
    if (image->width == 0 || image->height == 0 || image->width > MAX_EDGE ||
        image->height > MAX_EDGE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "texture %c is %u x %u texels; use edges of 1 to %u", name, image->width,
                        image->height, MAX_EDGE);
    if ((image->channels != 3 && image->channels != 4) ||
        image->row_bytes < image->width * image->channels)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "texture %c has %u channels and %u bytes a row for %u texels; use RGB or "
                        "RGBA with whole rows",
                        name, image->channels, image->row_bytes, image->width);
    return FM_OK;
}

static bool same_size(const fm_image *a, const fm_image *b) {
    return a->width == b->width && a->height == b->height;
}

/* The footprint is needed only until the background of both pictures is known. */
static fm_status fill_both(work *w, const fmi_joined *joined, const fm_image *const images[2],
                           bool keep_background, fm_error *err) {
    fmi_bitmap footprint = {0};
    fm_status status = FM_OK;
    for (int i = 0; i < 2 && status == FM_OK; i++) {
        if (!keep_background && (i == 0 || !same_size(images[0], images[1]))) {
            fmi_bitmap_free(&footprint);
            status =
                fmi_footprint_make(&footprint, joined, images[i]->width, images[i]->height, err);
        }
        if (status == FM_OK)
            status = fmi_filled_create(&w->filled[i], images[i],
                                       keep_background ? NULL : &footprint, err);
    }
    fmi_bitmap_free(&footprint);
    return status;
}

static fm_status allocate(work *w, const fmi_texture_layout *layout, fm_error *err) {
    size_t pitch = (size_t)layout->mip[0].pitch;
    bool complete = true;
    for (uint32_t i = 0; i < 2; i++) {
        const fm_mip *mip = &layout->mip[i + 1];
        size_t pairs = i + 1 < layout->mips ? (size_t)mip->pitch * (size_t)mip->height : 1;
        w->texels[i] = malloc(pitch * sizeof(uint32_t));
        w->rows[i] = malloc(pitch * sizeof(uint64_t));
        w->level[i] = malloc(pairs * sizeof(uint64_t));
        complete = complete && w->texels[i] && w->rows[i] && w->level[i];
    }
    if (complete)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory for the mip levels of a %d x %d texture; use smaller textures",
                    layout->mip[0].width, layout->mip[0].height);
}

static void work_free(work *w) {
    fmi_resizer_free(&w->resizer);
    for (int i = 0; i < 2; i++) {
        fmi_filled_free(&w->filled[i]);
        free(w->texels[i]);
        free(w->rows[i]);
        free(w->level[i]);
    }
}

fm_status fmi_texture_prepare(const fmi_joined *joined, const fm_image *a, const fm_image *b,
                              bool keep_background, const fmi_texture_layout *layout, uint8_t *out,
                              uint64_t *filled, fm_error *err) {
    const fm_image *const images[2] = {a, b};
    work w = {0};
    *filled = 0;
    fm_status status = check_image(a, 'A', err);
    if (status == FM_OK)
        status = check_image(b, 'B', err);
    if (status != FM_OK)
        return status;
    if (layout->mip[0].width != (fm_i32)a->width || layout->mip[0].height != (fm_i32)a->height)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "the layout is for %d x %d texels, but texture A has %u x %u; make it for "
                        "A's size",
                        layout->mip[0].width, layout->mip[0].height, a->width, a->height);
    status = fill_both(&w, joined, images, keep_background, err);
    if (status == FM_OK)
        status = allocate(&w, layout, err);
    if (status == FM_OK && !same_size(a, b))
        status = fmi_resizer_create(&w.resizer, &w.filled[1], a->width, a->height, err);
    if (status == FM_OK) {
        make_base(&w, layout, out);
        make_mips(&w, layout, out);
        *filled = w.filled[0].count + w.filled[1].count;
    }
    work_free(&w);
    return status;
}

void fmi_texture_areas(const fmi_joined *joined, uint32_t width, uint32_t height, uint32_t *areas) {
    double x[3], y[3];
    for (size_t t = 0; t < joined->triangle_count; t++) {
        for (size_t i = 0; i < 3 && joined->uvs; i++) {
            const float *uv = joined->uvs + 2 * (size_t)joined->triangles[3 * t + i];
            x[i] = (double)uv[0] * (width - 1.0);
            y[i] = (1.0 - (double)uv[1]) * (height - 1.0);
        }
        double twice =
            joined->uvs ? fabs((x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])) : 0;
        double units = floor(128 * twice + 0.5); /* half of 256 */
        areas[t] = units < (double)UINT32_MAX ? (uint32_t)units : UINT32_MAX;
    }
}
