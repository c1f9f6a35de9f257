/* SPDX-License-Identifier: MIT */
/* fmbench devices */
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "device.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "runner.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEVICES_MAX 64

/* What a device reached. */
typedef struct ranked {
    double rate;      /* frames/s; 0 = none */
    uint32_t place;   /* from 1; 0 = none */
    char reason[120]; /* why there is none */
} ranked;

typedef struct listed {
    fm_caps *caps;
    uint32_t count;
    bool ranked;
    ranked rank[DEVICES_MAX];
} listed;

static const char *type_name(fm_device_type type) {
    static const char *const names[] = {"other", "cpu", "gpu", "accelerator"};
    return (unsigned)type < 4 ? names[type] : "other";
}

/* The first device of the list that is the same hardware; itself when there is none before it. */
static uint32_t first_of(const listed *l, uint32_t i) {
    for (uint32_t k = 0; k < i; ++k)
        if (fmi_device_same(&l->caps[k], &l->caps[i]))
            return k;
    return i;
}

static void add_json(const listed *l, uint32_t at, fmi_json *json) {
    const fm_caps *caps = &l->caps[at];
    char quirks[128];
    fmi_quirks_words(caps, quirks, sizeof quirks);
    fmi_json_begin(json, NULL, '{');
    fmi_json_uint(json, "index", caps->index);
    fmi_json_string(json, "id", caps->id);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "type", type_name(caps->type));
    fmi_json_string(json, "vendor", caps->vendor);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_string(json, "version", caps->version);
    fmi_json_uint(json, "compute_units", caps->compute_units);
    fmi_json_uint(json, "clock_mhz", caps->clock_mhz);
    fmi_json_uint(json, "global_bytes", caps->global_bytes);
    fmi_json_uint(json, "max_alloc_bytes", caps->max_alloc_bytes);
    fmi_json_uint(json, "timer_resolution_ns", caps->timer_resolution_ns);
    fmi_json_bool(json, "unified_memory", caps->unified_memory);
    fmi_json_bool(json, "compiler", caps->compiler);
    fmi_json_string(json, "quirks", quirks[0] ? quirks : NULL);
    if (first_of(l, at) != at)
        fmi_json_uint(json, "same_as", first_of(l, at));
    else
        fmi_json_null(json, "same_as");
    if (l->ranked) {
        fmi_json_double(json, "rate", l->rank[at].rate > 0.0 ? l->rank[at].rate : (double)NAN);
        if (l->rank[at].place)
            fmi_json_uint(json, "rank", l->rank[at].place);
        else
            fmi_json_null(json, "rank");
        fmi_json_string(json, "reason", l->rank[at].reason[0] ? l->rank[at].reason : NULL);
    }
    fmi_json_end(json);
}

static fm_status print_json(const listed *l, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/devices/1");
    fmi_json_begin(&json, "devices", '[');
    for (uint32_t i = 0; i < l->count; ++i)
        add_json(l, i, &json);
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

static void print_table(const listed *l, fmi_format format) {
    const char *const head[] = {">index",
                                "id",
                                "type",
                                "name",
                                "platform",
                                "driver",
                                ">units",
                                ">memory",
                                "preferred",
                                "same as",
                                l->ranked ? ">rank" : NULL,
                                ">frames/s",
                                NULL};
    const fm_caps *caps = l->caps;
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < l->count; ++i) {
        const uint32_t first = first_of(l, i);
        fmi_table_add(&table, "%u", caps[i].index);
        fmi_table_add(&table, "%s", caps[i].id);
        fmi_table_add(&table, "%s", type_name(caps[i].type));
        fmi_table_add(&table, "%s", caps[i].name);
        fmi_table_add(&table, "%s", caps[i].platform);
        fmi_table_add(&table, "%s", caps[i].driver);
        fmi_table_add(&table, "%u", caps[i].compute_units);
        fmi_table_add(&table, "%.1f GB", 1e-9 * (double)caps[i].global_bytes);
        fmi_table_add(&table, "%s", fm_specialisation_name(caps[i].preferred));
        if (first == i)
            fmi_table_add(&table, "-");
        else
            fmi_table_add(&table, "%u", first);
        if (!l->ranked)
            continue;
        if (l->rank[i].place) {
            fmi_table_add(&table, "%u", l->rank[i].place);
            fmi_table_add(&table, "%.0f", l->rank[i].rate);
        } else {
            fmi_table_add(&table, "-");
            fmi_table_add(&table, "%s", l->rank[i].reason);
        }
    }
    fmi_table_print(&table, format, stdout);
    fmi_table_free(&table);
}

/* --- which is the fastest --------------------------------------------------------------------- */

#define EDGE 256
#define BATCH 4
#define LIMIT_S 60.0 /* without a sign of life: some drivers compile for long */

/* A checked cell of a few small frames, in a worker: a driver that dies costs its place alone. */
static void measure(const fmi_options *options, int argc, char *const *argv, fmi_input *head,
                    const fm_caps *caps, ranked *rank) {
    fmi_runner *runner = NULL;
    fm_error err = {0};
    const fmi_runner_params with = {.options = options, .argc = argc, .argv = argv};
    fmi_cell cell = {.op = &fmi_case_raster,
                     .params = {.input = head,
                                .device = caps->id,
                                .level = FM_LEVEL_MEDIUM,
                                .batch = BATCH,
                                .width = EDGE,
                                .height = EDGE}};
    const fmi_cell_how how = fmi_cell_how_make(true, fmi_clock_step_ns(), fmi_signals_cancel());
    fm_status status = fmi_runner_create(&runner, &with, &err);
    if (status == FM_OK) {
        fmi_runner_inputs(runner, &head, 1);
        status = fmi_runner_cell(runner, &cell, &how, LIMIT_S, 2.0 * LIMIT_S, &err);
    }
    if (status == FM_OK && cell.timed)
        rank->rate = cell.rate;
    (void)snprintf(rank->reason, sizeof rank->reason, "%.118s",
                   status != FM_OK ? err.message : cell.reason);
    fmi_cell_free(&cell);
    fmi_runner_destroy(&runner);
}

static fm_status rank_all(const fmi_options *options, int argc, char *const *argv, listed *l,
                          fm_error *err) {
    const fmi_sample_params small = {.vertices = 2000, .texture = 256};
    fmi_input *head = NULL;
    const fm_status status = fmi_input_sample(&head, &small, err);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; i < l->count && !fmi_signals_stop(); ++i)
        measure(options, argc, argv, head, &l->caps[i], &l->rank[i]);
    fmi_input_destroy(&head);
    for (uint32_t i = 0; i < l->count; ++i)
        for (uint32_t k = 0; k < l->count && l->rank[i].rate > 0.0; ++k)
            l->rank[i].place += k == i || l->rank[k].rate > l->rank[i].rate;
    l->ranked = true;
    return FM_OK;
}

int fmi_command_devices(const fmi_options *options, int argc, char *const *argv) {
    listed l = {0};
    size_t count = 0;
    fm_error err = {0};
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fm_status status = fm_devices(&l.caps, &count, &err);
    l.count = (uint32_t)(count < DEVICES_MAX ? count : DEVICES_MAX);
    if (status == FM_OK && options->rank) {
        fmi_signals_install();
        fmi_signals_at_once();
        status = rank_all(options, argc, argv, &l, &err);
    }
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(&l, &err);
    else if (status == FM_OK && count > 0)
        print_table(&l, options->format);
    fm_devices_free(&l.caps);
    if (status == FM_OK && count == 0)
        status = fmi_fail(&err, FM_ERROR_NO_DEVICE,
                          "no OpenCL device; install a driver, for any CPU pocl-opencl-icd; fmorph "
                          "devices names those of GPUs, fmbench doctor looks for the cause");
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
