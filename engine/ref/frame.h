/* SPDX-License-Identifier: MIT */
/**
 * @file frame.h
 * Inside the reference renderer: one frame goes through vertices (vertex.c), triangles on the
 * sub-pixel grid (triangle.c), visibility (raster.c) and shading (shade.c, sample.c).
 */
#ifndef FMI_REF_FRAME_H
#define FMI_REF_FRAME_H

#include "ref.h"
#include "vec.h"

/** A vertex seen by the camera. */
typedef struct fmi_ref_vertex {
    bool outside; /**< before the near plane or out of the guard band: its triangles are rejected */
    int64_t x, y; /**< snapped screen position in 1/16 pixel, y down */
    double inverse_w; /**< 1 / w, w = -z of the camera space */
    fmi_vec normal;   /**< unit length, camera space */
    double u, v;
} fmi_ref_vertex;

/** What the steps of one frame share. Zeroed at birth; free with fmi_ref_frame_free. */
typedef struct fmi_ref_frame {
    const fmi_ref_mesh *mesh;
    const fmi_ref_camera *camera;
    const fmi_ref_texture *a, *b; /**< both NULL = untextured */
    double t;
    fmi_ref_vertex *vertices; /**< mesh->vertex_count */
    uint32_t samples;         /**< a pixel: 1 or 4 */
    float *depth;             /**< per sample: the 1/w that won, rounded to float */
    uint32_t *owner;          /**< per sample: its triangle, UINT32_MAX = none */
} fmi_ref_frame;

/** Fills frame->vertices. */
fm_status fmi_ref_vertices(fmi_ref_frame *frame, fm_error *err);

/** A triangle that can be drawn: corners ordered so that det > 0. */
typedef struct fmi_ref_triangle {
    const fmi_ref_vertex *corner[3];
    int64_t det; /**< twice the area on the 1/16 grid */
} fmi_ref_triangle;

/** Whether a corner of the triangle is outside. */
bool fmi_ref_triangle_rejected(const fmi_ref_frame *frame, uint32_t index);
/** Sets up a triangle that is not rejected; false when it is culled or has no area. */
bool fmi_ref_triangle_make(fmi_ref_triangle *triangle, const fmi_ref_frame *frame, uint32_t index);
/** Edge functions at a point of the 1/16 grid; edge[k] is opposite corner k, their sum is det. */
void fmi_ref_triangle_edges(const fmi_ref_triangle *triangle, int64_t x, int64_t y,
                            int64_t edge[3]);
/** Whether the point with these edge values is inside, by the top-left rule. */
bool fmi_ref_triangle_covers(const fmi_ref_triangle *triangle, const int64_t edge[3]);
/** 1/w at the point with these edge values. */
double fmi_ref_triangle_inverse_w(const fmi_ref_triangle *triangle, const int64_t edge[3]);

/** What the three corners come to at the centre of one pixel, perspective-correct. */
typedef struct fmi_ref_fragment {
    uint32_t triangle;
    int64_t det;
    double w;       /**< between those of the corners, also where the centre is not covered */
    fmi_vec normal; /**< unit length, camera space */
    double u, v;    /**< clamped to [0, 1] */
    double stretch; /**< |det d(u, v) / d(x, y)|, x and y in pixels, u and v not clamped */
} fmi_ref_fragment;

/** Interpolates triangle `index` at the centre of pixel (i, j). */
fmi_ref_fragment fmi_ref_interpolate(const fmi_ref_frame *frame, uint32_t index, uint32_t i,
                                     uint32_t j);

/** Colour of pixel (i, j) in [0, ...), not clamped. */
fmi_vec fmi_ref_shade(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment, uint32_t i,
                      uint32_t j);
/** Blend of both textures at the fragment, in [0, 1]. */
fmi_vec fmi_ref_sample(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment);

#endif
