/* SPDX-License-Identifier: MIT */
/* Wavefront OBJ and its material file. */
#include "mesh_bytes.h"

#include "error.h"
#include "number_text.h"

typedef struct obj {
    fmi_bytes *out;
    bool failed;
} obj;

static void put(obj *w, const char *text) {
    fmi_mesh_put(w->out, &w->failed, text, strlen(text));
}

/** "keyword text\n" */
static void put_line(obj *w, const char *keyword, const char *text, const char *fallback) {
    char clean[FMI_MESH_NAME_BYTES];
    put(w, keyword);
    put(w, " ");
    put(w, fmi_mesh_name(clean, sizeof clean, text, fallback));
    put(w, "\n");
}

/** One line a record: keyword and width numbers. */
static void put_vectors(obj *w, const char *keyword, const float *values, uint32_t count,
                        uint32_t width) {
    for (uint32_t i = 0; i < count; i++) {
        char line[8 + 3 * (FMI_NUMBER_BYTES + 1)];
        size_t n = strlen(keyword);
        memcpy(line, keyword, n);
        for (uint32_t k = 0; k < width; k++) {
            line[n++] = ' ';
            n += strlen(fmi_float_text(line + n, values[(size_t)i * width + k]));
        }
        line[n++] = '\n';
        fmi_mesh_put(w->out, &w->failed, line, n);
    }
}

/* Counts from 1. */
static size_t put_index(char *out, uint32_t index) {
    return strlen(fmi_uint_text(out, (uint64_t)index + 1));
}

/** " p/t/n", with what the mesh has. */
static void put_corner(obj *w, const fmi_mesh_out *mesh, bool normals, size_t corner) {
    char text[3 * (FMI_NUMBER_BYTES + 1)];
    size_t n = 0;
    text[n++] = ' ';
    n += put_index(text + n, mesh->position_index[corner]);
    if (mesh->uvs || normals)
        text[n++] = '/';
    if (mesh->uvs)
        n += put_index(text + n, mesh->uv_index[corner]);
    if (normals) {
        text[n++] = '/';
        n += put_index(text + n, mesh->position_index[corner]);
    }
    fmi_mesh_put(w->out, &w->failed, text, n);
}

static void put_polygons(obj *w, const fmi_mesh_out *mesh, bool normals) {
    size_t corner = 0;
    for (uint32_t i = 0; i < mesh->polygon_count; i++) {
        put(w, "f");
        for (uint32_t k = 0; k < mesh->polygon_sizes[i]; k++)
            put_corner(w, mesh, normals, corner++);
        put(w, "\n");
    }
}

static void put_notes(obj *w, const fmi_mesh_out *mesh) {
    char text[FMI_MESH_NAME_BYTES];
    for (uint32_t i = 0; i < mesh->note_count; i++) {
        put(w, "# ");
        put_line(w, mesh->notes[i].name, fmi_mesh_note_text(text, &mesh->notes[i]), "");
    }
}

static void put_mesh(obj *w, const fmi_mesh_out *mesh, const char *material_name) {
    put_notes(w, mesh);
    if (mesh->texture)
        put_line(w, "mtllib", material_name, "");
    put_line(w, "o", mesh->name, "mesh");
    put_vectors(w, "v", mesh->positions, mesh->position_count, 3);
    if (mesh->shared)
        fmi_mesh_put(w->out, &w->failed, mesh->shared->uvs.data, mesh->shared->uvs.size);
    else if (mesh->uvs)
        put_vectors(w, "vt", mesh->uvs, mesh->uv_count, 2);
    if (mesh->normals)
        put_vectors(w, "vn", mesh->normals, mesh->position_count, 3);
    if (mesh->texture)
        put_line(w, "usemtl", mesh->material, "skin");
    if (mesh->shared)
        fmi_mesh_put(w->out, &w->failed, mesh->shared->polygons.data, mesh->shared->polygons.size);
    else
        put_polygons(w, mesh, mesh->normals != NULL);
}

static void put_material(obj *w, const fmi_mesh_out *mesh) {
    put_line(w, "newmtl", mesh->material, "skin");
    put(w, "Ka 1 1 1\nKd 1 1 1\nKs 0.05 0.05 0.05\nNs 64\nillum 2\n");
    put_line(w, "map_Kd", mesh->texture, "");
}

fm_status fmi_obj_encode(fmi_bytes *out, fmi_bytes *material, const fmi_mesh_out *mesh,
                         const char *material_name, fm_error *err) {
    obj body = {.out = out}, side = {.out = material};
    fm_status status = fmi_mesh_out_check(mesh, err);
    if (status != FM_OK)
        return status;
    out->size = material->size = 0;
    put_mesh(&body, mesh, material_name);
    if (mesh->texture)
        put_material(&side, mesh);
    if (body.failed || side.failed)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an OBJ file of %u corners",
                        mesh->corner_count);
    return FM_OK;
}

fm_status fmi_obj_shared(fmi_mesh_shared *shared, const fmi_mesh_out *mesh, bool has_normals,
                         fm_error *err) {
    obj uvs = {.out = &shared->uvs}, polygons = {.out = &shared->polygons};
    if (mesh->uvs)
        put_vectors(&uvs, "vt", mesh->uvs, mesh->uv_count, 2);
    put_polygons(&polygons, mesh, has_normals);
    if (uvs.failed || polygons.failed)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for OBJ files of %u corners",
                        mesh->corner_count);
    return FM_OK;
}
