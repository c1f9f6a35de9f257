/* SPDX-License-Identifier: MIT */
/**
 * @file ref.h
 * The reference: every feature in plain double-precision C, written to be believed at sight. It
 * is the oracle of the tests and fmbench, and the renderer of `--device ref`. It sees only
 * cl/fm_shared.h and engine/include/fm, so it cannot share a bug with the code it judges.
 */
#ifndef FMI_REF_H
#define FMI_REF_H

#include "fm_shared.h"

#include <fm/heatmap.h>
#include <fm/render.h>

/** V = A + t (B - A) in double, rounded to float once. */
void fmi_ref_morph(const float *a, const float *b, uint32_t vertices, float t, float *out);

/**
 * base + sum over k of weights[k] * deltas[k] in double, rounded to float once; target k starts at
 * deltas + k * delta_stride.
 */
void fmi_ref_blend(const float *base, const float *deltas, size_t delta_stride, uint32_t values,
                   uint32_t targets, const float *weights, float *out);

/** What to render. All arrays are borrowed. */
typedef struct fmi_ref_mesh {
    const float *positions_a, *positions_b; /**< position_count x 3, centred */
    const uint32_t *vertex_position;        /**< per vertex: its position */
    const float *uvs;                       /**< vertex_count x 2; NULL = untextured */
    const uint32_t *triangles;              /**< triangle_count x 3 vertices */
    uint32_t position_count, vertex_count, triangle_count;
    /** A blend instead of the morph: A + sum over k of weights[k] * (target k - A); NULL = none. */
    const float *targets; /**< target_count x position_count x 3, centred */
    const float *weights; /**< of this frame */
    uint32_t target_count;
} fmi_ref_mesh;

/** Positions and unit normals of a blend, one of each a position; both position_count x 3. */
fm_status fmi_ref_blend_shape(const fmi_ref_mesh *mesh, double *positions, double *normals,
                              fm_error *err);

/** An RGB picture, 3 bytes a texel, no row padding, with its mips made by fmi_ref_mips. */
typedef struct fmi_ref_texture {
    uint8_t *level[FM_MAX_MIPS];
    uint32_t width[FM_MAX_MIPS], height[FM_MAX_MIPS];
    uint32_t mips;
    uint8_t *kept; /**< per texel of level 0: 255, 0 where it was filled, between the two where it
                        was resized from both; NULL = nothing was filled */
} fmi_ref_texture;

/** Fill, resize and mips as engine/pair_texture.h words them, the plain way. Free with
 *  fmi_ref_texture_free. width, height: size to resize to. */
fm_status fmi_ref_texture_make(fmi_ref_texture *texture, const fmi_ref_mesh *mesh,
                               const fm_image *image, bool keep_background, uint32_t width,
                               uint32_t height, uint64_t *filled, fm_error *err);
void fmi_ref_texture_free(fmi_ref_texture *texture);

/** Camera in double; the members mean what those of fm_scene mean. */
typedef struct fmi_ref_camera {
    double to_camera[12];
    double focal_px, half_width, half_height, near_w;
    uint32_t width, height;
    bool cull, transparent;
    uint8_t background[3];
    bool trilinear;   /**< texture filter: a level per pixel; false: one per triangle */
    uint32_t samples; /**< coverage samples a pixel: 0 or 1, or 4 */
} fmi_ref_camera;

/**
 * Renders one frame. a, b: both or none (NULL = grey 0.7).
 *
 * With 4 samples coverage and depth are per sample, colour is per pixel and triangle, taken at the
 * pixel's centre even where the triangle does not reach it; a pixel is the mean of the bytes of
 * its samples, background (transparent: zeros) where a sample shows nothing.
 *
 * @param pixels  height x width x (3, or 4 when transparent), no row padding
 * @param counts  optional; list_needed is 0. Covered: pixels of which at least one sample is;
 *                clipped: pixels in which a visible triangle's colour passes 1
 * @param owner   optional, width x height: index of the triangle each pixel shows (its first
 *                covered sample), UINT32_MAX none
 */
fm_status fmi_ref_render(const fmi_ref_mesh *mesh, const fmi_ref_texture *a,
                         const fmi_ref_texture *b, const fmi_ref_camera *camera, float t,
                         uint8_t *pixels, fm_frame_counts *counts, uint32_t *owner, fm_error *err);

/** Displacement of one position: normal (signed), tangent, total; n: any normal of A there. */
void fmi_ref_displacement(const double a[3], const double b[3], const double n[3], double out[3]);
/** The same for every position of a mesh, with the area-weighted normals of A. out: 3 rows of
 *  position_count. */
fm_status fmi_ref_shape_fields(const fmi_ref_mesh *mesh, double *out, fm_error *err);

/** 8-bit sRGB to CIE L*a*b*, D65, 2 degree observer. */
void fmi_ref_lab(const uint8_t rgb[3], double lab[3]);
/** CIEDE2000 with all weights 1, step by step as Sharma, Wu and Dalal (2005) word it. */
double fmi_ref_ciede2000(const double p[3], const double q[3]);
/** Luminance, chroma and CIEDE2000 differences of texel i of level 0: 0 where both are
 *  background. */
void fmi_ref_texture_fields(const fmi_ref_texture *a, const fmi_ref_texture *b, size_t i,
                            double out[3]);
/** A plane of width x height values at u, v: bilinear, border clamped. */
double fmi_ref_plane_at(const double *plane, uint32_t width, uint32_t height, double u, double v);

/** Statistics by sorting; everything 0 when nothing is finite. */
fm_status fmi_ref_statistics(const float *values, uint64_t count, fm_statistics *out,
                             fm_error *err);

/** What a panel shows at one pixel: a triangle and the perspective-correct weights of its corners
 *  in the order of the mesh. */
typedef struct fmi_ref_seen {
    uint32_t triangle; /**< UINT32_MAX = nothing */
    double weight[3];
} fmi_ref_seen;
/** What a camera sees of mesh A at every pixel, by the frames' rules, 1 sample. */
fm_status fmi_ref_see(const fmi_ref_mesh *mesh, const fmi_ref_camera *camera, fmi_ref_seen *seen,
                      fm_error *err);

#endif
