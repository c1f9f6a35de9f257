/* SPDX-License-Identifier: MIT */
/**
 * @file ranks.h
 * Two lists of times that were not measured in turn: are they different, and by how much? No shape
 * of the distribution is assumed. Drifts between the two sessions do not cancel; fmi_ratio_paired
 * of stats.h is for samples that were taken in turn.
 */
#ifndef FMI_RANKS_H
#define FMI_RANKS_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_RANKS_EXACT 30 /**< up to as many values on both sides the distribution is exact */

/** What two lists say. */
typedef struct fmi_ranks {
    double u;   /**< pairs with a < b, ties count half */
    double p;   /**< two-sided, of "no difference" */
    bool exact; /**< p from the exact distribution; false = normal with ties and continuity */
    double
        effect; /**< Hodges-Lehmann: exp of the median of all ln b - ln a: above 1, b is slower */
    double lo, hi; /**< interval of it; NAN with too few values */
} fmi_ranks;

/**
 * P(U <= u) for lists of n and m values, 1 to FMI_RANKS_EXACT, without ties.
 */
double fmi_ranks_below(size_t n, size_t m, size_t u);

/**
 * Compares n values a with m values b, both > 0.
 * @param alpha of the interval, for example 0.05
 * @retval FM_ERROR_INVALID_ARGUMENT a list is empty, longer than 4096, or has a value that is not
 *         above 0 and finite
 * @retval FM_ERROR_HOST_MEMORY
 */
fm_status fmi_ranks_compare(const double *a, size_t n, const double *b, size_t m, double alpha,
                            fmi_ranks *ranks, fm_error *err);

/** Holm's adjustment of count p-values in place: each then holds for all together. */
fm_status fmi_holm(double *p, size_t count, fm_error *err);

/**
 * Benjamini and Hochberg's list: picked[i] is true for those of count p-values of which at most the
 * share q is expected to be there by chance. Returns how many.
 */
size_t fmi_benjamini_hochberg(const double *p, size_t count, double q, bool *picked);

/** A mean of ratios over cells. */
typedef struct fmi_geometric {
    double mean, lo, hi; /**< percentile bootstrap over the cells, 10,000 resamples, 95 % */
} fmi_geometric;

/** Geometric mean of count >= 1 ratios > 0; the same seed gives the same interval. */
fmi_geometric fmi_geometric_mean(const double *ratios, size_t count, uint64_t seed);

#endif
