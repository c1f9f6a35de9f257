/* SPDX-License-Identifier: MIT */
/**
 * @file pair_texture.h
 * Two pictures to one block of interleaved texels with mips, as fm_shared.h describes it. Pure
 * host code, no OpenCL.
 */
#ifndef FMI_PAIR_TEXTURE_H
#define FMI_PAIR_TEXTURE_H

#include "pair_join.h"

#include "fm_shared.h"

/** Where each level lies. */
typedef struct fmi_texture_layout {
    uint32_t mips;
    fm_mip mip[FM_MAX_MIPS];
    uint64_t bytes; /**< of the whole block */
} fmi_texture_layout;

/** Refuses a picture whose sizes, channels or pointers make no sense; which: "A". */
fm_status fmi_image_check(const fm_image *image, const char *which, fm_error *err);

/** Levels halve, rounding up, down to 1 x 1. Both edges 1 to 16384. */
void fmi_texture_layout_make(fmi_texture_layout *layout, uint32_t width, uint32_t height);

struct fmi_workers;
/**
 * Fills background texels of each picture at its own size (a texel is background when all its
 * channels are <= FM_BACKGROUND_MAX and it lies outside every triangle's UV footprint: centres in
 * or on a triangle, grown by 8 neighbours; colour: mean of the other texels, floor(255 c + 0.5);
 * 0.75, 0.65, 0.55 when none remain), resizes B to A's size (bilinear, half-pixel centres,
 * clamped, rounded) when they differ, makes the mips (2 x 2 box of 8-bit texels, (sum + 2) >> 2,
 * odd edges repeated) and interleaves. Texel column x of row y has u = x / (W-1), v = 1 - y /
 * (H-1).
 *
 * @param out     layout->bytes, write-only (may be mapped device memory)
 * @param filled  out: background texels replaced, both pictures
 * @param workers threads that may help; NULL = none
 */
fm_status fmi_texture_prepare(const fmi_joined *joined, const fm_image *a, const fm_image *b,
                              bool keep_background, const fmi_texture_layout *layout, uint8_t *out,
                              uint64_t *filled, const struct fmi_workers *workers, fm_error *err);

/**
 * Area of each triangle in level-0 texels, x = u (W-1), y = (1-v) (H-1), in double, rounded to
 * integers of 1/256 texel^2 and clamped to UINT32_MAX.
 */
void fmi_texture_areas(const fmi_joined *joined, uint32_t width, uint32_t height, uint32_t *areas);

#endif
