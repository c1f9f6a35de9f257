/* SPDX-License-Identifier: MIT */
/**
 * @file mesh.h
 * Plain-array views of what goes in: a polygon mesh by corners, and an 8-bit picture.
 *
 * A corner is one use of a point by one polygon. Importers give corners, not shared vertices,
 * because shared vertices differ between two meshes of one topology (closed lips, UV seams);
 * fm_pair_create joins the corners of both meshes at once.
 */
#ifndef FM_MESH_H
#define FM_MESH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A run of polygons that share one material. Runs are sorted by name and cover all polygons. */
typedef struct fm_material_run {
    const char *name;       /**< UTF-8, borrowed, may be "" */
    uint32_t first_polygon; /**< index of the first polygon of the run */
    uint32_t polygon_count; /**< >= 1 */
} fm_material_run;

/** One polygon mesh. All arrays are borrowed for the call that takes the mesh. */
typedef struct fm_mesh {
    const float *positions; /**< corner_count x 3, metres or file units, Y up, finite */
    const float *uvs;       /**< corner_count x 2, v up, finite; NULL when the mesh has none */
    const uint32_t *polygon_sizes; /**< polygon_count values >= 3 whose sum is corner_count */
    const fm_material_run *runs;   /**< run_count runs; NULL = one run named "" */
    uint32_t corner_count;
    uint32_t polygon_count;
    uint32_t run_count;
    const char *label; /**< name for messages, for example the file name; NULL = "mesh" */
} fm_mesh;

/** An 8-bit picture, top row first. Pixels are borrowed for the call that takes the image. */
typedef struct fm_image {
    const uint8_t *pixels; /**< height rows of row_bytes */
    uint32_t width, height;
    uint32_t channels;  /**< 3 = RGB, 4 = RGBA; alpha is ignored */
    uint32_t row_bytes; /**< >= width * channels */
} fm_image;

#ifdef __cplusplus
}
#endif
#endif
