/* SPDX-License-Identifier: MIT */
/** @file solve_input.h Made-up systems for the solve case and its peers. */
#ifndef FMI_SOLVE_INPUT_H
#define FMI_SOLVE_INPUT_H

#include "case.h"

/** batch systems with n right-hand sides each, numbers uniform in [-1, 1). Zeroed = none. */
typedef struct fmi_solve_input {
    uint32_t n, count;
    float *a, *b; /**< row-major, packed */
} fmi_solve_input;

/** Of every 1 / pinv_share matrices one is singular: its last row is twice its first. */
fm_status fmi_solve_input_make(fmi_solve_input *input, const fmi_case_params *params,
                               fm_error *err);
void fmi_solve_input_free(fmi_solve_input *input);

/**
 * Compares X (row-major, n x n) of one system with the reference; adds to check->max and compared.
 * Unit: n eps, of the residual |A X - B| / (|A| |X|), of which 16 are allowed; a pseudo-inverse may
 * be 1e-4 off.
 */
void fmi_solve_input_compare(const fmi_solve_input *input, uint32_t k, const float *x,
                             uint8_t status, fmi_check *check);

#endif
