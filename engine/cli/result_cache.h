/* SPDX-License-Identifier: MIT */
/**
 * @file result_cache.h
 * --cache DIR: finished files, kept under the hash of everything they were made from (job.h), one
 * folder for the files of each step. An entry appears whole, by rename. Nothing is ever removed
 * from DIR: delete it to empty it.
 */
#ifndef FMI_CLI_RESULT_CACHE_H
#define FMI_CLI_RESULT_CACHE_H

#include "run.h"

/** Files of a step. Zeroed = none. */
typedef struct fmi_file_names {
    char **name; /**< of a step's files, relative to the run folder */
    uint32_t count, room;
} fmi_file_names;

/** An fmi_list_fn that collects into a fmi_file_names. */
fm_status fmi_results_collect(void *user, const char *name, fm_error *err);
void fmi_file_names_free(fmi_file_names *names);

/**
 * Copies the files of an entry into the run's work folder and what is known with them into the
 * run. A missing or damaged entry is no failure: *hit stays false and no file is left.
 */
fm_status fmi_results_fetch(fmi_run *run, const char *key, const fmi_file_names *names, bool *hit,
                            fm_error *err);
/** Keeps the files of a step. What fails is a warning: the run itself is fine. */
void fmi_results_store(fmi_run *run, const char *key, const fmi_file_names *names);

#endif
