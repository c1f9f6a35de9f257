/* SPDX-License-Identifier: MIT */
/**
 * @file raster_same.h
 * What the suites of the rasteriser share: hard scenes, every size against the reference, and
 * frames that must be the same byte by byte.
 */
#ifndef RASTER_SAME_H
#define RASTER_SAME_H

#include "raster_scene.h"

enum { RASTER_FRAMES = 41 };

/** Weights of 41 frames, 0 to 1. */
void raster_same_weights(float t[RASTER_FRAMES]);

/** 150 x 97 pixels, back sides drawn. */
fm_view raster_same_view(void);

/** Forty triangles with corners up to 1,000 units off: screens away, some beyond the guard band. */
void raster_same_huge(raster_scene *s);

/** Each triangle of the scene once more with other uvs, so that the first of two must show. */
void raster_same_twice(raster_scene *s);

/** A textured ball inside a soup of which every triangle is there twice: shared edges, crossings,
 * ties, small and large triangles. For kernels of that form; not open yet. */
raster_scene *raster_same_crowd(uint64_t seed, fm_specialisation form);

/** Sizes of pictures, and the tiles that they take in turn. */
typedef struct raster_sizes {
    const uint32_t (*size)[2];
    uint32_t count;
    const uint32_t *tiles[2]; /**< of RGB and of RGBA */
    uint32_t tile_count;      /**< of each; every tile is another build of the kernels */
} raster_sizes;

/** Opens a scene and asserts that three frames of every size equal the reference's, as RGB on a
 * colour with culling and as RGBA without. Frees the scene. */
void raster_same_sizes(raster_scene *s, const char *name, fm_view view, const raster_sizes *sizes);

/** Asserts equal pixels and counters. what and value say what was changed between the two. */
void raster_same_frames(const raster_scene *s, const char *what, uint32_t value,
                        const raster_frames *got, const raster_frames *want);

/** Renders n weights and asserts that they are what is wanted. */
void raster_same_again(raster_scene *s, const char *what, uint32_t value, const fm_view *view,
                       const float *t, uint32_t n, const raster_frames *want);

#endif
