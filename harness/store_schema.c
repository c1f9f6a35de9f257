/* SPDX-License-Identifier: MIT */
/* The tables, and the steps from each older version of them to the next. */
#include "error.h"
#include "store_impl.h"

#include <stdio.h>

static const char first_schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('schema_version','1'),('schema','fmbench/store/1');"
    "CREATE TABLE environments(id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL,"
    " device_id TEXT, device TEXT, platform TEXT, driver TEXT, version TEXT, revision TEXT,"
    " json TEXT NOT NULL);"
    "CREATE INDEX environments_fingerprint ON environments(fingerprint);"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, started TEXT NOT NULL,"
    " status TEXT NOT NULL, environment INTEGER NOT NULL REFERENCES environments(id),"
    " command TEXT, cell_order TEXT NOT NULL, seed INTEGER NOT NULL, quick INTEGER NOT NULL,"
    " cells INTEGER NOT NULL);"
    "CREATE TABLE cells(id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id),"
    " position INTEGER NOT NULL, op TEXT NOT NULL, batch INTEGER NOT NULL, level TEXT NOT NULL,"
    " width INTEGER, height INTEGER, vertices INTEGER, precision TEXT NOT NULL,"
    " samples INTEGER NOT NULL, threads INTEGER, mem_limit_bytes INTEGER, input TEXT,"
    " specialisation TEXT, planners_batch INTEGER NOT NULL,"
    " status TEXT NOT NULL, reason TEXT, warnings TEXT,"
    " error_max REAL, error_unit TEXT, error_share REAL, error_psnr REAL,"
    " frames_compared INTEGER, frames_hashed INTEGER,"
    " unit TEXT, rate REAL, rate_lo REAL, rate_hi REAL, cpu_s_per_frame REAL,"
    " n INTEGER, launches INTEGER, median_s REAL, lo_s REAL, hi_s REAL, min_s REAL, p5_s REAL,"
    " p25_s REAL, p75_s REAL, p95_s REAL, max_s REAL, mean_s REAL, sd_s REAL, mad_s REAL,"
    " lag1 REAL, outliers_mild INTEGER, outliers_severe INTEGER,"
    " frames INTEGER, bytes INTEGER, flops REAL, roof_fraction REAL, covered_fraction REAL,"
    " planned_bytes INTEGER, peak_bytes INTEGER, budget_bytes INTEGER, wall_s REAL,"
    " UNIQUE(run, position));"
    "CREATE INDEX cells_point ON cells(op, batch, level, width, height);"
    "CREATE TABLE samples(cell INTEGER NOT NULL REFERENCES cells(id), seq INTEGER NOT NULL,"
    " warm_up INTEGER NOT NULL, seconds REAL NOT NULL, cpu_seconds REAL NOT NULL,"
    " PRIMARY KEY(cell, seq)) WITHOUT ROWID;";

/* 2: the other axes, peers, roofs, cold starts, resumed runs. */
static const char second_schema[] =
    "ALTER TABLE cells ADD COLUMN key TEXT;"
    "ALTER TABLE cells ADD COLUMN device TEXT;"
    "ALTER TABLE cells ADD COLUMN final INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE cells ADD COLUMN matrix_n INTEGER;"
    "ALTER TABLE cells ADD COLUMN pinv_share REAL;"
    "ALTER TABLE cells ADD COLUMN layout TEXT;"
    "ALTER TABLE cells ADD COLUMN targets INTEGER;"
    "ALTER TABLE cells ADD COLUMN filter TEXT;"
    "ALTER TABLE cells ADD COLUMN texture TEXT;"
    "ALTER TABLE cells ADD COLUMN limited_by TEXT;"
    "ALTER TABLE cells ADD COLUMN settled INTEGER;"
    "ALTER TABLE cells ADD COLUMN anchor_s REAL;"
    "ALTER TABLE cells ADD COLUMN refined INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN configuration TEXT;"
    "ALTER TABLE runs ADD COLUMN configuration_hash TEXT;"
    "ALTER TABLE runs ADD COLUMN arguments TEXT;"
    "ALTER TABLE runs ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE peers(id INTEGER PRIMARY KEY, cell INTEGER NOT NULL REFERENCES cells(id),"
    " name TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, rate REAL, rate_lo REAL,"
    " rate_hi REAL, median_s REAL, n INTEGER, launches INTEGER, times REAL, times_lo REAL,"
    " times_hi REAL, psnr REAL, covered_fraction REAL, bytes INTEGER, UNIQUE(cell, name));"
    "CREATE TABLE peer_samples(peer INTEGER NOT NULL REFERENCES peers(id), seq INTEGER NOT NULL,"
    " warm_up INTEGER NOT NULL, seconds REAL NOT NULL, PRIMARY KEY(peer, seq)) WITHOUT ROWID;"
    "CREATE TABLE roofs(run INTEGER NOT NULL REFERENCES runs(id), device TEXT NOT NULL,"
    " name TEXT NOT NULL, unit TEXT NOT NULL, best REAL, median REAL, n INTEGER,"
    " note TEXT, PRIMARY KEY(run, device, name)) WITHOUT ROWID;"
    "CREATE TABLE cold(run INTEGER NOT NULL REFERENCES runs(id), device TEXT NOT NULL,"
    " stage TEXT NOT NULL, seconds REAL, note TEXT,"
    " PRIMARY KEY(run, device, stage)) WITHOUT ROWID;"
    "UPDATE meta SET value='2' WHERE key='schema_version';"
    "UPDATE meta SET value='fmbench/store/2' WHERE key='schema';";

/* 3: kernels with their options and geometry, live comparisons, noise, energy. */
static const char third_schema[] =
    "CREATE TABLE sources(hash TEXT PRIMARY KEY, file TEXT NOT NULL, text TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE geometries(hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE cell_programs(cell INTEGER NOT NULL REFERENCES cells(id), seq INTEGER NOT NULL,"
    " source TEXT NOT NULL REFERENCES sources(hash), options TEXT, file TEXT NOT NULL,"
    " PRIMARY KEY(cell, seq)) WITHOUT ROWID;"
    "ALTER TABLE cells ADD COLUMN geometry TEXT;"
    "ALTER TABLE cells ADD COLUMN joules_per_frame REAL;"
    "ALTER TABLE cells ADD COLUMN power_source TEXT;"
    "ALTER TABLE environments ADD COLUMN machine TEXT;"
    "CREATE TABLE comparisons(id INTEGER PRIMARY KEY, started TEXT NOT NULL, a TEXT NOT NULL,"
    " b TEXT NOT NULL, machine TEXT, version TEXT, revision TEXT, key TEXT NOT NULL,"
    " verdict TEXT NOT NULL, reason TEXT, ratio REAL, lo REAL, hi REAL, p REAL, band REAL,"
    " rounds INTEGER, launches INTEGER, same_kernels INTEGER);"
    "CREATE TABLE comparison_samples(comparison INTEGER NOT NULL REFERENCES comparisons(id),"
    " seq INTEGER NOT NULL, a REAL NOT NULL, b REAL NOT NULL, PRIMARY KEY(comparison, seq))"
    " WITHOUT ROWID;"
    "CREATE TABLE noise(id INTEGER PRIMARY KEY, started TEXT NOT NULL, machine TEXT NOT NULL,"
    " version TEXT, revision TEXT, key TEXT NOT NULL, trials INTEGER NOT NULL,"
    " rounds INTEGER NOT NULL, false_alarms INTEGER NOT NULL, outside INTEGER NOT NULL,"
    " floor REAL NOT NULL, resolution REAL NOT NULL, seconds REAL);"
    "UPDATE meta SET value='3' WHERE key='schema_version';"
    "UPDATE meta SET value='fmbench/store/3' WHERE key='schema';";

/* 4: what memory was free, by whom, and how far that can be trusted. */
static const char fourth_schema[] = "ALTER TABLE cells ADD COLUMN free_bytes INTEGER;"
                                    "ALTER TABLE cells ADD COLUMN memory_source TEXT;"
                                    "ALTER TABLE cells ADD COLUMN memory_trust TEXT;"
                                    "UPDATE meta SET value='4' WHERE key='schema_version';"
                                    "UPDATE meta SET value='fmbench/store/4' WHERE key='schema';";

/* 5: caches, tries, frames of a peer's launch. */
static const char fifth_schema[] = "ALTER TABLE cells ADD COLUMN cache TEXT;"
                                   "ALTER TABLE cells ADD COLUMN tries INTEGER;"
                                   "ALTER TABLE peers ADD COLUMN frames INTEGER;"
                                   "UPDATE meta SET value='5' WHERE key='schema_version';"
                                   "UPDATE meta SET value='fmbench/store/5' WHERE key='schema';";

/* 6: stages of cells, what half the size would lose. */
static const char sixth_schema[] =
    "CREATE TABLE stages(cell INTEGER NOT NULL REFERENCES cells(id), seq INTEGER NOT NULL,"
    " name TEXT NOT NULL, kind TEXT NOT NULL, count REAL NOT NULL, seconds REAL NOT NULL,"
    " bytes REAL, flops REAL, PRIMARY KEY(cell, seq)) WITHOUT ROWID;"
    "ALTER TABLE cells ADD COLUMN half_psnr REAL;"
    "UPDATE meta SET value='6' WHERE key='schema_version';"
    "UPDATE meta SET value='fmbench/store/6' WHERE key='schema';";

/* 7: the other clock, transfers, what the device's own clock did, parts of devices. */
static const char seventh_schema[] = "ALTER TABLE cells ADD COLUMN event_s REAL;"
                                     "ALTER TABLE cells ADD COLUMN event_wall_s REAL;"
                                     "ALTER TABLE cells ADD COLUMN clock TEXT;"
                                     "ALTER TABLE cells ADD COLUMN kernels INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN to_device_count INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN to_device_bytes INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN from_device_count INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN from_device_bytes INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN loop_bytes INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN zero_copy INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN frequency_source TEXT;"
                                     "ALTER TABLE cells ADD COLUMN mhz_min REAL;"
                                     "ALTER TABLE cells ADD COLUMN mhz_mean REAL;"
                                     "ALTER TABLE cells ADD COLUMN mhz_max REAL;"
                                     "ALTER TABLE cells ADD COLUMN frequency_readings INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN throttled_readings INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN slowed_readings INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN throttle_reasons TEXT;"
                                     "ALTER TABLE cells ADD COLUMN compute_units INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN keep_free_bytes INTEGER;"
                                     "ALTER TABLE cells ADD COLUMN beside INTEGER;"
                                     "UPDATE meta SET value='7' WHERE key='schema_version';"
                                     "UPDATE meta SET value='fmbench/store/7' WHERE key='schema';";

static const char *const steps[FMI_STORE_SCHEMA] = {first_schema,  second_schema, third_schema,
                                                    fourth_schema, fifth_schema,  sixth_schema,
                                                    seventh_schema};

static const char version_query[] =
    "SELECT CAST(value AS INTEGER) FROM meta WHERE key='schema_version'";

/* In which version each table came. */
static const struct {
    const char *name;
    int since;
} parts[] = {{"meta", 1},         {"environments", 1},
             {"runs", 1},         {"cells", 1},
             {"samples", 1},      {"peers", 2},
             {"peer_samples", 2}, {"roofs", 2},
             {"cold", 2},         {"sources", 3},
             {"geometries", 3},   {"cell_programs", 3},
             {"comparisons", 3},  {"comparison_samples", 3},
             {"noise", 3},        {"stages", 6}};

fm_status fmi_store_check_plain(fmi_store *store, const char *schema, fm_error *err) {
    char sql[400], why[160];
    sqlite3_stmt *row = NULL;
    /* SQLite goes by the statement, whatever the other columns say. */
    (void)snprintf(sql, sizeof sql,
                   "SELECT CASE type WHEN 'table' THEN 'virtual table' ELSE coalesce(type,'') END,"
                   "coalesce(name,'') "
                   "FROM %s.sqlite_master WHERE coalesce(type,'') NOT IN ('table','index') OR "
                   "coalesce(rootpage,0)=0 OR sql NOT LIKE 'CREATE TABLE %%' AND sql NOT LIKE "
                   "'CREATE INDEX %%' AND sql NOT LIKE 'CREATE UNIQUE INDEX %%'",
                   schema);
    int code = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    fm_status status = FM_OK;
    if (code == SQLITE_ROW) {
        (void)snprintf(why, sizeof why, "holds a %.20s (%.60s), which no result store does",
                       (const char *)sqlite3_column_text(row, 0),
                       (const char *)sqlite3_column_text(row, 1));
        status = fmi_store_refuse(store, why, err);
    } else if (code != SQLITE_DONE) {
        status = fmi_store_fail(store, "read", err);
    }
    (void)sqlite3_finalize(row);
    return status;
}

fm_status fmi_store_check_tables(fmi_store *store, const char *schema, int64_t version,
                                 fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; status == FM_OK && i < sizeof parts / sizeof parts[0]; ++i) {
        char sql[160], why[80];
        int64_t count = 0;
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM %s.sqlite_master WHERE type='table' AND name='%s'",
                       schema, parts[i].name);
        (void)snprintf(why, sizeof why, "damaged: no table %s in it", parts[i].name);
        status = fmi_store_query(store, sql, &count, err);
        if (status == FM_OK && count == 0 && parts[i].since <= version)
            status = fmi_store_refuse(store, why, err);
    }
    return status;
}

/* The version in the file; 0 = no tables yet. */
static fm_status read_version(fmi_store *store, int64_t *version, fm_error *err) {
    int64_t tables = 0;
    *version = 0;
    const fm_status status =
        fmi_store_query(store, "SELECT count(*) FROM sqlite_master", &tables, err);
    return status == FM_OK && tables > 0 ? fmi_store_query(store, version_query, version, err)
                                         : status;
}

static fm_status bring_up(fmi_store *store, fm_error *err) {
    char mark[64];
    int64_t version = 0;
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id=%d", FMI_STORE_APPLICATION_ID);
    fm_status status = fmi_store_execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status != FM_OK)
        return status;
    /* Another process may have done it between our look and the lock. */
    status = read_version(store, &version, err);
    if (status == FM_OK && version == 0)
        status = fmi_store_execute(store, mark, "mark it", err);
    for (; status == FM_OK && version < FMI_STORE_SCHEMA; ++version)
        status = fmi_store_execute(store, steps[version], "make its tables", err);
    if (status == FM_OK)
        return fmi_store_execute(store, "COMMIT", "write", err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fm_status fmi_store_check_schema(fmi_store *store, fm_error *err) {
    int64_t tables = 0;
    int64_t application = 0;
    int64_t version = 0;
    fm_status status = fmi_store_query(store, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status == FM_OK && tables == 0 && store->existing)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: no run in it; start one with fmbench --sweep",
                        store->path);
    if (status == FM_OK && tables == 0)
        return bring_up(store, err);
    if (status == FM_OK)
        status = fmi_store_query(store, "PRAGMA application_id", &application, err);
    if (status == FM_OK && application != FMI_STORE_APPLICATION_ID)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: an SQLite file of another program; name another store with --db",
                        store->path);
    if (status == FM_OK)
        status = fmi_store_check_plain(store, "main", err);
    if (status == FM_OK)
        status = fmi_store_query(store, version_query, &version, err);
    if (status == FM_OK && (version < 1 || version > FMI_STORE_SCHEMA))
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: schema version %lld, this program writes %d; name another store with "
                        "--db",
                        store->path, (long long)version, FMI_STORE_SCHEMA);
    if (status == FM_OK)
        status = fmi_store_check_tables(store, "main", version, err);
    if (status == FM_OK && version < FMI_STORE_SCHEMA && store->read_only)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: of an older version, which cannot be brought up to date there; copy "
                        "it to a folder that can be written",
                        store->path);
    return status == FM_OK && version < FMI_STORE_SCHEMA ? bring_up(store, err) : status;
}
