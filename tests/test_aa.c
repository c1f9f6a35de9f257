/* SPDX-License-Identifier: MIT */
/* The proof of the live comparison on a real device: identical kernels against each other, and a
 * slowdown of 5 % that must be found. FM_AA_TRIALS: how many (default 200 and 40); FM_AA_FIRST: the
 * seed of the first, so that a long proof can be made in pieces. Prints a line a trial. */
#include "clock.h"
#include "fm_test.h"
#include "live.h"

TestSuite(aa, .timeout = 3500);

static uint32_t number(const char *name, uint32_t otherwise) {
    const char *text = getenv(name);
    return text && text[0] ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static fmi_live_how how_for(uint32_t seed) {
    fmi_live_how how = fmi_live_how_make(false, fmi_clock_step_ns(), NULL);
    how.cell.check.seed = seed;
    how.cell.bench.warm_cap_s = 0.3;
    how.cell.bench.warm_s = 0.05;
    how.identical = true;
    return how;
}

static fmi_live trial(fmi_input *input, const fmi_live_how *how) {
    fmi_live live;
    fm_error err;
    const fmi_case_params params = {.input = input, .batch = 8};
    fm_assert_ok(fmi_live_run(&live, &fmi_case_morph, &params, NULL, NULL, how, &err), err);
    cr_assert(live.timed, "%s", live.reason);
    printf("aa %s slow=%g seed=%llu verdict=%s ratio=%.5f lo=%.5f hi=%.5f rounds=%zu "
           "launches=%u seconds=%.2f\n",
           how->cell.bench.looks[1] ? "looks" : "fixed", how->slow_b,
           (unsigned long long)how->cell.check.seed, fmi_verdict_name(live.verdict),
           live.ratio.effect, live.ratio.lo, live.ratio.hi, live.ratio.n, live.side[0].launches,
           live.wall_s);
    (void)fflush(stdout);
    return live;
}

Test(aa, identical_kernels_are_seldom_called_different) {
    fmi_input *input = NULL;
    fm_error err;
    const uint32_t trials = number("FM_AA_TRIALS", 200), first = number("FM_AA_FIRST", 0);
    uint32_t alarms = 0, outside = 0;
    fm_assert_ok(fmi_input_points(&input, 18024, 5, &err), err);
    for (uint32_t i = 0; i < trials; ++i) {
        const fmi_live_how how = how_for(1000 + first + i);
        fmi_live live = trial(input, &how);
        alarms += live.verdict == FMI_FASTER || live.verdict == FMI_SLOWER;
        outside += live.ratio.lo > 1.0 || live.ratio.hi < 1.0;
        fmi_live_free(&live);
    }
    fmi_input_destroy(&input);
    printf("aa false_alarms=%u outside=%u trials=%u\n", alarms, outside, trials);
    cr_assert(alarms * 100 <= 8 * trials, "%u of %u trials call identical kernels different",
              alarms, trials);
}

Test(aa, a_slowdown_of_5_percent_is_found_at_104_rounds) {
    fmi_input *input = NULL;
    fm_error err;
    const uint32_t trials = number("FM_AA_TRIALS", 200) / 5, first = number("FM_AA_FIRST", 0);
    uint32_t found = 0;
    fm_assert_ok(fmi_input_points(&input, 18024, 5, &err), err);
    for (uint32_t i = 0; i < trials; ++i) {
        fmi_live_how how = how_for(5000 + first + i);
        how.cell.bench.looks[0] = how.cell.bench.samples = 104;
        how.cell.bench.looks[1] = how.cell.bench.looks[2] = 0;
        how.slow_b = 0.05;
        fmi_live live = trial(input, &how);
        found += live.verdict == FMI_SLOWER;
        fmi_live_free(&live);
    }
    fmi_input_destroy(&input);
    printf("aa found=%u trials=%u\n", found, trials);
    cr_assert(found * 100 >= 95 * trials, "found in %u of %u trials", found, trials);
}
