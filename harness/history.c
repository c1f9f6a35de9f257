/* SPDX-License-Identifier: MIT */
/* fmbench history, and where a row of rates changes. */
#include "history.h"

#include "commands.h"
#include "console.h"
#include "error.h"
#include "html.h"
#include "io/json.h"
#include "io/text.h"
#include "point.h"
#include "saved.h"
#include "store_impl.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SHIFT 0.02

static double median_of(const double *values) {
    double copy[FMI_HISTORY_WINDOW];
    memcpy(copy, values, sizeof copy);
    return fmi_median_in_place(copy, FMI_HISTORY_WINDOW);
}

static bool shifted(const double *values, uint32_t count, uint32_t at) {
    if (at < FMI_HISTORY_WINDOW || at + FMI_HISTORY_WINDOW > count)
        return false;
    const double before = median_of(values + at - FMI_HISTORY_WINDOW);
    const double after = median_of(values + at);
    uint32_t above = 0, below = 0;
    for (uint32_t i = at; i < at + FMI_HISTORY_WINDOW; ++i) {
        above += values[i] > before;
        below += values[i] < before;
    }
    return (above == FMI_HISTORY_WINDOW || below == FMI_HISTORY_WINDOW) &&
           fabs(after / before - 1.0) >= LEAST_SHIFT;
}

bool fmi_history_changed(const double *values, uint32_t count, uint32_t at) {
    return shifted(values, count, at) && !(at > 0 && shifted(values, count, at - 1));
}

/* --- the command ------------------------------------------------------------------------------ */

/* One cell of the store, by key and device. */
typedef struct line {
    char key[FMI_POINT_TEXT], device[48], unit[24];
} line;

static fm_status lines_of(fmi_store *store, const char *pattern, line **lines, uint32_t *count,
                          fm_error *err) {
    static const char sql[] =
        "SELECT DISTINCT c.key,coalesce(e.device_id,''),c.unit FROM cells c JOIN runs r ON "
        "r.id=c.run JOIN environments e ON e.id=r.environment WHERE c.rate IS NOT NULL AND c.key "
        "IS NOT NULL AND c.key LIKE ?1 ORDER BY c.key,2";
    sqlite3_stmt *row = NULL;
    char like[300];
    (void)snprintf(like, sizeof like, "%%%s%%", pattern ? pattern : "");
    for (char *at = like; *at; ++at)
        *at = *at == '*' ? '%' : *at;
    fm_status status = FM_OK;
    *lines = NULL;
    *count = 0;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, like, -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW) {
        line *grown = realloc(*lines, sizeof *grown * (*count + 1));
        if (!grown) {
            status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u cells", *count + 1);
            break;
        }
        *lines = grown;
        (void)snprintf(grown[*count].key, sizeof grown->key, "%s",
                       (const char *)sqlite3_column_text(row, 0));
        (void)snprintf(grown[*count].device, sizeof grown->device, "%s",
                       (const char *)sqlite3_column_text(row, 1));
        const unsigned char *unit = sqlite3_column_text(row, 2);
        (void)snprintf(grown[(*count)++].unit, sizeof grown->unit, "%s",
                       unit ? (const char *)unit : "");
    }
    (void)sqlite3_finalize(row);
    if (status != FM_OK || *count)
        return status;
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: no cell with a rate matches \"%.60s\"; a part of its words is enough, * "
                    "stands for anything",
                    store->path, pattern ? pattern : "");
}

/* The points of a line, and their rates alone; both are the caller's to free. */
static fm_status points_of(fmi_store *store, const line *what, fmi_saved_point **points,
                           double **rates, uint32_t *count, fm_error *err) {
    *rates = NULL;
    const fm_status status = fmi_saved_history(store, what->key, what->device, points, count, err);
    if (status != FM_OK)
        return status;
    *rates = calloc(*count + 1, sizeof **rates);
    if (!*rates)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u rates", *count);
    for (uint32_t i = 0; i < *count; ++i)
        (*rates)[i] = (*points)[i].rate;
    return FM_OK;
}

static fm_status add_rows(fmi_table *table, fmi_store *store, const line *what, fm_error *err) {
    fmi_saved_point *points = NULL;
    double *rates = NULL;
    uint32_t count = 0;
    const fm_status status = points_of(store, what, &points, &rates, &count, err);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        char rate[24], lo[24], hi[24];
        fmi_table_add(table, "%s", what->key);
        fmi_table_add(table, "%s", points[i].started);
        fmi_table_add(table, "%s", points[i].run);
        fmi_table_add(table, "%s", points[i].revision);
        fmi_table_add(table, "%s %s", fmi_html_si(rate, rates[i]), what->unit);
        fmi_table_add(table, "%s to %s", fmi_html_si(lo, points[i].lo),
                      fmi_html_si(hi, points[i].hi));
        if (i > 0)
            fmi_table_add(table, "%+.1f %%", 100.0 * (rates[i] / rates[i - 1] - 1.0));
        else
            fmi_table_add(table, "%s", "");
        fmi_table_add(table, "%s", fmi_history_changed(rates, count, i) ? "change" : "");
    }
    free(rates);
    free(points);
    return status;
}

static fm_status add_json(fmi_json *json, fmi_store *store, const line *what, fm_error *err) {
    fmi_saved_point *points = NULL;
    double *rates = NULL;
    uint32_t count = 0;
    const fm_status status = points_of(store, what, &points, &rates, &count, err);
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "key", what->key);
    fmi_json_string(json, "device_id", what->device);
    fmi_json_string(json, "unit", what->unit);
    fmi_json_begin(json, "runs", '[');
    for (uint32_t i = 0; status == FM_OK && i < count; ++i) {
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "run", points[i].run);
        fmi_json_string(json, "started", points[i].started);
        fmi_json_string(json, "revision", points[i].revision);
        fmi_json_double(json, "rate", points[i].rate);
        fmi_json_double(json, "rate_lo", points[i].lo);
        fmi_json_double(json, "rate_hi", points[i].hi);
        fmi_json_double(json, "to_previous", i ? rates[i] / rates[i - 1] : (double)NAN);
        fmi_json_bool(json, "change", fmi_history_changed(rates, count, i));
        fmi_json_end(json);
    }
    fmi_json_end(json);
    fmi_json_end(json);
    free(rates);
    free(points);
    return status;
}

static fm_status print_json(fmi_store *store, const line *lines, uint32_t count, fm_error *err) {
    fmi_json json = {0};
    fm_status status = FM_OK;
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/history/1");
    fmi_json_begin(&json, "cells", '[');
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        status = add_json(&json, store, &lines[i], err);
    fmi_json_end(&json);
    fmi_json_end(&json);
    if (status == FM_OK)
        return fmi_console_json(&json, stdout, err);
    fmi_json_free(&json);
    return status;
}

static fm_status print_table(fmi_store *store, const line *lines, uint32_t count, fmi_format format,
                             fm_error *err) {
    static const char *const head[] = {"cell",         "started", "run",
                                       "revision",     ">rate",   ">95 % interval",
                                       ">to previous", "notes",   NULL};
    fmi_table table = {0};
    fm_status status = FM_OK;
    fmi_table_head(&table, head);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        status = add_rows(&table, store, &lines[i], err);
    if (status == FM_OK)
        fmi_table_print(&table, format, stdout);
    fmi_table_free(&table);
    return status;
}

int fmi_command_history(const fmi_options *options) {
    fmi_store *store = NULL;
    line *lines = NULL;
    uint32_t count = 0;
    fm_error err = {0};
    fm_status status = fmi_store_open_existing(&store, options->db, &err);
    if (status == FM_OK)
        status = lines_of(store, options->cell, &lines, &count, &err);
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(store, lines, count, &err);
    else if (status == FM_OK)
        status = print_table(store, lines, count, options->format, &err);
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    free(lines);
    fmi_store_close(&store);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
