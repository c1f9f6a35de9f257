/* SPDX-License-Identifier: MIT */
/**
 * @file ahead.h
 * The next pair while one is rendered. Its host work (join, normals, textures with mips) is done by
 * another thread, and on a device with memory of its own its inputs go up by a second queue beside
 * the frames, into buffers of their own: then the next pair starts without a wait.
 *
 *     fm_pair_stage(&next, engine, &c, &d, &params, &err);   // any thread
 *     fm_pair_ahead(engine, next, &err);                     // the engine's; from a sink, too
 *     fm_render(pair, t, n, &view, sink, user, NULL, &err);  // next goes up beside this
 *     fm_pair_destroy(&pair);
 *     fm_pair_create_staged(&pair, &next, &err);
 *
 * When it goes up beside the frames: at the levels high and extreme, where host and device do not
 * share their memory (there everything is written in place and nothing is left to copy), and when
 * the planner finds room for it without a smaller batch (fm_plan.bytes_ahead). In any other case,
 * and when memory runs out on the way, it goes up in fm_pair_create_staged. The pair is the same to
 * the byte.
 */
#ifndef FM_AHEAD_H
#define FM_AHEAD_H

#include <fm/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque: a pair that lies on the host. Destroy it, or make a pair of it, before its engine goes.
 */
typedef struct fm_staged fm_staged;

/** Where the inputs of a staged pair are. */
typedef enum fm_staged_state {
    FM_STAGED_HOST = 0, /**< on the host, and may go up beside frames */
    FM_STAGED_GOING,    /**< on their way, beside frames */
    FM_STAGED_THERE,    /**< on the device */
    FM_STAGED_LATER     /**< on the host: there was no room, or it failed; they go up when the pair
                             is made */
} fm_staged_state;

/** Facts about a staged pair. */
typedef struct fm_staged_info {
    fm_staged_state state;
    uint64_t device_bytes;     /**< of its buffers on the device */
    uint32_t transfers;        /**< to the device, made beside frames; 0 = none */
    uint64_t sent_bytes;       /**< of them together */
    double began_s, arrived_s; /**< when they began and were seen to have arrived, seconds since
                                    process start; 0 = not yet */
} fm_staged_info;

/**
 * The host half of fm_pair_create. Makes no OpenCL call and reads only settings of the engine, so
 * any thread may call it while the engine's own renders. Takes host memory of device_bytes.
 * Meshes, images and params are borrowed for the call. What is to be logged is logged by
 * fm_pair_create_staged.
 * @retval FM_ERROR_UNSUPPORTED  the reference has no device to send anything to
 * Others as fm_pair_create.
 */
FM_API fm_status fm_pair_stage(fm_staged **staged, fm_engine *engine, const fm_mesh *a,
                               const fm_mesh *b, const fm_pair_params *params, fm_error *err);
/** Waits for what is on its way, destroys, sets *staged to NULL. Accepts NULL. */
FM_API void fm_staged_destroy(fm_staged **staged);
/** How far it is. Waits for nothing. */
FM_API fm_status fm_staged_info_get(const fm_staged *staged, fm_staged_info *info);

/**
 * Names the pair that comes next: from now on the engine's renders send it up. Borrowed until it is
 * destroyed, becomes a pair, or another is named; NULL = none.
 * @retval FM_ERROR_INVALID_ARGUMENT it was staged for another engine
 */
FM_API fm_status fm_pair_ahead(fm_engine *engine, fm_staged *staged, fm_error *err);

/**
 * Makes a pair of it: waits for what is still on its way, sends what never went. *staged is NULL
 * afterwards; after a failure it stays, and this may be tried again.
 */
FM_API fm_status fm_pair_create_staged(fm_pair **pair, fm_staged **staged, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
