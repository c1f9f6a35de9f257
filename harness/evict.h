/* SPDX-License-Identifier: MIT */
/**
 * @file evict.h
 * Cold caches: between two launches, untimed, something else is read on the device, twice as much
 * as its largest cache holds (64 MiB at least), and on the host as well where that is another
 * memory. What a launch then finds in the caches is not what the one before it used.
 *
 *     fmi_evict *evict = NULL;
 *     fmi_evict_arrange(&evict, &params, &bench, &err);
 *     fmi_bench_sides(sides, count, &bench, seed, &err);
 *     fmi_evict_destroy(&evict);
 *
 * It has an engine of its own, so its bytes are in no cell's memory figures. The alternative, to
 * rotate among sets of inputs larger than the caches, would need dozens of copies of the small ones
 * and change the memory that a cell plans and is measured by.
 */
#ifndef FMI_EVICT_H
#define FMI_EVICT_H

#include "bench.h"
#include "case.h"

#define FMI_EVICT_LAUNCHES \
    4 /**< of a sample: emptying the caches takes longer than most launches */

typedef struct fmi_evict fmi_evict;

/** Bytes to read so that nothing else stays in a cache of that size. Pure. */
uint64_t fmi_evict_bytes(uint64_t cache_bytes, uint64_t max_alloc_bytes);
/** Makes bench time cold launches where params want them; else *evict = NULL and nothing changes.
 */
fm_status fmi_evict_arrange(fmi_evict **evict, const fmi_case_params *params,
                            fmi_bench_params *bench, fm_error *err);
/** For the device of params. @retval FM_ERROR_UNSUPPORTED the reference device has no caches */
fm_status fmi_evict_create(fmi_evict **evict, const fmi_case_params *params, fm_error *err);
/** Reads. state: a fmi_evict. An fmi_bench_fn. */
fm_status fmi_evict_run(void *state, fm_error *err);
/** Accepts a pointer to NULL. */
void fmi_evict_destroy(fmi_evict **evict);

#endif
