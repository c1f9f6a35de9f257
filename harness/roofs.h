/* SPDX-License-Identifier: MIT */
/**
 * @file roofs.h
 * What this device can do at most, measured in the same run as the cells: arithmetic, bandwidth in
 * and out of the caches, transfers, the cost of a launch. A rate above its roof is a mistake, and
 * a share of the roof says how far a stage is from the limit.
 */
#ifndef FMI_ROOFS_H
#define FMI_ROOFS_H

#include "case.h"

#include "io/json.h"

#define FMI_ROOFS_MAX 16

/** One measured limit. Plain data: it travels through pipes. */
typedef struct fmi_roof {
    char name[24];  /**< for example "fma_fp32", "triad_cache" */
    char unit[12];  /**< "flop/s", "B/s", "s" */
    double value;   /**< the best of the samples: a limit, not a typical value */
    double median;  /**< of the samples */
    uint32_t n;     /**< samples */
    char note[100]; /**< sizes, or why there is no value */
} fmi_roof;

/** Zeroed = none. */
typedef struct fmi_roofs {
    uint32_t count;
    fmi_roof roof[FMI_ROOFS_MAX];
} fmi_roofs;

/**
 * Measures all of them on the device of params (1 to 4 s; quick: half of that). What a device does
 * not have (fp64, fp16) has no value and a note.
 */
fm_status fmi_roofs_measure(fmi_roofs *roofs, const fmi_case_params *params, bool quick,
                            fm_error *err);
/** Value by name; NAN when not measured. */
double fmi_roofs_value(const fmi_roofs *roofs, const char *name);

/** How near a launch is to the roofs. */
typedef struct fmi_roof_share {
    double fraction;  /**< least time the roofs allow over the measured one; NAN = no formula */
    bool impossible;  /**< faster than 1.05 x what the device can do: the number is wrong */
    const char *roof; /**< the roof that limits it: a name, or "" */
} fmi_roof_share;

/** Judges a launch of that many bytes and flops (0 = not known); cold: no cache held the bytes.
 *  Pure. */
fmi_roof_share fmi_roofs_judge(const fmi_roofs *roofs, double bytes, double flops,
                               fmi_precision precision, bool cold, double seconds);

/** One object under key. */
void fmi_roofs_json(const fmi_roofs *roofs, fmi_json *json, const char *key);

#endif
