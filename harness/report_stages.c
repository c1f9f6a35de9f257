/* SPDX-License-Identifier: MIT */
#include "report_stages.h"

#include "half_size.h"
#include "html.h"
#include "page.h"
#include "point.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

#define PAIRS 64

char *fmi_bottleneck_text(char out[48], const fmi_bottleneck *b) {
    if (!b->roof[0])
        (void)snprintf(out, 48, "-");
    else if (isfinite(b->reached))
        (void)snprintf(out, 48, "%s, %.*f %% reached", b->roof, b->reached < 0.0995 ? 1 : 0,
                       100.0 * b->reached);
    else
        (void)snprintf(out, 48, "%s", b->roof);
    return out;
}

static uint32_t add_stages(fmi_table *table, const fmi_cell *cell, const fmi_roofs *roofs) {
    fmi_bottleneck stage[FMI_BREAKDOWN_MAX + 1];
    const uint32_t count = fmi_bottlenecks(&cell->stages, roofs, cell->params.precision, stage);
    uint32_t rows = 0;
    for (uint32_t i = 0; i < count; ++i) {
        char name[FMI_POINT_TEXT], seconds[32], roof[48];
        if (stage[i].share < FMI_STAGE_LEAST)
            continue;
        fmi_point_text(cell->op, &cell->params, name);
        fmi_table_add(table, "%s", name);
        fmi_table_add(table, "%s", stage[i].name);
        fmi_table_add(table, "%.1f %%", 100.0 * stage[i].share);
        fmi_table_add(table, "%s", fmi_page_seconds(stage[i].seconds, seconds));
        fmi_table_add(table, "%s", fmi_bottleneck_text(roof, &stage[i]));
        ++rows;
    }
    return rows;
}

void fmi_report_stages(const fmi_report *report, fmi_format format, FILE *out) {
    static const char *const head[] = {"cell", "stage", ">share", ">alone", "limited by", NULL};
    uint32_t groups = 0, rows = 0;
    const fmi_cell **group = fmi_page_groups(report->cells, &groups);
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < groups; ++i) {
        const fmi_cell *cell = fmi_page_typical(report->cells, group[i]);
        if (cell)
            rows += add_stages(&table, cell, report->roofs);
    }
    table.failed = table.failed || !group;
    if (rows > 0 || table.failed) {
        (void)fprintf(out, "\nwhere the time goes, stage after stage (limited by: the roof that "
                           "allows least, and how much of it is reached)\n\n");
        fmi_table_print(&table, format, out);
    }
    fmi_table_free(&table);
    free(group);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void add_pair(fmi_table *table, const fmi_size_pair *pair) {
    const fmi_cell *large = pair->large, *small = pair->small;
    char name[FMI_POINT_TEXT], a[24], b[24];
    fmi_table_add(table, "%s", fmi_page_group(large, name, sizeof name));
    fmi_table_add(table, "%s", fm_level_name(large->params.level));
    fmi_table_add(table, "%s %s", fmi_html_si(a, large->rate), large->op->unit);
    fmi_table_add(table, "%ux%u", small->params.width, small->params.height);
    fmi_table_add(table, "%s %s", fmi_html_si(b, small->rate), small->op->unit);
    fmi_table_add(table, "%.2f", pair->times);
    if (isfinite(pair->psnr))
        fmi_table_add(table, "%.1f", pair->psnr);
    else
        fmi_table_add(table, "-");
}

void fmi_report_sizes(const fmi_report *report, fmi_format format, FILE *out) {
    static const char *const head[] = {"render",        "level",    ">rate",    "half size",
                                       ">rate of that", ">x times", ">PSNR dB", NULL};
    fmi_size_pair pair[PAIRS];
    const uint32_t found = fmi_size_pairs(report->cells, pair, PAIRS);
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < found && i < PAIRS; ++i)
        add_pair(&table, &pair[i]);
    if (found > 0) {
        (void)fprintf(out, "\nhalf the size: a quarter of the pixels, and what is left of the "
                           "picture (PSNR: enlarged again, against the whole size)\n\n");
        fmi_table_print(&table, format, out);
    }
    fmi_table_free(&table);
}

/* --- JSON ------------------------------------------------------------------------------------- */

void fmi_stages_json(const fmi_cell *cell, const fmi_roofs *roofs, fmi_json *json) {
    fmi_bottleneck stage[FMI_BREAKDOWN_MAX + 1];
    const uint32_t count = fmi_bottlenecks(&cell->stages, roofs, cell->params.precision, stage);
    fmi_json_begin(json, "stages", '[');
    for (uint32_t i = 0; i < count; ++i) {
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "stage", stage[i].name);
        fmi_json_double(json, "share", stage[i].share);
        fmi_json_double(json, "seconds", stage[i].seconds);
        fmi_json_string(json, "roof", stage[i].roof[0] ? stage[i].roof : NULL);
        fmi_json_double(json, "reached", stage[i].reached);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

static void edges(fmi_json *json, const char *key, const fmi_case_params *p) {
    fmi_json_begin(json, key, '[');
    fmi_json_uint(json, NULL, p->width);
    fmi_json_uint(json, NULL, p->height);
    fmi_json_end(json);
}

void fmi_sizes_json(const fmi_cells *cells, fmi_json *json) {
    fmi_size_pair pair[PAIRS];
    const uint32_t found = fmi_size_pairs(cells, pair, PAIRS);
    fmi_json_begin(json, "sizes", '[');
    for (uint32_t i = 0; i < found && i < PAIRS; ++i) {
        char name[FMI_POINT_TEXT];
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "render", fmi_page_group(pair[i].large, name, sizeof name));
        fmi_json_string(json, "level", fm_level_name(pair[i].large->params.level));
        edges(json, "size", &pair[i].large->params);
        fmi_json_double(json, "rate", pair[i].large->rate);
        edges(json, "half_size", &pair[i].small->params);
        fmi_json_double(json, "half_rate", pair[i].small->rate);
        fmi_json_double(json, "times", pair[i].times);
        fmi_json_double(json, "psnr", pair[i].psnr);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}
