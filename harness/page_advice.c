/* SPDX-License-Identifier: MIT */
/* Which batch to use, and what a launch and a unit cost. */
#include "advice.h"
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define POINTS 64

static uint32_t collect(const fmi_cells *cells, const fmi_cell *group, fm_level level,
                        fmi_advice_point *points) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < cells->count && count < POINTS; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (cell->status == FMI_CELL_OK && cell->params.level == level &&
            fmi_page_same_group(cell, group))
            points[count++] = (fmi_advice_point){cell->params.batch, cell->bench.wall.median,
                                                 cell->rate, cell->rate_hi};
    }
    return count;
}

static const fmi_cell *at_batch(const fmi_cells *cells, const fmi_cell *group, fm_level level,
                                uint32_t batch) {
    for (uint32_t i = 0; i < cells->count; ++i)
        if (cells->cell[i].status == FMI_CELL_OK && cells->cell[i].params.level == level &&
            cells->cell[i].params.batch == batch && fmi_page_same_group(&cells->cell[i], group))
            return &cells->cell[i];
    return NULL;
}

/* What to look at for more. */
static void limit_words(const fmi_page *page, const fmi_cell *cell, double fixed) {
    fmi_bottleneck stage[FMI_BREAKDOWN_MAX + 1];
    const uint32_t stages =
        cell ? fmi_bottlenecks(&cell->stages, &page->run->roofs, cell->params.precision, stage) : 0;
    const bool roofed = cell && isfinite(cell->roof_fraction) && cell->roof_fraction > 0.5;
    if (fixed > 0.5)
        fmi_html_raw(page->out, "launch");
    else if (roofed)
        fmi_html_text(page->out, cell->roof);
    else if (stages > 0)
        fmi_html_textf(page->out, "%s, %.0f %% of its time", stage[0].name, 100.0 * stage[0].share);
    else if (isfinite(fixed))
        fmi_html_raw(page->out, "the program itself");
}

static void advice_row(const fmi_page *page, const fmi_cell *group, fm_level level) {
    fmi_advice_point points[POINTS];
    const uint32_t count = collect(&page->run->cells, group, level, points);
    char name[FMI_POINT_TEXT], text[24], memory[24], seconds[32];
    if (count < 3)
        return; /* two points make a line of anything */
    const fmi_advice advice = fmi_advise(points, count);
    const fmi_cell *cell = at_batch(&page->run->cells, group, level, advice.knee);
    fmi_html_raw(page->out, "<tr><td>");
    fmi_html_text(page->out, fmi_page_group(group, name, sizeof name));
    fmi_html_format(page->out, "</td><td>%s</td><td class=n>%u</td>", fm_level_name(level),
                    advice.knee);
    fmi_html_format(page->out, "<td class=n>%s %s</td>",
                    fmi_html_si(text, cell ? cell->rate : (double)NAN), group->op->unit);
    fmi_html_format(page->out, "<td class=n>%s</td>",
                    fmi_report_bytes(memory, cell ? cell->facts.peak_bytes : 0));
    fmi_html_format(page->out, "<td class=n>%s</td>", fmi_page_seconds(advice.alpha, seconds));
    fmi_html_format(page->out, "<td class=n>%s</td>", fmi_page_seconds(advice.beta, seconds));
    if (advice.half_batch < 1000.0)
        fmi_html_format(page->out, "<td class=n>%.3g</td>", advice.half_batch);
    else
        fmi_html_format(page->out, "<td class=n>%s</td>", fmi_html_si(text, advice.half_batch));
    const bool roofed = cell && isfinite(cell->roof_fraction) && cell->roof[0];
    if (roofed)
        fmi_html_format(page->out, "<td class=n>%.*f %% %s</td>",
                        cell->roof_fraction < 0.0095 ? 1 : 0, 100.0 * cell->roof_fraction,
                        cell->roof);
    else
        fmi_html_raw(page->out, "<td class=n>-</td>");
    fmi_html_raw(page->out, "<td>");
    limit_words(page, cell, cell ? advice.alpha / cell->bench.wall.median : (double)NAN);
    fmi_html_raw(page->out, "</td></tr>\n");
}

void fmi_page_advice(const fmi_page *page) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    uint32_t groups = 0;
    const fmi_cell **group = fmi_page_groups(&page->run->cells, &groups);
    page->out->failed = page->out->failed || !group;
    fmi_page_section(
        page, "advice", "Which batch, and what limits it",
        "The smallest batch whose interval reaches 97 % of the best rate. A launch of "
        "b units takes alpha + beta b (slope and intercept by Theil and Sen); at the "
        "half batch, alpha / beta, half of the peak rate 1 / beta is reached. The limit "
        "is the launch when alpha is more than half of the time at that batch, a roof "
        "when more than half of it is reached, else the longest stage. Curves of three "
        "batches or more.");
    fmi_page_head(page,
                  "what|level|>batch|>rate|>memory|>alpha|>beta|>half batch|>roof|limited by");
    for (uint32_t i = 0; i < groups; ++i)
        for (int l = 0; l < 4; ++l)
            advice_row(page, group[i], levels[l]);
    free(group);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}
