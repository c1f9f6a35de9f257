/* SPDX-License-Identifier: MIT */
/**
 * @file render_loop.h
 * The frame loop that every render shares: plan, prepare, batch after batch to the sink; when
 * memory runs out, smaller batches (recovery.h).
 */
#ifndef FMI_RENDER_LOOP_H
#define FMI_RENDER_LOOP_H

#include "renderer.h"

#include <fm/render.h>

/** What is rendered: a pair, or the shapes of a blend. Borrowed for the call. */
typedef struct fmi_renderable {
    fm_engine *engine;
    const fmi_renderer *renderer;
    void *state;
    const fmi_joined *joined;
    uint32_t texture_width, texture_height; /**< 0 = untextured */
    uint32_t targets;                       /**< of a blend, as fm_problem.targets; 0 = a pair */
    bool half;                              /**< vertex inputs as 16-bit floats */
    uint32_t list_per_frame; /**< what a regrow found necessary; 0 = first estimate */
    cl_mem target;           /**< the caller's buffer for the pixels; NULL = the sink takes them */
    uint64_t target_offset;  /**< bytes */
} fmi_renderable;

/** As fm_render, for any renderable. t holds n weights, checked by the caller. */
fm_status fmi_render_frames(const fmi_renderable *what, const float *t, uint32_t n,
                            const fm_view *view, fm_sink_fn sink, void *user,
                            fm_render_report *report, fm_error *err);
/** As fm_render_plan, for any renderable. */
fm_status fmi_render_plan(const fmi_renderable *what, uint32_t n, const fm_view *view,
                          fm_plan *plan, fm_error *err);

#endif
