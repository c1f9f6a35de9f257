/* SPDX-License-Identifier: MIT */
/* fmbench verify: every case at small and odd shapes against the reference. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Odd on purpose: one frame, one pixel, one vertex, primes, edges that no tile divides. */
static const struct {
    uint32_t batch, width, height;
} picture_shapes[] = {{1, 1, 1}, {3, 17, 33}, {8, 64, 64}, {41, 37, 29}, {2, 257, 131}};
static const struct {
    uint32_t batch, vertices, targets;
} point_shapes[] = {{1, 1, 1}, {3, 7, 3}, {8, 256, 8}, {41, 1001, 13}, {2, 18024, 52}};
static const struct {
    uint32_t batch, n;
    double pinv_share;
} matrix_shapes[] = {{1, 2, 0.0},    {7, 3, 1.0},   {64, 4, 0.1},  {1001, 2, 0.1},
                     {257, 5, 0.25}, {129, 8, 0.0}, {41, 16, 0.1}, {33, 32, 0.1}};
static const uint32_t plain_batches[] = {1, 3, 8, 304, 1001};

#define HEAD_VERTICES 997
#define HEAD_TEXTURE 100

/* Sums and output of one verification. */
typedef struct verification {
    const fmi_options *options;
    fm_log log;
    fmi_input *head;
    fmi_json json;
    uint32_t passed, failed;
    uint32_t wrong;    /* of those that failed: the others could not run */
    fm_status stopper; /* of the first that could not */
} verification;

static void add_json(verification *v, const fmi_case *op, const fmi_case_params *p,
                     const fmi_check *check, const char *reason) {
    fmi_json *json = &v->json;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "op", op->name);
    fmi_json_uint(json, "batch", p->batch);
    fmi_json_string(json, "level", fm_level_name(p->level));
    fmi_json_uint(json, "width", p->width);
    fmi_json_uint(json, "height", p->height);
    fmi_json_uint(json, "vertices", fmi_point_vertices(p));
    fmi_json_uint(json, "n", p->n);
    fmi_json_uint(json, "targets", p->targets);
    fmi_json_bool(json, "passed", reason[0] == '\0');
    fmi_json_string(json, "reason", reason[0] ? reason : NULL);
    fmi_json_double(json, "max", check->max);
    fmi_json_string(json, "unit", check->unit);
    fmi_json_double(json, "share", check->share);
    fmi_json_uint(json, "frames_compared", check->compared);
    fmi_json_uint(json, "frames_hashed", check->hashed);
    fmi_json_end(json);
}

static void add_line(const fmi_case *op, const fmi_case_params *p, const fmi_check *check,
                     const char *reason) {
    char shape[FMI_POINT_TEXT];
    fmi_point_shape(op, p, shape, sizeof shape);
    (void)printf("%s %-8s %-7s batch %-3u %-14s", reason[0] ? "FAIL" : "pass", op->name,
                 fm_level_name(p->level), p->batch, shape);
    if (reason[0])
        (void)printf(" %s\n", reason);
    else
        (void)printf(" max %.3g %s, %.3g %% beyond, %u compared, %u hashed\n", check->max,
                     check->unit, 100.0 * check->share, check->compared, check->hashed);
}

static fm_status check_one(const fmi_case *op, const fmi_case_params *params, fmi_check *check,
                           fm_error *err) {
    const fmi_check_params how = {.random_frames = 4, .hash_others = true, .seed = 1};
    void *state = NULL;
    fm_engine *engine = NULL;
    fmi_case_params ours = *params;
    ours.engine = &engine;
    fm_status status = op->create(&state, &ours, err);
    if (status == FM_OK)
        status = fmi_case_check(op, state, engine, &how, check, err);
    if (status == FM_OK && check->passed)
        status = fmi_case_recheck(op, state, engine, check, err);
    op->destroy(&state);
    return status;
}

/* A case that cannot run has not passed. */
static void verify_one(verification *v, const fmi_case *op, const fmi_case_params *params) {
    if (fmi_signals_stop())
        return;
    fmi_check check = {0};
    fm_error err = {0};
    const fm_status status = check_one(op, params, &check, &err);
    const char *reason = status != FM_OK ? err.message : !check.passed ? check.reason : "";
    const bool passed = status == FM_OK && check.passed;
    v->passed += passed;
    v->failed += !passed;
    v->wrong += status == FM_OK && !check.passed;
    if (v->stopper == FM_OK)
        v->stopper = status;
    if (v->options->format == FMI_FORMAT_JSON)
        add_json(v, op, params, &check, reason);
    else
        add_line(op, params, &check, reason);
}

static fmi_case_params params_of(const verification *v, fm_level level) {
    return (fmi_case_params){.input = v->head,
                             .device = v->options->device,
                             .level = level,
                             .threads = (uint32_t)v->options->threads.value[0].a,
                             .mem_limit_bytes = v->options->mem_limit.value[0].a,
                             .log = v->log,
                             .cancel = fmi_signals_cancel()};
}

static void verify_pictures(verification *v, const fmi_case *op, fm_level level) {
    for (size_t i = 0; i < sizeof picture_shapes / sizeof picture_shapes[0]; ++i) {
        fmi_case_params params = params_of(v, level);
        params.batch = picture_shapes[i].batch;
        params.width = picture_shapes[i].width;
        params.height = picture_shapes[i].height;
        verify_one(v, op, &params);
    }
}

static fm_status verify_points(verification *v, const fmi_case *op, fm_level level, fm_error *err) {
    for (size_t i = 0; i < sizeof point_shapes / sizeof point_shapes[0]; ++i) {
        fmi_input *points = NULL;
        const fm_status status = fmi_input_points(&points, point_shapes[i].vertices, i + 1, err);
        if (status != FM_OK)
            return status;
        fmi_case_params params = params_of(v, level);
        params.input = points;
        params.batch = point_shapes[i].batch;
        params.targets = op->uses & FMI_USES_TARGETS ? point_shapes[i].targets : 0;
        verify_one(v, op, &params);
        fmi_input_destroy(&points);
    }
    return FM_OK;
}

static void verify_matrices(verification *v, const fmi_case *op, fm_level level) {
    for (size_t i = 0; i < sizeof matrix_shapes / sizeof matrix_shapes[0]; ++i) {
        fmi_case_params params = params_of(v, level);
        params.input = NULL;
        params.batch = matrix_shapes[i].batch;
        params.n = matrix_shapes[i].n;
        params.pinv_share = matrix_shapes[i].pinv_share;
        params.layout = i % 2 ? FMI_LAYOUT_INTERLEAVED : FMI_LAYOUT_ROW_MAJOR;
        verify_one(v, op, &params);
    }
}

/* Ops with no shape but their batch, and those on the small heads. */
static void verify_batches(verification *v, const fmi_case *op, fm_level level) {
    for (size_t i = 0; i < sizeof plain_batches / sizeof plain_batches[0]; ++i) {
        fmi_case_params params = params_of(v, level);
        if (!(op->uses & FMI_USES_MESH))
            params.input = NULL;
        else if (plain_batches[i] > 8)
            continue;
        params.batch = plain_batches[i];
        params.targets = op->uses & FMI_USES_TARGETS ? 3 : 0;
        verify_one(v, op, &params);
    }
}

static fm_status verify_op(verification *v, const fmi_case *op, fm_level level, fm_error *err) {
    if (op->uses & FMI_USES_SIZE)
        verify_pictures(v, op, level);
    else if (op->uses & FMI_USES_MATRICES)
        verify_matrices(v, op, level);
    else if (op->uses & FMI_USES_POINTS)
        return verify_points(v, op, level, err);
    else
        verify_batches(v, op, level);
    return FM_OK;
}

/* Levels that run the same program are verified once, as medium where that is asked for. */
static bool is_representative(const fmi_options *options, const fmi_case *op, uint32_t level) {
    const fm_level own = options->levels[level];
    for (uint32_t i = 0; i < options->level_count; ++i) {
        const fm_level other = options->levels[i];
        const bool before = other == FM_LEVEL_MEDIUM || (i < level && own != FM_LEVEL_MEDIUM);
        if (i != level && before && op->same_program(other, own))
            return false;
    }
    return true;
}

static fm_status verify_all(verification *v, fm_error *err) {
    const fmi_options *o = v->options;
    for (uint32_t i = 0; i < o->op_count; ++i)
        for (uint32_t l = 0; l < o->level_count; ++l) {
            if (!is_representative(o, o->ops[i], l))
                continue;
            const fm_status status = verify_op(v, o->ops[i], o->levels[l], err);
            if (status != FM_OK)
                return status;
        }
    return FM_OK;
}

/* A machine without a device has not failed a check: it cannot check. */
static fm_status prepare(verification *v, fm_error *err) {
    const fmi_options *o = v->options;
    const fmi_case_params params = params_of(v, FM_LEVEL_MEDIUM);
    fm_engine *engine = NULL;
    const fm_status status = fmi_case_engine(&engine, &params, err);
    fm_engine_destroy(&engine);
    if (status != FM_OK)
        return status;
    if (o->input[0])
        return fmi_input_files(&v->head, o->input[0], o->input[1], &v->log, fmi_signals_cancel(),
                               err);
    const fmi_sample_params small = {.vertices = HEAD_VERTICES, .texture = HEAD_TEXTURE};
    return fmi_input_sample(&v->head, &small, err);
}

static fm_status print_json(verification *v, fm_error *err) {
    fmi_json_end(&v->json);
    fmi_json_uint(&v->json, "passed", v->passed);
    fmi_json_uint(&v->json, "failed", v->failed);
    fmi_json_end(&v->json);
    return fmi_console_json(&v->json, stdout, err);
}

static fm_status verify(verification *v, fm_error *err) {
    const bool as_json = v->options->format == FMI_FORMAT_JSON;
    fm_status status = prepare(v, err);
    if (status != FM_OK)
        return status;
    if (as_json) {
        fmi_json_begin(&v->json, NULL, '{');
        fmi_json_string(&v->json, "schema", "fmbench/verify/1");
        fmi_json_begin(&v->json, "checks", '[');
    }
    status = verify_all(v, err);
    if (status == FM_OK && as_json)
        status = print_json(v, err);
    return status == FM_OK ? fmi_text_flush(err) : status;
}

int fmi_command_verify(const fmi_options *options) {
    verification v = {.options = options, .log = fmi_console_logger(options->log_level)};
    fm_error err = {0};
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    const fm_status status = verify(&v, &err);
    fmi_input_destroy(&v.head);
    fmi_json_free(&v.json);
    if (status != FM_OK)
        return fmi_console_error(&err);
    const int stopped = fmi_signals_exit_code();
    (void)fprintf(stderr, "verdict=%s passed=%u failed=%u\n",
                  v.wrong    ? "wrong-result"
                  : v.failed ? "failed"
                  : stopped  ? "interrupted"
                             : "ok",
                  v.passed, v.failed);
    if (v.failed && !v.wrong)
        return fmi_exit_code(v.stopper);
    return v.wrong ? 1 : stopped;
}
