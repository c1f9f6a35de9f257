/* SPDX-License-Identifier: MIT */
/**
 * @file texture_fill.h
 * Which texels of a picture are background, and the picture with them filled, row by row. The
 * rules are in pair_texture.h.
 */
#ifndef FMI_TEXTURE_FILL_H
#define FMI_TEXTURE_FILL_H

#include "pair_join.h"

/** One bit a texel, in rows of whole words; bits beyond the width mean nothing. Zeroed = none. */
typedef struct fmi_bitmap {
    uint64_t *words; /**< texel x is bit x % 64 of word x / 64 of its row */
    size_t row_words;
    uint32_t width, height;
} fmi_bitmap;

/** All bits zero. */
fm_status fmi_bitmap_create(fmi_bitmap *map, uint32_t width, uint32_t height, fm_error *err);
void fmi_bitmap_free(fmi_bitmap *map);

/**
 * Sets the texels whose centre is in or on a UV triangle, and their 8 neighbours. Costs one pass
 * over the triangles' rows and one over the map.
 */
fm_status fmi_footprint_make(fmi_bitmap *map, const fmi_joined *joined, uint32_t width,
                             uint32_t height, fm_error *err);

/** A picture and what of it is to be filled. Borrows the pixels. Zeroed = none. */
typedef struct fmi_filled {
    fm_image image;
    fmi_bitmap background; /**< words NULL = nothing is filled */
    uint64_t count;        /**< background texels */
    uint32_t colour;       /**< they get this: R in the lowest byte, 0 in the highest */
} fmi_filled;

/** @param footprint  of the picture's size; NULL = fill nothing */
fm_status fmi_filled_create(fmi_filled *filled, const fm_image *image, const fmi_bitmap *footprint,
                            fm_error *err);
/** Writes row y as image.width texels: R in the lowest byte; in the highest 255, or 0 where the
 *  texel is filled. */
void fmi_filled_row(const fmi_filled *filled, uint32_t y, uint32_t *texels);
void fmi_filled_free(fmi_filled *filled);

#endif
