/* SPDX-License-Identifier: MIT */
#include "distinct.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Hash of 2 or 3 floats by their bits: multiplications spread low bits upwards, so the top half
 * is taken. */
static inline uint32_t hash_floats(const float *value, uint32_t width) {
    uint32_t bits[3] = {0};
    memcpy(bits, value, width * sizeof *value);
    uint64_t h = (bits[0] | (uint64_t)bits[1] << 32) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ (h >> 29) ^ bits[2]) * UINT64_C(0xBF58476D1CE4E5B9);
    return (uint32_t)(h >> 32);
}

static inline bool equal_floats(const float *a, const float *b, uint32_t width) {
    return memcmp(a, b, width * sizeof *a) == 0;
}

/* Open addressing, at most half full; a slot holds the number of a vector plus one. */
static inline uint32_t count_into(uint32_t *slots, size_t mask, const float *values, uint32_t count,
                                  uint32_t width) {
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < count; i++) {
        const float *value = values + (size_t)i * width;
        size_t at = hash_floats(value, width) & mask;
        while (slots[at] != 0 &&
               !equal_floats(values + (size_t)(slots[at] - 1) * width, value, width))
            at = (at + 1) & mask;
        if (slots[at] == 0) {
            slots[at] = i + 1;
            distinct++;
        }
    }
    return distinct;
}

int fmi_distinct(uint32_t *distinct, const float *values, uint32_t count, uint32_t width) {
    *distinct = 0;
    size_t capacity = 16;
    while (capacity < (size_t)count * 2)
        capacity *= 2;
    uint32_t *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return -1;
    /* Constants let the compiler unroll both widths. */
    *distinct = width == 3 ? count_into(slots, capacity - 1, values, count, 3)
                           : count_into(slots, capacity - 1, values, count, 2);
    free(slots);
    return 0;
}
