/* SPDX-License-Identifier: MIT */
/* The arrays that all FBX files of one topology share, deflated once: deflating positions and
 * normals too would take longer than writing all files. */
#include "fbx_record.h"

#include "error.h"

#include <stdlib.h>
#include <zlib.h>

/* Level 3 and 6 gain 1 % and take three and five times as long. */
#define LEVEL 1

void fmi_fbx_polygons(unsigned char *to, const fmi_mesh_out *mesh) {
    const uint32_t *index = mesh->position_index;
    for (uint32_t i = 0; to != NULL && i < mesh->polygon_count; i++)
        for (uint32_t k = mesh->polygon_sizes[i]; k-- > 0; index++)
            to = fmi_mesh_u32(to, k == 0 ? ~*index : *index);
}

static bool deflate_to(fmi_bytes *out, const unsigned char *bytes, size_t count) {
    uLongf size = compressBound(count);
    bool failed = false;
    unsigned char *to = fmi_mesh_room(out, &failed, size);
    bool done = to != NULL && compress2(to, &size, bytes, count, LEVEL) == Z_OK;
    out->size = done ? size : 0;
    return done;
}

static bool deflate_all(fmi_mesh_shared *shared, const fmi_mesh_out *mesh, unsigned char *room) {
    size_t uvs = (size_t)mesh->uv_count * 2;
    unsigned char *to = room;
    fmi_fbx_polygons(room, mesh);
    if (!deflate_to(&shared->polygons, room, (size_t)mesh->corner_count * 4))
        return false;
    if (!mesh->uvs)
        return true;
    for (size_t i = 0; i < uvs; i++)
        to = fmi_mesh_double(to, (double)mesh->uvs[i]);
    if (!deflate_to(&shared->uvs, room, uvs * 8))
        return false;
    to = room;
    for (size_t i = 0; i < mesh->corner_count; i++)
        to = fmi_mesh_u32(to, mesh->uv_index[i]);
    return deflate_to(&shared->uv_index, room, (size_t)mesh->corner_count * 4);
}

fm_status fmi_fbx_shared(fmi_mesh_shared *shared, const fmi_mesh_out *mesh, fm_error *err) {
    size_t corners = (size_t)mesh->corner_count * 4, uvs = (size_t)mesh->uv_count * 16;
    unsigned char *room = malloc(corners > uvs ? corners : uvs);
    bool done = room != NULL && deflate_all(shared, mesh, room);
    free(room);
    if (!done)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for FBX files of %u corners",
                        mesh->corner_count);
    return FM_OK;
}
