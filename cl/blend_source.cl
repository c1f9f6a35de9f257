/* SPDX-License-Identifier: MIT */
/*
 * blend_source.cl: where the vertex kernels take the shape of a frame from.
 *
 * Without FMK_SHAPES it is the morph of two shapes: a source is the weight of the second one.
 * With it the shape was made by an earlier launch of the batch (blend.cl), and a source is the
 * start of a frame's FMK_SHAPE_ROWS rows of `padded` floats: x, y, z and the normal's x, y, z,
 * which need not have unit length.
 */
#ifndef FM_BLEND_SOURCE_CL
#define FM_BLEND_SOURCE_CL

#include "common.cl"

#define FMK_SHAPE_ROWS 6

/* FMK_HALF: rows of the geometry are 16-bit floats, as engine/raster_half.h describes them. */
#ifndef FMK_HALF
#define FMK_HALF 0
#endif
#if FMK_HALF
#define FMK_HALF_ROW(rows, padded, row) ((__global const half *)(rows) + (size_t)(padded) * (row))
#define FMK_LOAD1(rows, padded, row, i) vload_half(i, FMK_HALF_ROW(rows, padded, row))
#define FMK_LOAD8(rows, padded, row, block) vload_half8(block, FMK_HALF_ROW(rows, padded, row))
#define FMK_BASE(rows, padded, row, i) \
    ((__global const float *)FMK_HALF_ROW(rows, padded, 17u))[(row) * ((padded) / 8u) + (i) / 8u]
#define FMK_POSITION1(rows, padded, row, i) \
    (FMK_LOAD1(rows, padded, row, i) + FMK_BASE(rows, padded, row, i))
#define FMK_POSITION8(rows, padded, row, block) \
    (FMK_LOAD8(rows, padded, row, block) + FMK_BASE(rows, padded, row, (block)*8u))
#define FMK_STORED_UV(x) ((x) + 0.5f)
#else
#define FMK_LOAD1(rows, padded, row, i) (rows)[(size_t)(padded) * (row) + (i)]
#define FMK_LOAD8(rows, padded, row, block) vload8(block, (rows) + (size_t)(padded) * (row))
#define FMK_POSITION1 FMK_LOAD1
#define FMK_POSITION8 FMK_LOAD8
#define FMK_STORED_UV(x) (x)
#endif

#ifdef FMK_SHAPES
#define FMK_SOURCE __global const float *
#define FMK_SOURCE_OF(rows, first_frame, frame, padded) \
    ((rows) + (size_t)(frame)*FMK_SHAPE_ROWS * (padded))
#define FMK_UV_ROW 0u
#else
#define FMK_SOURCE float
#define FMK_SOURCE_OF(t, first_frame, frame, padded) ((t)[(first_frame) + (frame)])
#define FMK_UV_ROW 15u
#endif

#endif
