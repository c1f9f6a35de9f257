/* SPDX-License-Identifier: MIT */
/* A run as SQL, for databases that are no SQLite as well: plain INSERTs of all its rows. */
#include "export.h"

#include "error.h"
#include "store_copy.h"
#include "store_impl.h"

#include <stdlib.h>

/* "SELECT quote(a),quote(b) FROM t", or NULL without memory. */
static char *row_query(fmi_store *store, const char *table) {
    sqlite3_stmt *column = NULL;
    sqlite3_str *sql = sqlite3_str_new(store->db);
    char *ask = sqlite3_mprintf("SELECT name FROM pragma_table_info(%Q) ORDER BY cid", table);
    sqlite3_str_appendall(sql, "SELECT ");
    if (ask && sqlite3_prepare_v2(store->db, ask, -1, &column, NULL) == SQLITE_OK)
        for (int i = 0; sqlite3_step(column) == SQLITE_ROW; ++i)
            sqlite3_str_appendf(sql, "%squote(\"%w\")", i ? "," : "",
                                (const char *)sqlite3_column_text(column, 0));
    sqlite3_str_appendf(sql, " FROM \"%w\"", table);
    (void)sqlite3_finalize(column);
    sqlite3_free(ask);
    return sqlite3_str_finish(sql);
}

static fm_status print_rows(fmi_store *store, const char *table, FILE *out, fm_error *err) {
    sqlite3_stmt *row = NULL;
    char *query = row_query(store, table);
    int code = query ? sqlite3_prepare_v2(store->db, query, -1, &row, NULL) : SQLITE_NOMEM;
    sqlite3_free(query);
    if (code != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        (void)fprintf(out, "INSERT INTO %s VALUES(", table);
        for (int i = 0; i < sqlite3_column_count(row); ++i)
            (void)fprintf(out, "%s%s", i ? "," : "", (const char *)sqlite3_column_text(row, i));
        (void)fputs(");\n", out);
    }
    (void)sqlite3_finalize(row);
    return code == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "read", err);
}

/* Tables first, each with its rows, then the indices. */
static fm_status print_all(fmi_store *store, FILE *out, fm_error *err) {
    static const char query[] = "SELECT type,name,sql FROM sqlite_master WHERE sql IS NOT NULL "
                                "ORDER BY type='index', rowid";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, query, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    fm_status status = FM_OK;
    (void)fprintf(out, "PRAGMA application_id=%d;\nBEGIN;\n", FMI_STORE_APPLICATION_ID);
    while (status == FM_OK && sqlite3_step(row) == SQLITE_ROW) {
        (void)fprintf(out, "%s;\n", (const char *)sqlite3_column_text(row, 2));
        if (((const char *)sqlite3_column_text(row, 0))[0] == 't')
            status = print_rows(store, (const char *)sqlite3_column_text(row, 1), out, err);
    }
    (void)sqlite3_finalize(row);
    (void)fputs("COMMIT;\n", out);
    return status;
}

fm_status fmi_export_sql(const char *path, const char *run, FILE *out, fm_error *err) {
    fmi_store *alone = NULL;
    fmi_came copied;
    fm_status status = fmi_store_open_memory(&alone, err);
    if (status == FM_OK)
        status = fmi_store_copy(alone, path, run, &copied, err);
    if (status == FM_OK)
        status = print_all(alone, out, err);
    fmi_store_close(&alone);
    return status;
}
