/* SPDX-License-Identifier: MIT */
/* What compare --live says on stdout. */
#include "compare_live.h"
#include "console.h"
#include "io/json.h"
#include "noise.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

/* What a reader asks next: why is there no verdict, or how many rounds are missing. */
static void note_of(const fmi_compared *c, const fmi_live *live, char *out, size_t bytes) {
    out[0] = '\0';
    if (live->status != FMI_CELL_OK)
        (void)snprintf(out, bytes, "%s: %.150s", fmi_cell_status_name(live->status), live->reason);
    else if (live->same_kernels && !live->timed)
        (void)snprintf(out, bytes, "identical kernels, options and geometry: not timed");
    else if (live->timed && live->verdict == FMI_UNRESOLVED)
        (void)snprintf(out, bytes, "%.0f rounds would do",
                       fmi_verdict_rounds(&live->ratio, c->band));
}

static void add_row(fmi_table *table, const fmi_compared *c, const fmi_compared_row *row) {
    const fmi_live *live = &row->live;
    char text[FMI_POINT_TEXT], note[240];
    fmi_point_text(row->cell->op, &row->cell->params, text);
    note_of(c, live, note, sizeof note);
    fmi_table_add(table, "%s", text);
    if (live->timed) {
        fmi_table_add(table, "%.4f", live->ratio.effect);
        fmi_table_add(table, "%.4f to %.4f", live->ratio.lo, live->ratio.hi);
        fmi_table_add(table, "%zu", live->ratio.n);
        fmi_table_add(table, "%.1f %%", 100.0 * fmi_verdict_resolution(&live->ratio, c->band));
        fmi_table_add(table, "%.2g", row->p);
    } else {
        for (int i = 0; i < 5; ++i)
            fmi_table_add(table, "-");
    }
    fmi_table_add(table, "%s", fmi_verdict_name(live->verdict));
    fmi_table_add(table, "%s", note);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The resolution of this very table: what its cells could have shown. */
static void print_resolution(const fmi_compared *c, FILE *out) {
    double *found = malloc(sizeof *found * (c->count + 1));
    uint32_t n = 0;
    char noise[400];
    for (uint32_t i = 0; found && i < c->count; ++i)
        if (c->row[i].live.timed && isfinite(c->row[i].live.ratio.lo))
            found[n++] = fmi_verdict_resolution(&c->row[i].live.ratio, c->band);
    if (n) {
        qsort(found, n, sizeof *found, ascending);
        (void)fprintf(out,
                      "Resolution of this table: a slowdown of %.1f %% would show in the middle "
                      "cell, of %.1f %% in every cell.\n",
                      100.0 * found[n / 2], 100.0 * found[n - 1]);
    } else {
        (void)fprintf(out, "Resolution of this table: %s.\n",
                      found ? "nothing was timed" : "no memory for it");
    }
    fmi_noise_text(&c->noise, noise, sizeof noise);
    (void)fprintf(out, "%s\n", noise);
    free(found);
}

static void print_table(const fmi_compared *c, FILE *out) {
    static const char *const head[] = {"cell",    ">time B/A", ">interval",
                                       ">rounds", ">resolves", ">p (Holm)",
                                       "verdict", "note",      NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < c->count; ++i)
        add_row(&table, c, &c->row[i]);
    fmi_table_print(&table, c->options->format, out);
    fmi_table_free(&table);
    if (c->options->format == FMI_FORMAT_CSV)
        return;
    (void)fprintf(out,
                  "\nA: kernels of run %s; B: %s%s. One process, in turn, on the same inputs; a "
                  "difference counts beyond %.1f %%. Timed cells: B takes %.3f times as long (%.3f "
                  "to %.3f).\n",
                  c->a->name, c->b ? "kernels of run " : "this build", c->b ? c->b->name : "",
                  100.0 * expm1(c->band), c->mean.mean, c->mean.lo, c->mean.hi);
    if (c->without)
        (void)fprintf(out,
                      "%u cells run no kernels of their own and are left to compare without "
                      "--live.\n",
                      c->without);
    print_resolution(c, out);
}

static void cell_json(fmi_json *json, const fmi_compared *c, const fmi_compared_row *row) {
    const fmi_live *live = &row->live;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "key", row->key);
    fmi_json_string(json, "status", fmi_cell_status_name(live->status));
    fmi_json_string(json, "reason", live->reason[0] ? live->reason : NULL);
    fmi_json_string(json, "verdict", fmi_verdict_name(live->verdict));
    fmi_json_bool(json, "same_kernels", live->same_kernels);
    const double nothing = (double)NAN; /* null */
    fmi_json_double(json, "ratio", live->timed ? live->ratio.effect : nothing);
    fmi_json_double(json, "ratio_lo", live->timed ? live->ratio.lo : nothing);
    fmi_json_double(json, "ratio_hi", live->timed ? live->ratio.hi : nothing);
    fmi_json_double(json, "p_holm", live->timed ? row->p : nothing);
    fmi_json_double(json, "resolution",
                    live->timed ? fmi_verdict_resolution(&live->ratio, c->band) : nothing);
    fmi_json_uint(json, "rounds", live->ratio.n);
    fmi_json_uint(json, "ties", live->ratio.ties);
    fmi_json_uint(json, "launches", live->side[0].launches);
    fmi_json_end(json);
}

static fm_status print_json(const fmi_compared *c, FILE *out, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/compare/1");
    fmi_json_string(&json, "a", c->a->name);
    fmi_json_string(&json, "b", c->b ? c->b->name : "now");
    fmi_json_bool(&json, "advisory", false);
    fmi_json_bool(&json, "live", true);
    fmi_json_double(&json, "threshold", expm1(c->band));
    fmi_json_double(&json, "geometric_mean", c->mean.mean);
    fmi_json_double(&json, "geometric_mean_lo", c->mean.lo);
    fmi_json_double(&json, "geometric_mean_hi", c->mean.hi);
    fmi_json_begin(&json, "cells", '[');
    for (uint32_t i = 0; i < c->count; ++i)
        cell_json(&json, c, &c->row[i]);
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, out, err);
}

fm_status fmi_compare_print(const fmi_compared *c, FILE *out, fm_error *err) {
    if (c->options->format == FMI_FORMAT_JSON)
        return print_json(c, out, err);
    print_table(c, out);
    return FM_OK;
}
