/* SPDX-License-Identifier: MIT */
/**
 * @file meshes.h
 * The parts of the step of mesh files: morph_meshes.c makes a file a frame, meshes_glb.c the whole
 * morph as one.
 */
#ifndef FMI_CLI_MESHES_H
#define FMI_CLI_MESHES_H

#include "step.h"

#include "io/mesh_write.h"
#include "io/tasks.h"

#include <fm/geometry.h>

#include <pthread.h>

#define FMI_MESH_NOTES 5
#define FMI_MORPH_FILE "morph.glb"

/** Memory of one thread. */
typedef struct fmi_mesh_desk {
    float *positions, *normals;
    fmi_mesh_scratch scratch;
} fmi_mesh_desk;

/** What the step makes its files from. */
typedef struct fmi_meshes {
    fmi_run *run;
    fm_geometry *geometry;
    fm_geometry_topology topology;
    uint32_t *corner_vertex, *corner_position;
    uint32_t workers;
    fmi_mesh_desk *desks; /**< workers + 1 */
    bool textured;
    pthread_mutex_t mutex; /**< of what follows */
    bool is_shared;
    fmi_mesh_shared shared;
    fmi_bytes texture[2]; /**< PNG of A and B */
    fmi_tasks *tasks;     /**< NULL = not begun */
} fmi_meshes;

/** The mesh without positions, normals, names and notes. */
fmi_mesh_out fmi_meshes_topology(const fmi_meshes *m);
/** Both names, both textures (where the files exist) and t. Returns how many notes; their strings
 *  live in textures and in the run. */
uint32_t fmi_meshes_notes(const fmi_meshes *m, float t, char textures[2][FMI_NAME_FRAME],
                          fmi_mesh_note notes[FMI_MESH_NOTES]);
/** Writes morph.glb; all tasks are done. */
fm_status fmi_meshes_write_morph(fmi_meshes *m, fm_error *err);

#endif
