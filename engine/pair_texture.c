/* SPDX-License-Identifier: MIT */
#include "pair_texture.h"

#include "error.h"
#include "pair_mips.h"

#include <math.h>
#include <string.h>

#define MAX_EDGE 16384U

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

/* Fills one of both pictures. */
typedef struct fill {
    const fm_image *image;
    const fmi_bitmap *footprint; /* NULL = keep the background */
    fmi_filled *filled;
    fm_status status;
    fm_error err;
} fill;

static void fill_one(void *user, uint32_t index) {
    fill *f = (fill *)user + index;
    f->status = fmi_filled_create(f->filled, f->image, f->footprint, &f->err);
}

/* The footprints are needed only until the background of both pictures is known. */
static fm_status fill_both(fmi_filled filled[2], const fmi_joined *joined,
                           const fm_image *const images[2], bool keep_background,
                           const fmi_workers *workers, fm_error *err) {
    fmi_bitmap footprint[2] = {{0}, {0}};
    fill fills[2] = {{0}, {0}};
    bool same = same_size(images[0], images[1]);
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < 2 && status == FM_OK; i++) {
        if (!keep_background && (i == 0 || !same))
            status =
                fmi_footprint_make(&footprint[i], joined, images[i]->width, images[i]->height, err);
        fills[i] = (fill){.image = images[i],
                          .footprint = keep_background ? NULL : &footprint[same ? 0 : i],
                          .filled = &filled[i]};
    }
    if (status == FM_OK)
        fmi_workers_run(workers, 2, fill_one, fills);
    for (int i = 0; i < 2 && status == FM_OK; i++) {
        status = fills[i].status;
        if (status != FM_OK && err)
            *err = fills[i].err;
    }
    fmi_bitmap_free(&footprint[0]);
    fmi_bitmap_free(&footprint[1]);
    return status;
}

fm_status fmi_texture_prepare(const fmi_joined *joined, const fm_image *a, const fm_image *b,
                              bool keep_background, const fmi_texture_layout *layout, uint8_t *out,
                              uint64_t *filled, const fmi_workers *workers, fm_error *err) {
    const fm_image *const images[2] = {a, b};
    fmi_filled both[2];
    memset(both, 0, sizeof both);
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
    status = fill_both(both, joined, images, keep_background, workers, err);
    if (status == FM_OK)
        status = fmi_mips_make(both, layout, out, workers, err);
    if (status == FM_OK)
        *filled = both[0].count + both[1].count;
    fmi_filled_free(&both[0]);
    fmi_filled_free(&both[1]);
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
