/* SPDX-License-Identifier: MIT */
/*
 * solve_types.cl: the build knobs of the small solves and what follows from them.
 *
 * FMK_N      rows and columns of A, 1 ... 32
 * FMK_C      right-hand sides that are solved together; more come in chunks of FMK_C
 * FMK_LANES  16: an item solves 16 matrices, one in each lane of a vector (cpu); 1: an item, a
 *            matrix (gpu)
 * FMK_STORE_DOUBLE  the arrays hold double; else float
 * FMK_WORK_DOUBLE   arithmetic is double; else float
 * FMK_PINV   B is the identity and not read
 * FMK_A, FMK_B, FMK_X: how the array lies, as engine/solve_program.c chooses it from the layout:
 *   0 anyhow; 1 lanes beside each other (interleaved); 2 each row contiguous; 3 each column
 *   contiguous. Forms 2 and 3 also promise that matrices are packed unless that many elements of
 *   a row (column) are a multiple of 16; 4, 5 the same for n x n matrices, n = 2 or 3, that lie
 *   one behind the other.
 * FMK_FP64   double exists on this device
 *
 * Types: store, work (scalars), V (FMK_LANES numbers), I (its comparisons).
 */
#ifndef FM_SOLVE_TYPES_CL
#define FM_SOLVE_TYPES_CL

#include "common.cl"

#ifndef FMK_N
#define FMK_N 4
#endif
#ifndef FMK_C
#define FMK_C FMK_N
#endif
#ifndef FMK_LANES
#define FMK_LANES 16
#endif
#ifndef FMK_A
#define FMK_A 2
#endif
#ifndef FMK_B
#define FMK_B 2
#endif
#ifndef FMK_X
#define FMK_X 2
#endif
#ifndef FMK_PINV
#define FMK_PINV 0
#endif

#ifdef FMK_FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#define FMK_JOIN_(a, b) a##b
#define FMK_JOIN(a, b) FMK_JOIN_(a, b)

#ifdef FMK_STORE_DOUBLE
typedef double store;
#else
typedef float store;
#endif

#ifdef FMK_WORK_DOUBLE
typedef double work;
#define FMK_WORK double
#define FMK_WORK_INT long
#define FMK_WORK_EPS 0x1p-52
#define FMK_WORK_INF_BITS 0x7ff0000000000000L
#define FMK_WORK_MAX_BITS 0x7fffffffffffffffL
#else
typedef float work;
#define FMK_WORK float
#define FMK_WORK_INT int
#define FMK_WORK_EPS 0x1p-23f
#define FMK_WORK_INF_BITS 0x7f800000
#define FMK_WORK_MAX_BITS 0x7fffffff
#endif

#if FMK_LANES == 1
#define FMK_V FMK_WORK
#define FMK_I FMK_WORK_INT
#define FMK_SELECT(no, yes, test) ((test) ? (yes) : (no))
typedef FMK_WORK V;
typedef FMK_WORK_INT I;
#else
#define FMK_V FMK_JOIN(FMK_WORK, FMK_LANES)
#define FMK_I FMK_JOIN(FMK_WORK_INT, FMK_LANES)
#define FMK_SELECT(no, yes, test) select(no, yes, test)
typedef FMK_JOIN(FMK_WORK, FMK_LANES) V;
typedef FMK_JOIN(FMK_WORK_INT, FMK_LANES) I;
#endif

#define FMK_ANY(test) FMK_JOIN(fmk_any_, FMK_I)(test)
#define FMK_AS_I(x) FMK_JOIN(as_, FMK_I)(x)
#define FMK_AS_V(x) FMK_JOIN(as_, FMK_V)(x)

/* A function of solve_closed.cl for V. */
#define FMK_CLOSED(name) FMK_JOIN(name##_, FMK_V)

/* Small matrices live in registers. */
#define FMK_SMALL (FMK_N <= 4 || (FMK_N <= 8 && FMK_C == 1))
#if FMK_SMALL
#define FMK_UNROLL _Pragma("unroll")
#else
#define FMK_UNROLL
#endif

/* From column to column in registers. Not a multiple of 16: columns of 1 and 2 KB would meet in the
 * same sets of the cache, and loads would look like loads of what a neighbour has just stored. */
#if FMK_LANES > 1 && FMK_N % 16 == 0
#define FMK_LD (FMK_N + 1)
#else
#define FMK_LD FMK_N
#endif

/* Where an array's elements lie, as one kernel argument: (offset, from 16 matrices to the next 16,
 * from matrix to matrix among them, from row to row + 2^32 * from column to column), in elements.
 */
typedef ulong4 fmk_steps;
#define FMK_ROW_STEP(steps) ((uint)(steps).s3)
#define FMK_COLUMN_STEP(steps) ((uint)((steps).s3 >> 32))

#endif
