/* SPDX-License-Identifier: MIT */
/* Comparison of stored lists against tables enumerated here, and against simulated sessions. */
#include "fm_test.h"
#include "pcg.h"
#include "ranks.h"

#include <math.h>

TestSuite(ranks, .timeout = 60);

/* All ways to say which of n + m places belong to the first list. */
static double enumerated_below(unsigned n, unsigned m, unsigned most) {
    unsigned all = 0;
    unsigned below = 0;
    for (unsigned set = 0; set < 1U << (n + m); ++set) {
        unsigned members = 0, u = 0;
        for (unsigned i = 0; i < n + m; ++i) {
            if (set >> i & 1U)
                ++members;
            else
                u += members; /* pairs in which the first list's value comes first */
        }
        if (members != n)
            continue;
        ++all;
        below += u <= most;
    }
    return (double)below / all;
}

Test(ranks, the_exact_distribution_is_that_of_all_orders) {
    for (unsigned n = 1; n <= 6; ++n)
        for (unsigned m = 1; m <= 6; ++m)
            for (unsigned u = 0; u <= n * m; ++u)
                cr_expect_float_eq(fmi_ranks_below(n, m, u), enumerated_below(n, m, u), 1e-12,
                                   "n %u m %u u %u", n, m, u);
}

/* Symmetric, rising and complete up to the largest lists. */
Test(ranks, the_largest_lists_keep_the_symmetry) {
    const size_t n = FMI_RANKS_EXACT, top = n * n;
    double before = 0.0;
    for (size_t u = 0; u < top; ++u) {
        const double p = fmi_ranks_below(n, n, u);
        cr_assert_geq(p, before, "u %zu", u);
        cr_assert_float_eq(p + fmi_ranks_below(n, n, top - u - 1), 1.0, 1e-9, "u %zu", u);
        before = p;
    }
}

Test(ranks, effect_and_interval_of_a_known_shift) {
    double a[11], b[11];
    fmi_ranks ranks;
    fm_error err;
    for (int i = 0; i < 11; ++i) {
        a[i] = 1.0 + 0.01 * i;
        b[i] = 1.2 * a[i];
    }
    fm_assert_ok(fmi_ranks_compare(a, 11, b, 11, 0.05, &ranks, &err), err);
    cr_expect_float_eq(ranks.u, 121.0, 1e-12);
    cr_expect_float_eq(ranks.effect, 1.2, 1e-9);
    cr_expect(ranks.lo > 1.1 && ranks.lo < 1.2 && ranks.hi > 1.2 && ranks.hi < 1.3);
    cr_expect(ranks.exact);
    cr_expect_float_eq(ranks.p, 2.0 / 705432.0, 1e-15); /* 2 / (22 over 11) */
    fm_assert_ok(fmi_ranks_compare(a, 11, a, 11, 0.05, &ranks, &err), err);
    cr_expect_float_eq(ranks.effect, 1.0, 1e-12);
    cr_expect_not(ranks.exact, "ties");
    cr_expect_gt(ranks.p, 0.9);
    const double bad[] = {1.0, 0.0};
    cr_expect_eq(fmi_ranks_compare(a, 11, bad, 2, 0.05, &ranks, &err), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fmi_ranks_compare(a, 0, b, 2, 0.05, &ranks, &err), FM_ERROR_INVALID_ARGUMENT);
}

/* Times as they come: log-normal, two modes, heavy tails. */
static double draw(fmi_pcg *pcg, int kind) {
    const double z = fmi_pcg_normal(pcg);
    if (kind == 0)
        return exp(0.1 * z);
    if (kind == 1)
        return (fmi_pcg_unit(pcg) < 0.7 ? 1.0 : 1.15) * exp(0.02 * z);
    return exp(0.03 * z / fmax(0.05, fabs(fmi_pcg_normal(pcg))));
}

/* The shift of 3 % is inside the interval, and equal sessions are called different, as often as
 * the level says; with the normal approximation as well as with the exact distribution. */
Test(ranks, coverage_and_false_alarms_on_simulated_sessions) {
    const int trials = 2000;
    const size_t sizes[] = {11, 20, 40};
    fmi_pcg pcg = fmi_pcg_seed(fm_test_seed());
    for (int kind = 0; kind < 3; ++kind)
        for (size_t s = 0; s < 3; ++s) {
            int covered = 0, alarms = 0;
            for (int t = 0; t < trials; ++t) {
                double a[40], b[40];
                fmi_ranks ranks;
                fm_error err;
                for (size_t i = 0; i < sizes[s]; ++i) {
                    a[i] = draw(&pcg, kind);
                    b[i] = 1.03 * draw(&pcg, kind);
                }
                fm_assert_ok(fmi_ranks_compare(a, sizes[s], b, sizes[s], 0.05, &ranks, &err), err);
                covered += ranks.lo <= 1.03 && ranks.hi >= 1.03;
                for (size_t i = 0; i < sizes[s]; ++i)
                    b[i] /= 1.03;
                fm_assert_ok(fmi_ranks_compare(a, sizes[s], b, sizes[s], 0.05, &ranks, &err), err);
                alarms += ranks.p <= 0.05;
            }
            const double share = (double)covered / trials, alarm = (double)alarms / trials;
            cr_expect(share >= 0.935 && share <= 0.975, "kind %d n %zu: covered %.3f, seed %llu",
                      kind, sizes[s], share, (unsigned long long)fm_test_seed());
            cr_expect(alarm >= 0.025 && alarm <= 0.065, "kind %d n %zu: alarms %.3f", kind,
                      sizes[s], alarm);
        }
}

Test(ranks, holm_by_hand) {
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.9};
    const double want[] = {0.04, 0.09, 0.09, 0.025, 0.9};
    fm_error err;
    fm_assert_ok(fmi_holm(p, 5, &err), err);
    for (int i = 0; i < 5; ++i)
        cr_expect_float_eq(p[i], want[i], 1e-12, "%d: %g", i, p[i]);
}

Test(ranks, geometric_mean_of_ratios) {
    const double ratios[] = {0.5, 2.0, 1.0, 1.0};
    const fmi_geometric one = fmi_geometric_mean(ratios, 4, 7),
                        two = fmi_geometric_mean(ratios, 4, 7);
    cr_expect_float_eq(one.mean, 1.0, 1e-12);
    cr_expect(one.lo < 1.0 && one.hi > 1.0 && one.lo >= 0.5 && one.hi <= 2.0);
    cr_expect_eq(memcmp(&one, &two, sizeof one), 0, "the same seed, another interval");
}

/* The example of Benjamini and Hochberg's paper: 15 values, four of them at q = 0.05. */
Test(ranks, the_highlighted_list_is_that_of_the_paper) {
    static const double paper[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                   0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    bool picked[15];
    cr_assert_eq(fmi_benjamini_hochberg(paper, 15, 0.05, picked), 4U);
    for (size_t i = 0; i < 15; ++i)
        cr_expect_eq(picked[i], i < 4, "value %zu", i);
    static const double none[] = {0.9, 0.2, 0.06};
    cr_expect_eq(fmi_benjamini_hochberg(none, 3, 0.05, picked), 0U);
    static const double all[] = {0.05, 0.05};
    cr_expect_eq(fmi_benjamini_hochberg(all, 2, 0.05, picked), 2U, "equal ones have one rank");
    cr_expect_eq(fmi_benjamini_hochberg(all, 0, 0.05, picked), 0U);
}
