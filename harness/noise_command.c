/* SPDX-License-Identifier: MIT */
/* fmbench --selftest-noise: identical kernels against each other, again and again. */
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "live_room.h"
#include "noise.h"
#include "progress_line.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECONDS 120.0 /* unless --max-time says otherwise */
#define QUICK_SECONDS 30.0
#define BATCH 8
#define LINES_MAX FMI_OPS_MAX

typedef struct selftest {
    const fmi_options *options;
    fmi_live_room room;
    fmi_store *store;
    fmi_noise noise[LINES_MAX];
    char text[LINES_MAX][FMI_POINT_TEXT]; /* of each cell, for people */
    uint32_t lines;
    double until_s; /* since the start of the process */
    double band;
    fmi_progress progress;
} selftest;

static fmi_case_params point_of(const selftest *t, const fmi_case *op) {
    const fmi_options *o = t->options;
    fmi_case_params p = {.device = t->room.caps.id,
                         .level = FM_LEVEL_MEDIUM,
                         .batch = o->batch.count ? (uint32_t)o->batch.value[0].a : BATCH,
                         .no_trials = true,
                         .log = t->room.log};
    if (op->uses & (FMI_USES_MESH | FMI_USES_POINTS) && t->room.input_count)
        p.input = t->room.input[0];
    if (op->uses & FMI_USES_SIZE) {
        p.width = (uint32_t)o->size.value[0].a;
        p.height = (uint32_t)o->size.value[0].b;
    }
    if (op->uses & FMI_USES_MATRICES) {
        p.n = (uint32_t)o->n.value[0].a;
        p.batch = o->batch.count ? p.batch : 4096;
    }
    if (op->uses & FMI_USES_TARGETS)
        p.targets = (uint32_t)o->targets.value[0].a;
    if (op->uses & FMI_USES_SAMPLES)
        p.samples = 1;
    return p;
}

/* Trials of one op until its share of the time is over. */
static fm_status trials(selftest *t, const fmi_case *op, double until_s, fm_error *err) {
    static fmi_noise_trial trial[FMI_NOISE_TRIALS_MAX];
    fmi_noise *noise = &t->noise[t->lines];
    fmi_live_how how =
        fmi_live_how_make(t->options->quick, t->room.environment.clock_step_ns, NULL);
    const fmi_case_params params = point_of(t, op);
    const double begun = fmi_clock_since_start();
    uint32_t count = 0;
    how.identical = true;
    how.band = t->band;
    fmi_point_key(op, &params, noise->key);
    fmi_point_text(op, &params, t->text[t->lines]);
    (void)snprintf(noise->started, sizeof noise->started, "%s", t->room.started);
    while (count < FMI_NOISE_TRIALS_MAX && !fmi_signals_stop() &&
           (count < 2 || fmi_clock_since_start() < until_s)) {
        fmi_live live = {0};
        how.cell.check.seed = t->options->seed + count + 1;
        t->progress.now =
            (fmi_progress_now){.what = op->name, .done = count, .total = FMI_NOISE_TRIALS_MAX};
        fmi_progress_show(&t->progress);
        const fm_status status =
            fmi_runner_live(t->room.runner, &live, op, &params, NULL, NULL, &how, count == 0,
                            t->options->cell_limit_s, 600.0, err);
        if (status == FM_OK && live.timed)
            trial[count++] = (fmi_noise_trial){.ratio = live.ratio, .verdict = live.verdict};
        const bool useless = status == FM_OK && !live.timed;
        if (useless)
            (void)fmi_fail(
                err, live.status == FMI_CELL_WRONG_RESULT ? FM_ERROR_NUMERIC : FM_ERROR_DEVICE_LOST,
                "%s: %s", op->name, live.reason);
        fmi_live_free(&live);
        if (status != FM_OK || useless)
            return status != FM_OK ? status : err->status;
    }
    if (count == 0)
        return fmi_fail(err, FM_ERROR_CANCELLED, "stopped before the first trial");
    fmi_noise_sum(noise, trial, count, t->band);
    noise->seconds = fmi_clock_since_start() - begun;
    t->lines++;
    return fmi_store_add_noise(t->store, noise, &t->room.environment, err);
}

static void print_table(const selftest *t) {
    static const char *const head[] = {
        "cell",   ">trials",     ">rounds", ">called different", ">interval without 1",
        ">floor", ">resolution", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < t->lines; ++i) {
        const fmi_noise *n = &t->noise[i];
        fmi_table_add(&table, "%s", t->text[i]);
        fmi_table_add(&table, "%u", n->trials);
        fmi_table_add(&table, "%u", n->rounds);
        fmi_table_add(&table, "%u", n->false_alarms);
        fmi_table_add(&table, "%u", n->outside);
        fmi_table_add(&table, "%.2f %%", 100.0 * n->floor);
        fmi_table_add(&table, "%.2f %%", 100.0 * n->resolution);
    }
    fmi_table_print(&table, t->options->format, stdout);
    fmi_table_free(&table);
}

static fm_status print_json(const selftest *t, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/noise/1");
    fmi_json_string(&json, "started", t->room.started);
    fmi_environment_json(&t->room.environment, &json, "environment");
    fmi_json_double(&json, "threshold", expm1(t->band));
    fmi_json_begin(&json, "cells", '[');
    for (uint32_t i = 0; i < t->lines; ++i) {
        const fmi_noise *n = &t->noise[i];
        fmi_json_begin(&json, NULL, '{');
        fmi_json_string(&json, "key", n->key);
        fmi_json_uint(&json, "trials", n->trials);
        fmi_json_uint(&json, "rounds", n->rounds);
        fmi_json_uint(&json, "false_alarms", n->false_alarms);
        fmi_json_uint(&json, "outside", n->outside);
        fmi_json_double(&json, "floor", n->floor);
        fmi_json_double(&json, "resolution", n->resolution);
        fmi_json_double(&json, "seconds", n->seconds);
        fmi_json_end(&json);
    }
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

static int conclude(const selftest *t) {
    fmi_noise all = {0};
    for (uint32_t i = 0; i < t->lines; ++i) {
        all.trials += t->noise[i].trials;
        all.false_alarms += t->noise[i].false_alarms;
        all.floor = fmax(all.floor, t->noise[i].floor);
        all.resolution = fmax(all.resolution, t->noise[i].resolution);
    }
    (void)fprintf(stderr,
                  "verdict=%s trials=%u false_alarms=%u floor=%.4f resolution=%.4f seconds=%.1f\n",
                  all.trials < FMI_NOISE_TRIALS_MIN ? "few-trials" : "ok", all.trials,
                  all.false_alarms, all.floor, all.resolution, fmi_clock_since_start());
    return 0;
}

static fm_status run(selftest *t, int argc, char *const *argv, fm_error *err) {
    const fmi_options *o = t->options;
    char db[1024];
    const double most = o->max_time_set ? o->max_time_s : o->quick ? QUICK_SECONDS : SECONDS;
    bool skins = false;
    const fmi_case *const few[] = {&fmi_case_morph, &fmi_case_raster};
    const fmi_case *const *ops = o->some_ops ? o->ops : few;
    const uint32_t count = o->some_ops ? o->op_count : 2;
    for (uint32_t i = 0; i < count; ++i)
        skins = skins || ops[i]->uses & FMI_USES_MESH;
    fm_status status = fmi_live_room_open(&t->room, o, o->device, argc, argv, err);
    if (status == FM_OK)
        status = fmi_live_room_inputs(&t->room, o, skins, err);
    fmi_store_place(o->db, db, sizeof db);
    if (status == FM_OK)
        status = fmi_store_open(&t->store, db, err);
    fmi_progress_start(&t->progress, o->json_progress);
    const double begun = fmi_clock_since_start();
    for (uint32_t i = 0; status == FM_OK && i < count && !fmi_signals_stop(); ++i)
        status = trials(t, ops[i], begun + most * (i + 1) / count, err);
    fmi_progress_end(&t->progress, NULL);
    if (status == FM_OK && o->format == FMI_FORMAT_JSON)
        status = print_json(t, err);
    else if (status == FM_OK)
        print_table(t);
    return status == FM_OK ? fmi_text_flush(err) : status;
}

int fmi_command_noise(const fmi_options *options, int argc, char *const *argv) {
    static selftest t;
    fm_error err = {0};
    t = (selftest){.options = options, .band = log1p(options->threshold)};
    fmi_signals_install();
    const fm_status status = run(&t, argc, argv, &err);
    const int stopped = fmi_signals_exit_code();
    const int code = status == FM_OK ? conclude(&t) : stopped ? stopped : fmi_console_error(&err);
    fmi_live_room_free(&t.room);
    fmi_store_close(&t.store);
    return code == 0 && stopped ? stopped : code;
}
