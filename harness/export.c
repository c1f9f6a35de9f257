/* SPDX-License-Identifier: MIT */
#include "export.h"

#include "commands.h"
#include "console.h"
#include "error.h"
#include "html.h"
#include "io/output.h"
#include "io/text.h"
#include "point.h"
#include "saved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

fm_status fmi_export_jsonl(const fmi_report *report, FILE *out, fm_error *err) {
    for (uint32_t i = 0; i < report->cells->count; ++i) {
        fmi_json json = {.compact = true};
        fmi_report_cell_json(report, i, true, &json);
        const char *text = fmi_json_text(&json);
        const bool made = text != NULL, written = made && fputs(text, out) >= 0;
        fmi_json_free(&json);
        if (!written)
            return fmi_fail(err, made ? FM_ERROR_IO : FM_ERROR_HOST_MEMORY,
                            "cell %u could not be written", i);
    }
    return FM_OK;
}

/* --- JUnit --------------------------------------------------------------------------------------
 */

static void escaped(FILE *out, const char *text) {
    for (; *text; ++text) {
        const char *instead = fmi_html_entity(*text);
        if (instead)
            (void)fputs(instead, out);
        else
            (void)fputc(*text, out);
    }
}

static bool failed(const fmi_cell *cell) {
    return cell->status == FMI_CELL_WRONG_RESULT || cell->status == FMI_CELL_CRASHED ||
           cell->status == FMI_CELL_TIMEOUT;
}

static bool ran(const fmi_cell *cell) {
    return cell->status == FMI_CELL_OK || cell->status == FMI_CELL_NOISY;
}

static void junit_case(const fmi_cell *cell, FILE *out) {
    char point[FMI_POINT_TEXT];
    fmi_point_text(cell->op, &cell->params, point);
    (void)fprintf(out, "  <testcase classname=\"fmbench.%s\" time=\"%.3f\" name=\"", cell->op->name,
                  isfinite(cell->wall_s) ? cell->wall_s : 0.0);
    escaped(out, point);
    (void)fputs("\">", out);
    if (!ran(cell)) {
        (void)fprintf(out,
                      failed(cell) ? "<failure type=\"%s\" message=\"" : "<skipped message=\"%s: ",
                      fmi_cell_status_name(cell->status));
        escaped(out, cell->reason);
        (void)fputs("\"/>", out);
    } else {
        (void)fprintf(out, "<system-out>%.6g %s (%.6g to %.6g)</system-out>", cell->rate,
                      cell->op->unit, cell->rate_lo, cell->rate_hi);
    }
    (void)fputs("</testcase>\n", out);
}

void fmi_export_junit(const fmi_report *report, FILE *out) {
    uint32_t bad = 0, left = 0;
    double seconds = 0.0;
    for (uint32_t i = 0; i < report->cells->count; ++i) {
        const fmi_cell *cell = &report->cells->cell[i];
        bad += failed(cell);
        left += !failed(cell) && !ran(cell);
        seconds += isfinite(cell->wall_s) ? cell->wall_s : 0.0;
    }
    (void)fprintf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"fmbench\" "
                  "tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"%.3f\" "
                  "timestamp=\"%.19s\">\n",
                  report->cells->count, bad, left, seconds, report->started);
    for (uint32_t i = 0; i < report->cells->count; ++i)
        junit_case(&report->cells->cell[i], out);
    (void)fputs("</testsuite>\n", out);
}

/* --- Prometheus ---------------------------------------------------------------------------------
 */

/* A label's value: backslash, quote and line feed are escaped. */
static void label(FILE *out, const char *name, const char *value) {
    (void)fprintf(out, "%s=\"", name);
    for (const char *at = value; *at; ++at)
        if (*at == '\n')
            (void)fputs("\\n", out);
        else
            (void)fprintf(out, "%s%c", *at == '\\' || *at == '"' ? "\\" : "", *at);
    (void)fputc('"', out);
}

static void sample(const fmi_report *report, const fmi_cell *cell, const char *name, double value,
                   FILE *out) {
    char shape[FMI_POINT_TEXT];
    if (!isfinite(value))
        return;
    fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
    (void)fprintf(out, "%s{", name);
    label(out, "device", report->environment->caps.name);
    (void)fputc(',', out);
    label(out, "op", cell->op->name);
    (void)fprintf(out, ",batch=\"%u\",", cell->params.batch);
    label(out, "level", fm_level_name(cell->params.level));
    (void)fputc(',', out);
    label(out, "shape", shape);
    (void)fprintf(out, ",vertices=\"%u\",", fmi_point_vertices(&cell->params));
    label(out, "run", report->run);
    (void)fprintf(out, "} %.17g\n", value);
}

void fmi_export_prometheus(const fmi_report *report, FILE *out) {
    static const struct {
        const char *name, *help;
    } gauges[] = {{"fmbench_rate", "units of work a second, median"},
                  {"fmbench_rate_low", "lower end of the 95 % interval of the rate"},
                  {"fmbench_rate_high", "upper end of the 95 % interval of the rate"},
                  {"fmbench_error_max", "largest difference from the reference, in the op's unit"},
                  {"fmbench_peak_bytes", "device memory in use at most"},
                  {"fmbench_ok", "1: measured and right"}};
    for (size_t g = 0; g < sizeof gauges / sizeof gauges[0]; ++g) {
        (void)fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", gauges[g].name, gauges[g].help,
                      gauges[g].name);
        for (uint32_t i = 0; i < report->cells->count; ++i) {
            const fmi_cell *cell = &report->cells->cell[i];
            const double none = (double)NAN;
            const double values[] = {cell->timed ? cell->rate : none,
                                     cell->timed ? cell->rate_lo : none,
                                     cell->timed ? cell->rate_hi : none,
                                     cell->checked ? cell->check.max : none,
                                     cell->facts.peak_bytes ? (double)cell->facts.peak_bytes : none,
                                     cell->status == FMI_CELL_OK ? 1.0 : 0.0};
            sample(report, cell, gauges[g].name, values[g], out);
        }
    }
}

/* --- the command --------------------------------------------------------------------------------
 */

static fm_status print(const fmi_report *report, const fmi_options *options, const char *path,
                       FILE *out, fm_error *err) {
    const fmi_format format = options->format;
    if (options->summary) {
        fmi_report_summary(report, out);
        return FM_OK;
    }
    switch (format) {
    case FMI_FORMAT_JSONL:
        return fmi_export_jsonl(report, out, err);
    case FMI_FORMAT_JUNIT:
        fmi_export_junit(report, out);
        return FM_OK;
    case FMI_FORMAT_PROMETHEUS:
        fmi_export_prometheus(report, out);
        return FM_OK;
    case FMI_FORMAT_SQL:
        return fmi_export_sql(path, report->run, out, err);
    default:
        return fmi_report_print(report, format, out, err);
    }
}

/* Whole or not at all, on stdout as in a file. */
static fm_status deliver(const fmi_options *options, const fmi_report *report, const char *path,
                         fm_error *err) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    if (!memory)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an export");
    fm_status status = print(report, options, path, memory, err);
    const bool whole = fclose(memory) == 0;
    if (status == FM_OK && !whole)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an export");
    if (status == FM_OK && options->output)
        status = fmi_output_write(options->output, text, bytes, err);
    else if (status == FM_OK) {
        (void)fwrite(text, 1, bytes, stdout);
        status = fmi_text_flush(err);
    }
    free(text);
    return status;
}

int fmi_command_export(const fmi_options *options) {
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fm_error err = {0};
    fm_status status = FM_OK;
    if (options->format == FMI_FORMAT_TABLE)
        status =
            fmi_fail(&err, FM_ERROR_INVALID_ARGUMENT,
                     "export needs one of --json, --jsonl, --csv, --tsv, --sql, --md, --junit, "
                     "--prometheus");
    if (status == FM_OK)
        status = fmi_store_open_existing(&store, options->db, &err);
    if (status == FM_OK)
        status = fmi_saved_load(&run, store, options->word_count ? options->word[0] : "last", &err);
    if (status == FM_OK)
        status = deliver(options, &run->report, fmi_store_path(store), &err);
    fmi_saved_free(&run);
    fmi_store_close(&store);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
