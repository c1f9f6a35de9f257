/* SPDX-License-Identifier: MIT */
#include "store_live.h"

#include "error.h"
#include "store_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(sqlite3_stmt *row, int place, const char *text) {
    if (text && text[0])
        (void)sqlite3_bind_text(row, place, text, -1, SQLITE_TRANSIENT);
}

static void put_real(sqlite3_stmt *row, int place, double value) {
    if (isfinite(value))
        (void)sqlite3_bind_double(row, place, value);
}

static fm_status step(fmi_store *store, sqlite3_stmt *row, fm_error *err) {
    const fm_status status =
        sqlite3_step(row) == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "write", err);
    (void)sqlite3_finalize(row);
    return status;
}

static fm_status add_row(fmi_store *store, const fmi_store_comparison *c, int64_t *id,
                         fm_error *err) {
    static const char sql[] =
        "INSERT INTO comparisons(started,a,b,machine,version,revision,key,verdict,reason,ratio,lo,"
        "hi,p,band,rounds,launches,same_kernels) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "write", err);
    const fmi_live *live = c->live;
    const char *const text[] = {c->started,
                                c->a,
                                c->b,
                                c->environment->machine,
                                c->environment->version,
                                c->environment->revision,
                                c->key,
                                fmi_verdict_name(c->verdict),
                                live->reason};
    for (int i = 0; i < 9; ++i)
        put_text(row, i + 1, text[i]);
    if (live->timed) {
        put_real(row, 10, live->ratio.effect);
        put_real(row, 11, live->ratio.lo);
        put_real(row, 12, live->ratio.hi);
        put_real(row, 13, c->p);
        (void)sqlite3_bind_int64(row, 15, (sqlite3_int64)live->ratio.n);
        (void)sqlite3_bind_int64(row, 16, live->side[0].launches);
    }
    put_real(row, 14, expm1(c->band));
    (void)sqlite3_bind_int(row, 17, live->same_kernels);
    const fm_status status = step(store, row, err);
    *id = sqlite3_last_insert_rowid(store->db);
    return status;
}

static fm_status add_pairs(fmi_store *store, const fmi_live *live, int64_t id, fm_error *err) {
    const size_t n = live->ratio.n;
    double *a = malloc(sizeof *a * (live->side[0].count + live->side[1].count + 1));
    if (!a)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu pairs", n);
    double *b = a + live->side[0].count;
    fm_status status =
        fmi_live_times(&live->side[0], a) == n && fmi_live_times(&live->side[1], b) == n
            ? FM_OK
            : fmi_fail(err, FM_ERROR_INTERNAL, "a comparison whose samples do not pair");
    for (size_t i = 0; status == FM_OK && i < n; ++i) {
        sqlite3_stmt *row = NULL;
        if (sqlite3_prepare_v2(store->db, "INSERT INTO comparison_samples VALUES(?,?,?,?)", -1,
                               &row, NULL) != SQLITE_OK) {
            status = fmi_store_fail(store, "write", err);
            break;
        }
        (void)sqlite3_bind_int64(row, 1, id);
        (void)sqlite3_bind_int64(row, 2, (sqlite3_int64)i);
        put_real(row, 3, a[i]);
        put_real(row, 4, b[i]);
        status = step(store, row, err);
    }
    free(a);
    return status;
}

fm_status fmi_store_add_comparison(fmi_store *store, const fmi_store_comparison *c, fm_error *err) {
    int64_t id = 0;
    fm_status status = fmi_store_execute(store, "BEGIN IMMEDIATE", "lock it", err);
    if (status != FM_OK)
        return status;
    status = add_row(store, c, &id, err);
    if (status == FM_OK && c->live->timed)
        status = add_pairs(store, c->live, id, err);
    if (status == FM_OK)
        return fmi_store_execute(store, "COMMIT", "write", err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fm_status fmi_store_add_noise(fmi_store *store, const fmi_noise *noise,
                              const fmi_environment *environment, fm_error *err) {
    static const char sql[] =
        "INSERT INTO noise(started,machine,version,revision,key,trials,rounds,false_alarms,outside,"
        "floor,resolution,seconds) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "write", err);
    const char *const text[] = {noise->started, environment->machine, environment->version,
                                environment->revision, noise->key};
    const uint32_t count[] = {noise->trials, noise->rounds, noise->false_alarms, noise->outside};
    for (int i = 0; i < 5; ++i)
        put_text(row, i + 1, text[i]);
    for (int i = 0; i < 4; ++i)
        (void)sqlite3_bind_int64(row, i + 6, count[i]);
    put_real(row, 10, noise->floor);
    put_real(row, 11, noise->resolution);
    put_real(row, 12, noise->seconds);
    return step(store, row, err);
}

fm_status fmi_store_read_noise(fmi_store *store, const char *machine, fmi_noise *noise,
                               fm_error *err) {
    static const char sql[] =
        "SELECT started,sum(trials),max(rounds),sum(false_alarms),sum(outside),max(floor),"
        "max(resolution),sum(seconds) FROM noise WHERE machine=?1 AND started=(SELECT max(started) "
        "FROM noise WHERE machine=?1) GROUP BY started";
    sqlite3_stmt *row = NULL;
    *noise = (fmi_noise){0};
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    put_text(row, 1, machine);
    if (sqlite3_step(row) == SQLITE_ROW) {
        (void)snprintf(noise->started, sizeof noise->started, "%s",
                       (const char *)sqlite3_column_text(row, 0));
        noise->trials = (uint32_t)sqlite3_column_int64(row, 1);
        noise->rounds = (uint32_t)sqlite3_column_int64(row, 2);
        noise->false_alarms = (uint32_t)sqlite3_column_int64(row, 3);
        noise->outside = (uint32_t)sqlite3_column_int64(row, 4);
        noise->floor = sqlite3_column_double(row, 5);
        noise->resolution = sqlite3_column_double(row, 6);
        noise->seconds = sqlite3_column_double(row, 7);
    }
    (void)sqlite3_finalize(row);
    return FM_OK;
}
