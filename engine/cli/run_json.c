/* SPDX-License-Identifier: MIT */
#include "run_json.h"

#include "job.h"
#include "json_blocks.h"
#include "step.h"

#include "error.h"
#include "io/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void write_pixels(fmi_json *json, const char *key, uint32_t width, uint32_t height) {
    if (width == 0) {
        fmi_json_null(json, key);
        return;
    }
    fmi_json_begin(json, key, '[');
    fmi_json_uint(json, NULL, width);
    fmi_json_uint(json, NULL, height);
    fmi_json_end(json);
}

/* Positions, vertices and triangles are those of the joined pair: they count what A and B share. */
static void write_input(fmi_json *json, const fmi_run *run, const char *key, uint32_t side) {
    const fmi_input_facts *facts = &run->input[side];
    fmi_json_begin(json, key, '{');
    fmi_json_string(json, "path", side == 0 ? run->options->path_a : run->options->path_b);
    fmi_json_uint(json, "positions", run->info.positions);
    fmi_json_uint(json, "vertices", run->info.vertices);
    fmi_json_uint(json, "uvs", facts->uvs);
    fmi_json_uint(json, "triangles", run->info.triangles);
    write_pixels(json, "texture", facts->width, facts->height);
    fmi_json_string(json, "reason", facts->reason[0] != '\0' ? facts->reason : NULL);
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, facts->hash);
    fmi_json_string(json, "hash", hash); /* of mesh and texture as loaded */
    fmi_json_end(json);
}

/* A blend: a is the base, b nothing; what the targets share with it stands at a. */
static void write_shapes(fmi_json *json, const fmi_run *run) {
    fm_shapes_info info;
    bool known = fm_shapes_info_get(run->shapes, &info) == FM_OK;
    fmi_json_null(json, "b");
    fmi_json_begin(json, "targets", '[');
    for (uint32_t i = 0; i < run->target_count; i++)
        fmi_json_string(json, NULL, run->targets[i]);
    fmi_json_end(json);
    fmi_json_string(json, "weights", run->options->path_b);
    fmi_json_string(json, "blend_path", known && info.path == FM_BLEND_CLBLAST ? "clblast" : "own");
}

static void write_inputs(fmi_json *json, const fmi_run *run) {
    static const char *const aligns[] = {"none", "rigid", "similarity"};
    fmi_json_begin(json, "inputs", '{');
    write_input(json, run, "a", 0);
    if (run->shapes)
        write_shapes(json, run);
    else
        write_input(json, run, "b", 1);
    fmi_json_end(json);
    fmi_json_string(json, "align", aligns[run->options->align]);
    fmi_json_begin(json, "align_transform", '['); /* 3 x 4, row by row: what moved B */
    for (uint32_t i = 0; i < 12; i++)
        fmi_json_double(json, NULL, run->info.align[i]);
    fmi_json_end(json);
}

/* Which of the engine's shortcuts this run really took. */
static void write_applied(fmi_json *json, const fmi_run *run) {
    const fm_caps *caps = fm_engine_caps(run->engine);
    fmi_json_begin(json, "applied", '[');
    if (run->stats.cache_hits > 0)
        fmi_json_string(json, NULL, "kernel-cache");
    if (caps->unified_memory)
        fmi_json_string(json, NULL, "unified-memory");
    if (run->batch_count > 0 && run->plan.batch > 1)
        fmi_json_string(json, NULL, "batched-launches");
    if (run->encoded.frames > 0 && fmi_run_overlaps(run))
        fmi_json_string(json, NULL, "overlapped-encoding");
    if (run->batch_count > 0 && run->plan.in_flight > 1)
        fmi_json_string(json, NULL, "batches-in-flight");
    if (run->stats.ahead_to_device_count > 0)
        fmi_json_string(json, NULL, "next-pair-upload");
    bool cached = false;
    for (uint32_t i = 0; i < FMI_RUN_STEPS; i++)
        cached = cached || run->cached[i];
    if (cached)
        fmi_json_string(json, NULL, "result-cache");
    if (run->stages.ran[FMI_STAGE_VIDEO] && fmi_run_overlaps(run))
        fmi_json_string(json, NULL, "overlapped-video");
    if (run->stages.ran[FMI_STAGE_MESHES])
        fmi_json_string(json, NULL, "overlapped-meshes");
    fmi_json_end(json);
}

/* What 16-bit storage changed, in the unit of each field. */
static void write_precision(fmi_json *json, const fmi_run *run) {
    fmi_json_double(json, "precision_psnr", run->precision_psnr);
    fmi_json_begin(json, "precision_fields", '{');
    for (uint32_t k = 0; k < FM_FIELDS; k++)
        fmi_json_double(json, fm_field_name((fm_field)k), run->precision_error[k]);
    fmi_json_end(json);
}

static void write_job(fmi_json *json, const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    fmi_json_string(json, "level", fm_level_name(options->level));
    fmi_json_string(json, "precision", options->half ? "fp16" : "fp32");
    if (options->half && run->pair != NULL)
        write_precision(json, run);
    fmi_json_uint(json, "frames", options->frames);
    write_pixels(json, "size", options->view.width, options->view.height);
    fmi_json_uint(json, "samples", options->view.samples);
    fmi_json_string(json, "filter", options->view.trilinear ? "trilinear" : "nearest-mip");
    fmi_json_string(json, "specialisation", fm_specialisation_name(run->plan.specialisation));
    write_applied(json, run);
    if (run->rendered)
        fmi_json_double(json, "covered_fraction", run->report.covered_fraction);
    else
        fmi_json_null(json, "covered_fraction");
    fmi_json_uint(json, "filled_texels", run->info.filled_texels);
    fmi_json_uint(json, "degenerate_triangles", run->info.degenerate_triangles);
    if (run->rendered) {
        fmi_json_uint(json, "clipped_pixels", run->report.clipped_pixels);
        fmi_json_uint(json, "rejected_triangles", run->report.rejected_triangles);
    } else {
        fmi_json_null(json, "clipped_pixels");
        fmi_json_null(json, "rejected_triangles");
    }
}

/* What fm_estimate said at the end: the same numbers as on the bar. */
static void write_rate(fmi_json *json, const fmi_run *run) {
    const fm_forecast *f = &run->forecast;
    if (!run->rendered || f->per_second <= 0.0) {
        fmi_json_null(json, "frames_per_second");
        fmi_json_null(json, "speedup");
        return;
    }
    fmi_json_double(json, "frames_per_second", f->per_second);
    if (f->speedup > 0.0)
        fmi_json_double(json, "speedup", f->speedup); /* over batches of one frame */
    else
        fmi_json_null(json, "speedup");
}

/* Counts of the engine since this run began; a recovery by a new process is one, too. */
static void write_counts(fmi_json *json, const fmi_run *run) {
    const fm_stats *stats = &run->stats;
    fmi_json_begin(json, "counts", '{');
    fmi_json_uint(json, "launches", stats->launches);
    fmi_json_uint(json, "builds", stats->builds);
    fmi_json_uint(json, "cache_hits", stats->cache_hits);
    fmi_json_uint(json, "list_regrows", stats->list_regrows);
    fmi_json_uint(json, "recoveries", stats->recoveries + run->again->count);
    fmi_json_uint(json, "fallbacks", stats->fallbacks);
    fmi_json_uint(json, "clipped_pixels", stats->clipped_pixels);
    fmi_json_uint(json, "rejected_triangles", stats->rejected_triangles);
    fmi_json_end(json);
}

static void write_recoveries(fmi_json *json, const fmi_run *run) {
    fmi_json_begin(json, "recoveries", '[');
    fmi_json_again(json, run->again);
    for (uint32_t i = 0; i < run->report.recovery_count; i++)
        fmi_json_recovery(json, &run->report.recovery[i]);
    fmi_json_recovered(json, run->engine);
    fmi_json_end(json);
}

static void write_batches(fmi_json *json, const fmi_run *run) {
    write_recoveries(json, run);
    fmi_json_begin(json, "batches", '[');
    for (uint32_t i = 0; i < run->batch_count; i++) {
        fmi_json_begin(json, NULL, '{');
        fmi_json_uint(json, "frames", run->batches[i].frames);
        fmi_json_double(json, "seconds", run->batches[i].end - run->batches[i].begin);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

static void write_part(fmi_json *json, const char *key, uint64_t count, uint64_t bytes) {
    fmi_json_begin(json, key, '{');
    fmi_json_uint(json, "count", count);
    fmi_json_uint(json, "bytes", bytes);
    fmi_json_end(json);
}

/* Of a batch: what went up for the next pair is among to_device, what an earlier pair's run sent up
 * for this one is not. */
static void write_transfers(fmi_json *json, const fmi_run *run) {
    const fm_stats *stats = &run->stats;
    fmi_json_transfers(json, stats);
    fmi_json_begin(json, "ahead", '{');
    write_part(json, "for_next_pair", stats->ahead_to_device_count, stats->ahead_to_device_bytes);
    write_part(json, "by_previous_pair", run->sent.transfers, run->sent.sent_bytes);
    fmi_json_end(json);
    fmi_json_begin(json, "in_frame_loop", '{');
    fmi_json_uint(json, "to_device_bytes", stats->loop_to_device_bytes);
    fmi_json_end(json);
    fmi_json_end(json);
}

static double write_stage(fmi_json *json, const fmi_run *run, fmi_stage stage, double now) {
    const fmi_stages *stages = &run->stages;
    double exclusive = fmi_stages_exclusive(stages, stage, now);
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", fmi_stage_name(stage));
    fmi_json_double(json, "start", stages->first[stage] - run->origin);
    fmi_json_double(json, "wall", fmi_stages_end(stages, stage, now) - stages->first[stage]);
    fmi_json_double(json, "exclusive", exclusive);
    if (stages->device_known[stage])
        fmi_json_double(json, "device", stages->device[stage]);
    else
        fmi_json_null(json, "device");
    fmi_json_end(json);
    return exclusive;
}

static void write_seconds(fmi_json *json, const fmi_run *run, double now) {
    double known = 0.0;
    double total = now - run->origin;
    fmi_json_begin(json, "seconds", '{');
    fmi_json_double(json, "total", total);
    fmi_json_begin(json, "stages", '[');
    for (uint32_t i = 0; i < FMI_STAGE_COUNT; i++) {
        if (run->stages.ran[i])
            known += write_stage(json, run, (fmi_stage)i, now);
    }
    fmi_json_end(json);
    fmi_json_double(json, "unattributed", total > known ? total - known : 0.0);
    double first = run->stats.first_launch_seconds; /* from process start */
    fmi_json_double(json, "first_launch", first > 0.0 ? first : (double)NAN);
    fmi_json_end(json);
}

typedef struct output_list {
    fmi_json *json;
    const fmi_run *run;
} output_list;

/* One file, sized in the work folder; it does not exist in a dry run. */
static fm_status write_output(void *user, const char *name, fm_error *err) {
    const output_list *list = user;
    char path[FMI_RUN_FILE];
    struct stat info;
    (void)err;
    snprintf(path, sizeof path, "%s/%s", list->run->folder, name);
    fmi_json_begin(list->json, NULL, '{');
    fmi_json_string(list->json, "path", path);
    fmi_run_path(list->run, name, path);
    if (list->run->dir.work_path[0] != '\0' && stat(path, &info) == 0)
        fmi_json_uint(list->json, "bytes", (uint64_t)info.st_size);
    else
        fmi_json_null(list->json, "bytes");
    fmi_json_bool(list->json, "cached", list->run->listing_cached);
    fmi_json_end(list->json);
    return FM_OK;
}

static fm_status write_outputs(fmi_json *json, fmi_run *run, fm_error *err) {
    output_list list = {.json = json, .run = run};
    fmi_json_begin(json, "outputs", '[');
    fm_status status = fmi_run_list(run, write_output, &list, err);
    fmi_json_end(json);
    return status;
}

static void write_verify(fmi_json *json, const fmi_verify *verify) {
    const fmi_difference *d = &verify->worst;
    if (!verify->done) {
        fmi_json_null(json, "verify");
        return;
    }
    fmi_json_begin(json, "verify", '{');
    fmi_json_uint(json, "frames", FMI_VERIFY_FRAMES);
    fmi_json_double(json, "far_fraction", (double)d->far / (double)d->pixels);
    fmi_json_uint(json, "largest", d->largest);
    fmi_json_uint(json, "holes", d->holes);
    fmi_json_end(json);
}

static void write_statistic(fmi_json *json, const fmi_statistic *row) {
    fmi_json_begin(json, row->name, '{');
    fmi_json_double(json, "mean", row->mean);
    fmi_json_double(json, "std", row->std);
    fmi_json_double(json, "min", row->min);
    fmi_json_double(json, "max", row->max);
    fmi_json_double(json, "p25", row->p25);
    fmi_json_double(json, "p50", row->p50);
    fmi_json_double(json, "p75", row->p75);
    fmi_json_double(json, "p95", row->p95);
    fmi_json_double(json, "p99", row->p99);
    fmi_json_end(json);
}

static void write_statistics(fmi_json *json, const fmi_run *run) {
    if (run->statistics == 0) {
        fmi_json_null(json, "statistics");
        return;
    }
    fmi_json_begin(json, "statistics", '{');
    for (uint32_t i = 0; i < run->statistics; i++)
        write_statistic(json, &run->statistic[i]);
    fmi_json_end(json);
}

fm_status fmi_run_json(fmi_run *run, double now, char **text, fm_error *err) {
    fmi_json json = {0};
    char job[FMI_JOB_HEX];
    *text = NULL;
    fm_status status = fmi_job_hash(run, job, err);
    if (status != FM_OK)
        return status;
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "facemorph/run/1");
    fmi_json_string(&json, "version", fm_version());
    fmi_json_string(&json, "job", job); /* see job.h */
    fmi_json_string(&json, "started", run->again->started);
    fmi_json_device(&json, fm_engine_caps(run->engine));
    write_inputs(&json, run);
    write_job(&json, run);
    fmi_run_json_memory(&json, run);
    write_batches(&json, run);
    write_rate(&json, run);
    write_transfers(&json, run);
    write_counts(&json, run);
    write_seconds(&json, run, now);
    write_statistics(&json, run);
    write_verify(&json, &run->verify);
    status = write_outputs(&json, run, err);
    fmi_json_end(&json);
    if (status == FM_OK && fmi_json_text(&json) != NULL)
        *text = strdup(fmi_json_text(&json));
    fmi_json_free(&json);
    if (status == FM_OK && *text == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for run.json; ask for fewer frames");
    return status;
}
