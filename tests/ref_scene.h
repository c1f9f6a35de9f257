/* SPDX-License-Identifier: MIT */
/**
 * @file ref_scene.h
 * A small scene drawn by the reference, built in screen coordinates: a vertex is given by the
 * pixel it shall land on and its distance w. With coordinates in 1/16 pixel and w a power of two
 * every number in it is exact, so expected pictures can be worked out by hand.
 *
 *     ref_scene *s = ref_scene_new(8, 8);
 *     ref_scene_triangle(s, 0, 0, 1, 0, 8, 1, 8, 0, 1);   three times x, y, w
 *     ref_scene_render(s, NULL, NULL, 0.0F);
 *     s->counts.covered, s->owner[y * 8 + x], s->pixels
 *     ref_scene_free(s);
 */
#ifndef REF_SCENE_H
#define REF_SCENE_H

#include "fm_test.h"

#include "ref/ref.h"

#define REF_SCENE_MAX 4096 /**< vertices, triangles */
#define REF_SCENE_FOCAL 64.0

typedef struct ref_scene {
    float positions[REF_SCENE_MAX * 3], positions_b[REF_SCENE_MAX * 3], uvs[REF_SCENE_MAX * 2];
    uint32_t vertex_position[REF_SCENE_MAX], triangles[REF_SCENE_MAX * 3];
    fmi_ref_mesh mesh; /**< points at the arrays above */
    fmi_ref_camera camera;
    fm_frame_counts counts;
    uint8_t *pixels;
    uint32_t *owner;
} ref_scene;

/** White background, culling on, identity camera, near 1/64. */
ref_scene *ref_scene_new(uint32_t width, uint32_t height);
void ref_scene_free(ref_scene *s);

/** A vertex with a position of its own, the same in A and B; uv 0, 0. Returns its index. */
uint32_t ref_scene_vertex(ref_scene *s, double x, double y, double w);
/** A vertex with a given uv. */
uint32_t ref_scene_vertex_uv(ref_scene *s, double x, double y, double w, float u, float v);
/** A triangle of three vertices; returns its index. */
uint32_t ref_scene_face(ref_scene *s, uint32_t i, uint32_t j, uint32_t k);
/** A triangle of three new vertices, x, y, w each; returns its index. */
uint32_t ref_scene_triangle(ref_scene *s, double x0, double y0, double w0, double x1, double y1,
                            double w1, double x2, double y2, double w2);

/** Renders the frame of weight t and asserts success. */
void ref_scene_render(ref_scene *s, const fmi_ref_texture *a, const fmi_ref_texture *b, float t);
/** Renders triangle `index` alone and adds 1 to hits of every pixel it covers. */
void ref_scene_hits(ref_scene *s, uint32_t index, uint32_t *hits);

/** First byte of pixel (x, y). */
const uint8_t *ref_scene_pixel(const ref_scene *s, uint32_t x, uint32_t y);

/** Phong light, by angles, at pixel (x, y) of a surface at distance w with unit normal n. */
double ref_scene_lit(const ref_scene *s, uint32_t x, uint32_t y, const double n[3], double w,
                     double texel);
/** A square texture of one colour for each level, 40 + step x level: shows which level was taken.
 *  Free with fmi_ref_texture_free. */
void ref_scene_level_marks(fmi_ref_texture *texture, uint32_t size, uint32_t step);

/** The byte of that colour. */
int ref_scene_byte(double colour);

#endif
