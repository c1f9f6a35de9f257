/* SPDX-License-Identifier: MIT */
/*
 * The pipeline for GPUs: an item per vertex, an item per triangle, a group per tile. Each step is
 * one launch for a whole batch, except on devices that bound the loops of a work-item: there a
 * tile is drawn in as many launches as the longest list needs.
 */
#include "raster_impl.h"

#define BAND_TILES 4096 /* FMK_BAND of raster_gpu_bin.cl */

enum {
    KERNEL_VERTEX,
    KERNEL_SETUP,
    KERNEL_COUNT,
    KERNEL_SCAN,
    KERNEL_FILL,
    KERNEL_RASTER,
    KERNEL_SUM
};

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
                      FMI_ARG(r->part[FMI_PART_COUNTS]->mem),
                      FMI_ARG(r->part[FMI_PART_LONGEST]->mem),
                      FMI_ARG(r->part[FMI_PART_FRAME_COUNTS]->mem),
                      FMI_ARG(r->padded),
                      FMI_ARG(first)};
    fmi_step step = {KERNEL_VERTEX, args, 10, {r->padded, frames}, r->plan.group, FMI_STAGE_VERTEX};
    return fmi_raster_step(r, &step, err);
}

static fm_status run_bin(fmi_raster *r, uint32_t frames, fm_error *err) {
    cl_mem scene = r->scene.mem, kept = r->part[FMI_PART_KEPT]->mem;
    cl_mem counts = r->part[FMI_PART_COUNTS]->mem, ends = r->part[FMI_PART_ENDS]->mem;
    cl_mem frame_counts = r->part[FMI_PART_FRAME_COUNTS]->mem;
    fmi_arg setup[] = {
        FMI_ARG(scene), FMI_ARG(r->triangles.mem), FMI_ARG(r->part[FMI_PART_XYW]->mem),
        FMI_ARG(kept),  FMI_ARG(frame_counts),     FMI_ARG(r->padded)};
    fmi_arg count[] = {FMI_ARG(scene), FMI_ARG(kept), FMI_ARG(counts)};
    fmi_arg scan[] = {FMI_ARG(scene),
                      FMI_ARG(counts),
                      FMI_ARG(r->part[FMI_PART_STARTS]->mem),
                      FMI_ARG(ends),
                      FMI_ARG(r->part[FMI_PART_LONGEST]->mem),
                      FMI_ARG(frame_counts)};
    fmi_arg fill[] = {FMI_ARG(scene), FMI_ARG(kept), FMI_ARG(ends),
                      FMI_ARG(r->part[FMI_PART_LIST]->mem), FMI_ARG(r->plan.list_per_frame)};
    uint32_t rows = r->plan.tiles_x < BAND_TILES ? BAND_TILES / r->plan.tiles_x : 1;
    size_t bands = (r->tiles_y + rows - 1) / rows;
    size_t triangles = r->problem.triangles, group = r->plan.group;
    fmi_step steps[] = {{KERNEL_SETUP, setup, 6, {triangles, frames}, group, FMI_STAGE_BIN},
                        {KERNEL_COUNT, count, 3, {triangles, frames, bands}, group, FMI_STAGE_BIN},
                        {KERNEL_SCAN, scan, 6, {group, frames}, group, FMI_STAGE_BIN},
                        {KERNEL_FILL, fill, 5, {triangles, frames, bands}, group, FMI_STAGE_BIN}};
    fm_status status = FM_OK;
    for (int i = 0; i < 4 && status == FM_OK; ++i)
        status = fmi_raster_step(r, &steps[i], err);
    return status;
}

/* Launches that draw all triangles of the batch that was just binned: 1 without a loop limit,
 * which spares the wait for the device. */
static fm_status count_slices(fmi_raster *r, uint32_t frames, uint32_t *slices, fm_error *err) {
    *slices = 1;
    if (r->plan.slice == 0)
        return FM_OK;
    void *mapped = NULL;
    uint32_t longest = 1;
    fmi_buffer *part = r->part[FMI_PART_LONGEST];
    fm_status status =
        fmi_buffer_map(part, CL_MAP_READ, 0, sizeof(uint32_t) * frames, &mapped, err);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; i < frames; ++i) {
        uint32_t of_frame = ((const uint32_t *)mapped)[i];
        longest = of_frame > longest ? of_frame : longest;
    }
    *slices = (longest - 1) / r->plan.slice + 1;
    return fmi_buffer_unmap(part, &mapped, err);
}

static fm_status run_slice(fmi_raster *r, uint32_t first, uint32_t frames, uint32_t slice,
                           bool last, fm_error *err) {
    cl_mem visible = r->part[FMI_PART_VISIBLE] ? r->part[FMI_PART_VISIBLE]->mem : NULL;
    uint32_t count = r->plan.slice ? r->plan.slice : UINT32_MAX;
    uint32_t start = slice * r->plan.slice, shade = last ? 1 : 0;
    fmi_arg args[] = {FMI_ARG(r->scene.mem),
                      FMI_ARG(r->part[FMI_PART_KEPT]->mem),
                      FMI_ARG(r->part[FMI_PART_ATTR]->mem),
                      FMI_ARG(r->part[FMI_PART_STARTS]->mem),
                      FMI_ARG(r->part[FMI_PART_ENDS]->mem),
                      FMI_ARG(r->part[FMI_PART_LIST]->mem),
                      FMI_ARG(r->texels.mem),
                      FMI_ARG(r->weights.mem),
                      FMI_ARG(r->slot->pixels.mem),
                      FMI_ARG(r->part[FMI_PART_FRAME_COUNTS]->mem),
                      FMI_ARG(visible),
                      FMI_ARG(r->padded),
                      FMI_ARG(r->plan.list_per_frame),
                      FMI_ARG(first),
                      FMI_ARG(start),
                      FMI_ARG(count),
                      FMI_ARG(shade)};
    size_t items = (size_t)r->plan.tiles_x * r->tiles_y * r->plan.group;
    fmi_step step = {KERNEL_RASTER, args, 17, {items, frames}, r->plan.group, FMI_STAGE_RASTER};
    return fmi_raster_step(r, &step, err);
}

static fm_status run(fmi_raster *r, uint32_t first, uint32_t frames, fm_error *err) {
    uint32_t slices = 1;
    fm_status status = run_vertex(r, first, frames, err);
    if (status == FM_OK)
        status = run_bin(r, frames, err);
    if (status == FM_OK)
        status = count_slices(r, frames, &slices, err);
    for (uint32_t i = 0; i < slices && status == FM_OK; ++i)
        status = run_slice(r, first, frames, i, i + 1 == slices, err);
    return status;
}

const fmi_pipeline fmi_pipeline_gpu = {
    .source = {.file = "raster_gpu_program.cl",
               .kernel = {[KERNEL_VERTEX] = "fm_raster_gpu_vertex",
                          [KERNEL_SETUP] = "fm_raster_gpu_setup",
                          [KERNEL_COUNT] = "fm_raster_gpu_count",
                          [KERNEL_SCAN] = "fm_raster_gpu_scan",
                          [KERNEL_FILL] = "fm_raster_gpu_fill",
                          [KERNEL_RASTER] = "fm_raster_gpu",
                          [KERNEL_SUM] = "fm_probe_sum"}},
    .sum_kernel = KERNEL_SUM,
    .run = run};
