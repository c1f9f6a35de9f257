/* SPDX-License-Identifier: MIT */
/* fmbench tune: measures the candidates of this device, each in a process of its own, those that
 * may win once more in turn, then the batches; and stores what won for every engine to read. */
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
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
#define HOPELESS 2.0 /* times the shortest launch */
#define ROUNDS 104
#define MATRIX_N 4
#define TARGETS 50
#define ROUND_BUDGET_S 6.0

double fmi_tuner_seconds(const fmi_tuner *t) {
    return t->options->max_time_set ? t->options->max_time_s : DEFAULT_S;
}

bool fmi_tuner_late(const fmi_tuner *t) {
    const double most = fmi_tuner_seconds(t);
    return most > 0.0 && fmi_clock_since_start() - t->begun_s > most;
}

/* ---- one cell ---- */

fmi_case_params fmi_tuner_point(const fmi_tuner *t, const fmi_tuner_step *step, fm_level level,
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
fm_status fmi_tuner_cell(fmi_tuner *t, const fmi_case *op, const fmi_case_params *params,
                         double hopeless_s, fmi_cell *cell, fm_error *err) {
    fmi_cell_how how = fmi_cell_how_make(true, fmi_clock_step_ns(), fmi_signals_cancel());
    fm_caps caps = t->caps;
    *cell = (fmi_cell){.op = op, .params = *params};
    caps.tuned = params->tuning;
    if (op->plan(params, &caps, &cell->plan, err) != FM_OK || cell->plan.batch < params->batch) {
        fmi_cell_skip(cell, FMI_CELL_INFEASIBLE, "does not fit the memory");
        return FM_OK;
    }
    how.check.random_frames = 2;
    how.bench.hopeless_s = hopeless_s;
    how.plain = true;
    return fmi_runner_cell(t->runner, cell, &how, t->options->cell_limit_s, CELL_S, err);
}

bool fmi_tuner_measured(const fmi_cell *cell) {
    return cell->timed && (cell->status == FMI_CELL_OK || cell->status == FMI_CELL_NOISY);
}

/* ---- candidates ---- */

static void note(fmi_candidate *c, const fmi_cell *cell) {
    c->right = fmi_tuner_measured(cell) && cell->check.passed;
    c->rate = cell->rate;
    c->lo = cell->rate_lo;
    c->hi = cell->rate_hi;
    if (!c->right)
        (void)snprintf(c->reason, sizeof c->reason, "%s: %.120s",
                       fmi_cell_status_name(cell->status), cell->reason);
    else if (cell->bench.hopeless)
        (void)snprintf(c->reason, sizeof c->reason,
                       "given up after 3 samples: more than twice the time of the best");
}

/* Checked and timed; *best_s is the shortest launch of the step so far. */
static fm_status look_at(fmi_tuner *t, fmi_tuner_step *step, fmi_candidate *c, double *best_s,
                         fm_error *err) {
    fmi_cell cell;
    if (c->absent || c->reason[0])
        return FM_OK;
    if (fmi_tuner_late(t) && !c->usual) {
        (void)snprintf(c->reason, sizeof c->reason, "no time left; raise --max-time");
        return FM_OK;
    }
    fmi_case_params params = fmi_tuner_point(t, step, FM_LEVEL_MEDIUM, step->batch);
    params.tuning = c->tuning;
    const fm_status status = fmi_tuner_cell(t, step->op, &params, HOPELESS * *best_s, &cell, err);
    if (status == FM_OK)
        note(c, &cell);
    if (c->right && (!(*best_s > 0.0) || cell.bench.wall.median < *best_s))
        *best_s = cell.bench.wall.median;
    fmi_cell_free(&cell);
    return status;
}

/* The usual one first: what is hopeless beside it is soon seen. */
static fm_status look_at_all(fmi_tuner *t, fmi_tuner_step *step, fm_error *err) {
    double best_s = 0.0;
    fm_status status = FM_OK;
    for (int others = 0; others < 2; ++others)
        for (uint32_t i = 0; status == FM_OK && i < step->count; ++i)
            if (step->list[i].usual != (others == 1))
                status = look_at(t, step, &step->list[i], &best_s, err);
    return status;
}

static double *times_of(const fmi_bench *bench, size_t n) {
    double *times = malloc(n * sizeof *times);
    for (size_t i = 0; times && i < n; ++i)
        times[i] = bench->samples[bench->warm_ups + i].seconds;
    return times;
}

/* Time of one over that of the other. */
static fm_status compare(const fmi_bench *one, const fmi_bench *other, fmi_ratio *ratio,
                         fm_error *err) {
    const size_t n = one->count - one->warm_ups;
    double *a = times_of(one, n), *b = times_of(other, n);
    const fm_status status =
        a && b ? fmi_ratio_paired(a, b, n, 0.05 / FMI_FINALISTS, ratio, err)
               : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare candidates");
    free(a);
    free(b);
    return status;
}

/* Each against the usual one (side 0), then against the best of them. */
static fm_status compare_all(const fmi_side *side, uint32_t sides, fmi_candidate *list,
                             const uint32_t *who, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < sides; ++i) {
        fmi_candidate *c = &list[who[i]];
        status = compare(&side[0].bench, &side[i].bench, &c->ratio, err);
        c->final = status == FM_OK;
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < sides; ++i)
        if (list[who[i]].ratio.effect > list[who[best]].ratio.effect)
            best = i;
    for (uint32_t i = 0; status == FM_OK && i < sides; ++i)
        status = compare(&side[i].bench, &side[best].bench, &list[who[i]].to_best, err);
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
        params[i] = fmi_tuner_point(t, step, FM_LEVEL_MEDIUM, step->batch);
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
    if (status == FM_OK)
        status = compare_all(side, sides, list, who, err);
    for (uint32_t i = 0; i < sides; ++i) {
        op->destroy(&state[i]);
        fmi_bench_free(&side[i].bench);
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

/* Whether a candidate is what the last tuning chose. */
static bool is_stored(const fmi_tuner *t, const fmi_tuner_step *step, const fmi_candidate *c) {
    const fm_tuning *a = &c->tuning, *b = &t->stored;
    switch ((int)(step - t->step)) {
    case FMI_TUNE_RASTER:
        return a->specialisation == b->specialisation && a->tile == b->tile &&
               a->group == b->group && a->half_arithmetic == b->half_arithmetic;
    case FMI_TUNE_SAMPLED:
        return a->sampled_tile == b->sampled_tile;
    case FMI_TUNE_MORPH:
        return a->morph_group == b->morph_group && a->morph_recorded == b->morph_recorded;
    case FMI_TUNE_BLEND:
        return a->blend_group == b->blend_group;
    default:
        return a->solve_group == b->solve_group;
    }
}

/* The planner's own batch, all candidates, the best in turn; the winner's tuning. */
static fm_status tune_step(fmi_tuner *t, fmi_tuner_step *step, fm_tuning *won, fm_error *err) {
    const fmi_case_params params = fmi_tuner_point(t, step, FM_LEVEL_MEDIUM, 0);
    fm_plan plan;
    fm_status status = step->op->plan(&params, &t->caps, &plan, err);
    step->batch = plan.batch;
    for (uint32_t i = 0; t->has_stored && i < step->count; ++i)
        step->list[i].before = is_stored(t, step, &step->list[i]);
    if (status == FM_OK && !fmi_tuner_late(t))
        status = fmi_tuner_build(t, step, err);
    if (status == FM_OK)
        status = look_at_all(t, step, err);
    if (status == FM_OK)
        status = final_round(t, step, err);
    *won = step->list[fmi_tune_choose(step->list, step->count, NULL)].tuning;
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
    return status == FM_OK ? fmi_tuner_batches(t, err) : status;
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
    t->how = (fmi_runner_params){.options = t->options, .argc = argc, .argv = argv, .log = t->log};
    fm_status status = fmi_runner_create(&t->runner, &t->how, err);
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
    status = t->options->input[0]
                 ? fmi_input_files(&t->input, t->options->input[0], t->options->input[1], &t->log,
                                   fmi_signals_cancel(), err)
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
    return status == FM_OK ? fmi_text_flush(err) : status;
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
        fmi_console_say("verdict=%s%s%s", t->outcome, t->path[0] ? " file=" : "", t->path);
    fmi_runner_destroy(&t->runner);
    fmi_input_destroy(&t->input);
    free(t);
    return code;
}
