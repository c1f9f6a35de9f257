/* SPDX-License-Identifier: MIT */
/* The pairs of a batch, one after another, on one engine. */
#include "batch.h"

#include "interrupt.h"
#include "job.h"
#include "mesh_cache.h"
#include "next_pair.h"
#include "resume.h"
#include "runtime.h"

#include "clock.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "recovered.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESH_BYTES (UINT64_C(1) << 30) /* of meshes and textures kept in memory */

/* One call of the command. */
typedef struct batch {
    const fmi_batch_options *options;
    const fmi_batch_list *list;
    const fmi_again *again;
    fmi_console *console;
    fmi_mesh_cache *meshes;
    fmi_runtime runtime;
    fm_engine *engine;
    fmi_trace trace;
    fmi_json json;
    fmi_next ahead; /* the pair to be made and sent ahead */
    uint64_t next;  /* pair to be read ahead */
    uint64_t mine, done, skipped, failed;
    int first_code; /* of the pairs that failed */
    bool only_retry;
    uint32_t lost_batch; /* frames at once when the device was lost; 0 = there was no plan */
    int32_t lost_code;
} batch;

/* ---- one pair ---- */

/* The first of this call's pairs at n or behind it. */
static uint64_t find_mine(const batch *b, uint64_t n) {
    while (n < b->list->pairs && !fmi_batch_mine(b->options, n))
        n++;
    return n;
}

static void read_ahead(batch *b, uint64_t n) {
    uint32_t side[2];
    if (n >= b->list->pairs || b->options->morph.threads == 1)
        return;
    fmi_batch_list_pair(b->list, n, side);
    fmi_mesh_cache_request(b->meshes, side[0]);
    fmi_mesh_cache_request(b->meshes, side[1]);
    fmi_next_begin(&b->ahead, b->meshes, b->engine, &b->options->morph, side);
}

/* What was made ahead of this pair's turn. */
static void take_ahead(batch *b, fmi_run *run, const uint32_t side[2], bool skipped) {
    run->staged = fmi_next_take(&b->ahead, side);
    if (run->staged != NULL)
        fmi_trace_add(run->trace, FMI_TRACK_NEXT, "prepare", b->ahead.begin, b->ahead.end);
    if (skipped)
        fm_staged_destroy(&run->staged);
    run->batch_done = fmi_next_look;
    run->batch_user = &b->ahead;
}

/* Loading may have been ahead: what it said goes to every pair's log, to the terminal once. */
static void repeat_lines(const batch *b, const fmi_cached_side *got) {
    for (uint32_t i = 0; i < got->line_count; i++) {
        if (got->first)
            fmi_console_log(b->console, got->lines[i].level, "%s", got->lines[i].text);
        else
            fmi_console_repeat(b->console, got->lines[i].level, got->lines[i].text);
    }
}

static fm_status get_sides(batch *b, fmi_run *run, const uint32_t side[2], fm_error *err) {
    fm_status status = FM_OK;
    fmi_stages_enter(&run->stages, FMI_STAGE_IMPORT, fmi_clock_since_start());
    for (uint32_t i = 0; i < 2; i++)
        fmi_mesh_cache_request(b->meshes, side[i]);
    for (uint32_t i = 0; i < 2 && status == FM_OK; i++) {
        fmi_cached_side got;
        status = fmi_mesh_cache_get(b->meshes, side[i], &got, err);
        if (status != FM_OK)
            break;
        repeat_lines(b, &got);
        run->side[i] = got.side;
        run->input[i].begin = got.begin;
        run->input[i].end = got.end;
        run->input[i].hash = got.hash;
    }
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

static void put_sides(batch *b, const fmi_run *run, const uint32_t side[2]) {
    for (uint32_t i = 0; i < 2; i++) {
        if (run->input[i].hash != 0)
            fmi_mesh_cache_put(b->meshes, side[i]);
    }
}

static fm_status need_engine(batch *b, fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    if (b->engine == NULL) {
        fmi_stages_enter(&run->stages, FMI_STAGE_BUILD, fmi_clock_since_start());
        status = fmi_morph_engine(&b->engine, &b->runtime, run->options, b->console, err);
        fmi_stages_leave(&run->stages, fmi_clock_since_start());
    }
    run->engine = b->engine;
    if (status == FM_OK)
        fmi_recovered_forget(b->engine);
    return status == FM_OK ? fm_engine_stats(b->engine, &run->before) : status;
}

static bool is_complete(const fmi_run *run, const char *job) {
    fmi_finished finished;
    return fmi_finished_read(&finished, run->folder) && strcmp(finished.job, job) == 0;
}

static fm_status make_one(batch *b, fmi_run *run, const char *name, bool *skipped, fm_error *err) {
    uint32_t side[2];
    char *json = NULL;
    char job[FMI_JOB_HEX];
    fmi_batch_list_pair(b->list, b->next, side);
    fm_status status = fmi_run_begin(run, name, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    if (status == FM_OK)
        status = get_sides(b, run, side, err);
    b->next = find_mine(b, b->next + 1);
    if (status == FM_OK && b->options->resume) {
        status = fmi_job_hash(run, job, err);
        *skipped = status == FM_OK && is_complete(run, job);
    }
    take_ahead(b, run, side, *skipped);
    if (status == FM_OK && !*skipped)
        status = need_engine(b, run, err);
    if (status == FM_OK)
        read_ahead(b, b->next);
    if (status == FM_OK && !*skipped)
        status = fmi_run_make(run, &json, err);
    free(json);
    put_sides(b, run, side);
    return status;
}

/* DIR/NAME.failed.log; DIR may not be there yet. A log that cannot be written is only said. */
static void keep_failed_log(const batch *b, const char *name) {
    char path[FMI_RUN_FILE + 16];
    fm_error err;
    (void)mkdir(b->options->morph.output, 0777);
    snprintf(path, sizeof path, "%s/%s.failed.log", b->options->morph.output, name);
    if (fmi_console_session_save(b->console, path, &err) != FM_OK)
        (void)fmi_console_fail(b->console, &err);
}

static void drop_failed_log(const batch *b, const char *name) {
    char path[FMI_RUN_FILE + 16];
    snprintf(path, sizeof path, "%s/%s.failed.log", b->options->morph.output, name);
    (void)unlink(path);
}

static void count_failure(batch *b, int code) {
    if (b->failed++ == 0)
        b->first_code = code;
    b->only_retry = b->only_retry && code == 75;
}

static void note_pair(batch *b, const fmi_run *run, uint64_t n, const char *state, int code) {
    fmi_json_begin(&b->json, NULL, '{');
    fmi_json_uint(&b->json, "index", n);
    fmi_json_string(&b->json, "folder", run->folder);
    fmi_json_string(&b->json, "status", state);
    fmi_json_int(&b->json, "exit", code);
    fmi_json_double(&b->json, "seconds", fmi_clock_since_start() - run->origin);
    fmi_json_end(&b->json);
}

static void settle_failure(batch *b, const fmi_run *run, uint64_t n, const char *name,
                           const fm_error *err) {
    int code = fmi_console_fail(b->console, err);
    fmi_console_log(b->console, FM_LOG_ERROR,
                    "%s: pair %" PRIu64 " failed with code %d; its log is %s/%s.failed.log", name,
                    n, code, run->options->output, name);
    keep_failed_log(b, name);
    count_failure(b, code);
    note_pair(b, run, n, "failed", code);
    b->next = find_mine(b, n + 1);
}

static void settle(batch *b, const fmi_run *run, uint64_t n, const char *name, bool skipped) {
    const char *state = skipped ? "skipped" : "done";
    b->done += !skipped;
    b->skipped += skipped;
    drop_failed_log(b, name);
    fmi_console_log(b->console, FM_LOG_INFO, "%s: %s in %.2f s", run->folder, state,
                    fmi_clock_since_start() - run->origin);
    note_pair(b, run, n, state, 0);
}

/* Ends the batch for a signal, and for a lost device: drivers answer nothing sensible after it. */
static fm_status run_one(batch *b, fm_error *err) {
    uint64_t n = b->next;
    char name[FMI_NAME_FRAME];
    uint32_t side[2];
    bool skipped = false;
    fmi_morph_options options = b->options->morph;
    fmi_batch_list_pair(b->list, n, side);
    fmi_batch_list_name(b->list, n, name, sizeof name);
    options.path_a = b->list->paths[side[0]];
    options.path_b = b->list->paths[side[1]];
    options.force = options.force || b->options->resume;
    fmi_run run = {.options = &options,
                   .console = b->console,
                   .again = b->again,
                   .trace = options.trace != NULL ? &b->trace : NULL,
                   .origin = fmi_clock_since_start()};
    fmi_trace_stages(run.trace, &run.stages);
    fmi_stages_enter(&run.stages, FMI_STAGE_START, run.origin);
    fmi_console_session_begin(b->console);
    fm_status status = make_one(b, &run, name, &skipped, err);
    if (status == FM_OK)
        settle(b, &run, n, name, skipped);
    else if (status != FM_ERROR_CANCELLED)
        settle_failure(b, &run, n, name, err);
    b->lost_batch = status == FM_ERROR_DEVICE_LOST ? run.report.plan.batch : 0;
    b->lost_code = err->cl_code;
    fmi_run_end(&run);
    return status == FM_ERROR_CANCELLED || status == FM_ERROR_DEVICE_LOST ? status : FM_OK;
}

/* ---- all pairs ---- */

static void begin_json(batch *b) {
    fmi_json_begin(&b->json, NULL, '{');
    fmi_json_string(&b->json, "schema", "facemorph/batch/1");
    fmi_json_string(&b->json, "version", fm_version());
    fmi_json_string(&b->json, "started", b->again->started);
    fmi_json_begin(&b->json, "pairs", '[');
}

static fm_status end_json(batch *b, fm_error *err) {
    fmi_json_end(&b->json);
    fmi_json_uint(&b->json, "done", b->done);
    fmi_json_uint(&b->json, "skipped", b->skipped);
    fmi_json_uint(&b->json, "failed", b->failed);
    fmi_json_uint(&b->json, "meshes_loaded", fmi_mesh_cache_loads(b->meshes));
    fmi_json_double(&b->json, "seconds", fmi_clock_since_start());
    fmi_json_end(&b->json);
    const char *text = fmi_json_text(&b->json);
    if (text == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the batch's JSON");
    return fmi_text_print(text, err);
}

static void say_summary(const batch *b) {
    const uint64_t all = b->done + b->skipped + b->failed;
    const uint32_t meshes = fmi_mesh_cache_loads(b->meshes);
    fmi_console_log(b->console, FM_LOG_INFO,
                    "%" PRIu64 " pair%s: %" PRIu64 " done, %" PRIu64 " skipped, %" PRIu64
                    " failed in %.2f s; %u mesh%s loaded",
                    all, all == 1 ? "" : "s", b->done, b->skipped, b->failed,
                    fmi_clock_since_start(), meshes, meshes == 1 ? "" : "es");
}

static fm_status run_pairs(batch *b, fm_error *err) {
    fm_status status = fmi_mesh_cache_create(&b->meshes, b->list->paths, b->list->textures,
                                             b->list->meshes, MESH_BYTES, err);
    if (status != FM_OK)
        return status;
    begin_json(b);
    for (b->next = find_mine(b, 0); b->next < b->list->pairs && status == FM_OK;) {
        status = fmi_interrupt_check(err);
        if (status == FM_OK)
            status = run_one(b, err);
    }
    say_summary(b);
    const fmi_morph_options *morph = &b->options->morph;
    if (status == FM_OK && morph->trace != NULL)
        status = fmi_trace_write(&b->trace, morph->trace, err);
    if (status == FM_OK && morph->json)
        status = end_json(b, err);
    return status;
}

static int exit_code(const batch *b) {
    if (b->failed == 0)
        return 0;
    return b->only_retry ? 75 : b->first_code;
}

/* In a new process with half the batch, --resume leaves out what is done. Returns if that is of no
 * use. */
static void start_over(const batch *b, char **argv) {
    if (setenv("FMORPH_RESUME", "on", 1) == 0)
        fmi_again_start(b->again, b->console, argv, b->lost_batch, b->lost_code);
}

int fmi_batch_run(const fmi_batch_options *options, const fmi_batch_list *list,
                  fmi_console *console, const fmi_again *again, char **argv) {
    batch b = {
        .options = options, .list = list, .console = console, .again = again, .only_retry = true};
    fm_error err = {0};
    fmi_trace_init(&b.trace);
    fmi_interrupt_install();
    fmi_runtime_prepare(&b.runtime, options->morph.threads);
    fm_status status = run_pairs(&b, &err);
    int code = exit_code(&b);
    if (status != FM_OK && status != FM_ERROR_DEVICE_LOST)
        code = fmi_console_fail(console, &err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fmi_next_drop(&b.ahead);
    fm_engine_destroy(&b.engine);
    fmi_mesh_cache_destroy(&b.meshes);
    fmi_json_free(&b.json);
    fmi_trace_free(&b.trace);
    if (status == FM_ERROR_DEVICE_LOST)
        start_over(&b, argv);
    return code;
}
