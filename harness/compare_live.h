/* SPDX-License-Identifier: MIT */
/** @file compare_live.h What compare --live finds, and how it is printed. */
#ifndef FMI_COMPARE_LIVE_H
#define FMI_COMPARE_LIVE_H

#include "live_room.h"
#include "ranks.h"
#include "saved.h"

#include <stdio.h>

/** One cell. */
typedef struct fmi_compared_row {
    const fmi_cell *cell; /**< of run a */
    const char *key;
    int64_t id[2]; /**< rows of the cells in the store; the second 0 for the present build */
    fmi_live live;
    double p; /**< Holm's */
} fmi_compared_row;

typedef struct fmi_compared {
    const fmi_options *options;
    fmi_store *store;
    fmi_saved *a, *b; /**< b NULL = the present build */
    fmi_live_room room;
    fmi_compared_row *row;
    uint32_t count, count_of[FMI_VERDICTS], wrong;
    uint32_t without; /**< timed cells whose work is the host's: no kernels to compare */
    uint64_t seed;
    double band; /**< ln of what counts as a difference: the threshold, or the noise if larger */
    fmi_noise noise;
    fmi_geometric mean; /**< over the timed cells */
} fmi_compared;

/** Whether a key has the words of a pattern, * standing for anything; NULL = every key. Pure. */
bool fmi_compare_matches(const char *key, const char *pattern);
/** In the options' format. */
fm_status fmi_compare_print(const fmi_compared *c, FILE *out, fm_error *err);

#endif
