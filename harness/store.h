/* SPDX-License-Identifier: MIT */
/**
 * @file store.h
 * The result store: one SQLite file in write-ahead mode. results/README.md describes its tables.
 * Each cell is durable when fmi_store_cell returns; a killed sweep loses the running cell only.
 *
 *     fmi_store *store = NULL;
 *     fmi_store_open(&store, "results/fmbench.db", &err);
 *     fmi_store_begin(store, &run, &err);
 *     fmi_store_cell(store, &cell, position, &err);
 *     fmi_store_end(store, "done", &err);
 *     fmi_store_close(&store);
 */
#ifndef FMI_STORE_H
#define FMI_STORE_H

#include "cell.h"
#include "cold.h"
#include "environment.h"

#define FMI_STORE_SCHEMA 7

/** Opaque. One thread at a time; other processes may read and append meanwhile. */
typedef struct fmi_store fmi_store;

/** What a run row holds. Strings are borrowed for the call. */
typedef struct fmi_store_run {
    const char *id;      /**< unique name: fmi_store_run_id */
    const char *started; /**< UTC, ISO 8601 */
    const char *command; /**< the command line, for people */
    int argc;            /**< its words, for a program that goes on */
    char *const *argv;
    const char *configuration, *configuration_hash; /**< fmi_sweep_configure */
    const char *order;                              /**< "random" or "fixed" */
    uint64_t seed;                                  /**< of the order */
    bool quick;
    uint32_t cells; /**< planned rows */
    const fmi_environment *environment;
} fmi_store_run;

/**
 * Where the store is: db, what --db says, or, when that is NULL, results/fmbench.db of the checkout
 * this folder is in (a folder with .git and results/), else ./fmbench.db.
 */
void fmi_store_place(const char *db, char *out, size_t out_bytes);

/** "20240131T120000Z-1a2b3c4d": start time and random digits; also gives the start in ISO form. */
void fmi_store_run_id(char id[32], char started[32]);

/**
 * Opens or makes a store.
 * @retval FM_ERROR_BAD_INPUT the file is damaged, is no store of ours or has a newer schema
 * @retval FM_ERROR_IO        it cannot be opened, made or written
 */
fm_status fmi_store_open(fmi_store **store, const char *path, fm_error *err);
/**
 * Opens a store that must be there, with at least one run in it. path NULL = the default place.
 * One that cannot be written, or whose folder cannot, is opened to be read only.
 * @retval FM_ERROR_BAD_INPUT it is not there or empty
 */
fm_status fmi_store_open_existing(fmi_store **store, const char *path, fm_error *err);
void fmi_store_close(fmi_store **store);
/** Removes a closed store with the files beside it: one that was made for nothing. */
void fmi_store_remove(const char *path);
/** Whether it cannot be written, or its folder. */
bool fmi_store_is_read_only(const fmi_store *store);
/** The name it was opened by; borrowed. */
const char *fmi_store_path(const fmi_store *store);

/** What follows is written together or not at all, until fmi_store_apart. */
fm_status fmi_store_together(fmi_store *store, fm_error *err);
/** Keeps what was written since when status is FM_OK, else nothing; returns what became of it. */
fm_status fmi_store_apart(fmi_store *store, fm_status status, fm_error *err);

fm_status fmi_store_begin(fmi_store *store, const fmi_store_run *run, fm_error *err);
/** Adds a cell with its samples. position: place in the order of execution, from 0. */
fm_status fmi_store_cell(fmi_store *store, const fmi_cell *cell, uint32_t position, fm_error *err);
/** Adds or replaces the roofs of a device. */
fm_status fmi_store_roofs(fmi_store *store, const char *device, const fmi_roofs *roofs,
                          fm_error *err);
/** Adds or replaces the cold start of a device. */
fm_status fmi_store_cold(fmi_store *store, const char *device, const fmi_cold *cold, fm_error *err);
/** A run that is there. Free with fmi_store_found_free. */
typedef struct fmi_store_found {
    int64_t id;
    char name[32], started[32];
    char configuration[400], configuration_hash[17];
    uint64_t seed;
    int argc;
    char **argv; /**< words of its command line, owned */
} fmi_store_found;

/**
 * Finds a run by name; "last" is the newest.
 * @retval FM_ERROR_BAD_INPUT there is none
 */
fm_status fmi_store_find(fmi_store *store, const char *name, fmi_store_found *found, fm_error *err);
void fmi_store_found_free(fmi_store_found *found);
/** Goes on with a run: later cells are its cells; what was interrupted or had no time is dropped.
 */
fm_status fmi_store_resume(fmi_store *store, const fmi_store_found *found, fm_error *err);
/** Fills the cells that the run has already; refined ones are added. Samples stay in the store. */
fm_status fmi_store_load(fmi_store *store, fmi_cells *cells, const fm_caps *caps, fm_error *err);
/** The cold start that the run has already; none leaves it empty. */
fm_status fmi_store_load_cold(fmi_store *store, fmi_cold *cold, fm_error *err);
/** First free place behind the run's cells. */
fm_status fmi_store_places(fmi_store *store, uint32_t *next, fm_error *err);
/** Ends the run. status: "done" or "interrupted". */
fm_status fmi_store_end(fmi_store *store, const char *status, fm_error *err);

#endif
