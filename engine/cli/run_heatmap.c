/* SPDX-License-Identifier: MIT */
#include "run_heatmap.h"

#include "clock.h"
#include "error.h"
#include "io/hash.h"

#include <math.h>
#include <stdio.h>

static double build_seconds(const fmi_run *run) {
    fm_stats stats = {0};
    return fm_engine_stats(run->engine, &stats) == FM_OK ? stats.build_seconds : 0.0;
}

/* ---- --verify: twice, and the same ---- */

static fm_status differs(const char *what, fm_error *err) {
    return fmi_fail(err, FM_ERROR_NUMERIC,
                    "--verify: the %s came out another way the second time; do not trust this "
                    "device or its memory, please report",
                    what);
}

static fm_status hash_fields(fmi_run *run, uint64_t *hash, fm_error *err) {
    fm_status status = FM_OK;
    uint32_t fields = fm_heatmap_fields(run->heatmap);
    *hash = 0;
    for (uint32_t i = 0; i < fields && status == FM_OK; i++) {
        const float *values = NULL;
        uint64_t count = 0;
        status = fm_heatmap_values(run->heatmap, (fm_field)i, &values, &count, err);
        if (status == FM_OK)
            *hash = fmi_hash64(values, count * sizeof *values, *hash);
    }
    return status;
}

static fm_status hash_panels(fmi_run *run, uint64_t *hash, fm_error *err) {
    fm_status status = FM_OK;
    uint32_t fields = fm_heatmap_fields(run->heatmap);
    *hash = 0;
    for (uint32_t i = 0; i < fields && status == FM_OK; i++) {
        fm_panel panel;
        status = fm_heatmap_panel(run->heatmap, (fm_field)i, &panel, err);
        if (status == FM_OK)
            *hash =
                fmi_hash64(panel.image.pixels, panel.image.row_bytes * panel.image.height, *hash);
    }
    return status;
}

static fm_status run_fields(fmi_run *run, fm_error *err) {
    uint64_t first = 0, second = 0;
    fm_status status = fm_heatmap_run(run->heatmap, err);
    if (status != FM_OK || !run->options->verify)
        return status;
    status = hash_fields(run, &first, err);
    if (status == FM_OK)
        status = fm_heatmap_run(run->heatmap, err);
    if (status == FM_OK)
        status = hash_fields(run, &second, err);
    return status == FM_OK && first != second ? differs("values of the heatmaps", err) : status;
}

fm_status fmi_run_panels(fmi_run *run, const fm_view *view, fm_error *err) {
    uint64_t first = 0, second = 0;
    fm_status status = fm_heatmap_draw(run->heatmap, view, err);
    if (status != FM_OK || !run->options->verify)
        return status;
    status = hash_panels(run, &first, err);
    if (status == FM_OK)
        status = fm_heatmap_draw(run->heatmap, view, err);
    if (status == FM_OK)
        status = hash_panels(run, &second, err);
    return status == FM_OK && first != second ? differs("panels of the heatmaps", err) : status;
}

fm_status fmi_run_heatmap(fmi_run *run, fm_error *err) {
    if (run->heatmap != NULL)
        return FM_OK;
    double built = build_seconds(run);
    fmi_stages_enter(&run->stages, FMI_STAGE_BUILD, fmi_clock_since_start());
    fm_status status = fm_heatmap_create(&run->heatmap, run->pair, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    run->heatmap_build += build_seconds(run) - built;
    return status == FM_OK ? run_fields(run, err) : status;
}

/* For people: unlike the table's, the deviation is that of a sample. */
static void say(const fmi_run *run, fm_field field, const fm_statistics *s) {
    char std[48] = "";
    double n = (double)s->count;
    if (field < FM_SHAPE_FIELDS && s->count > 1)
        snprintf(std, sizeof std, ", sample std %.6g", s->std * sqrt(n / (n - 1.0)));
    fmi_console_log(run->console, FM_LOG_DEBUG,
                    "%s: min %.6g, max %.6g, mean %.6g, median %.6g%s, P90 %.6g",
                    fm_field_name(field), s->min, s->max, s->mean, s->p50, std, s->p90);
}

static void keep(fmi_run *run, fm_field field, const fm_statistics *s) {
    run->statistic[run->statistics++] = (fmi_statistic){.name = fm_field_name(field),
                                                        .mean = s->mean,
                                                        .std = s->std,
                                                        .min = s->min,
                                                        .max = s->max,
                                                        .p25 = s->p25,
                                                        .p50 = s->p50,
                                                        .p75 = s->p75,
                                                        .p95 = s->p95,
                                                        .p99 = s->p99};
    say(run, field, s);
}

fm_status fmi_run_statistics(fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    uint32_t first = run->statistics, fields = fm_heatmap_fields(run->heatmap);
    for (uint32_t i = first; i < fields && status == FM_OK; i++) {
        const float *values = NULL;
        uint64_t count = 0;
        fm_statistics s = {0};
        status = fm_heatmap_values(run->heatmap, (fm_field)i, &values, &count, err);
        if (status == FM_OK)
            status = fm_statistics_make(&s, values, count, err);
        if (status == FM_OK)
            keep(run, (fm_field)i, &s);
    }
    return status;
}
