/* SPDX-License-Identifier: MIT */
/* Statistics, random numbers, axes and the choice of launches: everything of fmbench that is pure.
 */
#include "axis.h"
#include "bench.h"
#include "fm_test.h"
#include "pcg.h"
#include "stats.h"

TestSuite(stats, .timeout = 60);

/* Rank by brute force: counts subsets in integers, n <= 62. */
static size_t rank_by_counting(size_t n) {
    uint64_t choose = 1, below = 0;
    size_t k = 0;
    for (size_t i = 0; i <= n / 2; ++i) {
        below += choose; /* C(n, 0) + ... + C(n, i) = 2^n P(Bin < i + 1) */
        if ((double)below > 0.025 * exp2((double)n))
            break;
        k = i + 1;
        choose = choose * (n - i) / (i + 1);
    }
    return k;
}

Test(stats, ranks_are_those_of_the_exact_binomial) {
    static const size_t known[][2] = {{5, 0},   {6, 1},   {11, 2},   {20, 6},
                                      {31, 10}, {52, 19}, {104, 42}, {208, 90}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
        cr_assert_eq(fmi_interval_rank(known[i][0], 0.05), known[i][1], "n %zu: %zu", known[i][0],
                     fmi_interval_rank(known[i][0], 0.05));
    for (size_t n = 1; n <= 60; ++n)
        cr_assert_eq(fmi_interval_rank(n, 0.05), rank_by_counting(n), "n %zu", n);
    /* Three looks at the 95 % level share the error. */
    cr_assert_eq(fmi_interval_rank(52, 0.05 / 3.0), 17);
    cr_assert_eq(fmi_interval_rank(104, 0.05 / 3.0), 40);
    cr_assert_eq(fmi_interval_rank(208, 0.05 / 3.0), 87);
    /* 2^-5000 is not a double. */
    const size_t k = fmi_interval_rank(5000, 0.05);
    cr_assert(fmi_binomial_below(5000, k) <= 0.025 && fmi_binomial_below(5000, k + 1) > 0.025);
}

Test(stats, binomial_sums_to_one) {
    cr_assert_float_eq(fmi_binomial_below(6, 1), 1.0 / 64.0, 1e-15);
    cr_assert_float_eq(fmi_binomial_below(11, 3), 67.0 / 2048.0, 1e-15);
    cr_assert_float_eq(fmi_binomial_below(20, 21), 1.0, 1e-12);
    cr_assert_eq(fmi_binomial_below(20, 0), 0.0);
}

Test(stats, summary_of_a_list_worked_out_by_hand) {
    /* sorted: 1 2 3 4 5 6 7 8 9 10 100; median 6, quartiles 3.5 and 8.5, IQR 5. */
    static const double values[] = {6, 1, 100, 3, 9, 2, 10, 4, 8, 5, 7};
    fmi_summary s;
    fm_error err;
    fm_assert_ok(fmi_summarise(values, 11, 0.05, &s, &err), err);
    cr_assert_eq(s.n, 11U);
    cr_assert_float_eq(s.median, 6.0, 1e-12);
    cr_assert_eq(s.rank, 2U);
    cr_assert_float_eq(s.lo, 2.0, 1e-12);
    cr_assert_float_eq(s.hi, 10.0, 1e-12);
    cr_assert_float_eq(s.confidence, 1.0 - 2.0 * 12.0 / 2048.0, 1e-12);
    cr_assert_float_eq(s.p25, 3.5, 1e-12);
    cr_assert_float_eq(s.p75, 8.5, 1e-12);
    cr_assert_float_eq(s.p5, 1.5, 1e-12);
    cr_assert(isnan(s.p95) && isnan(s.p99), "11 values have no tail");
    cr_assert_float_eq(s.min, 1.0, 1e-12);
    cr_assert_float_eq(s.max, 100.0, 1e-12);
    cr_assert_float_eq(s.mean, 155.0 / 11.0, 1e-12);
    cr_assert_float_eq(s.mad, 1.4826 * 3.0, 1e-12); /* deviations 0 1 1 2 2 3 3 4 4 5 94 */
    cr_assert_eq(s.mild, 0U);
    cr_assert_eq(s.severe, 1U);
    cr_assert_not(s.slow_first);
}

Test(stats, few_equal_and_broken_values) {
    fmi_summary s;
    fm_error err;
    const double five[] = {3, 3, 3, 3, 3};
    fm_assert_ok(fmi_summarise(five, 5, 0.05, &s, &err), err);
    cr_assert(isnan(s.lo) && isnan(s.hi) && s.rank == 0);
    cr_assert(isnan(s.lag1) && s.mild + s.severe == 0);
    fm_assert_ok(fmi_summarise(five, 1, 0.05, &s, &err), err);
    cr_assert(isnan(s.sd) && s.median > 2.9);
    const double broken[] = {1, (double)NAN};
    fm_assert_fails(fmi_summarise(broken, 2, 0.05, &s, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "not finite");
    fm_assert_fails(fmi_summarise(five, 0, 0.05, &s, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "no values");
}

Test(stats, outliers_slow_starts_and_neighbours_show) {
    fmi_summary s;
    fm_error err;
    double x[40];
    for (int i = 0; i < 40; ++i)
        x[i] = 10.0 + (i % 2 ? 1.0 : -1.0);
    fm_assert_ok(fmi_summarise(x, 40, 0.05, &s, &err), err);
    cr_assert_lt(s.lag1, -0.9, "alternating values must correlate negatively: %f", s.lag1);
    for (int i = 0; i < 40; ++i)
        x[i] = 10.0 + 0.1 * i;
    x[0] = 200.0;
    fm_assert_ok(fmi_summarise(x, 40, 0.05, &s, &err), err);
    cr_assert(s.slow_first && s.severe == 1);
}

/* One value of four shapes of distribution whose true median is 1. */
static double draw(fmi_pcg *pcg, int shape) {
    switch (shape) {
    case 0:
        return exp(0.3 * fmi_pcg_normal(pcg)); /* log-normal */
    case 1: {                                  /* two modes */
        const double side = fmi_pcg_below(pcg, 2) ? 1.0 : -1.0;
        return 1.0 + side * fabs(0.2 + 0.05 * fmi_pcg_normal(pcg));
    }
    case 2:
        return 1.0 + 0.1 * tan(3.14159265358979 * (fmi_pcg_unit(pcg) - 0.5)); /* Cauchy tails */
    default:
        return 0.5 + fmi_pcg_unit(pcg);
    }
}

Test(stats, intervals_cover_the_true_median_as_often_as_they_say) {
    static const size_t sizes[] = {11, 20, 52};
    fm_error err;
    for (int shape = 0; shape < 4; ++shape)
        for (size_t i = 0; i < 3; ++i) {
            fmi_pcg pcg = fmi_pcg_seed(1000U * (uint64_t)shape + i);
            const int trials = 4000;
            int covered = 0;
            double confidence = 0.0; /* mean: of single values or of blocks, as each list is */
            for (int trial = 0; trial < trials; ++trial) {
                double x[52];
                fmi_summary s;
                for (size_t k = 0; k < sizes[i]; ++k)
                    x[k] = draw(&pcg, shape);
                fm_assert_ok(fmi_summarise(x, sizes[i], 0.05, &s, &err), err);
                covered += s.lo <= 1.0 && 1.0 <= s.hi;
                confidence += s.confidence / trials;
            }
            /* 4 standard errors of 4000 trials at 95 % are 1.4 %. */
            const double share = (double)covered / trials;
            cr_assert(fabs(share - confidence) < 0.014, "shape %d n %zu: %f, promised %f", shape,
                      sizes[i], share, confidence);
            cr_assert_geq(confidence, 0.95);
        }
}

/* Drifting: the whole list moves by one standard deviation, or each value keeps two fifths of what
 * the one before was off. The true median is 1 both times. */
static void fill_drifting(fmi_pcg *pcg, bool recall, double *x, size_t n) {
    double off = 0.0;
    for (size_t k = 0; k < n; ++k) {
        const double fresh = 0.05 * fmi_pcg_normal(pcg);
        off = recall ? 0.4 * off + sqrt(1.0 - 0.4 * 0.4) * fresh
                     : fresh + 0.05 * ((double)k / (double)(n - 1) - 0.5);
        x[k] = 1.0 + off;
    }
}

Test(stats, intervals_of_104_cover_between_93_5_and_97_5_percent) {
    const int trials = 10000;
    fm_error err;
    for (int shape = 0; shape < 5; ++shape) {
        fmi_pcg pcg = fmi_pcg_seed(77U + (uint64_t)shape);
        int covered = 0, blocks = 0;
        for (int trial = 0; trial < trials; ++trial) {
            double x[104];
            fmi_summary s;
            for (size_t k = 0; shape < 3 && k < 104; ++k)
                x[k] = draw(&pcg, shape);
            if (shape >= 3)
                fill_drifting(&pcg, shape == 4, x, 104);
            fm_assert_ok(fmi_summarise(x, 104, 0.05, &s, &err), err);
            covered += s.lo <= 1.0 && 1.0 <= s.hi;
            blocks += s.blocks;
        }
        const double share = (double)covered / trials;
        cr_log_info("shape %d: covered %.4f, by blocks %d", shape, share, blocks);
        cr_assert(share >= 0.935 && share <= 0.975, "shape %d: %f covered, %d by blocks", shape,
                  share, blocks);
        if (shape == 4)
            cr_assert(blocks > 9 * trials / 10, "neighbours that correlate were not noticed");
    }
}

Test(stats, tails_need_many_values) {
    double x[300];
    fmi_summary s;
    fm_error err;
    for (int i = 0; i < 300; ++i)
        x[i] = 1.0 + (i * 7 % 300); /* 1 to 300 */
    fm_assert_ok(fmi_summarise(x, 59, 0.05, &s, &err), err);
    cr_assert(isnan(s.p95) && isnan(s.p99));
    fm_assert_ok(fmi_summarise(x, 60, 0.05, &s, &err), err);
    cr_assert(isfinite(s.p95) && isnan(s.p99));
    fm_assert_ok(fmi_summarise(x, 299, 0.05, &s, &err), err);
    cr_assert(isnan(s.p99));
    fm_assert_ok(fmi_summarise(x, 300, 0.05, &s, &err), err);
    cr_assert_float_eq(s.p95, 1.0 + 0.95 * 299, 1e-9);
    cr_assert_float_eq(s.p99, 1.0 + 0.99 * 299, 1e-9);
}

Test(stats, random_numbers_are_the_same_everywhere) {
    fmi_pcg a = fmi_pcg_seed(42);
    fmi_pcg b = fmi_pcg_seed(42);
    fmi_pcg c = fmi_pcg_seed(43);
    int differ = 0;
    for (int i = 0; i < 100; ++i) {
        const uint32_t x = fmi_pcg_next(&a);
        cr_assert_eq(x, fmi_pcg_next(&b));
        differ += x != fmi_pcg_next(&c);
    }
    cr_assert_gt(differ, 95);
    double sum = 0.0, squares = 0.0;
    int count[7] = {0};
    for (int i = 0; i < 70000; ++i) {
        count[fmi_pcg_below(&a, 7)]++;
        const double x = fmi_pcg_normal(&a);
        sum += x;
        squares += x * x;
    }
    for (int i = 0; i < 7; ++i)
        cr_assert(abs(count[i] - 10000) < 400, "value %d came %d times", i, count[i]);
    cr_assert(fabs(sum / 70000.0) < 0.02 && fabs(squares / 70000.0 - 1.0) < 0.03);
}

Test(stats, a_shuffle_is_a_permutation) {
    uint32_t order[100];
    bool seen[100] = {false};
    fmi_pcg pcg = fmi_pcg_seed(7);
    fmi_pcg_shuffle(&pcg, order, 100);
    uint32_t moved = 0;
    for (uint32_t i = 0; i < 100; ++i) {
        cr_assert_lt(order[i], 100U);
        cr_assert_not(seen[order[i]]);
        seen[order[i]] = true;
        moved += order[i] != i;
    }
    cr_assert_gt(moved, 80U);
}

static const fmi_axis_rule numbers = {
    .option = "--batch", .min = 1, .max = 5000, .takes_auto = true};
static const fmi_axis_rule sizes = {.option = "--size", .min = 1, .max = 8192, .sizes = true};

static void expect_axis(const char *text, const uint32_t *want, uint32_t count) {
    fmi_axis axis;
    fm_error err;
    fm_assert_ok(fmi_axis_parse(&axis, text, &numbers, &err), err);
    cr_assert_eq(axis.count, count, "%s: %u values", text, axis.count);
    for (uint32_t i = 0; i < count; ++i)
        cr_assert_eq(axis.value[i].a, want[i], "%s value %u: %u", text, i,
                     (uint32_t)axis.value[i].a);
}

Test(stats, axes_say_what_they_mean) {
    expect_axis("7", (uint32_t[]){7}, 1);
    expect_axis("1,3,8,3", (uint32_t[]){1, 3, 8}, 3);
    expect_axis("2-5", (uint32_t[]){2, 3, 4, 5}, 4);
    expect_axis("1-10+4", (uint32_t[]){1, 5, 9}, 3);
    expect_axis("1-32*2", (uint32_t[]){1, 2, 4, 8, 16, 32}, 6);
    expect_axis("3-30*3,41", (uint32_t[]){3, 9, 27, 41}, 4);
    expect_axis("auto", NULL, 0);
    fmi_axis axis;
    fm_error err;
    fm_assert_ok(fmi_axis_parse(&axis, "8,auto", &numbers, &err), err);
    cr_assert(axis.automatic && axis.count == 1);
    fm_assert_ok(fmi_axis_parse(&axis, "64,640x480", &sizes, &err), err);
    cr_assert(axis.count == 2 && axis.value[0].b == 64 && axis.value[1].a == 640 &&
              axis.value[1].b == 480);
}

Test(stats, axes_refuse_what_they_cannot_mean) {
    static const char *const bad[] = {
        "",     ",",      "1,",  "x",   "1-",    "-3",          "5-2",   "1-9+0", "1-9*1", "0",
        "5001", "1-5001", "1 2", "2x3", "1-2-3", "99999999999", "1-900", "1-9+",  "autos"};
    fmi_axis axis;
    fm_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        cr_assert_eq(fmi_axis_parse(&axis, bad[i], &numbers, &err), FM_ERROR_INVALID_ARGUMENT,
                     "accepted: %s", bad[i]);
        cr_assert_not_null(strstr(err.message, "--batch"), "%s", err.message);
    }
    cr_assert_eq(fmi_axis_parse(&axis, "auto", &sizes, &err), FM_ERROR_INVALID_ARGUMENT);
    cr_assert_eq(fmi_axis_parse(&axis, "8193", &sizes, &err), FM_ERROR_INVALID_ARGUMENT);
}

Test(stats, samples_are_long_enough_and_not_too_long) {
    static const double launches[] = {1e-8, 1e-6, 3.3e-5, 1e-3, 7e-3, 1.1e-2, 0.049, 0.051, 2.0};
    for (size_t i = 0; i < sizeof launches / sizeof launches[0]; ++i) {
        const uint32_t k = fmi_bench_launches(launches[i], 30);
        const double length = k * launches[i];
        cr_assert(k == 1 || length <= FMI_SAMPLE_MAX_S, "%g s: K %u", launches[i], k);
        cr_assert(length >= FMI_SAMPLE_MIN_S, "%g s: K %u", launches[i], k);
    }
    cr_assert_eq(fmi_bench_launches(2.0, 30), 1U);
    /* A clock of 40 us steps needs samples of 40 ms. */
    cr_assert_geq(fmi_bench_launches(1e-3, 40000), 40U);
}

/* Something to time: counts its calls and fails at one of them. */
typedef struct work {
    uint32_t calls, fail_at;
    volatile double sink;
} work;

static fm_status spin(void *state, fm_error *err) {
    work *w = state;
    if (++w->calls == w->fail_at) {
        err->status = FM_ERROR_CL;
        return FM_ERROR_CL;
    }
    for (int i = 0; i < 20000; ++i)
        w->sink = w->sink + 1.0;
    return FM_OK;
}

Test(stats, a_bench_times_every_launch_it_makes) {
    work w = {0};
    fmi_bench bench = {0};
    fm_error err = {0};
    const fmi_bench_params how = {
        .samples = 11, .clock_step_ns = 30, .warm_s = 0.01, .warm_cap_s = 0.2};
    fm_assert_ok(fmi_bench_run(&bench, spin, &w, &how, &err), err);
    cr_assert_eq(bench.count - bench.warm_ups, 11U);
    cr_assert_eq(bench.wall.n, 11U);
    cr_assert_gt(w.calls, bench.launches * (uint32_t)bench.count);
    cr_assert(bench.wall.lo <= bench.wall.median && bench.wall.median <= bench.wall.hi);
    cr_assert(bench.cpu_median > 0.0 && bench.wall.min > 0.0);
    for (size_t i = 0; i < bench.count; ++i)
        cr_assert_eq(bench.samples[i].warm_up, i < bench.warm_ups);
    fmi_bench_free(&bench);
}

/* What lies between the launches is not timed: here ten times as much as a launch. */
static fm_status spin_long(void *state, fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 10; ++i)
        status = spin(state, err);
    return status;
}

Test(stats, what_comes_before_a_launch_is_not_timed) {
    work w = {0}, between = {0};
    fmi_bench bench = {0}, plain = {0};
    fm_error err = {0};
    fmi_bench_params how = {.samples = 11, .clock_step_ns = 30, .warm_s = 0.01, .warm_cap_s = 0.2};
    fm_assert_ok(fmi_bench_run(&plain, spin, &w, &how, &err), err);
    how.before = spin_long;
    how.before_state = &between;
    how.most_launches = 3;
    w.calls = 0;
    fm_assert_ok(fmi_bench_run(&bench, spin, &w, &how, &err), err);
    cr_assert_eq(between.calls, 10 * w.calls, "%u and %u", between.calls, w.calls);
    cr_assert(bench.launches <= 3 && bench.wall.n == 11);
    cr_assert(bench.wall.min < 5 * plain.wall.median, "%g and %g", bench.wall.min,
              plain.wall.median);
    between.fail_at = between.calls + 5;
    fmi_bench_free(&bench);
    cr_assert_eq(fmi_bench_run(&bench, spin, &w, &how, &err), FM_ERROR_CL);
    fmi_bench_free(&bench);
    fmi_bench_free(&plain);
}

Test(stats, a_bench_hands_failures_and_cancels_on) {
    fm_error err = {0};
    fmi_bench_params how = {.samples = 11, .clock_step_ns = 30, .warm_s = 0.01, .warm_cap_s = 0.1};
    static const uint32_t when[] = {1, 2, 5, 50};
    for (size_t i = 0; i < 4; ++i) {
        work w = {.fail_at = when[i]};
        fmi_bench bench = {0};
        cr_assert_eq(fmi_bench_run(&bench, spin, &w, &how, &err), FM_ERROR_CL, "call %u", when[i]);
        cr_assert_eq(w.calls, when[i]);
        fmi_bench_free(&bench);
    }
    volatile sig_atomic_t cancel = 1;
    how.cancel = &cancel;
    work w = {0};
    fmi_bench bench = {0};
    cr_assert_eq(fmi_bench_run(&bench, spin, &w, &how, &err), FM_ERROR_CANCELLED);
    cr_assert_eq(w.calls, 0U);
    fmi_bench_free(&bench);
}

/* n = 11: rank 2 at 95 %. Ratios 1.1^-5 .. 1.1^5 in any order. */
Test(stats, a_paired_ratio_is_exact) {
    double a[11], b[11];
    fmi_ratio ratio;
    fm_error err;
    for (int i = 0; i < 11; ++i) {
        const int place = (7 * i) % 11;
        b[place] = 0.25 + 0.01 * place;
        a[place] = b[place] * pow(1.1, i - 5);
    }
    fm_assert_ok(fmi_ratio_paired(a, b, 11, 0.05, &ratio, &err), err);
    cr_assert(fabs(ratio.effect - 1.0) < 1e-12 && ratio.ties == 1 && ratio.n == 11);
    cr_assert(fabs(ratio.lo - pow(1.1, -4)) < 1e-12, "%g", ratio.lo);
    cr_assert(fabs(ratio.hi - pow(1.1, 4)) < 1e-12, "%g", ratio.hi);
    fm_assert_ok(fmi_ratio_paired(a, b, 5, 0.05, &ratio, &err), err);
    cr_assert(isnan(ratio.lo) && isnan(ratio.hi), "5 pairs have no interval at 95 %%");
    cr_assert_eq(fmi_ratio_paired(a, b, 0, 0.05, &ratio, &err), FM_ERROR_INVALID_ARGUMENT);
    a[3] = 0.0;
    cr_assert_eq(fmi_ratio_paired(a, b, 11, 0.05, &ratio, &err), FM_ERROR_INVALID_ARGUMENT);
}
