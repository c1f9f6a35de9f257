/* SPDX-License-Identifier: MIT */
#include "pair_impl.h"

#include "clock.h"
#include "error.h"

#include <fm/render.h>

#include <math.h>

static fm_status check_weights(const float *t, uint32_t n, fm_error *err) {
    if (!t || n == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render: no weights");
    for (uint32_t i = 0; i < n; ++i)
        if (!(t[i] >= 0.0F && t[i] <= 1.0F))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "fm_render: weight %u is %g; it must be 0 to 1", i, (double)t[i]);
    return FM_OK;
}

static void describe_problem(const fm_pair *pair, uint32_t n, const fm_view *view,
                             fm_problem *problem) {
    const fm_engine *engine = pair->engine;
    *problem = (fm_problem){.frames = n,
                            .width = view->width,
                            .height = view->height,
                            .channels = view->transparent ? 4 : 3,
                            .vertices = pair->info.vertices,
                            .triangles = pair->info.triangles,
                            .texture_width = pair->info.texture_width,
                            .texture_height = pair->info.texture_height,
                            .batch = engine->reference ? 1 : view->batch,
                            .tile = view->tile,
                            .samples = view->samples,
                            .group = engine->group,
                            .list_per_frame = pair->list_per_frame,
                            .mem_limit_bytes = engine->mem_limit_bytes,
                            .specialisation = engine->specialisation};
}

fm_status fm_render_plan(const fm_pair *pair, uint32_t n, const fm_view *view, fm_plan *plan,
                         fm_error *err) {
    fm_view resolved;
    fm_problem problem;
    if (!pair || !plan)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render_plan: a NULL argument");
    fm_status status = fmi_view_resolve(view, &resolved, err);
    if (status != FM_OK)
        return status;
    describe_problem(pair, n, &resolved, &problem);
    return fm_plan_render(&pair->engine->caps, pair->engine->level, &problem, plan, err);
}

/* Where a render is. */
typedef struct progress {
    const fm_view *view;
    const float *t;
    fm_sink_fn sink;
    void *user;
    fm_render_report *report;
    uint64_t covered;
} progress;

static fm_status hand_over(progress *p, const fmi_batch *batch, uint32_t first, uint32_t frames,
                           fm_error *err) {
    uint32_t channels = p->view->transparent ? 4 : 3;
    size_t row = (size_t)p->view->width * channels;
    for (uint32_t i = 0; i < frames; ++i) {
        const fm_frame_counts *counts = &batch->counts[i];
        p->covered += counts->covered;
        p->report->clipped_pixels += counts->clipped;
        p->report->rejected_triangles += counts->rejected;
        if (!p->sink)
            continue;
        fm_frame frame = {.index = first + i,
                          .t = p->t[first + i],
                          .width = p->view->width,
                          .height = p->view->height,
                          .channels = channels,
                          .row_bytes = row,
                          .pixels = batch->pixels + i * row * p->view->height,
                          .covered_pixels = counts->covered,
                          .clipped_pixels = counts->clipped};
        uint64_t start = fmi_clock_ns();
        fm_status status = p->sink(p->user, &frame, err);
        p->report->sink_seconds += 1e-9 * (double)(fmi_clock_ns() - start);
        if (status != FM_OK)
            return status;
    }
    return FM_OK;
}

static fm_status render_loop(fm_pair *pair, const fmi_render_job *job, progress *p, fm_error *err) {
    const fmi_renderer *renderer = pair->renderer;
    fm_status status = FM_OK;
    for (uint32_t first = 0; first < job->n && status == FM_OK; first += job->plan->batch) {
        uint32_t left = job->n - first;
        uint32_t frames = left < job->plan->batch ? left : job->plan->batch;
        fmi_batch batch = {0};
        status = renderer->render_batch(pair->state, first, frames, &batch, err);
        if (status != FM_OK)
            break;
        status = hand_over(p, &batch, first, frames, err);
        fm_status ended = renderer->end_batch(pair->state, status == FM_OK ? err : NULL);
        if (status == FM_OK)
            status = ended;
        ++p->report->batches;
    }
    return status;
}

static void finish_report(const fm_pair *pair, const progress *p, uint32_t n, uint64_t start) {
    fm_render_report *report = p->report;
    double pixels = (double)p->view->width * p->view->height * n;
    report->covered_fraction = (double)p->covered / pixels;
    report->wall_seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    for (uint32_t i = 0; i < FM_STAGES; ++i)
        report->device_seconds[i] =
            pair->engine->queue ? fmi_queue_device_seconds(pair->engine->queue, i) : -1.0;
}

fm_status fm_render(fm_pair *pair, const float *t, uint32_t n, const fm_view *view, fm_sink_fn sink,
                    void *user, fm_render_report *report, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fm_render_report unused;
    fm_view resolved;
    fm_problem problem;
    fmi_camera camera;
    if (!report)
        report = &unused;
    *report = (fm_render_report){0};
    if (!pair)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_render: pair is NULL");
    fm_status status = check_weights(t, n, err);
    if (status == FM_OK)
        status = fmi_view_resolve(view, &resolved, err);
    if (status == FM_OK)
        status = fmi_camera_make(&camera, &pair->joined, &resolved, err);
    if (status != FM_OK)
        return status;
    describe_problem(pair, n, &resolved, &problem);
    status = fm_plan_render(&pair->engine->caps, pair->engine->level, &problem, &report->plan, err);
    if (status != FM_OK)
        return status;
    report->scale = camera.scale;
    fmi_queue *queue = pair->engine->queue;
    if (queue)
        fmi_queue_reset_timers(queue);
    fmi_render_job job = {.view = &resolved,
                          .camera = &camera,
                          .plan = &report->plan,
                          .problem = &problem,
                          .t = t,
                          .n = n};
    status = pair->renderer->begin(pair->state, &job, err);
    if (status != FM_OK)
        return status;
    progress p = {.view = &resolved, .t = t, .sink = sink, .user = user, .report = report};
    if (queue)
        fmi_queue_set_in_loop(queue, true);
    status = render_loop(pair, &job, &p, err);
    if (queue)
        fmi_queue_set_in_loop(queue, false);
    finish_report(pair, &p, n, start);
    return status;
}
