/* SPDX-License-Identifier: MIT */
/**
 * @file engine.h
 * The engine: one device, its kernels, its counters. Start here.
 *
 * Threads: an engine and everything made from it belong to one thread at a time; different
 * engines run in parallel. Callbacks come on the calling thread.
 */
#ifndef FM_ENGINE_H
#define FM_ENGINE_H

#include <signal.h>

#include <fm/device.h>
#include <fm/log.h>
#include <fm/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque. Create with fm_engine_create, destroy with fm_engine_destroy. */
typedef struct fm_engine fm_engine;

/** NULL or zero in any field is the default. The struct lives only during the call. */
typedef struct fm_engine_params {
    size_t struct_size; /**< sizeof(fm_engine_params) */
    const char *device; /**< index, stable id, part of a name, "cpu", "gpu", "auto" (default);
                             "ref" = the double-precision reference, no OpenCL, slow */
    fm_level level;     /**< default medium */
    fm_specialisation specialisation; /**< default by device */
    fm_log log;                       /**< default: silent */
    const char *cache_dir;            /**< folder of the kernel binary cache; NULL = no cache */
    const char *kernel_dir; /**< folder whose .cl files replace the embedded ones; NULL = none */
    bool profile;           /**< profiling queue: device times per stage, slower on some drivers */
    uint64_t mem_limit_bytes; /**< caps the memory budget; 0 = none */
    uint64_t keep_free_bytes; /**< of the memory that is free, this much stays so: for others, or
                                   for a display; 0 = what fm_memory_budget leaves */
    const volatile sig_atomic_t *cancel; /**< polled between launches; non-zero = stop; borrowed,
                                              must outlive the engine */
    const fm_tuning *tuning; /**< used as it is, all zero = untuned; NULL = the one that `fmbench
                                  tune` left in cache_dir, if it is of this device, driver, version
                                  and these kernels (not with kernel_dir). With "auto" the device
                                  with the best measured rate wins where two or more have one */
} fm_engine_params;

/** Counted since fm_engine_create. One transfer = one write, read, map or copying creation. */
typedef struct fm_stats {
    uint64_t to_device_count, to_device_bytes;
    uint64_t ahead_to_device_count, ahead_to_device_bytes; /**< part of them for a pair that was not
                                                               rendered yet (fm/ahead.h) */
    uint64_t from_device_count, from_device_bytes;
    uint64_t loop_to_device_bytes; /**< part of to_device_bytes inside fm_render's frame loop */
    uint64_t launches;
    uint64_t builds, cache_hits;     /**< programs compiled, programs loaded from the cache */
    uint64_t live_bytes, peak_bytes; /**< device buffers alive now, at most */
    uint64_t list_regrows;           /**< bin lists that were too small and were run again */
    uint64_t recoveries;             /**< times memory ran out and a smaller batch followed */
    uint64_t fallbacks;      /**< matrices that the pseudo-inverse answered: of keypoints, and of
                                  solves that were asked for their statistics */
    uint64_t clipped_pixels; /**< of renders: a channel was above 1 before clamping */
    uint64_t rejected_triangles; /**< of renders: across the near plane or out of the guard band */
    double build_seconds;
    double first_launch_seconds; /**< from process start to the first launch; 0 = none yet */
} fm_stats;

/**
 * Opens a device. Kernels are built when first needed.
 * @retval FM_ERROR_NO_DEVICE   nothing fits params->device; the message lists what there is
 * @retval FM_ERROR_UNSUPPORTED the device has no compiler
 */
FM_API fm_status fm_engine_create(fm_engine **engine, const fm_engine_params *params,
                                  fm_error *err);
/** Destroys; sets *engine to NULL. Accepts NULL. Destroy pairs and morphs first. */
FM_API void fm_engine_destroy(fm_engine **engine);

/**
 * Opens the device anew after FM_ERROR_DEVICE_LOST, with the same settings; the counters go on.
 * Destroy every pair and other object of the engine first: their buffers went with the old
 * context. Does nothing to the reference.
 * @retval FM_ERROR_NO_DEVICE  the device is gone for good
 * @retval FM_ERROR_UNSUPPORTED the engine came from fm_engine_from_cl: its context is the caller's
 */
FM_API fm_status fm_engine_reset(fm_engine *engine, fm_error *err);

/** Facts about the engine's device; valid while the engine lives. */
FM_API const fm_caps *fm_engine_caps(const fm_engine *engine);
/** The counters so far. */
FM_API fm_status fm_engine_stats(const fm_engine *engine, fm_stats *stats);
/** Library version, for example "0.1.0". */
FM_API const char *fm_version(void);

#ifdef __cplusplus
}
#endif
#endif
