/* SPDX-License-Identifier: MIT */
/*
 * The pipeline for CPU devices: blocks of vertices, chunks of triangles, one work-item a tile.
 * Each step is one launch for a whole batch. Of vertices and tiles frames are the inner dimension,
 * so that what they share (geometry, texels) is read from memory once. Of chunks they are the outer
 * one: drivers hand out halves of what is left, and halves of the frames cost the same.
 */
#include "raster_impl.h"

#define VERTEX_RUN 64 /* blocks of 8 vertices per item: FMK_VERTEX_RUN of raster_vertex.cl */

enum { KERNEL_VERTEX, KERNEL_COUNT, KERNEL_SCAN, KERNEL_FILL, KERNEL_RASTER, KERNEL_SUM };

static fm_status run_vertex(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    cl_mem source = NULL;
    fm_status status = fmi_raster_shapes(r, first, frames, &source, err);
    if (status != FM_OK)
        return status;
    fmi_arg args[] = {FMI_ARG(r->scene.mem),
                      FMI_ARG(r->geometry.mem),
                      FMI_ARG(source),
                      FMI_ARG(r->part[FMI_PART_XYW]->mem),
                      FMI_ARG(r->part[FMI_PART_ATTR]->mem),
                      FMI_ARG(r->padded),
                      FMI_ARG(first)};
    size_t items = (r->padded / 8 + VERTEX_RUN - 1) / VERTEX_RUN;
    fmi_step step = {KERNEL_VERTEX, args, 7, {frames, items}, 1, FMI_STAGE_VERTEX};
    return fmi_raster_step(r, &step, err);
}

static fm_status run_bin(fmi_raster *r, uint32_t frames, fm_error *err) {
    cl_mem xyw = r->part[FMI_PART_XYW]->mem, kept = r->part[FMI_PART_KEPT]->mem;
    cl_mem kept_count = r->part[FMI_PART_KEPT_COUNT]->mem, counts = r->part[FMI_PART_COUNTS]->mem;
    cl_mem rejected = r->part[FMI_PART_REJECTED]->mem, attr = r->part[FMI_PART_ATTR]->mem;
    cl_mem kept_tile = r->part[FMI_PART_KEPT_TILE]->mem;
    fmi_arg count[] = {
        FMI_ARG(r->scene.mem), FMI_ARG(r->triangles.mem), FMI_ARG(xyw),        FMI_ARG(attr),
        FMI_ARG(kept),         FMI_ARG(kept_tile),        FMI_ARG(kept_count), FMI_ARG(counts),
        FMI_ARG(rejected),     FMI_ARG(r->padded)};
    fmi_arg scan[] = {FMI_ARG(r->scene.mem), FMI_ARG(counts), FMI_ARG(rejected),
                      FMI_ARG(r->part[FMI_PART_STARTS]->mem),
                      FMI_ARG(r->part[FMI_PART_FRAME_COUNTS]->mem)};
    fmi_arg fill[] = {FMI_ARG(r->scene.mem),
                      FMI_ARG(kept),
                      FMI_ARG(kept_tile),
                      FMI_ARG(kept_count),
                      FMI_ARG(counts),
                      FMI_ARG(r->part[FMI_PART_LIST]->mem),
                      FMI_ARG(r->plan.list_per_frame)};
    fmi_step steps[] = {{KERNEL_COUNT, count, 10, {r->plan.chunks, frames}, 1, FMI_STAGE_BIN},
                        {KERNEL_SCAN, scan, 5, {frames}, 1, FMI_STAGE_BIN},
                        {KERNEL_FILL, fill, 7, {r->plan.chunks, frames}, 1, FMI_STAGE_BIN}};
    fm_status status = FM_OK;
    for (int i = 0; i < 3 && status == FM_OK; ++i)
        status = fmi_raster_step(r, &steps[i], err);
    return status;
}

static fm_status run_raster(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fmi_arg args[] = {FMI_ARG(r->scene.mem),
                      FMI_ARG(r->part[FMI_PART_KEPT]->mem),
                      FMI_ARG(r->part[FMI_PART_ATTR]->mem),
                      FMI_ARG(r->part[FMI_PART_STARTS]->mem),
                      FMI_ARG(r->part[FMI_PART_LIST]->mem),
                      FMI_ARG(r->texels.mem),
                      FMI_ARG(r->weights.mem),
                      FMI_ARG(r->slot->pixels.mem),
                      FMI_ARG(r->part[FMI_PART_FRAME_COUNTS]->mem),
                      FMI_ARG(r->padded),
                      FMI_ARG(r->plan.list_per_frame),
                      FMI_ARG(first)};
    size_t tiles = (size_t)r->plan.tiles_x * r->tiles_y;
    fmi_step step = {KERNEL_RASTER, args, 12, {frames, tiles}, 1, FMI_STAGE_RASTER};
    return fmi_raster_step(r, &step, err);
}

static fm_status run(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    fm_status status = run_vertex(r, first, frames, err);
    if (status == FM_OK)
        status = run_bin(r, frames, err);
    if (status == FM_OK)
        status = run_raster(r, first, frames, err);
    return status;
}

const fmi_pipeline fmi_pipeline_cpu = {.source = {.file = "raster.cl",
                                                  .kernel = {[KERNEL_VERTEX] = "fm_raster_vertex",
                                                             [KERNEL_COUNT] = "fm_raster_bin_count",
                                                             [KERNEL_SCAN] = "fm_raster_bin_scan",
                                                             [KERNEL_FILL] = "fm_raster_bin_fill",
                                                             [KERNEL_RASTER] = "fm_raster_cpu",
                                                             [KERNEL_SUM] = "fm_probe_sum"}},
                                       .sum_kernel = KERNEL_SUM,
                                       .run = run};
