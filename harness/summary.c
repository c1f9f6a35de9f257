/* SPDX-License-Identifier: MIT */
/* export --md --summary: a line a curve, at the batch that is advised. */
#include "advice.h"
#include "html.h"
#include "page.h"
#include "report.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 64

/* The curve's cell at its knee, or its only one; NULL = none was measured. */
static const fmi_cell *best_of(const fmi_cells *cells, const fmi_cell *group, fm_level level) {
    fmi_advice_point points[POINTS] = {{0}};
    const fmi_cell *at[POINTS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < cells->count && count < POINTS; ++i) {
        const fmi_cell *cell = &cells->cell[i];
        if (cell->status != FMI_CELL_OK || cell->params.level != level ||
            !fmi_page_same_group(cell, group))
            continue;
        at[count] = cell;
        points[count++] = (fmi_advice_point){cell->params.batch, cell->bench.wall.median,
                                             cell->rate, cell->rate_hi};
    }
    const fmi_advice advice = fmi_advise(points, count);
    for (uint32_t i = 0; i < count; ++i)
        if (at[i]->params.batch == advice.knee)
            return at[i];
    return NULL;
}

static void add_row(fmi_table *table, const fmi_cell *cell) {
    char name[FMI_POINT_TEXT], rate[24], lo[24], hi[24], memory[24];
    fmi_table_add(table, "%s", fmi_page_group(cell, name, sizeof name));
    fmi_table_add(table, "%s", fm_level_name(cell->params.level));
    fmi_table_add(table, "%u", cell->params.batch);
    fmi_html_si(rate, cell->rate);
    fmi_table_add(table, "%s%s%s", rate, strchr(rate, ' ') ? "" : " ", cell->op->unit);
    fmi_table_add(table, "%s to %s", fmi_html_si(lo, cell->rate_lo),
                  fmi_html_si(hi, cell->rate_hi));
    fmi_table_add(table, "%s", fmi_report_bytes(memory, cell->facts.peak_bytes));
    if (isfinite(cell->roof_fraction) && cell->roof[0])
        fmi_table_add(table, "%.0f %% %s", 100.0 * cell->roof_fraction, cell->roof);
    else
        fmi_table_add(table, "-");
    if (cell->error_unit[0])
        fmi_table_add(table, "%.3g %s", cell->check.max, cell->error_unit);
    else
        fmi_table_add(table, "-");
}

static uint32_t place_of(const fmi_case *op) {
    uint32_t i = 0;
    while (fmi_cases[i] && fmi_cases[i] != op)
        ++i;
    return i;
}

/* In the order of the contract, small things first, whatever order they ran in. */
static int by_point(const void *a, const void *b) {
    const fmi_cell *x = *(const fmi_cell *const *)a, *y = *(const fmi_cell *const *)b;
    const uint32_t left[] = {place_of(x->op), x->params.n, x->params.targets, x->params.width,
                             x->params.samples};
    const uint32_t right[] = {place_of(y->op), y->params.n, y->params.targets, y->params.width,
                              y->params.samples};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; ++i)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return x < y ? -1 : 1;
}

void fmi_report_summary(const fmi_report *report, FILE *out) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    static const char *const head[] = {"what",  "level",          ">batch",
                                       ">rate", ">95 % interval", ">memory",
                                       ">roof", ">largest error", NULL};
    const fmi_cells *cells = report->cells;
    const fmi_cell **group = malloc(sizeof(fmi_cell *) * (cells->count ? cells->count : 1));
    fmi_table table = {.failed = group == NULL};
    uint32_t count = 0;
    fmi_table_head(&table, head);
    for (uint32_t i = 0; group && i < cells->count; ++i)
        if (fmi_page_first_of_group(cells, i))
            group[count++] = &cells->cell[i];
    if (group)
        qsort(group, count, sizeof(fmi_cell *), by_point);
    for (uint32_t i = 0; i < count; ++i)
        for (int l = 0; l < 4; ++l) {
            const fmi_cell *cell = best_of(cells, group[i], levels[l]);
            if (cell)
                add_row(&table, cell);
        }
    fmi_table_markdown(&table, out);
    fmi_table_free(&table);
    free(group);
}
