/* SPDX-License-Identifier: MIT */
/**
 * @file memory.h
 * How much device memory may be used, and who says so.
 *
 * OpenCL reports a device's total memory and nothing about what is free, so the answer is put
 * together from every source there is: the driver's own figures, the vendor's management library
 * (loaded at run time, none is needed), the system's files, and what this engine holds already.
 * Each figure keeps the name of its source.
 *
 *     fm_memory memory;
 *     fm_memory_query(engine, &memory, &err);
 *     printf("%llu bytes by %s\n", (unsigned long long)memory.budget_bytes, memory.source);
 */
#ifndef FM_MEMORY_H
#define FM_MEMORY_H

#include <fm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How far the figure of free memory can be trusted. */
typedef enum fm_trust {
    FM_TRUST_TOTAL = 0, /**< nobody says what is free: 80 % of the total is assumed */
    FM_TRUST_LEARNED,   /**< no more than what this device and driver gave out before it failed */
    FM_TRUST_REPORTED   /**< the vendor's library or the operating system says so now */
} fm_trust;

/** One source's answer. */
typedef struct fm_memory_source {
    char name[16];        /**< "device", "nvml", "amd", "amdgpu", "level-zero", "i915", "meminfo",
                               "cgroup", "rlimit", "hwloc", "learned" */
    uint64_t total_bytes; /**< 0 = does not say */
    uint64_t free_bytes;  /**< 0 = does not say */
    bool used;            /**< its figure became free_bytes of the answer */
    char note[96];        /**< what it is, or why it does not count */
} fm_memory_source;

#define FM_MEMORY_SOURCES 12 /**< most sources of an answer */

/** Everything known about the memory of one device. Plain data. */
typedef struct fm_memory {
    uint64_t total_bytes;   /**< T: CL_DEVICE_GLOBAL_MEM_SIZE */
    uint64_t single_bytes;  /**< S: largest single buffer, at most T */
    uint64_t free_bytes;    /**< F: from `source`; 0 with FM_TRUST_TOTAL */
    uint64_t ledger_bytes;  /**< L: buffers of this engine, alive now */
    uint64_t counted_bytes; /**< what the level's fraction is taken of */
    uint64_t reserve_bytes; /**< left alone for the driver, the display, the system */
    uint64_t limit_bytes;   /**< the caller's cap (mem_limit); 0 = none */
    uint64_t budget_bytes;  /**< all buffers of the engine together should stay below */
    double fraction;        /**< of the level */
    fm_trust trust;
    char source[16];   /**< name of the source that decided */
    char warning[160]; /**< sources that disagree by more than 10 %; "" = none */
    uint32_t source_count;
    fm_memory_source sources[FM_MEMORY_SOURCES];
} fm_memory;

/**
 * Asks every source about the engine's device and chooses a budget for the engine's level.
 * Takes below a millisecond but for the first call on a device with a management library.
 */
FM_API fm_status fm_memory_query(const fm_engine *engine, fm_memory *memory, fm_error *err);

/**
 * The choice alone, a pure function of the sources in *memory (sources, source_count and
 * ledger_bytes are read, the rest is written):
 *
 * - F is the least free figure of the sources that say one and are sane (0 < F <= 1.02 T). For
 *   devices that share the host's memory it is halved, because buffers have copies there.
 * - budget = fraction x (F + L) - reserve when F is known. L is added since F no longer holds it.
 *   Without F: fraction x 0.8 T - reserve. fraction: low 0.50, medium 0.75, high 0.85, extreme
 * 0.95.
 * - reserve = max(256 MiB, 3 % of T) on devices with memory of their own, 512 MiB otherwise, a
 *   quarter of what is free at most.
 * - A "learned" source caps the budget at its free figure: what this device and driver could hold
 *   after it had run out of memory. fm_render remembers it in the engine's cache folder and raises
 *   it by 2 % with every render that stays whole.
 * - caps->keep_free_bytes: F less that (0.8 T less that without F), and L, cap the budget.
 * - mem_limit_bytes caps the budget; 0 = no cap.
 *
 * @param caps  the device; recorded ones do
 */
FM_API fm_status fm_memory_budget(const fm_caps *caps, fm_level level, uint64_t mem_limit_bytes,
                                  fm_memory *memory, fm_error *err);

/** "total", "learned", "reported". */
FM_API const char *fm_trust_name(fm_trust trust);

#ifdef __cplusplus
}
#endif
#endif
