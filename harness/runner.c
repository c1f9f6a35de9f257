/* SPDX-License-Identifier: MIT */
#include "runner_impl.h"

#include "child.h"
#include "clock.h"
#include "cold_folder.h"
#include "console.h"
#include "error.h"
#include "half_size.h"
#include "recipe_wire.h"
#include "shared.h"
#include "worker.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECIPE_BYTES (64U << 20)

fm_status fmi_runner_create(fmi_runner **runner, const fmi_runner_params *params, fm_error *err) {
    fmi_runner *r = calloc(1, sizeof *r);
    *runner = NULL;
    if (!r)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the workers of a sweep");
    r->params = *params;
    const fm_status status = fmi_child_path(r->program, sizeof r->program, NULL, err);
    if (status != FM_OK || params->argc > FMI_RUNNER_ARGUMENTS) {
        free(r);
        return status != FM_OK
                   ? status
                   : fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                              "more than %d words on the command line", FMI_RUNNER_ARGUMENTS);
    }
    r->arguments[0] = FMI_WORKER_OPTION;
    for (int i = 1; i < params->argc; ++i)
        r->arguments[i] = params->argv[i];
    *runner = r;
    return FM_OK;
}

void fmi_runner_destroy(fmi_runner **runner) {
    if (!*runner)
        return;
    fmi_child_end(&(*runner)->child, FMI_RUNNER_GRACE_S);
    fmi_shared_inputs_free(&(*runner)->shared);
    free(*runner);
    *runner = NULL;
}

void fmi_runner_inputs(fmi_runner *runner, fmi_input *const *inputs, uint32_t count) {
    fmi_child_end(&runner->child, FMI_RUNNER_GRACE_S); /* it would not see them */
    runner->inputs = inputs;
    runner->input_count = count;
}

bool fmi_runner_isolated(const fmi_runner *runner) {
    return runner->params.options->isolate != FMI_ISOLATE_NONE;
}

/* --- one request ---------------------------------------------------------------------------- */

static fm_status start(fmi_runner *r, fm_error *err) {
    if (r->child.pid > 0)
        return FM_OK;
    fm_status status = FM_OK;
    if (r->input_count)
        status = fmi_shared_inputs_make(&r->shared, r->inputs, r->input_count, err);
    const fmi_child_params params = {.program = r->program,
                                     .arguments = r->arguments,
                                     .shared = r->shared.mapping ? r->shared.descriptor : 0};
    return status == FM_OK ? fmi_child_start(&r->child, &params, err) : status;
}

static double patience(const fmi_runner *r, double limit_s) {
    const uint64_t now = fmi_clock_ns();
    return fmin(limit_s, r->deadline_ns > now ? 1e-9 * (double)(r->deadline_ns - now) : 0.0);
}

/* Reads replies until the answer; phases are remembered. */
fm_status fmi_runner_receive(fmi_runner *r, void *body, size_t bytes, double limit_s,
                             fm_error *err) {
    const volatile sig_atomic_t *cancel = fmi_signals_cancel();
    for (;;) {
        fmi_reply head;
        fm_status status =
            fmi_child_read(&r->child, &head, sizeof head, patience(r, limit_s), cancel, err);
        if (status != FM_OK)
            return status;
        const bool phase = head.kind == FMI_REPLY_PHASE && head.bytes == sizeof r->phase;
        const bool failed = head.kind == FMI_REPLY_FAILED && head.bytes == sizeof(fm_error);
        fmi_cell_news news;
        const bool is_news = head.kind == FMI_REPLY_NEWS && head.bytes == sizeof news;
        fm_error theirs = {0};
        void *to = phase     ? (void *)r->phase
                   : failed  ? (void *)&theirs
                   : is_news ? (void *)&news
                             : body;
        if (!phase && !failed && !is_news && (head.kind != FMI_REPLY_DONE || head.bytes != bytes))
            return fmi_fail(err, FM_ERROR_INTERNAL, "a worker answered out of order");
        status = fmi_child_read(&r->child, to, head.bytes, limit_s, cancel, err);
        if (status == FM_OK && failed && err)
            *err = theirs;
        if (status == FM_OK && failed)
            return theirs.status;
        if (status == FM_OK && phase && r->params.phase)
            r->params.phase(r->params.user, r->phase);
        if (status == FM_OK && is_news && r->params.news)
            r->params.news(r->params.user, &news);
        if (status != FM_OK || (!phase && !is_news))
            return status;
    }
}

fm_status fmi_runner_send(fmi_runner *r, const fmi_request *request, const void *more,
                          size_t more_bytes, double most_s, fm_error *err) {
    (void)strcpy(r->phase, "start");
    r->deadline_ns = fmi_clock_ns() + (uint64_t)(1e9 * most_s);
    fm_status status = start(r, err);
    if (status == FM_OK)
        status = fmi_child_write(&r->child, request, sizeof *request, err);
    if (status == FM_OK && more_bytes)
        status = fmi_child_write(&r->child, more, more_bytes, err);
    return status;
}

fm_status fmi_runner_ask(fmi_runner *r, const fmi_request *request, const void *more,
                         size_t more_bytes, void *body, size_t bytes, double limit_s, double most_s,
                         fm_error *err) {
    const fm_status status = fmi_runner_send(r, request, more, more_bytes, most_s, err);
    return status == FM_OK ? fmi_runner_receive(r, body, bytes, limit_s, err) : status;
}

void fmi_runner_name_device(fmi_request *request, const char *device) {
    request->has_device = device != NULL;
    (void)snprintf(request->device, sizeof request->device, "%s", device ? device : "");
}

/* What became of a worker that did not answer, as one sentence. */
void fmi_runner_bury(fmi_runner *r, fm_status why, char *out, size_t out_bytes, double limit_s) {
    char end[64];
    const bool late = why == FM_ERROR_LIMIT;
    fmi_child_end(&r->child, late ? 0.0 : 1.0);
    if (late && fmi_clock_ns() >= r->deadline_ns)
        (void)snprintf(out, out_bytes,
                       "abandoned in step \"%s\": one cell took too much of the time budget; raise "
                       "--max-time",
                       r->phase);
    else if (late)
        (void)snprintf(out, out_bytes,
                       "no sign of life for %.0f s in step \"%s\"; the worker was killed", limit_s,
                       r->phase);
    else
        (void)snprintf(out, out_bytes, "the worker died in step \"%s\": %s", r->phase,
                       fmi_child_end_text(&r->child, end, sizeof end));
    r->child = (fmi_child){0};
}

/* A request whose failure is the run's: device, roofs, cold start. */
static fm_status ask_or_fail(fmi_runner *r, const fmi_request *request, void *body, size_t bytes,
                             fm_error *err) {
    const fm_status status = fmi_runner_ask(r, request, NULL, 0, body, bytes, FMI_RUNNER_START_S,
                                            FMI_RUNNER_START_S, err);
    if (r->child.pid <= 0 || status == FM_OK)
        return status;
    char end[200];
    const bool answered = status != FM_ERROR_IO && status != FM_ERROR_LIMIT;
    if (answered)
        return status;
    r->deadline_ns = UINT64_MAX; /* it hangs: no budget of time was used up */
    fmi_runner_bury(r, status, end, sizeof end, FMI_RUNNER_START_S);
    return fmi_fail(err, FM_ERROR_DEVICE_LOST, "%s; see fmbench doctor", end);
}

/* --- device, roofs, cold start ---------------------------------------------------------------- */

fm_status fmi_runner_device(fmi_runner *runner, const char *device, fm_caps *caps,
                            fmi_opencl_facts *facts, fm_error *err) {
    fmi_device_answer answer = {0};
    const fmi_case_params params = {.device = device, .log = runner->params.log};
    if (!fmi_runner_isolated(runner)) {
        fm_engine *engine = NULL;
        const fm_status status = fmi_case_engine(&engine, &params, err);
        if (status != FM_OK)
            return status;
        *caps = *fm_engine_caps(engine);
        fm_engine_destroy(&engine);
        if (facts)
            fmi_opencl_facts_read(facts, caps, true, &params.log);
        return FM_OK;
    }
    fmi_request request = {.ask = FMI_ASK_DEVICE, .flag = facts != NULL, .input = FMI_NO_INPUT};
    fmi_runner_name_device(&request, device);
    const fm_status status = ask_or_fail(runner, &request, &answer, sizeof answer, err);
    if (status != FM_OK)
        return status;
    *caps = answer.caps;
    if (facts)
        *facts = answer.facts;
    return FM_OK;
}

fm_status fmi_runner_roofs(fmi_runner *runner, const char *device, fmi_roofs *roofs,
                           fm_error *err) {
    const bool quick = runner->params.options->quick;
    const fmi_case_params params = {.device = device, .log = runner->params.log};
    if (!fmi_runner_isolated(runner))
        return fmi_roofs_measure(roofs, &params, quick, err);
    fmi_request request = {.ask = FMI_ASK_ROOFS, .flag = quick, .input = FMI_NO_INPUT};
    fmi_runner_name_device(&request, device);
    return ask_or_fail(runner, &request, roofs, sizeof *roofs, err);
}

static void append(fmi_cold *all, const fmi_cold *more) {
    for (uint32_t i = 0; i < more->count && all->count < FMI_COLD_STAGES; ++i)
        all->stage[all->count++] = more->stage[i];
}

fm_status fmi_runner_cold(fmi_runner *runner, const char *device, fmi_cold *cold, fm_error *err) {
    fmi_cold_folder folder;
    *cold = (fmi_cold){0};
    if (!fmi_runner_isolated(runner))
        return FM_OK;
    if (!fmi_cold_folder_make(&folder))
        return fmi_fail(err, FM_ERROR_LIMIT, "no folder for it could be made in /tmp: %s",
                        strerror(errno));
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 2; ++i) {
        fmi_cold part = {0};
        fmi_request request = {.ask = FMI_ASK_COLD, .flag = i == 1};
        request.input = runner->input_count ? 0 : FMI_NO_INPUT;
        fmi_runner_name_device(&request, device);
        (void)snprintf(request.folder, sizeof request.folder, "%s", folder.path);
        fmi_child_end(&runner->child, FMI_RUNNER_GRACE_S); /* a process that has seen no OpenCL */
        status = ask_or_fail(runner, &request, &part, sizeof part, err);
        if (status == FM_OK)
            append(cold, &part);
    }
    fmi_child_end(&runner->child, FMI_RUNNER_GRACE_S);
    fmi_cold_folder_remove(&folder);
    return status;
}

/* --- cells ------------------------------------------------------------------------------------ */

uint32_t fmi_runner_index_of_op(const fmi_case *op) {
    uint32_t i = 0;
    while (fmi_cases[i] && fmi_cases[i] != op)
        ++i;
    return i;
}

uint32_t fmi_runner_index_of_input(const fmi_runner *r, const fmi_input *input) {
    for (uint32_t i = 0; i < r->input_count; ++i)
        if (r->inputs[i] == input)
            return i;
    return FMI_NO_INPUT;
}

fm_status fmi_runner_samples(fmi_runner *r, fmi_bench *bench, double limit_s, fm_error *err) {
    const size_t bytes = bench->count * sizeof *bench->samples;
    bench->samples = NULL;
    bench->capacity = bench->count;
    if (bytes == 0)
        return FM_OK;
    bench->samples = malloc(bytes);
    if (!bench->samples) {
        bench->count = 0;
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a worker's samples");
    }
    return fmi_child_read(&r->child, bench->samples, bytes, limit_s, fmi_signals_cancel(), err);
}

static fm_status read_recipe(fmi_runner *r, fmi_recipe *recipe, double limit_s, fm_error *err) {
    uint64_t bytes = 0;
    fm_status status =
        fmi_child_read(&r->child, &bytes, sizeof bytes, limit_s, fmi_signals_cancel(), err);
    if (status != FM_OK || bytes == 0 || bytes > RECIPE_BYTES)
        return status;
    unsigned char *block = malloc((size_t)bytes);
    if (!block)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a worker's kernels");
    status = fmi_child_read(&r->child, block, (size_t)bytes, limit_s, fmi_signals_cancel(), err);
    if (status == FM_OK)
        status = fmi_recipe_unpack(recipe, block, (size_t)bytes, err);
    free(block);
    return status;
}

/* What a worker found, with our pointers for its own. */
static void adopt(fmi_cell *cell, const fmi_cell *theirs) {
    const fmi_cell ours = *cell;
    *cell = *theirs;
    cell->op = ours.op;
    cell->params = ours.params;
    cell->planners_batch = ours.planners_batch;
    cell->refined = ours.refined;
    cell->plan = ours.plan;
    cell->predicted_bytes = ours.predicted_bytes;
    cell->check.unit = NULL; /* error_unit has it */
    cell->recipe = (fmi_recipe){0};
    for (uint32_t i = 0; i < cell->peer_count; ++i) {
        cell->peer[i].peer = fmi_peers[cell->peer[i].index];
        cell->peer[i].check.unit = NULL;
    }
}

static fm_status read_cell(fmi_runner *r, fmi_cell *cell, const fmi_request *request,
                           double limit_s, double most_s, fm_error *err) {
    fmi_cell_answer *answer = calloc(1, sizeof *answer);
    if (!answer)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a worker's answer");
    fm_status status =
        fmi_runner_ask(r, request, NULL, 0, answer, sizeof *answer, limit_s, most_s, err);
    if (status == FM_OK) {
        adopt(cell, &answer->cell);
        status = fmi_runner_samples(r, &cell->bench, limit_s, err);
        for (uint32_t i = 0; i < cell->peer_count; ++i) {
            if (status == FM_OK)
                status = fmi_runner_samples(r, &cell->peer[i].bench, limit_s, err);
            else
                cell->peer[i].bench = (fmi_bench){0};
        }
        if (status == FM_OK)
            status = read_recipe(r, &cell->recipe, limit_s, err);
    }
    if (status == FM_OK && answer->status == FM_ERROR_CANCELLED)
        status = fmi_fail(err, FM_ERROR_CANCELLED, "stopped");
    free(answer);
    return status;
}

/* Reference frames that many cells need are made here once, not in every worker. */
void fmi_runner_references(const fmi_case *op, const fmi_case_params *params) {
    if (!(op->uses & FMI_USES_SIZE) || !params->input)
        return;
    const fmi_picture_kind kind = {.width = params->width,
                                   .height = params->height,
                                   .samples = params->samples,
                                   .trilinear = params->filter == FMI_FILTER_TRILINEAR,
                                   .untextured = params->untextured};
    fmi_picture_kind half;
    const bool halves = op == &fmi_case_raster && fmi_half_size_kind(&kind, &half);
    const float ends[2] = {1.0F, 0.0F};
    for (int i = 0; i < (params->batch > 1 ? 2 : 1); ++i) {
        fmi_reference frame;
        const float t = params->batch > 1 ? ends[i] : 0.5F;
        if (fmi_input_reference(params->input, &kind, t, &frame, NULL) == FM_OK)
            fmi_input_release(params->input, &frame);
        if (halves && fmi_input_reference(params->input, &half, t, &frame, NULL) == FM_OK)
            fmi_input_release(params->input, &frame);
    }
}

fm_status fmi_runner_cell(fmi_runner *runner, fmi_cell *cell, const fmi_cell_how *how,
                          double limit_s, double most_s, fm_error *err) {
    fmi_cell_how told = *how;
    told.phase = runner->params.phase;
    told.news = runner->params.news;
    told.phase_user = told.news_user = runner->params.user;
    if (!fmi_runner_isolated(runner))
        return fmi_cell_run(cell, &told, err);
    fm_error local = {0};
    fmi_runner_references(cell->op, &cell->params);
    const bool fresh =
        runner->params.options->isolate == FMI_ISOLATE_CELL || runner->op != cell->op ||
        runner->shared.references != fmi_shared_references(runner->inputs, runner->input_count);
    if (fresh)
        fmi_child_end(&runner->child, FMI_RUNNER_GRACE_S);
    runner->op = cell->op;
    fmi_request request = {.ask = FMI_ASK_CELL, .params = cell->params, .how = told};
    request.op = fmi_runner_index_of_op(cell->op);
    request.input = fmi_runner_index_of_input(runner, cell->params.input);
    fmi_runner_name_device(&request, cell->params.device);
    const fm_status status = read_cell(runner, cell, &request, limit_s, most_s, &local);
    if (status == FM_OK)
        return FM_OK;
    if (status == FM_ERROR_CANCELLED) {
        fmi_child_end(&runner->child, 0.0);
        fmi_cell_skip(cell, FMI_CELL_SKIPPED, "interrupted");
        return fmi_fail(err, FM_ERROR_CANCELLED, "stopped");
    }
    char reason[200];
    if (runner->child.pid > 0)
        fmi_runner_bury(runner, status, reason, sizeof reason, limit_s);
    else
        (void)snprintf(reason, sizeof reason, "%.190s", local.message);
    cell->timed = cell->checked = cell->measured = false;
    fmi_cell_skip(cell, status == FM_ERROR_LIMIT ? FMI_CELL_TIMEOUT : FMI_CELL_CRASHED, "%s",
                  reason);
    return FM_OK;
}
