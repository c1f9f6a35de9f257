/* SPDX-License-Identifier: MIT */
#include "mesh_bytes.h"

#include "error.h"
#include "file.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>

const char *fmi_mesh_extension(fmi_mesh_format format) {
    static const char *const words[FMI_MESH_FORMATS] = {"fbx", "glb", "obj", "ply"};
    return words[format];
}

fm_status fmi_mesh_shared_make(fmi_mesh_shared *shared, fmi_mesh_format format,
                               const fmi_mesh_out *mesh, bool has_normals, fm_error *err) {
    fm_status status = FM_OK;
    *shared = (fmi_mesh_shared){0};
    if (format == FMI_MESH_FBX)
        status = fmi_fbx_shared(shared, mesh, err);
    else if (format == FMI_MESH_OBJ)
        status = fmi_obj_shared(shared, mesh, has_normals, err);
    if (status != FM_OK)
        fmi_mesh_shared_free(shared);
    return status;
}

void fmi_mesh_shared_free(fmi_mesh_shared *shared) {
    fmi_bytes_free(&shared->polygons);
    fmi_bytes_free(&shared->uvs);
    fmi_bytes_free(&shared->uv_index);
}

void fmi_mesh_scratch_free(fmi_mesh_scratch *scratch) {
    fmi_bytes_free(&scratch->body);
    fmi_bytes_free(&scratch->material);
}

/* path with its extension replaced by .mtl; NULL when memory is out. Free with free(). */
static char *material_path(const char *path) {
    const char *dot = strrchr(fmi_file_base(path), '.');
    size_t stem = dot != NULL ? (size_t)(dot - path) : strlen(path);
    char *out = malloc(stem + 5);
    if (out != NULL) {
        memcpy(out, path, stem);
        memcpy(out + stem, ".mtl", 5);
    }
    return out;
}

static fm_status put_file(const char *path, const fmi_bytes *bytes, bool part, fm_error *err) {
    return part ? fmi_output_write_part(path, bytes->data, bytes->size, err)
                : fmi_output_write(path, bytes->data, bytes->size, err);
}

static fm_status write_obj(const fmi_mesh_out *mesh, const char *path, bool part,
                           fmi_mesh_scratch *scratch, fm_error *err) {
    char *side = material_path(path);
    if (side == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the name of %s", path);
    fm_status status =
        fmi_obj_encode(&scratch->body, &scratch->material, mesh, fmi_file_base(side), err);
    if (status == FM_OK && mesh->texture != NULL)
        status = put_file(side, &scratch->material, part, err);
    if (status == FM_OK)
        status = put_file(path, &scratch->body, part, err);
    free(side);
    return status;
}

fm_status fmi_mesh_write(fmi_mesh_format format, const fmi_mesh_out *mesh, const char *path,
                         bool part, fmi_mesh_scratch *scratch, fm_error *err) {
    typedef fm_status (*encoder)(fmi_bytes *, const fmi_mesh_out *, fm_error *);
    static const encoder encoders[FMI_MESH_FORMATS] = {
        [FMI_MESH_FBX] = fmi_fbx_encode,
        [FMI_MESH_GLB] = fmi_glb_encode,
        [FMI_MESH_PLY] = fmi_ply_encode,
    };
    if (format == FMI_MESH_OBJ)
        return write_obj(mesh, path, part, scratch, err);
    fm_status status = encoders[format](&scratch->body, mesh, err);
    return status == FM_OK ? put_file(path, &scratch->body, part, err) : status;
}

static fm_status write_one(fmi_mesh_format format, const fmi_mesh_out *mesh, const char *path,
                           fm_error *err) {
    fmi_mesh_scratch scratch = {0};
    fm_status status = fmi_mesh_write(format, mesh, path, false, &scratch, err);
    fmi_mesh_scratch_free(&scratch);
    return status;
}

fm_status fmi_fbx_write(const fmi_mesh_out *mesh, const char *path, fm_error *err) {
    return write_one(FMI_MESH_FBX, mesh, path, err);
}

fm_status fmi_obj_write(const fmi_mesh_out *mesh, const char *path, fm_error *err) {
    return write_one(FMI_MESH_OBJ, mesh, path, err);
}
