/* SPDX-License-Identifier: MIT */
#include "pair_index.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

#define MIN_KEYS 64U

/* Inline with a constant number of words, these become a few instructions without a loop. */
static inline uint64_t two_words(const uint32_t *key) {
    uint64_t both;
    memcpy(&both, key, sizeof both);
    return both;
}

static inline uint32_t hash_key(const uint32_t *key, uint32_t words) {
    uint64_t h = UINT64_C(0x243F6A8885A308D3);
    for (uint32_t i = 0; i < words; i += 2) {
        h = (h ^ two_words(key + i)) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32; /* the good bits of a product are the upper ones; slots use the lower */
    }
    return (uint32_t)h;
}

static inline bool holds(const fmi_index *index, uint32_t slot, const uint32_t *key,
                         uint32_t words) {
    const uint32_t *stored = index->keys + (size_t)(slot - 1) * words;
    uint64_t differing = 0;
    for (uint32_t i = 0; i < words; i += 2)
        differing |= two_words(stored + i) ^ two_words(key + i);
    return differing == 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t find_slot(const fmi_index *index, const uint32_t *key, uint32_t hash) {
    uint32_t at = hash & index->slot_mask;
    while (index->slots[at] != 0 && !holds(index, index->slots[at], key, index->words))
        at = (at + 1) & index->slot_mask;
    return at;
}

static bool reserve(fmi_index *index, uint32_t capacity) {
    uint32_t slot_count = 2;
    while (slot_count < 2 * capacity)
        slot_count *= 2;
    uint32_t *keys = realloc(index->keys, (size_t)capacity * index->words * sizeof *keys);
    if (!keys)
        return false;
    index->keys = keys;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(index->slots);
    index->slots = slots;
    index->slot_mask = slot_count - 1;
    index->capacity = capacity;
    for (uint32_t i = 0; i < index->count; i++) {
        const uint32_t *key = keys + (size_t)i * index->words;
        slots[find_slot(index, key, hash_key(key, index->words))] = i + 1;
    }
    return true;
}

fm_status fmi_index_create(fmi_index *index, uint32_t words, uint32_t expected, fm_error *err) {
    *index = (fmi_index){.words = words};
    if (reserve(index, expected > MIN_KEYS ? expected : MIN_KEYS))
        return FM_OK;
    fmi_index_free(index);
    return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                    "no memory for a table of %u keys; use a smaller mesh", expected);
}

static bool add_one(fmi_index *index, const uint32_t *key, uint32_t hash, uint32_t *number) {
    uint32_t at = find_slot(index, key, hash);
    if (index->slots[at] == 0) {
        if (index->count == index->capacity) {
            if (!reserve(index, 2 * index->capacity))
                return false;
            at = find_slot(index, key, hash);
        }
        memcpy(index->keys + (size_t)index->count * index->words, key, index->words * sizeof *key);
        index->slots[at] = ++index->count;
    }
    *number = index->slots[at] - 1;
    return true;
}

/* The first two loops have no branch on what they load, so their cache misses overlap. */
static inline bool add_block(fmi_index *index, const uint32_t *keys, uint32_t words, uint32_t count,
                             uint32_t *numbers) {
    uint32_t hash[FMI_INDEX_BLOCK], slot[FMI_INDEX_BLOCK];
    for (uint32_t i = 0; i < count; i++)
        hash[i] = hash_key(keys + (size_t)i * words, words);
    for (uint32_t i = 0; i < count; i++)
        slot[i] = index->slots[hash[i] & index->slot_mask];
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *key = keys + (size_t)i * words;
        numbers[i] = slot[i] - 1;
        if (slot[i] == 0 || !holds(index, slot[i], key, words))
            if (!add_one(index, key, hash[i], &numbers[i]))
                return false;
    }
    return true;
}

bool fmi_index_add(fmi_index *index, const uint32_t *keys, uint32_t count, uint32_t *numbers) {
    for (uint32_t i = 0; i < count; i += FMI_INDEX_BLOCK) {
        uint32_t left = count - i, block = left < FMI_INDEX_BLOCK ? left : FMI_INDEX_BLOCK;
        const uint32_t *from = keys + (size_t)i * index->words;
        bool added = index->words == 4 ? add_block(index, from, 4, block, numbers + i)
                                       : add_block(index, from, 8, block, numbers + i);
        if (!added)
            return false;
    }
    return true;
}

void fmi_index_free(fmi_index *index) {
    free(index->keys);
    free(index->slots);
    *index = (fmi_index){0};
}

void fmi_float_keys(const float *values, uint32_t width, uint32_t count, uint32_t *keys,
                    uint32_t stride) {
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < count; i++) {
            float positive_zero = values[i * width + k] + 0.0f; /* -0 + 0 = +0 */
            memcpy(keys + i * stride + k, &positive_zero, sizeof *keys);
        }
}

/* numbers[i] becomes the first point with that number; first_of has room for every number. */
static bool number_points(fmi_index *index, const float *points, uint32_t count, uint32_t *first_of,
                          uint32_t *numbers) {
    uint32_t keys[4 * FMI_INDEX_BLOCK] = {0}, known = 0;
    for (uint32_t i = 0; i < count; i += FMI_INDEX_BLOCK) {
        uint32_t left = count - i, block = left < FMI_INDEX_BLOCK ? left : FMI_INDEX_BLOCK;
        fmi_float_keys(points + 3 * (size_t)i, 3, block, keys, 4);
        if (!fmi_index_add(index, keys, block, numbers + i))
            return false;
        for (uint32_t k = i; k < i + block; k++) {
            if (numbers[k] == known)
                first_of[known++] = k;
            numbers[k] = first_of[numbers[k]];
        }
    }
    return true;
}

fm_status fmi_index_points(const float *points, uint32_t count, uint32_t *first, fm_error *err) {
    fmi_index index = {0};
    fm_status status = fmi_index_create(&index, 4, count / 4, err);
    if (status != FM_OK)
        return status;
    uint32_t *first_of = malloc((size_t)count * sizeof *first_of);
    if (!first_of || !number_points(&index, points, count, first_of, first))
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY,
                          "no memory to compare %u points; use a smaller mesh", count);
    free(first_of);
    fmi_index_free(&index);
    return status;
}
