/* SPDX-License-Identifier: MIT */
/**
 * @file next_pair.h
 * The pair after the one that a batch renders: made on a thread as soon as its meshes are there,
 * then named to the engine, which sends it up beside the frames (fm/ahead.h). Only where that is of
 * use: see fmi_plan_sends_ahead. Nothing here fails: what does not work is done when the pair's
 * turn comes.
 *
 * Threads: one thread calls; the staging thread is the object's own.
 */
#ifndef FMI_CLI_NEXT_PAIR_H
#define FMI_CLI_NEXT_PAIR_H

#include "mesh_cache.h"
#include "morph_options.h"

#include <fm/ahead.h>

#include <pthread.h>
#include <stdatomic.h>

/** Zeroed = none. It must not move while a pair is being made. */
typedef struct fmi_next {
    fmi_mesh_cache *meshes; /**< borrowed, as the engine */
    fm_engine *engine;
    const fmi_morph_options *options;
    bool wanted; /**< there is something left to begin */
    uint32_t side[2];
    const fmi_side *held[2]; /**< in the cache; NULL = not yet there */
    bool running;
    atomic_bool done; /**< the thread's last word */
    pthread_t thread;
    fm_staged *staged;
    double begin, end; /**< of the thread's work, seconds since process start */
} fmi_next;

/** From now on the pair of these sides is the next one. options live as long. */
void fmi_next_begin(fmi_next *next, fmi_mesh_cache *meshes, fm_engine *engine,
                    const fmi_morph_options *options, const uint32_t side[2]);
/** Goes on with it, between batches of frames. user: the fmi_next. Waits for nothing. */
void fmi_next_look(void *user);
/** Its turn: hands it over if it was begun, NULL else, and is as zeroed but for the times. */
fm_staged *fmi_next_take(fmi_next *next, const uint32_t side[2]);
/** Ends and frees whatever there is. */
void fmi_next_drop(fmi_next *next);

#endif
