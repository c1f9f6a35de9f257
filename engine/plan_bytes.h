/* SPDX-License-Identifier: MIT */
/**
 * @file plan_bytes.h
 * The exact bytes of every device buffer of a render: the planner counts with these, the renderer
 * allocates these.
 */
#ifndef FMI_PLAN_BYTES_H
#define FMI_PLAN_BYTES_H

#include <fm/plan.h>

#include "fm_shared.h"

#define FMI_GEOMETRY_ROWS 17 /* as raster_vertex.cl: A, B, Q0, Q1, Q2, uv */
#define FMI_BLEND_ROWS 2     /* of a blend: uv */
#define FMI_SHAPE_ROWS 6     /* a frame of a blend, as blend_source.cl: position, normal */
#define FMI_BLEND_LANES 8    /* frames side by side, FMK_LANES of blend.cl */

/** Parts of the batch arena, in the order in which they are taken. */
typedef enum fmi_part {
    FMI_PART_XYW,
    FMI_PART_ATTR,
    FMI_PART_KEPT,
    FMI_PART_KEPT_TILE,
    FMI_PART_KEPT_COUNT, /* cpu only */
    FMI_PART_REJECTED,   /* cpu only */
    FMI_PART_COUNTS,
    FMI_PART_STARTS,
    FMI_PART_ENDS, /* gpu only */
    FMI_PART_LIST,
    FMI_PART_FRAME_COUNTS,
    FMI_PART_LONGEST, /* gpu only */
    FMI_PART_VISIBLE, /* gpu in slices only */
    FMI_PART_SHAPES,  /* blends only: rows of the frames */
    FMI_PART_LANES,   /* blends on cpu only: positions, frames innermost */
    FMI_PART_SUMS,    /* with fm_view.check only: fm_probe_sum of pixels, then of counts */
    FMI_PARTS
} fmi_part;

typedef struct fmi_plan_bytes {
    uint64_t part[FMI_PARTS]; /**< 0: not needed */
    uint64_t pixels;          /**< a buffer of its own: the host maps it */
} fmi_plan_bytes;

/** Whether pairs go up beside the frames of the one before (fm/ahead.h) at this level, on a device
 * like that. */
bool fmi_plan_sends_ahead(const fm_caps *caps, fm_level level);

/** Vertices rounded up to a whole block of 16. */
uint32_t fmi_padded_vertices(uint32_t vertices);

/** Bytes of the vertex inputs of a pair: see raster_vertex.cl and, for half, raster_half.h. */
uint64_t fmi_geometry_bytes(uint32_t padded, bool half);

/** Bytes of the buffers of a batch of `frames`. Uses plan's tiles, chunks, slice, list_per_frame
 * and specialisation. */
void fmi_plan_parts(const fm_problem *problem, const fm_plan *plan, uint32_t frames,
                    fmi_plan_bytes *bytes);
/** True for parts that the host reads: every batch in flight has its own. The others are shared,
 * since batches are drawn in turn. */
bool fmi_part_comes_out(int part);
/** Bytes that each part of an arena is aligned to on the device. */
uint64_t fmi_plan_align(const fm_caps *caps);

/** Bytes of the arena that holds all parts for so many batches in flight. */
uint64_t fmi_plan_arena(const fmi_plan_bytes *bytes, uint32_t in_flight, uint64_t align);
/** Bytes of a blend beside the renderer's: base and targets, neighbours, weights. */
uint64_t fmi_plan_blend(const fm_problem *problem);
/** Bytes that do not depend on the batch: geometry, triangles, texels, weights, scene. */
uint64_t fmi_plan_fixed(const fm_problem *problem, uint64_t texel_bytes);

#endif
