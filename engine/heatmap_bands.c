/* SPDX-License-Identifier: MIT */
/*
 * What the heatmaps do when memory is short: the renderer's frame buffers go first, then the
 * differences of the textures are made a band of rows at a time, and panels drawn a strip at a
 * time; both are put together on the host. The same kernels, so the same bytes.
 */
#include "heatmap_impl.h"

#include "error.h"
#include "half.h"
#include "raster_impl.h"
#include "recovered.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_BAND 2U /* bilinear samples see two rows */

/* ---- bands of the textures ---- */

uint64_t fmi_heatmap_plane_bytes(const fm_heatmap *h, uint32_t rows) {
    return 3 * (h->pair->half ? sizeof(uint16_t) : sizeof(float)) * (uint64_t)h->width * rows;
}

static uint32_t least_band(const fm_heatmap *h) {
    return h->height < LEAST_BAND ? h->height : LEAST_BAND;
}

bool fmi_heatmap_banded(const fm_heatmap *h) {
    return h->band < h->height;
}

fm_status fmi_heatmap_plan_bands(fm_heatmap *h, uint64_t values, fm_error *err) {
    h->band = h->height;
    fm_status status = fmi_heatmap_room(h, values + fmi_heatmap_plane_bytes(h, h->band), err);
    while (status == FM_ERROR_LIMIT && h->band > least_band(h)) {
        h->band = h->band / 2 > LEAST_BAND ? h->band / 2 : least_band(h);
        status = fmi_heatmap_room(h, values + fmi_heatmap_plane_bytes(h, h->band), err);
    }
    fmi_recovery_begin(&h->recovery, h->band > 1 ? h->band : 2);
    return status;
}

bool fmi_heatmap_smaller_band(fm_heatmap *h, fm_status status, const fm_error *err) {
    static const fmi_piecework work = {.stage = "heatmaps", .unit = "rows", .each = 1};
    if (!fmi_recovered(h->pair->engine, &h->recovery, &work, status, err))
        return false;
    fmi_raster_idle(h->pair->state);
    fmi_buffer_destroy(&h->planes);
    if (h->height != 0)
        h->band = h->recovery.batch > least_band(h) ? h->recovery.batch : least_band(h);
    return true;
}

static fm_status need_host_planes(fm_heatmap *h, fm_error *err) {
    if (!h->host_planes)
        h->host_planes = malloc(3 * (size_t)h->width * h->height * sizeof *h->host_planes);
    if (h->host_planes)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for differences of %u x %u texels",
                    h->width, h->height);
}

/* rows of the device's planes to their place on the host. */
static void put_rows(fm_heatmap *h, const void *stored, uint32_t first, uint32_t rows) {
    size_t plane = (size_t)h->width * h->height, part = (size_t)h->width * rows;
    for (size_t k = 0; k < 3; k++) {
        float *to = h->host_planes + k * plane + (size_t)first * h->width;
        if (h->pair->half)
            fmi_heatmap_wide((const uint16_t *)stored + k * part, part, 1.0F, to);
        else
            memcpy(to, (const float *)stored + k * part, part * sizeof *to);
    }
}

fm_status fmi_heatmap_keep_rows(fm_heatmap *h, uint32_t first, uint32_t rows, fm_error *err) {
    void *stored = NULL;
    fm_status status = need_host_planes(h, err);
    if (status == FM_OK)
        status = fmi_buffer_map(&h->planes, CL_MAP_READ, 0, fmi_heatmap_plane_bytes(h, rows),
                                &stored, err);
    if (status != FM_OK)
        return status;
    put_rows(h, stored, first, rows);
    return fmi_buffer_unmap(&h->planes, &stored, err);
}

fm_status fmi_heatmap_run_bands(fm_heatmap *h, fmi_heatmap_band_fn run, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t first = 0; first < h->height && status == FM_OK;) {
        uint32_t left = h->height - first, rows = left < h->band ? left : h->band;
        status = run(h, first, rows, err);
        if (status == FM_OK && fmi_heatmap_banded(h))
            status = fmi_heatmap_keep_rows(h, first, rows, err);
        first += rows < left ? rows - 1 : rows; /* samples between two bands see both */
    }
    if (status == FM_OK && fmi_heatmap_banded(h)) {
        fmi_buffer_destroy(&h->planes);
        h->widened = true;
    }
    return status;
}

/* ---- strips of the panels ---- */

/* What was not given out goes to the host. */
static fm_status put_planes_away(fm_heatmap *h, fm_error *err) {
    if (!h->planes.mem || h->mapped_planes || !h->has_run)
        return FM_OK;
    fm_status status = h->widened ? FM_OK : fmi_heatmap_keep_rows(h, 0, h->height, err);
    if (status == FM_OK) {
        h->widened = true;
        fmi_buffer_destroy(&h->planes);
    }
    return status;
}

static void drop_draw_buffers(fm_heatmap *h) {
    fmi_buffer_destroy(&h->xyw);
    fmi_buffer_destroy(&h->depth);
    fmi_buffer_destroy(&h->owner);
    fmi_buffer_destroy(&h->panels);
}

bool fmi_heatmap_smaller_strip(fm_heatmap *h, fm_status status, fm_error *err) {
    static const fmi_piecework work = {.stage = "panels", .unit = "rows", .each = 1};
    if (!fmi_recovered(h->pair->engine, &h->recovery, &work, status, err))
        return false;
    fmi_raster_idle(h->pair->state);
    drop_draw_buffers(h);
    h->strip = h->recovery.batch;
    return put_planes_away(h, err) == FM_OK;
}

fm_status fmi_heatmap_keep_strip(fm_heatmap *h, const fm_view *view, uint32_t first, uint32_t rows,
                                 fm_error *err) {
    size_t row = 3 * (size_t)view->width, panel = row * view->height;
    if (!h->host_panels)
        h->host_panels = malloc(panel * h->fields);
    if (!h->host_panels)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for panels of %ux%u", view->width,
                        view->height);
    void *stored = NULL;
    fm_status status =
        fmi_buffer_map(&h->panels, CL_MAP_READ, 0, row * rows * h->fields, &stored, err);
    if (status != FM_OK)
        return status;
    for (size_t k = 0; k < h->fields; k++)
        memcpy(h->host_panels + k * panel + row * first, (uint8_t *)stored + k * row * rows,
               row * rows);
    return fmi_buffer_unmap(&h->panels, &stored, err);
}
