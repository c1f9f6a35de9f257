/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "error.h"
#include "point.h"
#include "report_stages.h"
#include "table.h"

#include <math.h>
#include <string.h>

char *fmi_report_bytes(char out[24], uint64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 999.5 && unit < 4; ++unit)
        value /= 1000.0;
    if (bytes == 0)
        (void)strcpy(out, "-");
    else
        (void)snprintf(out, 24, "%.*f %s", unit && value < 99.95 ? 1 : 0, value, units[unit]);
    return out;
}

/* Three or four digits, whatever the size. */
static char *number(char out[24], double value) {
    if (!isfinite(value))
        (void)strcpy(out, "-");
    else
        (void)snprintf(out, 24, "%.*f", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
    return out;
}

static void add_shape(fmi_table *table, const fmi_cell *cell) {
    char shape[FMI_POINT_TEXT];
    fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
    fmi_table_add(table, "%s", shape);
}

static void add_error(fmi_table *table, const fmi_cell *cell) {
    if (!cell->checked || !cell->error_unit[0]) {
        fmi_table_add(table, "-");
        fmi_table_add(table, "-");
        return;
    }
    const bool levels = strcmp(cell->error_unit, "level") == 0;
    if (levels)
        fmi_table_add(table, "%.0f/255", cell->check.max);
    else
        fmi_table_add(table, "%.3g %s", cell->check.max, cell->error_unit);
    fmi_table_add(table, "%.4g %%", 100.0 * cell->check.share);
}

static void add_rate(fmi_table *table, const fmi_cell *cell) {
    char rate[24], lo[24], hi[24], cpu[24];
    if (!cell->timed) {
        for (int i = 0; i < 3; ++i)
            fmi_table_add(table, "-");
        return;
    }
    fmi_table_add(table, "%s %s", number(rate, cell->rate), cell->op->unit);
    fmi_table_add(table, "%s to %s", number(lo, cell->rate_lo), number(hi, cell->rate_hi));
    fmi_table_add(table, "%s", number(cpu, 1000.0 * cell->cpu_s_per_frame));
}

static void add_row(fmi_table *table, const fmi_cell *cell) {
    char planned[24], peak[24];
    fmi_table_add(table, "%s", cell->op->name);
    fmi_table_add(table, "%u%s", cell->params.batch, cell->planners_batch ? "*" : "");
    fmi_table_add(table, "%s", fm_level_name(cell->params.level));
    add_shape(table, cell);
    fmi_table_add(table, "%s", fmi_cell_status_name(cell->status));
    add_error(table, cell);
    add_rate(table, cell);
    const uint64_t plan =
        cell->facts.planned_bytes ? cell->facts.planned_bytes : cell->predicted_bytes;
    fmi_table_add(table, "%s", fmi_report_bytes(planned, plan));
    fmi_table_add(table, "%s", fmi_report_bytes(peak, cell->facts.peak_bytes));
    if (cell->timed && isfinite(cell->roof_fraction))
        fmi_table_add(table, "%.0f %% %s", 100.0 * cell->roof_fraction, cell->roof);
    else
        fmi_table_add(table, "-");
    fmi_table_add(table, "%s%s%s", cell->reason, cell->reason[0] && cell->warnings[0] ? "; " : "",
                  cell->warnings);
}

static void add_peer_row(fmi_table *table, const fmi_cell *cell, const fmi_peer_result *peer) {
    char rate[24], effect[24], lo[24], hi[24];
    fmi_table_add(table, "%s", cell->op->name);
    fmi_table_add(table, "%u", cell->params.batch);
    fmi_table_add(table, "%s", fm_level_name(cell->params.level));
    add_shape(table, cell);
    fmi_table_add(table, "%s", peer->peer->name);
    if (peer->status == FMI_CELL_OK) {
        fmi_table_add(table, "%s %s", number(rate, peer->rate), cell->op->unit);
        fmi_table_add(table, "%s", number(effect, peer->ratio.effect));
        fmi_table_add(table, "%s to %s", number(lo, peer->ratio.lo), number(hi, peer->ratio.hi));
    } else {
        for (int i = 0; i < 3; ++i)
            fmi_table_add(table, "-");
    }
    if (peer->ratio.n > 0 && isfinite(peer->facts.covered_fraction))
        fmi_table_add(table, "%.4f / %.4f", peer->facts.covered_fraction,
                      cell->facts.covered_fraction);
    else
        fmi_table_add(table, "-");
    fmi_table_add(table, isfinite(peer->check.psnr) && peer->check.compared ? "%.1f" : "-",
                  peer->check.psnr);
    fmi_table_add(table, "%s%s%s",
                  peer->status == FMI_CELL_OK ? "" : fmi_cell_status_name(peer->status),
                  peer->reason[0] ? ": " : "", peer->reason);
}

/* Of the first cell that has an input. */
static const char *input_label(const fmi_cells *cells) {
    for (uint32_t i = 0; i < cells->count; ++i)
        if (cells->cell[i].params.input)
            return cells->cell[i].params.input->label;
    return "";
}

/* Who was timed in turn, and how many times as long it took. */
static void print_peers(const fmi_report *report, fmi_format format, FILE *out) {
    static const char *const head[] = {"op",       ">batch", "level",    "shape",
                                       "peer",     ">rate",  ">x times", ">95 % interval",
                                       ">covered", ">dB",    "notes",    NULL};
    fmi_table table = {0};
    uint32_t rows = 0;
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < report->cells->count; ++i) {
        const fmi_cell *cell = &report->cells->cell[i];
        for (uint32_t p = 0; p < cell->peer_count; ++p, ++rows)
            add_peer_row(&table, cell, &cell->peer[p]);
    }
    if (rows > 0) {
        (void)fprintf(out, "\npeers, timed in turn with ours (x times: theirs over ours)\n\n");
        fmi_table_print(&table, format, out);
    }
    fmi_table_free(&table);
}

/* What the first run costs; never mixed with the numbers above. */
static void print_cold(const fmi_cold *cold, fmi_format format, FILE *out) {
    static const char *const head[] = {"cold start", ">ms", "what", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < cold->count; ++i) {
        fmi_table_add(&table, "%s", cold->stage[i].name);
        fmi_table_add(&table, "%.1f", 1e3 * cold->stage[i].seconds);
        fmi_table_add(&table, "%s", cold->stage[i].note);
    }
    if (cold->count) {
        (void)fprintf(out, "\n");
        fmi_table_print(&table, format, out);
    }
    fmi_table_free(&table);
}

static void print_table(const fmi_report *report, fmi_format format, FILE *out) {
    static const char *const head[] = {"op",       ">batch",  "level", "shape",          "status",
                                       ">error",   ">beyond", ">rate", ">95 % interval", ">core-ms",
                                       ">planned", ">peak",   ">roof", "notes",          NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < report->cells->count; ++i)
        add_row(&table, &report->cells->cell[i]);
    const fmi_environment *e = report->environment;
    (void)fprintf(out, "%s on %s, %u cores%s%s%s\n%s\n\n", e->caps.name, e->caps.platform, e->cores,
                  e->cpu[0] ? ", " : "", e->cpu,
                  e->event_clock[0] == 't' ? "" : ", event clock not trusted",
                  input_label(report->cells));
    fmi_table_print(&table, format, out);
    (void)fprintf(out,
                  "\n* the planner's batch. beyond: share of values past the tolerance. core-ms: "
                  "CPU time of all threads per frame.\n%s%srun %s\n",
                  report->resolution ? report->resolution : "", report->resolution ? "\n" : "",
                  report->run);
    fmi_table_free(&table);
    fmi_report_stages(report, format, out);
    fmi_report_sizes(report, format, out);
    print_peers(report, format, out);
    print_cold(report->cold, format, out);
}

static void csv_numbers(fmi_table *table, const double *values, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (isfinite(values[i]))
            fmi_table_add(table, "%.9g", values[i]);
        else
            fmi_table_add(table, "%s", "");
}

static void csv_row(fmi_table *table, const fmi_report *report, const fmi_cell *cell) {
    const double none = (double)NAN;
    const fmi_case_params *p = &cell->params;
    const fmi_summary *s = &cell->bench.wall;
    const fmi_case_facts *f = &cell->facts;
    fmi_table_add(table, "%s", report->run);
    fmi_table_add(table, "%s", cell->op->name);
    fmi_table_add(table, "%u", p->batch);
    fmi_table_add(table, "%s", fm_level_name(p->level));
    fmi_table_add(table, "%u", p->width);
    fmi_table_add(table, "%u", p->height);
    fmi_table_add(table, "%u", fmi_point_vertices(p));
    fmi_table_add(table, "%s", fmi_cell_status_name(cell->status));
    fmi_table_add(table, "%s", cell->reason);
    fmi_table_add(table, "%s", cell->checked ? cell->error_unit : "");
    const bool checked = cell->checked;
    const double error[] = {checked ? cell->check.max : none, checked ? cell->check.share : none,
                            checked ? cell->check.psnr : none};
    csv_numbers(table, error, 3);
    fmi_table_add(table, "%s", cell->op->unit);
    const double rates[] = {cell->rate, cell->rate_lo, cell->rate_hi,        s->median,
                            s->lo,      s->hi,         cell->cpu_s_per_frame};
    const double nothing[] = {none, none, none, none, none, none, none};
    csv_numbers(table, cell->timed ? rates : nothing, 7);
    fmi_table_add(table, "%zu", cell->timed ? s->n : (size_t)0);
    const double facts[] = {(double)f->bytes, cell->measured ? f->covered_fraction : none,
                            (double)(f->planned_bytes ? f->planned_bytes : cell->predicted_bytes),
                            (double)f->peak_bytes, f->free_bytes ? (double)f->free_bytes : none};
    csv_numbers(table, facts, 5);
    fmi_table_add(table, "%s", f->memory_source);
    fmi_table_add(table, "%s", f->memory_source[0] ? fm_trust_name(f->trust) : "");
    fmi_table_add(table, "%s", cell->warnings);
    fmi_table_add(table, "%s", fmi_caches_name(p->caches));
    const bool counted = cell->timed && cell->joules_per_frame > 0.0;
    csv_numbers(table, counted ? &cell->joules_per_frame : &none, 1);
}

static void print_values(const fmi_report *report, fmi_format format, FILE *out) {
    static const char *const head[] = {"run",
                                       "op",
                                       "batch",
                                       "level",
                                       "width",
                                       "height",
                                       "vertices",
                                       "status",
                                       "reason",
                                       "error_unit",
                                       "error_max",
                                       "error_share",
                                       "error_psnr",
                                       "unit",
                                       "rate",
                                       "rate_lo",
                                       "rate_hi",
                                       "median_s",
                                       "lo_s",
                                       "hi_s",
                                       "cpu_s_per_frame",
                                       "n",
                                       "bytes",
                                       "covered_fraction",
                                       "planned_bytes",
                                       "peak_bytes",
                                       "free_bytes",
                                       "memory_source",
                                       "memory_trust",
                                       "warnings",
                                       "cache",
                                       "joules_per_frame",
                                       NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < report->cells->count; ++i)
        csv_row(&table, report, &report->cells->cell[i]);
    if (format == FMI_FORMAT_TSV)
        fmi_table_tsv(&table, out);
    else
        fmi_table_csv(&table, out);
    fmi_table_free(&table);
}

fm_status fmi_report_print(const fmi_report *report, fmi_format format, FILE *out, fm_error *err) {
    if (format == FMI_FORMAT_JSON) {
        fmi_json json = {0};
        fmi_report_json(report, &json);
        const char *text = fmi_json_text(&json);
        if (text)
            (void)fputs(text, out);
        fmi_json_free(&json);
        if (!text)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the JSON of %u cells",
                            report->cells->count);
    } else if (format == FMI_FORMAT_CSV || format == FMI_FORMAT_TSV) {
        print_values(report, format, out);
    } else {
        print_table(report, format, out);
    }
    if (fflush(out) != 0 || ferror(out))
        return fmi_fail(err, FM_ERROR_IO,
                        "stdout: the results could not be printed; they are in the store");
    return FM_OK;
}
