/* SPDX-License-Identifier: MIT */
/* fmbench --sweep: device, inputs, cells, store; each cell checked, timed, stored; then the table.
 */
#include "clock.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "pcg.h"
#include "point.h"
#include "report.h"
#include "store.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Everything one sweep owns. Zeroed = nothing yet. */
typedef struct sweep {
    const fmi_options *options;
    fm_log log;
    fmi_environment environment;
    fm_caps caps;
    fmi_input *input[FMI_AXIS_MAX];
    uint32_t input_count;
    fmi_cells cells;
    uint32_t *order; /* cells by time of execution */
    uint64_t seed;
    fmi_store *store;
    char db[1024], run[32], started[32];
    fmi_progress_line progress;
} sweep;

static void sweep_free(sweep *s) {
    fmi_store_close(&s->store);
    fmi_cells_free(&s->cells);
    for (uint32_t i = 0; i < s->input_count; ++i)
        fmi_input_destroy(&s->input[i]);
    free(s->order);
}

/* --- before the first cell ------------------------------------------------------------------ */

static fm_status open_device(sweep *s, fm_error *err) {
    fm_engine *engine = NULL;
    const fmi_case_params params = {.device = s->options->device, .log = s->log};
    const fm_status status = fmi_case_engine(&engine, &params, err);
    if (status != FM_OK)
        return status;
    s->caps = *fm_engine_caps(engine);
    fm_engine_destroy(&engine);
    return FM_OK;
}

static bool needs_pictures(const fmi_options *options) {
    for (uint32_t i = 0; i < options->op_count; ++i)
        if (options->ops[i]->uses & FMI_USES_MESH)
            return true;
    return false;
}

static bool needs_input(const fmi_options *options) {
    for (uint32_t i = 0; i < options->op_count; ++i)
        if (options->ops[i]->uses & (FMI_USES_MESH | FMI_USES_POINTS))
            return true;
    return false;
}

static fm_status make_inputs(sweep *s, fm_error *err) {
    const fmi_options *o = s->options;
    if (o->input[0]) {
        s->input_count = 1;
        return fmi_input_files(&s->input[0], o->input[0], o->input[1], &s->log, err);
    }
    for (uint32_t i = 0; i < o->vertices.count && needs_input(o); ++i) {
        /* Painting skins takes longer than a morph cell: only where pictures are made. */
        const fmi_sample_params params = {.vertices = (uint32_t)o->vertices.value[i].a,
                                          .texture = needs_pictures(o) ? 2048 : 64};
        s->input_count = i + 1;
        const fm_status status = fmi_input_sample(&s->input[i], &params, err);
        if (status != FM_OK)
            return status;
    }
    return FM_OK;
}

static fm_status make_order(sweep *s, fm_error *err) {
    const uint32_t n = s->cells.count;
    s->order = malloc(sizeof *s->order * (n ? n : 1));
    if (!s->order)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the order of %u cells", n);
    s->seed = s->options->seed_set ? s->options->seed : (uint64_t)time(NULL);
    fmi_pcg pcg = fmi_pcg_seed(s->seed);
    fmi_pcg_shuffle(&pcg, s->order, n);
    for (uint32_t i = 0; s->options->fixed_order && i < n; ++i)
        s->order[i] = i;
    return FM_OK;
}

static fm_status prepare(sweep *s, fm_error *err) {
    fm_status status = open_device(s, err);
    if (status == FM_OK)
        status = make_inputs(s, err);
    if (status == FM_OK)
        status = fmi_cells_make(&s->cells, s->options, s->input, s->input_count, &s->caps, err);
    for (uint32_t i = 0; i < s->cells.count; ++i)
        s->cells.cell[i].params.log = s->log;
    return status == FM_OK ? make_order(s, err) : status;
}

/* The command line as one string, for people. */
static void join_command(char *out, size_t out_bytes, int argc, char *const *argv) {
    size_t used = (size_t)snprintf(out, out_bytes, "fmbench");
    for (int i = 1; i < argc && used < out_bytes; ++i)
        used += (size_t)snprintf(out + used, out_bytes - used, " %s", argv[i]);
}

static fm_status open_store(sweep *s, fm_error *err) {
    if (s->options->db)
        (void)snprintf(s->db, sizeof s->db, "%s", s->options->db);
    else
        fmi_store_default_path(s->db, sizeof s->db);
    fmi_store_run_id(s->run, s->started);
    return fmi_store_open(&s->store, s->db, err);
}

static fm_status begin_run(sweep *s, int argc, char *const *argv, fm_error *err) {
    char clock[160], command[1024];
    fmi_environment_clock(&s->caps, clock, sizeof clock);
    fmi_environment_read(&s->environment, &s->caps, clock);
    join_command(command, sizeof command, argc, argv);
    const fmi_store_run run = {.id = s->run,
                               .started = s->started,
                               .command = command,
                               .order = s->options->fixed_order ? "fixed" : "random",
                               .seed = s->seed,
                               .quick = s->options->quick,
                               .cells = s->cells.count,
                               .environment = &s->environment};
    return fmi_store_begin(s->store, &run, err);
}

/* --- the cells ------------------------------------------------------------------------------ */

static bool out_of_time(const sweep *s) {
    return s->options->max_time_s > 0.0 && fmi_clock_since_start() > s->options->max_time_s;
}

static fm_status run_cell(sweep *s, fmi_cell *cell, const fmi_cell_how *how, fm_error *err) {
    if (cell->status != FMI_CELL_PENDING)
        return FM_OK;
    if (fmi_signals_stop()) {
        fmi_cell_skip(cell, FMI_CELL_SKIPPED, "interrupted");
        return FM_OK;
    }
    if (out_of_time(s)) {
        fmi_cell_skip(cell, FMI_CELL_SKIPPED,
                      "the time budget of %.0f s is used up; raise --max-time",
                      s->options->max_time_s);
        return FM_OK;
    }
    const fm_status status = fmi_cell_run(cell, how, err);
    return status == FM_ERROR_CANCELLED ? FM_OK : status;
}

static void drop_samples(fmi_cell *cell) {
    free(cell->bench.samples);
    cell->bench.samples = NULL;
    for (uint32_t i = 0; i < cell->peer_count; ++i) {
        free(cell->peer[i].bench.samples);
        cell->peer[i].bench.samples = NULL;
    }
}

static fm_status run_cells(sweep *s, fm_error *err) {
    fmi_cell_how how =
        fmi_cell_how_make(s->options->quick, s->environment.clock_step_ns, fmi_signals_cancel());
    how.peers = s->options->peers;
    fmi_progress_line_start(&s->progress);
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < s->cells.count; ++i) {
        fmi_cell *cell = &s->cells.cell[s->order[i]];
        char what[FMI_POINT_TEXT];
        fmi_point_text(cell->op, &cell->params, what);
        fmi_progress_line_show(&s->progress, i, s->cells.count, what);
        status = run_cell(s, cell, &how, err);
        if (status == FM_OK)
            status = fmi_store_cell(s->store, cell, i, err);
        drop_samples(cell); /* they are in the store now */
    }
    fmi_progress_line_clear(&s->progress);
    return status;
}

/* --- after the last cell ---------------------------------------------------------------------- */

static int conclude(const sweep *s) {
    uint32_t count[FMI_CELL_STATUSES] = {0};
    for (uint32_t i = 0; i < s->cells.count; ++i)
        count[s->cells.cell[i].status]++;
    const bool wrong = count[FMI_CELL_WRONG_RESULT] > 0;
    const bool ran = count[FMI_CELL_OK] + count[FMI_CELL_NOISY] > 0;
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

static fm_status print_report(const sweep *s, fm_error *err) {
    const fmi_report report = {.cells = &s->cells,
                               .environment = &s->environment,
                               .run = s->run,
                               .started = s->started,
                               .order = s->options->fixed_order ? "fixed" : "random",
                               .seed = s->seed,
                               .quick = s->options->quick};
    return fmi_report_print(&report, s->options->format, stdout, err);
}

/* --- --list and --dry-run --------------------------------------------------------------------- */

/* Without a measurement: warm-up, samples of the usual length, making and checking. */
static double usual_seconds(const fmi_cell_how *how) {
    return 0.5 + how->bench.warm_s + (16.0 + how->bench.samples) * 2.0 * FMI_SAMPLE_TARGET_S;
}

static void list_cells(const sweep *s, FILE *out) {
    static const char *const head[] = {"op", ">batch", "level", "shape", ">vertices", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < s->cells.count; ++i) {
        const fmi_cell *cell = &s->cells.cell[i];
        fmi_table_add(&table, "%s", cell->op->name);
        fmi_table_add(&table, "%u", cell->params.batch);
        fmi_table_add(&table, "%s", fm_level_name(cell->params.level));
        char shape[FMI_POINT_TEXT];
        fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
        fmi_table_add(&table, "%s", shape);
        fmi_table_add(&table, "%u", fmi_point_vertices(&cell->params));
    }
    fmi_table_text(&table, out);
    fmi_table_free(&table);
}

static void dry_run(const sweep *s, FILE *out) {
    static const char *const head[] = {"op",       ">batch",           "level", "shape", ">bytes",
                                       ">seconds", "what will happen", NULL};
    const fmi_cell_how how = fmi_cell_how_make(s->options->quick, 1, NULL);
    double total = 0.0;
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < s->cells.count; ++i) {
        const fmi_cell *cell = &s->cells.cell[i];
        const bool runs = cell->status == FMI_CELL_PENDING;
        char bytes[24], shape[FMI_POINT_TEXT];
        total += runs ? usual_seconds(&how) : 0.0;
        const bool late = s->options->max_time_s > 0.0 && total > s->options->max_time_s;
        fmi_table_add(&table, "%s", cell->op->name);
        fmi_table_add(&table, "%u%s", cell->params.batch, cell->planners_batch ? "*" : "");
        fmi_table_add(&table, "%s", fm_level_name(cell->params.level));
        fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
        fmi_table_add(&table, "%s", shape);
        fmi_table_add(&table, "%s", fmi_report_bytes(bytes, cell->predicted_bytes));
        fmi_table_add(&table, "%.1f", runs ? usual_seconds(&how) : 0.0);
        fmi_table_add(&table, "%s%s%s", runs ? "run" : fmi_cell_status_name(cell->status),
                      runs ? (late ? ", if --max-time allows" : "") : ": ",
                      runs ? "" : cell->reason);
    }
    fmi_table_text(&table, out);
    (void)fprintf(out, "\nabout %.0f s for cells of usual length; * the planner's batch\n", total);
    fmi_table_free(&table);
}

/* Both print and touch neither store nor kernels; as JSON the cells are skipped ones. */
static fm_status preview(sweep *s, fm_error *err) {
    if (s->options->format != FMI_FORMAT_TABLE) {
        fmi_environment_read(&s->environment, &s->caps, "not tested");
        for (uint32_t i = 0; i < s->cells.count; ++i)
            if (s->cells.cell[i].status == FMI_CELL_PENDING)
                fmi_cell_skip(&s->cells.cell[i], FMI_CELL_SKIPPED, "dry run");
        return print_report(s, err);
    }
    if (s->options->list)
        list_cells(s, stdout);
    else
        dry_run(s, stdout);
    return fflush(stdout) == 0 ? FM_OK
                               : fmi_fail(err, FM_ERROR_IO, "the cells could not be printed");
}

/* --- the command ------------------------------------------------------------------------------ */

static fm_status measure(sweep *s, int argc, char *const *argv, fm_error *err) {
    fm_status status = prepare(s, err);
    if (status == FM_OK) /* last, so that a run that cannot start leaves no empty store */
        status = open_store(s, err);
    if (status == FM_OK)
        status = begin_run(s, argc, argv, err);
    if (status == FM_OK)
        status = run_cells(s, err);
    if (status == FM_OK)
        status = fmi_store_end(s->store, fmi_signals_stop() ? "interrupted" : "done", err);
    return status == FM_OK ? print_report(s, err) : status;
}

int fmi_command_sweep(const fmi_options *options, int argc, char *const *argv) {
    sweep *s = calloc(1, sizeof *s);
    fm_error err = {0};
    if (!s) {
        (void)fmi_fail(&err, FM_ERROR_HOST_MEMORY, "no memory for a sweep");
        return fmi_console_error(&err);
    }
    s->options = options;
    s->log = fmi_console_logger(options->log_level);
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    const bool looks_only = options->list || options->dry_run;
    fm_status status = FM_OK;
    if (looks_only) {
        status = prepare(s, &err);
        if (status == FM_OK)
            status = preview(s, &err);
    } else {
        status = measure(s, argc, argv, &err);
    }
    int code = 0;
    if (status != FM_OK)
        code = fmi_console_error(&err);
    else if (!looks_only)
        code = conclude(s);
    sweep_free(s);
    free(s);
    return code;
}
