/* SPDX-License-Identifier: MIT */
/**
 * @file pair_index.h
 * Numbering of equal keys: each distinct key gets the next number when it is first seen. Keys are
 * 4 or 8 words of 32 bits, mostly the bits of floats, compared as words.
 */
#ifndef FMI_PAIR_INDEX_H
#define FMI_PAIR_INDEX_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_INDEX_BLOCK 64U /**< keys worth gathering before they are added */

/** Open addressing with linear probing, at most half full. Zeroed = none. */
typedef struct fmi_index {
    uint32_t *keys;     /**< count x words, in order of first use */
    uint32_t *slots;    /**< number + 1; 0 = free */
    uint32_t slot_mask; /**< slots - 1, slots a power of two >= 2 x capacity */
    uint32_t words;     /**< of one key: 4 or 8 */
    uint32_t count;     /**< distinct keys so far */
    uint32_t capacity;  /**< keys there is room for, at most 2^30 */
} fmi_index;

/**
 * @param words     4 or 8; fill unused words with 0
 * @param expected  distinct keys to make room for; more are taken, at the price of growing
 */
fm_status fmi_index_create(fmi_index *index, uint32_t words, uint32_t expected, fm_error *err);
/**
 * Numbers of count keys that lie one behind another; false when host memory ran out. Many at once
 * are faster: the table is looked at for a block of keys before the first of them is decided.
 */
bool fmi_index_add(fmi_index *index, const uint32_t *keys, uint32_t count, uint32_t *numbers);
void fmi_index_free(fmi_index *index);

/**
 * Writes count tuples of width floats as bits, one every stride words. -0 becomes +0, so that
 * equal numbers have equal bits.
 */
void fmi_float_keys(const float *values, uint32_t width, uint32_t count, uint32_t *keys,
                    uint32_t stride);

/** For each of count points (3 floats): the first point equal to it, itself when it is the first.
 */
fm_status fmi_index_points(const float *points, uint32_t count, uint32_t *first, fm_error *err);

#endif
