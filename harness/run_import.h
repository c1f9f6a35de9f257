/* SPDX-License-Identifier: MIT */
/**
 * @file run_import.h
 * Files of `fmbench export --json` and `fmbench --sweep --json` back into a store: schema
 * fmbench/sweep/1, or several of them in fmbench/sweeps/1. Keys that older files lack are unknown
 * values, as in the store; keys that are not known are left out.
 *
 *     fmi_import import = {0};
 *     fmi_import_read(&import, text, bytes, "run.json", &err);
 *     fmi_import_store(&import, store, &done, &err);
 *     fmi_import_free(&import);
 */
#ifndef FMI_RUN_IMPORT_H
#define FMI_RUN_IMPORT_H

#include "came.h"
#include "saved.h"

#define FMI_IMPORT_RUNS 64
#define FMI_IMPORT_CELLS 100000

/** What a file holds. Zeroed = nothing. */
typedef struct fmi_import {
    fmi_saved *run[FMI_IMPORT_RUNS]; /**< owned */
    uint32_t count;
} fmi_import;

/**
 * Reads the text of a file, all of it, before anything is written.
 * @param file for messages
 * @retval FM_ERROR_BAD_INPUT no JSON (with line and column), too many values, another schema or a
 *         newer one, or a value that cannot be (with its place: "cells[3].rate")
 */
fm_status fmi_import_read(fmi_import *import, const char *text, size_t bytes, const char *file,
                          fm_error *err);
/** Adds its runs, all or none. */
fm_status fmi_import_store(const fmi_import *import, fmi_store *store, fmi_came *done,
                           fm_error *err);
void fmi_import_free(fmi_import *import);

#endif
