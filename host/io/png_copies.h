/* SPDX-License-Identifier: MIT */
/** @file png_copies.h Repetitions in filtered rows of a PNG, where they are worth looking for. */
#ifndef FMI_PNG_COPIES_H
#define FMI_PNG_COPIES_H

#include "deflate.h"

#define FMI_GREY_REACH 10922U /**< pixels, at most, between a copy and its source */
#define FMI_GREY_KEY_BITS 12
#define FMI_GREY_KEYS (1U << FMI_GREY_KEY_BITS)

/** Grey pixels of a band of rows, those before it, and where they were seen last. */
typedef struct fmi_grey_seen {
    uint32_t eight[FMI_GREY_KEYS], four[FMI_GREY_KEYS], two[FMI_GREY_KEYS];
    uint32_t one[256]; /**< all four: pixels + 1, 0: never */
    uint32_t width;    /**< pixels of a row */
    uint32_t channels; /**< bytes of a pixel, 3 or 4 */
    uint32_t most;     /**< pixels of a copy */
    uint32_t reach;    /**< pixels */
    uint32_t first;    /**< the first pixel in values */
    uint32_t count;    /**< of values */
    uint16_t values[]; /**< grey, and alpha in the upper byte */
} fmi_grey_seen;

/** Most copies that data of so many bytes have. */
size_t fmi_copies_most(size_t bytes);
/** Runs of a byte. Returns how many copies. */
size_t fmi_find_runs(fmi_copy *copies, const uint8_t *data, size_t bytes);
/** Bytes of a fmi_grey_seen for bands of at most so many rows. */
size_t fmi_grey_seen_bytes(uint32_t width, uint32_t rows);
/** Nothing seen. */
void fmi_grey_seen_begin(fmi_grey_seen *seen, uint32_t width, uint32_t channels);
/** Repeated pixels of rows that follow those of the last call; a row is the filter's byte and
 *  pixels, each of three equal bytes and maybe alpha. Returns how many copies. */
size_t fmi_find_grey(fmi_grey_seen *seen, fmi_copy *copies, const uint8_t *data, uint32_t rows);

#endif
