/* SPDX-License-Identifier: MIT */
#include "json_blocks.h"
#include "keypoint_job.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *const fmi_kp_model_names[3] = {"fomm", "sadtalker", "liveportrait"};
const char *const fmi_kp_region_names[5] = {"all", "exp", "pose", "lip", "eyes"};

/* --- times ------------------------------------------------------------------------------------ */

typedef struct span {
    double seconds;
    uint32_t frames;
} span;

static int ascending(const void *a, const void *b) {
    const double x = ((const span *)a)->seconds, y = ((const span *)b)->seconds;
    return (x > y) - (x < y);
}

/* Seconds below which share of the frames stay. */
static double quantile(const span *spans, uint32_t count, double share) {
    double all = 0, sum = 0;
    for (uint32_t i = 0; i < count; i++)
        all += spans[i].frames;
    for (uint32_t i = 0; i < count; i++) {
        sum += spans[i].frames;
        if (sum >= share * all)
            return spans[i].seconds;
    }
    return (double)NAN;
}

void fmi_kp_times_sum(fmi_kp_times *times) {
    span *spans = malloc((times->count + 1) * sizeof *spans);
    times->p50 = times->p95 = (double)NAN;
    if (!spans)
        return;
    for (uint32_t i = 0; i < times->count; i++)
        spans[i] = (span){times->per_frame[i], times->frames[i]};
    qsort(spans, times->count, sizeof *spans, ascending);
    times->p50 = quantile(spans, times->count, 0.5);
    times->p95 = quantile(spans, times->count, 0.95);
    free(spans);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static double four_decimals(float x) {
    return round((double)x * 1e4) / 1e4;
}

/* Which of the shortcuts this run really took. */
static void write_applied(fmi_json *json, const fmi_kp_job *job) {
    const bool device = job->stats.device_frames > 0;
    fmi_json_begin(json, "applied", '[');
    fmi_json_string(json, NULL, "scale-once-per-clip");
    if (job->stats.matrices > 0)
        fmi_json_string(json, NULL, "inverse-once-per-clip");
    if (device)
        fmi_json_string(json, NULL, "batched-launches");
    if (device && fm_engine_caps(job->engine)->unified_memory)
        fmi_json_string(json, NULL, "unified-memory");
    if (job->stats.frames > job->stats.device_frames)
        fmi_json_string(json, NULL, "host-path");
    if (job->engine_stats.cache_hits > 0)
        fmi_json_string(json, NULL, "kernel-cache");
    fmi_json_end(json);
}

static void write_switches(fmi_json *json, const fmi_kp_job *job) {
    const fm_keypoints_params *how = &job->options->how;
    fmi_json_string(json, "model", fmi_kp_model_names[how->model]);
    fmi_json_string(json, "level", fm_level_name(job->options->level));
    fmi_json_string(json, "precision", "fp32");
    fmi_json_string(json, "area", how->area == FM_KEYPOINTS_HULL ? "hull" : "bbox");
    fmi_json_bool(json, "adapt_scale", !how->no_adapt_scale);
    fmi_json_bool(json, "relative_movement", !how->no_relative_movement);
    fmi_json_bool(json, "relative_jacobian", !how->no_relative_jacobian);
    fmi_json_string(json, "region", fmi_kp_region_names[how->region]);
    fmi_json_double(json, "multiplier", (double)how->multiplier);
    fmi_json_bool(json, "expression_friendly", how->expression_friendly);
    fmi_json_bool(json, "seed_compat", how->seed_compat);
}

/* Condition numbers of the regular initial Jacobians: a bin a decade. */
static void write_condition(fmi_json *json, const fm_keypoints_stats *stats) {
    double limit = 10;
    fmi_json_begin(json, "condition_histogram", '[');
    for (int i = 0; i < FM_KEYPOINTS_HISTOGRAM; i++, limit *= 10) {
        fmi_json_begin(json, NULL, '{');
        if (i < FM_KEYPOINTS_HISTOGRAM - 1)
            fmi_json_double(json, "below", limit);
        else
            fmi_json_null(json, "below");
        fmi_json_uint(json, "matrices", stats->condition[i]);
        fmi_json_end(json);
    }
    fmi_json_end(json);
}

static void write_counts(fmi_json *json, const fmi_kp_job *job) {
    fmi_json_uint(json, "frames", job->stats.frames);
    fmi_json_uint(json, "device_frames", job->stats.device_frames);
    fmi_json_uint(json, "clips", job->stats.clips);
    fmi_json_uint(json, "points", job->driving.points);
    fmi_json_double(json, "scale", four_decimals(job->clip.scale));
    fmi_json_double(json, "scale_bbox", four_decimals(job->clip.scale_bbox));
    fmi_json_double(json, "scale_hull", four_decimals(job->clip.scale_hull));
    fmi_json_uint(json, "matrices", job->stats.matrices);
    fmi_json_uint(json, "fallbacks", job->stats.fallbacks);
    fmi_json_uint(json, "not_finite", job->stats.not_finite);
    write_condition(json, &job->stats);
}

static void write_times(fmi_json *json, const fmi_kp_job *job) {
    fmi_json_begin(json, "seconds", '{');
    fmi_json_double(json, "pushes", job->seconds);
    fmi_json_uint(json, "push_count", job->times.count);
    fmi_json_double(json, "per_frame_p50", job->times.p50);
    fmi_json_double(json, "per_frame_p95", job->times.p95);
    fmi_json_end(json);
}

static void write_transfers(fmi_json *json, const fmi_kp_job *job) {
    fmi_json_transfers(json, &job->engine_stats);
    fmi_json_bool(json, "zero_copy", fm_engine_caps(job->engine)->unified_memory);
    fmi_json_end(json);
}

static void write_output(fmi_json *json, const char *path) {
    struct stat info;
    fmi_json_begin(json, "outputs", '[');
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "path", path);
    if (stat(path, &info) == 0)
        fmi_json_uint(json, "bytes", (uint64_t)info.st_size);
    else
        fmi_json_null(json, "bytes");
    fmi_json_bool(json, "cached", false);
    fmi_json_end(json);
    fmi_json_end(json);
}

void fmi_kp_report_json(const fmi_kp_job *job, fmi_json *json) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "facemorph/keypoints/1");
    fmi_json_string(json, "version", fm_version());
    fmi_json_device(json, fm_engine_caps(job->engine));
    fmi_json_begin(json, "inputs", '{');
    fmi_json_string(json, "source", job->options->source);
    fmi_json_string(json, "driving", job->options->driving);
    fmi_json_string(json, "initial", job->options->initial);
    fmi_json_end(json);
    write_switches(json, job);
    write_applied(json, job);
    write_counts(json, job);
    write_times(json, job);
    fmi_json_begin(json, "recoveries", '[');
    fmi_json_again(json, job->again);
    fmi_json_recovered(json, job->engine);
    fmi_json_end(json);
    write_transfers(json, job);
    write_output(json, job->options->output);
    fmi_json_end(json);
}

/* --- log -------------------------------------------------------------------------------------- */

void fmi_kp_report_log(const fmi_kp_job *job, fmi_console *console) {
    const fm_keypoints_stats *s = &job->stats;
    fmi_console_log(console, FM_LOG_INFO,
                    "%s keypoints on %s: %llu frames, %llu of them on the "
                    "device, %llu clip",
                    fmi_kp_model_names[job->options->how.model], fm_engine_caps(job->engine)->name,
                    (unsigned long long)s->frames, (unsigned long long)s->device_frames,
                    (unsigned long long)s->clips);
    if (job->options->how.model == FM_KEYPOINTS_LIVEPORTRAIT)
        fmi_console_log(console, FM_LOG_INFO, "expression multiplier %.4f",
                        (double)job->clip.scale);
    else
        fmi_console_log(console, FM_LOG_INFO,
                        "scale factor %.4f, once for the clip (bounding box %.4f, hull %.4f)",
                        (double)job->clip.scale, (double)job->clip.scale_bbox,
                        (double)job->clip.scale_hull);
    if (s->matrices > 0)
        fmi_console_log(console, s->fallbacks > 0 ? FM_LOG_WARNING : FM_LOG_INFO,
                        "%llu of %llu initial Jacobians are singular: pseudo-inverse",
                        (unsigned long long)s->fallbacks, (unsigned long long)s->matrices);
    for (int i = 0; i < FM_KEYPOINTS_HISTOGRAM; i++)
        if (s->condition[i] > 0)
            fmi_console_log(console, FM_LOG_INFO, "condition 1e%d to 1e%d: %llu Jacobians", i,
                            i + 1, (unsigned long long)s->condition[i]);
    fmi_console_log(console, FM_LOG_INFO, "a frame takes %.3g us (p50), %.3g us (p95)",
                    1e6 * job->times.p50, 1e6 * job->times.p95);
}
