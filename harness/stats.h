/* SPDX-License-Identifier: MIT */
/**
 * @file stats.h
 * What a list of times says. No shape of the distribution is assumed: the middle is the median,
 * its interval comes from order statistics and is exact, outliers are counted and never dropped.
 *
 *     fmi_summary s;
 *     fmi_summarise(times, 20, 0.05, &s, &err);     // s.lo <= true median <= s.hi, 95 % or more
 */
#ifndef FMI_STATS_H
#define FMI_STATS_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>

/** Everything in the unit of the values. NAN where there are too few values to say. */
typedef struct fmi_summary {
    size_t n;
    double median;
    double lo, hi;     /**< interval of the median; NAN below 6 values at 95 % */
    size_t rank;       /**< k of [x(k), x(n+1-k)]; 0 = no interval */
    bool blocks;       /**< neighbours correlate by more than 0.2: lo, hi, rank and confidence are
                            of the medians of 4 values in a row, widened to hold the median */
    double confidence; /**< what the interval really covers: 1 - 2 P(Bin(n,1/2) < k); 0 = none */
    double min, max, mean;
    double sd;  /**< of the sample, n - 1 below; NAN for n = 1 */
    double mad; /**< median absolute deviation x 1.4826 */
    double p5, p25, p75;
    double p95;  /**< NAN below 60 values */
    double p99;  /**< NAN below 300 values */
    double lag1; /**< autocorrelation of neighbours; NAN when all are equal or n < 3 */
    size_t mild,
        severe;      /**< beyond Tukey's fences of 1.5 and of 3 IQR (severe ones are not mild) */
    bool slow_first; /**< the first value is more than 14.83 MAD above the median */
} fmi_summary;

/** P(Bin(n, 1/2) < k), exact up to rounding for any n. */
double fmi_binomial_below(size_t n, size_t k);

/**
 * Rank k of the exact interval [x(k), x(n+1-k)] of the median: the largest k with
 * P(Bin(n, 1/2) < k) <= alpha / 2. 0 = n is too small for that alpha.
 */
size_t fmi_interval_rank(size_t n, double alpha);

/** Quantile p in [0, 1] of sorted values, by linear interpolation between order statistics. */
double fmi_quantile(const double *sorted, size_t n, double p);

/**
 * Summarises n >= 1 values given in the order they were measured.
 * @param alpha for example 0.05
 * @retval FM_ERROR_INVALID_ARGUMENT n is 0 or a value is not finite
 */
fm_status fmi_summarise(const double *values, size_t n, double alpha, fmi_summary *summary,
                        fm_error *err);

/** A against B from paired samples: how many times as long A takes. */
typedef struct fmi_ratio {
    size_t n;
    size_t ties;       /**< pairs of equal times */
    double effect;     /**< exp of the median of ln a - ln b: above 1, A is slower */
    double lo, hi;     /**< order-statistic interval of it; NAN with too few pairs */
    double confidence; /**< what the interval really covers; 0 = none */
} fmi_ratio;

/**
 * The ratio of n >= 1 pairs measured in turn (a[i] and b[i] in one round). Drifts of the machine
 * that last longer than a round cancel.
 * @param alpha of the interval, for example 0.05; divide it by the number of comparisons
 * @retval FM_ERROR_INVALID_ARGUMENT n is 0, or a time is not above 0 and finite
 */
fm_status fmi_ratio_paired(const double *a, const double *b, size_t n, double alpha,
                           fmi_ratio *ratio, fm_error *err);

/** Median of n >= 1 values; reorders them. */
double fmi_median_in_place(double *values, size_t n);

#endif
