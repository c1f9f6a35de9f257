/* SPDX-License-Identifier: MIT */
#include "render_loop.h"

#include "ahead.h"
#include "clock.h"
#include "error.h"
#include "learned.h"
#include "log.h"
#include "recovery.h"

#include <fm/memory.h>

#include <stdio.h>
#include <string.h>

/* How often free memory is looked at between batches. */
#define LOOK_NS UINT64_C(500000000)
/* Seconds of work that must be left for a frame to be drawn by itself, to see what batches gain. */
#define ALONE_LEFT 1.0

/* Where a render is. */
typedef struct progress {
    const fmi_renderable *what;
    const fm_view *view;
    fmi_render_job job;
    fm_problem problem;
    fmi_recovery recovery;
    fm_sink_fn sink;
    void *user;
    fm_render_report *report;
    fm_error first; /* the failure that recovery began with */
    uint64_t covered;
    uint64_t looked;                   /* when free memory was last looked at */
    uint32_t done;                     /* frames that the sink has */
    uint32_t next;                     /* frames that were submitted */
    uint32_t flying;                   /* batches between the two, oldest first */
    uint32_t frames[FM_IN_FLIGHT_MAX]; /* of each */
    enum { ALONE_LATER, ALONE_NEXT, ALONE_NOW, ALONE_DONE } alone; /* a frame by itself, timed */
    uint64_t begun;                                                /* when the render began */
    uint32_t shrink; /* the batch to go on with when nothing is in flight; 0 = as it is */
} progress;

static void describe_problem(const fmi_renderable *what, uint32_t n, const fm_view *view,
                             fm_problem *problem) {
    const fm_engine *engine = what->engine;
    *problem = (fm_problem){.frames = n,
                            .width = view->width,
                            .height = view->height,
                            .channels = view->transparent ? 4 : 3,
                            .vertices = what->joined->vertex_count,
                            .triangles = what->joined->triangle_count,
                            .half = what->half,
                            .targets = what->targets,
                            .texture_width = what->texture_width,
                            .texture_height = what->texture_height,
                            .batch = engine->reference ? 1 : view->batch,
                            .tile = view->tile,
                            .check = view->check,
                            .strips = engine->reference ? 0 : view->strips,
                            .in_flight = engine->reference ? 1 : 0,
                            .samples = view->samples,
                            .group = engine->group,
                            .list_per_frame = what->list_per_frame,
                            .ahead_bytes = fmi_ahead_bytes(engine),
                            .mem_limit_bytes = engine->mem_limit_bytes,
                            .specialisation = engine->specialisation};
}

/* What may be used now; 0 where nobody can say (the reference). */
static uint64_t budget_now(const fm_engine *engine) {
    fm_memory memory;
    if (engine->reference || fm_memory_query(engine, &memory, NULL) != FM_OK)
        return 0;
    return memory.budget_bytes;
}

static fm_status plan_frames(const fmi_renderable *what, uint32_t n, const fm_view *resolved,
                             fm_problem *problem, fm_plan *plan, fm_error *err) {
    const fm_engine *engine = what->engine;
    describe_problem(what, n, resolved, problem);
    problem->budget_bytes = budget_now(engine);
    fm_status status = fm_plan_render(&engine->caps, engine->level, problem, plan, err);
    /* What a failure taught may be too little for anything, and would never grow: forget it. */
    if (status != FM_ERROR_LIMIT || fmi_learned_read(engine->cache_dir, &engine->caps) == 0)
        return status;
    fmi_learned_write(engine->cache_dir, &engine->caps, 0);
    problem->budget_bytes = budget_now(engine);
    return fm_plan_render(&engine->caps, engine->level, problem, plan, err);
}

fm_status fmi_render_plan(const fmi_renderable *what, uint32_t n, const fm_view *view,
                          fm_plan *plan, fm_error *err) {
    fm_view resolved;
    fm_problem problem;
    fm_status status = fmi_view_resolve(view, &resolved, err);
    return status == FM_OK ? plan_frames(what, n, &resolved, &problem, plan, err) : status;
}

/* ---- one batch to the sink ---- */

static fm_frame describe_frame(const progress *p, const fmi_batch *batch, uint32_t first,
                               uint32_t frames, uint32_t i) {
    uint32_t channels = p->view->transparent ? 4 : 3;
    size_t row = (size_t)p->view->width * channels;
    return (fm_frame){.index = first + i,
                      .t = p->job.t[first + i],
                      .width = p->view->width,
                      .height = p->view->height,
                      .channels = channels,
                      .row_bytes = row,
                      .pixels = batch->pixels + i * row * p->view->height,
                      .covered_pixels = batch->counts[i].covered,
                      .clipped_pixels = batch->counts[i].clipped,
                      .batch_frames = frames,
                      .ends_batch = i + 1 == frames,
                      .alone_seconds = p->report->alone_seconds};
}

static fm_status hand_over(progress *p, const fmi_batch *batch, uint32_t first, uint32_t frames,
                           fm_error *err) {
    for (uint32_t i = 0; i < frames; ++i) {
        fm_stats *stats = fmi_engine_counters(p->what->engine);
        p->covered += batch->counts[i].covered;
        p->report->clipped_pixels += batch->counts[i].clipped;
        p->report->rejected_triangles += batch->counts[i].rejected;
        stats->clipped_pixels += batch->counts[i].clipped;
        stats->rejected_triangles += batch->counts[i].rejected;
        if (!p->sink)
            continue;
        fm_frame frame = describe_frame(p, batch, first, frames, i);
        uint64_t start = fmi_clock_ns();
        fm_status status = p->sink(p->user, &frame, err);
        p->report->sink_seconds += 1e-9 * (double)(fmi_clock_ns() - start);
        if (status != FM_OK)
            return status;
    }
    return FM_OK;
}

/* ---- changing the batch ---- */

static void note_change(progress *p, const char *stage, uint32_t frame, uint32_t from,
                        int32_t code) {
    fm_render_report *report = p->report;
    fm_log *log = &p->what->engine->log;
    uint32_t to = p->recovery.batch, strips = p->recovery.strips;
    if (code && strips > 1)
        fmi_log(
            log, FM_LOG_WARNING,
            "%s of frame %u: the device ran out of memory (%d) with one frame at once; going on "
            "with frames in %u strips",
            stage, frame, code, strips);
    else if (code)
        fmi_log(log, FM_LOG_WARNING,
                "%s of frame %u: the device ran out of memory (%d) with %u frames at once; going "
                "on with %u",
                stage, frame, code, from, to);
    else
        fmi_log(log, FM_LOG_INFO, "%s before frame %u: %u frames at once instead of %u", stage,
                frame, to, from);
    if (p->what->engine->queue && code)
        ++fmi_queue_stats(p->what->engine->queue)->recoveries;
    if (report->recovery_count < FM_RECOVERIES)
        report->recovery[report->recovery_count++] = (fm_recovery){.stage = stage,
                                                                   .frame = frame,
                                                                   .from = from,
                                                                   .to = to,
                                                                   .strips = strips,
                                                                   .cl_code = code};
}

/* What the next pair has goes first when memory is short. */
static void drop_ahead(progress *p) {
    (void)fmi_ahead_drop(p->what->engine);
    p->problem.ahead_bytes = 0;
}

/* Plans for the batch that recovery asks for and prepares the renderer. Nothing is in flight. */
static fm_status prepare(progress *p, fm_error *err) {
    fm_engine *engine = p->what->engine;
    p->problem.batch = p->recovery.batch;
    p->problem.strips = p->recovery.strips;
    fm_status status =
        fm_plan_render(&engine->caps, engine->level, &p->problem, &p->report->plan, err);
    if (status == FM_OK) {
        p->recovery.batch = p->report->plan.batch;
        p->recovery.strips = p->report->plan.strips;
        p->report->plan.limited_by = FM_LIMIT_MEMORY;
        if (p->report->plan.bytes_ahead < p->problem.ahead_bytes)
            drop_ahead(p);
    }
    return status == FM_OK ? p->what->renderer->begin(p->what->state, &p->job, err) : status;
}

/* One try with a smaller batch; false when there is none left. */
static bool retry(progress *p, const char *stage, uint32_t frame, fm_status *status,
                  fm_error *err) {
    uint32_t from = p->recovery.batch;
    int32_t code = err->cl_code;
    if (!fmi_recovery_helps(*status, code) || !fmi_recovery_failed(&p->recovery, code))
        return false;
    note_change(p, stage, frame, from, code ? code : -4);
    drop_ahead(p);
    p->problem.in_flight = 1; /* from now on memory counts more than overlap */
    if (p->what->engine->queue)
        (void)fmi_queue_finish(p->what->engine->queue, NULL);
    *status = prepare(p, err);
    return true;
}

/* Whoever reads that there was no room is to know that less was tried as well. */
static void add_advice(const progress *p, fm_error *err) {
    char strips[32] = "";
    size_t used = strlen(err->message);
    if (p->recovery.strips > 1)
        snprintf(strips, sizeof strips, " in %u strips", p->recovery.strips);
    snprintf(err->message + used, sizeof err->message - used,
             "; %s%s could not be drawn either: use a smaller --size%s",
             p->recovery.batch > 1 ? "fewer frames at once" : "one frame at once", strips,
             p->what->engine->caps.type == FM_DEVICE_GPU ? " or --device cpu" : "");
}

/* Smaller and smaller batches until one can be prepared. When none can, the story of the first
 * failure is what helps: later ones may only say that the device is gone. */
static fm_status prepare_smaller(progress *p, const char *stage, uint32_t frame, fm_status status,
                                 fm_error *err) {
    if (status == FM_OK)
        return FM_OK;
    p->first = (fm_error){0};
    if (fmi_recovery_helps(status, err->cl_code))
        p->first = *err;
    while (status != FM_OK && retry(p, stage, frame, &status, err))
        stage = "prepare";
    if (status == FM_OK || p->first.status == FM_OK || status == FM_ERROR_CANCELLED)
        return status;
    *err = p->first;
    add_advice(p, err);
    return err->status;
}

static fm_status try_larger(progress *p, uint32_t frame, uint32_t frames, fm_error *err) {
    uint32_t from = p->recovery.batch;
    if (!fmi_recovery_worked(&p->recovery, frames))
        return FM_OK;
    note_change(p, "enlarge", frame, from, 0);
    fm_status status = prepare(p, err);
    return prepare_smaller(p, "prepare", frame, status, err);
}

/* Free memory fell since the plan was made: the next batches are smaller. Those in flight have
 * their buffers and come to their end first. */
static void look_at_budget(progress *p) {
    fm_engine *engine = p->what->engine;
    uint64_t now = fmi_clock_ns();
    if (engine->reference || now - p->looked < LOOK_NS || p->recovery.batch <= 1)
        return;
    p->looked = now;
    fm_problem problem = p->problem;
    fm_plan plan;
    problem.batch = p->recovery.batch;
    problem.budget_bytes = budget_now(engine);
    if (fm_plan_render(&engine->caps, engine->level, &problem, &plan, NULL) != FM_OK)
        plan.batch = 1; /* as little as there can be; what fails then is recovered from */
    if (plan.bytes_ahead < p->problem.ahead_bytes)
        drop_ahead(p);
    p->shrink = plan.batch < p->recovery.batch ? plan.batch : 0;
}

static fm_status shrink(progress *p, fm_error *err) {
    uint32_t from = p->recovery.batch;
    p->recovery.batch = p->shrink;
    p->shrink = 0;
    note_change(p, "shrink", p->done, from, 0);
    fm_status status = prepare(p, err);
    return prepare_smaller(p, "prepare", p->done, status, err);
}

/* ---- a frame by itself ---- */

/* Only where it costs nothing that anybody would notice: another second is to come, and one frame
 * alone costs a launch more than among others. */
static void look_at_pace(progress *p) {
    const fm_plan *plan = &p->report->plan;
    if (p->alone != ALONE_LATER || plan->batch == 1 || p->report->recovery_count != 0 ||
        p->report->batches < 2)
        return;
    const fm_pace pace = {.frames = p->job.n,
                          .done = p->done,
                          .elapsed_seconds = 1e-9 * (double)(fmi_clock_ns() - p->begun)};
    fm_forecast forecast;
    if (fm_estimate(plan, &pace, &forecast, NULL) == FM_OK && forecast.seconds_left >= ALONE_LEFT)
        p->alone = ALONE_NEXT;
}

/* Its own time, and what the sink takes of a frame. */
static void note_alone(progress *p, uint64_t start) {
    p->report->alone_seconds =
        1e-9 * (double)(fmi_clock_ns() - start) + p->report->sink_seconds / p->done;
    p->alone = ALONE_DONE;
}

/* ---- the loop ---- */

/* Nothing more is submitted until what is in flight has ended. */
static bool holding(const progress *p) {
    return p->shrink != 0 || (p->alone == ALONE_NEXT && p->flying != 0) || p->alone == ALONE_NOW;
}

static uint32_t next_size(progress *p) {
    uint32_t left = p->job.n - p->next;
    if (p->alone == ALONE_NEXT) {
        p->alone = ALONE_NOW;
        return 1;
    }
    return left < p->recovery.batch ? left : p->recovery.batch;
}

static void set_in_loop(const progress *p, bool in_loop) {
    if (p->what->engine->queue)
        fmi_queue_set_in_loop(p->what->engine->queue, in_loop);
}

/* Batches go to the device until as many are there as the plan has. */
static fm_status submit(progress *p, fm_error *err) {
    fm_status status = FM_OK;
    while (p->flying < p->report->plan.in_flight && p->next < p->job.n && !holding(p)) {
        uint32_t frames = next_size(p);
        status = p->what->renderer->submit(p->what->state, p->next, frames, err);
        if (status != FM_OK)
            return status;
        p->frames[p->flying++] = frames;
        p->next += frames;
    }
    return FM_OK;
}

/* Keeps the device busy and waits for the oldest batch. */
static fm_status next_batch(progress *p, fmi_batch *batch, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fm_status status = submit(p, err);
    if (status == FM_OK)
        status = fmi_ahead_look(p->what->engine, &p->problem, &p->report->plan, err);
    if (status == FM_OK)
        status = p->what->renderer->collect(p->what->state, batch, err);
    if (status == FM_OK && p->alone == ALONE_NOW)
        note_alone(p, start);
    return status;
}

static fm_status finish_batch(progress *p, const fmi_batch *batch, fm_error *err) {
    uint32_t frames = p->frames[0];
    fm_status status = hand_over(p, batch, p->done, frames, err);
    fm_status ended = p->what->renderer->end_batch(p->what->state, status == FM_OK ? err : NULL);
    ++p->report->batches;
    p->done += frames;
    for (uint32_t i = 1; i < p->flying; ++i)
        p->frames[i - 1] = p->frames[i];
    --p->flying;
    return status != FM_OK ? status : ended;
}

/* What is in flight did not reach the sink: it may be repeated. */
static void drop(progress *p) {
    p->what->renderer->drop(p->what->state);
    p->alone = p->alone == ALONE_NOW ? ALONE_DONE : p->alone;
    p->flying = 0;
    p->next = p->done;
}

/* One batch to the sink, and more on their way meanwhile. */
static fm_status render_some(progress *p, fm_error *err) {
    fmi_batch batch = {0};
    set_in_loop(p, true);
    fm_status status = next_batch(p, &batch, err);
    if (status != FM_OK) {
        drop(p);
        set_in_loop(p, false);
        return prepare_smaller(p, "render", p->done, status, err);
    }
    uint32_t frames = p->frames[0];
    status = finish_batch(p, &batch, err);
    set_in_loop(p, false);
    if (status != FM_OK || p->done == p->job.n)
        return status;
    if (p->flying == 0)
        status = try_larger(p, p->done, frames, err);
    if (status == FM_OK) {
        look_at_budget(p);
        look_at_pace(p);
    }
    return status;
}

static fm_status render_loop(progress *p, fm_error *err) {
    fm_status status = FM_OK;
    while (p->done < p->job.n && status == FM_OK) {
        if (p->shrink != 0 && p->flying == 0)
            status = shrink(p, err);
        if (status == FM_OK)
            status = render_some(p, err);
    }
    if (p->flying != 0)
        drop(p);
    return status;
}

/* What worked after memory ran out is remembered; renders that stay whole raise it slowly, since
 * the next device owner may leave more. */
static void learn(const progress *p) {
    const fm_engine *engine = p->what->engine;
    const fm_plan *plan = &p->report->plan;
    bool failed = false;
    for (uint32_t i = 0; i < p->report->recovery_count; i++)
        failed = failed || p->report->recovery[i].cl_code != 0;
    uint64_t known = fmi_learned_read(engine->cache_dir, &engine->caps);
    if (failed)
        fmi_learned_write(engine->cache_dir, &engine->caps,
                          plan->bytes_fixed + p->recovery.batch * plan->bytes_per_frame);
    else if (known != 0)
        fmi_learned_write(engine->cache_dir, &engine->caps,
                          known < engine->caps.global_bytes ? known + known / 50 + 1 : 0);
}

static void finish_report(progress *p, uint64_t start) {
    fm_render_report *report = p->report;
    const fmi_queue *queue = p->what->engine->queue;
    double pixels = (double)p->view->width * p->view->height * p->job.n;
    report->covered_fraction = (double)p->covered / pixels;
    report->wall_seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    for (uint32_t i = 0; i < FM_STAGES; ++i)
        report->device_seconds[i] = queue ? fmi_queue_device_seconds(queue, i) : -1.0;
}

fm_status fmi_render_frames(const fmi_renderable *what, const float *t, uint32_t n,
                            const fm_view *view, fm_sink_fn sink, void *user,
                            fm_render_report *report, fm_error *err) {
    fm_view resolved;
    fmi_camera camera;
    fm_error own;
    progress p = {.what = what,
                  .view = &resolved,
                  .sink = sink,
                  .user = user,
                  .report = report,
                  .looked = fmi_clock_ns()};
    uint64_t start = p.begun = p.looked;
    if (!err)
        err = &own; /* recovery looks at the code */
    *report = (fm_render_report){0};
    fm_status status = fmi_view_resolve(view, &resolved, err);
    if (status == FM_OK)
        status = fmi_camera_make(&camera, what->joined, &resolved, err);
    if (status == FM_OK)
        status = plan_frames(what, n, &resolved, &p.problem, &report->plan, err);
    if (status != FM_OK)
        return status;
    if (report->plan.bytes_ahead < p.problem.ahead_bytes)
        drop_ahead(&p);
    report->scale = camera.scale;
    if (what->engine->queue)
        fmi_queue_reset_timers(what->engine->queue);
    p.job = (fmi_render_job){.view = &resolved,
                             .camera = &camera,
                             .plan = &report->plan,
                             .problem = &p.problem,
                             .t = t,
                             .n = n,
                             .target = what->target,
                             .target_offset = what->target_offset};
    fmi_recovery_begin(&p.recovery, report->plan.batch);
    p.recovery.strips = report->plan.strips;
    p.recovery.rows = (resolved.height + report->plan.tile - 1) / report->plan.tile;
    status = what->renderer->begin(what->state, &p.job, err);
    status = prepare_smaller(&p, "prepare", 0, status, err);
    if (status == FM_OK)
        status = render_loop(&p, err);
    if (status == FM_OK)
        learn(&p);
    finish_report(&p, start);
    return status;
}
