/* SPDX-License-Identifier: MIT */
/**
 * @file geometry.h
 * The shapes between A and B as host arrays, for mesh files and measurements.
 *
 * Rendering needs none of this: its shapes stay on the device. One shape of 18,000 positions takes
 * a core about as long as a device needs to be asked for it, so files are made from here, on
 * several threads at once, with the same numbers for every device.
 *
 *     fm_geometry *geometry = NULL;
 *     fm_geometry_create(&geometry, pair, &err);
 *     fm_geometry_at(geometry, 0.25F, positions, normals);
 *     fm_geometry_destroy(&geometry);
 */
#ifndef FM_GEOMETRY_H
#define FM_GEOMETRY_H

#include <fm/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque; read-only after creation, so threads may share it. */
typedef struct fm_geometry fm_geometry;

/** What all shapes of a pair share. The arrays belong to the pair and live as long. */
typedef struct fm_geometry_topology {
    uint32_t positions, vertices, triangles; /**< counts as in fm_pair_info */
    const uint32_t *vertex_position;         /**< per vertex: its position */
    const float *uvs;                        /**< vertices x 2, v up; NULL = none */
    const uint32_t *triangles_of; /**< triangles x 3 vertices: the polygons of A in order, each as
                                       a fan from corner 0 */
} fm_geometry_topology;

/** Prepares the shapes of pair, which must outlive it: 36 bytes a position. */
FM_API fm_status fm_geometry_create(fm_geometry **geometry, const fm_pair *pair, fm_error *err);
/** Destroys; sets *geometry to NULL. Accepts NULL. */
FM_API void fm_geometry_destroy(fm_geometry **geometry);

/** Polygons and corners that all shapes share; pointers live as long as the geometry. */
FM_API fm_status fm_geometry_topology_get(const fm_geometry *geometry,
                                          fm_geometry_topology *topology);

/**
 * The shape at t: positions (1-t) A + t B in the coordinates of A's file (metres, Y up; B aligned
 * as asked for), computed in double and rounded once; unit normals, the area-weighted mean of the
 * triangles around each position, (0, 0, 1) where that vanishes.
 * @param t          finite; 0 = A, 1 = B
 * @param positions  room for positions x 3 floats
 * @param normals    the same, or NULL
 * Threads: any number at once on one shape.
 */
FM_API fm_status fm_geometry_at(const fm_geometry *geometry, float t, float *positions,
                                float *normals);

#ifdef __cplusplus
}
#endif
#endif
