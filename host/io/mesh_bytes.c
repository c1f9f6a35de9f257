/* SPDX-License-Identifier: MIT */
/* Growing bytes and the checks of the mesh writers. */
#include "mesh_bytes.h"

#include "error.h"
#include "number_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned char *fmi_mesh_room(fmi_bytes *out, bool *failed, size_t count) {
    if (*failed)
        return NULL;
    if (count > out->capacity - out->size) {
        size_t want = out->capacity + out->capacity / 2;
        if (want < out->size + count)
            want = out->size + count + 4096;
        unsigned char *grown = realloc(out->data, want);
        if (!grown) {
            *failed = true;
            return NULL;
        }
        out->data = grown;
        out->capacity = want;
    }
    out->size += count;
    return out->data + out->size - count;
}

void fmi_mesh_put(fmi_bytes *out, bool *failed, const void *bytes, size_t count) {
    unsigned char *to = count > 0 ? fmi_mesh_room(out, failed, count) : NULL;
    if (to != NULL)
        memcpy(to, bytes, count);
}

static fm_status check_indices(const uint32_t *index, uint32_t count, uint32_t limit,
                               const char *what, fm_error *err) {
    for (uint32_t i = 0; i < count; i++)
        if (index[i] >= limit)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the mesh: corner %u uses %s %u of %u", i, what, index[i],
                            limit);
    return FM_OK;
}

static fm_status check_finite(const float *values, uint32_t count, size_t width, const char *what,
                              fm_error *err) {
    float sum = 0.0F; /* x - x is 0 or NaN; one test for all of them */
    for (size_t i = 0; i < count * width; i++)
        sum += values[i] - values[i];
    for (size_t i = 0; !isfinite(sum) && i < count * width; i++)
        if (!isfinite(values[i]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the mesh: %s %zu is not finite", what, i / width);
    return FM_OK;
}

fm_status fmi_mesh_out_check(const fmi_mesh_out *mesh, fm_error *err) {
    if (!mesh->positions || !mesh->polygon_sizes || !mesh->position_index ||
        mesh->polygon_count == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "cannot write a mesh without polygons");
    if (mesh->uvs && !mesh->uv_index)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "cannot write UVs without UV indices");
    if (mesh->texture && strlen(mesh->texture) >= FMI_MESH_NAME_BYTES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "texture path of %zu bytes is too long; use one below %d",
                        strlen(mesh->texture), FMI_MESH_NAME_BYTES);
    uint64_t corners = 0;
    for (uint32_t i = 0; i < mesh->polygon_count; i++) {
        if (mesh->polygon_sizes[i] < 3)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the mesh: polygon %u has %u corners, needs 3", i,
                            mesh->polygon_sizes[i]);
        corners += mesh->polygon_sizes[i];
    }
    if (corners != mesh->corner_count || corners > INT32_MAX)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "cannot write the mesh: its polygons sum to %llu corners, it has %u",
                        (unsigned long long)corners, mesh->corner_count);
    fm_status status = check_indices(mesh->position_index, mesh->corner_count, mesh->position_count,
                                     "position", err);
    if (status == FM_OK && mesh->uvs)
        status = check_indices(mesh->uv_index, mesh->corner_count, mesh->uv_count, "UV", err);
    if (status == FM_OK)
        status = check_finite(mesh->positions, mesh->position_count, 3, "position", err);
    if (status == FM_OK && mesh->normals)
        status = check_finite(mesh->normals, mesh->position_count, 3, "normal", err);
    if (status == FM_OK && mesh->uvs)
        status = check_finite(mesh->uvs, mesh->uv_count, 2, "UV", err);
    return status;
}

/* uv_index says which vertex a corner is, if no UV is used with two positions. */
static bool positions_of_uvs(const fmi_mesh_out *mesh, uint32_t *position) {
    memset(position, 0xff, mesh->uv_count * sizeof *position);
    for (size_t i = 0; i < mesh->corner_count; i++) {
        uint32_t *at = &position[mesh->uv_index[i]];
        if (*at != UINT32_MAX && *at != mesh->position_index[i])
            return false;
        *at = mesh->position_index[i];
    }
    for (size_t i = 0; i < mesh->uv_count; i++)
        position[i] = position[i] == UINT32_MAX ? 0 : position[i]; /* of no corner */
    return true;
}

fm_status fmi_mesh_vertices_make(fmi_mesh_vertices *vertices, const fmi_mesh_out *mesh,
                                 fm_error *err) {
    *vertices = (fmi_mesh_vertices){.count = mesh->position_count, .corner = mesh->position_index};
    if (mesh->uvs == NULL)
        return FM_OK;
    uint32_t *position = malloc(mesh->uv_count * sizeof *position);
    if (position == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to number %u vertices",
                        mesh->uv_count);
    vertices->storage = position;
    if (positions_of_uvs(mesh, position))
        *vertices = (fmi_mesh_vertices){.count = mesh->uv_count,
                                        .corner = mesh->uv_index,
                                        .position = position,
                                        .storage = position};
    else
        *vertices = (fmi_mesh_vertices){.count = mesh->corner_count,
                                        .position = mesh->position_index,
                                        .uv = mesh->uv_index,
                                        .storage = position};
    return FM_OK;
}

void fmi_mesh_vertices_free(fmi_mesh_vertices *vertices) {
    free(vertices->storage);
    *vertices = (fmi_mesh_vertices){0};
}

char *fmi_mesh_name(char *out, size_t out_bytes, const char *text, const char *fallback) {
    const char *from = text && text[0] ? text : fallback;
    size_t n = 0;
    for (; from[n] && n + 1 < out_bytes; n++)
        out[n] = (unsigned char)from[n] < 0x20 || from[n] == 0x7f ? '_' : from[n];
    out[n] = 0;
    return out;
}

char *fmi_mesh_note_text(char out[FMI_MESH_NAME_BYTES], const fmi_mesh_note *note) {
    if (note->value != NULL)
        return fmi_mesh_name(out, FMI_MESH_NAME_BYTES, note->value, "");
    return fmi_float_text(out, note->number);
}
