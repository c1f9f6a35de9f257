/* SPDX-License-Identifier: MIT */
#include "export.h"

#include "point.h"
#include "report_stages.h"

#include <math.h>
#include <stdio.h>

static void point(const fmi_cell *cell, const char *key, fmi_json *json) {
    const fmi_case_params *p = &cell->params;
    fmi_json_string(json, "op", cell->op->name);
    fmi_json_string(json, "key", key);
    fmi_json_uint(json, "batch", p->batch);
    fmi_json_bool(json, "planners_batch", cell->planners_batch);
    fmi_json_string(json, "level", fm_level_name(p->level));
    if (cell->op->uses & FMI_USES_SIZE) {
        fmi_json_begin(json, "size", '[');
        fmi_json_uint(json, NULL, p->width);
        fmi_json_uint(json, NULL, p->height);
        fmi_json_end(json);
    } else {
        fmi_json_null(json, "size");
    }
    fmi_json_known(json, "vertices", fmi_point_vertices(p));
    fmi_json_string(json, "input", p->input ? p->input->label : NULL);
    const uint32_t uses = cell->op->uses;
    fmi_json_known(json, "matrix_n", p->n);
    fmi_json_double(json, "pinv_share", uses & FMI_USES_MATRICES ? p->pinv_share : (double)NAN);
    fmi_json_string(json, "layout", uses & FMI_USES_MATRICES ? fmi_layout_name(p->layout) : NULL);
    fmi_json_known(json, "targets", p->targets);
    fmi_json_string(json, "precision", fmi_precision_name(p->precision));
    fmi_json_uint(json, "samples", p->samples ? p->samples : 1);
    fmi_json_string(json, "filter", uses & FMI_USES_SAMPLES ? fmi_filter_name(p->filter) : NULL);
    fmi_json_string(json, "texture", uses & FMI_USES_MESH ? fmi_point_texture(p) : NULL);
    fmi_json_string(json, "cache", fmi_caches_name(p->caches));
    fmi_json_known(json, "threads", p->threads);
    fmi_json_known(json, "mem_limit", p->mem_limit_bytes);
    fmi_json_known(json, "keep_free", p->keep_free_bytes);
    fmi_json_known(json, "units", p->compute_units);
    fmi_json_known(json, "beside", p->beside);
    fmi_json_string(json, "specialisation",
                    cell->plan.specialisation ? fm_specialisation_name(cell->plan.specialisation)
                                              : NULL);
    fmi_json_string(json, "limited_by",
                    cell->plan.batch ? fm_limit_name(cell->plan.limited_by) : NULL);
}

static void error_object(const fmi_cell *cell, fmi_json *json) {
    const fmi_check *check = &cell->check;
    fmi_json_begin(json, "error", '{');
    fmi_json_double(json, "max", cell->checked ? check->max : (double)NAN);
    fmi_json_string(json, "unit", cell->checked && cell->error_unit[0] ? cell->error_unit : NULL);
    fmi_json_double(json, "share", cell->checked ? check->share : (double)NAN);
    fmi_json_double(json, "psnr", cell->checked ? check->psnr : (double)NAN);
    fmi_json_double(json, "half_size_psnr",
                    check->half_psnr > 0.0 ? check->half_psnr : (double)NAN);
    fmi_json_uint(json, "frames_compared", check->compared);
    fmi_json_uint(json, "frames_hashed", check->hashed);
    fmi_json_end(json);
}

static void spread(const fmi_summary *s, fmi_json *json) {
    fmi_json_begin(json, "spread_s", '{');
    fmi_json_double(json, "min", s->min);
    fmi_json_double(json, "p5", s->p5);
    fmi_json_double(json, "p25", s->p25);
    fmi_json_double(json, "p75", s->p75);
    fmi_json_double(json, "p95", s->p95);
    fmi_json_double(json, "max", s->max);
    fmi_json_double(json, "mean", s->mean);
    fmi_json_double(json, "sd", s->sd);
    fmi_json_double(json, "mad", s->mad);
    fmi_json_double(json, "lag1", s->lag1);
    fmi_json_uint(json, "outliers_mild", s->mild);
    fmi_json_uint(json, "outliers_severe", s->severe);
    fmi_json_end(json);
}

static void times(const fmi_cell *cell, fmi_json *json) {
    const double none = (double)NAN;
    const fmi_summary *s = &cell->bench.wall;
    fmi_json_double(json, "rate", cell->timed ? cell->rate : none);
    fmi_json_pair(json, "rate_interval", cell->timed ? cell->rate_lo : none, cell->rate_hi);
    fmi_json_string(json, "unit", cell->op->unit);
    fmi_json_double(json, "median_s", cell->timed ? s->median : none);
    fmi_json_pair(json, "interval_s", cell->timed ? s->lo : none, s->hi);
    fmi_json_uint(json, "n", cell->timed ? s->n : 0);
    fmi_json_known(json, "launches", cell->timed ? cell->bench.launches : 0);
    fmi_json_known(json, "frames", cell->timed ? cell->facts.frames : 0);
    if (cell->timed)
        fmi_json_bool(json, "settled", cell->bench.settled);
    else
        fmi_json_null(json, "settled");
    if (cell->timed)
        spread(s, json);
    else
        fmi_json_null(json, "spread_s");
    fmi_json_double(json, "cpu_s_per_frame", cell->timed ? cell->cpu_s_per_frame : none);
    const bool counted = cell->timed && cell->joules_per_frame > 0.0;
    fmi_json_double(json, "joules_per_frame", counted ? cell->joules_per_frame : none);
    fmi_json_string(json, "power_source", counted ? cell->power_source : NULL);
}

static void work(const fmi_cell *cell, fmi_json *json) {
    const fmi_case_facts *f = &cell->facts;
    fmi_json_known(json, "bytes", f->bytes);
    fmi_json_double(json, "flops", f->flops > 0.0 ? f->flops : (double)NAN);
    fmi_json_double(json, "roof_fraction", cell->timed ? cell->roof_fraction : (double)NAN);
    fmi_json_string(json, "roof", cell->timed && cell->roof[0] ? cell->roof : NULL);
    fmi_json_double(json, "covered_fraction", cell->measured ? f->covered_fraction : (double)NAN);
}

static void memory(const fmi_cell *cell, const fm_caps *caps, fmi_json *json) {
    fmi_json_begin(json, "memory", '{');
    fmi_json_known(json, "planned",
                   cell->facts.planned_bytes ? cell->facts.planned_bytes : cell->predicted_bytes);
    fmi_json_known(json, "peak", cell->facts.peak_bytes);
    const fmi_case_facts *f = &cell->facts;
    const bool asked = f->memory_source[0] != '\0';
    fmi_json_known(json, "budget", f->budget_bytes ? f->budget_bytes : cell->plan.budget_bytes);
    fmi_json_known(json, "total", caps->global_bytes);
    fmi_json_known(json, "free", f->free_bytes);
    fmi_json_string(json, "source", asked ? f->memory_source : NULL);
    fmi_json_string(json, "trust", asked ? fm_trust_name(f->trust) : NULL);
    fmi_json_end(json);
}

static void sample_list(const fmi_bench *bench, bool warm_up, bool cpu, const char *key,
                        fmi_json *json) {
    const bool compact = json->compact;
    fmi_json_begin(json, key, '[');
    json->compact = true; /* a list a line */
    for (size_t i = 0; i < bench->count; ++i)
        if (bench->samples[i].warm_up == warm_up)
            fmi_json_double(json, NULL,
                            cpu ? bench->samples[i].cpu_seconds : bench->samples[i].seconds);
    fmi_json_end(json);
    json->compact = compact;
}

/* All that were taken, in their order; null where they are in the store alone. */
static void samples(const fmi_bench *bench, bool cpu, fmi_json *json) {
    if (!bench->samples) {
        fmi_json_null(json, "samples_raw");
        return;
    }
    fmi_json_begin(json, "samples_raw", '{');
    sample_list(bench, true, false, "warm_up_s", json);
    sample_list(bench, false, false, "timed_s", json);
    if (cpu) {
        sample_list(bench, true, true, "warm_up_cpu_s", json);
        sample_list(bench, false, true, "timed_cpu_s", json);
    }
    fmi_json_end(json);
}

/* Of the device, by both clocks; one that is not to be trusted is null. */
static void clocks(const fmi_cell *cell, fmi_json *json) {
    const fmi_observation *seen = &cell->seen;
    const fmi_frequency_seen *f = &cell->frequency;
    const double none = (double)NAN;
    const bool known = cell->timed && seen->seen;
    fmi_json_string(json, "clock", known ? seen->clock : NULL);
    fmi_json_double(json, "event_s", known ? seen->event_s : none);
    fmi_json_double(json, "event_wall_s", known ? seen->event_wall_s : none);
    if (!cell->timed || f->readings == 0) {
        fmi_json_null(json, "frequency");
        return;
    }
    fmi_json_begin(json, "frequency", '{');
    fmi_json_string(json, "source", f->source);
    fmi_json_double(json, "mhz_min", f->mhz_min);
    fmi_json_double(json, "mhz_mean", f->mhz_mean);
    fmi_json_double(json, "mhz_max", f->mhz_max);
    fmi_json_uint(json, "readings", f->readings);
    fmi_json_uint(json, "throttled", f->throttled);
    fmi_json_uint(json, "slowed", f->slowed);
    fmi_json_words(json, "reasons", f->reasons);
    fmi_json_end(json);
}

static void way(fmi_json *json, const char *key, uint64_t count, uint64_t bytes, double frames) {
    fmi_json_begin(json, key, '{');
    fmi_json_uint(json, "count", count);
    fmi_json_uint(json, "bytes", bytes);
    fmi_json_double(json, "count_per_frame", (double)count / frames);
    fmi_json_double(json, "bytes_per_frame", (double)bytes / frames);
    fmi_json_end(json);
}

/* Of one launch. */
static void transfers(const fmi_cell *cell, fmi_json *json) {
    const fmi_observation *seen = &cell->seen;
    const double frames = cell->facts.frames ? (double)cell->facts.frames : (double)NAN;
    if (!seen->seen) {
        fmi_json_null(json, "transfers");
        return;
    }
    fmi_json_begin(json, "transfers", '{');
    way(json, "to_device", seen->to_count, seen->to_bytes, frames);
    way(json, "from_device", seen->from_count, seen->from_bytes, frames);
    fmi_json_begin(json, "in_frame_loop", '{');
    fmi_json_uint(json, "to_device_bytes", seen->loop_bytes);
    fmi_json_end(json);
    if (cell->zero_copy == FMI_ZERO_COPY_UNKNOWN)
        fmi_json_null(json, "zero_copy");
    else
        fmi_json_bool(json, "zero_copy", cell->zero_copy == FMI_ZERO_COPY_YES);
    fmi_json_uint(json, "kernels", seen->kernels);
    fmi_json_end(json);
}

static void peer_object(const fmi_peer_result *peer, const char *unit, bool with_samples,
                        fmi_json *json) {
    const double none = (double)NAN;
    const bool timed = peer->ratio.n > 0;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", peer->peer->name);
    fmi_json_string(json, "status", fmi_cell_status_name(peer->status));
    fmi_json_words(json, "reason", peer->reason);
    fmi_json_double(json, "rate", timed ? peer->rate : none);
    fmi_json_pair(json, "rate_interval", timed ? peer->rate_lo : none, peer->rate_hi);
    fmi_json_string(json, "unit", unit);
    fmi_json_double(json, "median_s", timed ? peer->bench.wall.median : none);
    fmi_json_uint(json, "n", peer->ratio.n);
    fmi_json_double(json, "times", timed ? peer->ratio.effect : none);
    fmi_json_pair(json, "times_interval", timed ? peer->ratio.lo : none, peer->ratio.hi);
    fmi_json_double(json, "psnr", timed ? peer->check.psnr : none);
    fmi_json_double(json, "covered_fraction", timed ? peer->facts.covered_fraction : none);
    fmi_json_known(json, "bytes", peer->facts.bytes);
    fmi_json_known(json, "launches", timed ? peer->bench.launches : 0);
    fmi_json_known(json, "frames", timed ? peer->facts.frames : 0);
    if (with_samples)
        samples(&peer->bench, false, json);
    fmi_json_end(json);
}

static void peers(const fmi_cell *cell, bool with_samples, fmi_json *json) {
    fmi_json_begin(json, "peers", '[');
    for (uint32_t i = 0; i < cell->peer_count; ++i)
        peer_object(&cell->peer[i], cell->op->unit, with_samples, json);
    fmi_json_end(json);
}

/* As they were timed, from which "stages" is made. */
static void raw_stages(const fmi_cell *cell, fmi_json *json) {
    fmi_json_begin(json, "stages_raw", '[');
    for (uint32_t i = 0; i < cell->stages.count; ++i) {
        const fmi_stage *stage = &cell->stages.stage[i];
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "name", stage->name);
        fmi_json_string(json, "kind", fmi_stage_kind_name(stage->kind));
        fmi_json_double(json, "count", stage->count);
        fmi_json_double(json, "seconds", stage->seconds);
        fmi_json_double(json, "bytes", stage->bytes > 0.0 ? stage->bytes : (double)NAN);
        fmi_json_double(json, "flops", stage->flops > 0.0 ? stage->flops : (double)NAN);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

void fmi_report_cell_json(const fmi_report *report, uint32_t index, bool alone, fmi_json *json) {
    const fmi_cell *cell = &report->cells->cell[index];
    char key[FMI_POINT_TEXT];
    if (report->keys)
        (void)snprintf(key, sizeof key, "%s", report->keys[index]);
    else
        fmi_point_key(cell->op, &cell->params, key);
    fmi_json_begin(json, NULL, '{');
    if (alone)
        fmi_json_string(json, "run", report->run);
    point(cell, key, json);
    fmi_json_string(json, "status", fmi_cell_status_name(cell->status));
    fmi_json_words(json, "reason", cell->reason);
    fmi_json_words(json, "warnings", cell->warnings);
    error_object(cell, json);
    times(cell, json);
    work(cell, json);
    clocks(cell, json);
    transfers(cell, json);
    memory(cell, &report->environment->caps, json);
    peers(cell, !alone, json);
    fmi_stages_json(cell, report->roofs, json);
    if (!alone) {
        raw_stages(cell, json);
        samples(&cell->bench, true, json);
    }
    fmi_json_double(json, "anchor_s", cell->anchor_s > 0.0 ? cell->anchor_s : (double)NAN);
    fmi_json_known(json, "tries", cell->tries);
    fmi_json_bool(json, "refined", cell->refined);
    fmi_json_double(json, "cell_s", cell->wall_s);
    fmi_json_end(json);
}

static void cold_object(const fmi_cold *cold, fmi_json *json) {
    fmi_json_begin(json, "cold", '[');
    for (uint32_t i = 0; i < cold->count; ++i) {
        fmi_json_begin(json, NULL, '{');
        fmi_json_string(json, "stage", cold->stage[i].name);
        fmi_json_double(json, "seconds", cold->stage[i].seconds);
        fmi_json_string(json, "note", cold->stage[i].note);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

void fmi_report_json(const fmi_report *report, fmi_json *json) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "fmbench/sweep/1");
    fmi_json_string(json, "run", report->run);
    fmi_json_string(json, "started", report->started);
    fmi_json_string(json, "status", report->status);
    fmi_json_string(json, "command", report->command);
    fmi_json_bool(json, "quick", report->quick);
    fmi_json_string(json, "order", report->order);
    fmi_json_uint(json, "seed", report->seed);
    fmi_environment_json(report->environment, json, "environment");
    fmi_roofs_json(report->roofs, json, "roofs");
    cold_object(report->cold, json);
    fmi_json_begin(json, "cells", '[');
    for (uint32_t i = 0; i < report->cells->count; ++i)
        fmi_report_cell_json(report, i, false, json);
    fmi_json_end(json);
    fmi_sizes_json(report->cells, json);
    fmi_json_end(json);
}
