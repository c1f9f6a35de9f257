/* SPDX-License-Identifier: MIT */
#include "store_copy.h"

#include "error.h"
#include "store_impl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SQL_BYTES 8192

/* Runs, comparisons and noise figures that are not here yet. */
#define NEW_RUNS "(SELECT id FROM temp.new_runs)"
#define NEW_CELLS "(SELECT id FROM other.cells WHERE run IN " NEW_RUNS ")"
#define NEW_COMPARISONS "(SELECT id FROM temp.new_comparisons)"

/* A table: which rows come along, and what its columns refer to. Ids move up by the largest one
 * that is here; a table comes after those it refers to. */
static const struct table {
    const char *name, *where;
    bool has_id;
    const char *column, *refers; /* NULL = nothing */
    bool shared;                 /* by content: rows that are here stay */
} tables[] = {
    {"environments", "id IN (SELECT environment FROM other.runs WHERE id IN " NEW_RUNS ")", true,
     NULL, NULL, false},
    {"runs", "id IN " NEW_RUNS, true, "environment", "environments", false},
    {"cells", "run IN " NEW_RUNS, true, "run", "runs", false},
    {"samples", "cell IN " NEW_CELLS, false, "cell", "cells", false},
    {"peers", "cell IN " NEW_CELLS, true, "cell", "cells", false},
    {"peer_samples", "peer IN (SELECT id FROM other.peers WHERE cell IN " NEW_CELLS ")", false,
     "peer", "peers", false},
    {"roofs", "run IN " NEW_RUNS, false, "run", "runs", false},
    {"cold", "run IN " NEW_RUNS, false, "run", "runs", false},
    {"sources", "hash IN (SELECT source FROM other.cell_programs WHERE cell IN " NEW_CELLS ")",
     false, NULL, NULL, true},
    {"geometries", "hash IN (SELECT geometry FROM other.cells WHERE run IN " NEW_RUNS ")", false,
     NULL, NULL, true},
    {"cell_programs", "cell IN " NEW_CELLS, false, "cell", "cells", false},
    {"stages", "cell IN " NEW_CELLS, false, "cell", "cells", false},
    {"comparisons", "id IN " NEW_COMPARISONS, true, NULL, NULL, false},
    {"comparison_samples", "comparison IN " NEW_COMPARISONS, false, "comparison", "comparisons",
     false},
    {"noise", "id IN (SELECT id FROM temp.new_noise)", true, NULL, NULL, false},
};
#define TABLES (sizeof tables / sizeof tables[0])

/* ---- the other file ---- */

static fm_status attach(fmi_store *store, const char *from, fm_error *err) {
    char name[4096], why[400];
    sqlite3_stmt *row = NULL;
    if (access(from, R_OK) != 0)
        return fmi_store_refuse(store, "no such file, or not readable", err);
    const bool fits = fmi_store_can_be_written(from)
                          ? fmi_store_name(from, name, sizeof name)
                          : fmi_store_read_only_name(from, name, sizeof name);
    if (!fits)
        return fmi_store_refuse(store, "the name is too long", err);
    int code = sqlite3_prepare_v2(store->db, "ATTACH ?1 AS other", -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    (void)sqlite3_finalize(row);
    (void)snprintf(why, sizeof why, "damaged or not a result store (%.320s)",
                   sqlite3_errmsg(store->db));
    return code == SQLITE_DONE ? FM_OK : fmi_store_refuse(store, why, err);
}

static bool is_sound(fmi_store *store) {
    sqlite3_stmt *row = NULL;
    const bool sound =
        sqlite3_prepare_v2(store->db, "PRAGMA other.quick_check(1)", -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(row, 0), "ok") == 0;
    (void)sqlite3_finalize(row);
    return sound;
}

static fm_status check_other(fmi_store *store, fm_error *err) {
    int64_t mark = 0, version = 0;
    if (fmi_store_query(store, "PRAGMA other.application_id", &mark, NULL) != FM_OK ||
        mark != FMI_STORE_APPLICATION_ID)
        return fmi_store_refuse(store, "not a result store", err);
    const fm_status status = fmi_store_check_plain(store, "other", err);
    if (status != FM_OK)
        return status;
    if (fmi_store_query(store,
                        "SELECT CAST(value AS INTEGER) FROM other.meta WHERE key='schema_version'",
                        &version, NULL) != FM_OK ||
        !is_sound(store))
        return fmi_store_refuse(store, "damaged", err);
    return version >= 1 && version <= FMI_STORE_SCHEMA
               ? fmi_store_check_tables(store, "other", version, err)
               : fmi_store_refuse(store, "its schema is newer than this program", err);
}

/* ---- what is new ---- */

static bool other_has(fmi_store *store, const char *table) {
    char sql[200];
    int64_t count = 0;
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM other.sqlite_master WHERE type='table' AND name='%s'",
                   table);
    return fmi_store_query(store, sql, &count, NULL) == FM_OK && count > 0;
}

static fm_status count_into(fmi_store *store, const char *sql, uint32_t *count, fm_error *err) {
    int64_t value = 0;
    const fm_status status = fmi_store_query(store, sql, &value, err);
    *count = (uint32_t)value;
    return status;
}

/* All runs, or the one that is named. */
static fm_status choose_runs(fmi_store *store, const char *run, fmi_came *copied, fm_error *err) {
    static const char make[] = "CREATE TEMP TABLE new_runs AS SELECT id, name FROM other.runs "
                               "WHERE ?1 IS NULL OR name=?1";
    sqlite3_stmt *row = NULL;
    uint32_t all = 0;
    int code = sqlite3_prepare_v2(store->db, make, -1, &row, NULL);
    if (code == SQLITE_OK && run)
        code = sqlite3_bind_text(row, 1, run, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    (void)sqlite3_finalize(row);
    if (code != SQLITE_DONE)
        return fmi_store_fail(store, "choose runs", err);
    fm_status status = count_into(store, "SELECT count(*) FROM temp.new_runs", &all, err);
    if (status == FM_OK && all == 0)
        return fmi_store_refuse(store, run ? "no run of that name in it" : "no run in it", err);
    if (status == FM_OK)
        status = fmi_store_execute(
            store, "DELETE FROM temp.new_runs WHERE name IN (SELECT name FROM main.runs)", "choose",
            err);
    if (status == FM_OK)
        status = count_into(store, "SELECT count(*) FROM temp.new_runs", &copied->runs, err);
    copied->known = all - copied->runs;
    return status;
}

/* Comparisons and noise have no name: the same moment, sides and cell are the same one. Those of a
 * single run's bundle are of that run. */
static fm_status choose_others(fmi_store *store, const char *run, fm_error *err) {
    static const char none[] =
        "CREATE TEMP TABLE new_comparisons(id); CREATE TEMP TABLE new_noise(id);";
    static const char comparisons[] =
        "INSERT INTO temp.new_comparisons SELECT o.id FROM other.comparisons o WHERE NOT EXISTS "
        "(SELECT 1 FROM main.comparisons m WHERE m.started=o.started AND m.a=o.a AND m.b=o.b AND "
        "m.key=o.key)";
    static const char noise[] =
        "INSERT INTO temp.new_noise SELECT o.id FROM other.noise o WHERE NOT EXISTS (SELECT 1 FROM "
        "main.noise m WHERE m.started=o.started AND m.machine=o.machine AND m.key=o.key)";
    fm_status status = fmi_store_execute(store, none, "choose", err);
    if (status == FM_OK && !run && other_has(store, "comparisons"))
        status = fmi_store_execute(store, comparisons, "choose", err);
    if (status == FM_OK && !run && other_has(store, "noise"))
        status = fmi_store_execute(store, noise, "choose", err);
    return status;
}

/* ---- copying ---- */

static int64_t largest_id(fmi_store *store, const char *table) {
    char sql[100];
    int64_t id = 0;
    (void)snprintf(sql, sizeof sql, "SELECT coalesce(max(id),0) FROM main.%s", table);
    (void)fmi_store_query(store, sql, &id, NULL);
    return id;
}

/* The columns that both have, and what is selected for each. */
static bool list_columns(fmi_store *store, const struct table *t, const int64_t base[TABLES],
                         char *names, char *values) {
    char sql[400];
    sqlite3_stmt *row = NULL;
    int64_t own = 0, theirs = 0;
    for (size_t i = 0; i < TABLES; ++i) {
        if (strcmp(tables[i].name, t->name) == 0)
            own = base[i];
        if (t->refers && strcmp(tables[i].name, t->refers) == 0)
            theirs = base[i];
    }
    (void)snprintf(sql, sizeof sql,
                   "SELECT name FROM pragma_table_info('%s','main') WHERE name IN (SELECT name "
                   "FROM pragma_table_info('%s','other'))",
                   t->name, t->name);
    bool good = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) == SQLITE_OK;
    size_t n = 0, v = 0;
    while (good && sqlite3_step(row) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        const int64_t up = t->has_id && strcmp(name, "id") == 0        ? own
                           : t->column && strcmp(name, t->column) == 0 ? theirs
                                                                       : 0;
        n += (size_t)snprintf(names + n, SQL_BYTES / 3 - n, "%s%s", n ? "," : "", name);
        v += (size_t)snprintf(values + v, SQL_BYTES / 3 - v, up ? "%s%s+%lld" : "%s%s",
                              v ? "," : "", name, (long long)up);
        good = n < SQL_BYTES / 3 && v < SQL_BYTES / 3;
    }
    (void)sqlite3_finalize(row);
    return good && n > 0;
}

static fm_status copy_table(fmi_store *store, const struct table *t, const int64_t base[TABLES],
                            fm_error *err) {
    char names[SQL_BYTES / 3], values[SQL_BYTES / 3], sql[SQL_BYTES];
    if (!other_has(store, t->name))
        return FM_OK; /* of an older schema */
    if (!list_columns(store, t, base, names, values))
        return fmi_fail(err, FM_ERROR_INTERNAL, "the columns of %s could not be listed", t->name);
    (void)snprintf(sql, sizeof sql, "INSERT %s INTO main.%s(%s) SELECT %s FROM other.%s WHERE %s",
                   t->shared ? "OR IGNORE" : "", t->name, names, values, t->name, t->where);
    return fmi_store_execute(store, sql, "copy", err);
}

static fm_status copy_all(fmi_store *store, const char *run, fmi_came *copied, fm_error *err) {
    int64_t base[TABLES] = {0}, samples = 0;
    fm_status status = choose_runs(store, run, copied, err);
    if (status == FM_OK)
        status = choose_others(store, run, err);
    for (size_t i = 0; i < TABLES; ++i)
        base[i] = tables[i].has_id ? largest_id(store, tables[i].name) : 0;
    for (size_t i = 0; status == FM_OK && i < TABLES; ++i)
        status = copy_table(store, &tables[i], base, err);
    if (status == FM_OK)
        status = count_into(store, "SELECT count(*) FROM other.cells WHERE run IN " NEW_RUNS,
                            &copied->cells, err);
    if (status == FM_OK)
        status = fmi_store_query(
            store, "SELECT count(*) FROM other.samples WHERE cell IN " NEW_CELLS, &samples, err);
    copied->samples = (uint64_t)samples;
    return status;
}

fm_status fmi_store_copy(fmi_store *store, const char *from, const char *run, fmi_came *copied,
                         fm_error *err) {
    *copied = (fmi_came){0};
    store->other = from;
    fm_status status = attach(store, from, err);
    if (status == FM_OK)
        status = check_other(store, err);
    if (status == FM_OK)
        status = fmi_store_execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status == FM_OK) {
        status = copy_all(store, run, copied, err);
        if (status == FM_OK)
            status = fmi_store_execute(store, "COMMIT", "write", err);
        if (status != FM_OK)
            (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    (void)sqlite3_exec(store->db,
                       "DROP TABLE IF EXISTS temp.new_runs; DROP TABLE IF EXISTS "
                       "temp.new_comparisons; DROP TABLE IF EXISTS temp.new_noise; DETACH other;",
                       NULL, NULL, NULL);
    store->other = NULL;
    if (status != FM_OK)
        *copied = (fmi_came){0};
    return status;
}

fm_status fmi_store_anonymise(fmi_store *store, fm_error *err) {
    return fmi_store_execute(
        store,
        "BEGIN IMMEDIATE;"
        "UPDATE runs SET command='fmbench', arguments='[]';"
        "UPDATE cells SET input='mesh files' WHERE input IS NOT NULL AND input NOT LIKE 'sample "
        "heads,%' AND input NOT LIKE '% random points,%';"
        "UPDATE environments SET machine=NULL, json=json_remove(json,'$.variables');"
        "UPDATE comparisons SET machine=NULL; DELETE FROM noise;"
        "COMMIT",
        "anonymise it", err);
}

fm_status fmi_store_bytes(fmi_store *store, unsigned char **bytes, size_t *count, fm_error *err) {
    sqlite3_int64 size = 0;
    *bytes = NULL;
    *count = 0;
    /* What was taken out still stands in free pages. */
    const fm_status status = fmi_store_execute(store, "VACUUM", "pack it", err);
    if (status != FM_OK)
        return status;
    *bytes = sqlite3_serialize(store->db, "main", &size, 0);
    *count = *bytes ? (size_t)size : 0;
    return *bytes ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the bundle");
}

void fmi_store_bytes_free(unsigned char **bytes) {
    sqlite3_free(*bytes);
    *bytes = NULL;
}
