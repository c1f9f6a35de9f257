/* SPDX-License-Identifier: MIT */
/**
 * @file glb.h
 * What the parts of the GLB writer share: glb_write.c lays down the arrays, glb_json.c writes the
 * JSON about them.
 */
#ifndef FMI_GLB_H
#define FMI_GLB_H

#include "json.h"
#include "mesh_bytes.h"

#define FMI_GLB_ACCESSORS 8
#define FMI_GLB_VIEWS (FMI_GLB_ACCESSORS + 2) /**< and two pictures */
#define FMI_GLB_NONE (-1)

/** A part of the arrays, on a boundary of 4 bytes. */
typedef struct fmi_glb_view {
    size_t offset, bytes;
    int target; /**< 0 = none */
} fmi_glb_view;

/** What a view holds; number i is about view i. */
typedef struct fmi_glb_accessor {
    uint32_t count, width; /**< width 1 to 3: SCALAR, VEC2, VEC3 */
    int component;
    bool bounded; /**< min and max are known */
    float min[3], max[3];
} fmi_glb_accessor;

/** A file that is being written. */
typedef struct fmi_glb {
    fmi_bytes *out; /**< the arrays, borrowed */
    bool failed;
    const fmi_mesh_out *mesh;
    const fmi_glb_morph *morph; /**< NULL = a mesh alone */
    fmi_mesh_vertices vertices;
    fmi_glb_view views[FMI_GLB_VIEWS];
    fmi_glb_accessor accessors[FMI_GLB_ACCESSORS];
    int view_count, accessor_count;
    /** Accessors; FMI_GLB_NONE = not there. */
    int indices, positions, normals, uvs, target_positions, target_normals, times, weights;
    int pictures[2]; /**< views */
} fmi_glb;

/** The whole JSON chunk, without padding. */
void fmi_glb_json(fmi_json *j, const fmi_glb *w);

#endif
