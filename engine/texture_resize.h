/* SPDX-License-Identifier: MIT */
/** @file texture_resize.h Rows of a filled picture at another size. */
#ifndef FMI_TEXTURE_RESIZE_H
#define FMI_TEXTURE_RESIZE_H

#include "texture_fill.h"

/**
 * Bilinear with half-pixel centres, clamped at the borders. Weights are whole numbers of
 * 1 / (4 width height), so each value is rounded once and exactly, halves up. Zeroed = none.
 */
typedef struct fmi_resizer {
    const fmi_filled *from; /**< borrowed */
    uint32_t width, height; /**< to this size */
    uint32_t *texels;       /**< a row of from */
    uint32_t *left;         /**< per column: the texel to its left ... */
    uint32_t *weight;       /**< ... and the weight of the next one, of 2 x width */
    uint32_t *sums[2];      /**< two rows of from, resized in x: 4 x width, in 1 / (2 width) */
    uint32_t row[2];        /**< which rows those are; UINT32_MAX = none */
} fmi_resizer;

fm_status fmi_resizer_create(fmi_resizer *resizer, const fmi_filled *from, uint32_t width,
                             uint32_t height, fm_error *err);
/** Row y as fmi_filled_row gives it. Rows asked for in order cost least. */
void fmi_resizer_row(fmi_resizer *resizer, uint32_t y, uint32_t *texels);
void fmi_resizer_free(fmi_resizer *resizer);

#endif
