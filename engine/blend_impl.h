/* SPDX-License-Identifier: MIT */
/**
 * @file blend_impl.h
 * What a blend is made of. blend.c owns its life, blend_run.c the products, blend_choose.c decides
 * between our kernel and CLBlast; shapes.c renders what comes out.
 */
#ifndef FMI_BLEND_IMPL_H
#define FMI_BLEND_IMPL_H

#include "engine_impl.h"

#include <fm/blend.h>

#include "gemm.h"

#define FMI_BLEND_PANEL 32 /**< FMK_PANEL of blend_panel.cl */
#define FMI_BLEND_FRAMES 6 /**< FMK_FRAMES of blend.cl */
#define FMI_BLEND_RUN 8    /**< FMK_RUN of blend.cl */
#define FMI_BLEND_CHUNK 64 /**< frames of a piece, and of every product by CLBlast */
#define FMI_BLEND_TIMER 0  /**< slot of the queue's timers: the vertex stage */

struct fm_blend {
    fm_engine *engine;
    fm_blend_info info;
    bool half;
    fmi_buffer shapes;  /* panels; with CLBlast rows of fmi_blend_width floats */
    fmi_buffer weights; /* targets + 1 rows of pitch floats: ones, then each target's */
    uint32_t pitch;
    fmi_buffer chunk; /* FMI_BLEND_CHUNK frames of values floats; made when first needed */
    uint32_t at_once; /* frames of a chunk of our kernel: fewer when memory ran out */
    cl_program program;
    cl_kernel rows, copy;
    const fmi_gemm *gemm;
    float *plain; /* reference engine: base and differences; else NULL */
};

/** Values rounded up to whole panels. */
uint32_t fmi_blend_width(uint32_t values);
/** Bytes of base and targets on the device. */
uint64_t fmi_blend_shape_bytes(uint32_t values, uint32_t targets, bool half);
/** Floats from row to row of the weights of so many frames: room to read whole vectors. */
uint32_t fmi_blend_pitch(uint32_t frames);

/** Uploads the weights of frames frames (host array), for fmi_blend_rows and blend_shapes.cl. */
fm_status fmi_blend_set_weights(fm_blend *blend, const float *weights,
                                const fm_blend_matrix *layout, uint32_t frames, fm_error *err);
/**
 * Enqueues frames [first, first + frames) of the weights that were set, into out: frame f starts
 * at float offset + f * lead.
 */
fm_status fmi_blend_rows(fm_blend *blend, uint32_t first, uint32_t frames, cl_mem out,
                         uint64_t offset, uint64_t lead, fm_error *err);

/** Fills in path, measured, times and versions of blend->info. */
fm_status fmi_blend_choose(fm_blend *blend, const fm_blend_params *params, fm_error *err);
/** The rest of a blend whose path is known: program, kernels, buffer of the shapes. */
fm_status fmi_blend_prepare(fm_blend *blend, const fm_blend_params *params, const float *base,
                            const float *targets, fm_error *err);

#endif
