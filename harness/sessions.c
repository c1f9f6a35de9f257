/* SPDX-License-Identifier: MIT */
#include "sessions.h"

#include "error.h"
#include "point.h"
#include "stats.h"
#include "store_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COVERED 0.95

static const char query[] =
    "SELECT c.key,e.fingerprint,r.id,c.rate FROM cells c JOIN runs r ON r.id=c.run JOIN "
    "environments e ON e.id=r.environment WHERE c.status='ok' AND c.rate>0 AND c.key IS NOT NULL "
    "AND e.machine=?1 ORDER BY c.key,e.fingerprint,r.started,r.id";

/* The row before. */
typedef struct before {
    char key[FMI_POINT_TEXT], fingerprint[32];
    int64_t run;
    double rate;
} before;

typedef struct list {
    double *value;
    uint32_t count, capacity;
} list;

static bool add(list *l, double value) {
    if (l->count == l->capacity) {
        const uint32_t capacity = l->capacity ? 2 * l->capacity : 256;
        double *grown = realloc(l->value, sizeof *grown * capacity);
        if (!grown)
            return false;
        l->value = grown;
        l->capacity = capacity;
    }
    l->value[l->count++] = value;
    return true;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Goes on from the row before; false without memory. */
static bool take_row(sqlite3_stmt *row, before *last, int64_t a, int64_t b, list *changes) {
    const char *key = (const char *)sqlite3_column_text(row, 0);
    const char *fingerprint = (const char *)sqlite3_column_text(row, 1);
    const int64_t run = sqlite3_column_int64(row, 2);
    const double rate = sqlite3_column_double(row, 3);
    const bool follows = strcmp(last->key, key) == 0 && strcmp(last->fingerprint, fingerprint) == 0;
    const bool judged = (run == a && last->run == b) || (run == b && last->run == a);
    const bool good =
        !follows || judged || run == last->run || add(changes, fabs(log(rate / last->rate)));
    (void)snprintf(last->key, sizeof last->key, "%s", key);
    (void)snprintf(last->fingerprint, sizeof last->fingerprint, "%s", fingerprint);
    last->run = run;
    last->rate = rate;
    return good;
}

fm_status fmi_sessions_read(fmi_store *store, const char *machine, int64_t a, int64_t b,
                            fmi_sessions *sessions, fm_error *err) {
    sqlite3_stmt *row = NULL;
    before last = {.run = -1};
    list changes = {0};
    *sessions = (fmi_sessions){0};
    if (sqlite3_prepare_v2(store->db, query, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, machine, -1, SQLITE_STATIC);
    bool good = true;
    int code = SQLITE_ROW;
    while (good && (code = sqlite3_step(row)) == SQLITE_ROW)
        good = take_row(row, &last, a, b, &changes);
    fm_status status = FM_OK;
    if (!good)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the history of a machine");
    else if (code != SQLITE_DONE)
        status = fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    sessions->changes = changes.count;
    if (status == FM_OK && changes.count >= FMI_SESSIONS_LEAST) {
        qsort(changes.value, changes.count, sizeof *changes.value, ascending);
        sessions->floor = expm1(fmi_quantile(changes.value, changes.count, COVERED));
    }
    free(changes.value);
    return status;
}

void fmi_sessions_text(const fmi_sessions *sessions, char *out, size_t out_bytes) {
    if (sessions->changes < FMI_SESSIONS_LEAST)
        (void)snprintf(out, out_bytes,
                       "How far sessions of the same program differ here is not known (%u changes "
                       "in the store, %d are needed: repeat a sweep of one revision), so every "
                       "verdict is advisory.",
                       sessions->changes, FMI_SESSIONS_LEAST);
    else
        (void)snprintf(out, out_bytes,
                       "Sessions of the same program differ by up to %.1f %% here (95 %% of %u "
                       "changes in the store); what is beyond it is confirmed, the rest advisory.",
                       100.0 * sessions->floor, sessions->changes);
}
