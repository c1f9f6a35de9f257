/* SPDX-License-Identifier: MIT */
/**
 * @file blend.h
 * Blends of many targets: out[f] = base + sum over k of weights[f][k] * (target[k] - base), for
 * many frames f at once, as one matrix product. A "shape" is any list of floats.
 *
 *     fm_blend_params p = {.struct_size = sizeof p, .values = 3 * vertices, .targets = 50};
 *     fm_blend *blend = NULL;
 *     fm_blend_create(&blend, engine, &p, base, deltas, &err);          // uploads once
 *     fm_blend_job job = {.struct_size = sizeof job, .frames = 41};
 *     fm_blend_run(blend, &job, weights, out, &err);                    // 41 x 50 in, 41 x values
 *     fm_blend_destroy(&blend);
 *
 * To see the shapes rendered, use fm/shapes.h.
 *
 * Two ways lead to a result. Our own kernel takes each value as one chain of fused multiply-adds
 * from the base through the targets in order: its bytes are the same for any number of frames,
 * any device and every rerun. From FM_BLEND_LEAST_GEMM targets on, CLBlast's matrix product may be
 * faster: where its module (fm_blend_clblast.so) can be opened, both are timed when a blend of a
 * new size class is created, and the faster one is remembered in the engine's cache folder for the
 * device, its driver and CLBlast's version; a damaged memory is measured anew. CLBlast always works
 * on blocks of 64 frames, so its bytes do not depend on the number of frames either. Without a
 * cache folder and with FM_BLEND_AUTO our own kernel is used: a choice that is not remembered could
 * change between two runs.
 *
 * Error of either way: at most (targets + 2) x 2^-24 x (|base| + sum of |weight x delta|).
 *
 * Threads: as the engine; callbacks: none.
 */
#ifndef FM_BLEND_H
#define FM_BLEND_H

#include <fm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_BLEND_MAX_TARGETS 4096 /**< most targets of a blend */
#define FM_BLEND_LEAST_GEMM 8     /**< fewer targets never go to CLBlast */

/** Opaque: base and targets on the device. Same thread rule as its engine. */
typedef struct fm_blend fm_blend;

/** Who multiplies. */
typedef enum fm_blend_path {
    FM_BLEND_AUTO = 0, /**< the faster one, measured once */
    FM_BLEND_OWN,      /**< our kernel */
    FM_BLEND_CLBLAST   /**< CLBlast; FM_ERROR_UNSUPPORTED where its module is absent */
} fm_blend_path;

/**
 * Where element (row, column) of a matrix lies, counted in floats: offset + row * lead + column,
 * with columns = true offset + column * lead + row. Zeroed = rows, packed.
 */
typedef struct fm_blend_matrix {
    bool columns;
    uint64_t lead; /**< 0 = packed; at least the length of a row (columns: of a column) */
    uint64_t offset;
} fm_blend_matrix;

/** NULL or zero in any field but values and targets is the default. */
typedef struct fm_blend_params {
    size_t struct_size;     /**< sizeof(fm_blend_params) */
    uint32_t values;        /**< floats of a shape, 1 to 2^29 */
    uint32_t targets;       /**< 1 to FM_BLEND_MAX_TARGETS */
    fm_blend_matrix layout; /**< of the targets: targets x values */
    bool absolute; /**< true: targets are shapes, the base is taken off (in float); default: they
                        are differences to the base */
    bool half;     /**< true: differences are kept as 16-bit floats (11 significant bits, at most
                      65504):     half the memory, error 2^-11 of each difference; our own kernel only,
                      since     CLBlast would also add in 16 bits. Needs no support of the device */
    fm_blend_path path;
    bool no_measurement; /**< with FM_BLEND_AUTO: use what is remembered, else our own kernel, and
                            remember nothing: creation then never waits for CLBlast to compile */
} fm_blend_params;

/** What a blend came to. */
typedef struct fm_blend_info {
    uint32_t values, targets;
    fm_blend_path path; /**< OWN or CLBLAST */
    bool measured;      /**< this creation timed both ways; false: remembered, or no choice */
    double own_seconds; /**< of the measurement, 64 frames; 0 = none was needed */
    double clblast_seconds;
    bool clblast_half; /**< CLBlast was asked and can multiply 16-bit floats here; asked only with
                            half on a device with fm_caps.fp16, and only told: see
                            fm_blend_params.half */
    char clblast[32];  /**< version of CLBlast; "" = module absent */
    uint64_t device_bytes; /**< buffers of this blend, without weights */
} fm_blend_info;

/** One product. Zero in any field but frames is the default. */
typedef struct fm_blend_job {
    size_t struct_size;      /**< sizeof(fm_blend_job) */
    uint32_t frames;         /**< >= 1; frames x targets below 2^31 */
    fm_blend_matrix weights; /**< frames x targets */
    fm_blend_matrix out;     /**< frames x values */
    bool weights_buffer;     /**< weights is a cl_mem of the engine's context, not a host array */
    bool out_buffer;         /**< out likewise */
} fm_blend_job;

/**
 * Uploads a base and its targets; may take seconds when CLBlast is measured for the first time on
 * a device (it compiles its kernels).
 * @param base    values floats, borrowed for the call
 * @param targets matrix of params->layout, borrowed for the call
 * @retval FM_ERROR_INVALID_ARGUMENT a value out of range; the message names it
 * @retval FM_ERROR_UNSUPPORTED      FM_BLEND_CLBLAST without its module, or with half
 * @retval FM_ERROR_LIMIT            the shapes do not fit one buffer of the device
 */
FM_API fm_status fm_blend_create(fm_blend **blend, fm_engine *engine, const fm_blend_params *params,
                                 const float *base, const float *targets, fm_error *err);
/** Destroys; sets *blend to NULL. Accepts NULL. */
FM_API void fm_blend_destroy(fm_blend **blend);

/** Which way the blend goes, and how that was chosen. */
FM_API fm_status fm_blend_info_get(const fm_blend *blend, fm_blend_info *info);

/**
 * Multiplies and waits. One upload of the weights (with a buffer: of ones), one launch (own kernel,
 * rows into a buffer); host results come down in pieces of 64 frames. Weights that are not finite
 * give what arithmetic gives.
 * @param weights frames x targets, borrowed for the call
 * @param out     frames x values; the gaps of a lead are left alone; must not overlap weights
 * @retval FM_ERROR_INVALID_ARGUMENT a value out of range, or a buffer that is too small
 */
FM_API fm_status fm_blend_run(fm_blend *blend, const fm_blend_job *job, const void *weights,
                              void *out, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
