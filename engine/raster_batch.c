/* SPDX-License-Identifier: MIT */
/*
 * The life of a batch on the device. One at a time is waited for where it is drawn; with more in
 * flight each has its own room for what comes out and comes down beside the next one, by a second
 * queue. What is made on the way there is the same memory for all: they are drawn in turn.
 */
#include "raster_impl.h"

#include "error.h"
#include "log.h"

#define LIST_HEADROOM 1.25

enum { COUNTS, PIXELS, SUMS, MAPS };

uint64_t fmi_raster_frame_bytes(const fmi_raster *r) {
    return (uint64_t)r->problem.width * r->problem.height * r->problem.channels;
}

/* Pixels that go to the caller's buffer never come to the host. */
bool fmi_raster_checked(const fmi_raster *r) {
    return r->problem.check && !r->target;
}

/* Bytes of the pixels just drawn: of a batch, or of a strip. */
static uint64_t drawn_bytes(const fmi_raster *r, uint32_t frames) {
    uint64_t row = (uint64_t)r->problem.width * r->problem.channels;
    return r->plan.strips > 1 ? row * r->strip_height : frames * fmi_raster_frame_bytes(r);
}

/* ---- the steps of a batch ---- */

fm_status fmi_raster_shapes(fmi_raster *r, uint32_t first, uint32_t frames, cl_mem *source,
                            fm_error *err) {
    *source = r->weights.mem;
    if (!r->vertices)
        return FM_OK;
    const fmi_vertex_batch batch = {.first = first,
                                    .frames = frames,
                                    .specialisation = r->plan.specialisation,
                                    .group = r->plan.group,
                                    .padded = r->padded,
                                    .rows = r->part[FMI_PART_SHAPES],
                                    .lanes = r->part[FMI_PART_LANES]};
    *source = batch.rows->mem;
    return r->vertices->run(r->vertices->user, &batch, err);
}

fm_status fmi_raster_step(fmi_raster *r, const fmi_step *step, fm_error *err) {
    fmi_launch launch = {.kernel = r->program.kernel[step->kernel],
                         .name = r->program.source->kernel[step->kernel],
                         .args = step->args,
                         .arg_count = step->arg_count,
                         .dims = 1,
                         .local = {step->group, 1, 1},
                         .timer = step->timer};
    for (uint32_t i = 0; i < 3; ++i) {
        launch.global[i] = step->items[i] ? step->items[i] : 1;
        if (step->items[i])
            launch.dims = i + 1;
    }
    launch.global[0] = (launch.global[0] + step->group - 1) / step->group * step->group;
    return fmi_queue_launch(r->engine->queue, &launch, err);
}

static fm_status enqueue(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = fmi_pipeline_of(&r->plan)->run(r, first, frames, err);
    if (status == FM_OK && fmi_raster_checked(r))
        status = fmi_raster_sum(r, frames, drawn_bytes(r, frames), err);
    return status;
}

static fm_status copy_to_target(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    uint64_t frame = fmi_raster_frame_bytes(r);
    return fmi_buffer_copy_out(&r->slot->pixels, 0, frames * frame, r->target,
                               r->target_offset + first * frame, err);
}

/* ---- lists that were too short ---- */

/* Longest bin list of the batch whose counters are mapped. */
static uint32_t longest_list(const fmi_raster *r, uint32_t frames) {
    const fm_frame_counts *counts = r->slot->mapped_counts;
    uint32_t most = 0;
    for (uint32_t i = 0; i < frames; ++i)
        if (counts[i].list_needed > most)
            most = counts[i].list_needed;
    return most;
}

static fm_status regrow(fmi_raster *r, uint32_t needed, fm_error *err) {
    fmi_log(&r->engine->log, FM_LOG_INFO, "bin lists grow from %u to hold %u entries a frame",
            r->plan.list_per_frame, needed);
    ++fmi_queue_stats(r->engine->queue)->list_regrows;
    double roomy = LIST_HEADROOM * (double)needed;
    r->plan.list_per_frame = roomy < (double)UINT32_MAX ? (uint32_t)roomy : UINT32_MAX;
    return fmi_raster_buffers(r, err);
}

/* ---- one at a time ---- */

static fm_status unmap_slot(fmi_slot *slot, fm_error *err) {
    fmi_buffer *buffers[MAPS] = {slot->counts, &slot->pixels, slot->sums};
    void **maps[MAPS] = {&slot->mapped_counts, &slot->mapped_pixels, &slot->mapped_sums};
    fm_status status = FM_OK;
    for (int i = 0; i < MAPS; ++i) {
        if (!*maps[i])
            continue;
        fm_status one = fmi_buffer_unmap(buffers[i], maps[i], status == FM_OK ? err : NULL);
        status = status == FM_OK ? one : status;
    }
    return status;
}

fm_status fmi_raster_unmap(fmi_raster *r, fm_error *err) {
    return unmap_slot(r->slot, err);
}

/* All steps of a batch, then its counters on the host. */
static fm_status run_batch(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = enqueue(r, first, frames, err);
    if (status == FM_OK)
        status = fmi_queue_finish(r->engine->queue, err);
    if (status == FM_OK)
        status = fmi_buffer_map(r->slot->counts, CL_MAP_READ, 0, sizeof(fm_frame_counts) * frames,
                                &r->slot->mapped_counts, err);
    return status;
}

fm_status fmi_raster_whole(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = run_batch(r, first, frames, err);
    if (status != FM_OK || longest_list(r, frames) <= r->plan.list_per_frame)
        return status;
    uint32_t needed = longest_list(r, frames);
    status = fmi_raster_unmap(r, err);
    if (status == FM_OK)
        status = regrow(r, needed, err);
    return status == FM_OK ? run_batch(r, first, frames, err) : status;
}

static fm_status render_alone(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = fmi_raster_whole(r, first, frames, err);
    if (status != FM_OK)
        return fmi_while(err, status, "rendering frames %u to %u", first, first + frames - 1);
    if (r->target) {
        status = copy_to_target(r, first, frames, err);
        return status == FM_OK ? fmi_queue_finish(r->engine->queue, err) : status;
    }
    status = fmi_buffer_map(&r->slot->pixels, CL_MAP_READ, 0, frames * fmi_raster_frame_bytes(r),
                            &r->slot->mapped_pixels, err);
    if (status == FM_OK && fmi_raster_checked(r))
        status = fmi_raster_check(r, frames, drawn_bytes(r, frames), err);
    return status;
}

/* ---- with others in flight ---- */

/* What comes to the host of a batch, as soon as it is drawn. */
static fm_status start_maps(fmi_raster *r, const fmi_mark *drawn, fm_error *err) {
    fmi_slot *slot = r->slot;
    uint64_t pixels = slot->frames * fmi_raster_frame_bytes(r);
    fm_status status = fmi_buffer_map_start(slot->counts, sizeof(fm_frame_counts) * slot->frames,
                                            drawn, &slot->mapped_counts, &slot->ready[COUNTS], err);
    if (status == FM_OK && !r->target)
        status = fmi_buffer_map_start(&slot->pixels, pixels, drawn, &slot->mapped_pixels,
                                      &slot->ready[PIXELS], err);
    if (status == FM_OK && fmi_raster_checked(r))
        status = fmi_buffer_map_start(slot->sums, fmi_raster_sum_bytes(slot->frames, pixels), drawn,
                                      &slot->mapped_sums, &slot->ready[SUMS], err);
    return status;
}

static fm_status submit_beside(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fmi_slot *slot = fmi_raster_slot(r, (r->head + r->flying) % r->plan.in_flight);
    fmi_mark drawn = {0};
    fm_status status = FM_OK;
    slot->first = first;
    slot->frames = frames;
    for (int i = 0; i < MAPS && status == FM_OK; ++i)
        status = fmi_queue_after(r->engine->queue, &slot->given_back[i], err);
    if (status == FM_OK)
        status = enqueue(r, first, frames, err);
    if (status == FM_OK && r->target)
        status = copy_to_target(r, first, frames, err);
    if (status == FM_OK)
        status = fmi_queue_mark(r->engine->queue, &drawn, err);
    if (status == FM_OK)
        status = start_maps(r, &drawn, err);
    fmi_mark_drop(&drawn);
    r->flying += status == FM_OK;
    return fmi_while(err, status, "rendering frames %u to %u", first, first + frames - 1);
}

/* Maps of a device that is lost are not waited for, and may yet be carried out: what undoes them
 * goes behind them, into their own queue. */
static void unmap_behind(fmi_slot *slot) {
    fmi_buffer *buffers[MAPS] = {slot->counts, &slot->pixels, slot->sums};
    void **maps[MAPS] = {&slot->mapped_counts, &slot->mapped_pixels, &slot->mapped_sums};
    for (int i = 0; i < MAPS; ++i) {
        fmi_mark done = {0};
        if (*maps[i])
            (void)fmi_buffer_unmap_start(buffers[i], maps[i], &done, NULL);
        fmi_mark_drop(&done);
    }
}

/* Everything in flight comes to an end, whatever came of it. */
static void settle(fmi_raster *r) {
    const bool ended = fmi_queue_finish(r->engine->queue, NULL) == FM_OK;
    for (uint32_t i = 0; i < FM_IN_FLIGHT_MAX; ++i) {
        fmi_slot *slot = &r->slots[i];
        if (ended)
            (void)unmap_slot(slot, NULL);
        else
            unmap_behind(slot);
        for (int k = 0; k < MAPS; ++k) {
            fmi_mark_drop(&slot->ready[k]);
            fmi_mark_drop(&slot->given_back[k]);
        }
    }
}

/* Longer lists for all, and all that is in flight again. */
static fm_status again(fmi_raster *r, uint32_t needed, fm_error *err) {
    struct {
        uint32_t first, frames;
    } flying[FM_IN_FLIGHT_MAX];
    uint32_t count = r->flying;
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_slot *slot = &r->slots[(r->head + i) % r->plan.in_flight];
        flying[i].first = slot->first;
        flying[i].frames = slot->frames;
    }
    settle(r);
    fm_status status = regrow(r, needed, err);
    r->head = r->flying = 0;
    for (uint32_t i = 0; i < count && status == FM_OK; ++i)
        status = submit_beside(r, flying[i].first, flying[i].frames, err);
    return status;
}

static fm_status wait_counts(fmi_raster *r, fm_error *err) {
    return fmi_queue_wait(r->engine->queue, &fmi_raster_slot(r, r->head)->ready[COUNTS], err);
}

static fm_status collect_oldest(fmi_raster *r, fm_error *err) {
    fm_status status = wait_counts(r, err);
    while (status == FM_OK && longest_list(r, r->slot->frames) > r->plan.list_per_frame) {
        status = again(r, longest_list(r, r->slot->frames), err);
        if (status == FM_OK)
            status = wait_counts(r, err);
    }
    for (int i = PIXELS; i < MAPS && status == FM_OK; ++i)
        status = fmi_queue_wait(r->engine->queue, &r->slot->ready[i], err);
    const fmi_slot *slot = r->slot;
    if (status == FM_OK && fmi_raster_checked(r))
        status = fmi_raster_check(r, slot->frames, slot->frames * fmi_raster_frame_bytes(r), err);
    return fmi_while(err, status, "rendering frames %u to %u", slot->first,
                     slot->first + slot->frames - 1);
}

/* Back to the device, beside what it does now. */
static fm_status give_back(fmi_slot *slot, fm_error *err) {
    fm_status status =
        fmi_buffer_unmap_start(slot->counts, &slot->mapped_counts, &slot->given_back[COUNTS], err);
    if (status == FM_OK)
        status = fmi_buffer_unmap_start(&slot->pixels, &slot->mapped_pixels,
                                        &slot->given_back[PIXELS], err);
    if (status == FM_OK && slot->mapped_sums)
        status =
            fmi_buffer_unmap_start(slot->sums, &slot->mapped_sums, &slot->given_back[SUMS], err);
    return status;
}

/* ---- the renderer's table ---- */

fm_status fmi_raster_submit(void *state, uint32_t first, uint32_t frames, fm_error *err) {
    fmi_raster *r = state;
    if (r->plan.in_flight > 1)
        return submit_beside(r, first, frames, err);
    r->slots[0].first = first;
    r->slots[0].frames = frames;
    r->flying = 1;
    return FM_OK; /* drawn when it is waited for: there is nothing beside it */
}

fm_status fmi_raster_collect(void *state, fmi_batch *batch, fm_error *err) {
    fmi_raster *r = state;
    const fmi_slot *slot = &r->slots[r->head];
    fm_status status = FM_OK;
    if (r->plan.strips > 1)
        return fmi_raster_strips(r, slot->first, batch, err);
    if (r->plan.in_flight > 1)
        status = collect_oldest(r, err);
    else
        status = render_alone(r, slot->first, slot->frames, err);
    batch->pixels = r->slot->mapped_pixels;
    batch->counts = r->slot->mapped_counts;
    return status;
}

fm_status fmi_raster_end_batch(void *state, fm_error *err) {
    fmi_raster *r = state;
    if (r->plan.in_flight == 1) {
        r->flying = 0;
        return fmi_raster_unmap(r, err);
    }
    fm_status status = give_back(&r->slots[r->head], err);
    r->head = (r->head + 1) % r->plan.in_flight;
    --r->flying;
    return status;
}

void fmi_raster_drop(void *state) {
    fmi_raster *r = state;
    if (r->plan.in_flight > 1)
        settle(r);
    else
        (void)fmi_raster_unmap(r, NULL);
    r->head = r->flying = 0;
    (void)fmi_raster_slot(r, 0);
}
