/* SPDX-License-Identifier: MIT */
/** @file cache_unit.h What the tests of the kernel cache share: one entry of it, ways to damage it.
 */
#ifndef CACHE_UNIT_H
#define CACHE_UNIT_H

#include "fm_test.h"

#include "kernel_cache.h"

#include <sys/types.h>

#define HEADER_BYTES 64
#define PATH_ROOM (FM_TEST_PATH + 300)

/* Path of the one entry of a folder; false when there is none. Fails on two. */
bool find_entry(const char *dir, char path[PATH_ROOM]);
void flip_at(const char *path, off_t at);
off_t size_of(const char *path);

extern const struct damage {
    const char *name;
    void (*apply)(const char *path);
    const char *words; /* of the warning */
    bool stays;        /* what is there cannot be replaced */
} damages[];
extern const size_t damage_count;

/* A key, and whether its entry holds these bytes; fails when it holds others. */
extern const fmi_cache_key some_key;
bool holds(const char *dir, const fmi_cache_key *key, const void *want, size_t want_bytes,
           const fm_log *log);

#endif
