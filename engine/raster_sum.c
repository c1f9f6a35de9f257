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

fm_status fmi_raster_sum(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err) {
    fm_status status = launch(r, r->pixels.mem, pixel_bytes, 0, err);
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

fm_status fmi_raster_check(fmi_raster *r, uint32_t frames, uint64_t pixel_bytes, fm_error *err) {
    uint64_t count_bytes = sizeof(fm_frame_counts) * frames;
    uint64_t sums = sums_of(pixel_bytes) + sums_of(count_bytes);
    uint32_t arrived = sum(r->mapped_pixels, pixel_bytes) + sum(r->mapped_counts, count_bytes);
    uint32_t drawn = 0;
    void *mapped = NULL;
    fm_status status =
        fmi_buffer_map(r->part[FMI_PART_SUMS], CL_MAP_READ, 0, 4 * sums, &mapped, err);
    if (status != FM_OK)
        return status;
    for (uint64_t i = 0; i < sums; ++i)
        drawn += ((const uint32_t *)mapped)[i];
    status = fmi_buffer_unmap(r->part[FMI_PART_SUMS], &mapped, err);
    if (status == FM_OK && drawn != arrived)
        status = fmi_fail(err, FM_ERROR_NUMERIC,
                          "%u frames arrived changed: the device sums them to %08x, the host to "
                          "%08x; do not trust this device or its memory",
                          frames, drawn, arrived);
    return status;
}
