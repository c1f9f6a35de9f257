/* SPDX-License-Identifier: MIT */
/**
 * @file blend_join.h
 * A base and its targets by corners to one indexed mesh with many shapes. Pure host code.
 */
#ifndef FMI_BLEND_JOIN_H
#define FMI_BLEND_JOIN_H

#include "pair_join.h"

/**
 * Matches each target with the base as fmi_pair_match does, and joins: positions are the distinct
 * (base, target 0, target 1, ...), vertices the distinct (position, UV), both in order of first use
 * by corners, so that one target gives what fmi_pair_join gives. positions_b repeats positions_a;
 * more holds the targets. center and align as with a pair, each target aligned by itself (align[]
 * stays the identity).
 * @retval FM_ERROR_BAD_INPUT no match or a value that is not finite; the message names the target
 */
fm_status fmi_blend_join(fmi_joined *joined, const fm_mesh *base, const fm_mesh *targets,
                         uint32_t count, fm_align align, const fm_log *log, fm_error *err);

/** The faces around each position, for the sums of blend_shapes.cl. Zeroed = none. */
typedef struct fmi_faces {
    uint32_t *range;  /**< per vertex, padded: first entry, one behind the last */
    uint32_t *around; /**< triangle_count x 3 pairs: the other two vertices, in order */
    float unit;       /**< a power of two that brings the base's edges near 1 */
} fmi_faces;

/** padded: vertices to make ranges for; those behind the last one have none. */
fm_status fmi_faces_make(fmi_faces *faces, const fmi_joined *joined, uint32_t padded,
                         fm_error *err);
void fmi_faces_free(fmi_faces *faces);

#endif
