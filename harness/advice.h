/* SPDX-License-Identifier: MIT */
/** @file advice.h What a curve of times over batches says: fixed cost, cost of a unit, which batch.
 */
#ifndef FMI_ADVICE_H
#define FMI_ADVICE_H

#include <stdint.h>

/** One measured batch. */
typedef struct fmi_advice_point {
    uint32_t batch;
    double seconds;  /**< of a launch, median */
    double rate, hi; /**< units a second, and the upper end of its interval */
} fmi_advice_point;

/** t(b) = alpha + beta b. NAN where fewer than two batches were measured. */
typedef struct fmi_advice {
    double alpha;      /**< seconds a launch costs by itself, at least 0 */
    double beta;       /**< seconds a unit costs */
    double half_batch; /**< batch at half the peak rate 1 / beta: alpha / beta */
    uint32_t knee;     /**< smallest batch whose interval reaches 97 % of the best rate; 0 = none */
    double best;       /**< best rate of the curve */
} fmi_advice;

/**
 * Slope and intercept are medians over all pairs of batches (Theil 1950, Sen 1968), so that one
 * disturbed cell moves neither. Pure.
 * @param count at most 64; more are left out
 */
fmi_advice fmi_advise(const fmi_advice_point *points, uint32_t count);

#endif
