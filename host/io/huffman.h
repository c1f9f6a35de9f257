/* SPDX-License-Identifier: MIT */
/** @file huffman.h Prefix codes of limited length, as deflate wants them (RFC 1951, 3.2.2). */
#ifndef FMI_HUFFMAN_H
#define FMI_HUFFMAN_H

#include <stdint.h>

#define FMI_HUFFMAN_SYMBOLS 286

/** A code for each symbol, its first bit lowest; length 0 = the symbol does not occur. */
typedef struct fmi_huffman {
    uint16_t code[FMI_HUFFMAN_SYMBOLS];
    uint8_t length[FMI_HUFFMAN_SYMBOLS];
} fmi_huffman;

/**
 * Makes a complete code: shorter for what occurs more often, none longer than limit bits.
 * @param counts how often each symbol occurs, together less than 2^22
 * @param symbols 2 to FMI_HUFFMAN_SYMBOLS; where fewer than two occur, the first ones count as
 *                occurring, so that every decoder takes the code
 * @param limit bits, with 2^limit >= symbols
 */
void fmi_huffman_make(fmi_huffman *out, const uint32_t *counts, uint32_t symbols, uint32_t limit);

#endif
