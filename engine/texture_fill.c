/* SPDX-License-Identifier: MIT */
/*
 * Works in blocks of 64 texels, one word of the bitmaps: most blocks of a real texture are wholly
 * inside the footprint or wholly dark, and those cost a vector loop instead of a test per texel.
 */
#include "texture_fill.h"

#include "fm_shared.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 64
#define LANES 48 /* a multiple of 3 and of 16 bytes: lane i always holds channel i % 3 */
#define FLUSH 64 /* blocks before a 16-bit lane could overflow: 64 x 4 x 255 < 65536 */

/** Sums of the channels of the texels that stay. */
typedef struct mean {
    uint64_t sum[3], count;
    uint16_t lane[LANES];
    uint32_t blocks; /* in the lanes since they were flushed */
} mean;

static void flush_lanes(mean *m) {
    for (int i = 0; i < LANES; i++) {
        m->sum[i % 3] += m->lane[i];
        m->lane[i] = 0;
    }
    m->blocks = 0;
}

static void add_block(mean *m, const uint8_t *rgb) {
    for (int part = 0; part < 3 * BLOCK; part += LANES)
        for (int i = 0; i < LANES; i++)
            m->lane[i] = (uint16_t)(m->lane[i] + rgb[part + i]);
    m->count += BLOCK;
    if (++m->blocks == FLUSH)
        flush_lanes(m);
}

static void add_texels(mean *m, const uint8_t *rgb, uint32_t count, uint64_t background) {
    for (uint32_t i = 0; i < count; i++, rgb += 3) {
        if (background >> i & 1)
            continue;
        for (int c = 0; c < 3; c++)
            m->sum[c] += rgb[c];
        m->count++;
    }
}

static bool all_dark(const uint8_t *rgb) {
    uint8_t largest = 0;
    for (int i = 0; i < 3 * BLOCK; i++)
        largest = rgb[i] > largest ? rgb[i] : largest;
    return largest <= FM_BACKGROUND_MAX;
}

static uint64_t dark_texels(const uint8_t *rgb, uint32_t count) {
    uint64_t dark = 0;
    if (count == BLOCK && all_dark(rgb))
        return ~UINT64_C(0);
    for (uint32_t i = 0; i < count; i++, rgb += 3)
        dark |= (uint64_t)(rgb[0] <= FM_BACKGROUND_MAX && rgb[1] <= FM_BACKGROUND_MAX &&
                           rgb[2] <= FM_BACKGROUND_MAX)
                << i;
    return dark;
}

static uint32_t bits_in(uint64_t word) {
    uint32_t bits = 0;
    for (; word; word &= word - 1)
        bits++;
    return bits;
}

/* Classifies one row of RGB; footprint and background are its words. */
static void classify_row(fmi_filled *f, mean *m, const uint8_t *rgb, const uint64_t *footprint,
                         uint64_t *background) {
    for (uint32_t x = 0; x < f->image.width; x += BLOCK, rgb += 3 * BLOCK) {
        uint32_t left = f->image.width - x, count = left < BLOCK ? left : BLOCK;
        uint64_t valid = ~UINT64_C(0) >> (BLOCK - count), outside = ~footprint[x / BLOCK] & valid;
        uint64_t fill = outside ? outside & dark_texels(rgb, count) : 0;
        background[x / BLOCK] = fill;
        if (fill == 0 && count == BLOCK)
            add_block(m, rgb);
        else if (fill != valid)
            add_texels(m, rgb, count, fill);
        f->count += fill == ~UINT64_C(0) ? BLOCK : bits_in(fill);
    }
}

static uint32_t mean_colour(mean *m) {
    static const double none[3] = {0.75, 0.65, 0.55};
    uint32_t colour = 0;
    flush_lanes(m);
    for (int c = 0; c < 3; c++) {
        uint64_t value = m->count > 0 ? (2 * m->sum[c] + m->count) / (2 * m->count)
                                      : (uint64_t)(255 * none[c] + 0.5);
        colour |= (uint32_t)value << (8 * c);
    }
    return colour;
}

static const uint8_t *image_row(const fm_image *image, uint32_t y) {
    return image->pixels + (size_t)y * image->row_bytes;
}

static void drop_alpha(const uint8_t *rgba, uint32_t count, uint8_t *rgb) {
    for (size_t i = 0; i < count; i++)
        memcpy(rgb + 3 * i, rgba + 4 * i, 3);
}

fm_status fmi_filled_create(fmi_filled *filled, const fm_image *image, const fmi_bitmap *footprint,
                            fm_error *err) {
    mean m = {0};
    uint8_t *rgb = NULL;
    *filled = (fmi_filled){.image = *image};
    if (!footprint)
        return FM_OK;
    fm_status status = fmi_bitmap_create(&filled->background, image->width, image->height, err);
    if (status == FM_OK && image->channels == 4 && !(rgb = malloc(3 * (size_t)image->width)))
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY,
                          "no memory for a row of %u texels; use a smaller texture", image->width);
    for (uint32_t y = 0; status == FM_OK && y < image->height; y++) {
        const uint8_t *row = image_row(image, y);
        if (rgb)
            drop_alpha(row, image->width, rgb);
        classify_row(filled, &m, rgb ? rgb : row, footprint->words + footprint->row_words * y,
                     filled->background.words + filled->background.row_words * y);
    }
    free(rgb);
    if (status == FM_OK)
        filled->colour = mean_colour(&m);
    else
        fmi_filled_free(filled);
    return status;
}

static void copy_texels(const uint8_t *from, uint32_t channels, uint32_t count, uint32_t *texels) {
    for (size_t i = 0; i < count; i++, from += channels)
        texels[i] =
            from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | UINT32_C(255) << 24;
}

void fmi_filled_row(const fmi_filled *filled, uint32_t y, uint32_t *texels) {
    const fm_image *image = &filled->image;
    const uint8_t *from = image_row(image, y);
    const fmi_bitmap *map = &filled->background;
    if (!map->words) {
        copy_texels(from, image->channels, image->width, texels);
        return;
    }
    for (uint32_t x = 0; x < image->width; x += BLOCK) {
        uint32_t left = image->width - x, count = left < BLOCK ? left : BLOCK;
        uint64_t fill = map->words[map->row_words * y + x / BLOCK];
        if (fill != ~UINT64_C(0))
            copy_texels(from + (size_t)x * image->channels, image->channels, count, texels + x);
        for (uint32_t i = 0; fill != 0 && i < count; i++)
            texels[x + i] = fill >> i & 1 ? filled->colour : texels[x + i];
    }
}

void fmi_filled_free(fmi_filled *filled) {
    fmi_bitmap_free(&filled->background);
    *filled = (fmi_filled){0};
}
