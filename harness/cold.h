/* SPDX-License-Identifier: MIT */
/**
 * @file cold.h
 * What the first run costs: rows of their own, never mixed with warm numbers. Measured in two fresh
 * processes with one empty folder for all kernel caches: the first compiles, the second loads.
 */
#ifndef FMI_COLD_H
#define FMI_COLD_H

#include "case.h"

#define FMI_COLD_STAGES 12

/** One stage. Plain data. */
typedef struct fmi_cold_stage {
    char name[28];  /**< "platform", "context", "build, no cache", "first launch, cached", ... */
    double seconds; /**< NAN = not measured */
    char note[100];
} fmi_cold_stage;

/** Zeroed = none. */
typedef struct fmi_cold {
    uint32_t count;
    fmi_cold_stage stage[FMI_COLD_STAGES];
} fmi_cold;

/**
 * Measures the stages of this process; it must not have touched OpenCL yet.
 * @param cache_dir folder of all kernel caches (ours and PoCL's); empty = a start without cache
 * @param cached    names the stages: true for the second process
 */
fm_status fmi_cold_measure(fmi_cold *cold, const fmi_case_params *params, const char *cache_dir,
                           bool cached, fm_error *err);

#endif
