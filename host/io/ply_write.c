/* SPDX-License-Identifier: MIT */
/* Binary PLY: vertices split at UV seams, polygons as they are. */
#include "mesh_bytes.h"

#include "error.h"

#include <stdio.h>

typedef struct ply {
    fmi_bytes *out;
    bool failed;
    const fmi_mesh_out *mesh;
    fmi_mesh_vertices vertices;
    bool wide; /* a polygon has more corners than a byte counts */
} ply;

static void put(ply *w, const char *text) {
    fmi_mesh_put(w->out, &w->failed, text, strlen(text));
}

static void put_comment(ply *w, const char *name, const char *text) {
    char clean[FMI_MESH_NAME_BYTES];
    put(w, "comment ");
    put(w, fmi_mesh_name(clean, sizeof clean, name, "note"));
    put(w, " ");
    put(w, fmi_mesh_name(clean, sizeof clean, text, ""));
    put(w, "\n");
}

static void put_element(ply *w, const char *name, uint32_t count) {
    char line[64];
    snprintf(line, sizeof line, "element %s %u\n", name, count);
    put(w, line);
}

static void put_head(ply *w) {
    const fmi_mesh_out *mesh = w->mesh;
    char text[FMI_MESH_NAME_BYTES];
    put(w, "ply\nformat binary_little_endian 1.0\n");
    if (mesh->texture != NULL) /* first: Assimp 5.4 overlooks it behind another comment */
        put_comment(w, "TextureFile", mesh->texture);
    put_comment(w, "object", mesh->name != NULL ? mesh->name : "mesh");
    for (uint32_t i = 0; i < mesh->note_count; i++)
        put_comment(w, mesh->notes[i].name, fmi_mesh_note_text(text, &mesh->notes[i]));
    put_element(w, "vertex", w->vertices.count);
    put(w, "property float x\nproperty float y\nproperty float z\n");
    if (mesh->normals != NULL)
        put(w, "property float nx\nproperty float ny\nproperty float nz\n");
    if (mesh->uvs != NULL)
        put(w, "property float s\nproperty float t\n");
    put_element(w, "face", mesh->polygon_count);
    put(w, w->wide ? "property list uint uint vertex_indices\n"
                   : "property list uchar uint vertex_indices\n");
    put(w, "end_header\n");
}

static void put_vertices(ply *w) {
    const fmi_mesh_out *mesh = w->mesh;
    size_t floats = 3 + (mesh->normals != NULL ? 3 : 0) + (mesh->uvs != NULL ? 2 : 0);
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, w->vertices.count * floats * 4);
    for (size_t i = 0; to != NULL && i < w->vertices.count; i++) {
        size_t position = fmi_mesh_at(w->vertices.position, i);
        for (size_t k = 0; k < 3; k++)
            to = fmi_mesh_float(to, mesh->positions[3 * position + k]);
        for (size_t k = 0; mesh->normals != NULL && k < 3; k++)
            to = fmi_mesh_float(to, mesh->normals[3 * position + k]);
        for (size_t k = 0; mesh->uvs != NULL && k < 2; k++)
            to = fmi_mesh_float(to, mesh->uvs[2 * fmi_mesh_at(w->vertices.uv, i) + k]);
    }
}

static void put_faces(ply *w) {
    const fmi_mesh_out *mesh = w->mesh;
    size_t bytes = (size_t)mesh->polygon_count * (w->wide ? 4 : 1) + (size_t)mesh->corner_count * 4;
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, bytes);
    size_t corner = 0;
    for (uint32_t i = 0; to != NULL && i < mesh->polygon_count; i++) {
        uint32_t size = mesh->polygon_sizes[i];
        if (w->wide)
            to = fmi_mesh_u32(to, size);
        else
            *to++ = (unsigned char)size;
        for (size_t end = corner + size; corner < end; corner++)
            to = fmi_mesh_u32(to, (uint32_t)fmi_mesh_at(w->vertices.corner, corner));
    }
}

fm_status fmi_ply_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err) {
    ply writer = {.out = out, .mesh = mesh}, *w = &writer;
    fm_status status = fmi_mesh_out_check(mesh, err);
    if (status == FM_OK)
        status = fmi_mesh_vertices_make(&w->vertices, mesh, err);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; i < mesh->polygon_count; i++)
        w->wide |= mesh->polygon_sizes[i] > 255;
    out->size = 0;
    put_head(w);
    put_vertices(w);
    put_faces(w);
    fmi_mesh_vertices_free(&w->vertices);
    if (w->failed)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a PLY file of %u corners",
                        mesh->corner_count);
    return FM_OK;
}
