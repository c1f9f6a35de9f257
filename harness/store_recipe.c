/* SPDX-License-Identifier: MIT */
#include "store_recipe.h"

#include "error.h"
#include "store_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

static void hash_of(const char *text, char hash[33]) {
    const XXH128_hash_t h = XXH3_128bits(text, strlen(text));
    (void)snprintf(hash, 33, "%016llx%016llx", (unsigned long long)h.high64,
                   (unsigned long long)h.low64);
}

/* Runs an INSERT or UPDATE with text parameters ?1 ?2 ?3 and numbers ?4 ?5. */
static fm_status execute(fmi_store *store, const char *sql, const char *const text[3],
                         const int64_t number[2], fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "write", err);
    const int places = sqlite3_bind_parameter_count(row);
    for (int i = 0; i < 3 && i < places; ++i)
        if (text[i])
            (void)sqlite3_bind_text(row, i + 1, text[i], -1, SQLITE_STATIC);
    for (int i = 0; i < 2 && i + 3 < places; ++i)
        (void)sqlite3_bind_int64(row, i + 4, number[i]);
    const fm_status status =
        sqlite3_step(row) == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "write", err);
    (void)sqlite3_finalize(row);
    return status;
}

static fm_status add_program(fmi_store *store, int64_t cell, int64_t place,
                             const fmi_recipe_program *p, fm_error *err) {
    char hash[33];
    hash_of(p->text, hash);
    const char *const source[3] = {hash, p->file, p->text};
    const char *const program[3] = {hash, p->options, p->file};
    const int64_t numbers[2] = {cell, place};
    fm_status status =
        execute(store, "INSERT OR IGNORE INTO sources VALUES(?1,?2,?3)", source, numbers, err);
    return status == FM_OK ? execute(store,
                                     "INSERT INTO cell_programs(cell,seq,source,options,file) "
                                     "VALUES(?4,?5,?1,?2,?3)",
                                     program, numbers, err)
                           : status;
}

fm_status fmi_store_add_recipe(fmi_store *store, int64_t cell, const fmi_recipe *recipe,
                               fm_error *err) {
    char hash[33];
    if (recipe->incomplete || recipe->programs == 0 || recipe->launches == 0)
        return FM_OK;
    char *geometry = fmi_recipe_geometry(recipe);
    if (!geometry)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the launches of a cell");
    hash_of(geometry, hash);
    const char *const text[3] = {hash, geometry, NULL};
    const int64_t numbers[2] = {cell, 0};
    fm_status status =
        execute(store, "INSERT OR IGNORE INTO geometries VALUES(?1,?2)", text, numbers, err);
    if (status == FM_OK)
        status = execute(store, "UPDATE cells SET geometry=?1 WHERE id=?4", text, numbers, err);
    free(geometry);
    for (uint32_t i = 0; status == FM_OK && i < recipe->programs; ++i)
        status = add_program(store, cell, i, &recipe->program[i], err);
    return status;
}

static fm_status read_programs(fmi_store *store, int64_t cell, fmi_recipe *recipe, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT p.file,coalesce(p.options,''),s.text FROM cell_programs p JOIN "
                           "sources s ON s.hash=p.source WHERE p.cell=? ORDER BY p.seq",
                           -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, cell);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        fmi_recipe_add_program(recipe, (const char *)sqlite3_column_text(row, 0),
                               (const char *)sqlite3_column_text(row, 1),
                               (const char *)sqlite3_column_text(row, 2), NULL);
    const fm_status status = code == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    return status;
}

static fm_status read_launches(fmi_store *store, int64_t cell, fmi_recipe *recipe, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT g.text FROM cells c JOIN geometries g ON g.hash=c.geometry "
                           "WHERE c.id=?",
                           -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, cell);
    fm_status status = FM_OK;
    if (sqlite3_step(row) == SQLITE_ROW)
        status = fmi_recipe_read_geometry(recipe, (const char *)sqlite3_column_text(row, 0), err);
    (void)sqlite3_finalize(row);
    return status;
}

fm_status fmi_store_has_recipe(fmi_store *store, int64_t cell, bool *has, fm_error *err) {
    char sql[100];
    int64_t count = 0;
    (void)snprintf(sql, sizeof sql, "SELECT geometry IS NOT NULL FROM cells WHERE id=%lld",
                   (long long)cell);
    const fm_status status = fmi_store_query(store, sql, &count, err);
    *has = count != 0;
    return status;
}

fm_status fmi_store_read_recipe(fmi_store *store, int64_t cell, fmi_recipe *recipe, fm_error *err) {
    *recipe = (fmi_recipe){0};
    fm_status status = read_programs(store, cell, recipe, err);
    if (status == FM_OK)
        status = read_launches(store, cell, recipe, err);
    if (status != FM_OK)
        fmi_recipe_free(recipe);
    return status;
}
