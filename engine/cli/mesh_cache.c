/* SPDX-License-Identifier: MIT */
#include "mesh_cache.h"

#include "interrupt.h"
#include "job.h"

#include "clock.h"
#include "error.h"
#include "io/confined.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum entry_state { EMPTY = 0, LOADING, READY, FAILED } entry_state;

/* While LOADING an entry belongs to its thread; joining it gives it back. */
typedef struct entry {
    entry_state state;
    atomic_bool loaded; /* the thread's last word */
    pthread_t thread;
    const char *path, *texture;
    fmi_mesh_line *lines;
    uint32_t line_count;
    fmi_side side;
    fm_status status;
    fm_error *failure; /* of its own, since most entries never fail */
    uint64_t hash, used;
    uint32_t pins;
    bool had; /* by a get */
    double begin, end;
} entry;

struct fmi_mesh_cache {
    entry *entries;
    uint32_t count, loads;
    uint64_t limit_bytes, clock;
};

static uint64_t entry_bytes(const entry *e) {
    const fm_image *image = &e->side.texture.view;
    return e->side.blob->total_bytes + (uint64_t)image->height * image->row_bytes;
}

static void keep_line(void *user, fm_log_level level, const char *text) {
    entry *e = user;
    if (e->lines == NULL)
        e->lines = calloc(FMI_MESH_LINES, sizeof *e->lines);
    if (e->lines == NULL || e->line_count == FMI_MESH_LINES)
        return;
    fmi_mesh_line *line = &e->lines[e->line_count++];
    line->level = level;
    snprintf(line->text, sizeof line->text, "%s", text);
}

static void *load_entry(void *user) {
    entry *e = user;
    fm_error err = {0};
    const fm_log log = {.write = keep_line, .user = e, .level = FM_LOG_DEBUG};
    e->line_count = 0;
    e->begin = fmi_clock_since_start();
    e->status =
        fmi_side_load_confined(&e->side, e->path, e->texture, &log, fmi_interrupt_flag(), &err);
    if (e->status == FM_OK) {
        e->hash = fmi_side_hash(&e->side);
    } else {
        e->failure = malloc(sizeof err);
        if (e->failure != NULL)
            *e->failure = err;
    }
    e->end = fmi_clock_since_start();
    atomic_store(&e->loaded, true);
    return NULL;
}

fm_status fmi_mesh_cache_create(fmi_mesh_cache **out, char *const *paths, char *const *textures,
                                uint32_t count, uint64_t limit_bytes, fm_error *err) {
    *out = NULL;
    fmi_mesh_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL)
        cache->entries = calloc(count, sizeof *cache->entries);
    if (cache == NULL || cache->entries == NULL) {
        free(cache);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u meshes", count);
    }
    cache->count = count;
    cache->limit_bytes = limit_bytes;
    for (uint32_t i = 0; i < count; i++) {
        cache->entries[i].path = paths[i];
        cache->entries[i].texture = textures[i];
    }
    *out = cache;
    return FM_OK;
}

/* Signals belong to the main thread. */
void fmi_mesh_cache_request(fmi_mesh_cache *cache, uint32_t index) {
    entry *e = &cache->entries[index];
    sigset_t all;
    sigset_t before;
    if (e->state != EMPTY)
        return;
    atomic_store(&e->loaded, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&e->thread, NULL, load_entry, e) == 0)
        e->state = LOADING;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void settle(fmi_mesh_cache *cache, entry *e) {
    if (e->state == LOADING)
        pthread_join(e->thread, NULL);
    else
        (void)load_entry(e); /* no thread could be had: here and now */
    e->state = e->status == FM_OK ? READY : FAILED;
    cache->loads++;
}

static void drop(entry *e) {
    fmi_side_free(&e->side);
    e->state = EMPTY;
}

static void make_room(fmi_mesh_cache *cache) {
    for (;;) {
        uint64_t total = 0;
        entry *oldest = NULL;
        for (uint32_t i = 0; i < cache->count; i++) {
            entry *e = &cache->entries[i];
            if (e->state != READY)
                continue;
            total += entry_bytes(e);
            if (e->pins == 0 && (oldest == NULL || e->used < oldest->used))
                oldest = e;
        }
        if (total <= cache->limit_bytes || oldest == NULL)
            return;
        drop(oldest);
    }
}

fm_status fmi_mesh_cache_get(fmi_mesh_cache *cache, uint32_t index, fmi_cached_side *side,
                             fm_error *err) {
    entry *e = &cache->entries[index];
    fmi_mesh_cache_request(cache, index);
    if (e->state == EMPTY || e->state == LOADING)
        settle(cache, e);
    if (e->state == FAILED) {
        if (e->failure == NULL)
            return fmi_fail(err, e->status, "%s: cannot be loaded", e->path);
        if (err != NULL)
            *err = *e->failure;
        return e->status;
    }
    e->pins++;
    e->used = ++cache->clock;
    make_room(cache);
    *side = (fmi_cached_side){.side = &e->side,
                              .hash = e->hash,
                              .begin = e->begin,
                              .end = e->end,
                              .lines = e->lines,
                              .line_count = e->line_count,
                              .first = !e->had};
    e->had = true;
    return FM_OK;
}

const fmi_side *fmi_mesh_cache_hold(fmi_mesh_cache *cache, uint32_t index) {
    entry *e = &cache->entries[index];
    if (e->state == LOADING && atomic_load(&e->loaded))
        settle(cache, e);
    if (e->state != READY)
        return NULL;
    e->pins++;
    return &e->side;
}

void fmi_mesh_cache_put(fmi_mesh_cache *cache, uint32_t index) {
    cache->entries[index].pins--;
}

uint32_t fmi_mesh_cache_loads(const fmi_mesh_cache *cache) {
    return cache->loads;
}

void fmi_mesh_cache_destroy(fmi_mesh_cache **out) {
    fmi_mesh_cache *cache = *out;
    if (cache == NULL)
        return;
    for (uint32_t i = 0; i < cache->count; i++) {
        entry *e = &cache->entries[i];
        if (e->state == LOADING)
            settle(cache, e);
        if (e->state == READY)
            drop(e);
        free(e->failure);
        free(e->lines);
    }
    free(cache->entries);
    free(cache);
    *out = NULL;
}
