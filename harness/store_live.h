/* SPDX-License-Identifier: MIT */
/** @file store_live.h Live comparisons and the noise of the machine in the store. */
#ifndef FMI_STORE_LIVE_H
#define FMI_STORE_LIVE_H

#include "live.h"
#include "point.h"
#include "store.h"

/** One comparison as it goes into the store. Strings are borrowed. */
typedef struct fmi_store_comparison {
    const char *started;
    const char *a, *b; /**< names of runs; "now" = this build */
    const char *key;   /**< of the cell */
    double band;       /**< ln */
    fmi_verdict verdict;
    double p; /**< for all cells together */
    const fmi_environment *environment;
    const fmi_live *live;
} fmi_store_comparison;

/** Adds it with its pairs of samples. */
fm_status fmi_store_add_comparison(fmi_store *store, const fmi_store_comparison *row,
                                   fm_error *err);

/** What identical kernels, timed in turn, said about one cell on a machine. */
typedef struct fmi_noise {
    char started[32], key[FMI_POINT_TEXT];
    uint32_t trials;       /**< 0 = never measured */
    uint32_t rounds;       /**< of a trial, in the middle */
    uint32_t false_alarms; /**< trials called faster or slower */
    uint32_t outside;      /**< trials whose interval does not hold 1 */
    double floor;          /**< 95 % of the effects lie within this share of none */
    double resolution;     /**< a slowdown by this share would be found in 95 % of the trials */
    double seconds;
} fmi_noise;

fm_status fmi_store_add_noise(fmi_store *store, const fmi_noise *noise,
                              const fmi_environment *environment, fm_error *err);
/**
 * The noise of a machine: of all cells of its newest self-test the worst floor and resolution, the
 * sums of the rest. trials = 0: there is none.
 */
fm_status fmi_store_read_noise(fmi_store *store, const char *machine, fmi_noise *noise,
                               fm_error *err);

#endif
