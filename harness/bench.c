/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include "clock.h"
#include "error.h"
#include "flag.h"
#include "pcg.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define WINDOW 8      /* warm-up samples in a window */
#define WINDOW_SLOW 3 /* the same when one launch is a sample */
#define SETTLED 0.02  /* relative difference of two windows' medians */
#define LAUNCHES_MAX 1000000U
#define HOPELESS 3        /* samples of what will not be looked at */
#define FEWEST 6          /* samples below which there is no interval */
#define SPIN_NS 15000000L /* libgomp spins some 7 to 14 ms */

/* What all steps below need. */
typedef struct timing {
    fmi_bench *bench;
    fmi_bench_fn run;
    void *state;
    const fmi_bench_params *params;
} timing;

static double shortest(uint64_t clock_step_ns) {
    return fmax(FMI_SAMPLE_MIN_S, 1000.0 * 1e-9 * (double)clock_step_ns);
}

uint32_t fmi_bench_launches(double launch_s, uint64_t clock_step_ns) {
    return fmi_bench_launches_for(launch_s, clock_step_ns, 0.0);
}

uint32_t fmi_bench_launches_for(double launch_s, uint64_t clock_step_ns, double target_s) {
    const double most = FMI_SAMPLE_MAX_S;
    const double wanted = target_s > 0.0 ? target_s : FMI_SAMPLE_TARGET_S;
    const double target = fmin(most, fmax(wanted, shortest(clock_step_ns)));
    if (!(launch_s > 0.0))
        return LAUNCHES_MAX;
    double launches = ceil(target / launch_s);
    if (launches > 1.0 && launches * launch_s > most)
        launches = floor(most / launch_s);
    return launches < 1.0 ? 1U : launches > LAUNCHES_MAX ? LAUNCHES_MAX : (uint32_t)launches;
}

/* The same with something between the launches that does not count. */
static fm_status measure_apart(const timing *t, fmi_sample *sample, fm_error *err) {
    const uint32_t launches = t->bench->launches;
    uint64_t wall = 0, cpu = 0;
    for (uint32_t i = 0; i < launches; ++i) {
        fm_status status = t->params->before(t->params->before_state, err);
        const uint64_t cpu_start = fmi_clock_cpu_ns();
        const uint64_t start = fmi_clock_ns();
        if (status == FM_OK)
            status = t->run(t->state, err);
        if (status != FM_OK)
            return status;
        wall += fmi_clock_ns() - start;
        cpu += fmi_clock_cpu_ns() - cpu_start;
    }
    *sample = (fmi_sample){.seconds = 1e-9 * (double)wall / launches,
                           .cpu_seconds = 1e-9 * (double)cpu / launches};
    return FM_OK;
}

/* One sample of K launches; seconds per launch. */
static fm_status measure(const timing *t, fmi_sample *sample, fm_error *err) {
    if (fmi_flag_get(t->params->cancel))
        return fmi_fail(err, FM_ERROR_CANCELLED, "stopped while timing");
    const uint32_t launches = t->bench->launches;
    if (t->params->before)
        return measure_apart(t, sample, err);
    const uint64_t cpu = fmi_clock_cpu_ns();
    const uint64_t start = fmi_clock_ns();
    for (uint32_t i = 0; i < launches; ++i) {
        const fm_status status = t->run(t->state, err);
        if (status != FM_OK)
            return status;
    }
    const uint64_t end = fmi_clock_ns();
    *sample = (fmi_sample){.seconds = 1e-9 * (double)(end - start) / launches,
                           .cpu_seconds = 1e-9 * (double)(fmi_clock_cpu_ns() - cpu) / launches};
    return FM_OK;
}

static fm_status record(const timing *t, bool warm_up, double *seconds, fm_error *err) {
    fmi_bench *bench = t->bench;
    if (bench->count == bench->capacity) {
        const size_t capacity = bench->capacity ? 2 * bench->capacity : 64;
        fmi_sample *grown = realloc(bench->samples, capacity * sizeof *grown);
        if (!grown)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu samples", capacity);
        bench->samples = grown;
        bench->capacity = capacity;
    }
    fmi_sample *sample = &bench->samples[bench->count];
    const uint64_t start = fmi_clock_ns();
    const fm_status status = measure(t, sample, err);
    if (status != FM_OK)
        return status;
    sample->warm_up = warm_up;
    bench->count++;
    bench->warm_ups += warm_up ? 1 : 0;
    *seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    return FM_OK;
}

/* K is believed when two readings in a row ask for (about) the same. */
static fm_status calibrate(const timing *t, double *spent_s, fm_error *err) {
    fmi_bench *bench = t->bench;
    bench->launches = 1;
    for (int tries = 0; tries < 24; ++tries) {
        fmi_sample sample;
        const fm_status status = measure(t, &sample, err);
        if (status != FM_OK)
            return status;
        *spent_s += sample.seconds * bench->launches;
        uint32_t wanted =
            fmi_bench_launches_for(sample.seconds, t->params->clock_step_ns, t->params->target_s);
        const uint32_t most = t->params->most_launches;
        const bool cut = most > 0 && wanted >= most;
        wanted = cut ? most : wanted;
        bench->launch_s = sample.seconds;
        const double length = sample.seconds * bench->launches;
        const bool fits = (cut || length >= shortest(t->params->clock_step_ns)) &&
                          (length <= FMI_SAMPLE_MAX_S || bench->launches == 1);
        if (fits && wanted <= 2 * bench->launches && bench->launches <= 2 * wanted && tries > 0)
            return FM_OK;
        bench->launches = wanted;
    }
    return FM_OK; /* a very unsteady machine: the last K, and the warm-up will say so */
}

static double window_median(const fmi_bench *bench, size_t first, size_t window) {
    double values[WINDOW];
    for (size_t i = 0; i < window; ++i)
        values[i] = bench->samples[first + i].seconds;
    return fmi_median_in_place(values, window);
}

static bool windows_agree(const fmi_bench *bench, size_t window) {
    if (bench->count < 2 * window || bench->count % window != 0)
        return false;
    const double before = window_median(bench, bench->count - 2 * window, window);
    const double now = window_median(bench, bench->count - window, window);
    return fabs(now - before) < SETTLED * now;
}

static fm_status warm_up(const timing *t, double spent_s, fm_error *err) {
    const double cap = t->params->warm_cap_s > 0.0 ? t->params->warm_cap_s : 3.0;
    const double extra = t->params->warm_s > 0.0 ? t->params->warm_s : 0.1;
    fmi_bench *bench = t->bench;
    double after = 0.0;
    const size_t window = bench->launches == 1 ? WINDOW_SLOW : WINDOW;
    while (spent_s < cap && after < extra) {
        double seconds = 0.0;
        const fm_status status = record(t, true, &seconds, err);
        if (status != FM_OK)
            return status;
        spent_s += seconds;
        if (bench->settled)
            after += seconds;
        else
            bench->settled = windows_agree(bench, window);
    }
    return FM_OK;
}

static fm_status summarise(fmi_bench *bench, fm_error *err) {
    const size_t n = bench->count - bench->warm_ups;
    double *values = malloc(n * sizeof *values);
    if (!values)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu values", n);
    for (size_t i = 0; i < n; ++i)
        values[i] = bench->samples[bench->warm_ups + i].seconds;
    const fm_status status = fmi_summarise(values, n, 0.05, &bench->wall, err);
    for (size_t i = 0; i < n; ++i)
        values[i] = bench->samples[bench->warm_ups + i].cpu_seconds;
    bench->cpu_median = fmi_median_in_place(values, n);
    free(values);
    return status;
}

static timing timing_of(fmi_side *side, const fmi_bench_params *params) {
    return (timing){
        .bench = &side->bench, .run = side->run, .state = side->state, .params = params};
}

/* Threads that wait by spinning would slow down whoever comes next. */
static void rest(const fmi_side *side) {
    const struct timespec pause = {.tv_nsec = SPIN_NS};
    if (side->spins)
        (void)nanosleep(&pause, NULL);
}

/* One K for all: what suits the slowest, but no sample shorter than the clock can tell. */
static void share_launches(fmi_side *sides, uint32_t count, const fmi_bench_params *params) {
    uint32_t launches = UINT32_MAX;
    for (uint32_t i = 0; i < count; ++i)
        if (sides[i].bench.launches < launches)
            launches = sides[i].bench.launches;
    for (uint32_t i = 0; i < count; ++i) {
        const double least = ceil(shortest(params->clock_step_ns) / sides[i].bench.launch_s);
        if (least > launches && least < LAUNCHES_MAX)
            launches = (uint32_t)least;
    }
    for (uint32_t i = 0; i < count; ++i)
        sides[i].bench.launches = launches;
}

/* The first launches of a process are slow ones: the fastest of a few more decides. */
static fm_status look_for_hope(fmi_side *side, const fmi_bench_params *params, fm_error *err) {
    const timing t = timing_of(side, params);
    fmi_bench *bench = &side->bench;
    fm_status status = FM_OK;
    double least = bench->launch_s;
    for (int i = 0; status == FM_OK && i < HOPELESS && least > params->hopeless_s; ++i) {
        fmi_sample sample;
        status = measure(&t, &sample, err);
        least = status == FM_OK ? fmin(least, sample.seconds) : least;
    }
    bench->hopeless = least > params->hopeless_s;
    return status;
}

/* Calibrates all sides, then warms each up. */
static fm_status prepare(fmi_side *sides, uint32_t count, const fmi_bench_params *params,
                         fm_error *err) {
    double spent[FMI_SIDES_MAX] = {0};
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        const timing t = timing_of(&sides[i], params);
        status = calibrate(&t, &spent[i], err);
        rest(&sides[i]);
    }
    if (status == FM_OK && count == 1 && params->hopeless_s > 0.0)
        status = look_for_hope(&sides[0], params, err);
    if (sides[0].bench.hopeless)
        return status;
    if (params->same_launches)
        share_launches(sides, count, params);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        const timing t = timing_of(&sides[i], params);
        status = warm_up(&t, spent[i], err);
        rest(&sides[i]);
    }
    return status;
}

/* Whether the rounds end after this many. */
static bool is_enough(const fmi_side *sides, uint32_t count, const fmi_bench_params *params,
                      uint32_t rounds) {
    for (int i = 0; params->enough && i < FMI_LOOKS_MAX; ++i)
        if (params->looks[i] == rounds && params->enough(params->user, sides, count))
            return true;
    return false;
}

static fm_status round_of(fmi_side *sides, uint32_t count, const fmi_bench_params *params,
                          const uint32_t *order, uint32_t shift, double *spent, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        fmi_side *side = &sides[order[(i + shift) % count]];
        const timing t = timing_of(side, params);
        double seconds = 0.0;
        status = record(&t, false, &seconds, err);
        *spent += seconds;
        if (count > 1)
            rest(side);
    }
    return status;
}

fm_status fmi_bench_sides(fmi_side *sides, uint32_t count, const fmi_bench_params *params,
                          uint64_t seed, fm_error *err) {
    uint32_t order[FMI_SIDES_MAX] = {0};
    fmi_pcg pcg = fmi_pcg_seed(seed);
    double spent = 0.0;
    bool shortened = false;
    fm_status status = prepare(sides, count, params, err);
    const bool metered = params->joules && count == 1;
    const double joules = metered ? params->joules(params->joules_user) : 0.0;
    for (uint32_t i = 0; status == FM_OK && i < params->samples && !shortened; ++i) {
        if (is_enough(sides, count, params, i) || (sides[0].bench.hopeless && i >= HOPELESS))
            break;
        if (i % count == 0)
            fmi_pcg_shuffle(&pcg, order, count);
        status = round_of(sides, count, params, order, i % count, &spent, err);
        if (status == FM_OK && params->told)
            params->told(params->told_user, &sides[0].bench, i + 1);
        if (params->after)
            params->after(params->after_user);
        shortened = params->budget_s > 0.0 && spent > count * params->budget_s && i + 1 >= FEWEST &&
                    i + 1 < params->samples;
    }
    fmi_bench *first = &sides[0].bench;
    if (metered && status == FM_OK)
        first->joules = (params->joules(params->joules_user) - joules) / first->launches /
                        (double)(first->count - first->warm_ups);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        sides[i].bench.shortened = shortened;
        status = summarise(&sides[i].bench, err);
    }
    return status;
}

fm_status fmi_bench_run(fmi_bench *bench, fmi_bench_fn run, void *state,
                        const fmi_bench_params *params, fm_error *err) {
    fmi_side side = {.run = run, .state = state};
    const fm_status status = fmi_bench_sides(&side, 1, params, 0, err);
    *bench = side.bench;
    return status;
}

void fmi_bench_free(fmi_bench *bench) {
    free(bench->samples);
    *bench = (fmi_bench){0};
}
