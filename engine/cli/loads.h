/* SPDX-License-Identifier: MIT */
/** @file loads.h Mesh files read on threads, several at once, while the caller does other work. */
#ifndef FMI_CLI_LOADS_H
#define FMI_CLI_LOADS_H

#include "io/load.h"

#include <fm/log.h>

#include <pthread.h>

#define FMI_LOADS_THREADS 8

/** A file to read. Strings are borrowed until fmi_loads_free. */
typedef struct fmi_load_file {
    const char *path, *texture; /**< texture: instead of the one it names; NULL = as named */
} fmi_load_file;

/** One file's work. */
typedef struct fmi_load_job {
    fmi_load_file file;
    fm_log log;
    fmi_side side;
    fm_status status;
    fm_error err;
    uint64_t hash;     /**< fmi_side_hash */
    double begin, end; /**< seconds since process start */
} fmi_load_job;

/** All of them. Zeroed = none. It must not move between start and free. */
typedef struct fmi_loads {
    fmi_load_job *job; /**< in the order of the files */
    uint32_t count, next, threads;
    pthread_t thread[FMI_LOADS_THREADS];
    pthread_mutex_t lock;
} fmi_loads;

/** Starts up to `threads` of them, never more than there are files. */
fm_status fmi_loads_start(fmi_loads *loads, const fmi_load_file *files, uint32_t count,
                          uint32_t threads, const fm_log *log, fm_error *err);
/** Waits; the failure of an earlier file comes before that of a later one, a signal before both. */
fm_status fmi_loads_wait(fmi_loads *loads, fm_error *err);
/** Waits and frees what was loaded. Accepts a zeroed or freed one. */
void fmi_loads_free(fmi_loads *loads);

#endif
