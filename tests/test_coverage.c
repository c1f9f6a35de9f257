/* SPDX-License-Identifier: MIT */
/* Does the interval hold the true median as often as it says? On made-up data whose median is
 * known, of the shapes that times have. */
#include "fm_test.h"
#include "pcg.h"
#include "stats.h"

TestSuite(coverage, .timeout = 60);

#define TRIALS 1500
#define LEAST 0.935
#define MOST 0.975

typedef double (*draw)(fmi_pcg *pcg, size_t i, size_t n);

static double uniform(fmi_pcg *pcg) {
    return ((double)fmi_pcg_below(pcg, 1U << 30) + 0.5) / (double)(1U << 30);
}

static double normal(fmi_pcg *pcg) {
    double angle = 6.283185307179586 * uniform(pcg);
    return sqrt(-2.0 * log(uniform(pcg))) * cos(angle);
}

static double log_normal(fmi_pcg *pcg, size_t i, size_t n) {
    (void)i;
    (void)n;
    return exp(0.3 * normal(pcg)); /* median 1 */
}

/* Two speeds; the median lies in the left hump's upper part, found below. */
static double bimodal(fmi_pcg *pcg, size_t i, size_t n) {
    (void)i;
    (void)n;
    return uniform(pcg) < 0.6 ? 1.0 + 0.05 * normal(pcg) : 1.5 + 0.05 * normal(pcg);
}

/* Cauchy's tails on one side. */
static double heavy(fmi_pcg *pcg, size_t i, size_t n) {
    (void)i;
    (void)n;
    const double tail = fabs(tan(3.141592653589793 * (uniform(pcg) - 0.5)));
    return 1.0 + 0.01 * tail; /* median 1.01: |Cauchy| has median 1 */
}

/* A pair that drifts together: the machine gets slower by half within the rounds, B is 3 % slower.
 */
static double drifting_log_ratio(fmi_pcg *pcg, size_t i, size_t n) {
    const double drift = 1.0 + 0.5 * (double)i / (double)n;
    const double a = drift * exp(0.05 * normal(pcg));
    const double b = 1.03 * drift * exp(0.05 * normal(pcg));
    return log(b) - log(a);
}

/* Median of the bimodal mixture: P(left below x) 0.6 = 0.5, so P = 5/6: 0.9674 deviations. */
#define BIMODAL_MEDIAN (1.0 + 0.05 * 0.967421566)

static double covered(draw f, double median, size_t n) {
    fmi_pcg pcg = fmi_pcg_seed(20240131 + n);
    double values[208];
    uint32_t inside = 0;
    for (int trial = 0; trial < TRIALS; ++trial) {
        fmi_summary s;
        fm_error err;
        for (size_t i = 0; i < n; ++i)
            values[i] = f(&pcg, i, n);
        fm_assert_ok(fmi_summarise(values, n, 0.05, &s, &err), err);
        inside += s.lo <= median && median <= s.hi;
    }
    return (double)inside / TRIALS;
}

static double covered_pairs(draw f, double median, size_t n) {
    fmi_pcg pcg = fmi_pcg_seed(7 + n);
    double a[208], b[208];
    uint32_t inside = 0;
    for (int trial = 0; trial < TRIALS; ++trial) {
        fmi_ratio ratio;
        fm_error err;
        for (size_t i = 0; i < n; ++i) {
            a[i] = 1.0;
            b[i] = exp(f(&pcg, i, n));
        }
        fm_assert_ok(fmi_ratio_paired(b, a, n, 0.05, &ratio, &err), err);
        inside += ratio.lo <= median && median <= ratio.hi;
    }
    return (double)inside / TRIALS;
}

static void expect(const char *what, size_t n, double share) {
    cr_log_info("%s, n %zu: the interval holds the median in %.2f %%", what, n, 100.0 * share);
    cr_assert(share >= LEAST && share <= MOST, "%s, n %zu: %.2f %% of %d intervals hold the median",
              what, n, 100.0 * share, TRIALS);
}

/* The exact level of [x(k), x(n+1-k)]: 96.5 % at 52, 95.0 % at 104 and 95.3 % at 208. */
Test(coverage, intervals_of_made_up_times) {
    static const size_t counts[] = {52, 104, 208};
    for (size_t i = 0; i < 3; ++i) {
        expect("log-normal", counts[i], covered(log_normal, 1.0, counts[i]));
        expect("bimodal", counts[i], covered(bimodal, BIMODAL_MEDIAN, counts[i]));
        expect("heavy tails", counts[i], covered(heavy, 1.01, counts[i]));
        expect("drifting pairs", counts[i], covered_pairs(drifting_log_ratio, 1.03, counts[i]));
    }
}

/* The test can tell: an interval that is one rank too narrow at n = 20 covers less. */
Test(coverage, a_narrower_interval_is_seen) {
    fmi_pcg pcg = fmi_pcg_seed(3);
    uint32_t inside = 0;
    for (int trial = 0; trial < TRIALS; ++trial) {
        fmi_ratio ratio;
        fm_error err;
        double a[52], b[52];
        for (size_t i = 0; i < 52; ++i) {
            a[i] = 1.0;
            b[i] = log_normal(&pcg, i, 52);
        }
        fm_assert_ok(fmi_ratio_paired(b, a, 52, 0.10, &ratio, &err), err);
        inside += ratio.lo <= 1.0 && 1.0 <= ratio.hi;
    }
    cr_assert((double)inside / TRIALS < LEAST, "%.2f %%", 100.0 * inside / TRIALS);
}
