/* SPDX-License-Identifier: MIT */
/**
 * @file bench.h
 * Timing one thing, or several in turn: how many launches a sample has, warm-up until it settles,
 * n samples, nothing dropped. Knows neither cells nor devices: it calls run(state).
 *
 *     fmi_bench_params how = {.samples = 20, .clock_step_ns = fmi_clock_step_ns()};
 *     fmi_bench bench = {0};
 *     fmi_bench_run(&bench, op->run, state, &how, &err);
 *     fmi_bench_free(&bench);
 */
#ifndef FMI_BENCH_H
#define FMI_BENCH_H

#include "stats.h"

#include <signal.h>
#include <stdint.h>

#define FMI_SAMPLE_MIN_S 0.001    /**< a sample lasts at least this and 1000 clock steps */
#define FMI_SAMPLE_TARGET_S 0.010 /**< and about this */
#define FMI_SAMPLE_MAX_S 0.050    /**< and at most this, unless one launch is longer */

#define FMI_LOOKS_MAX 3

struct fmi_side;
struct fmi_bench;

/** One launch of what is timed. */
typedef fm_status (*fmi_bench_fn)(void *state, fm_error *err);

/** Zero in an optional field is the default. */
typedef struct fmi_bench_params {
    uint32_t samples;       /**< timed samples, >= 1 */
    uint64_t clock_step_ns; /**< of the monotonic clock */
    double warm_s;          /**< warm-up after the first stable window; default 0.1 */
    double warm_cap_s;      /**< warm-up at most; default 3 */
    double budget_s;   /**< timed part of a side at most: fewer samples when needed; 0 = no limit */
    double hopeless_s; /**< when no launch of the only side is faster it ends after 3 samples,
                            without a warm-up; 0 = never */
    double target_s;   /**< length of a sample, about; default FMI_SAMPLE_TARGET_S */
    fmi_bench_fn
        before; /**< called before each launch, which is then timed by itself; may be NULL */
    void *before_state; /**< of before */
    double (*joules)(
        void *user); /**< a counter, read around the timed samples of a single side; NULL */
    void *joules_user;
    void (*after)(void *user); /**< called after each round of timed samples; may be NULL */
    void *after_user;
    uint32_t most_launches; /**< K at most, however short a sample is then; 0 = no limit */
    bool same_launches; /**< all sides have the same K: that of the slowest, or more until a sample
                             of the fastest is long enough */
    uint32_t
        looks[FMI_LOOKS_MAX]; /**< rounds after which enough is asked, ascending; 0 = no look */
    bool (*enough)(void *user, const struct fmi_side *sides, uint32_t count); /**< true: stop */
    void *user;                                                               /**< of enough */
    void (*told)(void *user, const struct fmi_bench *first, uint32_t rounds); /**< a round of all
                             sides has ended: bench of the first side so far; may be NULL */
    void *told_user;
    const volatile sig_atomic_t *cancel; /**< non-zero = stop; may be NULL */
} fmi_bench_params;

/** One sample, per launch. */
typedef struct fmi_sample {
    double seconds;     /**< wall clock */
    double cpu_seconds; /**< of all threads of this process */
    bool warm_up;       /**< kept, but not used */
} fmi_sample;

/** Zeroed = none. Free with fmi_bench_free. */
typedef struct fmi_bench {
    fmi_sample *samples; /**< warm-up first */
    size_t count, warm_ups, capacity;
    uint32_t launches; /**< K: launches in one sample */
    double launch_s;   /**< seconds of a launch, as calibrated */
    bool settled;      /**< two neighbouring warm-up windows agreed within 2 % */
    bool hopeless;     /**< see hopeless_s */
    bool shortened;    /**< the budget allowed fewer samples than asked for */
    fmi_summary wall;  /**< of the timed samples, seconds per launch */
    double cpu_median; /**< CPU seconds per launch */
    double joules; /**< drawn per launch while the timed samples were taken; 0 or NAN = not known */
} fmi_bench;

/** Launches per sample for a launch of that many seconds. Pure. */
uint32_t fmi_bench_launches(double launch_s, uint64_t clock_step_ns);
/** The same for samples of about target_s; 0 = FMI_SAMPLE_TARGET_S. */
uint32_t fmi_bench_launches_for(double launch_s, uint64_t clock_step_ns, double target_s);

/**
 * Times.
 * @retval FM_ERROR_CANCELLED the flag was set; nothing is summarised
 */
fm_status fmi_bench_run(fmi_bench *bench, fmi_bench_fn run, void *state,
                        const fmi_bench_params *params, fm_error *err);
void fmi_bench_free(fmi_bench *bench);

/** One of several things that are timed in turn. */
typedef struct fmi_side {
    fmi_bench_fn run;
    void *state;
    bool spins; /**< its threads keep the cores busy for a while after run: a pause follows it */
    fmi_bench bench; /**< out; free with fmi_bench_free */
} fmi_side;

#define FMI_SIDES_MAX 8

/**
 * Times up to FMI_SIDES_MAX things in rounds of one sample each, so that their samples pair up:
 * sample i of every side was taken in round i. The order inside a block of `count` rounds is a
 * random cyclic Latin square (two sides: ABBA or BAAB). Each side has its own K unless
 * params->same_launches. With params->enough, the rounds end at the first look that is enough.
 * @param seed of the orders
 */
fm_status fmi_bench_sides(fmi_side *sides, uint32_t count, const fmi_bench_params *params,
                          uint64_t seed, fm_error *err);

#endif
