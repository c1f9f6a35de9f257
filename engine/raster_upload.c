/* SPDX-License-Identifier: MIT */
/* What goes up once per pair: geometry, triangles, texels. */
#include "raster_impl.h"

#include "error.h"
#include "raster_half.h"

#include <stdlib.h>
#include <string.h>

/* Where a vertex of the joint list lies on the device. */
static uint32_t place_of(const fmi_raster *r, uint32_t vertex) {
    return r->place ? r->place[vertex] : vertex;
}

static void copy_rows(const fmi_raster *r, float *geometry, uint32_t row, const float *values) {
    const fmi_joined *joined = r->joined;
    for (uint32_t i = 0; i < joined->vertex_count; ++i) {
        const float *v = values + 3 * (size_t)joined->vertex_position[i];
        for (uint32_t k = 0; k < 3; ++k)
            geometry[(size_t)(row + k) * r->padded + place_of(r, i)] = v[k];
    }
}

static void copy_uvs(const fmi_raster *r, float *rows) {
    const fmi_joined *joined = r->joined;
    for (uint32_t i = 0; joined->uvs && i < joined->vertex_count; ++i) {
        rows[place_of(r, i)] = joined->uvs[2 * (size_t)i];
        rows[(size_t)r->padded + place_of(r, i)] = joined->uvs[2 * (size_t)i + 1];
    }
}

/* Rows as raster_vertex.cl reads them. Padding repeats zeros: those vertices are never drawn. */
static fm_status fill_geometry(const fmi_raster *r, float *geometry, fm_error *err) {
    const fmi_joined *joined = r->joined;
    memset(geometry, 0, sizeof(float) * FMI_GEOMETRY_ROWS * r->padded);
    size_t values = 3 * (size_t)joined->position_count;
    float *q = malloc(sizeof(float) * values * 3);
    if (!q)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the normals of %u positions",
                        joined->position_count);
    fm_status status = fmi_joined_normals(joined, q, q + values, q + 2 * values, err);
    if (status == FM_OK) {
        copy_rows(r, geometry, 0, joined->positions_a);
        copy_rows(r, geometry, 3, joined->positions_b);
        for (uint32_t k = 0; k < 3; ++k)
            copy_rows(r, geometry, 6 + 3 * k, q + k * values);
        copy_uvs(r, geometry + (size_t)15 * r->padded);
    }
    free(q);
    return status;
}

/* The same as 16-bit floats. */
static fm_status fill_geometry_half(fmi_raster *r, uint16_t *geometry, fm_error *err) {
    float *rows = malloc(sizeof(float) * FMI_GEOMETRY_ROWS * r->padded);
    if (!rows)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u vertices", r->padded);
    fm_status status = fill_geometry(r, rows, err);
    if (status == FM_OK)
        fmi_geometry_to_half(rows, r->padded, geometry, &r->position_scale);
    free(rows);
    return status;
}

/* ---- the three of them: each fills memory, of a device or not ---- */

static fm_status fill_rows(fmi_raster *r, const fmi_renderer_source *source, void *out,
                           uint64_t *filled, fm_error *err) {
    (void)source;
    (void)filled;
    if (r->half)
        return fill_geometry_half(r, out, err);
    if (!r->vertices)
        return fill_geometry(r, out, err);
    memset(out, 0, fmi_raster_input_bytes(r, FMI_INPUT_GEOMETRY));
    copy_uvs(r, out);
    return FM_OK;
}

static fm_status fill_triangles(fmi_raster *r, const fmi_renderer_source *source, void *memory,
                                uint64_t *filled, fm_error *err) {
    uint32_t count = r->joined->triangle_count, *out = memory;
    uint32_t *areas = calloc(count, sizeof *areas);
    (void)source;
    (void)filled;
    if (!areas)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u triangles", count);
    if (r->texture.mips)
        fmi_texture_areas(r->joined, (uint32_t)r->texture.mip[0].width,
                          (uint32_t)r->texture.mip[0].height, areas);
    memset(out, 0, fmi_raster_input_bytes(r, FMI_INPUT_TRIANGLES));
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t k = 0; k < 3; ++k)
            out[4 * (size_t)i + k] = place_of(r, r->joined->triangles[3 * (size_t)i + k]);
        out[4 * (size_t)i + 3] = areas[i];
    }
    free(areas);
    return FM_OK;
}

static fm_status fill_texels(fmi_raster *r, const fmi_renderer_source *source, void *out,
                             uint64_t *filled, fm_error *err) {
    return fmi_texture_prepare(r->joined, source->image_a, source->image_b, source->keep_background,
                               &r->texture, out, filled, source->workers, err);
}

static const struct {
    const char *what;
    fm_status (*fill)(fmi_raster *r, const fmi_renderer_source *source, void *out, uint64_t *filled,
                      fm_error *err);
} inputs[FMI_INPUTS] = {
    {"texels", fill_texels}, {"geometry", fill_rows}, {"triangles", fill_triangles}};

uint64_t fmi_raster_input_bytes(const fmi_raster *r, int input) {
    uint64_t triangles = r->joined->triangle_count;
    switch (input) {
    case FMI_INPUT_TEXELS: /* the kernel wants an argument all the same */
        return r->texture.mips ? r->texture.bytes : 16;
    case FMI_INPUT_GEOMETRY:
        return r->vertices ? (uint64_t)FMI_BLEND_ROWS * r->padded * sizeof(float)
                           : fmi_geometry_bytes(r->padded, r->half);
    default: /* a multiple of 8 triangles: raster_bin.cl reads that many at a time */
        return (triangles + 7) / 8 * 8 * 4 * sizeof(uint32_t);
    }
}

bool fmi_raster_input_is_empty(const fmi_raster *r, int input) {
    return input == FMI_INPUT_TEXELS && !r->texture.mips;
}

fm_status fmi_raster_fill(fmi_raster *r, const fmi_renderer_source *source, int input, void *out,
                          uint64_t *filled, fm_error *err) {
    return inputs[input].fill(r, source, out, filled, err);
}

fm_status fmi_raster_input_make(fmi_raster *r, int input, fm_error *err) {
    return fmi_buffer_create(fmi_raster_input(r, input), r->engine->queue, CL_MEM_READ_ONLY,
                             fmi_raster_input_bytes(r, input), inputs[input].what, err);
}

fmi_buffer *fmi_raster_input(fmi_raster *r, int input) {
    fmi_buffer *const list[FMI_INPUTS] = {&r->texels, &r->geometry, &r->triangles};
    return list[input];
}

/* Written in place, where device and host share their memory. */
static fm_status upload(fmi_raster *r, const fmi_renderer_source *source, int input,
                        uint64_t *filled, fm_error *err) {
    fmi_buffer *buffer = fmi_raster_input(r, input);
    void *mapped = NULL;
    fm_status status = fmi_raster_input_make(r, input, err);
    if (status != FM_OK || fmi_raster_input_is_empty(r, input))
        return status;
    status = fmi_buffer_map(buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, buffer->bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    status = fmi_raster_fill(r, source, input, mapped, filled, err);
    fm_status unmapped = fmi_buffer_unmap(buffer, &mapped, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

fm_status fmi_raster_lay_out(fmi_raster *r, const fmi_renderer_source *source, fm_error *err) {
    if (source->image_a)
        fmi_texture_layout_make(&r->texture, source->image_a->width, source->image_a->height);
    return r->half ? fmi_vertex_places(r->joined, &r->place, err) : FM_OK;
}

fm_status fmi_raster_upload(fmi_raster *r, const fmi_renderer_source *source, uint64_t *filled,
                            fm_error *err) {
    fm_status status = fmi_raster_lay_out(r, source, err);
    for (int i = 0; i < FMI_INPUTS && status == FM_OK; ++i)
        status = upload(r, source, i, filled, err);
    return fmi_while(err, status, "uploading the pair");
}
