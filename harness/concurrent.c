/* SPDX-License-Identifier: MIT */
/* fmbench --sweep --concurrent: every cell alone on each device, or on each part of one, then on
 * all of them at once over the same stretch of time. */
#include "clock.h"
#include "cold_folder.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "live_room.h"
#include "point.h"
#include "runner.h"
#include "store.h"
#include "table.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDES_MAX 8
#define MOST_S 300.0 /* of a cell */

/* A device, or a part of one, and the worker on it. */
typedef struct side {
    fm_caps caps;
    uint32_t units, part; /* 0 units = the whole */
    fmi_runner *runner;
    fmi_cell alone, together;
    const fmi_cell_how *how; /* of the run that goes on */
    fmi_gate gate;
    fm_status status;
} side;

typedef struct concurrent {
    const fmi_options *options;
    fmi_live_room room; /* environment and inputs */
    side side[SIDES_MAX];
    uint32_t sides;
    fmi_cells cells;
    fmi_store *store;
    uint32_t place; /* of the next row */
    char run[32], started[32];
    fmi_table table;
    fmi_json json;
    bool wrong, ran;
} concurrent;

/* --- who takes part --------------------------------------------------------------------------- */

static fm_status add_parts(concurrent *c, uint32_t units, fm_error *err) {
    const fm_caps *caps = &c->room.caps;
    const uint32_t parts = caps->compute_units / units;
    for (uint32_t i = 0; i < parts && i < SIDES_MAX; ++i)
        c->side[c->sides++] = (side){.caps = *caps, .units = units, .part = i};
    return parts >= 2 ? FM_OK
                      : fmi_fail(err, FM_ERROR_NO_DEVICE,
                                 "--concurrent: %s has %u compute units, which is not two parts of "
                                 "%u; name fewer with --compute-units",
                                 caps->name, caps->compute_units, units);
}

static fm_status add_devices(concurrent *c, fm_error *err) {
    fm_caps *caps = NULL;
    size_t count = 0;
    const fm_status status = fm_devices(&caps, &count, err);
    for (size_t i = 0; status == FM_OK && i < count && c->sides < SIDES_MAX; ++i)
        if (caps[i].compiler)
            c->side[c->sides++] = (side){.caps = caps[i]};
    fm_devices_free(&caps);
    if (status != FM_OK || c->sides >= 2)
        return status;
    return fmi_fail(err, FM_ERROR_NO_DEVICE,
                    "--concurrent needs two devices or more and there is %u; for parts of one name "
                    "their size with --compute-units",
                    c->sides);
}

static fm_status open_sides(concurrent *c, int argc, char *const *argv, fm_error *err) {
    const uint32_t units = (uint32_t)c->options->compute_units.value[0].a;
    const fmi_runner_params how = {
        .options = c->options, .argc = argc, .argv = argv, .log = c->room.log};
    fm_status status = units ? add_parts(c, units, err) : add_devices(c, err);
    for (uint32_t i = 0; status == FM_OK && i < c->sides; ++i) {
        status = fmi_runner_create(&c->side[i].runner, &how, err);
        if (status == FM_OK)
            fmi_runner_inputs(c->side[i].runner, c->room.input, c->room.input_count);
    }
    return status;
}

/* --- one cell --------------------------------------------------------------------------------- */

static fmi_cell cell_of(const side *s, const fmi_cell *model) {
    fmi_cell cell = *model;
    cell.params.device = s->caps.id;
    cell.params.compute_units = s->units;
    cell.params.part = s->part;
    return cell;
}

static void *run_together(void *user) {
    side *s = user;
    fmi_cell_how how = *s->how;
    how.gate = s->gate;
    s->status = fmi_runner_cell(s->runner, &s->together, &how, MOST_S, MOST_S, NULL);
    fmi_gate_sign(&s->gate, s->gate.side, FMI_GATE_READY); /* where the worker could not */
    fmi_gate_sign(&s->gate, s->gate.side, FMI_GATE_DONE);
    return NULL;
}

static fm_status run_all(concurrent *c, const fmi_cell *model, const fmi_cell_how *how,
                         fm_error *err) {
    pthread_t thread[SIDES_MAX];
    bool started[SIDES_MAX] = {false};
    fmi_cold_folder folder;
    if (!fmi_cold_folder_make(&folder))
        return fmi_fail(err, FM_ERROR_IO, "no folder for the gate could be made in /tmp");
    for (uint32_t i = 0; i < c->sides; ++i) {
        side *s = &c->side[i];
        s->together = cell_of(s, model);
        s->together.params.beside = c->sides;
        s->how = how;
        s->gate = (fmi_gate){.sides = c->sides, .side = i};
        (void)snprintf(s->gate.folder, sizeof s->gate.folder, "%s", folder.path);
    }
    for (uint32_t i = 0; i < c->sides; ++i) {
        started[i] = pthread_create(&thread[i], NULL, run_together, &c->side[i]) == 0;
        if (!started[i])
            (void)run_together(&c->side[i]);
    }
    for (uint32_t i = 0; i < c->sides; ++i)
        if (started[i])
            (void)pthread_join(thread[i], NULL);
    fmi_cold_folder_remove(&folder);
    return FM_OK;
}

static fm_status keep(concurrent *c, fmi_cell *cell, fm_error *err) {
    const fm_status status = fmi_store_cell(c->store, cell, c->place++, err);
    c->wrong = c->wrong || cell->status == FMI_CELL_WRONG_RESULT;
    c->ran = c->ran || cell->timed;
    return status;
}

static double share_of(const side *s) {
    return s->alone.timed && s->together.timed ? s->together.rate / s->alone.rate : (double)NAN;
}

static void add_row(concurrent *c, const side *s) {
    char shape[FMI_POINT_TEXT], who[160];
    const fmi_cell *cell = &s->alone;
    fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
    if (s->units)
        (void)snprintf(who, sizeof who, "part %u of %.100s", s->part, s->caps.name);
    else
        (void)snprintf(who, sizeof who, "%s", s->caps.name);
    fmi_table_add(&c->table, "%s", cell->op->name);
    fmi_table_add(&c->table, "%u", cell->params.batch);
    fmi_table_add(&c->table, "%s", fm_level_name(cell->params.level));
    fmi_table_add(&c->table, "%s", shape);
    fmi_table_add(&c->table, "%s", who);
    const fmi_cell *const both[] = {cell, &s->together};
    for (int i = 0; i < 2; ++i)
        if (both[i]->timed)
            fmi_table_add(&c->table, "%.4g", both[i]->rate);
        else
            fmi_table_add(&c->table, "%s", fmi_cell_status_name(both[i]->status));
    if (isfinite(share_of(s)))
        fmi_table_add(&c->table, "%.1f %%", 100.0 * share_of(s));
    else
        fmi_table_add(&c->table, "-");
}

static void run_json(fmi_json *json, const char *key, const fmi_cell *cell) {
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "status", fmi_cell_status_name(cell->status));
    fmi_json_string(json, "reason", cell->reason[0] ? cell->reason : NULL);
    fmi_json_double(json, "rate", cell->timed ? cell->rate : (double)NAN);
    fmi_json_string(json, "unit", cell->op->unit);
    fmi_json_end(json);
}

/* Above 1: together they do more than the fastest of them alone. */
static double gain_of(const concurrent *c) {
    double sum = 0.0, best = 0.0;
    for (uint32_t i = 0; i < c->sides; ++i) {
        const side *s = &c->side[i];
        sum += s->together.timed ? s->together.rate : (double)NAN;
        best = fmax(best, s->alone.timed ? s->alone.rate : 0.0);
    }
    return best > 0.0 ? sum / best : (double)NAN;
}

static void add_json(concurrent *c) {
    fmi_json *json = &c->json;
    const fmi_cell *cell = &c->side[0].alone;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "op", cell->op->name);
    fmi_json_uint(json, "batch", cell->params.batch);
    fmi_json_string(json, "level", fm_level_name(cell->params.level));
    fmi_json_double(json, "gain", gain_of(c));
    fmi_json_begin(json, "sides", '[');
    for (uint32_t i = 0; i < c->sides; ++i) {
        const side *s = &c->side[i];
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "id", s->caps.id);
        fmi_json_string(json, "name", s->caps.name);
        fmi_json_uint(json, "units", s->units ? s->units : s->caps.compute_units);
        fmi_json_uint(json, "part", s->part);
        run_json(json, "alone", &s->alone);
        run_json(json, "together", &s->together);
        fmi_json_double(json, "kept_share", share_of(s));
        fmi_json_end(json);
    }
    fmi_json_end(json);
    fmi_json_end(json);
}

/* Alone on each, together on all. */
static fm_status run_point(concurrent *c, const fmi_cell *model, fm_error *err) {
    fmi_cell_how how =
        fmi_cell_how_make(c->options->quick, fmi_clock_step_ns(), fmi_signals_cancel());
    fm_status status = FM_OK;
    (void)snprintf(how.event_clock, sizeof how.event_clock, "%s", c->room.environment.event_clock);
    for (uint32_t i = 0; status == FM_OK && i < c->sides; ++i) {
        side *s = &c->side[i];
        s->alone = cell_of(s, model);
        how.caps = s->caps;
        status = fmi_runner_cell(s->runner, &s->alone, &how, c->options->cell_limit_s, MOST_S, err);
        if (status == FM_OK)
            status = keep(c, &s->alone, err);
    }
    if (status == FM_OK)
        status = run_all(c, model, &how, err);
    for (uint32_t i = 0; status == FM_OK && i < c->sides; ++i) {
        side *s = &c->side[i];
        status = s->status == FM_ERROR_CANCELLED ? fmi_fail(err, FM_ERROR_CANCELLED, "stopped")
                                                 : keep(c, &s->together, err);
    }
    for (uint32_t i = 0; status == FM_OK && i < c->sides; ++i)
        add_row(c, &c->side[i]);
    if (status == FM_OK)
        add_json(c);
    for (uint32_t i = 0; i < c->sides; ++i) {
        fmi_cell_free(&c->side[i].alone);
        fmi_cell_free(&c->side[i].together);
    }
    return status;
}

/* --- the run ---------------------------------------------------------------------------------- */

static fm_status begin(concurrent *c, int argc, char *const *argv, fm_error *err) {
    char path[1024];
    fmi_store_place(c->options->db, path, sizeof path);
    fm_status status = fmi_store_open(&c->store, path, err);
    fmi_store_run_id(c->run, c->started);
    const fmi_store_run run = {.id = c->run,
                               .started = c->started,
                               .command = "fmbench --sweep --concurrent",
                               .argc = argc,
                               .argv = argv,
                               .configuration = "concurrent",
                               .configuration_hash = "concurrent",
                               .order = "fixed",
                               .quick = c->options->quick,
                               .cells = 2 * c->sides * c->cells.count,
                               .environment = &c->room.environment};
    return status == FM_OK ? fmi_store_begin(c->store, &run, err) : status;
}

static fm_status prepare(concurrent *c, int argc, char *const *argv, fm_error *err) {
    fmi_options own = *c->options;
    if (own.batch.automatic) /* the planner's: curves are for one device */
        own.quick = true;
    fm_status status =
        fmi_live_room_open(&c->room, c->options, c->options->device, argc, argv, err);
    if (status == FM_OK)
        status = fmi_live_room_inputs(&c->room, c->options, true, err);
    if (status == FM_OK)
        status = open_sides(c, argc, argv, err);
    if (status == FM_OK)
        status =
            fmi_cells_make(&c->cells, &own, c->room.input, c->room.input_count, &c->room.caps, err);
    return status == FM_OK ? begin(c, argc, argv, err) : status;
}

static bool out_of_time(const concurrent *c) {
    return c->options->max_time_s > 0.0 && fmi_clock_since_start() > c->options->max_time_s;
}

static fm_status run_cells(concurrent *c, fm_error *err) {
    static const char *const head[] = {"op",       ">batch",     "level", "shape", "device",
                                       ">alone/s", ">at once/s", ">kept", NULL};
    fm_status status = FM_OK;
    fmi_table_head(&c->table, head);
    fmi_json_begin(&c->json, NULL, '{');
    fmi_json_string(&c->json, "schema", "fmbench/concurrent/1");
    fmi_json_string(&c->json, "run", c->run);
    fmi_environment_json(&c->room.environment, &c->json, "environment");
    fmi_json_begin(&c->json, "cells", '[');
    for (uint32_t i = 0; status == FM_OK && i < c->cells.count && !fmi_signals_stop(); ++i)
        if (c->cells.cell[i].status == FMI_CELL_PENDING && !out_of_time(c))
            status = run_point(c, &c->cells.cell[i], err);
    fmi_json_end(&c->json);
    fmi_json_end(&c->json);
    return status == FM_ERROR_CANCELLED ? FM_OK : status;
}

static fm_status print(concurrent *c, fm_error *err) {
    fm_status status = FM_OK;
    if (c->options->format == FMI_FORMAT_JSON)
        status = fmi_console_json(&c->json, stdout, err);
    else
        fmi_table_print(&c->table, c->options->format, stdout);
    return status == FM_OK ? fmi_text_flush(err) : status;
}

static void release(concurrent *c) {
    for (uint32_t i = 0; i < c->sides; ++i)
        fmi_runner_destroy(&c->side[i].runner);
    fmi_cells_free(&c->cells);
    fmi_store_close(&c->store);
    fmi_live_room_free(&c->room);
    fmi_table_free(&c->table);
    fmi_json_free(&c->json);
    free(c);
}

int fmi_command_concurrent(const fmi_options *options, int argc, char *const *argv) {
    fm_error err = {0};
    concurrent *c = calloc(1, sizeof *c);
    if (!c)
        return fmi_exit_code(FM_ERROR_HOST_MEMORY);
    c->options = options;
    fm_status status = prepare(c, argc, argv, &err);
    if (status == FM_OK)
        status = run_cells(c, &err);
    if (status == FM_OK)
        status = fmi_store_end(c->store, fmi_signals_stop() ? "interrupted" : "done", &err);
    if (status == FM_OK)
        status = print(c, &err);
    const int stopped = fmi_signals_exit_code();
    const int code = status != FM_OK ? fmi_console_error(&err)
                     : c->wrong      ? 1
                     : stopped       ? stopped
                     : c->ran        ? 0
                                     : 4;
    if (status == FM_OK)
        (void)fprintf(stderr, "verdict=%s run=%s\n",
                      c->wrong  ? "wrong-result"
                      : stopped ? "interrupted"
                      : c->ran  ? "ok"
                                : "none-ran",
                      c->run);
    release(c);
    return code;
}
