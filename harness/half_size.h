/* SPDX-License-Identifier: MIT */
/**
 * @file half_size.h
 * What a picture of half the edge is worth: a quarter of the pixels is faster on every program, so
 * its rate stands beside what it loses.
 */
#ifndef FMI_HALF_SIZE_H
#define FMI_HALF_SIZE_H

#include "cell.h"
#include "input.h"

/** Half the edges; false where they are odd. */
bool fmi_half_size_kind(const fmi_picture_kind *kind, fmi_picture_kind *half);

/**
 * PSNR in dB of the reference's pictures of half the edges, enlarged bilinearly (pixel centres at
 * i + 0.5), against its pictures of the whole size, over all pixels: of the ends of a morph, or of
 * its middle for batch 1. INFINITY = equal; NAN where the edges are odd.
 */
fm_status fmi_half_size_psnr(fmi_input *input, const fmi_picture_kind *kind, uint32_t batch,
                             double *psnr, fm_error *err);

/** Squared differences of an enlarged picture, summed over the channels of all pixels. Pure. */
double fmi_half_size_squares(const fmi_reference *whole, const fmi_reference *half);

/** The same render in two sizes, each at its best batch. */
typedef struct fmi_size_pair {
    const fmi_cell *large, *small; /**< borrowed from the cells */
    double times;                  /**< rate of the small one over that of the large one */
    double psnr;                   /**< as above; NAN = not known */
} fmi_size_pair;

/**
 * Pairs of timed raster cells, one for each shape and level that was measured in both sizes; small
 * sizes first.
 * @return how many there are, even beyond capacity
 */
uint32_t fmi_size_pairs(const fmi_cells *cells, fmi_size_pair *pairs, uint32_t capacity);

#endif
