/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include "error.h"
#include "pcg.h"
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 4096
#define RESAMPLES 10000
#define SUM_MAX ((size_t)FMI_RANKS_EXACT * FMI_RANKS_EXACT + 1)

/* The number of ways to have U = u is the coefficient of q^u of the Gaussian binomial
 * (n + m over n) = prod (1 - q^(m+i)) / (1 - q^i), i = 1..n. Counts are exact in a double up to
 * 2^53 and correct to 1e-13 beyond. */
static void count_ways(double *ways, size_t n, size_t m) {
    const size_t top = n * m;
    memset(ways, 0, sizeof *ways * (top + 1));
    ways[0] = 1.0;
    for (size_t i = 1; i <= n; ++i) {
        for (size_t u = top; u >= m + i && u <= top; --u)
            ways[u] -= ways[u - (m + i)];
        for (size_t u = i; u <= top; ++u)
            ways[u] += ways[u - i];
    }
}

/* Turns the ways into P(U <= u). The distribution is symmetric: only the lower half is read, where
 * the subtractions have cancelled least. */
static void cumulate(double *ways, size_t n, size_t m) {
    const size_t top = n * m;
    double total = 0.0;
    double below = 0.0;
    for (size_t u = 0; u <= top / 2; ++u)
        ways[top - u] = ways[u];
    for (size_t u = 0; u <= top; ++u)
        total += ways[u];
    for (size_t u = 0; u <= top; ++u) {
        below += ways[u];
        ways[u] = below / total;
    }
}

double fmi_ranks_below(size_t n, size_t m, size_t u) {
    double ways[SUM_MAX];
    if (u >= n * m)
        return 1.0;
    count_ways(ways, n, m);
    cumulate(ways, n, m);
    return ways[u];
}

/* --- two lists ----------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b) {
    const double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

static double count_u(const double *a, size_t n, const double *b, size_t m, bool *ties) {
    double u = 0.0;
    *ties = false;
    for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j < m; ++j) {
            const bool below = a[i]<b[j], above = a[i]> b[j];
            u += below ? 1.0 : above ? 0.0 : 0.5;
            *ties = *ties || (!below && !above);
        }
    return u;
}

/* Variance of U with the correction for ties among all values. */
static double variance(const double *all, size_t n, size_t m) {
    const double total = (double)(n + m);
    double ties = 0.0;
    for (size_t i = 0; i < n + m;) {
        size_t j = i;
        while (j < n + m && !(all[j] > all[i]))
            ++j;
        const double t = (double)(j - i);
        ties += t * t * t - t;
        i = j;
    }
    return (double)n * (double)m / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)));
}

static double normal_p(double u, const double *all, size_t n, size_t m) {
    const double sd = sqrt(variance(all, n, m));
    const double z = fmax(0.0, fabs(u - 0.5 * (double)n * (double)m) - 0.5) / sd;
    return sd > 0.0 ? erfc(z / sqrt(2.0)) : 1.0;
}

static double exact_p(double u, size_t n, size_t m) {
    const size_t low = (size_t)fmin(u, (double)(n * m) - u);
    return fmin(1.0, 2.0 * fmi_ranks_below(n, m, low));
}

/* The largest k with P(U < k) <= alpha / 2: the interval is [d(k), d(nm + 1 - k)], from 1. */
static size_t interval_rank(size_t n, size_t m, double alpha) {
    size_t k = 0;
    if (n > FMI_RANKS_EXACT || m > FMI_RANKS_EXACT) {
        /* 1.959964 is the normal quantile at 0.975; others by its inverse are not needed here. */
        const double z = alpha < 0.02 ? 2.575829 : 1.959964;
        const double mid = 0.5 * (double)n * (double)m;
        const double half = z * sqrt((double)n * (double)m * (double)(n + m + 1) / 12.0);
        return mid > half ? (size_t)(mid - half) : 0;
    }
    double ways[SUM_MAX];
    count_ways(ways, n, m);
    cumulate(ways, n, m);
    while (k + 1 <= n * m && ways[k] <= alpha / 2.0)
        ++k;
    return k;
}

static void shift(const double *a, size_t n, const double *b, size_t m, double alpha, double *d,
                  fmi_ranks *ranks) {
    const size_t count = n * m;
    for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j < m; ++j)
            d[i * m + j] = log(b[j]) - log(a[i]);
    qsort(d, count, sizeof *d, by_value);
    const size_t k = interval_rank(n, m, alpha);
    ranks->effect = exp(0.5 * (d[(count - 1) / 2] + d[count / 2]));
    ranks->lo = k ? exp(d[k - 1]) : (double)NAN;
    ranks->hi = k ? exp(d[count - k]) : (double)NAN;
}

static bool usable(const double *values, size_t n) {
    bool good = n > 0 && n <= LONGEST;
    for (size_t i = 0; good && i < n; ++i)
        good = isfinite(values[i]) && values[i] > 0.0;
    return good;
}

fm_status fmi_ranks_compare(const double *a, size_t n, const double *b, size_t m, double alpha,
                            fmi_ranks *ranks, fm_error *err) {
    *ranks = (fmi_ranks){0};
    if (!usable(a, n) || !usable(b, m))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%zu and %zu times cannot be compared: 1 to %d finite ones above 0 each", n,
                        m, LONGEST);
    double *d = malloc(sizeof *d * (n * m + n + m));
    if (!d)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu differences", n * m);
    double *all = d + n * m;
    memcpy(all, a, sizeof *a * n);
    memcpy(all + n, b, sizeof *b * m);
    qsort(all, n + m, sizeof *all, by_value);
    bool ties = false;
    ranks->u = count_u(a, n, b, m, &ties);
    ranks->exact = !ties && n <= FMI_RANKS_EXACT && m <= FMI_RANKS_EXACT;
    ranks->p = ranks->exact ? exact_p(ranks->u, n, m) : normal_p(ranks->u, all, n, m);
    shift(a, n, b, m, alpha, d, ranks);
    free(d);
    return FM_OK;
}

/* --- many cells ---------------------------------------------------------------------------------
 */

typedef struct indexed {
    double p;
    size_t index;
} indexed;

static int by_p(const void *a, const void *b) {
    const double one = ((const indexed *)a)->p, two = ((const indexed *)b)->p;
    return (one > two) - (one < two);
}

fm_status fmi_holm(double *p, size_t count, fm_error *err) {
    indexed *sorted = malloc(sizeof *sorted * (count + 1));
    if (!sorted)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu comparisons", count);
    for (size_t i = 0; i < count; ++i)
        sorted[i] = (indexed){p[i], i};
    qsort(sorted, count, sizeof *sorted, by_p);
    double most = 0.0;
    for (size_t i = 0; i < count; ++i) {
        most = fmax(most, fmin(1.0, sorted[i].p * (double)(count - i)));
        p[sorted[i].index] = most;
    }
    free(sorted);
    return FM_OK;
}

/* The largest p[i] with p[i] <= q rank / count; ranks are counted, lists are short. */
size_t fmi_benjamini_hochberg(const double *p, size_t count, double q, bool *picked) {
    double edge = -1.0;
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
        size_t rank = 0;
        for (size_t j = 0; j < count; ++j)
            rank += p[j] <= p[i];
        if (p[i] <= q * (double)rank / (double)count && p[i] > edge)
            edge = p[i];
    }
    for (size_t i = 0; i < count; ++i) {
        picked[i] = p[i] <= edge;
        found += picked[i];
    }
    return found;
}

fmi_geometric fmi_geometric_mean(const double *ratios, size_t count, uint64_t seed) {
    fmi_geometric g = {.mean = 1.0, .lo = (double)NAN, .hi = (double)NAN};
    double sum = 0.0;
    for (size_t i = 0; i < count; ++i)
        sum += log(ratios[i]);
    g.mean = exp(sum / (double)count);
    double *means = malloc(sizeof *means * RESAMPLES);
    fmi_pcg pcg = fmi_pcg_seed(seed);
    for (size_t r = 0; means && r < RESAMPLES; ++r) {
        double resampled = 0.0;
        for (size_t i = 0; i < count; ++i)
            resampled += log(ratios[(size_t)(fmi_pcg_unit(&pcg) * (double)count) % count]);
        means[r] = resampled / (double)count;
    }
    if (means) {
        qsort(means, RESAMPLES, sizeof *means, by_value);
        g.lo = exp(fmi_quantile(means, RESAMPLES, 0.025));
        g.hi = exp(fmi_quantile(means, RESAMPLES, 0.975));
    }
    free(means);
    return g;
}
