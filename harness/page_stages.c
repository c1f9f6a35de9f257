/* SPDX-License-Identifier: MIT */
/* Where the time goes, and what half the size is worth. */
#include "half_size.h"
#include "page.h"
#include "point.h"
#include "report_stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS 64

static const struct {
    const char *roof, *colour;
} colours[] = {{"compute", "--s0"},  {"cache", "--s2"},  {"memory", "--s4"}, {"launch", "--s1"},
               {"transfer", "--s3"}, {"encode", "--s5"}, {"host", "--s6"}};
#define COLOURS (sizeof colours / sizeof colours[0])

static const char *colour_of(const char *roof) {
    for (size_t i = 0; i < COLOURS; ++i)
        if (strcmp(colours[i].roof, roof) == 0)
            return colours[i].colour;
    return "--soft";
}

/* What the colours of bars and squares say. */
static void colour_key(const fmi_page *page) {
    fmi_html_raw(page->out, "<p class=key>Colour: what limits the stage. ");
    for (size_t i = 0; i < COLOURS; ++i)
        fmi_html_format(page->out, "<span><b style=\"color:var(%s)\">&#9632;</b> %s</span>",
                        colours[i].colour, colours[i].roof);
    fmi_html_raw(page->out, "<span><b style=\"color:var(--soft)\">&#9632;</b> no formula says"
                            "</span></p>\n");
}

static void bar(const fmi_page *page, const fmi_bottleneck *stage, uint32_t count) {
    char roof[48];
    fmi_html_raw(page->out, "<div class=\"bar thin\">");
    for (uint32_t i = 0; i < count; ++i) {
        if (stage[i].share < 0.002)
            continue;
        fmi_html_format(page->out, "<span style=\"width:%.1f%%;background:var(%s)\" title=\"",
                        100.0 * stage[i].share, colour_of(stage[i].roof));
        fmi_html_textf(page->out, "%s: %.1f %%, %s", stage[i].name, 100.0 * stage[i].share,
                       fmi_bottleneck_text(roof, &stage[i]));
        fmi_html_raw(page->out, "\"></span>");
    }
    fmi_html_raw(page->out, "</div>");
}

static void stage_rows(const fmi_page *page, const fmi_cell *cell, const fmi_bottleneck *stage,
                       uint32_t count) {
    uint32_t shown = 0;
    while (shown < count && stage[shown].share >= FMI_STAGE_LEAST)
        ++shown;
    for (uint32_t i = 0; i < shown; ++i) {
        char name[FMI_POINT_TEXT], seconds[32], roof[48];
        fmi_html_raw(page->out, i ? "<tr>" : "<tr class=first>");
        if (i == 0) {
            fmi_html_format(page->out, "<td class=w rowspan=%u>", shown);
            fmi_html_text(page->out, fmi_page_group(cell, name, sizeof name));
            fmi_html_format(page->out, "<br><small>batch %u, %s</small>", cell->params.batch,
                            fm_level_name(cell->params.level));
            bar(page, stage, count);
            fmi_html_raw(page->out, "</td>");
        }
        fmi_html_format(page->out, "<td><span style=\"color:var(%s)\">&#9632;</span> ",
                        colour_of(stage[i].roof));
        fmi_html_text(page->out, stage[i].name);
        fmi_html_format(page->out, "</td><td class=n>%.1f %%</td><td class=n>%s</td><td>",
                        100.0 * stage[i].share, fmi_page_seconds(stage[i].seconds, seconds));
        fmi_html_text(page->out, fmi_bottleneck_text(roof, &stage[i]));
        fmi_html_raw(page->out, "</td></tr>\n");
    }
}

void fmi_page_stages(const fmi_page *page) {
    fmi_bottleneck stage[FMI_BREAKDOWN_MAX + 1];
    uint32_t groups = 0, drawn = 0;
    const fmi_cell **group = fmi_page_groups(&page->run->cells, &groups);
    page->out->failed = page->out->failed || !group;
    fmi_page_section(
        page, "stages", "Where the time goes",
        "The stages of the fastest cell of each curve, timed one after the other right "
        "after its samples, so nothing overlaps here. Limited by: the roof of this run "
        "that allows least, with the share of it that is reached; bytes and flops are "
        "those of formulas. Launches: what starting and waiting costs, as measured with "
        "an empty kernel. Stages below 1 % are left out.");
    for (uint32_t i = 0; i < groups; ++i) {
        const fmi_cell *cell = fmi_page_typical(&page->run->cells, group[i]);
        const uint32_t count =
            cell ? fmi_bottlenecks(&cell->stages, &page->run->roofs, cell->params.precision, stage)
                 : 0;
        if (count > 0 && drawn == 0)
            colour_key(page);
        if (count > 0 && drawn++ == 0)
            fmi_page_head(page, "what|stage|>share|>alone|limited by");
        if (count > 0)
            stage_rows(page, cell, stage, count);
    }
    fmi_html_raw(page->out, drawn ? "</tbody></table></div>\n"
                                  : "<p class=soft>Not measured in this run: it was made by an "
                                    "earlier version.</p>\n");
    free(group);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void size_row(const fmi_page *page, const fmi_size_pair *pair) {
    const fmi_cell *large = pair->large, *small = pair->small;
    char name[FMI_POINT_TEXT], rate[24];
    fmi_html_raw(page->out, "<tr><td>");
    fmi_html_text(page->out, fmi_page_group(large, name, sizeof name));
    fmi_html_format(page->out, "</td><td>%s</td><td class=n>%s %s</td>",
                    fm_level_name(large->params.level), fmi_html_si(rate, large->rate),
                    large->op->unit);
    fmi_html_format(page->out, "<td class=n>%ux%u</td><td class=n>%s %s</td>", small->params.width,
                    small->params.height, fmi_html_si(rate, small->rate), small->op->unit);
    fmi_html_format(page->out, "<td class=n>%.2f</td>", pair->times);
    if (isfinite(pair->psnr))
        fmi_html_format(page->out, "<td class=n>%.1f</td></tr>\n", pair->psnr);
    else
        fmi_html_raw(page->out, "<td class=n>-</td></tr>\n");
}

void fmi_page_sizes(const fmi_page *page) {
    fmi_size_pair pair[PAIRS];
    const uint32_t found = fmi_size_pairs(&page->run->cells, pair, PAIRS);
    if (found == 0)
        return;
    fmi_page_section(page, "sizes", "Half the size",
                     "A quarter of the pixels is no faster program, so the rate stands beside what "
                     "is left of the picture: the PSNR of the picture of half the edges, enlarged "
                     "again, against the picture of the whole size.");
    fmi_page_head(page, "render|level|>rate|>half size|>rate of that|>x times|>PSNR dB");
    for (uint32_t i = 0; i < found && i < PAIRS; ++i)
        size_row(page, &pair[i]);
    fmi_html_raw(page->out, "</tbody></table></div>\n");
}
