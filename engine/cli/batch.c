/* SPDX-License-Identifier: MIT */
/* fmorph batch: many pairs on one engine, each mesh loaded once. */
#include "batch.h"

#include "commands.h"
#include "interrupt.h"
#include "job.h"
#include "mesh_cache.h"
#include "resume.h"
#include "runtime.h"
#include "text.h"
#include "values.h"

#include "clock.h"
#include "error.h"
#include "io/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESH_BYTES (UINT64_C(1) << 30) /* of meshes and textures kept in memory */

static const char help[] =
    "usage: fmorph batch DIR|PAIRS.csv -o DIR [options]\n"
    "\n"
    "Morphs every unordered pair of the meshes in a folder, sorted by name (of files that share a\n"
    "stem FBX comes before OBJ, GLB, glTF, PLY), or the pairs of a table with the columns a and b\n"
    "(paths from the table's folder; texture_a and texture_b are optional). Each pair gets the\n"
    "folder DIR/A_B that fmorph morph would make; a pair that fails leaves DIR/A_B.failed.log, "
    "and\n"
    "the others go on.\n"
    "\n"
    "      --resume          leave out pairs whose folder is complete and made from the same\n"
    "                        meshes, textures and options; replace other folders\n"
    "      --shard I/N       only pairs n with n % N = I, counted from 0\n"
    "      --index N         only pair N, counted from 0\n"
    "      --summary         run nothing: write DIR/summary.csv about all pairs; exit 1 unless\n"
    "                        all are complete\n"
    "      --dry-run         list the pairs\n"
    "      --json            one object about the batch on stdout\n"
    "\n"
    "All options of fmorph morph but --raw, --texture-a and --texture-b; see its --help.\n"
    "\n" FMI_HELP_COMMON "\n"
    "Exit: 0 all done; 75 when every failure may go away by itself (device lost, no memory), else\n"
    "the code of the first pair that failed.\n";

enum { ROW_SHARD = 0, ROW_INDEX, ROW_RESUME, ROW_SUMMARY, ROWS };
static const fmi_option own_rows[ROWS] = {{"shard", 0, FMI_OPTION_VALUE},
                                          {"index", 0, FMI_OPTION_VALUE},
                                          {"resume", 0, FMI_OPTION_FLAG},
                                          {"summary", 0, FMI_OPTION_FLAG}};

/* One call of the command. */
typedef struct batch {
    const fmi_batch_options *options;
    fmi_console *console;
    fmi_batch_list list;
    fmi_mesh_cache *meshes;
    fmi_runtime runtime;
    fm_engine *engine;
    fmi_trace trace;
    fmi_json json;
    uint64_t next; /* pair to be read ahead */
    uint64_t mine, done, skipped, failed;
    int first_code; /* of the pairs that failed */
    bool only_retry;
} batch;

/* ---- options ---- */

static fm_status read_shard(fmi_batch_options *options, const char *text, fm_error *err) {
    const char *slash = strchr(text, '/');
    char first[24] = "";
    if (slash != NULL && (size_t)(slash - text) < sizeof first)
        memcpy(first, text, (size_t)(slash - text));
    if (slash == NULL ||
        fmi_value_uint("--shard", slash + 1, 1, UINT32_MAX, &options->shards, NULL) != FM_OK ||
        fmi_value_uint("--shard", first, 0, options->shards - 1, &options->shard, NULL) != FM_OK)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--shard: '%.60s' does not fit; allowed: I/N with I from 0 to N - 1", text);
    return FM_OK;
}

static fm_status check_options(const fmi_batch_options *options, fm_error *err) {
    const fmi_morph_options *morph = &options->morph;
    if (morph->raw)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o -: a batch writes folders; name one for them");
    if (morph->texture_a != NULL || morph->texture_b != NULL)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--texture-a, --texture-b: a batch takes them from the table's columns "
                        "texture_a and texture_b");
    if (options->index_given && options->shards > 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--index and --shard: both choose pairs; give one of them");
    return FM_OK;
}

static fm_status read_options(fmi_batch_options *options, const fmi_args *args, fm_error *err) {
    const size_t own = FMI_ARG_COMMON + fmi_morph_table_count;
    *options = (fmi_batch_options){.shards = 1};
    if (args->operands != 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "batch: needs one folder or table of pairs, %zu given; see fmorph batch "
                        "--help",
                        args->operands);
    options->input = args->operand[0];
    options->resume = args->value[own + ROW_RESUME] != NULL;
    options->summary = args->value[own + ROW_SUMMARY] != NULL;
    options->index_given = args->value[own + ROW_INDEX] != NULL;
    fm_status status = fmi_morph_options_read_common(&options->morph, args, err);
    if (status == FM_OK && args->value[own + ROW_SHARD] != NULL)
        status = read_shard(options, args->value[own + ROW_SHARD], err);
    if (status == FM_OK && options->index_given)
        status = fmi_value_uint("--index", args->value[own + ROW_INDEX], 0, UINT64_MAX,
                                &options->index, err);
    return status == FM_OK ? check_options(options, err) : status;
}

bool fmi_batch_mine(const fmi_batch_options *options, uint64_t n) {
    return options->index_given ? n == options->index : n % options->shards == options->shard;
}

/* ---- one pair ---- */

/* The first of this call's pairs at n or behind it. */
static uint64_t find_mine(const batch *b, uint64_t n) {
    while (n < b->list.pairs && !fmi_batch_mine(b->options, n))
        n++;
    return n;
}

static void read_ahead(batch *b, uint64_t n) {
    uint32_t side[2];
    if (n >= b->list.pairs || b->options->morph.threads == 1)
        return;
    fmi_batch_list_pair(&b->list, n, side);
    fmi_mesh_cache_request(b->meshes, side[0]);
    fmi_mesh_cache_request(b->meshes, side[1]);
}

/* Loading may have been ahead: what it said goes to every pair's log, to the terminal once. */
static void repeat_lines(const batch *b, const fmi_cached_side *got) {
    for (uint32_t i = 0; i < got->line_count; i++) {
        if (got->first)
            fmi_console_log(b->console, got->lines[i].level, "%s", got->lines[i].text);
        else
            fmi_console_note(b->console, "%s", got->lines[i].text);
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
    fmi_batch_list_pair(&b->list, b->next, side);
    fm_status status = fmi_run_begin(run, name, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    if (status == FM_OK)
        status = get_sides(b, run, side, err);
    b->next = find_mine(b, b->next + 1);
    if (status == FM_OK && b->options->resume) {
        status = fmi_job_hash(run, job, err);
        *skipped = status == FM_OK && is_complete(run, job);
    }
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

/* A context that the driver gave up is never used again, not even to free it. */
static void forget_lost_engine(batch *b, const fm_error *err) {
    if (err->status == FM_ERROR_DEVICE_LOST)
        b->engine = NULL;
}

static fm_status run_one(batch *b, fm_error *err) {
    uint64_t n = b->next;
    char name[FMI_NAME_FRAME];
    uint32_t side[2];
    bool skipped = false;
    fmi_morph_options options = b->options->morph;
    fmi_batch_list_pair(&b->list, n, side);
    fmi_batch_list_name(&b->list, n, name, sizeof name);
    options.path_a = b->list.paths[side[0]];
    options.path_b = b->list.paths[side[1]];
    options.force = options.force || b->options->resume;
    fmi_run run = {.options = &options,
                   .console = b->console,
                   .trace = options.trace != NULL ? &b->trace : NULL,
                   .origin = fmi_clock_since_start()};
    fmi_trace_stages(run.trace, &run.stages);
    fmi_stages_enter(&run.stages, FMI_STAGE_START, run.origin);
    fmi_console_session_begin(b->console);
    fm_status status = make_one(b, &run, name, &skipped, err);
    const char *state = status != FM_OK ? "failed" : skipped ? "skipped" : "done";
    int code = 0;
    if (status == FM_ERROR_CANCELLED) {
        fmi_run_end(&run);
        return status;
    }
    if (status != FM_OK) {
        code = fmi_console_fail(b->console, err);
        fmi_console_log(b->console, FM_LOG_ERROR,
                        "%s: pair %" PRIu64 " failed with code %d; its log is %s/%s.failed.log",
                        name, n, code, options.output, name);
        keep_failed_log(b, name);
        count_failure(b, code);
        forget_lost_engine(b, err);
        b->next = find_mine(b, n + 1);
    } else {
        b->done += !skipped;
        b->skipped += skipped;
        drop_failed_log(b, name);
        fmi_console_log(b->console, FM_LOG_INFO, "%s: %s in %.2f s", run.folder, state,
                        fmi_clock_since_start() - run.origin);
    }
    note_pair(b, &run, n, state, code);
    fmi_run_end(&run);
    return FM_OK;
}

/* ---- all pairs ---- */

static fm_status print_pairs(const batch *b, fm_error *err) {
    for (uint64_t n = find_mine(b, 0); n < b->list.pairs; n = find_mine(b, n + 1)) {
        uint32_t side[2];
        char name[FMI_NAME_FRAME];
        fmi_batch_list_pair(&b->list, n, side);
        fmi_batch_list_name(&b->list, n, name, sizeof name);
        printf("%" PRIu64 " %s/%s %s %s\n", n, b->options->morph.output, name,
               b->list.paths[side[0]], b->list.paths[side[1]]);
    }
    return fmi_text_flush(err);
}

static void begin_json(batch *b) {
    fmi_json_begin(&b->json, NULL, '{');
    fmi_json_string(&b->json, "schema", "facemorph/batch/1");
    fmi_json_string(&b->json, "version", fm_version());
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

static fm_status run_pairs(batch *b, fm_error *err) {
    const fmi_batch_options *options = b->options;
    fm_status status = fmi_mesh_cache_create(&b->meshes, b->list.paths, b->list.textures,
                                             b->list.meshes, MESH_BYTES, err);
    if (status != FM_OK)
        return status;
    begin_json(b);
    for (b->next = find_mine(b, 0); b->next < b->list.pairs && status == FM_OK;) {
        status = fmi_interrupt_check(err);
        if (status == FM_OK)
            status = run_one(b, err);
    }
    fmi_console_log(b->console, FM_LOG_INFO,
                    "%" PRIu64 " pairs: %" PRIu64 " done, %" PRIu64 " skipped, %" PRIu64
                    " failed in %.2f s; %u meshes loaded",
                    b->done + b->skipped + b->failed, b->done, b->skipped, b->failed,
                    fmi_clock_since_start(), fmi_mesh_cache_loads(b->meshes));
    if (status == FM_OK && options->morph.trace != NULL)
        status = fmi_trace_write(&b->trace, options->morph.trace, err);
    if (status == FM_OK && options->morph.json)
        status = end_json(b, err);
    return status;
}

static fm_status check_index(const batch *b, fm_error *err) {
    const fmi_batch_options *options = b->options;
    if (options->index_given && options->index >= b->list.pairs)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--index: %" PRIu64
                        " does not fit; allowed: whole numbers from 0 to %" PRIu64,
                        options->index, b->list.pairs - 1);
    if (strlen(options->morph.output) > FMI_PATH_MOST)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o: the path is longer than %d bytes; choose a shorter one",
                        FMI_PATH_MOST);
    return FM_OK;
}

static int exit_code(const batch *b) {
    if (b->failed == 0)
        return 0;
    return b->only_retry ? 75 : b->first_code;
}

static int run_batch(const fmi_batch_options *options, fmi_console *console) {
    batch b = {.options = options, .console = console, .only_retry = true};
    fm_error err = {0};
    uint64_t missing = 0;
    fmi_trace_init(&b.trace);
    fm_status status = fmi_batch_list_read(&b.list, options->input, &err);
    if (status == FM_OK)
        status = check_index(&b, &err);
    if (status == FM_OK && options->summary) {
        status = fmi_batch_summarise(options, &b.list, console, &missing, &err);
    } else if (status == FM_OK && options->morph.dry_run) {
        status = print_pairs(&b, &err);
    } else if (status == FM_OK) {
        fmi_interrupt_install();
        fmi_runtime_prepare(&b.runtime, options->morph.threads);
        status = run_pairs(&b, &err);
    }
    int code = status != FM_OK ? fmi_console_fail(console, &err) : missing > 0 ? 1 : exit_code(&b);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fm_engine_destroy(&b.engine);
    fmi_mesh_cache_destroy(&b.meshes);
    fmi_batch_list_free(&b.list);
    fmi_json_free(&b.json);
    fmi_trace_free(&b.trace);
    return code;
}

int fmi_cmd_batch(int argc, char **argv) {
    fmi_option table[FMI_ARGS_OPTIONS];
    fmi_batch_options options;
    fmi_command command;
    int code = 0;
    memcpy(table, fmi_morph_table, fmi_morph_table_count * sizeof *table);
    memcpy(table + fmi_morph_table_count, own_rows, sizeof own_rows);
    if (!fmi_command_begin(&command, table, fmi_morph_table_count + ROWS, help, argc, argv, &code))
        return code;
    fm_status status = read_options(&options, &command.args, &command.err);
    code = status == FM_OK ? run_batch(&options, &command.console)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
