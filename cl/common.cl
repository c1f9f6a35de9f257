/* SPDX-License-Identifier: MIT */
/*
 * common.cl: what every kernel file starts with.
 *
 * Expressions are never contracted unless FMK_RELAXED (level extreme); where a fused
 * multiply-add is meant it is written as fma. So the same source gives the same bytes for every
 * batch, tile and rerun.
 */
#ifndef FM_COMMON_CL
#define FM_COMMON_CL

#include "fm_shared.h"

#ifndef FMK_RELAXED
#pragma OPENCL FP_CONTRACT OFF
#endif

/* Helpers must melt into their kernel: a call would pass vectors and structs through memory. */
#define FMK_INLINE inline __attribute__((always_inline))

/* In front of a short loop: vector forms of it would only cost compile time. */
#define FMK_SHORT_LOOP _Pragma("clang loop vectorize(disable) unroll(disable)")

/* Tile edge in pixels. */
#ifndef FMK_TILE
#define FMK_TILE 64
#endif

#endif
