/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "error.h"
#include "point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#define APPLICATION_ID 1179476590 /* "FMBn" in the file header: this is a store of ours */
#define BUSY_MS 10000
#define CHECKED_BYTES (64 << 20) /* larger stores are not checked page by page at the start */

struct fmi_store {
    sqlite3 *db;
    char path[1024];
    int64_t run;
};

static const char schema[] =
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

/* --- names ---------------------------------------------------------------------------------- */

static bool exists(const char *folder, const char *name, bool want_folder) {
    char path[1200];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 && (!want_folder || S_ISDIR(st.st_mode));
}

void fmi_store_default_path(char *out, size_t out_bytes) {
    char folder[1024];
    (void)snprintf(out, out_bytes, "fmbench.db");
    if (!getcwd(folder, sizeof folder))
        return;
    while (folder[0]) {
        if (exists(folder, ".git", false) && exists(folder, "results", true)) {
            (void)snprintf(out, out_bytes, "%s/results/fmbench.db", folder);
            return;
        }
        *strrchr(folder, '/') = '\0';
    }
}

void fmi_store_run_id(char id[32], char started[32]) {
    struct timespec now = {0};
    struct tm utc = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    char stamp[20] = "";
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    (void)strftime(started, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const uint32_t digits = (uint32_t)now.tv_nsec * 2654435761U ^ (uint32_t)getpid() * 40503U;
    (void)snprintf(id, 32, "%s-%08x", stamp, digits);
}

/* --- opening -------------------------------------------------------------------------------- */

/* What went wrong, as a person needs it: a file that is not ours against a disk that is full. */
static fm_status fail_db(fmi_store *store, const char *what, fm_error *err) {
    const int code = sqlite3_errcode(store->db) & 0xFF;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: damaged or not a result store (%s); move it away or name another "
                        "with --db",
                        store->path, sqlite3_errmsg(store->db));
    return fmi_fail(err, FM_ERROR_IO, "%s: cannot %s: %s; name another store with --db",
                    store->path, what, sqlite3_errmsg(store->db));
}

static fm_status execute(fmi_store *store, const char *sql, const char *what, fm_error *err) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? FM_OK
                                                                       : fail_db(store, what, err);
}

/* First column of a query without parameters; fallback when there is no row. */
static fm_status query_int(fmi_store *store, const char *sql, int64_t *value, fm_error *err) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
    }
    const bool good = code == SQLITE_ROW || code == SQLITE_DONE;
    const fm_status status = good ? FM_OK : fail_db(store, "read", err);
    (void)sqlite3_finalize(statement);
    return status;
}

static fm_status make_schema(fmi_store *store, fm_error *err) {
    char mark[64];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id=%d", APPLICATION_ID);
    fm_status status = execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status != FM_OK)
        return status;
    /* Another process may have made the tables between our look and the lock. */
    int64_t tables = 0;
    status = query_int(store, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status == FM_OK && tables == 0)
        status = execute(store, schema, "make its tables", err);
    if (status == FM_OK && tables == 0)
        status = execute(store, mark, "mark it", err);
    if (status == FM_OK)
        return execute(store, "COMMIT", "write", err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static fm_status check_schema(fmi_store *store, fm_error *err) {
    int64_t tables = 0;
    int64_t application = 0;
    int64_t version = 0;
    fm_status status = query_int(store, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status == FM_OK && tables == 0)
        return make_schema(store, err);
    if (status == FM_OK)
        status = query_int(store, "PRAGMA application_id", &application, err);
    if (status == FM_OK && application != APPLICATION_ID)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: an SQLite file of another program; name another store with --db",
                        store->path);
    if (status == FM_OK)
        status =
            query_int(store, "SELECT CAST(value AS INTEGER) FROM meta WHERE key='schema_version'",
                      &version, err);
    if (status == FM_OK && version != FMI_STORE_SCHEMA)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: schema version %lld, this program writes %d; name another store with "
                        "--db",
                        store->path, (long long)version, FMI_STORE_SCHEMA);
    return status;
}

/* Damage is better found before an hour of measuring than after it. */
static fm_status check_pages(fmi_store *store, fm_error *err) {
    struct stat st;
    if (stat(store->path, &st) != 0 || st.st_size > CHECKED_BYTES)
        return FM_OK;
    int64_t sound = 0;
    const fm_status status =
        query_int(store, "SELECT quick_check = 'ok' FROM pragma_quick_check", &sound, err);
    if (status == FM_OK && !sound)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: damaged; move it away or name another store with --db", store->path);
    return status;
}

fm_status fmi_store_open(fmi_store **store, const char *path, fm_error *err) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the result store");
    (void)snprintf((*store)->path, sizeof(*store)->path, "%s", path);
    fm_status status = FM_OK;
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        status = fmi_fail(err, FM_ERROR_IO, "%s: not a regular file; name another store with --db",
                          path);
        goto fail;
    }
    if (sqlite3_open_v2(path, &(*store)->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        status = fail_db(*store, "open", err);
        goto fail;
    }
    (void)sqlite3_busy_timeout((*store)->db, BUSY_MS);
    status = check_schema(*store, err);
    if (status == FM_OK)
        status = check_pages(*store, err);
    /* Only now: a foreign file must not be touched. */
    if (status == FM_OK)
        status = execute(*store,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                         "PRAGMA foreign_keys=ON;",
                         "set it up", err);
    if (status == FM_OK)
        return FM_OK;
fail:
    fmi_store_close(store);
    return status;
}

void fmi_store_close(fmi_store **store) {
    if (!*store)
        return;
    (void)sqlite3_close((*store)->db);
    free(*store);
    *store = NULL;
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Binds values to the columns of one INSERT in order. */
typedef struct row {
    sqlite3_stmt *statement;
    int next;
} row;

static void put_text(row *r, const char *text) {
    if (text && text[0])
        (void)sqlite3_bind_text(r->statement, r->next, text, -1, SQLITE_TRANSIENT);
    r->next++;
}

static void put_int(row *r, uint64_t value) {
    (void)sqlite3_bind_int64(r->statement, r->next++, (sqlite3_int64)value);
}

/* Zero means "does not apply". */
static void put_count(row *r, uint64_t value) {
    if (value)
        (void)sqlite3_bind_int64(r->statement, r->next, (sqlite3_int64)value);
    r->next++;
}

static void put_real(row *r, double value) {
    if (isfinite(value))
        (void)sqlite3_bind_double(r->statement, r->next, value);
    r->next++;
}

static void put_reals(row *r, const double *values, size_t count) {
    for (size_t i = 0; i < count; ++i)
        put_real(r, values[i]);
}

static fm_status row_begin(fmi_store *store, row *r, const char *sql, fm_error *err) {
    *r = (row){.next = 1};
    return sqlite3_prepare_v2(store->db, sql, -1, &r->statement, NULL) == SQLITE_OK
               ? FM_OK
               : fail_db(store, "write", err);
}

static fm_status row_end(fmi_store *store, row *r, int64_t *id, fm_error *err) {
    const int code = sqlite3_step(r->statement);
    const fm_status status = code == SQLITE_DONE ? FM_OK : fail_db(store, "write", err);
    if (id)
        *id = sqlite3_last_insert_rowid(store->db);
    (void)sqlite3_finalize(r->statement);
    return status;
}

static fm_status add_environment(fmi_store *store, const fmi_environment *e, int64_t *id,
                                 fm_error *err) {
    char *json = fmi_environment_text(e);
    if (!json)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the environment's text");
    row r;
    fm_status status = row_begin(store, &r,
                                 "INSERT INTO environments(fingerprint,device_id,device,platform,"
                                 "driver,version,revision,json) VALUES(?,?,?,?,?,?,?,?)",
                                 err);
    if (status == FM_OK) {
        const char *const columns[] = {e->fingerprint, e->caps.id, e->caps.name, e->caps.platform,
                                       e->caps.driver, e->version, e->revision,  json};
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; ++i)
            put_text(&r, columns[i]);
        status = row_end(store, &r, id, err);
    }
    free(json);
    return status;
}

static fm_status add_run(fmi_store *store, const fmi_store_run *run, int64_t environment,
                         fm_error *err) {
    row r;
    const fm_status status =
        row_begin(store, &r,
                  "INSERT INTO runs(name,started,status,environment,command,cell_order,seed,quick,"
                  "cells) VALUES(?,?,'running',?,?,?,?,?,?)",
                  err);
    if (status != FM_OK)
        return status;
    put_text(&r, run->id);
    put_text(&r, run->started);
    put_int(&r, (uint64_t)environment);
    put_text(&r, run->command);
    put_text(&r, run->order);
    put_int(&r, run->seed);
    put_int(&r, run->quick);
    put_int(&r, run->cells);
    return row_end(store, &r, &store->run, err);
}

/* Ends a transaction by its outcome. */
static fm_status settle(fmi_store *store, fm_status status, fm_error *err) {
    if (status == FM_OK)
        return execute(store, "COMMIT", "write", err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fm_status fmi_store_begin(fmi_store *store, const fmi_store_run *run, fm_error *err) {
    fm_status status = execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status != FM_OK)
        return status;
    int64_t environment = 0;
    status = add_environment(store, run->environment, &environment, err);
    if (status == FM_OK)
        status = add_run(store, run, environment, err);
    return settle(store, status, err);
}

static void put_point(row *r, const fmi_cell *cell) {
    const fmi_case_params *p = &cell->params;
    put_text(r, cell->op->name);
    put_int(r, p->batch);
    put_text(r, fm_level_name(p->level));
    put_count(r, p->width);
    put_count(r, p->height);
    put_count(r, fmi_point_vertices(p));
    put_text(r, fmi_precision_name(p->precision));
    put_int(r, p->samples ? p->samples : 1);
    put_count(r, p->threads);
    put_count(r, p->mem_limit_bytes);
    put_text(r, p->input ? p->input->label : NULL);
    put_text(r, cell->plan.batch ? fm_specialisation_name(cell->plan.specialisation) : NULL);
    put_int(r, cell->planners_batch);
    put_text(r, fmi_cell_status_name(cell->status));
    put_text(r, cell->reason);
    put_text(r, cell->warnings);
}

static void put_check(row *r, const fmi_cell *cell) {
    if (!cell->checked) {
        r->next += 6;
        return;
    }
    put_real(r, cell->check.max);
    put_text(r, cell->check.unit);
    put_real(r, cell->check.share);
    put_real(r, cell->check.psnr);
    put_int(r, cell->check.compared);
    put_int(r, cell->check.hashed);
}

static void put_times(row *r, const fmi_cell *cell) {
    put_text(r, cell->op->unit);
    if (!cell->timed) {
        r->next += 21;
        return;
    }
    const fmi_summary *s = &cell->bench.wall;
    const double rates[] = {cell->rate, cell->rate_lo, cell->rate_hi, cell->cpu_s_per_frame};
    const double times[] = {s->median, s->lo,  s->hi,   s->min, s->p5,  s->p25, s->p75,
                            s->p95,    s->max, s->mean, s->sd,  s->mad, s->lag1};
    put_reals(r, rates, sizeof rates / sizeof rates[0]);
    put_int(r, s->n);
    put_int(r, cell->bench.launches);
    put_reals(r, times, sizeof times / sizeof times[0]);
    put_int(r, s->mild);
    put_int(r, s->severe);
}

static void put_facts(row *r, const fmi_cell *cell) {
    const fmi_case_facts *f = &cell->facts;
    put_count(r, f->frames);
    put_count(r, f->bytes);
    put_real(r, f->flops > 0.0 ? f->flops : (double)NAN);
    r->next++; /* roof_fraction: roofs are not measured yet */
    put_real(r, cell->measured ? f->covered_fraction : (double)NAN);
    put_count(r, f->planned_bytes ? f->planned_bytes : cell->predicted_bytes);
    put_count(r, f->peak_bytes);
    put_count(r, cell->plan.budget_bytes);
    put_real(r, cell->wall_s);
}

static fm_status add_cell(fmi_store *store, const fmi_cell *cell, uint32_t position, int64_t *id,
                          fm_error *err) {
    row r;
    const fm_status status = row_begin(
        store, &r,
        "INSERT INTO cells(run,position,op,batch,level,width,height,vertices,precision,samples,"
        "threads,mem_limit_bytes,input,specialisation,planners_batch,status,reason,warnings,"
        "error_max,error_unit,error_share,error_psnr,frames_compared,frames_hashed,"
        "unit,rate,rate_lo,rate_hi,cpu_s_per_frame,n,launches,median_s,lo_s,hi_s,min_s,p5_s,p25_s,"
        "p75_s,p95_s,max_s,mean_s,sd_s,mad_s,lag1,outliers_mild,outliers_severe,frames,bytes,"
        "flops,roof_fraction,covered_fraction,planned_bytes,peak_bytes,budget_bytes,wall_s) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
        "?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        err);
    if (status != FM_OK)
        return status;
    put_int(&r, (uint64_t)store->run);
    put_int(&r, position);
    put_point(&r, cell);
    put_check(&r, cell);
    put_times(&r, cell);
    put_facts(&r, cell);
    return row_end(store, &r, id, err);
}

static fm_status add_samples(fmi_store *store, const fmi_cell *cell, int64_t id, fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; status == FM_OK && i < cell->bench.count; ++i) {
        const fmi_sample *sample = &cell->bench.samples[i];
        row r;
        status = row_begin(store, &r, "INSERT INTO samples VALUES(?,?,?,?,?)", err);
        if (status != FM_OK)
            return status;
        put_int(&r, (uint64_t)id);
        put_int(&r, i);
        put_int(&r, sample->warm_up);
        put_real(&r, sample->seconds);
        put_real(&r, sample->cpu_seconds);
        status = row_end(store, &r, NULL, err);
    }
    return status;
}

fm_status fmi_store_cell(fmi_store *store, const fmi_cell *cell, uint32_t position, fm_error *err) {
    fm_status status = execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status != FM_OK)
        return status;
    int64_t id = 0;
    status = add_cell(store, cell, position, &id, err);
    if (status == FM_OK)
        status = add_samples(store, cell, id, err);
    return settle(store, status, err);
}

fm_status fmi_store_end(fmi_store *store, const char *status, fm_error *err) {
    row r;
    const fm_status begun = row_begin(store, &r, "UPDATE runs SET status=? WHERE id=?", err);
    if (begun != FM_OK)
        return begun;
    put_text(&r, status);
    put_int(&r, (uint64_t)store->run);
    return row_end(store, &r, NULL, err);
}
