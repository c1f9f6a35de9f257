/* SPDX-License-Identifier: MIT */
/** @file solve_impl.h What the files of the small solves share. */
#ifndef FMI_SOLVE_IMPL_H
#define FMI_SOLVE_IMPL_H

#include "engine_impl.h"

#include <fm/solve.h>

#define FMI_SOLVE_PROGRAMS 16 /* kept compiled; the one unused for longest makes room */
#define FMI_SOLVE_OPTIONS_BYTES 256
#define FMI_SOLVE_PIECE_BYTES (UINT64_C(64) << 20) /* host arrays travel in pieces of this size */

/* Where a matrix lies, as the kernels count: element (i, j) of matrix k is
 * offset + k / 16 * block + k % 16 * lane + i * row + j * column. */
typedef struct fmi_steps {
    uint64_t offset, block, lane;
    uint32_t row, column;
} fmi_steps;

/* One problem in the kernels' words: always A X = B. */
typedef struct fmi_solve_problem {
    uint32_t n, m;
    uint64_t count;
    bool pinv, is_double;
    double rcond;
    fmi_steps a, b, x;
} fmi_solve_problem;

/* A program for one n, m and set of layouts. */
typedef struct fmi_solve_program {
    char options[FMI_SOLVE_OPTIONS_BYTES]; /* "" = empty slot */
    cl_program program;
    cl_kernel direct, review, svd; /* review: NULL below FM_SOLVE_REVIEW_N, svd for n = 2 */
    uint64_t used;                 /* number of the call that used it last */
    bool work_double;
} fmi_solve_program;

/* Kept in the engine between calls. */
typedef struct fmi_solve {
    fmi_solve_program programs[FMI_SOLVE_PROGRAMS];
    uint64_t calls;
    fmi_buffer a, b, x, status; /* pieces of host arrays; status also where none is wanted */
    fmi_buffer list;
    fmi_buffer counts[2]; /* of this solve; of the next, zeroed by this one's kernel */
    bool counts_ready;
} fmi_solve;

/* The kernels' counters. */
enum {
    FMI_SOLVE_LISTED,
    FMI_SOLVE_PINV,
    FMI_SOLVE_NOT_FINITE,
    FMI_SOLVE_BORDERLINE,
    FMI_SOLVE_LEFT /* by the review, where there is one */
};

/* Releases everything; *solve = NULL. */
void fmi_solve_free(fmi_solve **solve);

/* A program for problem, built when it is new. It stays the cache's. */
fm_status fmi_solve_program_get(fm_engine *engine, const fmi_solve_problem *problem,
                                fmi_solve_program **program, fm_error *err);

/* Solves arrays on the device. stats are added to; NULL = not wanted. */
fm_status fmi_solve_device(fm_engine *engine, const fmi_solve_problem *problem, cl_mem a, cl_mem b,
                           cl_mem x, cl_mem status, fm_solve_stats *stats, fm_error *err);
/* Solves arrays of the host, piece by piece. */
fm_status fmi_solve_host(fm_engine *engine, const fmi_solve_problem *problem, const void *a,
                         const void *b, void *x, uint8_t *status, fm_solve_stats *stats,
                         fm_error *err);
/* The same by the reference, without OpenCL. */
void fmi_solve_reference(const fmi_solve_problem *problem, const void *a, const void *b, void *x,
                         uint8_t *status, fm_solve_stats *stats);
/* At least bytes; an existing larger buffer is kept. */
fm_status fmi_solve_room(fm_engine *engine, fmi_buffer *buffer, uint64_t bytes, const char *what,
                         fm_error *err);

/* Elements from the first to behind the last that count matrices of rows x columns touch. */
uint64_t fmi_solve_extent(const fmi_steps *steps, uint32_t rows, uint32_t columns, uint64_t count);
/* True when they touch every element of that range. */
bool fmi_solve_dense(const fmi_steps *steps, uint32_t rows, uint32_t columns);

#endif
