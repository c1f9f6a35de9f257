/* SPDX-License-Identifier: MIT */
#include "page.h"

#include "error.h"
#include "io/output.h"
#include "metrics.h"
#include "page_files.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fmi_page_section(const fmi_page *page, const char *id, const char *title, const char *words) {
    fmi_html_format(page->out, "<h2 id=%s>", id);
    fmi_html_text(page->out, title);
    fmi_html_raw(page->out, "</h2>\n<p class=soft>");
    fmi_html_text(page->out, words);
    fmi_html_raw(page->out, "</p>\n");
}

void fmi_page_tooltip(const fmi_page *page, const char *name) {
    const fmi_metric *metric = fmi_metric_find(name);
    if (!metric)
        return;
    fmi_html_raw(page->out, " title=\"");
    fmi_html_text(page->out, metric->text);
    fmi_html_raw(page->out, "\"");
}

void fmi_page_head(const fmi_page *page, const char *names) {
    fmi_html_raw(page->out, "<div class=scroll><table><thead><tr>");
    while (*names) {
        char name[64];
        const bool right = *names == '>';
        const size_t length = strcspn(names, "|");
        (void)snprintf(name, sizeof name, "%.*s", (int)(length - right), names + right);
        fmi_html_raw(page->out, right ? "<th class=n" : "<th");
        fmi_page_tooltip(page, name);
        fmi_html_raw(page->out, ">");
        fmi_html_text(page->out, name);
        names += length + (names[length] == '|');
    }
    fmi_html_raw(page->out, "</tr></thead><tbody>\n");
}

char *fmi_page_error(const fmi_cell *cell, char out[48]) {
    if (strcmp(cell->error_unit, "level") == 0)
        (void)snprintf(out, 48, "%.0f/255", cell->check.max);
    else
        (void)snprintf(out, 48, "%.3g %s", cell->check.max, cell->error_unit);
    return out;
}

char *fmi_page_seconds(double seconds, char out[32]) {
    char text[24];
    fmi_html_si(text, seconds);
    (void)snprintf(out, 32, "%s%s", text, !isfinite(seconds) ? "" : strchr(text, ' ') ? "s" : " s");
    return out;
}

/* --- the raw numbers ----------------------------------------------------------------------------
 */

/* Six digits say everything that was measured. */
static double six(double value) {
    char text[32];
    if (!isfinite(value))
        return value;
    (void)snprintf(text, sizeof text, "%.6g", value);
    return strtod(text, NULL);
}

static void data_row(fmi_json *json, const fmi_cell *cell) {
    const double none = (double)NAN;
    char shape[FMI_POINT_TEXT];
    fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
    fmi_json_begin(json, NULL, '[');
    fmi_json_string(json, NULL, cell->op->name);
    fmi_json_uint(json, NULL, cell->params.batch);
    fmi_json_string(json, NULL, fm_level_name(cell->params.level));
    fmi_json_string(json, NULL, shape);
    fmi_json_known(json, NULL, fmi_point_vertices(&cell->params));
    fmi_json_string(json, NULL, fmi_cell_status_name(cell->status));
    fmi_json_string(json, NULL, cell->op->unit);
    const double numbers[] = {
        cell->timed ? cell->rate : none,         cell->timed ? cell->rate_lo : none,
        cell->timed ? cell->rate_hi : none,      cell->timed ? cell->bench.wall.median : none,
        cell->checked ? cell->check.max : none,  cell->checked ? cell->check.psnr : none,
        cell->timed ? cell->roof_fraction : none};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i)
        fmi_json_double(json, NULL, six(numbers[i]));
    fmi_json_known(json, NULL, cell->facts.bytes);
    fmi_json_double(json, NULL, cell->facts.flops > 0.0 ? six(cell->facts.flops) : none);
    fmi_json_known(json, NULL, cell->facts.planned_bytes);
    fmi_json_known(json, NULL, cell->facts.peak_bytes);
    fmi_json_begin(json, NULL, '[');
    for (size_t i = cell->bench.warm_ups;
         i < cell->bench.count && i < cell->bench.warm_ups + FMI_PAGE_SAMPLES; ++i)
        fmi_json_double(json, NULL, six(1e6 * cell->bench.samples[i].seconds));
    fmi_json_end(json);
    fmi_json_end(json);
}

void fmi_page_data(const fmi_page *page) {
    static const char *const columns[] = {
        "op",    "batch",   "level",         "shape",      "vertices",  "status", "unit",
        "rate",  "rate_lo", "rate_hi",       "median_s",   "error_max", "psnr",   "roof_fraction",
        "bytes", "flops",   "planned_bytes", "peak_bytes", "samples_us"};
    const fmi_saved *run = page->run;
    fmi_json json = {.compact = true};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/report/1");
    fmi_json_string(&json, "run", run->name);
    fmi_json_string(&json, "started", run->started);
    fmi_environment_json(&run->environment, &json, "environment");
    fmi_roofs_json(&run->roofs, &json, "roofs");
    fmi_json_begin(&json, "columns", '[');
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; ++i)
        fmi_json_string(&json, NULL, columns[i]);
    fmi_json_end(&json);
    fmi_json_begin(&json, "rows", '[');
    for (uint32_t i = 0; i < run->cells.count; ++i)
        data_row(&json, &run->cells.cell[i]);
    fmi_json_end(&json);
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    fmi_html_raw(page->out, "<script type=\"application/json\" id=data>");
    if (text)
        fmi_html_json(page->out, text);
    else
        page->out->failed = true;
    fmi_html_raw(page->out, "</script>\n");
    fmi_json_free(&json);
}

/* --- the page
 * ------------------------------------------------------------------------------------- */

static void head(const fmi_page *page) {
    fmi_html_raw(page->out,
                 "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
                 "content=\"width=device-width\"><meta http-equiv=Content-Security-Policy "
                 "content=\"default-src 'none';style-src 'unsafe-inline';script-src "
                 "'unsafe-inline'\"><title>fmbench: ");
    fmi_html_text(page->out, page->run->environment.caps.name);
    fmi_html_textf(page->out, ", %s", page->run->started);
    fmi_html_raw(page->out, "</title><style>\n");
    fmi_html_bytes(page->out, fmi_page_css, fmi_page_css_bytes);
    fmi_html_raw(page->out, "</style></head><body>\n<button id=theme>dark or light</button>\n<h1>");
    fmi_html_text(page->out, page->run->environment.caps.name);
    fmi_html_raw(page->out, "</h1>\n<p class=soft>");
    fmi_html_textf(page->out, "fmbench %s, %s, run %s of %s%s; %s", page->run->environment.version,
                   page->run->environment.revision, page->run->name, page->run->started,
                   page->run->quick ? ", quick" : "", page->run->environment.caps.platform);
    fmi_html_raw(page->out,
                 "</p>\n<nav><a href=#throughput>throughput</a><a href=#levels>levels</a>"
                 "<a href=#advice>advice</a><a href=#stages>stages</a>"
                 "<a href=#roofline>roofline</a><a href=#memory>memory</a><a "
                 "href=#cold>cold start</a><a href=#history>history</a><a "
                 "href=#all>all cells</a><a href=#scoreboard>claims</a><a "
                 "href=#environment>environment</a></nav>\n");
}

static void tile(const fmi_page *page, const char *value, const char *what, bool bad) {
    fmi_html_raw(page->out, bad ? "<li class=bad><b>" : "<li><b>");
    fmi_html_text(page->out, value);
    fmi_html_raw(page->out, "</b>");
    fmi_html_text(page->out, what);
    fmi_html_raw(page->out, "</li>");
}

/* Not measured because another level has the same program and plan. */
static bool is_repeat(const fmi_cell *cell) {
    return cell->status == FMI_CELL_SKIPPED && strncmp(cell->reason, "same as ", 8) == 0;
}

static void tiles(const fmi_page *page) {
    const fmi_cells *cells = &page->run->cells;
    uint32_t count[FMI_CELL_STATUSES] = {0};
    char text[64], rate[24], what[FMI_POINT_TEXT + 32];
    uint32_t same = 0;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const bool repeats = is_repeat(&cells->cell[i]);
        same += repeats;
        count[cells->cell[i].status] += !repeats;
    }
    fmi_html_raw(page->out, "<ul class=tiles>");
    (void)snprintf(text, sizeof text, "%u of %u", count[FMI_CELL_OK], cells->count - same);
    tile(page, text, "cells measured and right", false);
    (void)snprintf(text, sizeof text, "%u", same);
    if (same)
        tile(page, text, "more run as another level does", false);
    for (uint32_t s = FMI_CELL_UNSUPPORTED; s < FMI_CELL_STATUSES; ++s) {
        (void)snprintf(text, sizeof text, "%u", count[s]);
        if (count[s])
            tile(page, text, fmi_cell_status_name((fmi_cell_status)s),
                 s == FMI_CELL_WRONG_RESULT || s == FMI_CELL_CRASHED);
    }
    for (uint32_t o = 0; fmi_cases[o]; ++o) {
        const fmi_cell *best = NULL;
        for (uint32_t i = 0; i < cells->count; ++i)
            if (cells->cell[i].timed && cells->cell[i].op == fmi_cases[o] &&
                (!best || cells->cell[i].rate > best->rate))
                best = &cells->cell[i];
        if (!best)
            continue;
        (void)snprintf(text, sizeof text, "%s %s", fmi_html_si(rate, best->rate), best->op->unit);
        fmi_point_text(best->op, &best->params, what);
        tile(page, text, what, false);
    }
    fmi_html_raw(page->out, "</ul>\n");
}

static int by_value(const void *a, const void *b) {
    const double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* How fine these numbers are: half the width of the intervals, in the middle of all cells. */
static void resolution(const fmi_page *page) {
    const fmi_cells *cells = &page->run->cells;
    double *half = calloc(cells->count + 1, sizeof *half);
    page->out->failed = page->out->failed || !half;
    size_t n = 0;
    for (uint32_t i = 0; half && i < cells->count; ++i) {
        const fmi_summary *s = &cells->cell[i].bench.wall;
        if (cells->cell[i].timed && isfinite(s->lo) && isfinite(s->hi))
            half[n++] = 0.5 * (s->hi - s->lo) / s->median;
    }
    if (n > 0) {
        qsort(half, n, sizeof *half, by_value);
        fmi_html_format(page->out,
                        "<p>Within this run, half the width of an interval is %.1f %% of its "
                        "median in the middle of all cells, and below %.1f %% in 9 of 10.",
                        100.0 * half[n / 2], 100.0 * half[n * 9 / 10]);
        fmi_html_raw(page->out, " Between sessions a machine drifts by more than that.</p>\n");
    }
    free(half);
}

static void end(const fmi_page *page) {
    fmi_html_raw(page->out,
                 "<h2 id=method>How it was measured</h2>\n<p>No time without a check: outputs are "
                 "poisoned, computed and compared with a double-precision reference before the "
                 "timing, and must be the same bytes after it. A sample is K launches and a wait, "
                 "about 10 ms; the middle is the median, its interval comes from order statistics "
                 "and assumes no distribution; nothing is dropped. A rate above 1.05 times the "
                 "measured roof is impossible and not shown. results/README.md of the project "
                 "says what each number means.</p>\n");
    fmi_page_data(page);
    fmi_html_raw(page->out, "<script>\n");
    fmi_html_bytes(page->out, fmi_page_js, fmi_page_js_bytes);
    fmi_html_raw(page->out, "</script>\n</body></html>\n");
}

static void build(const fmi_page *page) {
    head(page);
    tiles(page);
    resolution(page);
    fmi_page_throughput(page);
    fmi_page_levels(page);
    fmi_page_advice(page);
    fmi_page_stages(page);
    fmi_page_sizes(page);
    fmi_page_peers(page);
    fmi_page_roofline(page);
    fmi_page_memory(page);
    fmi_page_cold(page);
    fmi_page_history(page);
    fmi_page_cells(page);
    fmi_page_scoreboard(page);
    fmi_page_environment(page);
    end(page);
}

fm_status fmi_page_write(fmi_store *store, const char *run, const char *against, const char *path,
                         fm_error *err) {
    fmi_saved *own = NULL, *other = NULL;
    fmi_html html = {0};
    fm_status status = fmi_saved_load(&own, store, run, err);
    if (status == FM_OK && against)
        status = fmi_saved_load(&other, store, against, err);
    if (status == FM_OK) {
        const fmi_page page = {.out = &html, .run = own, .against = other, .store = store};
        build(&page);
        status = html.failed ? fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the report of %s",
                                        own->name)
                             : fmi_output_write(path, html.text, html.size, err);
    }
    fmi_html_free(&html);
    fmi_saved_free(&other);
    fmi_saved_free(&own);
    return status;
}
