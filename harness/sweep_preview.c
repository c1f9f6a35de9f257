/* SPDX-License-Identifier: MIT */
/* --list and --dry-run. */
#include "error.h"
#include "io/text.h"
#include "point.h"
#include "sweep_impl.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

/* Without a measurement: process, warm-up, samples of the usual length, making and checking. */
static double usual_seconds(const fmi_cell_how *how) {
    return 0.5 + how->bench.warm_s + (16.0 + how->bench.samples) * 2.0 * FMI_SAMPLE_TARGET_S;
}

static void list_cells(const fmi_sweep *s, FILE *out) {
    static const char *const head[] = {"op", ">batch", "level", "shape", ">vertices", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < s->cells.count; ++i) {
        const fmi_cell *cell = &s->cells.cell[i];
        char shape[FMI_POINT_TEXT];
        fmi_table_add(&table, "%s", cell->op->name);
        fmi_table_add(&table, "%u", cell->params.batch);
        fmi_table_add(&table, "%s", fm_level_name(cell->params.level));
        fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
        fmi_table_add(&table, "%s", shape);
        fmi_table_add(&table, "%u", fmi_point_vertices(&cell->params));
    }
    fmi_table_text(&table, out);
    fmi_table_free(&table);
}

static void dry_run(const fmi_sweep *s, FILE *out) {
    static const char *const head[] = {"op",       ">batch",           "level", "shape", ">bytes",
                                       ">seconds", "what will happen", NULL};
    const fmi_cell_how how = fmi_cell_how_make(s->options->quick, 1, NULL);
    double total = 0.0;
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < s->cells.count; ++i) {
        const fmi_cell *cell = &s->cells.cell[i];
        const bool runs = cell->status == FMI_CELL_PENDING;
        char bytes[24], shape[FMI_POINT_TEXT];
        total += runs ? usual_seconds(&how) : 0.0;
        const bool late = s->options->max_time_s > 0.0 && total > s->options->max_time_s;
        fmi_table_add(&table, "%s", cell->op->name);
        fmi_table_add(&table, "%u%s", cell->params.batch, cell->planners_batch ? "*" : "");
        fmi_table_add(&table, "%s", fm_level_name(cell->params.level));
        fmi_point_shape(cell->op, &cell->params, shape, sizeof shape);
        fmi_table_add(&table, "%s", shape);
        fmi_table_add(&table, "%s", fmi_report_bytes(bytes, cell->predicted_bytes));
        fmi_table_add(&table, "%.1f", runs ? usual_seconds(&how) : 0.0);
        fmi_table_add(&table, "%s%s%s", runs ? "run" : fmi_cell_status_name(cell->status),
                      runs ? (late ? ", if --max-time allows" : "") : ": ",
                      runs ? "" : cell->reason);
    }
    fmi_table_text(&table, out);
    (void)fprintf(out, "\nabout %.0f s for cells of usual length; * the planner's batch\n", total);
    fmi_table_free(&table);
}

/* As JSON the cells are skipped ones. */
fm_status fmi_sweep_preview(fmi_sweep *s, fm_error *err) {
    if (s->options->format != FMI_FORMAT_TABLE) {
        const fmi_opencl_facts none = {.clock = "not tested"};
        fmi_environment_read(&s->environment, &s->caps, &none);
        for (uint32_t i = 0; i < s->cells.count; ++i)
            if (s->cells.cell[i].status == FMI_CELL_PENDING)
                fmi_cell_skip(&s->cells.cell[i], FMI_CELL_SKIPPED, "dry run");
        return fmi_sweep_print(s, err);
    }
    if (s->options->list)
        list_cells(s, stdout);
    else
        dry_run(s, stdout);
    return fmi_text_flush(err);
}
