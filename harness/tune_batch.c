/* SPDX-License-Identifier: MIT */
/* Which batch: each alone in a worker first, then those near the best in turn, as one after the
 * other would find what the machine did meanwhile. */
#include "advice.h"
#include "clock.h"
#include "console.h"
#include "error.h"
#include "tune_impl.h"

#include <math.h>
#include <stdlib.h>

#define POINTS 8       /* 1 to 128 */
#define LEAST_POINTS 3 /* of medium: measured whatever time there is */
#define NEAR 0.8       /* of the best rate: the others are not timed again */
#define ROUNDS 31
#define BUDGET_S 3.0
#define ALPHA 0.05

typedef struct curve {
    fmi_advice_point point[POINTS];
    uint64_t bytes[POINTS];
    uint32_t count;
    bool cut; /* by the time */
} curve;

/* Far beyond the knee nothing more is learned. */
static fm_status measure(fmi_tuner *t, fm_level level, curve *c, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < POINTS && !fmi_signals_stop(); ++i) {
        fmi_cell cell;
        fmi_case_params params = fmi_tuner_point(t, &t->step[FMI_TUNE_RASTER], level, 1U << i);
        params.tuning = t->tuning;
        c->cut = fmi_tuner_late(t) && (level != FM_LEVEL_MEDIUM || i >= LEAST_POINTS);
        if (c->cut)
            break;
        status = fmi_tuner_cell(t, &fmi_case_raster, &params, 0.0, &cell, err);
        if (status == FM_OK && fmi_tuner_measured(&cell)) {
            c->bytes[c->count] = cell.facts.peak_bytes;
            c->point[c->count++] =
                (fmi_advice_point){params.batch, cell.bench.wall.median, cell.rate, cell.rate_hi};
        }
        fmi_cell_free(&cell);
        const fmi_advice advice = fmi_advise(c->point, c->count);
        if (advice.knee && params.batch >= 8 * advice.knee)
            break;
    }
    return status;
}

/* Time a frame of each over that of the best of them. */
static fm_status compare(const fmi_side *side, fmi_tuned_batch *list, uint32_t count, double *rate,
                         fm_error *err) {
    const size_t n = side[0].bench.count - side[0].bench.warm_ups;
    double *times = malloc(sizeof *times * n * count);
    uint32_t best = 0;
    if (!times)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare batches");
    for (uint32_t k = 0; k < count; ++k) {
        const fmi_bench *bench = &side[k].bench;
        for (size_t i = 0; i < n; ++i)
            times[k * n + i] = bench->samples[bench->warm_ups + i].seconds / list[k].batch;
        const double found = list[k].batch / bench->wall.median;
        best = found > *rate ? k : best;
        *rate = fmax(*rate, found);
    }
    fm_status status = FM_OK;
    for (uint32_t k = 0; status == FM_OK && k < count; ++k)
        status = fmi_ratio_paired(times + k * n, times + best * n, n, ALPHA / count,
                                  &list[k].to_best, err);
    free(times);
    return status;
}

/* Those near the best, as far as the memory holds them at once. */
static uint32_t choose(const fmi_tuner *t, const curve *c, fmi_tuned_batch *list) {
    const double best = fmi_advise(c->point, c->count).best;
    uint64_t bytes = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->count; ++i) {
        if (c->point[i].rate < NEAR * best && c->point[i].hi < NEAR * best)
            continue;
        bytes += c->bytes[i];
        if (bytes > t->caps.global_bytes / 3)
            break;
        list[count++] = (fmi_tuned_batch){.batch = c->point[i].batch};
    }
    return count;
}

static fm_status in_turn(fmi_tuner *t, fm_level level, fmi_tuned_batch *list, uint32_t count,
                         double *rate, fm_error *err) {
    const fmi_case *op = &fmi_case_raster;
    void *state[POINTS] = {NULL};
    fmi_side side[POINTS] = {{0}};
    fmi_case_params params[POINTS];
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        params[i] = fmi_tuner_point(t, &t->step[FMI_TUNE_RASTER], level, list[i].batch);
        params[i].tuning = t->tuning;
        status = op->create(&state[i], &params[i], err);
        side[i] = (fmi_side){.run = op->run, .state = state[i]};
    }
    const fmi_bench_params how = {.samples = ROUNDS,
                                  .clock_step_ns = fmi_clock_step_ns(),
                                  .warm_s = 0.05,
                                  .warm_cap_s = 0.5,
                                  .budget_s = BUDGET_S,
                                  .cancel = fmi_signals_cancel()};
    if (status == FM_OK)
        status = fmi_bench_sides(side, count, &how, 1, err);
    if (status == FM_OK)
        status = compare(side, list, count, rate, err);
    for (uint32_t i = 0; i < count; ++i) {
        op->destroy(&state[i]);
        fmi_bench_free(&side[i].bench);
    }
    return status;
}

/* *rate: the best; 0 = nothing ran. *batch: what is stored already, where the time did not do. */
static fm_status tune_batch(fmi_tuner *t, fm_level level, uint32_t *batch, double *rate,
                            fm_error *err) {
    curve c = {.count = 0};
    fmi_tuned_batch list[POINTS] = {{0}};
    fm_status status = measure(t, level, &c, err);
    const bool enough = c.count >= LEAST_POINTS;
    const uint32_t knee = enough ? fmi_tune_knee(c.point, c.count, c.cut) : 0;
    *batch = !knee && c.cut && t->has_stored ? t->stored.batch[level] : knee;
    *rate = enough ? fmi_advise(c.point, c.count).best : 0.0;
    if (status != FM_OK || knee == 0 || fmi_tuner_late(t) || fmi_signals_stop())
        return status;
    const uint32_t count = choose(t, &c, list);
    if (count < 2)
        return FM_OK;
    *rate = 0.0;
    status = in_turn(t, level, list, count, rate, err);
    if (status == FM_OK)
        *batch = fmi_tune_choose_batch(list, count, t->has_stored ? t->stored.batch[level] : 0);
    return status;
}

/* Levels that run the same program share a curve; medium's is the rate of the device. */
fm_status fmi_tuner_batches(fmi_tuner *t, fm_error *err) {
    static const fm_level levels[] = {FM_LEVEL_MEDIUM, FM_LEVEL_LOW, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 4; ++i) {
        int like = 0;
        double rate = 0.0;
        while (like < i && !fmi_case_raster.same_program(levels[like], levels[i]))
            ++like;
        if (like < i)
            t->tuning.batch[levels[i]] = t->tuning.batch[levels[like]];
        else
            status = tune_batch(t, levels[i], &t->tuning.batch[levels[i]], &rate, err);
        if (i == 0)
            t->tuning.rate = rate;
    }
    return status;
}
