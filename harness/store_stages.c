/* SPDX-License-Identifier: MIT */
/* The stages of cells in the store. */
#include "store_stages.h"

#include "store_impl.h"

#include <stdio.h>

fm_status fmi_store_add_stages(fmi_store *store, int64_t cell, const fmi_breakdown *breakdown,
                               fm_error *err) {
    for (uint32_t i = 0; i < breakdown->count; ++i) {
        const fmi_stage *stage = &breakdown->stage[i];
        sqlite3_stmt *row = NULL;
        if (sqlite3_prepare_v2(store->db, "INSERT INTO stages VALUES(?,?,?,?,?,?,?,?)", -1, &row,
                               NULL) != SQLITE_OK)
            return fmi_store_fail(store, "write", err);
        (void)sqlite3_bind_int64(row, 1, cell);
        (void)sqlite3_bind_int64(row, 2, i);
        (void)sqlite3_bind_text(row, 3, stage->name, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_text(row, 4, fmi_stage_kind_name(stage->kind), -1, SQLITE_STATIC);
        (void)sqlite3_bind_double(row, 5, stage->count);
        (void)sqlite3_bind_double(row, 6, stage->seconds);
        if (stage->bytes > 0.0)
            (void)sqlite3_bind_double(row, 7, stage->bytes);
        if (stage->flops > 0.0)
            (void)sqlite3_bind_double(row, 8, stage->flops);
        const int code = sqlite3_step(row);
        (void)sqlite3_finalize(row);
        if (code != SQLITE_DONE)
            return fmi_store_fail(store, "write", err);
    }
    return FM_OK;
}

fm_status fmi_store_read_stages(fmi_store *store, int64_t cell, fmi_breakdown *breakdown,
                                fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT name,kind,count,seconds,bytes,flops FROM stages WHERE cell=? "
                           "ORDER BY seq",
                           -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, cell);
    *breakdown = (fmi_breakdown){0};
    while (sqlite3_step(row) == SQLITE_ROW && breakdown->count < FMI_BREAKDOWN_MAX) {
        fmi_stage *stage = &breakdown->stage[breakdown->count++];
        const unsigned char *name = sqlite3_column_text(row, 0);
        const unsigned char *kind = sqlite3_column_text(row, 1);
        (void)snprintf(stage->name, sizeof stage->name, "%s", name ? (const char *)name : "");
        stage->kind = fmi_stage_kind_of(kind ? (const char *)kind : "");
        stage->count = sqlite3_column_double(row, 2);
        stage->seconds = sqlite3_column_double(row, 3);
        stage->bytes = sqlite3_column_double(row, 4); /* NULL reads as 0 */
        stage->flops = sqlite3_column_double(row, 5);
    }
    (void)sqlite3_finalize(row);
    return FM_OK;
}
