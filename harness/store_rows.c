/* SPDX-License-Identifier: MIT */
/* What a sweep writes into its store. */
#include "error.h"
#include "point.h"
#include "store_impl.h"
#include "store_recipe.h"
#include "store_stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
               : fmi_store_fail(store, "write", err);
}

static fm_status row_end(fmi_store *store, row *r, int64_t *id, fm_error *err) {
    const int code = sqlite3_step(r->statement);
    const fm_status status = code == SQLITE_DONE ? FM_OK : fmi_store_fail(store, "write", err);
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
                                 "driver,version,revision,json,machine) VALUES(?,?,?,?,?,?,?,?,?)",
                                 err);
    if (status == FM_OK) {
        const char *const columns[] = {e->fingerprint,   e->caps.id,     e->caps.name,
                                       e->caps.platform, e->caps.driver, e->version,
                                       e->revision,      json,           e->machine};
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
                  "cells,configuration,configuration_hash,arguments) "
                  "VALUES(?,?,'running',?,?,?,?,?,?,?,?,?)",
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
    put_text(&r, run->configuration);
    put_text(&r, run->configuration_hash);
    char *words = fmi_store_words(run->argc, run->argv);
    put_text(&r, words);
    free(words);
    return row_end(store, &r, &store->run, err);
}

static fm_status begin(fmi_store *store, fm_error *err) {
    return store->together ? FM_OK : fmi_store_execute(store, "BEGIN IMMEDIATE", "lock it", err);
}

/* Ends a transaction by its outcome. */
static fm_status settle(fmi_store *store, fm_status status, fm_error *err) {
    if (store->together)
        return status;
    if (status == FM_OK)
        return fmi_store_execute(store, "COMMIT", "write", err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

fm_status fmi_store_together(fmi_store *store, fm_error *err) {
    const fm_status status = begin(store, err);
    store->together = status == FM_OK;
    return status;
}

fm_status fmi_store_apart(fmi_store *store, fm_status status, fm_error *err) {
    store->together = false;
    return settle(store, status, err);
}

fm_status fmi_store_begin(fmi_store *store, const fmi_store_run *run, fm_error *err) {
    fm_status status = begin(store, err);
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

/* The columns that version 2 added. */
static void put_axes(row *r, const fmi_cell *cell) {
    const fmi_case_params *p = &cell->params;
    const uint32_t uses = cell->op->uses;
    char key[FMI_POINT_TEXT];
    fmi_point_key(cell->op, p, key);
    put_text(r, key);
    put_text(r, p->device);
    put_count(r, p->n);
    put_real(r, uses & FMI_USES_MATRICES ? p->pinv_share : (double)NAN);
    put_text(r, uses & FMI_USES_MATRICES ? fmi_layout_name(p->layout) : NULL);
    put_count(r, p->targets);
    put_text(r, uses & FMI_USES_SAMPLES ? fmi_filter_name(p->filter) : NULL);
    put_text(r, uses & FMI_USES_MESH ? fmi_point_texture(p) : NULL);
    put_text(r, cell->plan.batch ? fm_limit_name(cell->plan.limited_by) : NULL);
    if (cell->timed)
        put_int(r, cell->bench.settled);
    else
        r->next++;
    put_real(r, cell->anchor_s > 0.0 ? cell->anchor_s : (double)NAN);
    put_int(r, cell->refined);
    put_int(r, !fmi_cell_again(cell));
    put_real(r, cell->joules_per_frame > 0.0 ? cell->joules_per_frame : (double)NAN);
    put_text(r, cell->power_source);
    put_real(r, cell->check.half_psnr > 0.0 ? cell->check.half_psnr : (double)NAN);
}

/* The columns that version 4 added. */
static void put_memory(row *r, const fmi_cell *cell) {
    const fmi_case_facts *f = &cell->facts;
    const bool asked = f->memory_source[0] != '\0';
    put_count(r, f->free_bytes);
    put_text(r, f->memory_source);
    put_text(r, asked ? fm_trust_name(f->trust) : NULL);
}

/* The columns that version 5 added. */
static void put_caches(row *r, const fmi_cell *cell) {
    put_text(r, fmi_caches_name(cell->params.caches));
    put_count(r, cell->tries);
}

/* The columns that version 7 added. */
static void put_observation(row *r, const fmi_cell *cell) {
    const fmi_observation *seen = &cell->seen;
    if (!seen->seen) {
        r->next += 9;
    } else {
        const uint64_t counts[] = {seen->kernels,    seen->to_count,   seen->to_bytes,
                                   seen->from_count, seen->from_bytes, seen->loop_bytes};
        put_real(r, seen->event_s);
        put_real(r, seen->event_wall_s);
        put_text(r, seen->clock);
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; ++i)
            put_int(r, counts[i]);
    }
    if (cell->zero_copy != FMI_ZERO_COPY_UNKNOWN)
        (void)sqlite3_bind_int(r->statement, r->next, cell->zero_copy == FMI_ZERO_COPY_YES);
    r->next++;
}

static void put_frequency(row *r, const fmi_cell *cell) {
    const fmi_frequency_seen *f = &cell->frequency;
    if (f->readings == 0) {
        r->next += 8;
        return;
    }
    put_text(r, f->source);
    put_real(r, f->mhz_min);
    put_real(r, f->mhz_mean);
    put_real(r, f->mhz_max);
    put_int(r, f->readings);
    put_int(r, f->throttled);
    put_int(r, f->slowed);
    put_text(r, f->reasons);
}

static void put_check(row *r, const fmi_cell *cell) {
    if (!cell->checked) {
        r->next += 6;
        return;
    }
    put_real(r, cell->check.max);
    put_text(r, cell->error_unit);
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
    put_real(r, cell->timed ? cell->roof_fraction : (double)NAN);
    put_real(r, cell->measured ? f->covered_fraction : (double)NAN);
    put_count(r, f->planned_bytes ? f->planned_bytes : cell->predicted_bytes);
    put_count(r, f->peak_bytes);
    put_count(r, f->budget_bytes ? f->budget_bytes : cell->plan.budget_bytes);
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
        "flops,roof_fraction,covered_fraction,planned_bytes,peak_bytes,budget_bytes,wall_s,"
        "key,device,matrix_n,pinv_share,layout,targets,filter,texture,limited_by,settled,anchor_s,"
        "refined,final,joules_per_frame,power_source,half_psnr,free_bytes,memory_source,memory_"
        "trust,"
        "cache,tries,event_s,event_wall_s,clock,kernels,to_device_count,to_device_bytes,"
        "from_device_count,from_device_bytes,loop_bytes,zero_copy,frequency_source,mhz_min,"
        "mhz_mean,mhz_max,frequency_readings,throttled_readings,slowed_readings,throttle_reasons,"
        "compute_units,keep_free_bytes,beside) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
        ",?,?,?"
        ",?,?,?,?,?,?,?,?,?,"
        "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
        "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        err);
    if (status != FM_OK)
        return status;
    put_int(&r, (uint64_t)store->run);
    put_int(&r, position);
    put_point(&r, cell);
    put_check(&r, cell);
    put_times(&r, cell);
    put_facts(&r, cell);
    put_axes(&r, cell);
    put_memory(&r, cell);
    put_caches(&r, cell);
    put_observation(&r, cell);
    put_frequency(&r, cell);
    put_count(&r, cell->params.compute_units);
    put_count(&r, cell->params.keep_free_bytes);
    put_count(&r, cell->params.beside);
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

static fm_status add_peer(fmi_store *store, const fmi_peer_result *peer, int64_t cell, int64_t *id,
                          fm_error *err) {
    row r;
    const fm_status status = row_begin(
        store, &r,
        "INSERT INTO peers(cell,name,status,reason,rate,rate_lo,rate_hi,median_s,times,times_lo,"
        "times_hi,psnr,covered_fraction,n,launches,bytes,frames) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        err);
    if (status != FM_OK)
        return status;
    put_int(&r, (uint64_t)cell);
    put_text(&r, peer->peer->name);
    put_text(&r, fmi_cell_status_name(peer->status));
    put_text(&r, peer->reason);
    if (peer->ratio.n > 0) {
        const double values[] = {peer->rate,
                                 peer->rate_lo,
                                 peer->rate_hi,
                                 peer->bench.wall.median,
                                 peer->ratio.effect,
                                 peer->ratio.lo,
                                 peer->ratio.hi,
                                 peer->check.psnr,
                                 peer->facts.covered_fraction};
        put_reals(&r, values, sizeof values / sizeof values[0]);
        put_int(&r, peer->ratio.n);
        put_int(&r, peer->bench.launches);
        put_count(&r, peer->facts.bytes);
        put_count(&r, peer->facts.frames);
    }
    return row_end(store, &r, id, err);
}

static fm_status add_peer_samples(fmi_store *store, const fmi_bench *bench, int64_t id,
                                  fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; status == FM_OK && i < bench->count; ++i) {
        row r;
        status = row_begin(store, &r, "INSERT INTO peer_samples VALUES(?,?,?,?)", err);
        if (status != FM_OK)
            return status;
        put_int(&r, (uint64_t)id);
        put_int(&r, i);
        put_int(&r, bench->samples[i].warm_up);
        put_real(&r, bench->samples[i].seconds);
        status = row_end(store, &r, NULL, err);
    }
    return status;
}

static fm_status add_peers(fmi_store *store, const fmi_cell *cell, int64_t id, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < cell->peer_count; ++i) {
        int64_t peer = 0;
        status = add_peer(store, &cell->peer[i], id, &peer, err);
        if (status == FM_OK)
            status = add_peer_samples(store, &cell->peer[i].bench, peer, err);
    }
    return status;
}

fm_status fmi_store_cell(fmi_store *store, const fmi_cell *cell, uint32_t position, fm_error *err) {
    fm_status status = begin(store, err);
    if (status != FM_OK)
        return status;
    int64_t id = 0;
    status = add_cell(store, cell, position, &id, err);
    if (status == FM_OK)
        status = add_samples(store, cell, id, err);
    if (status == FM_OK)
        status = add_peers(store, cell, id, err);
    if (status == FM_OK && cell->timed)
        status = fmi_store_add_recipe(store, id, &cell->recipe, err);
    if (status == FM_OK && cell->timed)
        status = fmi_store_add_stages(store, id, &cell->stages, err);
    return settle(store, status, err);
}

fm_status fmi_store_roofs(fmi_store *store, const char *device, const fmi_roofs *roofs,
                          fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < roofs->count; ++i) {
        const fmi_roof *roof = &roofs->roof[i];
        row r;
        status = row_begin(store, &r,
                           "INSERT OR REPLACE INTO roofs(run,device,name,unit,median,best,n,note) "
                           "VALUES(?,?,?,?,?,?,?,?)",
                           err);
        if (status != FM_OK)
            return status;
        put_int(&r, (uint64_t)store->run);
        put_text(&r, device);
        put_text(&r, roof->name);
        put_text(&r, roof->unit);
        put_real(&r, roof->median);
        put_real(&r, roof->value);
        put_int(&r, roof->n);
        put_text(&r, roof->note);
        status = row_end(store, &r, NULL, err);
    }
    return status;
}

fm_status fmi_store_cold(fmi_store *store, const char *device, const fmi_cold *cold,
                         fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < cold->count; ++i) {
        row r;
        status = row_begin(
            store, &r,
            "INSERT OR REPLACE INTO cold(run,device,stage,seconds,note) VALUES(?,?,?,?,?)", err);
        if (status != FM_OK)
            return status;
        put_int(&r, (uint64_t)store->run);
        put_text(&r, device);
        put_text(&r, cold->stage[i].name);
        put_real(&r, cold->stage[i].seconds);
        put_text(&r, cold->stage[i].note);
        status = row_end(store, &r, NULL, err);
    }
    return status;
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
