/* SPDX-License-Identifier: MIT */
/* The panels: visibility of mesh A once, then all fields in one pass over the pixels. */
#include "heatmap_impl.h"

#include "error.h"

#include <stdlib.h>

#define ROUND 16U /* fine pixels that fm_heatmap_clear does at once */

fmi_heatmap_map fmi_heatmap_map_of(const fm_heatmap *h, fm_field field) {
    float reach = h->reach[field];
    bool is_signed = fm_field_signed(field);
    fmi_heatmap_map map = {.shift = is_signed ? 0.5F : 0.0F,
                           .table =
                               (float)(is_signed ? FM_COLORMAP_COOLWARM : FM_COLORMAP_VIRIDIS)};
    if (reach > 0.0F)
        map.scale = (is_signed ? 0.5F : 1.0F) / reach;
    return map;
}

static fm_status unmap_panels(fm_heatmap *h, fm_error *err) {
    free(h->host_panels);
    h->host_panels = NULL;
    h->drawn = false;
    return h->mapped_panels ? fmi_buffer_unmap(&h->panels, &h->mapped_panels, err) : FM_OK;
}

/* Of a strip. */
typedef struct draw_bytes {
    uint64_t vertices, fine, panels;
} draw_bytes;

static draw_bytes bytes_of(const fm_heatmap *h, const fm_view *view, uint32_t rows) {
    uint64_t pixels = (uint64_t)view->width * rows, fine = FMI_HEATMAP_FINE * FMI_HEATMAP_FINE;
    return (draw_bytes){.vertices = 4 * sizeof(int32_t) * (uint64_t)h->padded,
                        .fine = sizeof(uint32_t) * ((fine * pixels + ROUND - 1) / ROUND * ROUND),
                        .panels = 3 * h->fields * pixels};
}

/* The highest strip that fits the budget. Begins recovery. */
static fm_status plan_strips(fm_heatmap *h, const fm_view *view, fm_error *err) {
    fm_status status = FM_OK;
    h->strip = view->height;
    for (;; h->strip = (h->strip + 1) / 2) {
        draw_bytes b = bytes_of(h, view, h->strip);
        if (h->panels.bytes < b.panels)
            status = fmi_heatmap_room(h, b.vertices + 2 * b.fine + b.panels, err);
        if (status != FM_ERROR_LIMIT || h->strip == 1)
            break;
    }
    fmi_recovery_begin(&h->recovery, h->strip > 1 ? h->strip : 2);
    return status;
}

static fm_status make_buffers(fm_heatmap *h, draw_bytes b, fm_error *err) {
    fmi_queue *queue = h->pair->engine->queue;
    fm_status status =
        fmi_heatmap_need(&h->xyw, queue, CL_MEM_READ_WRITE, b.vertices, "projected vertices", err);
    if (status == FM_OK)
        status = fmi_heatmap_need(&h->depth, queue, CL_MEM_READ_WRITE, b.fine, "depth", err);
    if (status == FM_OK)
        status = fmi_heatmap_need(&h->owner, queue, CL_MEM_READ_WRITE, b.fine, "triangles", err);
    if (status == FM_OK)
        status = fmi_heatmap_need(&h->maps, queue, CL_MEM_READ_ONLY,
                                  sizeof(fmi_heatmap_map) * FM_FIELDS, "colour ranges", err);
    if (status == FM_OK)
        status = fmi_heatmap_need(&h->panels, queue, CL_MEM_WRITE_ONLY, b.panels, "panels", err);
    return status;
}

static fm_status write_maps(fm_heatmap *h, fm_error *err) {
    fmi_heatmap_map maps[FM_FIELDS] = {{0}};
    for (uint32_t k = 0; k < h->fields; k++)
        maps[k] = fmi_heatmap_map_of(h, (fm_field)k);
    for (uint32_t k = 0; k < FM_SHAPE_FIELDS; k++)
        maps[k].scale *= h->field_scale; /* a power of two */
    return fmi_buffer_write(&h->maps, 0, sizeof maps, maps, err);
}

static fm_status launch_project(fm_heatmap *h, const fmi_camera *camera, uint32_t first,
                                fm_error *err) {
    cl_float16 c;
    cl_int above = (cl_int)(first * FMI_HEATMAP_FINE);
    for (int i = 0; i < 12; i++)
        c.s[i] = (float)camera->to_camera[i] * (i % 4 < 3 ? h->position_scale : 1.0F);
    c.s[12] = (float)camera->focal_px;
    c.s[13] = (float)camera->half_width;
    c.s[14] = (float)camera->half_height;
    c.s[15] = (float)camera->near_w;
    fmi_arg args[] = {FMI_ARG(h->geometry->mem), FMI_ARG(h->xyw.mem), FMI_ARG(h->padded),
                      FMI_ARG(c), FMI_ARG(above)};
    return fmi_heatmap_launch(h, FMI_HEATMAP_PROJECT, args, 5, h->padded, 1, err);
}

/* Rows a work-item walks of a triangle: all of them, but for devices that stop long loops. */
static uint32_t rows_per_item(const fm_heatmap *h, uint32_t width, uint32_t height) {
    uint32_t loop = h->pair->engine->caps.max_loop;
    if (loop == 0 || loop / width >= height)
        return height;
    return loop / width > 1 ? loop / width - 1 : 1;
}

static fm_status launch_visibility(fm_heatmap *h, uint32_t width, uint32_t height, uint32_t pixels,
                                   uint32_t cull, fm_error *err) {
    uint32_t count = h->pair->joined.triangle_count, rows = rows_per_item(h, width, height);
    uint32_t bands = (height + rows - 1) / rows;
    fmi_arg clear[] = {FMI_ARG(h->depth.mem), FMI_ARG(h->owner.mem), FMI_ARG(pixels)};
    fmi_arg depth[] = {FMI_ARG(h->triangles->mem),
                       FMI_ARG(h->xyw.mem),
                       FMI_ARG(h->depth.mem),
                       FMI_ARG(count),
                       FMI_ARG(width),
                       FMI_ARG(height),
                       FMI_ARG(rows),
                       FMI_ARG(cull)};
    fmi_arg owner[] = {FMI_ARG(h->triangles->mem),
                       FMI_ARG(h->xyw.mem),
                       FMI_ARG(h->depth.mem),
                       FMI_ARG(h->owner.mem),
                       FMI_ARG(count),
                       FMI_ARG(width),
                       FMI_ARG(height),
                       FMI_ARG(rows),
                       FMI_ARG(cull)};
    fm_status status = fmi_heatmap_launch(h, FMI_HEATMAP_CLEAR, clear, 3, pixels / ROUND, 1, err);
    if (status == FM_OK)
        status = fmi_heatmap_launch(h, FMI_HEATMAP_DEPTH, depth, 8, count, bands, err);
    if (status == FM_OK)
        status = fmi_heatmap_launch(h, FMI_HEATMAP_OWNER, owner, 9, count, bands, err);
    return status;
}

static fm_status launch_paint(fm_heatmap *h, uint32_t width, uint32_t height, uint32_t cull,
                              fm_error *err) {
    fmi_arg args[] = {FMI_ARG(h->triangles->mem),
                      FMI_ARG(h->xyw.mem),
                      FMI_ARG(h->owner.mem),
                      FMI_ARG(h->values.mem),
                      FMI_ARG(h->maps.mem),
                      FMI_ARG(h->tables.mem),
                      FMI_ARG(h->panels.mem),
                      FMI_ARG(h->padded),
                      FMI_ARG(h->fields),
                      FMI_ARG(width),
                      FMI_ARG(height),
                      FMI_ARG(cull)};
    return fmi_heatmap_launch(h, FMI_HEATMAP_PAINT, args, 12, width, height, err);
}

static fm_status draw_strip(fm_heatmap *h, const fm_view *view, const fmi_camera *camera,
                            uint32_t first, uint32_t rows, fm_error *err) {
    uint32_t width = view->width * FMI_HEATMAP_FINE, height = rows * FMI_HEATMAP_FINE;
    uint32_t pixels = (width * height + ROUND - 1) / ROUND * ROUND, cull = view->no_cull ? 0 : 1;
    fm_status status = launch_project(h, camera, first, err);
    if (status == FM_OK)
        status = launch_visibility(h, width, height, pixels, cull, err);
    if (status == FM_OK)
        status = launch_paint(h, view->width, rows, cull, err);
    return status == FM_OK ? fmi_queue_finish(h->pair->engine->queue, err) : status;
}

static fm_status draw_once(fm_heatmap *h, const fm_view *view, const fmi_camera *camera,
                           fm_error *err) {
    draw_bytes b = bytes_of(h, view, h->strip);
    fm_status status = make_buffers(h, b, err);
    if (status == FM_OK)
        status = write_maps(h, err);
    for (uint32_t first = 0; first < view->height && status == FM_OK; first += h->strip) {
        uint32_t left = view->height - first, rows = left < h->strip ? left : h->strip;
        status = draw_strip(h, view, camera, first, rows, err);
        if (status == FM_OK && h->strip < view->height)
            status = fmi_heatmap_keep_strip(h, view, first, rows, err);
    }
    if (status == FM_OK && h->strip >= view->height)
        status = fmi_buffer_map(&h->panels, CL_MAP_READ, 0, b.panels, &h->mapped_panels, err);
    return status;
}

static fm_status draw_device(fm_heatmap *h, const fm_view *view, const fmi_camera *camera,
                             fm_error *err) {
    fm_error own = {0};
    err = err ? err : &own; /* recovery looks at the code */
    fm_status status = plan_strips(h, view, err);
    if (status != FM_OK)
        return status;
    do
        status = draw_once(h, view, camera, err);
    while (status != FM_OK && fmi_heatmap_smaller_strip(h, status, err));
    return status;
}

/* The camera of the view, in fine pixels. */
static fm_status fine_camera(const fm_heatmap *h, const fm_view *view, fmi_camera *camera,
                             fm_error *err) {
    fm_view fine = *view;
    if (view->width > FMI_HEATMAP_MAX_SIZE || view->height > FMI_HEATMAP_MAX_SIZE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_heatmap_draw: panels of %ux%u; at most %ux%u are possible", view->width,
                        view->height, FMI_HEATMAP_MAX_SIZE, FMI_HEATMAP_MAX_SIZE);
    fine.width *= FMI_HEATMAP_FINE;
    fine.height *= FMI_HEATMAP_FINE;
    return fmi_camera_make(camera, &h->pair->joined, &fine, err);
}

fm_status fm_heatmap_draw(fm_heatmap *heatmap, const fm_view *view, fm_error *err) {
    fm_view resolved;
    fmi_camera camera;
    if (!heatmap || !heatmap->has_run)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_heatmap_draw: call fm_heatmap_run first");
    fm_status status = unmap_panels(heatmap, err);
    if (status == FM_OK)
        status = fmi_view_resolve(view, &resolved, err);
    if (status == FM_OK)
        status = fine_camera(heatmap, &resolved, &camera, err);
    if (status != FM_OK)
        return status;
    status = heatmap->pair->engine->reference
                 ? fmi_heatmap_draw_ref(heatmap, &resolved, &camera, err)
                 : draw_device(heatmap, &resolved, &camera, err);
    heatmap->panel_width = resolved.width;
    heatmap->panel_height = resolved.height;
    heatmap->drawn = status == FM_OK;
    return fmi_while(err, status, "drawing the heatmaps");
}

fm_status fm_heatmap_panel(fm_heatmap *heatmap, fm_field field, fm_panel *panel, fm_error *err) {
    if (!heatmap || !panel || !heatmap->drawn || (uint32_t)field >= heatmap->fields)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_heatmap_panel: a NULL, no fm_heatmap_draw before, or field %d of %u",
                        (int)field, heatmap ? heatmap->fields : 0);
    const uint8_t *panels = heatmap->host_panels ? heatmap->host_panels : heatmap->mapped_panels;
    size_t bytes = 3 * (size_t)heatmap->panel_width * heatmap->panel_height;
    float reach = heatmap->reach[field];
    *panel = (fm_panel){.image = {.pixels = panels + (size_t)field * bytes,
                                  .width = heatmap->panel_width,
                                  .height = heatmap->panel_height,
                                  .channels = 3,
                                  .row_bytes = 3 * heatmap->panel_width},
                        .low = fm_field_signed(field) ? -reach : 0.0F,
                        .high = reach};
    return FM_OK;
}
