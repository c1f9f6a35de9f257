/* SPDX-License-Identifier: MIT */
/*
 * blend_panel.cl: how the shapes of a blend lie in memory: panels of FMK_PANEL values, one row a
 * shape, so that a product walks through memory once and in order. blend.cl says more.
 */
#ifndef FM_BLEND_PANEL_CL
#define FM_BLEND_PANEL_CL

#include "common.cl"

#define FMK_PANEL 32

/* Floats of a target's row in a panel, and of all of them. */
#ifdef FMK_HALF
#define FMK_ROW (FMK_PANEL / 2)
#else
#define FMK_ROW FMK_PANEL
#endif
#define FMK_PANEL_FLOATS(targets) ((size_t)FMK_PANEL + (size_t)(targets)*FMK_ROW)
/* Row of target k = 1, 2, ... */
#define FMK_TARGET_ROW(panel, k) ((panel) + FMK_PANEL + (size_t)((k)-1u) * FMK_ROW)

/* 16 values of a target's row, and one. Whole vectors of halves: one by one they are slow. */
#ifdef FMK_HALF
#define FMK_LOAD16(i, row) vload_half16(i, (__global const half *)(row))
#define FMK_LOAD(i, row) vload_half(i, (__global const half *)(row))
#else
#define FMK_LOAD16(i, row) vload16(i, row)
#define FMK_LOAD(i, row) (row)[i]
#endif

#endif
