/* SPDX-License-Identifier: MIT */
/**
 * @file workers.h
 * Host work of the engine that comes in independent tasks. The engine owns no threads: who has some
 * lends them for a call.
 */
#ifndef FMI_WORKERS_H
#define FMI_WORKERS_H

#include <fm/pair.h>

/** Does task `index` of a job; tasks share nothing that they write, and cannot fail. */
typedef void (*fmi_work_fn)(void *job, uint32_t index);

/** Threads that are lent. Zeroed, or NULL where one is taken: the calling thread does it all. */
typedef struct fmi_workers {
    /** Calls work for 0 to count - 1, in any order and at the same time; returns when all are done.
     */
    void (*run)(void *user, uint32_t count, fmi_work_fn work, void *job);
    void *user;
    uint32_t threads; /**< that work at the same time, the calling one included */
} fmi_workers;

/** All tasks of a job, by the workers where there are some. */
void fmi_workers_run(const fmi_workers *workers, uint32_t count, fmi_work_fn work, void *job);

/** fm_pair_create with threads for the textures; the pair is the same to the byte. */
fm_status fmi_pair_create(fm_pair **pair, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                          const fm_pair_params *params, const fmi_workers *workers, fm_error *err);

#endif
