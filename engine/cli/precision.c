/* SPDX-License-Identifier: MIT */
#include "precision.h"

#include "lend.h"

#include "console.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 3
#define MOST_PIXELS 512

/* The first time frames come they are kept, the second time compared. */
typedef struct comparison {
    uint8_t *kept; /* FRAMES frames without row padding */
    size_t frame_bytes;
    bool second;
    double squares;
} comparison;

static fm_status take(void *user, const fm_frame *frame, fm_error *err) {
    comparison *c = user;
    uint8_t *kept = c->kept + frame->index * c->frame_bytes;
    (void)err;
    for (uint32_t y = 0; y < frame->height; y++) {
        size_t row = (size_t)frame->width * frame->channels;
        const uint8_t *from = frame->pixels + y * frame->row_bytes;
        for (size_t i = 0; i < row && c->second; i++) {
            double d = (double)from[i] - kept[y * row + i];
            c->squares += d * d;
        }
        if (!c->second)
            memcpy(kept + y * row, from, row);
    }
    return FM_OK;
}

static fm_view small_view(const fm_view *asked) {
    fm_view view = *asked;
    uint32_t longest = view.width > view.height ? view.width : view.height;
    if (longest > MOST_PIXELS) {
        view.width = (uint32_t)((uint64_t)view.width * MOST_PIXELS / longest);
        view.height = (uint32_t)((uint64_t)view.height * MOST_PIXELS / longest);
        view.width = view.width > 0 ? view.width : 1;
        view.height = view.height > 0 ? view.height : 1;
    }
    return view;
}

/* ---- the fields of the heatmaps ---- */

/* Values of all fields one after the other: kept the first time, compared the second. */
typedef struct field_values {
    float *kept[FM_FIELDS];
    uint64_t count[FM_FIELDS];
} field_values;

static fm_status keep_field(field_values *v, fm_field field, const float *values, uint64_t count,
                            fm_error *err) {
    v->kept[field] = malloc(sizeof *values * count);
    v->count[field] = count;
    if (v->kept[field] == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare fp16 with fp32");
    memcpy(v->kept[field], values, sizeof *values * count);
    return FM_OK;
}

static void compare_field(fmi_run *run, const field_values *v, fm_field field,
                          const float *values) {
    float far = 0.0F, reach = 0.0F;
    for (uint64_t i = 0; i < v->count[field]; i++) {
        far = fmaxf(far, fabsf(values[i] - v->kept[field][i]));
        reach = fmaxf(reach, fabsf(v->kept[field][i]));
    }
    run->precision_error[field] = (double)far;
    if (reach > 0.0F)
        run->precision_share = fmax(run->precision_share, (double)(far / reach));
}

static fm_status visit_fields(fmi_run *run, field_values *v, bool second, fm_error *err) {
    fm_heatmap *heatmap = NULL;
    fm_status status = fm_heatmap_create(&heatmap, run->pair, err);
    if (status == FM_OK)
        status = fm_heatmap_run(heatmap, err);
    for (uint32_t k = 0; status == FM_OK && k < fm_heatmap_fields(heatmap); k++) {
        const float *values = NULL;
        uint64_t count = 0;
        status = fm_heatmap_values(heatmap, (fm_field)k, &values, &count, err);
        if (status == FM_OK && second)
            compare_field(run, v, (fm_field)k, values);
        else if (status == FM_OK)
            status = keep_field(v, (fm_field)k, values, count, err);
    }
    fm_heatmap_destroy(&heatmap);
    return status;
}

static bool wants_fields(const fmi_run *run) {
    return (run->options->heatmaps || run->options->full) && !run->options->dry_run;
}

static void tell_fields(fmi_run *run) {
    fmi_console_log(run->console, FM_LOG_INFO,
                    "--precision fp16: fields of the heatmaps within %.3g %% of their range",
                    100.0 * run->precision_share);
}

/* ---- both ---- */

static fm_status make_and_render(fmi_run *run, const fm_mesh *a, const fm_mesh *b,
                                 const fm_pair_params *params, comparison *c, field_values *v,
                                 fm_error *err) {
    static const float t[FRAMES] = {0.0F, 0.5F, 1.0F};
    const fm_view view = small_view(&run->options->view);
    const fmi_workers workers = fmi_lend(run->options->threads);
    fm_status status = fmi_pair_create(&run->pair, run->engine, a, b, params, &workers, err);
    if (status == FM_OK)
        status = fm_render(run->pair, t, FRAMES, &view, take, c, NULL, err);
    return status == FM_OK && wants_fields(run) ? visit_fields(run, v, c->second, err) : status;
}

static void tell(fmi_run *run, const comparison *c) {
    double mean = c->squares / (double)(FRAMES * c->frame_bytes);
    run->precision_psnr = mean > 0.0 ? 10.0 * log10(255.0 * 255.0 / mean) : (double)INFINITY;
    bool good = run->precision_psnr >= FMI_PRECISION_LEAST_DB;
    fmi_console_log(run->console, good ? FM_LOG_INFO : FM_LOG_WARNING,
                    "--precision fp16: PSNR %.1f dB against fp32%s", run->precision_psnr,
                    good ? "" : ", below the 45 dB it should keep; use fp32");
}

/* It stores doubles, whatever is asked for. */
static bool is_reference(const fmi_run *run) {
    return strcmp(fm_engine_caps(run->engine)->id, "ref") == 0;
}

fm_status fmi_precision_pair(fmi_run *run, const fm_mesh *a, const fm_mesh *b,
                             const fm_pair_params *params, fm_error *err) {
    const fm_view view = small_view(&run->options->view);
    const fmi_workers workers = fmi_lend(run->options->threads);
    run->precision_psnr = (double)NAN;
    for (uint32_t k = 0; k < FM_FIELDS; k++)
        run->precision_error[k] = (double)NAN;
    if (!params->half || is_reference(run))
        return fmi_pair_create(&run->pair, run->engine, a, b, params, &workers, err);
    comparison c = {.frame_bytes = (size_t)view.width * view.height * (view.transparent ? 4 : 3)};
    c.kept = malloc(FRAMES * c.frame_bytes);
    if (c.kept == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to compare fp16 with fp32");
    fm_pair_params full = *params;
    field_values v = {{NULL}, {0}};
    full.half = false;
    fm_status status = make_and_render(run, a, b, &full, &c, &v, err);
    fm_pair_destroy(&run->pair);
    c.second = true;
    if (status == FM_OK)
        status = make_and_render(run, a, b, params, &c, &v, err);
    if (status == FM_OK)
        tell(run, &c);
    if (status == FM_OK && wants_fields(run))
        tell_fields(run);
    for (uint32_t k = 0; k < FM_FIELDS; k++)
        free(v.kept[k]);
    free(c.kept);
    return status;
}
