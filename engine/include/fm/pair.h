/* SPDX-License-Identifier: MIT */
/**
 * @file pair.h
 * Two meshes of one topology, joined, on the device.
 *
 * Two meshes match when, material run by material run, the number of polygons and the corner
 * count of every polygon agree in order, and UVs, where both have them, agree within 1e-4 at
 * 99 % of the corners or more. Without UVs on either side the corners that share a position
 * must form the same groups at 99 % of the corners. Polygons become triangles by a fan from
 * corner 0, the same for both.
 */
#ifndef FM_PAIR_H
#define FM_PAIR_H

#include <fm/engine.h>
#include <fm/mesh.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque; read-only after creation. */
typedef struct fm_pair fm_pair;

/** How B is moved onto A before anything else. */
typedef enum fm_align { FM_ALIGN_NONE = 0, FM_ALIGN_RIGID, FM_ALIGN_SIMILARITY } fm_align;

/** NULL or zero in any field is the default. The struct lives only during the call. */
typedef struct fm_pair_params {
    size_t struct_size;      /**< sizeof(fm_pair_params) */
    const fm_image *image_a; /**< texture of A; both or none, one alone is ignored with a warning */
    const fm_image *image_b; /**< texture of B; resized to A's size when it differs */
    bool keep_background; /**< true: texels outside every UV footprint that are nearly black stay;
                               default false: they become the mean colour of the others */
    fm_align align;       /**< default none */
    bool half; /**< true: positions, normals and texture coordinates are stored as 16-bit floats on
                    the device, half the memory; pictures keep 45 dB PSNR; default 32-bit */
} fm_pair_params;

/** Numbers of a joined pair. */
typedef struct fm_pair_info {
    uint32_t positions; /**< distinct (position in A, position in B) */
    uint32_t vertices;  /**< distinct (position A, position B, UV A) */
    uint32_t triangles;
    uint32_t degenerate_triangles; /**< zero area in A and in B: drawn as nothing */
    uint32_t coincident_positions; /**< distinct corner positions that coincide in float data of
                                        one mesh but not of the other */
    bool textured;
    uint32_t texture_width, texture_height; /**< 0 when untextured */
    uint64_t filled_texels; /**< background texels replaced, both textures together */
    double center[3];       /**< centroid taken off all positions before conversion to float */
    double align[12];       /**< 3 x 4 row-major: what moved B onto A; identity for FM_ALIGN_NONE */
} fm_pair_info;

/**
 * Matches, joins and uploads two meshes. Meshes and images are borrowed for the call.
 * @retval FM_ERROR_BAD_INPUT the meshes do not match, or hold a value that is not finite; the
 *         message has both counts, the first polygon that differs and what to do
 */
FM_API fm_status fm_pair_create(fm_pair **pair, fm_engine *engine, const fm_mesh *a,
                                const fm_mesh *b, const fm_pair_params *params, fm_error *err);
/** Destroys; sets *pair to NULL. Accepts NULL. */
FM_API void fm_pair_destroy(fm_pair **pair);

/** Counts and sizes of the joined pair. */
FM_API fm_status fm_pair_info_get(const fm_pair *pair, fm_pair_info *info);

#ifdef __cplusplus
}
#endif
#endif
