/* SPDX-License-Identifier: MIT */
/* Did what was drawn arrive? The device sums up pixels and counters before the host maps them. */
#include "raster_impl.h"

#include "error.h"

static uint64_t sums_of(uint64_t bytes) {
    return (bytes + FM_SUM_BYTES - 1) / FM_SUM_BYTES;
}

static fm_status launch(fmi_raster *r, cl_mem data, uint64_t bytes, uint32_t skip, fm_error *err) {
    cl_ulong count = bytes;
    fmi_arg args[] = {FMI_ARG(data), FMI_ARG(count), FMI_ARG(r->part[FMI_PART_SUMS]->mem),
                      FMI_ARG(skip)};
    fmi_step step = {fmi_pipeline_of(&r->plan)->sum_kernel,
                     args,
                     4,
                     {(size_t)sums_of(bytes)},
                     1,
                     FMI_STAGE_READ};
    return fmi_raster_step(r, &step, err);
}

uint64_t fmi_raster_sum_bytes(uint32_t frames, uint64_t pixel_bytes) {
    return 4 * (sums_of(pixel_bytes) + sums_of(sizeof(fm_frame_counts) * frames));
}

fm_status fmi_raster_sum(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err) {
    fm_status status = launch(r, r->slot->pixels.mem, pixel_bytes, 0, err);
    if (status != FM_OK)
        return status;
    return launch(r, r->part[FMI_PART_FRAME_COUNTS]->mem, sizeof(fm_frame_counts) * frames,
                  (uint32_t)sums_of(pixel_bytes), err);
}

/* As fm_probe_sum, over all of the data. */
static uint32_t sum(const uint8_t *data, uint64_t bytes) {
    uint32_t total = 0;
    for (uint64_t i = 0; i < bytes; ++i)
        total += (uint32_t)data[i] << (8 * (i & 3));
    return total;
}

/* Sums that came beside the next batch are mapped already. */
static fm_status map_sums(fmi_raster *r, uint64_t sums, fm_error *err) {
    if (r->slot->mapped_sums)
        return FM_OK;
    return fmi_buffer_map(r->part[FMI_PART_SUMS], CL_MAP_READ, 0, 4 * sums, &r->slot->mapped_sums,
                          err);
}

fm_status fmi_raster_check(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err) {
    uint64_t count_bytes = sizeof(fm_frame_counts) * frames;
    uint64_t sums = sums_of(pixel_bytes) + sums_of(count_bytes);
    uint32_t arrived =
        sum(r->slot->mapped_pixels, pixel_bytes) + sum(r->slot->mapped_counts, count_bytes);
    uint32_t drawn = 0;
    fm_status status = map_sums(r, sums, err);
    if (status != FM_OK)
        return status;
    for (uint64_t i = 0; i < sums; ++i)
        drawn += ((const uint32_t *)r->slot->mapped_sums)[i];
    if (drawn == arrived)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_NUMERIC,
                    "%u frames arrived changed: the device sums them to %08x, the host to %08x; do "
                    "not trust this device or its memory",
                    frames, drawn, arrived);
}
