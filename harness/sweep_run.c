/* SPDX-License-Identifier: MIT */
/* The measuring part of a sweep: roofs, cold start, then cell after cell. */
#include "clock.h"
#include "error.h"
#include "log.h"
#include "page.h"
#include "point.h"
#include "sweep_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THROTTLED 2.0    /* times the best anchor of the run: not the same machine any more */
#define SLOW_ANCHOR 1.25 /* worth a warning */
#define SLOWED 0.25      /* share of the readings that tell of heat or a fault */
#define TRIES 3          /* of a throttled cell */
#define SHORT_CELL_S 2.5 /* less than this for each cell left: quick cells */
#define HOPELESS 0.1     /* of the whole time */
#define HOPELESS_S 8.0
#define REFERENCE_S 4e-6 /* for a reference pixel, on a slow machine */
#define REFINEMENTS 2    /* rounds */
#define COLD_CELLS 13    /* a look at a few cells does not pay for it */
#define COLD_S 6.0       /* a cold start takes 2 to 5 s on an idle machine */
#define COLD_KEPT_S 15.0
#define COLD_KEPT_FROM_S 300.0

static double seconds_left(const fmi_sweep *s) {
    const double most = s->options->max_time_s;
    return most > 0.0 ? most - (fmi_clock_since_start() - s->begun_s) : (double)INFINITY;
}

/* A look at a few cells, or a short one, has no cold start. */
static bool wants_cold(const fmi_sweep *s) {
    return s->cold.count == 0 && s->base_cells >= COLD_CELLS && seconds_left(s) >= COLD_S;
}

/* A long sweep keeps the time of its cold start, which comes last. */
static double seconds_for_cells(const fmi_sweep *s) {
    const double left = seconds_left(s);
    return s->options->max_time_s >= COLD_KEPT_FROM_S && wants_cold(s) ? left - COLD_KEPT_S : left;
}

static uint32_t pending(const fmi_sweep *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->cells.count; ++i)
        count += s->cells.cell[i].status == FMI_CELL_PENDING;
    return count;
}

/* Many cells and little time: shorter cells rather than fewer. */
static fmi_cell_how how_for(const fmi_sweep *s) {
    fmi_cell_how how =
        fmi_cell_how_make(s->options->quick, s->environment.clock_step_ns, fmi_signals_cancel());
    const uint32_t left = pending(s);
    const double share = seconds_for_cells(s) / (left ? left : 1);
    how.peers = s->options->peers;
    how.caps = s->caps;
    (void)snprintf(how.event_clock, sizeof how.event_clock, "%s", s->environment.event_clock);
    if (s->caps.type == FM_DEVICE_CPU)
        how.data_limit_bytes = s->environment.memory_available;
    if (share < (how.peers ? 2.0 : 1.0) * SHORT_CELL_S) {
        how.bench.samples = 11;
        how.bench.warm_s = 0.03;
        how.bench.warm_cap_s = fmin(how.bench.warm_cap_s, 0.4);
        how.bench.budget_s = fmin(how.bench.budget_s, 0.5 * share);
        how.check.random_frames = how.check.random_frames > 1 ? 1 : how.check.random_frames;
    }
    return how;
}

static double limit_for(const fmi_sweep *s, const fmi_cell *cell) {
    const double pixels = (double)cell->params.width * cell->params.height;
    return s->options->cell_limit_s + 8.0 * REFERENCE_S * pixels;
}

/* A cell that takes a tenth of everything is hopeless: the others wait. */
static double most_for(const fmi_sweep *s) {
    const double most = s->options->max_time_s;
    /* The last cells get what is left, and a little more so that they can end. */
    return most > 0.0
               ? fmin(fmax(HOPELESS_S, HOPELESS * most), fmax(seconds_for_cells(s), 0.0) + 3.0)
               : 86400.0;
}

/* --- one cell ------------------------------------------------------------------------------- */

static void add_warning(fmi_cell *cell, const char *text) {
    const size_t used = strlen(cell->warnings);
    (void)snprintf(cell->warnings + used, sizeof cell->warnings - used, "%s%s", used ? ", " : "",
                   text);
}

/* A rate above the roof: either the roof was measured in a bad moment, or the rate is wrong. */
static fm_status judge(fmi_sweep *s, fmi_cell *cell, fm_error *err) {
    if (!fmi_cell_judge(cell, &s->roofs))
        return FM_OK;
    fmi_roofs again;
    const fm_status status = fmi_runner_roofs(s->runner, cell->params.device, &again, err);
    for (uint32_t i = 0; status == FM_OK && i < again.count && i < s->roofs.count; ++i)
        if (again.roof[i].value > s->roofs.roof[i].value && strcmp(again.roof[i].unit, "s") != 0)
            s->roofs.roof[i] = again.roof[i];
    if (status == FM_OK && fmi_cell_judge(cell, &s->roofs))
        fmi_cell_impossible(cell, &s->roofs);
    return status;
}

/* True when the machine was so slow, or its device says so, that the cell is worth another try. */
static bool throttled(fmi_sweep *s, fmi_cell *cell) {
    const fmi_frequency_seen *f = &cell->frequency;
    if (cell->timed && f->slowed > SLOWED * f->readings)
        return true;
    if (!cell->timed || !(cell->anchor_s > 0.0))
        return false;
    if (!(s->best_anchor_s > 0.0) || cell->anchor_s < s->best_anchor_s)
        s->best_anchor_s = cell->anchor_s;
    const double ratio = cell->anchor_s / s->best_anchor_s;
    char text[64];
    if (ratio > SLOW_ANCHOR) {
        (void)snprintf(text, sizeof text, "anchor %.2f times its best", ratio);
        add_warning(cell, text);
    }
    return ratio > THROTTLED;
}

static fm_status measure_cell(fmi_sweep *s, fmi_cell *cell, fm_error *err) {
    const fmi_cell fresh = *cell;
    fm_status status = FM_OK;
    bool slow = false;
    for (uint32_t i = 0; i < TRIES; ++i) {
        if (i > 0)
            fmi_cell_free(cell);
        *cell = fresh;
        const fmi_cell_how how = how_for(s);
        status = fmi_runner_cell(s->runner, cell, &how, limit_for(s, cell), most_for(s), err);
        cell->tries = i + 1;
        slow = status == FM_OK && throttled(s, cell);
        if (!slow || fmi_signals_stop() || seconds_left(s) < 4.0 * SHORT_CELL_S * pending(s))
            break;
    }
    const fmi_frequency_seen *f = &cell->frequency;
    if (status == FM_OK && slow && f->slowed > SLOWED * f->readings)
        fmi_cell_skip(cell, FMI_CELL_THROTTLED, "the device was slowed in %u of %u readings: %s",
                      f->slowed, f->readings, f->reasons);
    else if (status == FM_OK && slow)
        fmi_cell_skip(cell, FMI_CELL_THROTTLED,
                      "the anchor took %.2f times its best; the machine was slower then",
                      cell->anchor_s / s->best_anchor_s);
    return status == FM_OK ? judge(s, cell, err) : status;
}

static fm_status run_cell(fmi_sweep *s, fmi_cell *cell, fm_error *err) {
    if (cell->status != FMI_CELL_PENDING)
        return FM_OK;
    if (fmi_signals_stop()) {
        fmi_cell_skip(cell, FMI_CELL_SKIPPED, "interrupted");
        return FM_OK;
    }
    if (!(seconds_for_cells(s) > 0.0)) {
        fmi_cell_skip(cell, FMI_CELL_SKIPPED,
                      "the time budget of %.0f s is used up; raise --max-time",
                      s->options->max_time_s);
        return FM_OK;
    }
    const fm_status status = measure_cell(s, cell, err);
    return status == FM_ERROR_CANCELLED ? FM_OK : status;
}

/* --- all cells ------------------------------------------------------------------------------ */

static void drop_samples(const fmi_sweep *s, fmi_cell *cell) {
    fmi_recipe_free(&cell->recipe);
    if (s->options->format == FMI_FORMAT_JSON) /* they are in it */
        return;
    free(cell->bench.samples);
    cell->bench.samples = NULL;
    for (uint32_t i = 0; i < cell->peer_count; ++i) {
        free(cell->peer[i].bench.samples);
        cell->peer[i].bench.samples = NULL;
    }
}

static void take_memory(fmi_case_facts *to, const fmi_case_facts *from) {
    to->free_bytes = from->free_bytes;
    to->trust = from->trust;
    memcpy(to->memory_source, from->memory_source, sizeof to->memory_source);
}

/* --- progress --------------------------------------------------------------------------------- */

/* The best rate of the curve that a cell belongs to; 0 = none yet. */
static double best_of_curve(const fmi_sweep *s, const fmi_cell *cell) {
    double best = 0.0;
    for (uint32_t i = 0; i < s->cells.count; ++i) {
        const fmi_cell *other = &s->cells.cell[i];
        if (other->timed && other->status == FMI_CELL_OK && fmi_page_same_group(other, cell))
            best = fmax(best, other->rate);
    }
    return best;
}

/* What the device says of itself at this moment. */
static void look_at_device(fmi_sweep *s) {
    fmi_case_facts facts = {0};
    const fmi_case_params params = {.device = s->options->device};
    fmi_case_free_memory(&s->caps, &params, &facts);
    s->progress.now.free_bytes = facts.free_bytes;
    s->frequency.seen = (fmi_frequency_seen){0}; /* this moment alone */
    fmi_frequency_read(&s->frequency);
    s->progress.now.clock_mhz = s->frequency.seen.readings ? s->frequency.seen.mhz_mean : 0.0;
}

void fmi_sweep_phase(void *sweep, const char *phase) {
    fmi_sweep *s = sweep;
    if (!fmi_progress_wanted(&s->progress))
        return;
    s->progress.now.phase = phase;
    fmi_progress_update(&s->progress, true);
}

void fmi_sweep_news(void *sweep, const fmi_cell_news *news) {
    fmi_sweep *s = sweep;
    fmi_progress_now *now = &s->progress.now;
    now->samples = news->samples;
    now->of = news->of;
    now->median_s = news->median_s;
    now->lo_s = news->lo_s;
    now->hi_s = news->hi_s;
    now->rate = news->rate;
    now->rate_lo = news->rate_lo;
    now->rate_hi = news->rate_hi;
    look_at_device(s);
    fmi_progress_update(&s->progress, false);
}

static void show_progress(fmi_sweep *s, const fmi_cell *cell, const char *what) {
    if (!fmi_progress_wanted(&s->progress))
        return;
    s->progress.most_left_s = fmax(seconds_left(s), 0.0);
    s->progress.now = (fmi_progress_now){.what = what,
                                         .done = s->ran,
                                         .total = s->ran + pending(s),
                                         .unit = cell->op->unit,
                                         .best = best_of_curve(s, cell),
                                         .total_bytes = s->caps.global_bytes,
                                         .planned_bytes = cell->predicted_bytes};
    look_at_device(s);
    fmi_progress_show(&s->progress);
}

static void note_progress(fmi_sweep *s, const fmi_cell *cell) {
    const double none = (double)NAN;
    const fmi_summary *w = &cell->bench.wall;
    s->ran++;
    if (!fmi_progress_wanted(&s->progress))
        return;
    const fmi_progress_result result = {.status = fmi_cell_status_name(cell->status),
                                        .reason = cell->reason,
                                        .rate = cell->timed ? cell->rate : none,
                                        .rate_lo = cell->timed ? cell->rate_lo : none,
                                        .rate_hi = cell->timed ? cell->rate_hi : none,
                                        .median_s = cell->timed ? w->median : none,
                                        .lo_s = cell->timed ? w->lo : none,
                                        .hi_s = cell->timed ? w->hi : none,
                                        .unit = cell->op->unit};
    s->progress.now.done = s->ran;
    s->progress.now.best = best_of_curve(s, cell);
    fmi_progress_result_of(&s->progress, &result);
    s->progress.now.what = NULL; /* it is gone with the cell */
}

static fm_status run_and_store(fmi_sweep *s, uint32_t index, uint32_t position, fm_error *err) {
    fmi_cell *cell = &s->cells.cell[index];
    char what[FMI_POINT_TEXT];
    if (cell->stored)
        return FM_OK;
    fmi_point_text(cell->op, &cell->params, what);
    const bool runs = cell->status == FMI_CELL_PENDING;
    if (runs) /* the others take no time */
        show_progress(s, cell, what);
    fmi_case_facts before = {0}; /* a worker that died, or never began, does not say it */
    fmi_case_free_memory(&s->caps, &cell->params, &before);
    fm_status status = run_cell(s, cell, err);
    if (runs)
        note_progress(s, cell);
    if (cell->facts.memory_source[0] == '\0')
        take_memory(&cell->facts, &before);
    if (status == FM_OK)
        status = fmi_store_cell(s->store, cell, position, err);
    cell->stored = true;
    drop_samples(s, cell); /* they are in the store now */
    return status;
}

/* Around the knee of each curve, with what is left of the time. */
static fm_status refine(fmi_sweep *s, fm_error *err) {
    uint32_t place = 0;
    fm_status status = fmi_store_places(s->store, &place, err);
    for (int round = 0; status == FM_OK && round < REFINEMENTS; ++round) {
        const uint32_t first = s->cells.count;
        if (fmi_signals_stop() || !(seconds_for_cells(s) > SHORT_CELL_S))
            break;
        if (fmi_cells_refine(&s->cells, &s->caps, err) == 0)
            break;
        for (uint32_t i = first; status == FM_OK && i < s->cells.count; ++i) {
            s->cells.cell[i].params.log = s->log;
            status = run_and_store(s, i, place > i ? place++ : i, err);
        }
    }
    return status;
}

/* A device that cannot say how fast it is may still run the cells. */
static fm_status tolerate(fmi_sweep *s, const char *what, fm_status status, const fm_error *why,
                          fm_error *err) {
    if (status == FM_OK || status == FM_ERROR_CANCELLED)
        return FM_OK;
    if (status == FM_ERROR_IO && err)
        *err = *why;
    if (status == FM_ERROR_IO)
        return status;
    fmi_log(&s->log, FM_LOG_WARNING, "%s not measured: %s", what, why->message);
    return FM_OK;
}

static fm_status measure_roofs(fmi_sweep *s, fm_error *err) {
    fm_error local = {0};
    fm_status status = fmi_runner_roofs(s->runner, s->options->device, &s->roofs, &local);
    status = tolerate(s, "the roofs were", status, &local, err);
    return status == FM_OK ? fmi_store_roofs(s->store, s->caps.id, &s->roofs, err) : status;
}

/* Last, with what is left of the time: the cells matter more. */
static fm_status measure_cold(fmi_sweep *s, fm_error *err) {
    fm_error local = {0};
    fm_status status = fmi_store_load_cold(s->store, &s->cold, err);
    if (status != FM_OK || fmi_signals_stop() || !wants_cold(s))
        return status;
    status = fmi_runner_cold(s->runner, s->options->device, &s->cold, &local);
    status = tolerate(s, "the cold start was", status, &local, err);
    return status == FM_OK ? fmi_store_cold(s->store, s->caps.id, &s->cold, err) : status;
}

fm_status fmi_sweep_run(fmi_sweep *s, fm_error *err) {
    fmi_progress_start(&s->progress, s->options->json_progress);
    if (fmi_progress_wanted(&s->progress))
        (void)fmi_frequency_open(&s->frequency, &s->caps, "");
    fm_status status = pending(s) ? measure_roofs(s, err) : FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < s->base_cells; ++i)
        status = run_and_store(s, s->order[i], i, err);
    if (status == FM_OK && s->options->batch.automatic && !s->options->quick)
        status = refine(s, err);
    if (status == FM_OK)
        status = measure_cold(s, err);
    fmi_progress_end(&s->progress, s->run);
    fmi_frequency_close(&s->frequency);
    return status;
}
