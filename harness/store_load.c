/* SPDX-License-Identifier: MIT */
/* Reading a run back, to go on with it. */
#include "error.h"
#include "point.h"
#include "store_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static void copy_text(char *out, size_t out_bytes, sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    (void)snprintf(out, out_bytes, "%s", text ? (const char *)text : "");
}

static double real_or_nan(sqlite3_stmt *row, int column) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN
                                                           : sqlite3_column_double(row, column);
}

char *fmi_store_words(int argc, char *const *argv) {
    json_t *array = json_array();
    for (int i = 0; i < argc; ++i)
        (void)json_array_append_new(array, json_string(argv[i]));
    char *text = json_dumps(array, JSON_COMPACT);
    json_decref(array);
    return text;
}

static fm_status read_words(fmi_store_found *found, const char *text, fm_error *err) {
    json_t *array = json_loads(text, 0, NULL);
    const size_t count = json_array_size(array);
    found->argv = calloc(count + 1, sizeof *found->argv);
    bool complete = found->argv != NULL;
    for (size_t i = 0; complete && i < count; ++i) {
        const char *word = json_string_value(json_array_get(array, i));
        found->argv[i] = strdup(word ? word : "");
        found->argc = (int)i + 1;
        complete = found->argv[i] != NULL;
    }
    json_decref(array);
    if (!complete)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the words of run %s",
                        found->name);
    return count ? FM_OK
                 : fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "run %s was made by a version whose runs cannot go on; start a new one",
                            found->name);
}

static fm_status read_found(fmi_store_found *found, sqlite3_stmt *row, fm_error *err) {
    found->id = sqlite3_column_int64(row, 0);
    copy_text(found->name, sizeof found->name, row, 1);
    copy_text(found->started, sizeof found->started, row, 2);
    copy_text(found->configuration, sizeof found->configuration, row, 3);
    copy_text(found->configuration_hash, sizeof found->configuration_hash, row, 4);
    found->seed = (uint64_t)sqlite3_column_int64(row, 5);
    const unsigned char *words = sqlite3_column_text(row, 6);
    return read_words(found, words ? (const char *)words : "[]", err);
}

fm_status fmi_store_find(fmi_store *store, const char *name, fmi_store_found *found,
                         fm_error *err) {
    static const char sql[] =
        "SELECT id,name,started,configuration,configuration_hash,seed,arguments FROM runs "
        "WHERE name=?1 OR ?1='last' ORDER BY id DESC LIMIT 1";
    sqlite3_stmt *row = NULL;
    *found = (fmi_store_found){0};
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(row);
    fm_status status = FM_OK;
    if (code == SQLITE_ROW)
        status = read_found(found, row, err);
    else if (code == SQLITE_DONE)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: no run \"%.60s\"; the last one is named last", store->path, name);
    else
        status = fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    return status;
}

void fmi_store_found_free(fmi_store_found *found) {
    for (int i = 0; i < found->argc; ++i)
        free(found->argv[i]);
    free(found->argv);
    *found = (fmi_store_found){0};
}

fm_status fmi_store_resume(fmi_store *store, const fmi_store_found *found, fm_error *err) {
    char sql[1100];
    store->run = found->id;
    (void)snprintf(sql, sizeof sql,
                   "BEGIN IMMEDIATE;"
                   "DELETE FROM peer_samples WHERE peer IN (SELECT p.id FROM peers p JOIN cells c"
                   " ON p.cell=c.id WHERE c.run=%lld AND c.final=0);"
                   "DELETE FROM peers WHERE cell IN (SELECT id FROM cells WHERE run=%lld AND"
                   " final=0);"
                   "DELETE FROM cell_programs WHERE cell IN (SELECT id FROM cells WHERE run=%lld"
                   " AND final=0);"
                   "DELETE FROM samples WHERE cell IN (SELECT id FROM cells WHERE run=%lld AND"
                   " final=0);"
                   "DELETE FROM cells WHERE run=%lld AND final=0;"
                   "UPDATE runs SET status='running', resumed=resumed+1 WHERE id=%lld;"
                   "COMMIT",
                   (long long)found->id, (long long)found->id, (long long)found->id,
                   (long long)found->id, (long long)found->id, (long long)found->id);
    return fmi_store_execute(store, sql, "go on with a run of it", err);
}

/* --- cells ---------------------------------------------------------------------------------- */

static const char cell_columns[] =
    "SELECT " FMI_STORE_CELL_COLUMNS " FROM cells WHERE run=? ORDER BY position";

fmi_cell_status fmi_store_status_of(const char *word) {
    for (int i = FMI_CELL_OK; i < FMI_CELL_STATUSES; ++i)
        if (strcmp(word, fmi_cell_status_name((fmi_cell_status)i)) == 0)
            return (fmi_cell_status)i;
    return FMI_CELL_CRASHED;
}

static void read_times(fmi_cell *cell, sqlite3_stmt *row) {
    fmi_summary *s = &cell->bench.wall;
    double *const values[] = {&s->median, &s->lo,  &s->hi,   &s->min, &s->p5,  &s->p25, &s->p75,
                              &s->p95,    &s->max, &s->mean, &s->sd,  &s->mad, &s->lag1};
    cell->rate = real_or_nan(row, 12);
    cell->timed = isfinite(cell->rate);
    cell->rate_lo = real_or_nan(row, 13);
    cell->rate_hi = real_or_nan(row, 14);
    cell->cpu_s_per_frame = real_or_nan(row, 15);
    s->n = (size_t)sqlite3_column_int64(row, 16);
    cell->bench.launches = (uint32_t)sqlite3_column_int64(row, 17);
    for (int i = 0; i < 13; ++i)
        *values[i] = real_or_nan(row, 18 + i);
    s->mild = (size_t)sqlite3_column_int64(row, 31);
    s->severe = (size_t)sqlite3_column_int64(row, 32);
    cell->bench.settled = sqlite3_column_int(row, 41) != 0;
}

static void read_memory(fmi_cell *cell, sqlite3_stmt *row) {
    char trust[16];
    cell->facts.free_bytes = (uint64_t)sqlite3_column_int64(row, 45);
    copy_text(cell->facts.memory_source, sizeof cell->facts.memory_source, row, 46);
    copy_text(trust, sizeof trust, row, 47);
    for (int i = 0; i <= (int)FM_TRUST_REPORTED; ++i)
        if (strcmp(trust, fm_trust_name((fm_trust)i)) == 0)
            cell->facts.trust = (fm_trust)i;
}

/* The columns from 50 on, which version 7 added. */
static void read_observation(fmi_cell *cell, sqlite3_stmt *row) {
    fmi_observation *seen = &cell->seen;
    fmi_frequency_seen *f = &cell->frequency;
    seen->seen = sqlite3_column_type(row, 52) != SQLITE_NULL;
    seen->event_s = real_or_nan(row, 50);
    seen->event_wall_s = real_or_nan(row, 51);
    copy_text(seen->clock, sizeof seen->clock, row, 52);
    uint64_t *const counts[] = {&seen->kernels,    &seen->to_count,   &seen->to_bytes,
                                &seen->from_count, &seen->from_bytes, &seen->loop_bytes};
    for (int i = 0; i < 6; ++i)
        *counts[i] = (uint64_t)sqlite3_column_int64(row, 53 + i);
    if (sqlite3_column_type(row, 59) != SQLITE_NULL)
        cell->zero_copy = sqlite3_column_int(row, 59) ? FMI_ZERO_COPY_YES : FMI_ZERO_COPY_NO;
    copy_text(f->source, sizeof f->source, row, 60);
    f->mhz_min = real_or_nan(row, 61);
    f->mhz_mean = real_or_nan(row, 62);
    f->mhz_max = real_or_nan(row, 63);
    f->readings = (uint32_t)sqlite3_column_int64(row, 64);
    f->throttled = (uint32_t)sqlite3_column_int64(row, 65);
    f->slowed = (uint32_t)sqlite3_column_int64(row, 66);
    copy_text(f->reasons, sizeof f->reasons, row, 67);
}

void fmi_store_read_cell(fmi_cell *cell, sqlite3_stmt *row) {
    char status[32];
    copy_text(status, sizeof status, row, 3);
    cell->status = fmi_store_status_of(status);
    copy_text(cell->reason, sizeof cell->reason, row, 4);
    copy_text(cell->warnings, sizeof cell->warnings, row, 5);
    cell->checked = sqlite3_column_type(row, 6) != SQLITE_NULL;
    cell->check.max = real_or_nan(row, 6);
    copy_text(cell->error_unit, sizeof cell->error_unit, row, 7);
    cell->check.share = real_or_nan(row, 8);
    cell->check.psnr = real_or_nan(row, 9);
    cell->check.compared = (uint32_t)sqlite3_column_int64(row, 10);
    cell->check.hashed = (uint32_t)sqlite3_column_int64(row, 11);
    read_times(cell, row);
    cell->facts.frames = (uint64_t)sqlite3_column_int64(row, 33);
    cell->facts.bytes = (uint64_t)sqlite3_column_int64(row, 34);
    cell->facts.flops = sqlite3_column_double(row, 35);
    cell->roof_fraction = real_or_nan(row, 36);
    cell->facts.covered_fraction = real_or_nan(row, 37);
    cell->facts.planned_bytes = (uint64_t)sqlite3_column_int64(row, 38);
    cell->facts.peak_bytes = (uint64_t)sqlite3_column_int64(row, 39);
    cell->measured = cell->timed;
    cell->wall_s = real_or_nan(row, 40);
    cell->anchor_s = sqlite3_column_double(row, 42);
    cell->joules_per_frame = real_or_nan(row, 43);
    copy_text(cell->power_source, sizeof cell->power_source, row, 44);
    read_memory(cell, row);
    cell->tries = (uint32_t)sqlite3_column_int64(row, 48);
    cell->check.half_psnr = real_or_nan(row, 49);
    read_observation(cell, row);
    cell->stored = true;
}

static fmi_cell *find_cell(fmi_cells *cells, const char *key) {
    for (uint32_t i = 0; i < cells->count; ++i) {
        char own[FMI_POINT_TEXT];
        fmi_point_key(cells->cell[i].op, &cells->cell[i].params, own);
        if (strcmp(own, key) == 0)
            return &cells->cell[i];
    }
    return NULL;
}

/* A refined cell is in no list: it is made again from the curve that its key names. */
static fmi_cell *add_refined(fmi_cells *cells, const fm_caps *caps, const char *key,
                             uint32_t batch) {
    for (uint32_t i = 0; i < cells->count; ++i) {
        char own[FMI_POINT_TEXT];
        fmi_cell cell = {.op = cells->cell[i].op, .params = cells->cell[i].params, .refined = true};
        cell.params.batch = batch;
        fmi_point_key(cell.op, &cell.params, own);
        if (strcmp(own, key) == 0)
            return fmi_cells_add(cells, &cell, caps, NULL) == FM_OK ? &cells->cell[cells->count - 1]
                                                                    : NULL;
    }
    return NULL;
}

fm_status fmi_store_load(fmi_store *store, fmi_cells *cells, const fm_caps *caps, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, cell_columns, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, store->run);
    int code = 0;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        char key[FMI_POINT_TEXT];
        copy_text(key, sizeof key, row, 0);
        fmi_cell *cell = find_cell(cells, key);
        if (!cell && sqlite3_column_int(row, 2))
            cell = add_refined(cells, caps, key, (uint32_t)sqlite3_column_int64(row, 1));
        if (cell)
            fmi_store_read_cell(cell, row);
    }
    const fm_status status = code == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    return status;
}

/* In the order in which they happen. */
static const char cold_query[] =
    "SELECT stage,seconds,note FROM cold WHERE run=? ORDER BY stage LIKE '%, cached',"
    "instr('platform,context,upload,first frame,second frame,first touch,second touch',"
    "replace(stage,', cached',''))";

fm_status fmi_store_load_cold(fmi_store *store, fmi_cold *cold, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, cold_query, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, store->run);
    *cold = (fmi_cold){0};
    while (sqlite3_step(row) == SQLITE_ROW && cold->count < FMI_COLD_STAGES) {
        fmi_cold_stage *stage = &cold->stage[cold->count++];
        copy_text(stage->name, sizeof stage->name, row, 0);
        stage->seconds = real_or_nan(row, 1);
        copy_text(stage->note, sizeof stage->note, row, 2);
    }
    (void)sqlite3_finalize(row);
    return FM_OK;
}

fm_status fmi_store_places(fmi_store *store, uint32_t *next, fm_error *err) {
    char sql[120];
    int64_t last = -1;
    (void)snprintf(sql, sizeof sql, "SELECT coalesce(max(position),-1) FROM cells WHERE run=%lld",
                   (long long)store->run);
    const fm_status status = fmi_store_query(store, sql, &last, err);
    *next = (uint32_t)(last + 1);
    return status;
}
