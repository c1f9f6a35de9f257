/* SPDX-License-Identifier: MIT */
/**
 * @file mesh_cache.h
 * The meshes of a batch in memory: each file is loaded once, by a thread of its own and ahead of
 * time, and shared by all pairs. Above a limit of bytes the one that was used longest ago goes, and
 * is loaded again when a later pair wants it.
 *
 * Threads: one thread calls; the loading threads are the object's own.
 */
#ifndef FMI_CLI_MESH_CACHE_H
#define FMI_CLI_MESH_CACHE_H

#include "io/load.h"

#include <fm/log.h>

#include <stdbool.h>

typedef struct fmi_mesh_cache fmi_mesh_cache;

#define FMI_MESH_LINES 8

/** What loading said. */
typedef struct fmi_mesh_line {
    fm_log_level level;
    char text[400];
} fmi_mesh_line;

/** One side, ready. Valid until it is put back. */
typedef struct fmi_cached_side {
    const fmi_mesh_line *lines; /**< kept, since loading may have been ahead of its pair */
    uint32_t line_count;
    bool first; /**< nobody has had this file before */
    fmi_side *side;
    uint64_t hash;     /**< fmi_side_hash */
    double begin, end; /**< when it was loaded, seconds since process start */
} fmi_cached_side;

/** For count files. paths and textures (NULL entries = as the material says) are borrowed. */
fm_status fmi_mesh_cache_create(fmi_mesh_cache **cache, char *const *paths, char *const *textures,
                                uint32_t count, uint64_t limit_bytes, fm_error *err);
/** Begins to load a file if it is neither loaded nor being loaded. Never fails: get does. */
void fmi_mesh_cache_request(fmi_mesh_cache *cache, uint32_t index);
/** Waits for a file. A file that failed once fails again without being read. */
fm_status fmi_mesh_cache_get(fmi_mesh_cache *cache, uint32_t index, fmi_cached_side *side,
                             fm_error *err);
/** A file that is there already, without a wait and without counting as a get that was first; NULL:
 *  it is not, or failed. */
const fmi_side *fmi_mesh_cache_hold(fmi_mesh_cache *cache, uint32_t index);
/** Every successful get or hold needs one. */
void fmi_mesh_cache_put(fmi_mesh_cache *cache, uint32_t index);
/** Files loaded so far, each time counted. */
uint32_t fmi_mesh_cache_loads(const fmi_mesh_cache *cache);
/** Waits for loading threads and frees. Accepts NULL. */
void fmi_mesh_cache_destroy(fmi_mesh_cache **cache);

#endif
