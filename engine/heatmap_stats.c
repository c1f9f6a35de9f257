/* SPDX-License-Identifier: MIT */
/*
 * Order statistics without sorting: floats as integers of the same order, counted by their upper
 * 16 bits, then by their lower 16 bits in the few bins that hold a wanted rank. Two passes over
 * the values, exact, whatever their distribution.
 */
#include <fm/heatmap.h>

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS 65536
#define PERCENTILES 6
#define RANKS (2 + 2 * PERCENTILES) /* both ends, and two neighbours for each percentile */
#define LANES 8 /* sums side by side, so that additions need not wait for each other */

/* Bins of what is not finite: -inf and NaNs below, inf and NaNs above. */
#define FIRST_FINITE 0x0080U
#define LAST_FINITE 0xFF7FU

typedef struct counts {
    uint32_t upper[BINS];
    uint8_t slot[BINS]; /* 1 + index in lower; 0 = not wanted */
    uint32_t lower[RANKS][BINS];
    uint32_t slots;
    uint64_t before[RANKS]; /* values in lower bins than the slot's */
    uint32_t bin[RANKS];
} counts;

/* Increasing with the value; -0 comes just before 0. */
static uint32_t key_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((uint32_t) - (int32_t)(bits >> 31) | UINT32_C(0x80000000));
}

static float value_of(uint32_t key) {
    uint32_t bits = key & UINT32_C(0x80000000) ? key ^ UINT32_C(0x80000000) : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void count_upper(counts *c, const float *values, uint64_t n) {
    for (uint64_t i = 0; i < n; i++)
        c->upper[key_of(values[i]) >> 16]++;
}

static void count_lower(counts *c, const float *values, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        uint32_t key = key_of(values[i]);
        uint32_t slot = c->slot[key >> 16];
        if (slot != 0)
            c->lower[slot - 1][key & 0xFFFF]++;
    }
}

/* Marks the bin that holds the rank-th finite value. */
static void want_rank(counts *c, uint64_t rank) {
    uint64_t before = 0;
    uint32_t bin = FIRST_FINITE;
    while (rank >= before + c->upper[bin])
        before += c->upper[bin++];
    if (c->slot[bin] != 0)
        return;
    c->bin[c->slots] = bin;
    c->before[c->slots] = before;
    c->slot[bin] = (uint8_t)++c->slots;
}

static double value_at_rank(const counts *c, uint64_t rank) {
    uint32_t slot = 0;
    while (slot + 1 < c->slots &&
           !(rank >= c->before[slot] && rank < c->before[slot] + c->upper[c->bin[slot]]))
        slot++;
    uint64_t before = c->before[slot];
    uint32_t low = 0;
    while (rank >= before + c->lower[slot][low])
        before += c->lower[slot][low++];
    return (double)value_of(c->bin[slot] << 16 | low);
}

/* Where a percentile lies: rank below, and how far towards the next one. */
static uint64_t rank_of(double share, uint64_t n, double *rest) {
    double at = share * (double)(n - 1);
    uint64_t rank = (uint64_t)at;
    *rest = at - (double)rank;
    return rank;
}

static double percentile(const counts *c, double share, uint64_t n) {
    double rest;
    uint64_t rank = rank_of(share, n, &rest);
    double low = value_at_rank(c, rank);
    return rank + 1 < n ? low + rest * (value_at_rank(c, rank + 1) - low) : low;
}

/* Sum of values, or of squared distances from mean. Whole blocks have finite values only. */
static double sum_of(const float *values, uint64_t n, bool squares, double mean, bool all_finite) {
    double lane[LANES] = {0.0}, sum = 0.0;
    uint64_t whole = all_finite ? n / LANES * LANES : 0;
    for (uint64_t i = 0; i < whole; i += LANES) {
        for (uint64_t k = 0; k < LANES; k++) {
            double d = (double)values[i + k] - mean;
            lane[k] += squares ? d * d : d;
        }
    }
    for (uint64_t i = whole; i < n; i++) {
        double d = (double)values[i] - mean;
        if (isfinite(values[i]))
            sum += squares ? d * d : d;
    }
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

static uint64_t count_finite(const counts *c) {
    uint64_t n = 0;
    for (uint32_t i = FIRST_FINITE; i <= LAST_FINITE; i++)
        n += c->upper[i];
    return n;
}

static void order_statistics(counts *c, fm_statistics *s, const float *values, uint64_t n) {
    static const double shares[PERCENTILES] = {0.25, 0.50, 0.75, 0.90, 0.95, 0.99};
    double *out[PERCENTILES] = {&s->p25, &s->p50, &s->p75, &s->p90, &s->p95, &s->p99};
    want_rank(c, 0);
    want_rank(c, s->count - 1);
    for (int i = 0; i < PERCENTILES; i++) {
        double rest;
        uint64_t rank = rank_of(shares[i], s->count, &rest);
        want_rank(c, rank);
        if (rank + 1 < s->count)
            want_rank(c, rank + 1);
    }
    count_lower(c, values, n);
    s->min = value_at_rank(c, 0);
    s->max = value_at_rank(c, s->count - 1);
    for (int i = 0; i < PERCENTILES; i++)
        *out[i] = percentile(c, shares[i], s->count);
}

fm_status fm_statistics_make(fm_statistics *statistics, const float *values, uint64_t count,
                             fm_error *err) {
    if (!statistics || (!values && count > 0) || count > UINT32_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_statistics_make: a NULL, or more than %u values", UINT32_MAX);
    *statistics = (fm_statistics){0};
    counts *c = calloc(1, sizeof *c);
    if (!c)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the counts of statistics");
    count_upper(c, values, count);
    statistics->count = count_finite(c);
    if (statistics->count > 0) {
        bool all = statistics->count == count;
        double n = (double)statistics->count;
        statistics->mean = sum_of(values, count, false, 0.0, all) / n;
        statistics->std = sqrt(sum_of(values, count, true, statistics->mean, all) / n);
        order_statistics(c, statistics, values, count);
    }
    free(c);
    return FM_OK;
}
