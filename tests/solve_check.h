/* SPDX-License-Identifier: MIT */
/** @file solve_check.h Batches of good and hostile matrices, solved and judged by the reference. */
#ifndef SOLVE_CHECK_H
#define SOLVE_CHECK_H

#include "fm_test.h"

#include <fm/fm.h>

/** What a matrix is. */
typedef enum matrix_kind {
    KIND_RANDOM,
    KIND_RANK,     /**< exactly rank-deficient by equal or doubled rows */
    KIND_NEAR,     /**< sigma_min / sigma_max anywhere from 1 to 1e-9 */
    KIND_LOW_RANK, /**< rank n / 2 up to rounding; condition of the rest up to 1e4 */
    KIND_ZERO,
    KIND_GRADED, /**< rows of very different size */
    KIND_HUGE,
    KIND_TINY,
    KIND_NAN_A,
    KIND_INF_A,
    KIND_NAN_B,
    KIND_DIAGONAL, /**< permuted, so that a pivot is zero at first */
    KIND_MIXED,    /**< all of these, one after another */
    /* Not in the mixture: condition numbers up to 1e9 and far beyond, some without a small pivot.
     */
    KIND_SPECTRUM,    /**< one small singular value, half of them small, or all in steps */
    KIND_KAHAN,       /**< or its transpose */
    KIND_TRIANGULAR,  /**< random, upper or lower */
    KIND_ONES,        /**< 1 on the diagonal, one number below or above it */
    KIND_HILBERT,     /**< Cauchy's matrix of steps of 1 */
    KIND_VANDERMONDE, /**< of random points */
    KIND_TWINS,       /**< two rows or columns that differ little */
    KIND_END
} matrix_kind;

/** One engine and what was met. */
typedef struct solve_check {
    fm_engine *engine;
    double worst_residual; /**< in n eps */
    double worst_pinv;     /**< relative distance */
    uint64_t borderline, examined;
} solve_check;

solve_check solve_check_open(fm_specialisation specialisation);
void solve_check_close(solve_check *c);

/** Elements an array of count r x c matrices needs. */
size_t solve_check_room(const fm_matrices *m, uint32_t rows, uint32_t columns, uint64_t count);
/** Where element (i, j) of matrix k lies. */
size_t solve_check_at(const fm_matrices *m, uint32_t rows, uint32_t columns, uint64_t k, uint32_t i,
                      uint32_t j);
/** Fills one n x n matrix, row-major. *bad_b: the right-hand side is to hold a NaN. */
void solve_check_matrix(matrix_kind kind, uint32_t n, uint64_t *random, double *a, bool *bad_b);

/** Solves a batch of that kind and compares every matrix with the reference. */
void solve_check_run(solve_check *c, const fm_solve_params *params, matrix_kind kind,
                     uint64_t seed);
/** The same for fm_pinv_batched. */
void solve_check_pinv(solve_check *c, const fm_solve_params *params, matrix_kind kind,
                      uint64_t seed);

#endif
