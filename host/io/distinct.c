/* SPDX-License-Identifier: MIT */
#include "distinct.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* Open addressing, at most half full; a slot holds the number of a vector plus one. */
int fmi_distinct(uint32_t *distinct, const float *values, uint32_t count, uint32_t width) {
    *distinct = 0;
    size_t capacity = 16;
    while (capacity < (size_t)count * 2)
        capacity *= 2;
    uint32_t *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return -1;
    size_t bytes = width * sizeof *values;
    for (uint32_t i = 0; i < count; i++) {
        const float *value = values + (size_t)i * width;
        size_t at = (size_t)XXH3_64bits(value, bytes) & (capacity - 1);
        while (slots[at] != 0 &&
               memcmp(values + (size_t)(slots[at] - 1) * width, value, bytes) != 0)
            at = (at + 1) & (capacity - 1);
        if (slots[at] == 0) {
            slots[at] = i + 1;
            ++*distinct;
        }
    }
    free(slots);
    return 0;
}
