/* SPDX-License-Identifier: MIT */
/** @file import_scene.h From Assimp's scene to our blob; the parts of import.c. */
#ifndef FMI_IMPORT_SCENE_H
#define FMI_IMPORT_SCENE_H

#include "blob.h"

#include <fm/log.h>

#include <assimp/scene.h>
#include <stdbool.h>

/** Three rows of four; the fourth row is 0 0 0 1. */
typedef struct fmi_affine {
    double m[12];
} fmi_affine;

double fmi_affine_determinant(const fmi_affine *a);
/** From the file's units and axes to metres with Y up, by the scene's metadata (FBX); the identity
 *  without any. */
fmi_affine fmi_file_to_world(const struct aiScene *scene, const char *label, const fm_log *log);

/** Whether the file says which axis is up (FBX). Such a scene's root node is Assimp's own: identity
 *  in 5.2, the axes themselves in 5.4, so its transform must not be applied beside ours. */
bool fmi_scene_states_axes(const struct aiScene *scene);

/** One use of a mesh by a node. */
typedef struct fmi_instance {
    const struct aiMesh *mesh;
    const char *material;   /**< name, points into the scene's material */
    uint32_t order;         /**< in the walk over the nodes */
    uint32_t polygon_count; /**< of 3 corners and more */
    uint64_t corner_count;
    bool mirrored;       /**< its transform swaps left and right */
    fmi_affine to_world; /**< metres, Y up */
} fmi_instance;

/** Every use of every mesh, sorted by material name, then by order. Zeroed = none. */
typedef struct fmi_instances {
    fmi_instance *items;
    size_t count, capacity;
    uint64_t polygon_count, corner_count, skipped_count;
    uint32_t without_uvs; /**< instances that have no UVs */
} fmi_instances;

/** Walks the nodes. label names the file in messages. Free items with free(). */
fm_status fmi_instances_collect(fmi_instances *instances, const struct aiScene *scene,
                                const char *label, const fm_log *log, fm_error *err);

/** What a material says about its diffuse texture. */
typedef struct fmi_texture_ref {
    struct aiString path;             /**< as stored; "" = none */
    const struct aiTexture *embedded; /**< its bytes in the file; NULL = not embedded */
} fmi_texture_ref;

/** Looks up the diffuse (or base colour) texture of a material. */
void fmi_texture_ref_find(fmi_texture_ref *ref, const struct aiScene *scene, uint32_t material,
                          const char *label, const fm_log *log);

/** Builds the blob. Free with free(). */
fm_status fmi_scene_to_blob(fmi_blob **blob, const struct aiScene *scene, const char *label,
                            const fm_log *log, fm_error *err);

#endif
