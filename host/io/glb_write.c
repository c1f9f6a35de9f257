/* SPDX-License-Identifier: MIT */
/* Binary glTF 2.0: a mesh of triangle fans with vertices split at UV seams, or a morph of two with
 * an animated weight. The arrays are laid down first, then moved up behind the JSON about them. */
#include "glb.h"

#include "error.h"

#include <math.h>

enum { UNSIGNED_SHORT = 5123, UNSIGNED_INT = 5125, FLOAT = 5126 };
enum { ARRAY_BUFFER = 34962, ELEMENT_ARRAY_BUFFER = 34963 };

#define MAGIC 0x46546C67U /* "glTF" */
#define CHUNK_JSON 0x4E4F534AU
#define CHUNK_BIN 0x004E4942U
#define FILE_HEAD 12U
#define CHUNK_HEAD 8U

/* A new view of bytes, on a boundary of 4; NULL when memory is out. */
static unsigned char *add_view(fmi_glb *w, size_t bytes, int target) {
    size_t pad = (4 - w->out->size % 4) % 4;
    unsigned char *to = fmi_mesh_room(w->out, &w->failed, pad + bytes);
    if (to == NULL)
        return NULL;
    memset(to, 0, pad);
    w->views[w->view_count++] =
        (fmi_glb_view){.offset = w->out->size - bytes, .bytes = bytes, .target = target};
    return to + pad;
}

static int add_accessor(fmi_glb *w, uint32_t count, uint32_t width, int component) {
    w->accessors[w->accessor_count] =
        (fmi_glb_accessor){.count = count, .width = width, .component = component};
    return w->accessor_count++;
}

static void widen(fmi_glb_accessor *a, const float *values) {
    for (uint32_t k = 0; k < a->width; k++) {
        a->min[k] = !a->bounded || values[k] < a->min[k] ? values[k] : a->min[k];
        a->max[k] = !a->bounded || values[k] > a->max[k] ? values[k] : a->max[k];
    }
    a->bounded = true;
}

/* Vectors of three by position, one a vertex; less minus them, for a target. */
static int add_vectors(fmi_glb *w, const float *values, const float *minus, bool bounded) {
    uint32_t count = w->vertices.count;
    unsigned char *to = add_view(w, (size_t)count * 12, ARRAY_BUFFER);
    int id = add_accessor(w, count, 3, FLOAT);
    for (uint32_t i = 0; to != NULL && i < count; i++) {
        size_t at = 3 * fmi_mesh_at(w->vertices.position, i);
        float v[3];
        for (size_t k = 0; k < 3; k++) {
            v[k] = minus != NULL ? values[at + k] - minus[at + k] : values[at + k];
            to = fmi_mesh_float(to, v[k]);
        }
        if (bounded)
            widen(&w->accessors[id], v);
    }
    return id;
}

/* The format counts v downwards. */
static int add_uvs(fmi_glb *w) {
    uint32_t count = w->vertices.count;
    unsigned char *to = add_view(w, (size_t)count * 8, ARRAY_BUFFER);
    for (uint32_t i = 0; to != NULL && i < count; i++) {
        const float *uv = &w->mesh->uvs[2 * fmi_mesh_at(w->vertices.uv, i)];
        to = fmi_mesh_float(to, uv[0]);
        to = fmi_mesh_float(to, 1.0F - uv[1]);
    }
    return add_accessor(w, count, 2, FLOAT);
}

static int add_indices(fmi_glb *w) {
    const fmi_mesh_out *mesh = w->mesh;
    uint32_t count = 3 * (mesh->corner_count - 2 * mesh->polygon_count);
    bool narrow = w->vertices.count <= UINT16_MAX;
    unsigned char *to = add_view(w, (size_t)count * (narrow ? 2U : 4U), ELEMENT_ARRAY_BUFFER);
    size_t first = 0;
    for (uint32_t i = 0; to != NULL && i < mesh->polygon_count; i++) {
        for (uint32_t k = 2; k < mesh->polygon_sizes[i]; k++) {
            const size_t corner[3] = {first, first + k - 1, first + k};
            for (size_t c = 0; c < 3; c++) {
                uint32_t vertex = (uint32_t)fmi_mesh_at(w->vertices.corner, corner[c]);
                to = narrow ? fmi_mesh_u16(to, vertex) : fmi_mesh_u32(to, vertex);
            }
        }
        first += mesh->polygon_sizes[i];
    }
    return add_accessor(w, count, 1, narrow ? UNSIGNED_SHORT : UNSIGNED_INT);
}

static int add_keys(fmi_glb *w, const float *values, uint32_t count) {
    unsigned char *to = add_view(w, (size_t)count * 4, 0);
    int id = add_accessor(w, count, 1, FLOAT);
    for (uint32_t i = 0; to != NULL && i < count; i++) {
        to = fmi_mesh_float(to, values[i]);
        widen(&w->accessors[id], &values[i]);
    }
    return id;
}

static int add_picture(fmi_glb *w, const fmi_bytes *png) {
    if (png == NULL || png->size == 0)
        return FMI_GLB_NONE;
    unsigned char *to = add_view(w, png->size, 0);
    if (to != NULL)
        memcpy(to, png->data, png->size);
    return w->view_count - 1;
}

static void add_arrays(fmi_glb *w) {
    const fmi_mesh_out *mesh = w->mesh;
    const fmi_glb_morph *morph = w->morph;
    bool target_normals = morph != NULL && mesh->normals != NULL && morph->target_normals != NULL;
    w->indices = add_indices(w);
    w->positions = add_vectors(w, mesh->positions, NULL, true);
    w->normals = mesh->normals != NULL ? add_vectors(w, mesh->normals, NULL, false) : FMI_GLB_NONE;
    w->uvs = mesh->uvs != NULL ? add_uvs(w) : FMI_GLB_NONE;
    w->target_positions = w->target_normals = w->times = w->weights = FMI_GLB_NONE;
    w->pictures[0] = w->pictures[1] = FMI_GLB_NONE;
    if (morph == NULL)
        return;
    w->target_positions = add_vectors(w, morph->target, mesh->positions, true);
    if (target_normals)
        w->target_normals = add_vectors(w, morph->target_normals, mesh->normals, false);
    w->times = add_keys(w, morph->times, morph->key_count);
    w->weights = add_keys(w, morph->weights, morph->key_count);
    w->pictures[0] = add_picture(w, morph->texture);
    w->pictures[1] =
        w->pictures[0] != FMI_GLB_NONE ? add_picture(w, morph->target_texture) : FMI_GLB_NONE;
}

/* ---- the file around them ---- */

/* Moves the arrays up and writes both heads and the JSON before them. */
static void wrap(fmi_glb *w, const fmi_json *json) {
    size_t json_bytes = (json->size + 3) / 4 * 4, arrays = (w->out->size + 3) / 4 * 4;
    size_t before = FILE_HEAD + CHUNK_HEAD + json_bytes + CHUNK_HEAD;
    size_t pad = arrays - w->out->size;
    if (fmi_mesh_room(w->out, &w->failed, pad + before) == NULL)
        return;
    memmove(w->out->data + before, w->out->data, arrays - pad);
    memset(w->out->data + before + arrays - pad, 0, pad);
    unsigned char *to = fmi_mesh_u32(w->out->data, MAGIC);
    to = fmi_mesh_u32(to, 2);
    to = fmi_mesh_u32(to, (uint32_t)(before + arrays));
    to = fmi_mesh_u32(to, (uint32_t)json_bytes);
    to = fmi_mesh_u32(to, CHUNK_JSON);
    memset(to, ' ', json_bytes);
    memcpy(to, json->text, json->size);
    to = fmi_mesh_u32(to + json_bytes, (uint32_t)arrays);
    fmi_mesh_u32(to, CHUNK_BIN);
}

/* Upper bound of the file: its lengths are 32 bits wide. */
static bool too_large(const fmi_glb *w) {
    uint64_t bytes = (uint64_t)w->mesh->corner_count * 12 + (uint64_t)w->vertices.count * 56;
    for (int i = 0; w->morph != NULL && i < 2; i++) {
        const fmi_bytes *png = i == 0 ? w->morph->texture : w->morph->target_texture;
        bytes += png != NULL ? png->size : 0;
    }
    return bytes + (UINT64_C(1) << 20) > UINT32_MAX;
}

static fm_status encode(fmi_glb *w, fm_error *err) {
    fmi_json json = {.compact = true};
    fm_status status = fmi_mesh_out_check(w->mesh, err);
    if (status == FM_OK)
        status = fmi_mesh_vertices_make(&w->vertices, w->mesh, err);
    if (status != FM_OK)
        return status;
    if (too_large(w)) {
        status = fmi_fail(err, FM_ERROR_LIMIT,
                          "a mesh of %u corners does not fit into GLB (4 GiB); write OBJ",
                          w->mesh->corner_count);
        goto done;
    }
    w->out->size = 0;
    add_arrays(w);
    fmi_glb_json(&json, w);
    if (fmi_json_text(&json) != NULL)
        wrap(w, &json);
    if (w->failed || fmi_json_text(&json) == NULL)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a GLB file of %u corners",
                          w->mesh->corner_count);
done:
    fmi_json_free(&json);
    fmi_mesh_vertices_free(&w->vertices);
    return status;
}

fm_status fmi_glb_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err) {
    fmi_glb w = {.out = out, .mesh = mesh};
    return encode(&w, err);
}

static fm_status check_morph(const fmi_glb_morph *morph, fm_error *err) {
    size_t numbers = (size_t)morph->base->position_count * 3;
    if (morph->key_count == 0 || !(morph->times[0] >= 0.0F))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "a morph needs keys from time 0 on");
    for (uint32_t i = 1; i < morph->key_count; i++)
        if (!(morph->times[i] > morph->times[i - 1]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "key %u of the morph is not behind the one before: %g s", i,
                            (double)morph->times[i]);
    for (size_t i = 0; i < numbers; i++)
        if (!isfinite(morph->target[i]) ||
            (morph->target_normals != NULL && !isfinite(morph->target_normals[i])))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "cannot write the morph: target position %zu is not finite", i / 3);
    return FM_OK;
}

fm_status fmi_glb_morph_encode(fmi_bytes *out, const fmi_glb_morph *morph, fm_error *err) {
    fmi_glb w = {.out = out, .mesh = morph->base, .morph = morph};
    fm_status status = check_morph(morph, err);
    return status == FM_OK ? encode(&w, err) : status;
}
