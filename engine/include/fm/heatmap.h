/* SPDX-License-Identifier: MIT */
/**
 * @file heatmap.h
 * How two heads differ: displacements at the positions, colour differences at the texels, their
 * statistics, and panels that show them on mesh A.
 *
 *     fm_heatmap *heatmap = NULL;
 *     fm_view view = {.struct_size = sizeof view, .width = 720, .height = 720};
 *     fm_heatmap_create(&heatmap, pair, &err);
 *     fm_heatmap_run(heatmap, &err);                        // all fields
 *     fm_heatmap_draw(heatmap, &view, &err);                // all panels
 *     fm_heatmap_panel(heatmap, FM_FIELD_NORMAL, &panel, &err);
 *     fm_heatmap_values(heatmap, FM_FIELD_NORMAL, &values, &count, &err);
 *     fm_heatmap_destroy(&heatmap);
 *
 * Shape, with d = B - A and N the unit normal of A (area-weighted mean of the faces around):
 * normal = d . N, positive outwards; tangent = |d - (d . N) N|; total = |d|. Units are those of
 * the meshes.
 *
 * Texture, with both texels in CIE L*a*b* (sRGB, D65, 2 degree observer): luminance = L*_B - L*_A;
 * chroma = sqrt(da*^2 + db*^2); delta E = CIEDE2000 with weights 1 (G. Sharma, W. Wu, E. N. Dalal,
 * 2005). All three are 0 where both texels are background: filled by fm_pair_create, or with a
 * mean of R, G and B below 0.1. B's texture counts as resized to A's.
 *
 * A pair made with fm_pair_params.half keeps its fields as 16-bit floats on the device, half the
 * memory: texture fields are then rounded to 11 bits, displacements are off by up to about 1 % of
 * the largest one. Values come out as 32-bit floats all the same.
 *
 * Threads: as its engine; what values and panels hand out may be read by any thread meanwhile.
 */
#ifndef FM_HEATMAP_H
#define FM_HEATMAP_H

#include <fm/pair.h>
#include <fm/render.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a map shows. The first three are one value a position, the others one a texel of A. */
typedef enum fm_field {
    FM_FIELD_NORMAL = 0, /**< signed */
    FM_FIELD_TANGENT,
    FM_FIELD_TOTAL,
    FM_FIELD_LUMINANCE, /**< signed */
    FM_FIELD_CHROMA,
    FM_FIELD_DELTA_E
} fm_field;
#define FM_FIELDS 6       /**< fields of a textured pair */
#define FM_SHAPE_FIELDS 3 /**< the first of them, all that an untextured pair has */

/** "normal_displacement", "tangent_displacement", "total_displacement", "luminance_difference",
 *  "chrominance_difference", "perceptual_difference". Static text. */
FM_API const char *fm_field_name(fm_field field);
/** True for the fields that are drawn around 0. */
FM_API bool fm_field_signed(fm_field field);

/** Colour tables. */
typedef enum fm_colormap {
    FM_COLORMAP_COOLWARM = 0, /**< signed fields: blue, grey, red (K. Moreland, 2009) */
    FM_COLORMAP_VIRIDIS       /**< magnitudes: S. van der Walt and N. Smith, CC0 */
} fm_colormap;
/** The 256 RGB entries of a table; a value in [0, 1] has entry min(255, floor(256 value)). */
FM_API void fm_colormap_table(fm_colormap map, uint8_t rgb[256][3]);

/** Opaque. */
typedef struct fm_heatmap fm_heatmap;

/**
 * Prepares the heatmaps of a pair: kernels and device memory (fm_heatmap_bytes). The pair is
 * borrowed and outlives the heatmap. Where memory is short, here or later, the renderer's frame
 * buffers go, then textures are taken a band of rows at a time and panels drawn in strips: the same
 * values and pixels.
 * @retval FM_ERROR_DEVICE_MEMORY no room for the values at the vertices and two rows of texels
 */
FM_API fm_status fm_heatmap_create(fm_heatmap **heatmap, fm_pair *pair, fm_error *err);
FM_API void fm_heatmap_destroy(fm_heatmap **heatmap); /**< accepts NULL */

/** Device bytes that the fields and the panels (once drawn) take. */
FM_API uint64_t fm_heatmap_bytes(const fm_heatmap *heatmap);
/** Fields there are: FM_FIELDS, or FM_SHAPE_FIELDS for an untextured pair. */
FM_API uint32_t fm_heatmap_fields(const fm_heatmap *heatmap);

/** Computes every field and waits. Nothing goes up or down but a table of 256 floats. What
 *  fm_heatmap_values and fm_heatmap_panel gave out before is no longer valid. */
FM_API fm_status fm_heatmap_run(fm_heatmap *heatmap, fm_error *err);

/**
 * The values of one field of the last run: one per position in the order of fm_pair_positions, or
 * one per texel of A's texture, top row first.
 * @param values out: valid until the next run or destroy
 * @param count  out: number of values
 */
FM_API fm_status fm_heatmap_values(fm_heatmap *heatmap, fm_field field, const float **values,
                                   uint64_t *count, fm_error *err);

/**
 * Positions of both meshes as the fields see them, in the coordinates of A's file (B aligned).
 * @param a, b  out: 3 values a position
 * @param count positions that a and b have room for; must be fm_pair_info.positions
 */
FM_API fm_status fm_heatmap_positions(const fm_heatmap *heatmap, float *a, float *b, uint32_t count,
                                      fm_error *err);

/**
 * Draws a panel for every field: mesh A, unlit, white outside, each pixel the mean of 4 samples.
 * Texture fields are sampled at the vertices (bilinear, border clamped) and go over the triangles
 * as the others do. Colours reach from -m to m for signed fields and from 0 to m for magnitudes;
 * m is the largest magnitude at a vertex. The view's camera, size, fit and culling count; size at
 * most 4096 x 4096.
 */
FM_API fm_status fm_heatmap_draw(fm_heatmap *heatmap, const fm_view *view, fm_error *err);

/** One drawn panel. */
typedef struct fm_panel {
    fm_image image;  /**< RGB; valid until the next run, draw or destroy */
    float low, high; /**< values of the two ends of the colour table; low == high: all zero */
} fm_panel;
/** The panel of one field, after fm_heatmap_draw. */
FM_API fm_status fm_heatmap_panel(fm_heatmap *heatmap, fm_field field, fm_panel *panel,
                                  fm_error *err);

/** Finite values in numbers. */
typedef struct fm_statistics {
    uint64_t count;   /**< finite values; 0: everything else is 0 */
    double mean, std; /**< std: divided by count, not count - 1 */
    double min, max;
    double p25, p50, p75, p90, p95, p99; /**< between two values by linear interpolation */
} fm_statistics;
/** Statistics of any floats: exact order statistics by counting, sums in double. Host only; about
 *  4 ns a value on one thread. */
FM_API fm_status fm_statistics_make(fm_statistics *statistics, const float *values, uint64_t count,
                                    fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
