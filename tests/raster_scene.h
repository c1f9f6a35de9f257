/* SPDX-License-Identifier: MIT */
/**
 * @file raster_scene.h
 * Made-up pairs of meshes, drawn by a device and by the reference, and the comparison of both.
 *
 *     raster_scene *s = raster_scene_new(seed);
 *     raster_scene_ball(s, 32, 16);
 *     raster_scene_textures(s, 64, 48, 40, 40);
 *     raster_scene_open(s);
 *     raster_scene_check(s, "ball", &view, t, 3);      asserts
 *     raster_scene_free(s);
 */
#ifndef RASTER_SCENE_H
#define RASTER_SCENE_H

#include "fm_test.h"

#include "pair_join.h"
#include "raster_ref.h"
#include "ref/ref.h"
#include "view.h"

#include <fm/fm.h>

typedef struct raster_scene {
    uint64_t seed, random;
    float *positions_a, *positions_b, *uvs; /**< by corners */
    uint32_t *polygon_sizes;
    uint32_t corner_count, polygon_count, capacity;
    fm_image image_a, image_b;           /**< zeroed: untextured; pixels owned */
    bool half;                           /**< fm_pair_params.half; set it before opening */
    fm_specialisation specialisation;    /**< of the engine; set it before opening */
    fm_level level;                      /**< likewise */
    bool profile;                        /**< likewise */
    const volatile sig_atomic_t *cancel; /**< likewise */
    fm_engine *engine;
    fm_pair *pair;
    fmi_joined joined; /**< what the reference draws */
    fmi_ref_texture texture_a, texture_b;
} raster_scene;

/** Empty scene; every random number follows from the seed. */
raster_scene *raster_scene_new(uint64_t seed);
void raster_scene_free(raster_scene *s);

/** Next random number in [low, high). */
double raster_scene_random(raster_scene *s, double low, double high);
/** One corner: place in A and in B, uv. */
void raster_scene_corner(raster_scene *s, const double a[3], const double b[3], double u, double v);
/** Closes a polygon over the corners added since the last one. */
void raster_scene_polygon(raster_scene *s, uint32_t corners);

/** A bumpy closed ball of quads with a UV seam and poles without area; B is another ball. */
void raster_scene_ball(raster_scene *s, uint32_t columns, uint32_t rows);
/** A crumpled sheet of triangles that share every inner edge, cut at random. */
void raster_scene_sheet(raster_scene *s, uint32_t cuts);
/** Loose triangles with random uvs: centres within reach, corners within size of the centre. */
void raster_scene_soup(raster_scene *s, uint32_t count, double reach, double size);
/** Long triangles of nearly no width across the picture. */
void raster_scene_slivers(raster_scene *s, uint32_t count);

/** Smooth pictures with some grain, of two sizes; a quarter of each border is black. */
void raster_scene_textures(raster_scene *s, uint32_t width_a, uint32_t height_a, uint32_t width_b,
                           uint32_t height_b);
/** Engine, pair and reference from what was added. */
void raster_scene_open(raster_scene *s);

/** Frames of the device, one after the other. */
typedef struct raster_frames {
    uint8_t *pixels;
    uint64_t *covered, *clipped; /**< per frame */
    size_t frame_bytes;
    uint32_t count;
    fm_render_report report;
} raster_frames;

/** Renders n weights on the device; free with raster_frames_free. */
raster_frames raster_scene_render(raster_scene *s, const fm_view *view, const float *t, uint32_t n);
void raster_frames_free(raster_frames *frames);

/**
 * Renders on the device and by the reference and asserts: at most 1 of 255 apart on 99.9 % of the
 * pixels, no hole, counters within the same share.
 */
void raster_scene_check(raster_scene *s, const char *name, const fm_view *view, const float *t,
                        uint32_t n);

/** PSNR in dB of n device frames against the reference's, over all bytes; INFINITY = equal. */
double raster_scene_psnr(raster_scene *s, const fm_view *view, const float *t, uint32_t n);

#endif
