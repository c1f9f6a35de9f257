/* SPDX-License-Identifier: MIT */
#include "saved_impl.h"

#include "error.h"
#include "noise.h"
#include "point.h"
#include "store_impl.h"
#include "store_stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- cells ---------------------------------------------------------------------------------- */

/* Behind the columns that fmi_store_read_cell reads. */
enum {
    AT = FMI_STORE_CELL_COUNT,
    OP = AT,
    LEVEL,
    WIDTH,
    HEIGHT,
    VERTICES,
    PRECISION,
    SAMPLES,
    THREADS,
    MEM_LIMIT,
    INPUT,
    SPECIALISATION,
    PLANNERS,
    MATRIX_N,
    PINV,
    LAYOUT,
    TARGETS,
    FILTER,
    TEXTURE,
    BUDGET,
    LIMITED,
    CACHE,
    UNITS,
    KEEP_FREE,
    BESIDE
};

static const char cell_query[] =
    "SELECT " FMI_STORE_CELL_COLUMNS
    ",op,level,width,height,vertices,precision,samples,threads,mem_limit_bytes,input,"
    "specialisation,planners_batch,matrix_n,pinv_share,layout,targets,filter,texture,budget_bytes,"
    "limited_by,cache,compute_units,keep_free_bytes,beside FROM cells WHERE run=? ORDER BY id";

static const char *text_at(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

static void read_plan(fmi_cell *cell, sqlite3_stmt *row) {
    const char *form = text_at(row, SPECIALISATION);
    for (int i = FM_SPECIALISATION_CPU; i <= (int)FM_SPECIALISATION_GPU; ++i)
        if (strcmp(form, fm_specialisation_name((fm_specialisation)i)) == 0)
            cell->plan.specialisation = (fm_specialisation)i;
    cell->plan.budget_bytes = (uint64_t)sqlite3_column_int64(row, BUDGET);
    for (int i = 0; i < 6; ++i)
        if (strcmp(text_at(row, LIMITED), fm_limit_name((fm_limit)i)) == 0) {
            cell->plan.limited_by = (fm_limit)i;
            break;
        }
    cell->plan.batch = form[0] ? cell->params.batch : 0;
}

static fm_status read_point(fmi_saved *run, fmi_cell *cell, sqlite3_stmt *row, fm_error *err) {
    fmi_case_params *p = &cell->params;
    p->batch = (uint32_t)sqlite3_column_int64(row, 1);
    p->level = fmi_saved_level(text_at(row, LEVEL));
    p->width = (uint32_t)sqlite3_column_int64(row, WIDTH);
    p->height = (uint32_t)sqlite3_column_int64(row, HEIGHT);
    const uint32_t vertices = (uint32_t)sqlite3_column_int64(row, VERTICES);
    if (vertices)
        p->input = fmi_saved_input(run, text_at(row, INPUT), vertices, true);
    if (vertices && !p->input)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the input of a stored cell");
    p->precision = strcmp(text_at(row, PRECISION), "fp16") == 0 ? FMI_FP16 : FMI_FP32;
    p->samples = (uint32_t)sqlite3_column_int64(row, SAMPLES);
    p->threads = (uint32_t)sqlite3_column_int64(row, THREADS);
    p->mem_limit_bytes = (uint64_t)sqlite3_column_int64(row, MEM_LIMIT);
    p->compute_units = (uint32_t)sqlite3_column_int64(row, UNITS);
    p->keep_free_bytes = (uint64_t)sqlite3_column_int64(row, KEEP_FREE);
    p->beside = (uint32_t)sqlite3_column_int64(row, BESIDE);
    p->n = (uint32_t)sqlite3_column_int64(row, MATRIX_N);
    p->pinv_share = sqlite3_column_double(row, PINV);
    p->layout = strcmp(text_at(row, LAYOUT), "interleaved") == 0 ? FMI_LAYOUT_INTERLEAVED
                                                                 : FMI_LAYOUT_ROW_MAJOR;
    p->targets = (uint32_t)sqlite3_column_int64(row, TARGETS);
    p->filter = strcmp(text_at(row, FILTER), "trilinear") == 0 ? FMI_FILTER_TRILINEAR
                                                               : FMI_FILTER_NEAREST_MIP;
    p->untextured = strcmp(text_at(row, TEXTURE), "off") == 0;
    p->caches = strcmp(text_at(row, CACHE), "cold") == 0 ? FMI_CACHES_COLD : FMI_CACHES_HOT;
    cell->planners_batch = sqlite3_column_int(row, PLANNERS) != 0;
    cell->refined = sqlite3_column_int(row, 2) != 0;
    read_plan(cell, row);
    return FM_OK;
}

static const char samples_query[] =
    "SELECT seconds,cpu_seconds,warm_up FROM samples WHERE cell=? ORDER BY seq";
static const char peer_samples_query[] =
    "SELECT seconds,NULL,warm_up FROM peer_samples WHERE peer=? ORDER BY seq";

static fm_status read_samples(fmi_store *store, const char *query, int64_t id, fmi_bench *bench,
                              fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, query, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, id);
    fm_status status = FM_OK;
    while (status == FM_OK && sqlite3_step(row) == SQLITE_ROW) {
        const fmi_sample sample = {.seconds = sqlite3_column_double(row, 0),
                                   .cpu_seconds = sqlite3_column_double(row, 1),
                                   .warm_up = sqlite3_column_int(row, 2) != 0};
        status = fmi_saved_sample(bench, &sample, err);
    }
    (void)sqlite3_finalize(row);
    return status;
}

static fm_status read_peer(fmi_store *store, fmi_cell *cell, sqlite3_stmt *row, fm_error *err) {
    uint32_t index = 0;
    const fmi_peer *peer = fmi_saved_peer(text_at(row, 0), cell->op->name, &index);
    if (!peer || cell->peer_count == FMI_PEERS_MAX)
        return FM_OK;
    fmi_peer_result *result = &cell->peer[cell->peer_count++];
    double *const values[] = {&result->rate,
                              &result->rate_lo,
                              &result->rate_hi,
                              &result->bench.wall.median,
                              &result->ratio.effect,
                              &result->ratio.lo,
                              &result->ratio.hi,
                              &result->check.psnr,
                              &result->facts.covered_fraction};
    *result = (fmi_peer_result){.peer = peer, .index = index};
    result->status = fmi_store_status_of(text_at(row, 1));
    (void)snprintf(result->reason, sizeof result->reason, "%s", text_at(row, 2));
    for (int i = 0; i < 9; ++i)
        *values[i] = sqlite3_column_type(row, 3 + i) == SQLITE_NULL
                         ? (double)NAN
                         : sqlite3_column_double(row, 3 + i);
    result->ratio.n = (size_t)sqlite3_column_int64(row, 12);
    result->facts.bytes = (uint64_t)sqlite3_column_int64(row, 13);
    result->check.compared = isfinite(result->check.psnr) ? 1 : 0;
    result->bench.launches = (uint32_t)sqlite3_column_int64(row, 14);
    result->facts.frames = (uint64_t)sqlite3_column_int64(row, 15);
    return read_samples(store, peer_samples_query, sqlite3_column_int64(row, 16), &result->bench,
                        err);
}

static fm_status read_peers(fmi_store *store, int64_t id, fmi_cell *cell, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT name,status,reason,rate,rate_lo,rate_hi,median_s,times,times_lo,"
                           "times_hi,psnr,covered_fraction,n,bytes,launches,frames,id FROM peers "
                           "WHERE cell=? "
                           "ORDER BY id",
                           -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, id);
    fm_status status = FM_OK;
    while (status == FM_OK && sqlite3_step(row) == SQLITE_ROW)
        status = read_peer(store, cell, row, err);
    (void)sqlite3_finalize(row);
    return status;
}

static fm_status read_one(fmi_saved *run, fmi_store *store, sqlite3_stmt *row, fm_error *err) {
    fmi_cell cell = {.op = fmi_case_find(text_at(row, OP))};
    if (!cell.op) {
        run->unread++;
        return FM_OK;
    }
    const int64_t id = sqlite3_column_int64(row, FMI_STORE_CELL_COUNT - 1);
    fmi_store_read_cell(&cell, row);
    fm_status status = read_point(run, &cell, row, err);
    (void)fmi_cell_judge(&cell, &run->roofs); /* for the name of the roof */
    if (status == FM_OK)
        status = read_samples(store, samples_query, id, &cell.bench, err);
    if (status == FM_OK)
        status = read_peers(store, id, &cell, err);
    if (status == FM_OK)
        status = fmi_store_read_stages(store, id, &cell.stages, err);
    if (status == FM_OK)
        status = fmi_saved_add(run, &cell, text_at(row, 0), id, err);
    if (status != FM_OK)
        fmi_cell_free(&cell);
    return status;
}

static fm_status read_cells(fmi_saved *run, fmi_store *store, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, cell_query, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, run->id);
    fm_status status = FM_OK;
    int code = SQLITE_ROW;
    while (status == FM_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
        status = read_one(run, store, row, err);
    if (status == FM_OK && code != SQLITE_DONE)
        status = fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    return status;
}

/* --- the run -------------------------------------------------------------------------------- */

static fm_status read_roofs(fmi_saved *run, fmi_store *store, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, "SELECT name,unit,best,median,n,note FROM roofs WHERE run=?",
                           -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_int64(row, 1, run->id);
    while (sqlite3_step(row) == SQLITE_ROW && run->roofs.count < FMI_ROOFS_MAX) {
        fmi_roof *roof = &run->roofs.roof[run->roofs.count++];
        (void)snprintf(roof->name, sizeof roof->name, "%s", text_at(row, 0));
        (void)snprintf(roof->unit, sizeof roof->unit, "%s", text_at(row, 1));
        roof->value = sqlite3_column_type(row, 2) == SQLITE_NULL ? (double)NAN
                                                                 : sqlite3_column_double(row, 2);
        roof->median = sqlite3_column_type(row, 3) == SQLITE_NULL ? (double)NAN
                                                                  : sqlite3_column_double(row, 3);
        roof->n = (uint32_t)sqlite3_column_int64(row, 4);
        (void)snprintf(roof->note, sizeof roof->note, "%s", text_at(row, 5));
    }
    (void)sqlite3_finalize(row);
    return FM_OK;
}

static fm_status read_run(fmi_saved *run, sqlite3_stmt *row) {
    run->id = sqlite3_column_int64(row, 0);
    (void)snprintf(run->name, sizeof run->name, "%s", text_at(row, 1));
    (void)snprintf(run->started, sizeof run->started, "%s", text_at(row, 2));
    (void)snprintf(run->status, sizeof run->status, "%s", text_at(row, 3));
    (void)snprintf(run->order, sizeof run->order, "%s", text_at(row, 4));
    run->seed = (uint64_t)sqlite3_column_int64(row, 5);
    run->quick = sqlite3_column_int(row, 6) != 0;
    run->planned = (uint32_t)sqlite3_column_int64(row, 7);
    (void)snprintf(run->command, sizeof run->command, "%s", text_at(row, 8));
    fmi_environment_parse(&run->environment, text_at(row, 9));
    return FM_OK;
}

/* "last" is 0 back, "last-2" two; -1 for a name. */
static int steps_back(const char *name) {
    if (strcmp(name, "last") == 0)
        return 0;
    return strncmp(name, "last-", 5) == 0 ? atoi(name + 5) : -1;
}

static fm_status find(fmi_saved *run, fmi_store *store, const char *name, fm_error *err) {
    static const char sql[] =
        "SELECT r.id,r.name,r.started,r.status,r.cell_order,r.seed,r.quick,r.cells,r.command,"
        "e.json FROM runs r JOIN environments e ON e.id=r.environment "
        "WHERE r.name=?1 OR ?2>=0 ORDER BY r.started DESC,r.id DESC LIMIT 1 OFFSET max(?2,0)";
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(row, 2, steps_back(name));
    const int code = sqlite3_step(row);
    fm_status status = FM_OK;
    if (code == SQLITE_ROW)
        status = read_run(run, row);
    else if (code == SQLITE_DONE)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: no run \"%.60s\"; fmbench history lists them, the newest is last",
                          store->path, name);
    else
        status = fmi_store_fail(store, "read", err);
    (void)sqlite3_finalize(row);
    return status;
}

fm_status fmi_saved_load(fmi_saved **out, fmi_store *store, const char *name, fm_error *err) {
    *out = NULL;
    fmi_saved *run = calloc(1, sizeof *run);
    if (!run)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a stored run");
    fm_status status = find(run, store, name, err);
    const int64_t before = store->run;
    store->run = run->id;
    if (status == FM_OK)
        status = fmi_store_load_cold(store, &run->cold, err);
    store->run = before;
    if (status == FM_OK)
        status = read_roofs(run, store, err);
    if (status == FM_OK)
        status = read_cells(run, store, err);
    fmi_noise noise = {0};
    if (status == FM_OK)
        status = fmi_store_read_noise(store, run->environment.machine, &noise, err);
    fmi_noise_text(&noise, run->resolution, sizeof run->resolution);
    fmi_saved_finish(run);
    if (status != FM_OK)
        fmi_saved_free(&run);
    *out = run;
    return status;
}
