/* SPDX-License-Identifier: MIT */
/**
 * @file deflate.h
 * zlib streams (RFC 1950, 1951) of a picture's filtered rows. General compressors look for
 * repetitions at every byte; in such rows they are runs, or whole pixels, so looking only for those
 * takes a third of the time and no more bytes. Chosen by measurement, see png_write.c.
 *
 *     fmi_deflate *d = memory;                  // sizeof (fmi_deflate), any contents
 *     fmi_deflate_begin(d, to, pixel_bytes);
 *     for each row: fmi_deflate_row(d, start_of_row, bytes);
 *     size = fmi_deflate_end(d);
 */
#ifndef FMI_DEFLATE_H
#define FMI_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#define FMI_DEFLATE_HISTORY 32768 /**< bytes before a row that must stay readable, if there are */
#define FMI_DEFLATE_AHEAD 8       /**< readable bytes behind each row; they may change the result */

#define FMI_DEFLATE_TOKENS 32768
#define FMI_DEFLATE_BUCKETS 8192
#define FMI_DEFLATE_WAYS 4
#define FMI_DEFLATE_SINGLES 4096

/** State of one stream, about 300 KB. Positions count from 1, 0 = none. */
typedef struct fmi_deflate {
    uint8_t *start, *to;
    uint64_t bits; /**< not yet written, lowest first */
    uint32_t bit_count;
    uint32_t check;       /**< Adler-32 */
    uint32_t position;    /**< bytes taken */
    uint32_t pixel_bytes; /**< 0: runs only */
    uint32_t token_count;
    uint32_t symbol_count[286], distance_count[30];
    uint32_t token[FMI_DEFLATE_TOKENS];
    uint32_t three[FMI_DEFLATE_BUCKETS][FMI_DEFLATE_WAYS]; /**< pixels in a row, newest first */
    uint32_t two[FMI_DEFLATE_SINGLES], one[FMI_DEFLATE_SINGLES];
} fmi_deflate;

/** Most bytes that a stream of so many bytes can take. */
size_t fmi_deflate_bound(size_t bytes);

/**
 * @param to has room for fmi_deflate_bound of all rows
 * @param pixel_bytes 3 or 4: looks for pixels that were there before; 0: for runs of a byte
 */
void fmi_deflate_begin(fmi_deflate *d, uint8_t *to, uint32_t pixel_bytes);
/**
 * Takes a row: the number of its filter and pixels.
 * @param row the bytes before it are those of earlier rows, at least FMI_DEFLATE_HISTORY of them
 *            where there were so many
 */
void fmi_deflate_row(fmi_deflate *d, const uint8_t *row, size_t bytes);
/** Ends the stream. Returns its bytes. */
size_t fmi_deflate_end(fmi_deflate *d);

#endif
