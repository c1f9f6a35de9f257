/* SPDX-License-Identifier: MIT */
/**
 * @file deflate.h
 * zlib streams (RFC 1950 and 1951) of bytes whose repetitions the caller has found already: it
 * knows where they can be, so that nothing is searched here. What is left is a prefix code a block,
 * made for the block; a block that it does not make smaller is stored.
 *
 * Same bytes for the same calls. Threads: a stream belongs to one.
 */
#ifndef FMI_DEFLATE_H
#define FMI_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_COPY_LEAST 3U      /**< bytes of a copy */
#define FMI_COPY_MOST 258U     /**< bytes of a copy */
#define FMI_COPY_REACH 32768U  /**< bytes between a copy and its source, at most */
#define FMI_LITERAL_CODES 286U /**< bytes, the end of a block, lengths */
#define FMI_BACK_CODES 30U

/** Bytes as they are, and then bytes that are those `back` bytes earlier. */
typedef struct fmi_copy {
    uint32_t literals; /**< bytes before the copy */
    uint16_t length;   /**< FMI_COPY_LEAST to FMI_COPY_MOST; 0: literals only */
    uint16_t back;     /**< 1 to FMI_COPY_REACH, not before the stream's start */
} fmi_copy;

typedef struct fmi_deflate {
    uint8_t *start, *at; /**< borrowed */
    uint64_t bits;       /**< the next ones, lowest first */
    uint32_t filled;     /**< of bits */
    uint32_t sum;        /**< Adler-32 of the data so far */
} fmi_deflate;

/** Bytes that streams of so many bytes need at most, in blocks of 32 KiB or more but the last. */
size_t fmi_deflate_bound(size_t bytes);
/** @param to fmi_deflate_bound bytes, borrowed until the end */
void fmi_deflate_begin(fmi_deflate *z, uint8_t *to);
/**
 * Appends a block.
 * @param data the block's bytes
 * @param copies what they are made of, count of them, in order; bytes behind the last are literals
 */
void fmi_deflate_block(fmi_deflate *z, const uint8_t *data, size_t bytes, const fmi_copy *copies,
                       size_t count, bool last);
/** After the last block. Returns the bytes of the stream. */
size_t fmi_deflate_end(fmi_deflate *z);

/**
 * Lengths of a prefix code for n symbols (at most FMI_LITERAL_CODES), 0 for those that count 0. The
 * shortest code (D. A. Huffman, 1952) where that keeps to the limit, else that of halved counts.
 */
void fmi_code_lengths(uint8_t *length, const uint32_t *count, uint32_t n, uint32_t limit);
/** The code words of RFC 1951, 3.2.2, their first bit lowest. */
void fmi_code_words(uint16_t *word, const uint8_t *length, uint32_t n);

#endif
