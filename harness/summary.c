/* SPDX-License-Identifier: MIT */
/* export --md --summary: a line a curve, at the batch that is advised. */
#include "advice.h"
#include "html.h"
#include "page.h"
#include "report.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

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
    char name[FMI_POINT_TEXT], rate[24], lo[24], hi[24], memory[24], error[48];
    fmi_table_add(table, "%s", fmi_page_group(cell, name, sizeof name));
    fmi_table_add(table, "%s", fm_level_name(cell->params.level));
    fmi_table_add(table, "%u", cell->params.batch);
    fmi_html_si(rate, cell->rate);
    fmi_table_add(table, "%s %s", rate, cell->op->unit);
    fmi_table_add(table, "%s to %s", fmi_html_si(lo, cell->rate_lo),
                  fmi_html_si(hi, cell->rate_hi));
    fmi_table_add(table, "%s", fmi_report_bytes(memory, cell->facts.peak_bytes));
    if (isfinite(cell->roof_fraction) && cell->roof[0])
        fmi_table_add(table, "%.0f %% %s", 100.0 * cell->roof_fraction, cell->roof);
    else
        fmi_table_add(table, "-");
    if (cell->error_unit[0])
        fmi_table_add(table, "%s", fmi_page_error(cell, error));
    else
        fmi_table_add(table, "-");
}

void fmi_report_summary(const fmi_report *report, FILE *out) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    static const char *const head[] = {"what",  "level",          ">batch",
                                       ">rate", ">95 % interval", ">memory",
                                       ">roof", ">largest error", NULL};
    const fmi_cells *cells = report->cells;
    uint32_t count = 0;
    const fmi_cell **group = fmi_page_groups(cells, &count);
    fmi_table table = {.failed = group == NULL};
    fmi_table_head(&table, head);
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
