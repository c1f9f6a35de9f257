/* SPDX-License-Identifier: MIT */
#include "json_blocks.h"
#include "solve_run.h"

#include "error.h"
#include "io/json.h"
#include "io/text.h"

#include <inttypes.h>

static void write_input(fmi_json *json, const char *key, const char *path, const fmi_npy *array) {
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "path", path);
    fmi_json_string(json, "type", fmi_npy_kind_name(array->shape.kind));
    fmi_json_begin(json, "shape", '[');
    for (uint32_t i = 0; i < array->shape.dims; i++)
        fmi_json_uint(json, NULL, array->shape.size[i]);
    fmi_json_end(json);
    fmi_json_end(json);
}

static void write_counts(fmi_json *json, const fmi_solve_run *run) {
    fmi_json_begin(json, "status", '{');
    fmi_json_uint(json, "regular", run->stats.regular);
    fmi_json_uint(json, "pseudo_inverse", run->stats.pinv);
    fmi_json_uint(json, "not_finite", run->stats.not_finite);
    fmi_json_end(json);
    fmi_json_uint(json, "examined", run->stats.examined);
    fmi_json_uint(json, "borderline", run->stats.borderline);
}

static void write_transfers(fmi_json *json, const fm_engine *engine) {
    fm_stats stats = {0};
    fm_engine_stats(engine, &stats);
    fmi_json_transfers(json, &stats);
    fmi_json_end(json);
}

static void write_outputs(fmi_json *json, const fmi_solve_run *run) {
    fmi_json_begin(json, "outputs", '[');
    fmi_json_string(json, NULL, run->output);
    if (run->status_path)
        fmi_json_string(json, NULL, run->status_path);
    fmi_json_end(json);
}

static void write_all(fmi_json *json, const fmi_solve_run *run, const fm_engine *engine) {
    const bool f8 = run->in[0].shape.kind == FMI_NPY_F8;
    const uint64_t n = run->in[0].shape.size[1];
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "facemorph/solve/1");
    fmi_json_string(json, "version", fm_version());
    fmi_json_device(json, fm_engine_caps(engine));
    fmi_json_begin(json, "inputs", '{');
    write_input(json, "a", run->path[0], &run->in[0]);
    write_input(json, "b", run->path[1], &run->in[1]);
    fmi_json_end(json);
    fmi_json_string(json, "side", run->side == FM_SIDE_LEFT ? "left" : "right");
    fmi_json_string(json, "level", fm_level_name(run->level));
    fmi_json_double(json, "rcond",
                    run->rcond > 0 ? run->rcond : (double)n * (f8 ? 0x1p-52 : 0x1p-23));
    fmi_json_uint(json, "n", n);
    fmi_json_uint(json, "matrices", run->in[0].shape.size[0]);
    write_counts(json, run);
    fmi_json_begin(json, "recoveries", '[');
    fmi_json_again(json, run->again);
    fmi_json_recovered(json, engine);
    fmi_json_end(json);
    write_transfers(json, engine);
    fmi_json_begin(json, "seconds", '{');
    fmi_json_double(json, "total", (double)(fmi_clock_ns() - run->started) * 1e-9);
    fmi_json_double(json, "solve", (double)run->solve_ns * 1e-9);
    fmi_json_end(json);
    write_outputs(json, run);
    fmi_json_end(json);
}

fm_status fmi_solve_report(const fmi_solve_run *run, const fm_engine *engine, fmi_console *console,
                           fm_error *err) {
    fmi_console_log(console, FM_LOG_INFO,
                    "%s: %" PRIu64 " regular, %" PRIu64 " by pseudo-inverse, %" PRIu64
                    " not finite",
                    run->output, run->stats.regular, run->stats.pinv, run->stats.not_finite);
    if (!run->json)
        return FM_OK;
    fmi_json json = {0};
    write_all(&json, run, engine);
    const char *text = fmi_json_text(&json);
    fm_status status = text ? fmi_text_print(text, err)
                            : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the report");
    fmi_json_free(&json);
    return status;
}
