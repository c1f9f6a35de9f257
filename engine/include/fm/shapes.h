/* SPDX-License-Identifier: MIT */
/**
 * @file shapes.h
 * A base mesh and its targets, joined, on the device: rows of weights in, pictures out.
 *
 *     fm_shapes *shapes = NULL;
 *     fm_shapes_create(&shapes, engine, &neutral, targets, 2, NULL, &err);
 *     float weights[3][2] = {{0, 0}, {0.5F, 0}, {0.5F, 1}};
 *     fm_shapes_render(shapes, weights[0], 3, &view, save, user, NULL, &err);
 *     fm_shapes_destroy(&shapes);
 *
 * Frame f shows base + sum over k of weights[f][k] * (target[k] - base). Every target must match
 * the base as two meshes of a pair match (fm/pair.h); points are told apart when they differ in
 * the base or in any target. Normals are the area-weighted ones of the blended surface, summed on
 * the device for every frame, one for all vertices of a point. Texture coordinates and texture are
 * the base's. The picture is framed so that the base and every target fit, whatever the weights.
 */
#ifndef FM_SHAPES_H
#define FM_SHAPES_H

#include <fm/blend.h>
#include <fm/render.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque. Same thread rule as its engine. */
typedef struct fm_shapes fm_shapes;

/** NULL or zero in any field is the default. The struct lives only during the call. */
typedef struct fm_shapes_params {
    size_t struct_size;    /**< sizeof(fm_shapes_params) */
    const fm_image *image; /**< texture of the base; NULL = grey */
    bool keep_background;  /**< as in fm_pair_params */
    fm_align align;        /**< how each target is moved onto the base; default none */
    bool half;             /**< differences as 16-bit floats, see fm_blend_params */
} fm_shapes_params;

/** Numbers of joined shapes. */
typedef struct fm_shapes_info {
    uint32_t targets;
    uint32_t positions; /**< points that differ in the base or in a target */
    uint32_t vertices;  /**< distinct (point, texture coordinate) */
    uint32_t triangles;
    uint32_t degenerate_triangles; /**< zero area in the base and in every target */
    uint32_t coincident_positions; /**< points that share a place with another in one shape */
    bool textured;
    uint32_t texture_width, texture_height; /**< 0 when untextured */
    uint64_t filled_texels;
    double center[3];   /**< taken off all positions before conversion to float */
    fm_blend_path path; /**< who blends; OWN on CPU devices */
} fm_shapes_info;

/**
 * Matches, joins and uploads. Meshes and image are borrowed for the call.
 * @param count targets, 1 to FM_BLEND_MAX_TARGETS
 * @retval FM_ERROR_BAD_INPUT a target does not match the base, or a value is not finite
 */
FM_API fm_status fm_shapes_create(fm_shapes **shapes, fm_engine *engine, const fm_mesh *base,
                                  const fm_mesh *targets, uint32_t count,
                                  const fm_shapes_params *params, fm_error *err);
/** Destroys; sets *shapes to NULL. Accepts NULL. */
FM_API void fm_shapes_destroy(fm_shapes **shapes);

/** Counts and sizes of the joined shapes. */
FM_API fm_status fm_shapes_info_get(const fm_shapes *shapes, fm_shapes_info *info);

/**
 * Renders n frames and hands them to sink in order; fm_frame.t is 0. Everything else as fm_render.
 * @param weights n x targets, row by row, finite, of any sign and size; borrowed
 */
FM_API fm_status fm_shapes_render(fm_shapes *shapes, const float *weights, uint32_t n,
                                  const fm_view *view, fm_sink_fn sink, void *user,
                                  fm_render_report *report, fm_error *err);

/** The plan fm_shapes_render would follow, without rendering. */
FM_API fm_status fm_shapes_render_plan(const fm_shapes *shapes, uint32_t n, const fm_view *view,
                                       fm_plan *plan, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
