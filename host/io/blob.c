/* SPDX-License-Identifier: MIT */
/* Blobs may come from another process that a hostile file has in its hands: nothing in them is
 * believed before it is checked. */
#include "blob.h"

#include "error.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* True when count items of size bytes at offset lie behind the header and inside the block. */
static bool part_fits(const fmi_blob *blob, uint64_t offset, uint64_t count, uint64_t size) {
    return offset % 8 == 0 && offset >= blob->header_bytes && offset <= blob->total_bytes &&
           count <= (blob->total_bytes - offset) / size;
}

static const void *part(const fmi_blob *blob, uint64_t offset) {
    return (const unsigned char *)blob + offset;
}

uint64_t fmi_blob_hash(const fmi_blob *blob) {
    size_t start = offsetof(fmi_blob, hash) + sizeof blob->hash;
    return XXH3_64bits(part(blob, start), (size_t)blob->total_bytes - start);
}

static const char *string_at(const fmi_blob *blob, uint64_t offset) {
    return (const char *)part(blob, blob->strings_offset) + offset;
}

static const char *check_layout(const fmi_blob *blob, size_t bytes) {
    if (bytes < sizeof *blob || blob->magic != FMI_BLOB_MAGIC)
        return "no mesh block";
    if (blob->header_bytes != sizeof *blob || blob->total_bytes != bytes)
        return "sizes that do not fit";
    bool parts =
        part_fits(blob, blob->positions_offset, blob->corner_count, 3 * sizeof(float)) &&
        (blob->uvs_offset == 0 ||
         part_fits(blob, blob->uvs_offset, blob->corner_count, 2 * sizeof(float))) &&
        part_fits(blob, blob->sizes_offset, blob->polygon_count, sizeof(uint32_t)) &&
        part_fits(blob, blob->runs_offset, blob->run_count, sizeof(fmi_blob_run)) &&
        part_fits(blob, blob->textures_offset, blob->texture_count, sizeof(fmi_blob_texture)) &&
        part_fits(blob, blob->strings_offset, blob->strings_bytes, 1);
    if (!parts)
        return "a part outside the block";
    if (blob->hash != fmi_blob_hash(blob))
        return "a hash that does not fit";
    if (blob->strings_bytes > 0 && *string_at(blob, blob->strings_bytes - 1) != '\0')
        return "strings without an end";
    return NULL;
}

static const char *check_polygons(const fmi_blob *blob) {
    const uint32_t *sizes = part(blob, blob->sizes_offset);
    uint64_t corners = 0;
    for (uint32_t i = 0; i < blob->polygon_count; i++) {
        if (sizes[i] < 3)
            return "a polygon of fewer than 3 corners";
        corners += sizes[i];
    }
    if (blob->polygon_count == 0 || corners != blob->corner_count)
        return "polygons that do not use the corners";
    return NULL;
}

static const char *check_runs(const fmi_blob *blob) {
    const fmi_blob_run *runs = part(blob, blob->runs_offset);
    uint64_t next = 0;
    for (uint32_t i = 0; i < blob->run_count; i++) {
        if (runs[i].name_offset >= blob->strings_bytes)
            return "a material without a name";
        if (i > 0 && strcmp(string_at(blob, runs[i - 1].name_offset),
                            string_at(blob, runs[i].name_offset)) >= 0)
            return "materials out of order";
        if (runs[i].first_polygon != next || runs[i].polygon_count == 0)
            return "material runs with gaps";
        if (runs[i].texture != UINT32_MAX && runs[i].texture >= blob->texture_count)
            return "a material with an unknown texture";
        next += runs[i].polygon_count;
    }
    return next == blob->polygon_count ? NULL : "material runs that do not cover the polygons";
}

static const char *check_textures(const fmi_blob *blob) {
    const fmi_blob_texture *textures = part(blob, blob->textures_offset);
    for (uint32_t i = 0; i < blob->texture_count; i++) {
        if (textures[i].path_offset >= blob->strings_bytes)
            return "a texture without a path";
        if (textures[i].data_bytes > 0 &&
            !part_fits(blob, textures[i].data_offset, textures[i].data_bytes, 1))
            return "a texture outside the block";
    }
    return NULL;
}

static const char *check_floats(const fmi_blob *blob) {
    const float *positions = part(blob, blob->positions_offset);
    const float *uvs = blob->uvs_offset != 0 ? part(blob, blob->uvs_offset) : NULL;
    for (uint64_t i = 0; i < (uint64_t)blob->corner_count * 3; i++)
        if (!isfinite(positions[i]))
            return "a position that is not finite";
    for (uint64_t i = 0; uvs != NULL && i < (uint64_t)blob->corner_count * 2; i++)
        if (!isfinite(uvs[i]))
            return "a UV that is not finite";
    if (blob->record_count == 0 || blob->record_count > blob->corner_count ||
        blob->uv_count > blob->corner_count || (blob->uv_count > 0) != (uvs != NULL))
        return "counts of records that cannot be";
    return NULL;
}

fm_status fmi_blob_validate(const void *block, size_t bytes, const char *label, fm_error *err) {
    const fmi_blob *blob = block;
    const char *wrong = check_layout(blob, bytes);
    if (wrong == NULL)
        wrong = check_polygons(blob);
    if (wrong == NULL)
        wrong = check_runs(blob);
    if (wrong == NULL)
        wrong = check_textures(blob);
    if (wrong == NULL)
        wrong = check_floats(blob);
    if (wrong == NULL)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the imported mesh holds %s; import it again",
                    label, wrong);
}

fm_status fmi_blob_view(const fmi_blob *blob, const char *label, fm_mesh *mesh,
                        fm_material_run **runs, fm_error *err) {
    *mesh = (fm_mesh){0};
    *runs = calloc(blob->run_count, sizeof **runs);
    if (*runs == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %u materials", label,
                        blob->run_count);
    const fmi_blob_run *from = part(blob, blob->runs_offset);
    for (uint32_t i = 0; i < blob->run_count; i++)
        (*runs)[i] = (fm_material_run){string_at(blob, from[i].name_offset), from[i].first_polygon,
                                       from[i].polygon_count};
    *mesh = (fm_mesh){.positions = part(blob, blob->positions_offset),
                      .uvs = blob->uvs_offset != 0 ? part(blob, blob->uvs_offset) : NULL,
                      .polygon_sizes = part(blob, blob->sizes_offset),
                      .runs = *runs,
                      .corner_count = blob->corner_count,
                      .polygon_count = blob->polygon_count,
                      .run_count = blob->run_count,
                      .label = label};
    return FM_OK;
}
