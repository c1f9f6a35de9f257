/* SPDX-License-Identifier: MIT */
#include "next_pair.h"

#include "run.h"

#include "clock.h"
#include "plan_bytes.h"

#include <signal.h>
#include <string.h>

/* Single-threaded, since the other cores encode. A pair that cannot be made says so when its turn
 * comes. */
static void *stage(void *user) {
    fmi_next *next = user;
    const fmi_side *a = next->held[0];
    const fmi_side *b = next->held[1];
    const fm_pair_params params = fmi_run_pair_params(next->options, a, b);
    next->begin = fmi_clock_since_start();
    (void)fm_pair_stage(&next->staged, next->engine, &a->mesh, &b->mesh, &params, NULL);
    next->end = fmi_clock_since_start();
    atomic_store(&next->done, true);
    return NULL;
}

static void let_go(fmi_next *next) {
    for (uint32_t i = 0; i < 2; i++) {
        if (next->held[i] != NULL)
            fmi_mesh_cache_put(next->meshes, next->side[i]);
        next->held[i] = NULL;
    }
}

static void join(fmi_next *next) {
    if (next->running)
        pthread_join(next->thread, NULL);
    next->running = false;
    let_go(next);
}

/* Signals belong to the main thread. */
static void start(fmi_next *next) {
    sigset_t all;
    sigset_t before;
    for (uint32_t i = 0; i < 2; i++)
        if (next->held[i] == NULL)
            next->held[i] = fmi_mesh_cache_hold(next->meshes, next->side[i]);
    if (next->held[0] == NULL || next->held[1] == NULL)
        return;
    atomic_store(&next->done, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    next->running = pthread_create(&next->thread, NULL, stage, next) == 0;
    next->wanted = next->running;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fmi_next_begin(fmi_next *next, fmi_mesh_cache *meshes, fm_engine *engine,
                    const fmi_morph_options *options, const uint32_t side[2]) {
    fmi_next_drop(next);
    next->meshes = meshes;
    next->engine = engine;
    next->options = options;
    next->side[0] = side[0];
    next->side[1] = side[1];
    /* In 16 bits a pair is made twice, for the comparison. Pairs that were there already need no
     * engine, so there may be none yet. */
    next->wanted = engine != NULL && !options->half &&
                   fmi_plan_sends_ahead(fm_engine_caps(engine), options->level);
}

void fmi_next_look(void *user) {
    fmi_next *next = user;
    if (!next->wanted)
        return;
    if (!next->running) {
        start(next);
    } else if (atomic_load(&next->done)) {
        join(next);
        next->wanted = false;
        (void)fm_pair_ahead(next->engine, next->staged, NULL);
    }
}

fm_staged *fmi_next_take(fmi_next *next, const uint32_t side[2]) {
    join(next);
    if (next->side[0] != side[0] || next->side[1] != side[1])
        fm_staged_destroy(&next->staged);
    fm_staged *staged = next->staged;
    next->staged = NULL;
    next->wanted = false;
    return staged;
}

void fmi_next_drop(fmi_next *next) {
    join(next);
    fm_staged_destroy(&next->staged);
    next->wanted = false;
}
