/* SPDX-License-Identifier: MIT */
/** @file heatmap_impl.h What a heatmap is made of; for the files of engine/ only. */
#ifndef FMI_HEATMAP_IMPL_H
#define FMI_HEATMAP_IMPL_H

#include "pair_impl.h"
#include "pair_texture.h"
#include "recovery.h"
#include "ref/ref.h"

#include <fm/heatmap.h>

/** Fine pixels along the edge of a panel's pixel: FMK_HEATMAP_FINE of heatmap_draw.cl. */
#define FMI_HEATMAP_FINE 2
#define FMI_HEATMAP_MAX_SIZE 4096U

enum {
    FMI_HEATMAP_SHAPE,
    FMI_HEATMAP_TEXTURE,
    FMI_HEATMAP_SAMPLE,
    FMI_HEATMAP_PROJECT,
    FMI_HEATMAP_CLEAR,
    FMI_HEATMAP_DEPTH,
    FMI_HEATMAP_OWNER,
    FMI_HEATMAP_PAINT,
    FMI_HEATMAP_KERNELS
};

/** How a field's values become entries of a table: value * scale + shift in [0, 1]. 16 bytes, read
 *  by fm_heatmap_paint as 4 floats. */
typedef struct fmi_heatmap_map {
    float scale, shift;
    float table; /**< fm_colormap */
    float reserved;
} fmi_heatmap_map;

struct fm_heatmap {
    fm_pair *pair;
    uint32_t fields;        /**< 3 or 6 */
    uint32_t width, height; /**< texels of a plane; 0 = untextured */
    uint32_t padded;        /**< vertices, rounded up */
    uint32_t band;  /**< rows of a plane that the device holds; height unless memory is short */
    uint32_t strip; /**< rows of a panel that are drawn at once, likewise */
    fmi_recovery recovery; /**< of bands, or of strips in a draw */
    bool has_run, drawn;
    bool widened;          /* host_planes are those of the last run */
    const uint32_t *place; /* of each joint vertex in values; NULL = in the joint order */
    float position_scale;  /* what stored positions are to be multiplied by */
    float field_scale;     /* what stored shape fields are to be multiplied by */

    /* On the device; all zero with the reference. geometry, triangles and texels are the pair's. */
    fmi_buffer *geometry, *triangles, *texels;
    fmi_buffer linear, tables; /**< sRGB curve; both colour tables as words, R lowest */
    fmi_buffer values;         /**< fields rows of padded fields: at the vertices */
    fmi_buffer planes;         /**< 3 planes of width x band fields */
    fmi_buffer xyw, depth, owner, maps, panels;
    cl_program program;
    cl_kernel kernel[FMI_HEATMAP_KERNELS];
    void *mapped_planes, *mapped_panels;

    /* On the host. */
    float *vertex_values;   /**< values in floats, in the order of the device */
    float *position_values; /**< 3 rows of positions: what fm_heatmap_values gives for shape */
    float *host_planes;     /**< reference, 16-bit fields, or bands: the planes */
    uint8_t *host_panels;   /**< reference, or strips */
    float reach[FM_FIELDS]; /**< largest magnitude at a vertex */
    uint32_t panel_width, panel_height;
};

/** Colours that a work-item of the texture kernel does at a time: FMK_LANES. */
uint32_t fmi_heatmap_lanes(const fm_engine *engine);
/** One launch of dims 1 or 2; items[0] is rounded up to the group. */
fm_status fmi_heatmap_launch(fm_heatmap *h, uint32_t kernel, const fmi_arg *args, uint32_t count,
                             size_t columns, size_t rows, fm_error *err);
/** The mapping of one field's values to its colour table. */
fmi_heatmap_map fmi_heatmap_map_of(const fm_heatmap *h, fm_field field);
/** A buffer of at least bytes, kept when it is large enough. */
fm_status fmi_heatmap_need(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags, uint64_t bytes,
                           const char *what, fm_error *err);

/* Where memory is short: heatmap_bands.c. */

/** Bytes of the planes of so many rows. */
uint64_t fmi_heatmap_plane_bytes(const fm_heatmap *h, uint32_t rows);
bool fmi_heatmap_banded(const fm_heatmap *h);
/** The highest band that fits the budget beside `values` bytes. Begins recovery. */
fm_status fmi_heatmap_plan_bands(fm_heatmap *h, uint64_t values, fm_error *err);
/** After a failure: a smaller band, and room for it. False: that does not help. */
bool fmi_heatmap_smaller_band(fm_heatmap *h, fm_status status, const fm_error *err);
/** Makes rows of the planes, from first on, and their samples at the vertices. */
typedef fm_status (*fmi_heatmap_band_fn)(fm_heatmap *h, uint32_t first, uint32_t rows,
                                         fm_error *err);
/** All bands; where there is more than one, the planes end on the host. */
fm_status fmi_heatmap_run_bands(fm_heatmap *h, fmi_heatmap_band_fn run, fm_error *err);
/** Rows that the device has, to host_planes. */
fm_status fmi_heatmap_keep_rows(fm_heatmap *h, uint32_t first, uint32_t rows, fm_error *err);
/** As fmi_heatmap_smaller_band, for strips of a draw. */
bool fmi_heatmap_smaller_strip(fm_heatmap *h, fm_status status, fm_error *err);
/** Rows of all panels that were painted, to host_panels. */
fm_status fmi_heatmap_keep_strip(fm_heatmap *h, const fm_view *view, uint32_t first, uint32_t rows,
                                 fm_error *err);

/**
 * Sees to it that bytes more fit the engine's memory budget: the frame buffers of the pair's
 * renderer, which the next render makes again, go first.
 * @retval FM_ERROR_LIMIT they still do not fit a limit that the caller has set
 */
fm_status fmi_heatmap_room(const fm_heatmap *h, uint64_t bytes, fm_error *err);

/* Fields as 16-bit floats: those of an fm_pair_params.half pair. */

/** A power of two that keeps displacements in the range of 16-bit floats when divided by it. */
float fmi_heatmap_field_scale(const fmi_joined *joined);
/** 16-bit floats, times scale. */
void fmi_heatmap_wide(const uint16_t *from, uint64_t count, float scale, float *to);
/** Reads values as floats to vertex_values. */
fm_status fmi_heatmap_read_half(fm_heatmap *h, fm_error *err);
/** Reads the planes as floats to host_planes, once a run. */
fm_status fmi_heatmap_widen(fm_heatmap *h, fm_error *err);

/** The same by the reference: fields to vertex_values and host_planes, panels to host_panels. */
fm_status fmi_heatmap_run_ref(fm_heatmap *h, fm_error *err);
fm_status fmi_heatmap_draw_ref(fm_heatmap *h, const fm_view *view, const fmi_camera *camera,
                               fm_error *err);
/** One panel of the reference from the values at the vertices; seen: what every fine pixel of the
 *  view shows. out: RGB, height x width x 3. */
void fmi_heatmap_paint_ref(const fm_heatmap *h, const fmi_ref_mesh *mesh, const fmi_ref_seen *seen,
                           const fm_view *view, fm_field field, uint8_t *out);

#endif
