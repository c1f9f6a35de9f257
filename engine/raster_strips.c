/* SPDX-License-Identifier: MIT */
/* A frame that does not fit as a whole: drawn strip by strip, put together on the host. */
#include "raster_impl.h"

#include "error.h"

#include <string.h>

/* What was just drawn, to its place in the frame. */
static fm_status take_strip(fmi_raster *r, uint32_t frame, uint32_t strip, fm_error *err) {
    uint64_t row = (uint64_t)r->problem.width * r->problem.channels;
    uint64_t bytes = row * fmi_strip_height(&r->plan, r->problem.height, strip);
    uint64_t at = row * fmi_strip_row(&r->plan, strip);
    const fm_frame_counts *counts = r->slot->mapped_counts;
    r->counts.covered += counts->covered;
    r->counts.clipped += counts->clipped;
    r->counts.rejected = counts->rejected; /* each strip rejects the same triangles */
    fm_status status = FM_OK;
    if (r->target) {
        status =
            fmi_buffer_copy_out(&r->slot->pixels, 0, bytes, r->target,
                                r->target_offset + frame * fmi_raster_frame_bytes(r) + at, err);
        return status == FM_OK ? fmi_queue_finish(r->engine->queue, err) : status;
    }
    status = fmi_buffer_map(&r->slot->pixels, CL_MAP_READ, 0, bytes, &r->slot->mapped_pixels, err);
    if (status == FM_OK && fmi_raster_checked(r))
        status = fmi_raster_check(r, 1, bytes, err);
    if (status == FM_OK)
        memcpy(r->frame + at, r->slot->mapped_pixels, bytes);
    return status;
}

static fm_status render_strip(fmi_raster *r, uint32_t frame, uint32_t strip, fm_error *err) {
    uint32_t height = fmi_strip_height(&r->plan, r->problem.height, strip);
    r->tiles_y = (height + r->plan.tile - 1) / r->plan.tile;
    r->strip_height = height;
    fm_status status = fmi_buffer_copy_out(&r->scenes, strip * sizeof(fm_scene), sizeof(fm_scene),
                                           r->scene.mem, 0, err);
    if (status == FM_OK)
        status = fmi_raster_whole(r, frame, 1, err);
    if (status == FM_OK)
        status = take_strip(r, frame, strip, err);
    fm_status unmapped = fmi_raster_unmap(r, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

fm_status fmi_raster_strips(fmi_raster *r, uint32_t frame, fmi_batch *batch, fm_error *err) {
    r->counts = (fm_frame_counts){0};
    for (uint32_t strip = 0; strip < r->plan.strips; ++strip) {
        fm_status status = render_strip(r, frame, strip, err);
        if (status != FM_OK)
            return fmi_while(err, status, "rendering strip %u of %u of frame %u", strip + 1,
                             r->plan.strips, frame);
    }
    batch->pixels = r->frame;
    batch->counts = &r->counts;
    return FM_OK;
}
