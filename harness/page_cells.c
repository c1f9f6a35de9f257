/* SPDX-License-Identifier: MIT */
/* The table of all cells. */
#include "page.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void number(const fmi_page *page, double value, const char *text) {
    if (isfinite(value))
        fmi_html_format(page->out, "<td class=n data-v=%.6g>", value);
    else
        fmi_html_raw(page->out, "<td class=n data-v=NaN>");
    fmi_html_text(page->out, isfinite(value) ? text : "-");
}

static void words(const fmi_page *page, const char *text) {
    fmi_html_raw(page->out, "<td>");
    fmi_html_text(page->out, text);
}

/* A stroke for each sample, from the fastest to the slowest. */
static void strip(const fmi_page *page, const fmi_cell *cell) {
    const fmi_summary *s = &cell->bench.wall;
    fmi_html_raw(page->out, "<td>");
    if (!cell->timed || cell->bench.count <= cell->bench.warm_ups)
        return;
    const double span = s->max > s->min ? s->max - s->min : 1.0;
    fmi_html_raw(page->out, "<svg viewBox=\"0 0 90 14\" aria-hidden=true><path d=\"");
    for (size_t i = cell->bench.warm_ups;
         i < cell->bench.count && i < cell->bench.warm_ups + FMI_PAGE_SAMPLES; ++i)
        fmi_html_format(page->out, "M%.0f 2v10",
                        2.0 + 86.0 * (cell->bench.samples[i].seconds - s->min) / span);
    fmi_html_raw(page->out, "\"/></svg>");
}

static void rate_cells(const fmi_page *page, const fmi_cell *cell) {
    char text[96], rate[24], lo[24], hi[24];
    const double none = (double)NAN;
    (void)snprintf(text, sizeof text, "%s %s", fmi_html_si(rate, cell->rate), cell->op->unit);
    number(page, cell->timed ? cell->rate : none, text);
    (void)snprintf(text, sizeof text, "%s to %s", fmi_html_si(lo, cell->rate_lo),
                   fmi_html_si(hi, cell->rate_hi));
    number(page, cell->timed ? (cell->rate_hi - cell->rate_lo) / cell->rate : none, text);
    strip(page, cell);
    (void)snprintf(text, sizeof text, "%.4g", 1e3 * cell->bench.wall.median);
    number(page, cell->timed ? cell->bench.wall.median : none, text);
}

static bool repeats(const fmi_cell *cell) {
    return cell->status == FMI_CELL_SKIPPED && strncmp(cell->reason, "same as ", 8) == 0;
}

/* Those that say nothing of their own come last. */
static int in_order(const void *a, const void *b) {
    const bool x = repeats(*(const fmi_cell *const *)a), y = repeats(*(const fmi_cell *const *)b);
    return x != y ? x - y : fmi_page_in_order(a, b);
}

static void cell_row(const fmi_page *page, const fmi_cell *cell, uint32_t index) {
    char text[FMI_POINT_TEXT], bytes[24], error[48];
    const double none = (double)NAN;
    const uint64_t planned = cell->facts.planned_bytes;
    fmi_html_format(page->out, "<tr data-i=%u>", index);
    words(page, cell->op->name);
    (void)snprintf(text, sizeof text, "%u%s", cell->params.batch, cell->planners_batch ? "*" : "");
    number(page, cell->params.batch, text);
    words(page, fm_level_name(cell->params.level));
    fmi_point_shape(cell->op, &cell->params, text, sizeof text);
    words(page, text);
    const bool good = cell->status == FMI_CELL_OK;
    const bool bad = cell->status == FMI_CELL_WRONG_RESULT || cell->status == FMI_CELL_CRASHED;
    fmi_html_raw(page->out, good ? "<td class=good>" : bad ? "<td class=bad>" : "<td>");
    fmi_html_text(page->out, fmi_cell_status_name(cell->status));
    rate_cells(page, cell);
    number(page, cell->checked ? cell->check.max : none, fmi_page_error(cell, error));
    number(page, planned ? (double)planned : none, fmi_report_bytes(bytes, planned));
    number(page, cell->facts.peak_bytes ? (double)cell->facts.peak_bytes : none,
           fmi_report_bytes(bytes, cell->facts.peak_bytes));
    (void)snprintf(text, sizeof text, "%.*f %% %s", cell->roof_fraction < 0.0095 ? 1 : 0,
                   100.0 * cell->roof_fraction, cell->roof);
    number(page, cell->timed ? cell->roof_fraction : none, text);
    fmi_html_raw(page->out, "<td class=w>");
    fmi_html_text(page->out, cell->reason);
    fmi_html_text(page->out, cell->reason[0] && cell->warnings[0] ? "; " : "");
    fmi_html_text(page->out, cell->warnings);
    fmi_html_raw(page->out, "</tr>\n");
}

void fmi_page_cells(const fmi_page *page) {
    static const char *const head[] = {"op",      "batch",         "level",   "shape",     "status",
                                       "rate",    "95 % interval", "samples", "median ms", "error",
                                       "planned", "used",          "roof",    "notes"};
    fmi_page_section(
        page, "all", "All cells",
        "Every point of the sweep with what became of it; levels that run as another one "
        "does come last. With scripts: click a heading to sort, a row for its "
        "samples.");
    fmi_html_raw(
        page->out,
        "<div class=tools><input id=words placeholder=\"words\" aria-label=\"filter by "
        "words\"><select id=op aria-label=op><option value=\"\">all ops</select><select "
        "id=level aria-label=level><option value=\"\">all levels</select><select id=status "
        "aria-label=status><option value=\"\">all statuses</select><span id=shown "
        "class=soft></span></div>\n<div id=detail></div>\n<div class=scroll "
        "id=cells><table><thead><tr>");
    for (size_t i = 0; i < sizeof head / sizeof head[0]; ++i) {
        const bool right = i == 1 || (i >= 5 && i + 1 < sizeof head / sizeof head[0] && i != 7);
        fmi_html_raw(page->out, right ? "<th class=n data-sort" : "<th data-sort");
        fmi_page_tooltip(page, strcmp(head[i], "samples") == 0 ? "samples_raw" : head[i]);
        fmi_html_raw(page->out, ">");
        fmi_html_text(page->out, head[i]);
    }
    fmi_html_raw(page->out, "</tr></thead><tbody>\n");
    const fmi_cells *cells = &page->run->cells;
    const fmi_cell **order = malloc(sizeof(fmi_cell *) * (cells->count ? cells->count : 1));
    for (uint32_t i = 0; order && i < cells->count; ++i)
        order[i] = &cells->cell[i];
    if (order)
        qsort(order, cells->count, sizeof(fmi_cell *), in_order);
    for (uint32_t i = 0; order && i < cells->count; ++i)
        cell_row(page, order[i], (uint32_t)(order[i] - cells->cell));
    page->out->failed = page->out->failed || !order;
    free(order);
    fmi_html_raw(page->out, "</tbody></table></div>\n<p>");
    fmi_html_text(page->out, page->run->resolution);
    fmi_html_raw(page->out, "</p>\n");
}
