/* SPDX-License-Identifier: MIT */
/**
 * @file device.h
 * What a device can do. In every number zero means "unsupported" or "not known".
 */
#ifndef FM_DEVICE_H
#define FM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fm/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** OpenCL's type of a device. */
typedef enum fm_device_type {
    FM_DEVICE_OTHER = 0,
    FM_DEVICE_CPU,
    FM_DEVICE_GPU,
    FM_DEVICE_ACCELERATOR
} fm_device_type;

/** Which of the two forms of the kernels runs. */
typedef enum fm_specialisation {
    FM_SPECIALISATION_AUTO = 0, /**< by device type and quirk table */
    FM_SPECIALISATION_CPU,      /**< one work-item per tile, explicit vector rows */
    FM_SPECIALISATION_GPU       /**< a work-group per tile, local atomics */
} fm_specialisation;

/**
 * What was measured to be best on a device (`fmbench tune`). Zero in a field = the default; all
 * zero = not tuned. Batches of a level are for pictures of 512 x 512; tile, group and batches hold
 * for renders of that specialisation, the first two for one sample a pixel. Pixels do not depend on
 * batch, tile and group.
 */
typedef struct fm_tuning {
    fm_specialisation specialisation; /**< CPU or GPU */
    uint32_t tile;                    /**< edge in pixels, a multiple of 16 up to 128 */
    uint32_t group;                   /**< gpu: work-items in a group */
    uint32_t sampled_tile;            /**< the tile with 4 samples a pixel; as tile */
    uint32_t morph_group;             /**< work-items in a group of fm_morph_run */
    uint32_t blend_group;             /**< gpu: of fm_blend_run; at most 256 */
    uint32_t solve_group; /**< gpu: of the solves; cpu: shares of their work a compute unit */
    bool morph_recorded;  /**< fm_morph_run replays a recorded launch; needs caps.command_buffer */
    uint32_t batch[4];    /**< frames of a render in one launch, by fm_level */
    bool half_arithmetic; /**< gpu: texels are blended in 16-bit floats; needs fm_caps.fp16 */
    double rate;          /**< frames/s that were measured; 0 = not known */
} fm_tuning;

/** Facts about one device, read once. Plain data, read-only after creation, shareable. */
typedef struct fm_caps {
    char id[48];       /**< stable id: "uuid:...", "pci:..." or "name:<16 hex digits>" */
    char pci[16];      /**< PCI address "0000:3b:00.0"; "" = not known */
    char name[128];    /**< CL_DEVICE_NAME */
    char vendor[64];   /**< CL_DEVICE_VENDOR */
    char platform[64]; /**< CL_PLATFORM_NAME */
    char driver[64];   /**< CL_DRIVER_VERSION */
    char version[96];  /**< CL_DEVICE_VERSION */
    fm_device_type type;
    uint32_t index; /**< position in fm_devices */
    uint32_t compute_units;
    uint32_t clock_mhz;
    uint32_t max_group_size;      /**< work-items in a group */
    uint32_t base_align_bytes;    /**< alignment of sub-buffers */
    uint32_t max_loop;            /**< loop iterations a work-item may run; 0 = no known limit */
    uint32_t timer_resolution_ns; /**< of event profiling; 0 = no usable event clock */
    uint64_t global_bytes;        /**< CL_DEVICE_GLOBAL_MEM_SIZE: total, not free */
    uint64_t max_alloc_bytes;     /**< largest single buffer */
    uint64_t local_bytes;         /**< local memory of a group */
    bool compiler;                /**< can build from source */
    bool unified_memory;          /**< host and device share memory: maps need no copy */
    bool fp64, fp16, images;      /**< optional features */
    bool profiling;               /**< profiling queues can be made */
    bool no_hints;                /**< quirk: prefetches and streaming stores break the compiler */
    uint32_t command_buffer;      /**< version of cl_khr_command_buffer as OpenCL packs it */
    fm_specialisation preferred;  /**< CPU or GPU, never AUTO */
    fm_tuning tuned;              /**< of engines: see fm_engine_params.tuning */
    uint64_t keep_free_bytes;     /**< of engines: see fm_engine_params.keep_free_bytes */
} fm_caps;

/**
 * Lists every usable device of every platform, in platform order. A platform without devices is
 * normal and skipped; no platform at all gives *count = 0 and FM_OK.
 *
 * @param caps   out, owned by the caller: free with fm_devices_free
 * @param count  out, number of entries
 */
FM_API fm_status fm_devices(fm_caps **caps, size_t *count, fm_error *err);
FM_API void fm_devices_free(fm_caps **caps); /**< sets *caps to NULL, accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
