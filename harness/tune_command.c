/* SPDX-License-Identifier: MIT */
/* fmbench tune: measures the candidates of this device, each in a process of its own, those that
 * may win once more in turn, then the batches; and stores what won for every engine to read. */
#include "advice.h"
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "kernel_cache.h"
#include "runner.h"
#include "tune_impl.h"
#include "tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_S 240.0
#define CELL_S 30.0
#define ROUNDS 52
#define MATRIX_N 4
#define TARGETS 50
#define ROUND_BUDGET_S 4.0
#define BATCH_POINTS 8 /* 1 to 128 */
#define LEAST_POINTS 3 /* of medium: measured whatever time there is */

static bool out_of_time(const fmi_tuner *t) {
    const double most = t->options->max_time_set ? t->options->max_time_s : DEFAULT_S;
    return most > 0.0 && fmi_clock_since_start() - t->begun_s > most;
}

/* ---- one cell ---- */

static fmi_case_params point_of(const fmi_tuner *t, const fmi_tuner_step *step, fm_level level,
                                uint32_t batch) {
    const fmi_case *op = step->op;
    fmi_case_params p = {.input = op->uses & (FMI_USES_MESH | FMI_USES_POINTS) ? t->input : NULL,
                         .samples = step->samples,
                         .n = op->uses & FMI_USES_MATRICES ? MATRIX_N : 0,
                         .targets = op->uses & FMI_USES_TARGETS ? TARGETS : 0,
                         .no_trials = true,
                         .device = t->options->device,
                         .level = level,
                         .batch = batch,
                         .threads = (uint32_t)t->options->threads.value[0].a,
                         .mem_limit_bytes = t->options->mem_limit.value[0].a,
                         .log = t->log,
                         .cancel = fmi_signals_cancel()};
    if (op->uses & FMI_USES_SIZE) {
        p.width = (uint32_t)t->options->size.value[0].a;
        p.height = (uint32_t)t->options->size.value[0].b;
    }
    return p;
}

/* Checked and timed in a worker; *cell.status says what became of it. */
static fm_status run_cell(fmi_tuner *t, const fmi_case *op, const fmi_case_params *params,
                          fmi_cell *cell, fm_error *err) {
    fmi_cell_how how = fmi_cell_how_make(true, fmi_clock_step_ns(), fmi_signals_cancel());
    fm_caps caps = t->caps;
    *cell = (fmi_cell){.op = op, .params = *params};
    caps.tuned = params->tuning;
    if (op->plan(params, &caps, &cell->plan, err) != FM_OK || cell->plan.batch < params->batch) {
        fmi_cell_skip(cell, FMI_CELL_INFEASIBLE, "does not fit the memory");
        return FM_OK;
    }
    how.check.random_frames = 2;
    return fmi_runner_cell(t->runner, cell, &how, t->options->cell_limit_s, CELL_S, err);
}

static bool has_numbers(const fmi_cell *cell) {
    return cell->timed && (cell->status == FMI_CELL_OK || cell->status == FMI_CELL_NOISY);
}

/* ---- candidates ---- */

static void note(fmi_candidate *c, const fmi_cell *cell) {
    c->right = has_numbers(cell) && cell->check.passed;
    c->rate = cell->rate;
    c->lo = cell->rate_lo;
    c->hi = cell->rate_hi;
    if (!c->right)
        (void)snprintf(c->reason, sizeof c->reason, "%s: %.120s",
                       fmi_cell_status_name(cell->status), cell->reason);
}

static fm_status look_at_all(fmi_tuner *t, fmi_tuner_step *step, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < step->count; ++i) {
        fmi_candidate *c = &step->list[i];
        fmi_cell cell;
        if (c->absent)
            continue;
        if (out_of_time(t) && !c->usual) {
            (void)snprintf(c->reason, sizeof c->reason, "no time left; raise --max-time");
            continue;
        }
        fmi_case_params params = point_of(t, step, FM_LEVEL_MEDIUM, step->batch);
        params.tuning = c->tuning;
        status = run_cell(t, step->op, &params, &cell, err);
        if (status == FM_OK)
            note(c, &cell);
        fmi_cell_free(&cell);
    }
    return status;
}

static double *times_of(const fmi_bench *bench, size_t n) {
    double *times = malloc(n * sizeof *times);
    for (size_t i = 0; times && i < n; ++i)
        times[i] = bench->samples[bench->warm_ups + i].seconds;
    return times;
}

static fm_status compare(const fmi_bench *usual, const fmi_bench *other, fmi_candidate *c,
                         fm_error *err) {
    const size_t n = usual->count - usual->warm_ups;
    double *a = times_of(usual, n), *b = times_of(other, n);
    const fm_status status =
        a && b ? fmi_ratio_paired(a, b, n, 0.05 / FMI_FINALISTS, &c->ratio, err)
               : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare candidates");
    c->final = status == FM_OK;
    free(a);
    free(b);
    return status;
}

/* The usual one and those that may beat it, in turn in this process: they have proved themselves
 * in one of their own. */
static fm_status final_round(fmi_tuner *t, fmi_tuner_step *step, fm_error *err) {
    const fmi_case *op = step->op;
    fmi_candidate *list = step->list;
    const uint32_t count = step->count;
    uint32_t who[FMI_FINALISTS + 1] = {0};
    void *state[FMI_FINALISTS + 1] = {NULL};
    fmi_side side[FMI_FINALISTS + 1] = {{0}};
    fmi_case_params params[FMI_FINALISTS + 1];
    while (who[0] + 1 < count && !list[who[0]].usual)
        ++who[0];
    const uint32_t sides = 1 + fmi_tune_finalists(list, count, who + 1);
    if (sides == 1 || !list[who[0]].right || fmi_signals_stop())
        return FM_OK;
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < sides; ++i) {
        params[i] = point_of(t, step, FM_LEVEL_MEDIUM, step->batch);
        params[i].tuning = list[who[i]].tuning;
        status = op->create(&state[i], &params[i], err);
        side[i] = (fmi_side){.run = op->run, .state = state[i]};
    }
    const fmi_bench_params how = {.samples = ROUNDS,
                                  .clock_step_ns = fmi_clock_step_ns(),
                                  .warm_s = 0.05,
                                  .warm_cap_s = 0.8,
                                  .budget_s = ROUND_BUDGET_S,
                                  .cancel = fmi_signals_cancel()};
    if (status == FM_OK)
        status = fmi_bench_sides(side, sides, &how, 1, err);
    for (uint32_t i = 1; status == FM_OK && i < sides; ++i)
        status = compare(&side[0].bench, &side[i].bench, &list[who[i]], err);
    for (uint32_t i = 0; i < sides; ++i) {
        op->destroy(&state[i]);
        fmi_bench_free(&side[i].bench);
    }
    return status;
}

/* ---- batches ---- */

/* The smallest batch within 3 % of the best. *rate: the best; 0 = nothing ran. */
static fm_status tune_batch(fmi_tuner *t, fm_level level, uint32_t *batch, double *rate,
                            fm_error *err) {
    fmi_advice_point points[BATCH_POINTS];
    uint32_t count = 0;
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < BATCH_POINTS && !fmi_signals_stop(); ++i) {
        fmi_cell cell;
        fmi_case_params params = point_of(t, &t->step[FMI_TUNE_RASTER], level, 1U << i);
        params.tuning = t->tuning;
        if (out_of_time(t) && (level != FM_LEVEL_MEDIUM || i >= LEAST_POINTS))
            break;
        status = run_cell(t, &fmi_case_raster, &params, &cell, err);
        if (status == FM_OK && has_numbers(&cell))
            points[count++] =
                (fmi_advice_point){params.batch, cell.bench.wall.median, cell.rate, cell.rate_hi};
        fmi_cell_free(&cell);
        /* Far beyond the knee nothing more is learned. */
        const fmi_advice advice = fmi_advise(points, count);
        if (advice.knee && params.batch >= 8 * advice.knee)
            break;
    }
    const fmi_advice advice = fmi_advise(points, count);
    *batch = count >= LEAST_POINTS ? advice.knee : 0;
    *rate = count >= LEAST_POINTS ? advice.best : 0.0;
    return status;
}

/* Levels that run the same program share a curve; medium's is the rate of the device. */
static fm_status tune_batches(fmi_tuner *t, fm_error *err) {
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

/* ---- the whole ---- */

/* The candidates of everything but raster, which chooses the form. */
static void make_lists(fmi_tuner *t, fm_specialisation form) {
    fmi_tuner_step *step = t->step;
    step[FMI_TUNE_SAMPLED] = (fmi_tuner_step){.name = "raster, 4 samples",
                                              .key = "raster_4_samples",
                                              .op = &fmi_case_raster,
                                              .samples = 4};
    step[FMI_TUNE_MORPH] = (fmi_tuner_step){.name = "morph", .key = "morph", .op = &fmi_case_morph};
    step[FMI_TUNE_BLEND] = (fmi_tuner_step){.name = "blend", .key = "blend", .op = &fmi_case_blend};
    step[FMI_TUNE_SOLVE] = (fmi_tuner_step){.name = "solve", .key = "solve", .op = &fmi_case_solve};
    step[FMI_TUNE_SAMPLED].count = fmi_tune_sampled(&t->caps, form, step[FMI_TUNE_SAMPLED].list);
    step[FMI_TUNE_MORPH].count = fmi_tune_morph(&t->caps, step[FMI_TUNE_MORPH].list);
    step[FMI_TUNE_BLEND].count = fmi_tune_blend(&t->caps, form, step[FMI_TUNE_BLEND].list);
    step[FMI_TUNE_SOLVE].count = fmi_tune_solve(&t->caps, form, step[FMI_TUNE_SOLVE].list);
}

/* The planner's own batch, all candidates, the best in turn; the winner's tuning. */
static fm_status tune_step(fmi_tuner *t, fmi_tuner_step *step, fm_tuning *won, fm_error *err) {
    const fmi_case_params params = point_of(t, step, FM_LEVEL_MEDIUM, 0);
    fm_plan plan;
    fm_status status = step->op->plan(&params, &t->caps, &plan, err);
    step->batch = plan.batch;
    if (status == FM_OK)
        status = look_at_all(t, step, err);
    if (status == FM_OK)
        status = final_round(t, step, err);
    *won = step->list[fmi_tune_choose(step->list, step->count)].tuning;
    return status;
}

/* Raster first: its form is that of the others. */
static fm_status measure(fmi_tuner *t, fm_error *err) {
    fm_tuning won[FMI_TUNE_STEPS] = {{0}};
    fm_status status = tune_step(t, &t->step[FMI_TUNE_RASTER], &won[FMI_TUNE_RASTER], err);
    if (status != FM_OK)
        return status;
    t->tuning = won[FMI_TUNE_RASTER];
    make_lists(t, t->tuning.specialisation);
    for (int i = FMI_TUNE_RASTER + 1; status == FM_OK && i < FMI_TUNE_STEPS; ++i)
        status = tune_step(t, &t->step[i], &won[i], err);
    t->tuning.sampled_tile = won[FMI_TUNE_SAMPLED].sampled_tile;
    t->tuning.morph_group = won[FMI_TUNE_MORPH].morph_group;
    t->tuning.morph_recorded = won[FMI_TUNE_MORPH].morph_recorded;
    t->tuning.blend_group = won[FMI_TUNE_BLEND].blend_group;
    t->tuning.solve_group = won[FMI_TUNE_SOLVE].solve_group;
    return status == FM_OK ? tune_batches(t, err) : status;
}

static fm_status keep(fmi_tuner *t, fm_error *err) {
    if (fmi_signals_stop())
        t->outcome = "interrupted";
    else if (!(t->tuning.rate > 0.0))
        t->outcome = "nothing-ran";
    else if (t->options->dry_run)
        t->outcome = "not-stored";
    else {
        t->outcome = "stored";
        return fmi_tuning_write(t->folder, &t->caps, &t->tuning, t->path, sizeof t->path, err);
    }
    return FM_OK;
}

static fm_status prepare(fmi_tuner *t, int argc, char *const *argv, fm_error *err) {
    const fmi_runner_params how = {
        .options = t->options, .argc = argc, .argv = argv, .log = t->log};
    fm_status status = fmi_runner_create(&t->runner, &how, err);
    if (status == FM_OK)
        status = fmi_runner_device(t->runner, t->options->device, &t->caps, NULL, err);
    if (status != FM_OK)
        return status;
    fmi_tuner_step *raster = &t->step[FMI_TUNE_RASTER];
    *raster = (fmi_tuner_step){.name = "raster", .key = "raster", .op = &fmi_case_raster};
    raster->count = fmi_tune_raster(&t->caps, raster->list);
    make_lists(t, t->caps.preferred);
    fmi_cache_default_dir(t->folder, sizeof t->folder);
    t->has_stored = fmi_tuning_read(t->folder, &t->caps, &t->stored, &t->log);
    if (t->options->list)
        return FM_OK;
    const fmi_sample_params heads = {.vertices = (uint32_t)t->options->vertices.value[0].a,
                                     .texture = 2048};
    status = t->options->input[0] ? fmi_input_files(&t->input, t->options->input[0],
                                                    t->options->input[1], &t->log, err)
                                  : fmi_input_sample(&t->input, &heads, err);
    if (status == FM_OK)
        fmi_runner_inputs(t->runner, &t->input, 1);
    return status;
}

static fm_status tune(fmi_tuner *t, int argc, char *const *argv, fm_error *err) {
    fm_status status = prepare(t, argc, argv, err);
    if (status == FM_OK && !t->options->list)
        status = measure(t, err);
    if (status == FM_ERROR_CANCELLED)
        status = FM_OK;
    if (status == FM_OK && !t->options->list)
        status = keep(t, err);
    if (status != FM_OK)
        return status;
    if (t->options->format == FMI_FORMAT_JSON)
        status = fmi_tuner_json(t, err);
    else
        fmi_tuner_text(t);
    if (status == FM_OK && fflush(stdout) != 0)
        status = fmi_fail(err, FM_ERROR_IO, "the tuning could not be printed");
    return status;
}

/* A wrong candidate is no failure of ours: it cannot win. */
int fmi_command_tune(const fmi_options *options, int argc, char *const *argv) {
    fmi_tuner *t = calloc(1, sizeof *t);
    fm_error err = {0};
    if (!t)
        return fmi_exit_code(FM_ERROR_HOST_MEMORY);
    t->options = options;
    t->log = fmi_console_logger(options->log_level);
    t->begun_s = fmi_clock_since_start();
    t->outcome = "listed";
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    const fm_status status = tune(t, argc, argv, &err);
    int code = status == FM_OK ? fmi_signals_exit_code() : fmi_console_error(&err);
    if (status == FM_OK && strcmp(t->outcome, "nothing-ran") == 0)
        code = 4;
    if (status == FM_OK)
        (void)fprintf(stderr, "verdict=%s%s%s\n", t->outcome, t->path[0] ? " file=" : "", t->path);
    fmi_runner_destroy(&t->runner);
    fmi_input_destroy(&t->input);
    free(t);
    return code;
}
