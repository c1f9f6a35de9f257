/* SPDX-License-Identifier: MIT */
/**
 * @file saved.h
 * A stored run, read back as what the printers take: a report, an export or a comparison is made
 * from the store at any time, without measuring again.
 *
 *     fmi_saved *run = NULL;
 *     fmi_saved_load(&run, store, "last", &err);
 *     fmi_report_print(&run->report, FMI_FORMAT_JSON, stdout, &err);
 *     fmi_saved_free(&run);
 */
#ifndef FMI_SAVED_H
#define FMI_SAVED_H

#include "point.h"
#include "report.h"
#include "store.h"

/** One run. The report's pointers lead into it. */
typedef struct fmi_saved {
    int64_t id;
    char name[32], started[32], status[16], order[8];
    char command[1024]; /**< as it was typed */
    bool quick;
    uint64_t seed;
    uint32_t planned;            /**< rows the run set out to make */
    uint32_t unread;             /**< rows of ops that this program does not know */
    fmi_cells cells;             /**< in order of the store, with all their samples */
    char (*key)[FMI_POINT_TEXT]; /**< of each cell, as stored: equal keys are the same point */
    int64_t *cell_id;            /**< of each cell: its row in the store */
    fmi_environment environment;
    fmi_roofs roofs;
    fmi_cold cold;
    fmi_input **input; /**< stand-ins: label and count of vertices only */
    uint32_t input_count;
    char **text; /**< owned words of cells */
    uint32_t text_count;
    char resolution[400]; /**< of its machine, as a sentence */
    fmi_report report;
} fmi_saved;

/**
 * Reads a run by name; "last" is the newest, "last-1" the one before it, and so on.
 * @param run out, owned: free with fmi_saved_free
 * @retval FM_ERROR_BAD_INPUT there is no such run
 */
fm_status fmi_saved_load(fmi_saved **run, fmi_store *store, const char *name, fm_error *err);
void fmi_saved_free(fmi_saved **run);

/** The environment object of the store or of a file, read back. Unknown parts stay empty. */
void fmi_environment_parse(fmi_environment *environment, const char *json);

/** The rate of one point in one run. */
typedef struct fmi_saved_point {
    char run[32], started[32], revision[64];
    double rate, lo, hi;
} fmi_saved_point;

/**
 * The rates of a cell (by its key) over all runs on a device, oldest first; those without a rate
 * are left out.
 * @param points out, owned: free with free()
 */
fm_status fmi_saved_history(fmi_store *store, const char *key, const char *device_id,
                            fmi_saved_point **points, uint32_t *count, fm_error *err);

#endif
