/* SPDX-License-Identifier: MIT */
/**
 * @file noise.h
 * The noise of the machine, from trials of identical kernels (A/A): what is printed under every
 * table as the smallest difference that can be told.
 */
#ifndef FMI_NOISE_H
#define FMI_NOISE_H

#include "store_live.h"

#define FMI_NOISE_TRIALS_MAX 200
#define FMI_NOISE_TRIALS_MIN 20 /**< below it a floor is no 95 % of anything */

/** One trial of identical sides. */
typedef struct fmi_noise_trial {
    fmi_ratio ratio;
    fmi_verdict verdict;
} fmi_noise_trial;

/**
 * Sums trials up: fills trials, rounds, false_alarms, outside, floor and resolution.
 * @param band ln of the least difference that counts
 * @param count 1 to FMI_NOISE_TRIALS_MAX
 */
void fmi_noise_sum(fmi_noise *noise, const fmi_noise_trial *trial, uint32_t count, double band);

/** The sentence under a table, with its full stop; noise may have no trials. */
void fmi_noise_text(const fmi_noise *noise, char *out, size_t out_bytes);

#endif
