/* SPDX-License-Identifier: MIT */
/* The tables of a page: levels, cold start, history, peers, environment. */
#include "history.h"
#include "page.h"
#include "plot.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORIES 24
#define HISTORY_POINTS 128

static void text_cell(const fmi_page *page, const char *text) {
    fmi_html_raw(page->out, "<td>");
    fmi_html_text(page->out, text);
    fmi_html_raw(page->out, "</td>");
}

static void number_cell(const fmi_page *page, const char *text) {
    fmi_html_raw(page->out, "<td class=n>");
    fmi_html_text(page->out, text);
    fmi_html_raw(page->out, "</td>");
}

/* --- levels: error beside speed --------------------------------------------------------------- */

static void level_verdict(const fmi_page *page, const fmi_cell *cell, const fmi_cell *medium) {
    if (!medium || cell == medium) {
        fmi_html_raw(page->out, "<td></td>");
        return;
    }
    const double times = cell->rate / medium->rate;
    if (cell->rate_lo > medium->rate_hi)
        fmi_html_format(page->out, "<td class=good>%.2f x, faster</td>", times);
    else if (cell->rate_hi < medium->rate_lo)
        fmi_html_format(page->out, "<td class=bad>%.2f x, slower</td>", times);
    else
        fmi_html_format(page->out, "<td>%.2f x, not faster</td>", times);
}

static void level_row(const fmi_page *page, const fmi_cell *cell, const fmi_cell *medium) {
    char name[FMI_POINT_TEXT], text[64], lo[24], hi[24], rate[24];
    fmi_html_raw(page->out, "<tr>");
    text_cell(page, fmi_page_group(cell, name, sizeof name));
    text_cell(page, fm_level_name(cell->params.level));
    fmi_html_format(page->out, "<td class=n>%u</td>", cell->params.batch);
    (void)snprintf(text, sizeof text, "%s %s", fmi_html_si(rate, cell->rate), cell->op->unit);
    number_cell(page, text);
    (void)snprintf(text, sizeof text, "%s to %s", fmi_html_si(lo, cell->rate_lo),
                   fmi_html_si(hi, cell->rate_hi));
    number_cell(page, text);
    level_verdict(page, cell, medium);
    number_cell(page, cell->checked ? fmi_page_error(cell, text) : "-");
    (void)snprintf(text, sizeof text, "%.3g %%", 100.0 * cell->check.share);
    number_cell(page, cell->checked && isfinite(cell->check.share) ? text : "-");
    (void)snprintf(text, sizeof text, "%.1f", cell->check.psnr);
    number_cell(page, cell->checked && isfinite(cell->check.psnr) ? text : "-");
    fmi_html_raw(page->out, "</tr>\n");
}

void fmi_page_levels(const fmi_page *page) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    const fmi_cells *cells = &page->run->cells;
    uint32_t groups = 0;
    const fmi_cell **group = fmi_page_groups(cells, &groups);
    page->out->failed = page->out->failed || !group;
    fmi_page_section(page, "levels", "Speed and error of each level",
                     "The fastest batch of each level with its largest error against the "
                     "double-precision reference. A level that was not measured on its own runs "
                     "the same program as medium. Faster and slower: the intervals do not touch. "
                     "Beyond: share of the values past the tolerance.");
    fmi_page_head(
        page,
        "what|level|>batch|>rate|>95 % interval|against medium|>largest error|>beyond|>PSNR dB");
    for (uint32_t i = 0; i < groups; ++i) {
        const fmi_cell *medium = fmi_page_best(cells, group[i], FM_LEVEL_MEDIUM);
        for (int l = 0; l < 4; ++l) {
            const fmi_cell *best = fmi_page_best(cells, group[i], levels[l]);
            if (best)
                level_row(page, best, medium);
        }
    }
    free(group);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}

/* --- cold start ------------------------------------------------------------------------------- */

static bool is_cached(const fmi_cold_stage *stage) {
    return strstr(stage->name, "cached") != NULL;
}

static void cold_bar(const fmi_page *page, bool cached, double longest) {
    const fmi_cold *cold = &page->run->cold;
    double total = 0.0;
    for (uint32_t i = 0; i < cold->count; ++i)
        if (is_cached(&cold->stage[i]) == cached && isfinite(cold->stage[i].seconds))
            total += cold->stage[i].seconds;
    fmi_html_format(page->out, "<p>%s: %.0f ms</p><div class=bar>",
                    cached ? "Second process, from the caches" : "First process, empty caches",
                    1e3 * total);
    for (uint32_t i = 0; i < cold->count; ++i) {
        const fmi_cold_stage *stage = &cold->stage[i];
        if (is_cached(stage) != cached || !isfinite(stage->seconds))
            continue;
        fmi_html_format(page->out, "<span style=\"width:%.2f%%;background:var(--s%u)\" title=\"",
                        100.0 * stage->seconds / longest, i % FMI_PLOT_SERIES);
        fmi_html_textf(page->out, "%s: %.1f ms", stage->name, 1e3 * stage->seconds);
        fmi_html_raw(page->out, "\"></span>");
    }
    fmi_html_raw(page->out, "</div>\n");
}

void fmi_page_cold(const fmi_page *page) {
    const fmi_cold *cold = &page->run->cold;
    double total[2] = {0.0, 0.0};
    fmi_page_section(page, "cold", "Cold start",
                     "What the first run costs, in two fresh processes with one empty folder for "
                     "all kernel caches. Never mixed with the warm rates above.");
    if (cold->count == 0) {
        fmi_html_raw(page->out, "<p class=soft>Not measured: runs of 13 cells or more do, when "
                                "their time allows.</p>\n");
        return;
    }
    for (uint32_t i = 0; i < cold->count; ++i)
        if (isfinite(cold->stage[i].seconds))
            total[is_cached(&cold->stage[i])] += cold->stage[i].seconds;
    const double longest = fmax(total[0], total[1]);
    cold_bar(page, false, longest);
    cold_bar(page, true, longest);
    fmi_page_head(page, "stage|>ms|what");
    for (uint32_t i = 0; i < cold->count; ++i) {
        fmi_html_format(page->out, "<tr><td><span style=\"color:var(--s%u)\">&#9632;</span> ",
                        i % FMI_PLOT_SERIES);
        fmi_html_text(page->out, cold->stage[i].name);
        fmi_html_format(page->out, "</td><td class=n>%.1f</td>", 1e3 * cold->stage[i].seconds);
        text_cell(page, cold->stage[i].note);
        fmi_html_raw(page->out, "</tr>\n");
    }
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}

/* --- history ------------------------------------------------------------------------------------
 */

static void history_figure(const fmi_page *page, const fmi_cell *cell,
                           const fmi_saved_point *points, uint32_t count) {
    double x[HISTORY_POINTS], y[HISTORY_POINTS];
    char title[FMI_POINT_TEXT];
    const uint32_t skip = count > HISTORY_POINTS ? count - HISTORY_POINTS : 0;
    const uint32_t n = count - skip;
    fmi_plot plot = {.out = page->out,
                     .x = {.lo = 1.0, .hi = fmax(2.0, n), .whole = true},
                     .x_label = "run, oldest first",
                     .y_label = cell->op->unit};
    for (uint32_t i = 0; i < n; ++i) {
        x[i] = i + 1.0;
        y[i] = points[skip + i].rate;
        fmi_plot_cover(&plot.y, points[skip + i].hi);
    }
    fmi_point_text(cell->op, &cell->params, title);
    fmi_html_raw(page->out, "<figure><h3>");
    fmi_html_text(page->out, title);
    fmi_html_raw(page->out, "</h3>");
    fmi_plot_begin(&plot, title);
    fmi_plot_line(&plot, 0, x, y, n, false);
    for (uint32_t i = 0; i < n; ++i) {
        const fmi_saved_point *point = &points[skip + i];
        char words[160], rate[24];
        (void)snprintf(words, sizeof words, "%s %s: %s %s", point->started, point->revision,
                       fmi_html_si(rate, point->rate), cell->op->unit);
        fmi_plot_interval(&plot, 0, x[i], point->lo, point->hi);
        fmi_plot_mark(&plot, 0, x[i], y[i], words);
        if (fmi_history_changed(y, n, i))
            fmi_plot_edge(&plot, x[i], "change");
    }
    fmi_plot_end(&plot);
    fmi_html_format(page->out, "<figcaption>%u runs on this device", count);
    fmi_html_textf(page->out, ", %.10s to %.10s", points[skip].started, points[count - 1].started);
    fmi_html_raw(page->out, "</figcaption></figure>\n");
}

void fmi_page_history(const fmi_page *page) {
    const fmi_cells *cells = &page->run->cells;
    uint32_t groups = 0, drawn = 0;
    const fmi_cell **group = fmi_page_groups(cells, &groups);
    page->out->failed = page->out->failed || !group;
    fmi_page_section(page, "history", "History",
                     "The same cell, the fastest batch of medium, in all runs of this store on "
                     "this device. Numbers of different sessions differ more than their intervals: "
                     "fmbench compare --live decides. A change is marked where six runs in a row "
                     "lie on one side of the median of the six before them.");
    fmi_html_raw(page->out, "<div class=grid>\n");
    for (uint32_t i = 0; i < groups && drawn < HISTORIES; ++i) {
        const fmi_cell *best = fmi_page_best(cells, group[i], FM_LEVEL_MEDIUM);
        fmi_saved_point *points = NULL;
        uint32_t count = 0;
        if (!best)
            continue;
        const fm_status status =
            fmi_saved_history(page->store, page->run->key[best - cells->cell],
                              page->run->environment.caps.id, &points, &count, NULL);
        page->out->failed = page->out->failed || status == FM_ERROR_HOST_MEMORY;
        if (status == FM_OK && count > 1) {
            history_figure(page, best, points, count);
            drawn++;
        }
        free(points);
    }
    free(group);
    fmi_html_raw(page->out, "</div>\n");
    if (drawn == 0)
        fmi_html_raw(page->out, "<p class=soft>No cell of this run is in an earlier one.</p>\n");
}

/* --- peers --------------------------------------------------------------------------------------
 */

static void peer_row(const fmi_page *page, const fmi_cell *cell, const fmi_peer_result *peer) {
    char name[FMI_POINT_TEXT], text[64], rate[24];
    fmi_html_raw(page->out, "<tr>");
    fmi_point_text(cell->op, &cell->params, name);
    text_cell(page, name);
    fmi_html_raw(page->out, "<td title=\"");
    fmi_html_text(page->out, peer->peer->description);
    fmi_html_raw(page->out, "\">");
    fmi_html_text(page->out, peer->peer->name);
    fmi_html_raw(page->out, "</td>");
    const bool timed = peer->status == FMI_CELL_OK;
    (void)snprintf(text, sizeof text, "%s %s", fmi_html_si(rate, peer->rate), cell->op->unit);
    number_cell(page, timed ? text : "-");
    (void)snprintf(text, sizeof text, "%.2f", peer->ratio.effect);
    number_cell(page, timed ? text : "-");
    (void)snprintf(text, sizeof text, "%.2f to %.2f", peer->ratio.lo, peer->ratio.hi);
    number_cell(page, timed && isfinite(peer->ratio.lo) ? text : "-");
    text_cell(page, timed ? "" : peer->reason);
    fmi_html_raw(page->out, "</tr>\n");
}

void fmi_page_peers(const fmi_page *page) {
    const fmi_cells *cells = &page->run->cells;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < cells->count; ++i)
        rows += cells->cell[i].peer_count;
    if (rows == 0)
        return;
    fmi_page_section(
        page, "peers", "Peers, timed in turn with ours",
        "How many times as long the other program takes for the same work: the median "
        "of paired ratios of one run with its exact interval. Above 1, ours is faster.");
    fmi_page_head(page, "cell|peer|>its rate|>x times|>95 % interval|notes");
    for (uint32_t i = 0; i < cells->count; ++i)
        for (uint32_t p = 0; p < cells->cell[i].peer_count; ++p)
            peer_row(page, &cells->cell[i], &cells->cell[i].peer[p]);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}

/* --- environment
 * ---------------------------------------------------------------------------------- */

static void fact(const fmi_page *page, const char *name, const char *value) {
    if (!value[0])
        return;
    fmi_html_raw(page->out, "<tr><th>");
    fmi_html_text(page->out, name);
    fmi_html_raw(page->out, "</th><td class=w>");
    fmi_html_text(page->out, value);
    fmi_html_raw(page->out, "</td></tr>\n");
}

static void bytes_fact(const fmi_page *page, const char *name, uint64_t bytes) {
    char text[24];
    if (bytes)
        fact(page, name, fmi_report_bytes(text, bytes));
}

static void roof_facts(const fmi_page *page) {
    const fmi_roofs *roofs = &page->run->roofs;
    for (uint32_t i = 0; i < roofs->count; ++i) {
        const fmi_roof *roof = &roofs->roof[i];
        char text[200], value[24];
        (void)snprintf(text, sizeof text, "%s%s%s%s", fmi_html_si(value, roof->value),
                       isfinite(roof->value) ? roof->unit : "", roof->note[0] ? "; " : "",
                       roof->note);
        fact(page, roof->name, text);
    }
}

void fmi_page_environment(const fmi_page *page) {
    const fmi_environment *e = &page->run->environment;
    char text[96];
    fmi_page_section(page, "environment", "Environment",
                     "What these numbers depend on besides the code. Runs with different "
                     "fingerprints are not comparable.");
    fmi_html_raw(page->out, "<div class=scroll><table><tbody>\n");
    const char *const facts[][2] = {{"fingerprint", e->fingerprint},
                                    {"program", e->version},
                                    {"revision", e->revision},
                                    {"compiler", e->compiler},
                                    {"build", e->build},
                                    {"kernels", e->kernel_hash},
                                    {"device", e->caps.name},
                                    {"vendor", e->caps.vendor},
                                    {"platform", e->caps.platform},
                                    {"driver", e->caps.driver},
                                    {"OpenCL", e->caps.version},
                                    {"device id", e->caps.id},
                                    {"event clock", e->event_clock},
                                    {"processor", e->cpu},
                                    {"topology", e->topology},
                                    {"system", e->system},
                                    {"governor", e->machine_facts.governor},
                                    {"turbo", e->machine_facts.turbo},
                                    {"SMT", e->machine_facts.smt},
                                    {"clock source", e->machine_facts.clock_source},
                                    {"container", e->machine_facts.container},
                                    {"OpenCL loader", e->loader},
                                    {"extensions", e->extensions},
                                    {"memory by", e->memory},
                                    {"command", page->run->command}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; ++i)
        fact(page, facts[i][0], facts[i][1]);
    (void)snprintf(text, sizeof text, "%u; load %.2f at the start", e->cores, e->load);
    fact(page, "cores", text);
    bytes_fact(page, "device memory", e->caps.global_bytes);
    bytes_fact(page, "largest buffer", e->caps.max_alloc_bytes);
    bytes_fact(page, "free host memory", e->memory_available);
    for (uint32_t i = 0; i < e->variable_count; ++i)
        fact(page, "variable", e->variable[i]);
    roof_facts(page);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}
