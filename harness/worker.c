/* SPDX-License-Identifier: MIT */
/* A worker: requests in, answers out, everything dangerous in here. */
#include "worker.h"

#include "anchor.h"
#include "child.h"
#include "console.h"
#include "environment.h"
#include "error.h"
#include "fd.h"
#include "recipe_wire.h"
#include "runner.h"
#include "shared.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct worker {
    const fmi_options *options;
    fm_log log;
    fmi_input *input[FMI_AXIS_MAX];
    uint32_t input_count;
} worker;

/* --- talking -------------------------------------------------------------------------------- */

static bool take(void *to, size_t bytes) {
    return fmi_fd_read(STDIN_FILENO, to, bytes) == (ssize_t)bytes;
}

/* A parent that is gone ends us. */
static void put(const void *from, size_t bytes) {
    if (!fmi_fd_write(FMI_CHILD_ANSWERS, from, bytes))
        _exit(1);
}

static void reply(fmi_reply_kind kind, const void *body, size_t bytes) {
    const fmi_reply head = {.kind = kind, .bytes = (uint32_t)bytes};
    put(&head, sizeof head);
    put(body, bytes);
}

static void tell_phase(void *user, const char *phase) {
    char text[FMI_PHASE_BYTES] = "";
    (void)user;
    (void)snprintf(text, sizeof text, "%s", phase);
    reply(FMI_REPLY_PHASE, text, sizeof text);
}

static void tell_news(void *user, const fmi_cell_news *news) {
    (void)user;
    reply(FMI_REPLY_NEWS, news, sizeof *news);
}

/* --- requests ------------------------------------------------------------------------------- */

static void answer_device(const fmi_case_params *params, bool judge_clock) {
    fmi_device_answer answer = {0};
    fm_engine *engine = NULL;
    fm_error err = {0};
    if (fmi_case_engine(&engine, params, &err) != FM_OK) {
        reply(FMI_REPLY_FAILED, &err, sizeof err);
        return;
    }
    answer.caps = *fm_engine_caps(engine);
    fm_engine_destroy(&engine);
    if (judge_clock)
        fmi_opencl_facts_read(&answer.facts, &answer.caps, true, &params->log);
    reply(FMI_REPLY_DONE, &answer, sizeof answer);
}

static void answer_roofs(const fmi_case_params *params, bool quick) {
    fmi_roofs roofs;
    fm_error err = {0};
    if (fmi_roofs_measure(&roofs, params, quick, &err) == FM_OK)
        reply(FMI_REPLY_DONE, &roofs, sizeof roofs);
    else
        reply(FMI_REPLY_FAILED, &err, sizeof err);
}

static void answer_cold(const fmi_case_params *params, const fmi_request *request) {
    fmi_cold cold;
    fm_error err = {0};
    if (fmi_cold_measure(&cold, params, request->folder, request->flag, &err) == FM_OK)
        reply(FMI_REPLY_DONE, &cold, sizeof cold);
    else
        reply(FMI_REPLY_FAILED, &err, sizeof err);
}

static void put_samples(const fmi_bench *bench) {
    put(bench->samples, bench->count * sizeof *bench->samples);
}

/* Its length, then the block; an empty one when there is no memory for it. */
static void put_recipe(const fmi_recipe *recipe) {
    size_t bytes = 0;
    unsigned char *block = fmi_recipe_pack(recipe, &bytes);
    const uint64_t length = block ? bytes : 0;
    put(&length, sizeof length);
    put(block, (size_t)length);
    free(block);
}

static void answer_cell(const fmi_case_params *params, const fmi_request *request) {
    fmi_cell_answer answer = {.cell = {.op = fmi_cases[request->op], .params = *params}};
    fmi_cell *cell = &answer.cell;
    fmi_cell_how how = request->how;
    fm_error err = {0};
    how.bench.cancel = fmi_signals_cancel();
    how.phase = tell_phase;
    how.news = how.news ? tell_news : NULL; /* the parent's own, if it wants them */
    answer.status = fmi_cell_run(cell, &how, &err);
    reply(FMI_REPLY_DONE, &answer, sizeof answer);
    put_samples(&cell->bench);
    for (uint32_t i = 0; i < cell->peer_count; ++i)
        put_samples(&cell->peer[i].bench);
    put_recipe(&cell->recipe);
    fmi_cell_free(cell);
}

/* Whatever the run says: what was built lies in the caches now. */
static void answer_build(const fmi_case_params *params, const fmi_request *request) {
    const fmi_case *op = fmi_cases[request->op];
    const uint32_t done = 1;
    void *state = NULL;
    fm_error err = {0};
    tell_phase(NULL, "build");
    fm_status status = op->create(&state, params, &err);
    if (status == FM_OK)
        status = op->run(state, &err);
    op->destroy(&state);
    if (status == FM_OK)
        reply(FMI_REPLY_DONE, &done, sizeof done);
    else
        reply(FMI_REPLY_FAILED, &err, sizeof err);
}

/* A recipe that follows a request; *given false = today's. */
static bool take_recipe(fmi_recipe *recipe, bool *given) {
    uint64_t bytes = 0;
    *recipe = (fmi_recipe){0};
    *given = false;
    if (!take(&bytes, sizeof bytes) || bytes == 0)
        return bytes == 0;
    unsigned char *block = malloc((size_t)bytes);
    const bool good = block && take(block, (size_t)bytes) &&
                      fmi_recipe_unpack(recipe, block, (size_t)bytes, NULL) == FM_OK;
    free(block);
    *given = true;
    return good;
}

static void answer_live(const fmi_case_params *params, const fmi_request *request) {
    fmi_recipe recipe[2] = {{0}, {0}};
    bool given[2] = {false, false};
    fmi_live live = {0};
    fm_error err = {0};
    if (!take_recipe(&recipe[0], &given[0]) || !take_recipe(&recipe[1], &given[1]))
        _exit(1);
    fmi_live_how how = request->live;
    how.cell.bench.cancel = fmi_signals_cancel();
    how.cell.phase = tell_phase;
    const fm_status status =
        fmi_live_run(&live, fmi_cases[request->op], params, given[0] ? &recipe[0] : NULL,
                     given[1] ? &recipe[1] : NULL, &how, &err);
    if (status == FM_OK) {
        reply(FMI_REPLY_DONE, &live, sizeof live);
        put_samples(&live.side[0]);
        put_samples(&live.side[1]);
    } else {
        reply(FMI_REPLY_FAILED, &err, sizeof err);
    }
    fmi_live_free(&live);
    fmi_recipe_free(&recipe[0]);
    fmi_recipe_free(&recipe[1]);
}

static void answer(worker *w, const fmi_request *request) {
    fmi_case_params params = request->params;
    params.log = w->log;
    params.cancel = fmi_signals_cancel();
    params.device = request->has_device ? request->device : NULL;
    params.input = request->input < w->input_count ? w->input[request->input] : NULL;
    switch ((fmi_ask)request->ask) {
    case FMI_ASK_DEVICE:
        answer_device(&params, request->flag);
        return;
    case FMI_ASK_ROOFS:
        answer_roofs(&params, request->flag);
        return;
    case FMI_ASK_COLD:
        answer_cold(&params, request);
        return;
    case FMI_ASK_CELL:
        answer_cell(&params, request);
        return;
    case FMI_ASK_BUILD:
        answer_build(&params, request);
        return;
    case FMI_ASK_LIVE:
        answer_live(&params, request);
    }
}

/* --- the process ---------------------------------------------------------------------------- */

/* No core files of drivers; and when the machine runs out of memory, we are who goes. */
static void set_limits(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        const ssize_t done = write(file, "1000", 4);
        (void)done; /* where it is not allowed the kernel chooses by size */
        (void)close(file);
    }
}

/* The data of a process on a CPU device is the device's memory: more than the machine has free
 * would end in the kernel's hands, a failed allocation ends in a status. */
static void limit_data(uint64_t bytes) {
#if !defined(FM_SANITIZED) /* sanitizers map more than there is */
    const struct rlimit data = {.rlim_cur = (rlim_t)bytes, .rlim_max = (rlim_t)bytes};
    if (bytes)
        (void)setrlimit(RLIMIT_DATA, &data);
#else
    (void)bytes;
#endif
}

int fmi_worker_main(const fmi_options *options) {
    worker w = {.options = options, .log = fmi_console_logger(options->log_level)};
    fmi_request request;
    fm_error err = {0};
    fmi_child_follow_parent();
    set_limits();
    fmi_signals_install();
    const bool shares = fcntl(FMI_CHILD_SHARED, F_GETFD) >= 0;
    if (shares && fmi_shared_inputs_open(FMI_CHILD_SHARED, w.input, FMI_AXIS_MAX, &w.input_count,
                                         &err) != FM_OK)
        return fmi_console_error(&err);
    bool first = true;
    while (take(&request, sizeof request)) {
        if (first && request.ask != FMI_ASK_COLD)
            fmi_runtime_settings(request.params.threads);
        if (first)
            limit_data(request.how.data_limit_bytes);
        first = false;
        answer(&w, &request);
    }
    for (uint32_t i = 0; i < w.input_count; ++i)
        fmi_input_destroy(&w.input[i]);
    return 0;
}
