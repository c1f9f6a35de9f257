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

static fm_status upload_geometry(fmi_raster *r, fm_error *err) {
    uint64_t bytes = r->vertices ? (uint64_t)FMI_BLEND_ROWS * r->padded * sizeof(float)
                                 : fmi_geometry_bytes(r->padded, r->half);
    fm_status status =
        fmi_buffer_create(&r->geometry, r->engine->queue, CL_MEM_READ_ONLY, bytes, "geometry", err);
    if (status != FM_OK)
        return status;
    void *mapped = NULL;
    status = fmi_buffer_map(&r->geometry, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    if (r->vertices) {
        memset(mapped, 0, bytes);
        copy_uvs(r, mapped);
    } else if (r->half) {
        status = fill_geometry_half(r, mapped, err);
    } else {
        status = fill_geometry(r, mapped, err);
    }
    fm_status unmapped = fmi_buffer_unmap(&r->geometry, &mapped, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

static fm_status upload_triangles(fmi_raster *r, fm_error *err) {
    uint32_t count = r->joined->triangle_count;
    /* A multiple of 8 triangles: raster_bin.cl reads that many at a time. */
    uint64_t bytes = ((uint64_t)count + 7) / 8 * 8 * 4 * sizeof(uint32_t);
    uint32_t *areas = malloc(sizeof(uint32_t) * count);
    void *mapped = NULL;
    fm_status status = FM_OK;
    if (!areas) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u triangles", count);
        goto fail;
    }
    memset(areas, 0, sizeof(uint32_t) * count);
    if (r->texture.mips)
        fmi_texture_areas(r->joined, (uint32_t)r->texture.mip[0].width,
                          (uint32_t)r->texture.mip[0].height, areas);
    status = fmi_buffer_create(&r->triangles, r->engine->queue, CL_MEM_READ_ONLY, bytes,
                               "triangles", err);
    if (status != FM_OK)
        goto fail;
    status = fmi_buffer_map(&r->triangles, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, &mapped, err);
    if (status != FM_OK)
        goto fail;
    uint32_t *out = mapped;
    memset(out, 0, bytes);
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t k = 0; k < 3; ++k)
            out[4 * (size_t)i + k] = place_of(r, r->joined->triangles[3 * (size_t)i + k]);
        out[4 * (size_t)i + 3] = areas[i];
    }
    status = fmi_buffer_unmap(&r->triangles, &mapped, err);
fail:
    free(areas);
    return status;
}

static fm_status upload_texels(fmi_raster *r, const fmi_renderer_source *source, uint64_t *filled,
                               fm_error *err) {
    fmi_queue *queue = r->engine->queue;
    if (!source->image_a) /* the kernel wants an argument all the same */
        return fmi_buffer_create(&r->texels, queue, CL_MEM_READ_ONLY, 16, "texels", err);
    fmi_texture_layout_make(&r->texture, source->image_a->width, source->image_a->height);
    fm_status status =
        fmi_buffer_create(&r->texels, queue, CL_MEM_READ_ONLY, r->texture.bytes, "texels", err);
    if (status != FM_OK)
        return status;
    void *mapped = NULL;
    status = fmi_buffer_map(&r->texels, CL_MAP_WRITE_INVALIDATE_REGION, 0, r->texture.bytes,
                            &mapped, err);
    if (status != FM_OK)
        return status;
    status =
        fmi_texture_prepare(r->joined, source->image_a, source->image_b, source->keep_background,
                            &r->texture, mapped, filled, source->workers, err);
    fm_status unmapped = fmi_buffer_unmap(&r->texels, &mapped, status == FM_OK ? err : NULL);
    return status != FM_OK ? status : unmapped;
}

fm_status fmi_raster_upload(fmi_raster *r, const fmi_renderer_source *source, uint64_t *filled,
                            fm_error *err) {
    fm_status status = r->half ? fmi_vertex_places(r->joined, &r->place, err) : FM_OK;
    if (status == FM_OK)
        status = upload_texels(r, source, filled, err);
    if (status == FM_OK)
        status = upload_geometry(r, err);
    if (status == FM_OK)
        status = upload_triangles(r, err);
    return fmi_while(err, status, "uploading the pair");
}
