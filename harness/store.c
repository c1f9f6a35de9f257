/* SPDX-License-Identifier: MIT */
#include "store_impl.h"

#include "error.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 10000
#define VALUE_BYTES (8 << 20)    /* of one text: read as JSON it may take 80 times as much */
#define CHECKED_BYTES (64 << 20) /* larger stores are not checked page by page at the start */

/* --- names ---------------------------------------------------------------------------------- */

static bool exists(const char *folder, const char *name, bool want_folder) {
    char path[1200];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 && (!want_folder || S_ISDIR(st.st_mode));
}

void fmi_store_place(const char *db, char *out, size_t out_bytes) {
    char folder[1024];
    (void)snprintf(out, out_bytes, "%s", db ? db : "fmbench.db");
    if (db || !getcwd(folder, sizeof folder))
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

fm_status fmi_store_refuse(const fmi_store *store, const char *why, fm_error *err) {
    return store->other
               ? fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s; name a file that fmbench bundle made",
                          store->other, why)
               : fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: %s; move it away or name another store with --db", store->path, why);
}

/* Our statements fit our tables: one that does not work met other tables, or rows that were copied
 * from elsewhere. */
static bool is_of_the_content(const fmi_store *store, int code) {
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR ||
           code == SQLITE_TOOBIG ||
           (store->other && (code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH));
}

fm_status fmi_store_fail(fmi_store *store, const char *what, fm_error *err) {
    char why[400];
    const int code = sqlite3_errcode(store->db) & 0xFF;
    (void)snprintf(why, sizeof why, "damaged or not a result store (%.320s)",
                   sqlite3_errmsg(store->db));
    if (is_of_the_content(store, code))
        return fmi_store_refuse(store, why, err);
    if (code == SQLITE_NOMEM)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory to %s", store->path, what);
    return fmi_fail(err, FM_ERROR_IO, "%s: cannot %s: %s; name another store with --db",
                    store->path, what, sqlite3_errmsg(store->db));
}

fm_status fmi_store_execute(fmi_store *store, const char *sql, const char *what, fm_error *err) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? FM_OK
               : fmi_store_fail(store, what, err);
}

/* First column of a query without parameters; fallback when there is no row. */
fm_status fmi_store_query(fmi_store *store, const char *sql, int64_t *value, fm_error *err) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
    }
    const bool good = code == SQLITE_ROW || code == SQLITE_DONE;
    const fm_status status = good ? FM_OK : fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(statement);
    return status;
}

/* Damage is better found before an hour of measuring than after it. */
static fm_status check_pages(fmi_store *store, fm_error *err) {
    struct stat st;
    if (stat(store->path, &st) != 0 || st.st_size > CHECKED_BYTES)
        return FM_OK;
    int64_t sound = 0;
    const fm_status status =
        fmi_store_query(store, "SELECT quick_check = 'ok' FROM pragma_quick_check", &sound, err);
    return status == FM_OK && !sound ? fmi_store_refuse(store, "damaged", err) : status;
}

bool fmi_store_name(const char *path, char *out, size_t out_bytes) {
    const bool is_special = path[0] == ':' || strncmp(path, "file:", 5) == 0;
    return (size_t)snprintf(out, out_bytes, "%s%s", is_special ? "./" : "", path) < out_bytes;
}

bool fmi_store_read_only_name(const char *path, char *out, size_t out_bytes) {
    static const char kept[] = "/-_.~";
    char beside[1100];
    struct stat st;
    (void)snprintf(beside, sizeof beside, "%s-wal", path);
    const char *end = stat(beside, &st) == 0 && st.st_size > 0 ? "" : "?immutable=1";
    /* Behind two slashes stands a host, and "file::memory:" is no file. */
    size_t used = (size_t)snprintf(out, out_bytes, path[0] == '/' ? "file://" : "file:./");
    for (; *path && used + 4 < out_bytes; ++path)
        used +=
            (size_t)snprintf(out + used, out_bytes - used,
                             isalnum((unsigned char)*path) || strchr(kept, *path) ? "%c" : "%%%02X",
                             (unsigned char)*path);
    return *path == '\0' &&
           (size_t)snprintf(out + used, out_bytes - used, "%s", end) < out_bytes - used;
}

bool fmi_store_can_be_written(const char *path) {
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    return access(path, W_OK) == 0 && access(slash ? folder : ".", W_OK) == 0;
}

static int open_file(fmi_store *store) {
    char name[3 * sizeof store->path + 32];
    /* With URIs, for ATTACH. */
    const int mode =
        store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const bool fits = store->read_only ? fmi_store_read_only_name(store->path, name, sizeof name)
                                       : fmi_store_name(store->path, name, sizeof name);
    return fits ? sqlite3_open_v2(name, &store->db, mode | SQLITE_OPEN_URI, NULL) : SQLITE_CANTOPEN;
}

/* Before the first statement: what a schema that somebody else wrote says is not to be run. */
static fm_status distrust(fmi_store *store, fm_error *err) {
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    (void)sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
    const bool done =
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL) == SQLITE_OK &&
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL) == SQLITE_OK;
    return done ? FM_OK : fmi_store_fail(store, "guard it", err);
}

static fm_status open_store(fmi_store **store, const char *path, bool existing, fm_error *err) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the result store");
    (void)snprintf((*store)->path, sizeof(*store)->path, "%s", path);
    (*store)->existing = existing;
    (*store)->read_only = existing && !fmi_store_can_be_written(path);
    fm_status status = FM_OK;
    struct stat st;
    const bool is_new = stat(path, &st) != 0;
    if (!is_new && !S_ISREG(st.st_mode)) {
        status = fmi_fail(err, existing ? FM_ERROR_BAD_INPUT : FM_ERROR_IO,
                          "%s: not a regular file; name another store with --db", path);
        goto fail;
    }
    if (open_file(*store) != SQLITE_OK) {
        status = fmi_store_fail(*store, "open", err);
        goto fail;
    }
    status = distrust(*store, err);
    if (status == FM_OK)
        status = fmi_store_check_schema(*store, err);
    if (status == FM_OK)
        status = check_pages(*store, err);
    /* Only now: a foreign file must not be touched. */
    if (status == FM_OK && !(*store)->read_only)
        status = fmi_store_execute(*store,
                                   "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                                   "PRAGMA foreign_keys=ON;",
                                   "set it up", err);
    if (status == FM_OK)
        return FM_OK;
fail:
    fmi_store_close(store);
    if (is_new && stat(path, &st) == 0 && st.st_size == 0)
        (void)unlink(path);
    return status;
}

fm_status fmi_store_open(fmi_store **store, const char *path, fm_error *err) {
    return open_store(store, path, false, err);
}

fm_status fmi_store_open_memory(fmi_store **store, fm_error *err) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the result store");
    (void)snprintf((*store)->path, sizeof(*store)->path, "memory");
    const int mode = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    fm_status status = sqlite3_open_v2(":memory:", &(*store)->db, mode, NULL) == SQLITE_OK
                           ? distrust(*store, err)
                           : fmi_store_fail(*store, "open", err);
    if (status == FM_OK)
        status = fmi_store_check_schema(*store, err);
    if (status == FM_OK)
        status = fmi_store_execute(*store, "PRAGMA foreign_keys=ON", "set it up", err);
    if (status != FM_OK)
        fmi_store_close(store);
    return status;
}

fm_status fmi_store_open_existing(fmi_store **store, const char *path, fm_error *err) {
    char place[1024];
    int64_t runs = 0;
    *store = NULL;
    fmi_store_place(path, place, sizeof place);
    if (access(place, R_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? fmi_fail(err, FM_ERROR_BAD_INPUT,
                              "%s: no store there; fmbench --sweep makes one, --db names another",
                              place)
                   : fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read: %s; --db names another",
                              place, strerror(errno));
    fm_status status = open_store(store, place, true, err);
    if (status == FM_OK)
        status = fmi_store_query(*store, "SELECT count(*) FROM runs", &runs, err);
    if (status == FM_OK && runs == 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: no run in it; start one with fmbench --sweep", place);
    if (status != FM_OK)
        fmi_store_close(store);
    return status;
}

bool fmi_store_is_read_only(const fmi_store *store) {
    return store->read_only;
}

const char *fmi_store_path(const fmi_store *store) {
    return store->path;
}

void fmi_store_remove(const char *path) {
    static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
    char name[1200];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        (void)snprintf(name, sizeof name, "%.1100s%s", path, parts[i]);
        (void)remove(name);
    }
}

void fmi_store_close(fmi_store **store) {
    if (!*store)
        return;
    (void)sqlite3_close((*store)->db);
    free(*store);
    *store = NULL;
}
