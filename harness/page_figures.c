/* SPDX-License-Identifier: MIT */
/* The pictures of a page: rates over batches, roofline, memory. */
#include "page.h"
#include "plot.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIGURES 60 /* more make the file large; the table has every cell */
#define CURVE 64
#define OPS 24 /* more would share a colour and a word */
#define ALIGNMENT 4096.0

static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH, FM_LEVEL_EXTREME};
static const char *const level_words[] = {"low", "medium", "high", "extreme"};

/* --- rates over batches --------------------------------------------------------------------- */

/* The timed cells of a group at a level by batch. */
typedef struct curve {
    const fmi_cell *cell[CURVE];
    uint32_t count;
} curve;

static int by_batch(const void *a, const void *b) {
    const uint32_t one = (*(const fmi_cell *const *)a)->params.batch;
    const uint32_t two = (*(const fmi_cell *const *)b)->params.batch;
    return (one > two) - (one < two);
}

static void collect(curve *c, const fmi_cells *cells, const fmi_cell *group, fm_level level) {
    c->count = 0;
    for (uint32_t i = 0; i < cells->count && c->count < CURVE; ++i)
        if (cells->cell[i].timed && cells->cell[i].params.level == level &&
            fmi_page_same_group(&cells->cell[i], group))
            c->cell[c->count++] = &cells->cell[i];
    qsort(c->cell, c->count, sizeof c->cell[0], by_batch);
}

static void cover_curve(fmi_plot *plot, const curve *c) {
    for (uint32_t i = 0; i < c->count; ++i) {
        fmi_plot_cover(&plot->x, c->cell[i]->params.batch);
        fmi_plot_cover(&plot->y, c->cell[i]->rate);
        fmi_plot_cover(&plot->y, c->cell[i]->rate_hi);
    }
}

static void draw_curve(fmi_plot *plot, const curve *c, uint32_t series, bool faint) {
    double x[CURVE], y[CURVE];
    for (uint32_t i = 0; i < c->count; ++i) {
        x[i] = c->cell[i]->params.batch;
        y[i] = c->cell[i]->rate;
    }
    if (c->count > 1)
        fmi_plot_line(plot, series, x, y, c->count, faint);
    for (uint32_t i = 0; !faint && i < c->count; ++i) {
        const fmi_cell *cell = c->cell[i];
        char words[160], rate[24], lo[24], hi[24];
        (void)snprintf(words, sizeof words, "%s, batch %u%s: %s %s (%s to %s)",
                       fm_level_name(cell->params.level), cell->params.batch,
                       cell->planners_batch ? " (the planner's)" : "",
                       fmi_html_si(rate, cell->rate), cell->op->unit,
                       fmi_html_si(lo, cell->rate_lo), fmi_html_si(hi, cell->rate_hi));
        fmi_plot_interval(plot, series, x[i], cell->rate_lo, cell->rate_hi);
        fmi_plot_mark(plot, series, x[i], y[i], words);
    }
}

/* The smallest batch that does not fit; 0 = all fit. */
static uint32_t memory_edge(const fmi_cells *cells, const fmi_cell *group) {
    uint32_t edge = 0;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        const bool stopped = cell->status == FMI_CELL_INFEASIBLE || cell->status == FMI_CELL_OOM;
        if (stopped && fmi_page_same_group(cell, group) && (!edge || cell->params.batch < edge))
            edge = cell->params.batch;
    }
    return edge;
}

/* A curve is two batches or more. */
static bool is_curve(const fmi_page *page, const fmi_cell *group) {
    const fmi_cells *cells = &page->run->cells;
    const fmi_cell *first = NULL;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (!cell->timed || !fmi_page_same_group(cell, group))
            continue;
        if (first && first->params.batch != cell->params.batch)
            return true;
        first = first ? first : cell;
    }
    return false;
}

static void throughput_figure(const fmi_page *page, const fmi_cell *group) {
    curve own[4], other[4];
    uint32_t points = 0;
    char title[FMI_POINT_TEXT], words[64];
    fmi_plot plot = {.out = page->out,
                     .x = {.log = true, .powers_of_two = true},
                     .x_label = "batch",
                     .y_label = group->op->unit};
    for (int i = 0; i < 4; ++i) {
        collect(&own[i], &page->run->cells, group, levels[i]);
        points += own[i].count;
        cover_curve(&plot, &own[i]);
        other[i].count = 0;
        if (page->against)
            collect(&other[i], &page->against->cells, group, levels[i]);
        cover_curve(&plot, &other[i]);
    }
    if (points == 0)
        return;
    const uint32_t edge = memory_edge(&page->run->cells, group);
    if (edge)
        fmi_plot_cover(&plot.x, edge);
    fmi_html_raw(page->out, "<figure><h3>");
    fmi_html_text(page->out, fmi_page_group(group, title, sizeof title));
    fmi_html_raw(page->out, "</h3>");
    fmi_plot_begin(&plot, title);
    for (uint32_t i = 0; i < 4; ++i) {
        draw_curve(&plot, &other[i], i, true);
        draw_curve(&plot, &own[i], i, false);
    }
    (void)snprintf(words, sizeof words, "%u does not fit", edge);
    if (edge)
        fmi_plot_edge(&plot, edge, words);
    fmi_plot_end(&plot);
    fmi_html_raw(page->out, "<figcaption>");
    fmi_html_text(page->out, group->op->description);
    fmi_html_raw(page->out, "</figcaption></figure>\n");
}

void fmi_page_throughput(const fmi_page *page) {
    uint32_t groups = 0, drawn = 0;
    const fmi_cell **group = fmi_page_groups(&page->run->cells, &groups);
    page->out->failed = page->out->failed || !group;
    fmi_page_section(
        page, "throughput", "Throughput over batch",
        "Median rate of each level with its 95 % interval (upright strokes). A dashed "
        "upright line is the memory edge: the smallest batch that does not fit. Levels "
        "that run the same program with the same plan are measured once, as medium. What "
        "has one batch only is in the tables below.");
    fmi_plot_key(page->out, level_words, 4);
    if (page->against) {
        fmi_html_raw(page->out, "<p>Dotted lines: run ");
        fmi_html_text(page->out, page->against->name);
        fmi_html_raw(page->out, ".</p>");
    }
    fmi_html_raw(page->out, "<div class=grid>\n");
    for (uint32_t i = 0; i < groups; ++i)
        if (is_curve(page, group[i]) && drawn++ < FIGURES)
            throughput_figure(page, group[i]);
    free(group);
    fmi_html_raw(page->out, "</div>\n");
    if (drawn == 0)
        fmi_html_raw(page->out, "<p class=soft>Nothing was measured at two batches or more.</p>\n");
    if (drawn > FIGURES)
        fmi_html_format(page->out, "<p class=soft>%u more shapes are in the table only.</p>\n",
                        drawn - FIGURES);
}

/* --- roofline ------------------------------------------------------------------------------- */

static double bandwidth(const fmi_roofs *roofs, const char *where) {
    static const char *const ways[] = {"read", "write", "triad"};
    double best = (double)NAN;
    for (int i = 0; i < 3; ++i) {
        char name[24];
        (void)snprintf(name, sizeof name, "%s_%s", ways[i], where);
        best = fmax(best, fmi_roofs_value(roofs, name));
    }
    return best;
}

static bool has_intensity(const fmi_cell *cell) {
    return cell->timed && cell->facts.flops > 0.0 && cell->facts.bytes > 0;
}

/* Each op has its series, in the order of the table of ops. */
static uint32_t series_of(const fmi_case *op) {
    uint32_t i = 0;
    while (fmi_cases[i] && fmi_cases[i] != op)
        ++i;
    return i;
}

static void op_key(const fmi_page *page, bool (*counts)(const fmi_cell *)) {
    const char *words[OPS] = {0};
    for (uint32_t i = 0; i < page->run->cells.count; ++i) {
        const fmi_cell *cell = &page->run->cells.cell[i];
        if (counts(cell))
            words[series_of(cell->op) % OPS] = cell->op->name;
    }
    fmi_plot_key(page->out, words, OPS);
}

static void slope(fmi_plot *plot, double bytes_s, double peak, const char *words) {
    if (!isfinite(bytes_s) || !isfinite(peak))
        return;
    const double knee = fmin(peak / bytes_s, plot->x.hi);
    fmi_plot_limit(plot, plot->x.lo, plot->x.lo * bytes_s, knee, knee * bytes_s, words);
}

static void roofline_marks(fmi_plot *plot, const fmi_cell *const *marked, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_cell *cell = marked[i];
        char words[FMI_POINT_TEXT + 80], point[FMI_POINT_TEXT];
        fmi_point_text(cell->op, &cell->params, point);
        (void)snprintf(words, sizeof words, "%s: %.0f %% of the roof", point,
                       100.0 * cell->roof_fraction);
        fmi_plot_mark(plot, series_of(cell->op), cell->facts.flops / (double)cell->facts.bytes,
                      cell->facts.flops / cell->bench.wall.median, words);
    }
}

/* The fastest cell of each curve that has both counts; others would hide it. */
static const fmi_cell **fastest(const fmi_page *page, uint32_t *count) {
    uint32_t groups = 0;
    const fmi_cell **marked = fmi_page_groups(&page->run->cells, &groups);
    page->out->failed = page->out->failed || !marked;
    *count = 0;
    for (uint32_t i = 0; i < groups; ++i) {
        const fmi_cell *cell = fmi_page_typical(&page->run->cells, marked[i]);
        if (cell && has_intensity(cell))
            marked[(*count)++] = cell;
    }
    return marked;
}

void fmi_page_roofline(const fmi_page *page) {
    const double peak = fmi_roofs_value(&page->run->roofs, "fma_fp32");
    const double cache = bandwidth(&page->run->roofs, "cache");
    const double memory = bandwidth(&page->run->roofs, "memory");
    fmi_plot plot = {.out = page->out,
                     .x = {.lo = 0.125, .hi = 16.0, .log = true, .powers_of_two = true},
                     .y = {.log = true},
                     .x_label = "flop per byte, by formula",
                     .y_label = "flop/s"};
    uint32_t points = 0;
    const fmi_cell **marked = fastest(page, &points);
    for (uint32_t i = 0; i < points; ++i) {
        fmi_plot_cover(&plot.x, marked[i]->facts.flops / (double)marked[i]->facts.bytes);
        fmi_plot_cover(&plot.y, marked[i]->facts.flops / marked[i]->bench.wall.median);
    }
    fmi_page_section(
        page, "roofline", "Roofline",
        "Measured in this run: what the device can compute and move at most, and how "
        "near the fastest cell of each curve comes. Bytes and flops are those of the "
        "formulas, not of counters. Ops without a count of flops are in the table with "
        "their share.");
    if (!isfinite(peak) || (!isfinite(cache) && !isfinite(memory))) {
        fmi_html_raw(page->out, "<p class=soft>This run has no roofs.</p>\n");
        free(marked);
        return;
    }
    fmi_plot_cover(&plot.y, peak * 1.3);
    fmi_plot_cover(&plot.y, fmin(cache, memory) * plot.x.lo);
    op_key(page, has_intensity);
    fmi_html_raw(page->out, "<div class=grid><figure>");
    fmi_plot_begin(&plot, "roofline");
    fmi_plot_limit(&plot, peak / fmax(cache, memory), peak, plot.x.hi, peak, "fma");
    slope(&plot, cache, peak, "cache");
    slope(&plot, memory, peak, "memory");
    roofline_marks(&plot, marked, points);
    free(marked);
    fmi_plot_end(&plot);
    fmi_html_format(page->out,
                    "<figcaption>%u curves with both counts</figcaption></figure></div>\n", points);
}

/* --- memory --------------------------------------------------------------------------------- */

static bool has_memory(const fmi_cell *cell) {
    return cell->facts.planned_bytes > 0 && cell->facts.peak_bytes > 0;
}

static void memory_marks(const fmi_page *page, fmi_plot *plot) {
    const fmi_cells *cells = &page->run->cells;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        char words[FMI_POINT_TEXT + 80], point[FMI_POINT_TEXT], planned[24], peak[24];
        if (!has_memory(cell))
            continue;
        fmi_point_text(cell->op, &cell->params, point);
        (void)snprintf(words, sizeof words, "%s: planned %s, used %s", point,
                       fmi_report_bytes(planned, cell->facts.planned_bytes),
                       fmi_report_bytes(peak, cell->facts.peak_bytes));
        fmi_plot_mark(plot, series_of(cell->op), (double)cell->facts.planned_bytes,
                      (double)cell->facts.peak_bytes, words);
    }
}

void fmi_page_memory(const fmi_page *page) {
    const fmi_cells *cells = &page->run->cells;
    fmi_plot plot = {.out = page->out,
                     .x = {.log = true},
                     .y = {.log = true},
                     .x_label = "planned bytes",
                     .y_label = "bytes in use at most"};
    uint32_t points = 0, near = 0;
    for (uint32_t i = 0; i < cells->count; ++i) {
        const fmi_case_facts *f = &cells->cell[i].facts;
        if (!has_memory(&cells->cell[i]))
            continue;
        const double planned = (double)f->planned_bytes, used = (double)f->peak_bytes;
        points++;
        near += fabs(used - planned) <= 0.02 * used + ALIGNMENT;
        fmi_plot_cover(&plot.x, planned);
        fmi_plot_cover(&plot.x, used);
        fmi_plot_cover(&plot.y, planned);
        fmi_plot_cover(&plot.y, used);
    }
    fmi_page_section(page, "memory", "Memory planned against used",
                     "Device bytes that the planner foresaw against what was really allocated at "
                     "most. On the line they are equal.");
    if (points == 0) {
        fmi_html_raw(page->out, "<p class=soft>No cell has both figures.</p>\n");
        return;
    }
    op_key(page, has_memory);
    fmi_html_raw(page->out, "<div class=grid><figure>");
    fmi_plot_begin(&plot, "memory planned against used");
    fmi_plot_limit(&plot, plot.x.lo, plot.x.lo, plot.x.hi, plot.x.hi, "equal");
    memory_marks(page, &plot);
    fmi_plot_end(&plot);
    fmi_html_format(page->out,
                    "<figcaption>%u of %u cells within 2 %% and alignment</figcaption>"
                    "</figure></div>\n",
                    near, points);
}
