/* SPDX-License-Identifier: MIT */
/* fmbench --sweep: device, inputs, cells, store; roofs and cold start; the cells; then the table.
 */
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/text.h"
#include "noise.h"
#include "page.h"
#include "pcg.h"
#include "pin.h"
#include "point.h"
#include "run_claim.h"
#include "sweep_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

static void sweep_free(fmi_sweep *s) {
    fmi_runner_destroy(&s->runner);
    fmi_store_close(&s->store);
    if (s->claim >= 0)
        (void)close(s->claim);
    fmi_cells_free(&s->cells);
    for (uint32_t i = 0; i < s->input_count; ++i)
        fmi_input_destroy(&s->input[i]);
    free(s->order);
}

/* --- before the first cell ------------------------------------------------------------------ */

static bool some_op_uses(const fmi_options *options, uint32_t uses) {
    for (uint32_t i = 0; i < options->op_count; ++i)
        if (options->ops[i]->uses & uses)
            return true;
    return false;
}

/* Painting skins takes longer than a morph cell: only where they are seen. */
static bool needs_skins(const fmi_options *options) {
    bool textured = false;
    for (uint32_t i = 0; i < options->texture.count; ++i)
        textured = textured || options->texture.value[i].a == 0;
    for (uint32_t i = 0; i < options->op_count; ++i)
        if (options->ops[i]->uses & FMI_USES_MESH &&
            (textured || !(options->ops[i]->uses & FMI_USES_SAMPLES)))
            return true;
    return false;
}

static fm_status make_inputs(fmi_sweep *s, fm_error *err) {
    const fmi_options *o = s->options;
    const bool looks_only = o->list || o->dry_run;
    if (o->input[0]) {
        s->input_count = 1;
        return fmi_input_files(&s->input[0], o->input[0], o->input[1], &s->log,
                               fmi_signals_cancel(), err);
    }
    for (uint32_t i = 0; i < o->vertices.count && some_op_uses(o, FMI_USES_MESH | FMI_USES_POINTS);
         ++i) {
        const fmi_sample_params params = {.vertices = (uint32_t)o->vertices.value[i].a,
                                          .texture = needs_skins(o) ? 2048 : 64};
        const fm_status status = looks_only ? fmi_input_sample_blank(&s->input[i], &params, err)
                                            : fmi_input_sample(&s->input[i], &params, err);
        if (status != FM_OK)
            return status;
        s->input_count = i + 1;
    }
    return FM_OK;
}

/* The first cell that runs of each op goes to the front, so that a run whose time ends early has
 * numbers of every op. */
static void each_op_first(fmi_sweep *s, uint32_t n) {
    uint32_t front = 0;
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t index = s->order[i];
        const fmi_cell *cell = &s->cells.cell[index];
        bool new_op = cell->status == FMI_CELL_PENDING;
        for (uint32_t k = 0; k < front && new_op; ++k)
            new_op = s->cells.cell[s->order[k]].op != cell->op;
        if (!new_op)
            continue;
        memmove(s->order + front + 1, s->order + front, (i - front) * sizeof *s->order);
        s->order[front++] = index;
    }
}

static fm_status make_order(fmi_sweep *s, fm_error *err) {
    const uint32_t n = s->cells.count;
    s->base_cells = n;
    s->order = malloc(sizeof *s->order * (n ? n : 1));
    if (!s->order)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the order of %u cells", n);
    fmi_pcg pcg = fmi_pcg_seed(s->seed);
    fmi_pcg_shuffle(&pcg, s->order, n);
    for (uint32_t i = 0; s->options->fixed_order && i < n; ++i)
        s->order[i] = i;
    if (!s->options->fixed_order)
        each_op_first(s, n);
    return FM_OK;
}

static fm_status prepare(fmi_sweep *s, bool judge_clock, fm_error *err) {
    const fmi_runner_params how = {.phase = fmi_sweep_phase,
                                   .news = fmi_sweep_news,
                                   .user = s,
                                   .options = s->options,
                                   .argc = s->argc,
                                   .argv = s->argv,
                                   .log = s->log};
    fm_status status = fmi_runner_create(&s->runner, &how, err);
    if (status == FM_OK)
        status = fmi_runner_device(s->runner, s->options->device, &s->caps,
                                   judge_clock ? &s->opencl : NULL, err);
    if (status == FM_OK)
        status = make_inputs(s, err);
    if (status == FM_OK)
        fmi_runner_inputs(s->runner, s->input, s->input_count);
    if (status == FM_OK)
        status = fmi_cells_make(&s->cells, s->options, s->input, s->input_count, &s->caps, err);
    for (uint32_t i = 0; i < s->cells.count; ++i)
        s->cells.cell[i].params.log = s->log;
    return status == FM_OK ? make_order(s, err) : status;
}

void fmi_sweep_configure(fmi_sweep *s) {
    XXH64_hash_t cells = 0;
    XXH64_hash_t inputs = 0;
    for (uint32_t i = 0; i < s->base_cells; ++i) {
        char key[FMI_POINT_TEXT];
        fmi_point_key(s->cells.cell[i].op, &s->cells.cell[i].params, key);
        cells = XXH3_64bits_withSeed(key, strlen(key), cells);
    }
    for (uint32_t i = 0; i < s->input_count; ++i) {
        const fmi_joined *joined = &s->input[i]->joined;
        inputs = XXH3_64bits_withSeed(joined->positions_a,
                                      sizeof(float) * 3 * joined->position_count, inputs);
        inputs = XXH3_64bits_withSeed(joined->positions_b,
                                      sizeof(float) * 3 * joined->position_count, inputs);
    }
    (void)snprintf(s->configuration, sizeof s->configuration,
                   "environment=%s cells=%u:%016llx inputs=%016llx quick=%d peers=%d seed=%llu "
                   "order=%s",
                   s->environment.fingerprint, s->base_cells, (unsigned long long)cells,
                   (unsigned long long)inputs, (int)s->options->quick, (int)s->options->peers,
                   (unsigned long long)s->seed, s->options->fixed_order ? "fixed" : "random");
    (void)snprintf(s->configuration_hash, sizeof s->configuration_hash, "%016llx",
                   (unsigned long long)XXH3_64bits(s->configuration, strlen(s->configuration)));
}

/* --- the store -------------------------------------------------------------------------------- */

/* The command line as one string, for people. */
static void join_command(char *out, size_t out_bytes, int argc, char *const *argv) {
    size_t used = (size_t)snprintf(out, out_bytes, "fmbench");
    for (int i = 1; i < argc && used < out_bytes; ++i)
        used += (size_t)snprintf(out + used, out_bytes - used, " %s", argv[i]);
}

static const char *name_store(fmi_sweep *s) {
    fmi_store_place(s->options->db, s->db, sizeof s->db);
    return s->db;
}

static fm_status begin_run(fmi_sweep *s, fm_error *err) {
    char command[1024];
    join_command(command, sizeof command, s->argc, s->argv);
    fmi_store_run_id(s->run, s->started);
    const fmi_store_run run = {.id = s->run,
                               .started = s->started,
                               .command = command,
                               .argc = s->argc,
                               .argv = s->argv,
                               .configuration = s->configuration,
                               .configuration_hash = s->configuration_hash,
                               .order = s->options->fixed_order ? "fixed" : "random",
                               .seed = s->seed,
                               .quick = s->options->quick,
                               .cells = s->cells.count,
                               .environment = &s->environment};
    const fm_status status = fmi_run_claim(&s->claim, s->db, s->run, err);
    return status == FM_OK ? fmi_store_begin(s->store, &run, err) : status;
}

/* The part that is there already: same configuration, then its cells. */
static fm_status continue_run(fmi_sweep *s, const fmi_store_found *found, fm_error *err) {
    (void)snprintf(s->run, sizeof s->run, "%s", found->name);
    (void)snprintf(s->started, sizeof s->started, "%s", found->started);
    if (strcmp(found->configuration_hash, s->configuration_hash) != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "run %s cannot go on, something else would be measured: it had %s; now "
                        "%s; start a new run",
                        found->name, found->configuration, s->configuration);
    fm_status status = fmi_run_claim(&s->claim, s->db, s->run, err);
    if (status == FM_OK)
        status = fmi_store_resume(s->store, found, err);
    if (status == FM_OK)
        status = fmi_store_load(s->store, &s->cells, &s->caps, err);
    s->resumed = true;
    return status;
}

/* --- after the last cell ---------------------------------------------------------------------- */

static int conclude(const fmi_sweep *s) {
    uint32_t count[FMI_CELL_STATUSES] = {0};
    for (uint32_t i = 0; i < s->cells.count; ++i)
        count[s->cells.cell[i].status]++;
    const bool wrong = count[FMI_CELL_WRONG_RESULT] > 0;
    const bool ran = count[FMI_CELL_OK] + count[FMI_CELL_NOISY] + count[FMI_CELL_THROTTLED] > 0;
    const int stopped = fmi_signals_exit_code();
    (void)fprintf(stderr, "verdict=%s cells=%u",
                  wrong     ? "wrong-result"
                  : stopped ? "interrupted"
                  : ran     ? "ok"
                            : "none-ran",
                  s->cells.count);
    for (uint32_t i = FMI_CELL_OK; i < FMI_CELL_STATUSES; ++i)
        (void)fprintf(stderr, " %s=%u", fmi_cell_status_name((fmi_cell_status)i), count[i]);
    (void)fprintf(stderr, " seconds=%.1f run=%s\n", fmi_clock_since_start(), s->run);
    return wrong ? 1 : stopped ? stopped : ran ? 0 : 4;
}

fm_status fmi_sweep_print(const fmi_sweep *s, fm_error *err) {
    char resolution[400];
    fmi_noise noise = {0};
    if (s->store && fmi_store_read_noise(s->store, s->environment.machine, &noise, err) != FM_OK)
        return err ? err->status : FM_ERROR_IO;
    fmi_noise_text(&noise, resolution, sizeof resolution);
    char command[1024];
    join_command(command, sizeof command, s->argc, s->argv);
    const fmi_report report = {.cells = &s->cells,
                               .environment = &s->environment,
                               .roofs = &s->roofs,
                               .cold = &s->cold,
                               .run = s->run,
                               .started = s->started,
                               .status = fmi_signals_stop() ? "interrupted" : "done",
                               .command = command,
                               .order = s->options->fixed_order ? "fixed" : "random",
                               .seed = s->seed,
                               .quick = s->options->quick,
                               .resolution = resolution};
    return fmi_report_print(&report, s->options->format, stdout, err);
}

/* --- the command ------------------------------------------------------------------------------ */

/* The page of the run: where -o says, and for the main job beside the store. */
static fm_status write_page(const fmi_sweep *s, fm_error *err) {
    char path[1100];
    size_t length = strlen(s->db);
    if (!s->options->output && s->options->chosen)
        return FM_OK;
    if (length > 3 && strcmp(s->db + length - 3, ".db") == 0)
        length -= 3;
    (void)snprintf(path, sizeof path, "%.*s.html", (int)length, s->db);
    const char *out = s->options->output ? s->options->output : path;
    const fm_status status = fmi_page_write(s->store, s->run, NULL, out, err);
    if (status == FM_OK)
        fmi_console_say("report: %s", out);
    return status;
}

static fm_status measure(fmi_sweep *s, const fmi_store_found *found, fm_error *err) {
    s->seed = found ? found->seed : s->options->seed_set ? s->options->seed : (uint64_t)time(NULL);
    fm_status status = prepare(s, true, err);
    if (status == FM_OK && !s->store) /* late: a run that cannot start leaves no empty store */
        status = fmi_store_open(&s->store, name_store(s), err);
    if (status != FM_OK)
        return status;
    fmi_environment_read(&s->environment, &s->caps, &s->opencl);
    fmi_sweep_configure(s);
    status = found ? continue_run(s, found, err) : begin_run(s, err);
    if (status == FM_OK)
        status = fmi_sweep_run(s, err);
    if (status == FM_OK && !s->options->chosen && !fmi_signals_stop())
        fmi_sweep_keep_tuning(s);
    if (status == FM_OK)
        status = fmi_store_end(s->store, fmi_signals_stop() ? "interrupted" : "done", err);
    if (status == FM_OK)
        status = fmi_sweep_print(s, err);
    return status == FM_OK ? write_page(s, err) : status;
}

/* The options of the run to go on with, where the command line has none of its own. */
static fm_status find_run(fmi_sweep *s, fmi_options *theirs, fmi_store_found *found,
                          fm_error *err) {
    fm_status status = fmi_store_open_existing(&s->store, name_store(s), err);
    if (status == FM_OK)
        status = fmi_store_find(s->store, s->options->resume, found, err);
    if (status != FM_OK || s->options->chosen)
        return status;
    const fmi_options *ours = s->options;
    status = fmi_options_parse(theirs, found->argc, found->argv, err);
    theirs->db = ours->db;
    theirs->output = ours->output ? ours->output : theirs->output;
    theirs->format = ours->format;
    theirs->log_level = ours->log_level;
    theirs->max_time_s = ours->max_time_set ? ours->max_time_s : theirs->max_time_s;
    s->options = theirs;
    s->argc = found->argc;
    s->argv = found->argv;
    return status;
}

static fm_status look(fmi_sweep *s, fm_error *err) {
    s->seed = s->options->seed_set ? s->options->seed : 1;
    const fm_status status = prepare(s, false, err);
    return status == FM_OK ? fmi_sweep_preview(s, err) : status;
}

static int sweep_one(const fmi_options *options, int argc, char *const *argv) {
    fmi_sweep *s = calloc(1, sizeof *s);
    fmi_options *theirs = calloc(1, sizeof *theirs);
    fmi_store_found found = {0};
    fm_error err = {0};
    if (s)
        s->claim = -1;
    fm_status status =
        s && theirs ? FM_OK : fmi_fail(&err, FM_ERROR_HOST_MEMORY, "no memory for a sweep");
    const bool looks_only = options->list || options->dry_run;
    if (status == FM_OK) {
        s->options = options;
        s->argc = argc;
        s->argv = argv;
        s->begun_s = fmi_clock_since_start();
        s->begun_s = s->begun_s < 2.0 ? 0.0 : s->begun_s; /* the first one pays for the start */
        s->log = fmi_console_logger(options->log_level);
        if (looks_only)
            status = look(s, &err);
        else if (options->resume)
            status = find_run(s, theirs, &found, &err);
        if (status == FM_OK && !looks_only)
            status = measure(s, options->resume ? &found : NULL, &err);
    }
    const int code = status != FM_OK || !s ? fmi_console_error(&err) : looks_only ? 0 : conclude(s);
    if (s)
        sweep_free(s);
    fmi_store_found_free(&found);
    free(theirs);
    free(s);
    return code;
}

/* A wrong result anywhere is one; else one device that works is enough. */
static int worse(int a, int b) {
    return a == 1 || b == 1 ? 1 : a == 0 || b == 0 ? 0 : a;
}

/* One sweep after another, each a run of its own; as JSON they are one object. */
static int sweep_all(const fmi_options *options, int argc, char *const *argv) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err = {0};
    int code = -1;
    const bool json = options->format == FMI_FORMAT_JSON;
    fm_status status = fm_devices(&caps, &count, &err);
    if (status == FM_OK && count == 0)
        status = fmi_fail(&err, FM_ERROR_NO_DEVICE, "no OpenCL device; see fmbench doctor");
    if (status != FM_OK)
        return fmi_console_error(&err);
    if (json)
        (void)printf("{\"schema\":\"fmbench/sweeps/1\",\"sweeps\":[\n");
    for (size_t i = 0; i < count && !fmi_signals_stop(); ++i) {
        fmi_options own = *options;
        own.device = caps[i].id;
        own.all_devices = false;
        char page[1100];
        (void)snprintf(page, sizeof page, "%s.%zu.html", options->output ? options->output : "", i);
        own.output = options->output && i > 0 ? page : options->output;
        if (json && i > 0)
            (void)printf(",\n");
        const int one = sweep_one(&own, argc, argv);
        code = code < 0 ? one : worse(code, one);
    }
    if (json)
        (void)printf("]}\n");
    fm_devices_free(&caps);
    return fmi_text_flush(&err) == FM_OK ? code : fmi_console_error(&err);
}

int fmi_command_sweep(const fmi_options *options, int argc, char *const *argv) {
    if (options->pin && fmi_pin_to_cores() == 0)
        (void)fprintf(stderr, "fmbench: warning: --pin: the system does not let us bind threads\n");
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    if (options->concurrent)
        return fmi_command_concurrent(options, argc, argv);
    return options->all_devices && !options->resume ? sweep_all(options, argc, argv)
                                                    : sweep_one(options, argc, argv);
}
