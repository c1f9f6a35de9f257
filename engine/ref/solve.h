/* SPDX-License-Identifier: MIT */
/**
 * @file solve.h
 * Small solves in plain double, one matrix at a time, row-major and packed: LU with partial
 * pivoting and one-sided Jacobi SVD. Status and rcond as fm/solve.h.
 */
#ifndef FMI_REF_SOLVE_H
#define FMI_REF_SOLVE_H

#include <fm/solve.h>

/** Singular value decomposition A = U diag(s) V', s descending, of one n x n matrix, n <= 32. */
void fmi_ref_svd(uint32_t n, const double *a, double *u, double *s, double *v);

/**
 * X = A^+. ratio: optional, sigma_min / sigma_max (0 for the zero matrix, NaN when not finite).
 * Returns the status.
 */
uint8_t fmi_ref_pinv(uint32_t n, double rcond, const double *a, double *x, double *ratio);

/**
 * Left: A X = B with n x m; right: X A = B with m x n. Any m; x may be b. Returns the status.
 * 2 x 2 right division of the keypoints: fmi_ref_solve(2, 2, FM_SIDE_RIGHT, rcond, a, b, x, NULL).
 */
uint8_t fmi_ref_solve(uint32_t n, uint32_t m, fm_side side, double rcond, const double *a,
                      const double *b, double *x, double *ratio);

#endif
