/* SPDX-License-Identifier: MIT */
/**
 * @file opencl.h
 * Working together with OpenCL code of your own: an engine on your context, your buffers as
 * outputs. The only public header that includes OpenCL's; fm.h leaves it out.
 *
 *     fm_engine_from_cl(&engine, context, device, NULL, &err);
 *     fm_pair_create(&pair, engine, &a, &b, NULL, &err);
 *     fm_render_to_cl(pair, t, 41, &view, my_pixels, 0, NULL, &err);   // stays on the device
 */
#ifndef FM_OPENCL_H
#define FM_OPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120 /**< unless you ask for another */
#endif
#include <CL/cl.h>

#include <fm/render.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Opens an engine on the caller's context. The context is retained until the engine is destroyed;
 * the engine makes an in-order queue of its own, and every call that returns results has waited
 * for them, so other queues may use the results at once.
 *
 * @param device  one of the context's devices
 * @param params  as for fm_engine_create; params->device is ignored. May be NULL
 * @retval FM_ERROR_INVALID_ARGUMENT the device is not one of the context's
 */
FM_API fm_status fm_engine_from_cl(fm_engine **engine, cl_context context, cl_device_id device,
                                   const fm_engine_params *params, fm_error *err);

/** The engine's context, borrowed; NULL for the reference. */
FM_API cl_context fm_engine_cl_context(const fm_engine *engine);
/** The engine's queue, likewise. */
FM_API cl_command_queue fm_engine_cl_queue(const fm_engine *engine);

/**
 * As fm_render, but the pixels go to the caller's buffer and nothing comes to the host but a few
 * counters a frame. Frame i of n begins at byte offset + i x height x width x channels; rows are
 * packed, top row first. When the call returns, the pixels are there.
 *
 * @param pixels  a buffer of the engine's context, writable, of at least offset + n frames
 * @param report  may be NULL
 * @retval FM_ERROR_INVALID_ARGUMENT the buffer is too small, or the engine is the reference
 */
FM_API fm_status fm_render_to_cl(fm_pair *pair, const float *t, uint32_t n, const fm_view *view,
                                 cl_mem pixels, uint64_t offset, fm_render_report *report,
                                 fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
