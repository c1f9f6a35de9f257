/* SPDX-License-Identifier: MIT */
/** @file load_pair.h Both sides of a pair from files at once, while the caller does other work. */
#ifndef FMI_CLI_LOAD_PAIR_H
#define FMI_CLI_LOAD_PAIR_H

#include "morph_options.h"

#include "io/load.h"

#include <fm/log.h>

#include <pthread.h>

/** One side's work. */
typedef struct fmi_load_job {
    const char *path, *texture;
    fm_log log;
    fmi_side side;
    fm_status status;
    fm_error err;
    uint64_t hash;     /**< fmi_side_hash */
    double begin, end; /**< seconds since process start */
} fmi_load_job;

/** Both sides. Zeroed = none. It must not move between start and free. */
typedef struct fmi_load_pair fmi_load_pair;
struct fmi_load_pair {
    fmi_load_job job[2];
    pthread_t thread[2];
    uint32_t threads; /**< running */
};

/** Starts two threads; one for both sides when threads is 1. */
fm_status fmi_load_start(fmi_load_pair *load, const fmi_morph_options *options, const fm_log *log,
                         fm_error *err);
/** Waits; the failure of A comes before that of B. */
fm_status fmi_load_wait(fmi_load_pair *load, fm_error *err);
/** Waits and frees what was loaded. Accepts a zeroed or freed one. */
void fmi_load_free(fmi_load_pair *load);

#endif
