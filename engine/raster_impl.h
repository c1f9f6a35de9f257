/* SPDX-License-Identifier: MIT */
/**
 * @file raster_impl.h
 * The state of the OpenCL renderer, and the table of its two pipelines: raster.c owns buffers,
 * batches and transfers, raster_cpu.c and raster_gpu.c know kernels and their order.
 */
#ifndef FMI_RASTER_IMPL_H
#define FMI_RASTER_IMPL_H

#include "arena.h"
#include "pair_texture.h"
#include "plan_bytes.h"
#include "raster_program.h"
#include "renderer.h"

/** What comes out of one batch in flight, and where it is. */
typedef struct fmi_slot {
    fmi_buffer *counts, *sums; /* into the arena; sums: NULL without fm_view.check */
    fmi_buffer pixels;
    void *mapped_pixels, *mapped_counts, *mapped_sums;
    uint32_t first, frames; /* of the job */
    fmi_mark ready[3];      /* with others in flight: counts, pixels, sums are mapped */
    fmi_mark given_back[3]; /* likewise: unmapped */
} fmi_slot;

/** What goes up once per pair, in this order. */
enum { FMI_INPUT_TEXELS, FMI_INPUT_GEOMETRY, FMI_INPUT_TRIANGLES, FMI_INPUTS };

typedef struct fmi_raster {
    fm_engine *engine;
    const fmi_joined *joined;
    const fmi_vertex_source *vertices; /* NULL: the morph of two shapes */
    fmi_texture_layout texture;        /* mips == 0: untextured */
    fmi_buffer geometry, triangles, texels;
    fmi_buffer scene, weights;
    fmi_buffer scenes; /* one a strip; with strips only */
    fmi_raster_program program;
    fmi_arena arena;
    fmi_buffer *part[FMI_PARTS]; /* into arena; NULL: this plan does without */
    fmi_slot slots[FM_IN_FLIGHT_MAX];
    fmi_slot *slot;           /* the one that is worked on */
    uint32_t head, flying;    /* the oldest batch that was submitted; how many were */
    void *staged[FMI_INPUTS]; /* on the host, until they lie on the device (raster_stage.c) */
    fmi_mark sent[FMI_INPUTS];
    uint32_t padded;
    uint32_t *place;        /* of each joint vertex on the device; NULL = in the joint order */
    bool half;              /* geometry in 16-bit floats */
    float position_scale;   /* what stored positions are to be multiplied by */
    fm_plan plan;           /* of the current render */
    uint32_t strip_height;  /* likewise, in rows */
    uint32_t tiles_y;       /* of the current strip */
    uint8_t *frame;         /* strips put together on the host */
    uint64_t frame_room;    /* bytes */
    fm_frame_counts counts; /* of all strips of the frame */
    cl_mem target;          /* of the job */
    uint64_t target_offset;
    fm_problem problem; /* likewise */
} fmi_raster;

/** Works on a slot from now on: part has its counts and sums. */
fmi_slot *fmi_raster_slot(fmi_raster *r, uint32_t i);
/** Buffers of every batch in flight, of exactly the planned sizes. */
fm_status fmi_raster_buffers(fmi_raster *r, fm_error *err);
/** Renderer table: the life of a batch. */
fm_status fmi_raster_submit(void *state, uint32_t first, uint32_t frames, fm_error *err);
fm_status fmi_raster_collect(void *state, fmi_batch *batch, fm_error *err);
fm_status fmi_raster_end_batch(void *state, fm_error *err);
void fmi_raster_drop(void *state);

/** Gives back the buffers of batches; the next render makes them again. */
void fmi_raster_idle(fmi_raster *r);

/** The state without anything on a device. */
fm_status fmi_raster_new(fmi_raster **r, const fmi_renderer_source *source, fm_error *err);
/** What goes up once per pair. filled: background texels replaced. */
fm_status fmi_raster_upload(fmi_raster *r, const fmi_renderer_source *source, uint64_t *filled,
                            fm_error *err);
/** Its parts: first where everything lies, then for each input its buffer and what it holds. */
fm_status fmi_raster_lay_out(fmi_raster *r, const fmi_renderer_source *source, fm_error *err);
fmi_buffer *fmi_raster_input(fmi_raster *r, int input);
uint64_t fmi_raster_input_bytes(const fmi_raster *r, int input);
/** True for one that holds nothing: the texels of an untextured pair. */
bool fmi_raster_input_is_empty(const fmi_raster *r, int input);
fm_status fmi_raster_input_make(fmi_raster *r, int input, fm_error *err);
fm_status fmi_raster_fill(fmi_raster *r, const fmi_renderer_source *source, int input, void *out,
                          uint64_t *filled, fm_error *err);

/** A state whose inputs lie on the host: no OpenCL call, so any thread may do it. The functions
 * below are for such states alone. */
fm_status fmi_raster_stage(void **state, const fmi_renderer_source *source, uint64_t *filled,
                           fm_error *err);
/** Bytes of its buffers on the device. */
uint64_t fmi_raster_staged_bytes(const void *state);
/** Makes the buffers and begins to send the inputs, beside the queue. After a failure they are on
 * the host only, as before. */
fm_status fmi_raster_send(void *state, fm_error *err);
/** Whether all that was sent has arrived, or has failed; waits for nothing. */
bool fmi_raster_arrived(void *state);
/** Waits for what was sent. After a failure as fmi_raster_send. */
fm_status fmi_raster_receive(void *state, fm_error *err);
/** Takes back what was sent: its buffers go, the inputs are on the host still. */
void fmi_raster_recall(void *state);
/** Sends the inputs and waits: the way that always works. */
fm_status fmi_raster_send_now(void *state, fm_error *err);
/** The inputs on the host are no longer needed. */
void fmi_raster_unstage(fmi_raster *r);

/** The launches of one specialisation. */
typedef struct fmi_pipeline {
    fmi_raster_source source;
    uint32_t sum_kernel; /**< fm_probe_sum in the list of kernels */
    /** Enqueues all steps of frames [first, first + frames); counters and pixels follow. */
    fm_status (*run)(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err);
} fmi_pipeline;

/**
 * Lets the vertex source, if there is one, make the shapes of a batch.
 * @param source out: what the vertex kernel takes them from: the shapes, or the render's weights
 */
fm_status fmi_raster_shapes(fmi_raster *r, uint32_t first, uint32_t frames, cl_mem *source,
                            fm_error *err);

/** Enqueues the sums of the first pixel_bytes pixels and of the counts of `frames`. */
fm_status fmi_raster_sum(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err);
/** Bytes of these sums. */
uint64_t fmi_raster_sum_bytes(uint32_t frames, uint64_t pixel_bytes);
/** Compares them with the sums of what is mapped; fmi_raster_unmap gives them back.
 * @retval FM_ERROR_NUMERIC they differ */
fm_status fmi_raster_check(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err);

/** Rows of the picture before a strip. */
uint32_t fmi_strip_row(const fm_plan *plan, uint32_t strip);
/** Rows of a strip of a picture of that height. */
uint32_t fmi_strip_height(const fm_plan *plan, uint32_t height, uint32_t strip);

/** Renders a frame strip by strip into r->frame (raster_strips.c). */
fm_status fmi_raster_strips(fmi_raster *r, uint32_t frame, fmi_batch *batch, fm_error *err);
/** All steps of a batch with lists that are long enough, waited for; counters mapped. */
fm_status fmi_raster_whole(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err);
/** Gives back what is mapped. */
fm_status fmi_raster_unmap(fmi_raster *r, fm_error *err);
/** True when the device is to sum up pixels that come to the host. */
bool fmi_raster_checked(const fmi_raster *r);
uint64_t fmi_raster_frame_bytes(const fmi_raster *r);

extern const fmi_pipeline fmi_pipeline_cpu;
extern const fmi_pipeline fmi_pipeline_gpu;
const fmi_pipeline *fmi_pipeline_of(const fm_plan *plan);
/** What the kernels of a render are compiled for. view: resolved. Of r only what it renders counts.
 */
fmi_variant fmi_raster_variant(const fmi_raster *r, const fm_plan *plan, const fm_view *view);

/** One launch: number in the pipeline's list of kernels, arguments, range. */
typedef struct fmi_step {
    uint32_t kernel;
    const fmi_arg *args;
    uint32_t arg_count;
    size_t items[3]; /**< 0 = 1 */
    size_t group;    /**< work-items in a group; items[0] is rounded up to it */
    uint32_t timer;
} fmi_step;
fm_status fmi_raster_step(fmi_raster *r, const fmi_step *step, fm_error *err);

#endif
