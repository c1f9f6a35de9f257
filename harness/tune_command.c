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
#include "table.h"
#include "tune.h"
#include "tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_S 240.0
#define CELL_S 30.0
#define ROUNDS 52
#define ROUND_BUDGET_S 4.0
#define MORPH_BATCH 64
#define BATCH_POINTS 8 /* 1 to 128 */
#define LEAST_POINTS 3 /* of medium: measured whatever time there is */

typedef struct tuner {
    const fmi_options *options;
    fm_log log;
    fm_caps caps;
    fmi_runner *runner;
    fmi_input *input;
    double begun_s;
    fmi_candidate raster[FMI_CANDIDATES_MAX], morph[FMI_CANDIDATES_MAX];
    uint32_t raster_count, morph_count;
    fm_tuning tuning; /* what has won so far */
    fm_tuning stored; /* what was there before */
    bool has_stored;
    char folder[1024], path[1200];
    const char *outcome;
} tuner;

static bool out_of_time(const tuner *t) {
    const double most = t->options->max_time_set ? t->options->max_time_s : DEFAULT_S;
    return most > 0.0 && fmi_clock_since_start() - t->begun_s > most;
}

/* ---- one cell ---- */

static fmi_case_params point_of(const tuner *t, const fmi_case *op, fm_level level,
                                uint32_t batch) {
    fmi_case_params p = {.input = t->input,
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
static fm_status run_cell(tuner *t, const fmi_case *op, const fmi_case_params *params,
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

static fm_status look_at_all(tuner *t, const fmi_case *op, fmi_candidate *list, uint32_t count,
                             uint32_t batch, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        fmi_candidate *c = &list[i];
        fmi_cell cell;
        if (c->absent)
            continue;
        if (out_of_time(t) && !c->usual) {
            (void)snprintf(c->reason, sizeof c->reason, "no time left; raise --max-time");
            continue;
        }
        fmi_case_params params = point_of(t, op, FM_LEVEL_MEDIUM, batch);
        params.tuning = c->tuning;
        status = run_cell(t, op, &params, &cell, err);
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
static fm_status final_round(tuner *t, const fmi_case *op, fmi_candidate *list, uint32_t count,
                             uint32_t batch, fm_error *err) {
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
        params[i] = point_of(t, op, FM_LEVEL_MEDIUM, batch);
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
static fm_status tune_batch(tuner *t, fm_level level, uint32_t *batch, double *rate,
                            fm_error *err) {
    fmi_advice_point points[BATCH_POINTS];
    uint32_t count = 0;
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < BATCH_POINTS && !fmi_signals_stop(); ++i) {
        fmi_cell cell;
        fmi_case_params params = point_of(t, &fmi_case_raster, level, 1U << i);
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
static fm_status tune_batches(tuner *t, fm_error *err) {
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

static fm_status measure(tuner *t, fm_error *err) {
    fmi_case_params params = point_of(t, &fmi_case_raster, FM_LEVEL_MEDIUM, 0);
    fm_plan plan;
    fm_status status = fmi_case_raster.plan(&params, &t->caps, &plan, err);
    if (status == FM_OK)
        status = look_at_all(t, &fmi_case_raster, t->raster, t->raster_count, plan.batch, err);
    if (status == FM_OK)
        status = final_round(t, &fmi_case_raster, t->raster, t->raster_count, plan.batch, err);
    if (status != FM_OK)
        return status;
    t->tuning = t->raster[fmi_tune_choose(t->raster, t->raster_count)].tuning;
    status = look_at_all(t, &fmi_case_morph, t->morph, t->morph_count, MORPH_BATCH, err);
    if (status == FM_OK)
        status = final_round(t, &fmi_case_morph, t->morph, t->morph_count, MORPH_BATCH, err);
    if (status == FM_OK)
        t->tuning.morph_group =
            t->morph[fmi_tune_choose(t->morph, t->morph_count)].tuning.morph_group;
    return status == FM_OK ? tune_batches(t, err) : status;
}

static fm_status keep(tuner *t, fm_error *err) {
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

static fm_status prepare(tuner *t, int argc, char *const *argv, fm_error *err) {
    const fmi_runner_params how = {
        .options = t->options, .argc = argc, .argv = argv, .log = t->log};
    fm_status status = fmi_runner_create(&t->runner, &how, err);
    if (status == FM_OK)
        status = fmi_runner_device(t->runner, t->options->device, &t->caps, NULL, 0, err);
    if (status != FM_OK)
        return status;
    t->raster_count = fmi_tune_raster(&t->caps, t->raster);
    t->morph_count = fmi_tune_morph(&t->caps, t->morph);
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

/* ---- output ---- */

static void print_list(const char *what, const char *unit, const fmi_candidate *list,
                       uint32_t count, bool measured) {
    static const char *const head[] = {"candidate", ">rate", ">against the usual", "what", NULL};
    fmi_table table = {0};
    const uint32_t winner = fmi_tune_choose(list, count);
    (void)printf("%s\n", what);
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_candidate *c = &list[i];
        fmi_table_add(&table, "%s", c->name);
        if (c->right)
            fmi_table_add(&table, "%.4g %s", c->rate, unit);
        else
            fmi_table_add(&table, "-");
        if (c->final)
            fmi_table_add(&table, "%.3f (%.3f to %.3f)", c->ratio.effect, c->ratio.lo, c->ratio.hi);
        else
            fmi_table_add(&table, "-");
        fmi_table_add(&table, "%s%s%s", c->absent ? c->absent : c->reason, c->usual ? "usual" : "",
                      measured && i == winner ? (c->usual ? ", chosen" : "chosen") : "");
    }
    fmi_table_text(&table, stdout);
    fmi_table_free(&table);
    (void)printf("\n");
}

static void print_tuning(const char *what, const fm_tuning *g) {
    (void)printf("%s: %s, tile %u, group %u, morph group %u, half arithmetic %s, batch %u / %u / "
                 "%u / %u (low / medium / high / extreme), %.4g frames/s\n",
                 what, fm_specialisation_name(g->specialisation), g->tile, g->group, g->morph_group,
                 g->half_arithmetic ? "on" : "off", g->batch[FM_LEVEL_LOW],
                 g->batch[FM_LEVEL_MEDIUM], g->batch[FM_LEVEL_HIGH], g->batch[FM_LEVEL_EXTREME],
                 g->rate);
}

static void print_text(const tuner *t) {
    (void)printf("%s on %s\n\n", t->caps.name, t->caps.platform);
    print_list("raster", "frames/s", t->raster, t->raster_count, !t->options->list);
    print_list("morph", "frames/s", t->morph, t->morph_count, !t->options->list);
    if (t->has_stored)
        print_tuning("stored before", &t->stored);
    if (!t->options->list)
        print_tuning("now", &t->tuning);
}

static void tuning_json(fmi_json *json, const char *key, const fm_tuning *g) {
    if (!g) {
        fmi_json_null(json, key);
        return;
    }
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "specialisation", fm_specialisation_name(g->specialisation));
    fmi_json_uint(json, "tile", g->tile);
    fmi_json_uint(json, "group", g->group);
    fmi_json_uint(json, "morph_group", g->morph_group);
    fmi_json_bool(json, "half_arithmetic", g->half_arithmetic);
    fmi_json_begin(json, "batch", '{');
    for (int i = 0; i < 4; ++i)
        fmi_json_uint(json, fm_level_name((fm_level)i), g->batch[i]);
    fmi_json_end(json);
    fmi_json_double(json, "rate", g->rate);
    fmi_json_end(json);
}

static void list_json(fmi_json *json, const char *key, const fmi_candidate *list, uint32_t count) {
    fmi_json_begin(json, key, '[');
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_candidate *c = &list[i];
        const char *reason = c->absent ? c->absent : c->reason;
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "name", c->name);
        fmi_json_bool(json, "usual", c->usual);
        fmi_json_bool(json, "right", c->right);
        fmi_json_string(json, "reason", reason[0] ? reason : NULL);
        fmi_json_double(json, "rate", c->right ? c->rate : (double)NAN);
        fmi_json_double(json, "times", c->final ? c->ratio.effect : (double)NAN);
        fmi_json_double(json, "times_lo", c->final ? c->ratio.lo : (double)NAN);
        fmi_json_double(json, "times_hi", c->final ? c->ratio.hi : (double)NAN);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

static fm_status print_json(const tuner *t, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/tune/1");
    fmi_json_string(&json, "device", t->caps.name);
    fmi_json_string(&json, "device_id", t->caps.id);
    fmi_json_string(&json, "driver", t->caps.driver);
    list_json(&json, "raster", t->raster, t->raster_count);
    list_json(&json, "morph", t->morph, t->morph_count);
    tuning_json(&json, "before", t->has_stored ? &t->stored : NULL);
    tuning_json(&json, "tuning", t->tuning.rate > 0.0 ? &t->tuning : NULL);
    fmi_json_string(&json, "stored", t->path[0] ? t->path : NULL);
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    if (text)
        (void)fputs(text, stdout);
    fmi_json_free(&json);
    return text ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the JSON of tune");
}

static fm_status tune(tuner *t, int argc, char *const *argv, fm_error *err) {
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
        status = print_json(t, err);
    else
        print_text(t);
    if (status == FM_OK && fflush(stdout) != 0)
        status = fmi_fail(err, FM_ERROR_IO, "the tuning could not be printed");
    return status;
}

/* A wrong candidate is no failure of ours: it cannot win. */
int fmi_command_tune(const fmi_options *options, int argc, char *const *argv) {
    tuner *t = calloc(1, sizeof *t);
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
