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
