/* SPDX-License-Identifier: MIT */
/**
 * @file mesh_write.h
 * Mesh files out: our own binary FBX 7.4 (fbx_write.c; the packaged exporter is broken), GLB
 * (glb_write.c), OBJ (obj_write.c) and binary PLY (ply_write.c). Same bytes for same input: no
 * time, no random ids, no locale.
 *
 * | format | points                    | polygons  | normals, UVs      | texture, notes |
 * |--------|---------------------------|-----------|-------------------|----------------------------|
 * | FBX    | positions, double         | kept      | by point, by corner | material, user
 * properties | | GLB    | split at UV seams, float  | fans      | by vertex         | material,
 * extras of the node | | OBJ    | positions, shortest text  | kept      | by point, by corner |
 * .mtl, comments            | | PLY    | split at UV seams, float  | kept      | by vertex |
 * comments                   |
 *
 * Threads: calls with different scratch may run at once.
 */
#ifndef FMI_MESH_WRITE_H
#define FMI_MESH_WRITE_H

#include "image.h"

#include <fm/status.h>

#include <stdbool.h>
#include <stdint.h>

/** A fact to keep with the object. */
typedef struct fmi_mesh_note {
    const char *name, *value; /**< value NULL: a number */
    float number;
} fmi_mesh_note;

/**
 * What all files of one topology share, encoded once: the polygons and the UVs. FBX: deflated
 * arrays, a third smaller files; OBJ: text; the other formats need none. Zeroed = none. Read-only
 * once made, so threads may share it.
 */
typedef struct fmi_mesh_shared {
    fmi_bytes polygons, uvs, uv_index;
} fmi_mesh_shared;

/** An indexed polygon mesh to write. All arrays are borrowed; all numbers are finite. */
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
    const fmi_mesh_shared *shared; /**< made from this format and topology; NULL = none */
} fmi_mesh_out;

typedef enum fmi_mesh_format {
    FMI_MESH_FBX = 0,
    FMI_MESH_GLB,
    FMI_MESH_OBJ,
    FMI_MESH_PLY,
    FMI_MESH_FORMATS
} fmi_mesh_format;

/** "fbx", "glb", "obj", "ply": word of the command line and extension. */
const char *fmi_mesh_extension(fmi_mesh_format format);

/** Needs the polygons and UVs of mesh, no positions; has_normals says whether the files will have
 *  normals. Free with fmi_mesh_shared_free. */
fm_status fmi_mesh_shared_make(fmi_mesh_shared *shared, fmi_mesh_format format,
                               const fmi_mesh_out *mesh, bool has_normals, fm_error *err);
void fmi_mesh_shared_free(fmi_mesh_shared *shared);

/** Memory that is used again from file to file. Zeroed = none; free with fmi_mesh_scratch_free. */
typedef struct fmi_mesh_scratch {
    fmi_bytes body, material; /**< the second of OBJ only */
} fmi_mesh_scratch;
void fmi_mesh_scratch_free(fmi_mesh_scratch *scratch);

/**
 * Writes mesh to path by temporary name and rename; OBJ with a texture also a .mtl of the same
 * stem. Control bytes in names become '_'.
 * @param part true: without waiting for the disk, for files of a run folder
 * @retval FM_ERROR_INVALID_ARGUMENT no polygons, a number that is not finite, or an index that
 *         points outside its array
 * @retval FM_ERROR_LIMIT            the file would pass 4 GiB, the end of the format's offsets
 * @retval FM_ERROR_IO               as fmi_output_write
 */
fm_status fmi_mesh_write(fmi_mesh_format format, const fmi_mesh_out *mesh, const char *path,
                         bool part, fmi_mesh_scratch *scratch, fm_error *err);

/** fmi_mesh_write of one file that waits for the disk. */
fm_status fmi_fbx_write(const fmi_mesh_out *mesh, const char *path, fm_error *err);
fm_status fmi_obj_write(const fmi_mesh_out *mesh, const char *path, fm_error *err);

/* The encoders behind it: out is cleared and filled. Errors as fmi_mesh_write, no FM_ERROR_IO. */
fm_status fmi_fbx_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err);
fm_status fmi_glb_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err);
fm_status fmi_ply_encode(fmi_bytes *out, const fmi_mesh_out *mesh, fm_error *err);
/** @param material_name file name of the .mtl; material stays empty without a texture */
fm_status fmi_obj_encode(fmi_bytes *out, fmi_bytes *material, const fmi_mesh_out *mesh,
                         const char *material_name, fm_error *err);

/** A morph as one file: the mesh, one morph target, and its weight over time. */
typedef struct fmi_glb_morph {
    const fmi_mesh_out *base;     /**< weight 0; its texture is not used */
    const float *target;          /**< position_count x 3: weight 1 */
    const float *target_normals;  /**< position_count x 3; NULL = none, as base->normals */
    const char *target_name;      /**< for people */
    const float *times, *weights; /**< key_count of each; times in seconds, rising from >= 0 */
    uint32_t key_count;           /**< >= 1 */
    /** Encoded PNG, embedded: the base's, and the target's (named by the material's extras, since
     *  the format cannot blend textures). Empty = none; the second needs the first. */
    const fmi_bytes *texture, *target_texture;
    const char *texture_name, *target_texture_name; /**< for people; NULL = none */
} fmi_glb_morph;

/** Encodes binary glTF 2.0 with an animation; linear between keys. Errors as fmi_glb_encode. */
fm_status fmi_glb_morph_encode(fmi_bytes *out, const fmi_glb_morph *morph, fm_error *err);

#endif
