/* SPDX-License-Identifier: MIT */
/**
 * @file mesh_write.h
 * Mesh files out: our own binary FBX 7.4 (fbx_write.c; the packaged exporter is broken) and OBJ
 * (obj_write.c). Same bytes for same input: no time, no random ids.
 */
#ifndef FMI_MESH_WRITE_H
#define FMI_MESH_WRITE_H

#include <fm/status.h>

#include <stdint.h>

/** A fact to keep with the object: a user property in FBX, a comment in OBJ. */
typedef struct fmi_mesh_note {
    const char *name, *value;
} fmi_mesh_note;

/** An indexed polygon mesh to write. All arrays are borrowed. */
typedef struct fmi_mesh_out {
    const char *name;       /**< object name */
    const float *positions; /**< position_count x 3, metres, Y up */
    const float *normals;   /**< position_count x 3, unit; NULL = none */
    const float *uvs;       /**< uv_count x 2, v up; NULL = none */
    const uint32_t *polygon_sizes;
    const uint32_t *position_index; /**< per corner */
    const uint32_t *uv_index;       /**< per corner; NULL when uvs is NULL */
    uint32_t position_count, uv_count, polygon_count, corner_count;
    const char *material;       /**< name; NULL = "skin" */
    const char *texture;        /**< relative path; NULL = none */
    const fmi_mesh_note *notes; /**< note_count notes; NULL = none */
    uint32_t note_count;
} fmi_mesh_out;

/**
 * Writes binary FBX 7.4 by temporary name and rename. Control bytes in names become '_'.
 * @retval FM_ERROR_INVALID_ARGUMENT no polygons, or an index that points outside its array
 * @retval FM_ERROR_LIMIT            the file would pass 4 GiB, the end of 7.4's offsets
 */
fm_status fmi_fbx_write(const fmi_mesh_out *mesh, const char *path, fm_error *err);
/**
 * Writes OBJ, and a .mtl of the same stem when there is a texture. Numbers have the fewest digits
 * that read back as the same float, in every locale.
 */
fm_status fmi_obj_write(const fmi_mesh_out *mesh, const char *path, fm_error *err);

#endif
