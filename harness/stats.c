/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAD_TO_SD 1.4826 /* makes the MAD of a normal sample estimate its standard deviation */
#define SLOW_FIRST_MADS 14.83
#define LEAST_P95 60 /* a tail of a few values says nothing */
#define LEAST_P99 300
#define CORRELATED 0.2
#define BLOCK 4

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double fmi_binomial_below(size_t n, size_t k) {
    const double log_all = (double)n * log(2.0);
    double sum = 0.0;
    for (size_t i = 0; i < k && i <= n; ++i)
        sum += exp(lgamma((double)n + 1.0) - lgamma((double)i + 1.0) -
                   lgamma((double)(n - i) + 1.0) - log_all);
    return sum < 1.0 ? sum : 1.0;
}

size_t fmi_interval_rank(size_t n, double alpha) {
    size_t k = 0;
    while (2 * (k + 1) <= n && fmi_binomial_below(n, k + 1) <= 0.5 * alpha)
        ++k;
    return k;
}

double fmi_quantile(const double *sorted, size_t n, double p) {
    const double place = p * (double)(n - 1);
    const size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

double fmi_median_in_place(double *values, size_t n) {
    qsort(values, n, sizeof *values, ascending);
    return fmi_quantile(values, n, 0.5);
}

/* Mean, deviation and the correlation of neighbours need the order of measurement. */
static void moments(const double *x, size_t n, fmi_summary *s) {
    double sum = 0.0;
    for (size_t i = 0; i < n; ++i)
        sum += x[i];
    s->mean = sum / (double)n;
    double squares = 0.0;
    double neighbours = 0.0;
    for (size_t i = 0; i < n; ++i) {
        const double d = x[i] - s->mean;
        squares += d * d;
        if (i > 0)
            neighbours += d * (x[i - 1] - s->mean);
    }
    s->sd = n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN;
    s->lag1 = n >= 3 && squares > 0.0 ? neighbours / squares : (double)NAN;
}

static void interval(const double *sorted, size_t n, double alpha, fmi_summary *s) {
    s->rank = fmi_interval_rank(n, alpha);
    s->lo = s->rank > 0 ? sorted[s->rank - 1] : (double)NAN;
    s->hi = s->rank > 0 ? sorted[n - s->rank] : (double)NAN;
    s->confidence = s->rank > 0 ? 1.0 - 2.0 * fmi_binomial_below(n, s->rank) : 0.0;
}

static void quantiles(const double *sorted, size_t n, double alpha, fmi_summary *s) {
    s->min = sorted[0];
    s->max = sorted[n - 1];
    s->median = fmi_quantile(sorted, n, 0.50);
    s->p5 = fmi_quantile(sorted, n, 0.05);
    s->p25 = fmi_quantile(sorted, n, 0.25);
    s->p75 = fmi_quantile(sorted, n, 0.75);
    s->p95 = n >= LEAST_P95 ? fmi_quantile(sorted, n, 0.95) : (double)NAN;
    s->p99 = n >= LEAST_P99 ? fmi_quantile(sorted, n, 0.99) : (double)NAN;
    interval(sorted, n, alpha, s);
}

/* Neighbours that are alike count for less than they are many: an interval of single values would
 * be too narrow. The medians of blocks depend less on one another. */
static void interval_of_blocks(const double *values, double *room, size_t n, double alpha,
                               fmi_summary *s) {
    const size_t blocks = n / BLOCK;
    if (!(fabs(s->lag1) > CORRELATED) || fmi_interval_rank(blocks, alpha) == 0)
        return;
    for (size_t i = 0; i < blocks; ++i) {
        double four[BLOCK];
        memcpy(four, values + BLOCK * i, sizeof four);
        room[i] = fmi_median_in_place(four, BLOCK);
    }
    qsort(room, blocks, sizeof *room, ascending);
    interval(room, blocks, alpha, s);
    s->lo = fmin(s->lo, s->median);
    s->hi = fmax(s->hi, s->median);
    s->blocks = true;
}

static void count_outliers(const double *sorted, size_t n, fmi_summary *s) {
    const double iqr = s->p75 - s->p25;
    for (size_t i = 0; i < n; ++i) {
        const double beyond = fmax(s->p25 - sorted[i], sorted[i] - s->p75);
        if (beyond > 3.0 * iqr)
            s->severe++;
        else if (beyond > 1.5 * iqr)
            s->mild++;
    }
}

fm_status fmi_summarise(const double *values, size_t n, double alpha, fmi_summary *summary,
                        fm_error *err) {
    memset(summary, 0, sizeof *summary);
    if (n == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "no values to summarise; pass at least 1");
    for (size_t i = 0; i < n; ++i)
        if (!isfinite(values[i]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "value %zu of %zu to summarise is not finite", i, n);
    double *sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to sort %zu values", n);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, ascending);

    summary->n = n;
    moments(values, n, summary);
    quantiles(sorted, n, alpha, summary);
    count_outliers(sorted, n, summary);
    for (size_t i = 0; i < n; ++i)
        sorted[i] = fabs(values[i] - summary->median);
    const double raw_mad = fmi_median_in_place(sorted, n);
    summary->mad = MAD_TO_SD * raw_mad;
    summary->slow_first =
        raw_mad > 0.0 && (values[0] - summary->median) / raw_mad > SLOW_FIRST_MADS;
    interval_of_blocks(values, sorted, n, alpha, summary);
    free(sorted);
    return FM_OK;
}

fm_status fmi_ratio_paired(const double *a, const double *b, size_t n, double alpha,
                           fmi_ratio *ratio, fm_error *err) {
    *ratio = (fmi_ratio){.n = n};
    double *logs = n ? malloc(n * sizeof *logs) : NULL;
    if (!logs)
        return n ? fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu pairs", n)
                 : fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "no pairs to compare; pass at least 1");
    for (size_t i = 0; i < n; ++i) {
        logs[i] = log(a[i]) - log(b[i]);
        ratio->ties += !(a[i] < b[i]) && !(a[i] > b[i]);
        if (!(a[i] > 0.0) || !(b[i] > 0.0) || !isfinite(logs[i])) {
            free(logs);
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "pair %zu of %zu holds a time that is not above 0 and finite", i, n);
        }
    }
    ratio->effect = exp(fmi_median_in_place(logs, n)); /* sorts */
    const size_t rank = fmi_interval_rank(n, alpha);
    ratio->lo = rank > 0 ? exp(logs[rank - 1]) : (double)NAN;
    ratio->hi = rank > 0 ? exp(logs[n - rank]) : (double)NAN;
    ratio->confidence = rank > 0 ? 1.0 - 2.0 * fmi_binomial_below(n, rank) : 0.0;
    free(logs);
    return FM_OK;
}
