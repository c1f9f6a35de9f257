/* SPDX-License-Identifier: MIT */
/**
 * @file pair_join.h
 * Two meshes by corners to one indexed mesh with two shapes: the match rule, the joint positions
 * and vertices, the fan triangles, and the quadratic normal terms. Pure host code, no OpenCL.
 */
#ifndef FMI_PAIR_JOIN_H
#define FMI_PAIR_JOIN_H

#include <fm/pair.h>

/** A joined pair. Zeroed = none; free with fmi_joined_free. */
typedef struct fmi_joined {
    uint32_t position_count; /**< distinct (position A, position B), in order of first use */
    uint32_t vertex_count;   /**< distinct (position A, position B, UV A), in order of first use */
    uint32_t triangle_count;
    uint32_t degenerate_triangles;    /**< zero area in A, in B and in all of more */
    uint32_t coincident_positions;    /**< positions that share a point with another in one shape */
    float *positions_a, *positions_b; /**< position_count x 3, centre removed in double */
    uint32_t *vertex_position;        /**< per vertex: index of its position */
    float *uvs;                       /**< vertex_count x 2 of A (else of B); NULL = none */
    uint32_t *triangles;              /**< triangle_count x 3 vertices; fan from corner 0 */
    double center[3];                 /**< centre of the bounding box of all positions of A and B */
    double align[12]; /**< 3 x 4 row-major: what moved B onto A; identity for none */
    float *more;      /**< of a blend: targets, more_count x position_count x 3; else NULL */
    uint32_t more_count;
} fmi_joined;

/**
 * Matches and joins.
 * @retval FM_ERROR_BAD_INPUT no match or a value that is not finite
 */
fm_status fmi_pair_join(fmi_joined *joined, const fm_mesh *a, const fm_mesh *b, fm_align align,
                        const fm_log *log, fm_error *err);
void fmi_joined_free(fmi_joined *joined);
/** Counts the triangles without area in every shape, into degenerate_triangles. */
void fmi_joined_count_degenerate(fmi_joined *joined);

/**
 * Area-weighted normals of (1-t) A + t B are (1-t)^2 q0 + t (1-t) q1 + t^2 q2, summed over the
 * faces around each position in double: q0 = sum AxA, q1 = sum (AxB + BxA), q2 = sum BxB, where
 * XxY = (x1 - x0) x (y2 - y0). Each array has room for position_count x 3 floats. All three of a
 * position are scaled by one common factor so that the largest is about 1 (direction unchanged).
 */
fm_status fmi_joined_normals(const fmi_joined *joined, float *q0, float *q1, float *q2,
                             fm_error *err);

#endif
