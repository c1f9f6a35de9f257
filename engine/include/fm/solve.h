/* SPDX-License-Identifier: MIT */
/**
 * @file solve.h
 * Batched small solves and pseudo-inverses: any number of n x n systems, n = 1 ... 32, one call.
 *
 *     fm_solve_params p = {.struct_size = sizeof p, .n = 4, .m = 1, .count = 100000};
 *     fm_solve_batched(engine, &p, a, b, x, status, &stats, &err);   // A X = B
 *
 * Each matrix is judged alone; a singular one never changes its neighbours:
 *
 * | status | meaning                                                | X                         |
 * |--------|--------------------------------------------------------|---------------------------|
 * | 0      | regular: sigma_min / sigma_max > rcond                 | A^-1 B (right: B A^-1)    |
 * | 1      | rank-deficient: sigma_min / sigma_max <= rcond         | A^+ B (right: B A^+)      |
 * | 2      | A or B holds a number that is not finite               | NaN                       |
 *
 * A^+ is the Moore-Penrose pseudo-inverse without the singular values <= rcond * sigma_max; the
 * zero matrix has A^+ = 0 and status 1. Default rcond = n * eps, eps = 2^-23 (float) or 2^-52
 * (double). A result beyond the number's range is infinite, as in any arithmetic.
 *
 * Method: n = 2, 3 closed forms with compensated products (Kahan: two fma; n = 3 corrects X once by
 * its residual or, ill-conditioned, works with sums of two numbers); n = 4 ... 32 LU with
 * partial pivoting (Golub, Van Loan: Matrix Computations, 3.4), after scaling by powers of two. A
 * matrix with a pivot below a cautious bound (solve_run.c names it) is looked at again: one-sided
 * Jacobi SVD (ibid., 8.6) decides by rcond and makes the pseudo-inverse. So the status is the same
 * on every device, except where sigma_min / sigma_max lies within a factor 4 of rcond
 * (fm_solve_stats.borderline counts those).
 *
 * Accuracy: ||A X - B|| <= 16 n eps ||A|| ||X|| (Frobenius) for every regular matrix. The same
 * bytes for any count and every rerun on one device.
 *
 * Threads: as the engine. Cost: one launch for n = 2, two for n = 3 ... 11, three above; one wait.
 * Scratch memory: 4 bytes a matrix, 8 for n >= 12, kept in the engine with the compiled kernels
 * and, for host arrays, buffers of 64 MiB at most.
 */
#ifndef FM_SOLVE_H
#define FM_SOLVE_H

#include <fm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_SOLVE_MAX_N 32    /**< largest matrix */
#define FM_SOLVE_MAX_M 65536 /**< most right-hand sides */
#define FM_SOLVE_LANES 16    /**< matrices of a block of FM_LAYOUT_INTERLEAVED */

/** Status of one matrix. */
enum { FM_SOLVE_REGULAR = 0, FM_SOLVE_PINV = 1, FM_SOLVE_NOT_FINITE = 2 };

/** Which side the unknown stands on. */
typedef enum fm_side {
    FM_SIDE_LEFT = 0, /**< A X = B; B and X are n x m */
    FM_SIDE_RIGHT     /**< X A = B; B and X are m x n */
} fm_side;

/** Type of the numbers. */
typedef enum fm_number {
    FM_NUMBER_FLOAT = 0,
    FM_NUMBER_DOUBLE /**< fm_caps.fp64, else FM_ERROR_UNSUPPORTED */
} fm_number;

/** Where element (i, j) of matrix k lies, counted in elements. */
typedef enum fm_layout {
    FM_LAYOUT_ROWS = 0, /**< offset + k * stride + i * lead + j */
    FM_LAYOUT_COLUMNS,  /**< offset + k * stride + j * lead + i */
    /**
     * Blocks of 16 matrices, element by element: with r x c matrices
     * ((k / 16) * r * c + i * c + j) * 16 + k % 16. Room for a whole last block is needed; its
     * unused lanes may hold anything and are written with anything. The fastest layout on CPUs.
     */
    FM_LAYOUT_INTERLEAVED
} fm_layout;

/** One array of matrices. Zeroed = packed rows. */
typedef struct fm_matrices {
    fm_layout layout;
    uint32_t lead;   /**< elements from row to row (columns: column to column); 0 = packed;
                          >= that. Interleaved: 0 */
    uint64_t stride; /**< elements from matrix to matrix; 0 = packed; inputs may overlap, outputs
                          may not. Interleaved: 0 */
    uint64_t offset; /**< elements before the first; interleaved: 0 */
} fm_matrices;

/** NULL or zero in any field but n and count is the default. */
typedef struct fm_solve_params {
    size_t struct_size; /**< sizeof(fm_solve_params) */
    uint32_t n;         /**< rows and columns of A, 1 to FM_SOLVE_MAX_N */
    uint32_t m;         /**< right-hand sides, 1 to FM_SOLVE_MAX_M; default 1; not for pinv */
    uint64_t count;     /**< matrices; 0 = nothing to do */
    fm_number number;
    fm_side side; /**< not for pinv */
    double rcond; /**< 0 = n * eps; at most 1. A larger one sends more matrices to the SVD */
    bool buffers; /**< a, b, x and status are cl_mem of the engine's context, not host arrays */
    fm_matrices a, b, x;
} fm_solve_params;

/** What a call met. */
typedef struct fm_solve_stats {
    uint64_t regular, pinv, not_finite; /**< matrices by status; their sum is count */
    uint64_t examined;                  /**< matrices that the SVD looked at (n >= 3) */
    uint64_t borderline;                /**< sigma_min / sigma_max within a factor 4 of rcond */
} fm_solve_stats;

/**
 * Solves. x may be b with the same layout (in place); otherwise the arrays must not overlap.
 * On failure x and status are undefined.
 *
 * @param a, b    borrowed for the call, of params->number; host arrays are copied to the device in
 *                pieces when they do not fit it at once
 * @param x       out
 * @param status  out, count bytes; NULL = not wanted
 * @param stats   out, optional; costs a read of 32 bytes
 * @retval FM_ERROR_INVALID_ARGUMENT a value out of range; the message names it
 * @retval FM_ERROR_UNSUPPORTED      double on a device without it; buffers without OpenCL
 * @retval FM_ERROR_DEVICE_MEMORY    not even a piece of 16 matrices fits; larger ones are halved
 *                                   until they fit, with the same bytes
 */
FM_API fm_status fm_solve_batched(fm_engine *engine, const fm_solve_params *params, const void *a,
                                  const void *b, void *x, uint8_t *status, fm_solve_stats *stats,
                                  fm_error *err);

/**
 * X = A^+, n x n, for every matrix (A^-1 where A is regular). m, side and b of params are ignored.
 * Within 1e-4 of the exact one (relative, Frobenius) for condition numbers up to 1e4 in float.
 * x may be a with the same layout. Everything else as fm_solve_batched.
 */
FM_API fm_status fm_pinv_batched(fm_engine *engine, const fm_solve_params *params, const void *a,
                                 void *x, uint8_t *status, fm_solve_stats *stats, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
