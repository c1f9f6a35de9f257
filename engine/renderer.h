/* SPDX-License-Identifier: MIT */
/**
 * @file renderer.h
 * The renderer table. Two implement it: opencl (raster.c) and ref (raster_ref.c).
 *
 * Life: create -> (begin -> (submit .. -> collect -> end_batch)*)* -> destroy, with as many batches
 * submitted and not ended as the plan has in flight. drop: none of them counts.
 */
#ifndef FMI_RENDERER_H
#define FMI_RENDERER_H

#include "engine_impl.h"
#include "fm_shared.h"
#include "pair_join.h"
#include "view.h"

/** One batch of a vertex source. Buffers belong to the renderer. */
typedef struct fmi_vertex_batch {
    uint32_t first, frames;           /**< of the render */
    fm_specialisation specialisation; /**< CPU or GPU */
    uint32_t group;                   /**< work-items in a group of gpu kernels */
    uint32_t padded;                  /**< vertices of a row */
    fmi_buffer *rows;                 /**< out: frames x FMI_SHAPE_ROWS x padded floats */
    fmi_buffer *lanes;                /**< scratch of FMI_PART_LANES; NULL on gpu */
} fmi_vertex_batch;

/** Positions and normals from somewhere else than the morph of two shapes. */
typedef struct fmi_vertex_source {
    void *user;
    /** Enqueues what fills batch->rows, for the device of the renderer. */
    fm_status (*run)(void *user, const fmi_vertex_batch *batch, fm_error *err);
    /** For the reference renderer: deltas of the targets and the weights of all frames. */
    const float *targets; /**< target_count x position_count x 3 */
    uint32_t target_count;
    const float *weights; /**< frames x target_count, set before each render */
} fmi_vertex_source;

/** What a renderer is made from. Borrowed: joined lives as long as the renderer, images do not. */
typedef struct fmi_renderer_source {
    fm_engine *engine;
    const fmi_joined *joined;
    const fm_image *image_a, *image_b; /**< both or none */
    bool keep_background;
    bool half; /**< vertex inputs as 16-bit floats; the reference ignores it */
    const struct fmi_workers *workers; /**< for the textures, during create; NULL = none */
    const fmi_vertex_source *vertices; /**< borrowed, outlives the renderer; NULL = the morph */
} fmi_renderer_source;

/** One render. Everything is borrowed for the duration of begin. */
typedef struct fmi_render_job {
    const fm_view *view; /**< resolved */
    const fmi_camera *camera;
    const fm_plan *plan;
    const fm_problem *problem; /**< the one the plan was made for */
    const float *t;
    uint32_t n;
    cl_mem target; /**< the caller's buffer instead of host memory; NULL = host memory */
    uint64_t target_offset;
} fmi_render_job;

/** Frames of one batch in host memory, valid until end_batch. */
typedef struct fmi_batch {
    const uint8_t *pixels;         /**< frames x height x width x channels; NULL with a target */
    const fm_frame_counts *counts; /**< one a frame */
} fmi_batch;

typedef struct fmi_renderer {
    const char *name;
    /** Uploads a pair. filled: background texels replaced. */
    fm_status (*create)(void **state, const fmi_renderer_source *source, uint64_t *filled,
                        fm_error *err);
    /** Makes buffers and kernels fit the job. */
    fm_status (*begin)(void *state, const fmi_render_job *job, fm_error *err);
    /** Begins frames [first, first + frames) of the job. Waits for nothing that it need not. */
    fm_status (*submit)(void *state, uint32_t first, uint32_t frames, fm_error *err);
    /** Waits for the oldest batch that was submitted and gives the host access. */
    fm_status (*collect)(void *state, fmi_batch *batch, fm_error *err);
    /** Ends that batch. */
    fm_status (*end_batch)(void *state, fm_error *err);
    /** After a failure: ends everything that was submitted, whatever came of it. */
    void (*drop)(void *state);
    /** Destroys; sets *state to NULL. Accepts NULL and half-built ones. */
    void (*destroy)(void **state);
} fmi_renderer;

extern const fmi_renderer fmi_renderer_opencl;
extern const fmi_renderer fmi_renderer_ref;

/** Timer slots of the queue, one per stage of fm_render_report. */
enum { FMI_STAGE_VERTEX, FMI_STAGE_BIN, FMI_STAGE_RASTER, FMI_STAGE_READ };

#endif
