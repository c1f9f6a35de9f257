/* SPDX-License-Identifier: MIT */
/**
 * @file load.h
 * One side of a pair from files: mesh and texture. The texture is found by our own rule: embedded;
 * else the stored path relative to the mesh's folder, its base name there, in textures/ and in
 * <mesh>.fbm/; never outside the mesh's folder. With several textures the one that covers most
 * polygons is taken, with a warning.
 */
#ifndef FMI_LOAD_H
#define FMI_LOAD_H

#include "image.h"
#include "import.h"

/** A loaded side. Zeroed = none. Free with fmi_side_free. */
typedef struct fmi_side {
    fmi_blob *blob;
    fm_mesh mesh; /**< view into blob */
    fm_material_run *runs;
    fmi_image texture;       /**< .view.pixels NULL = none */
    char texture_path[1024]; /**< "" = none; "*" + name = embedded */
    char reason[256];        /**< why there is no texture, for people; "" = there is one */
} fmi_side;

/**
 * Loads a mesh and its texture. An absent or damaged texture that the material names is a
 * warning; one that is given by texture_path is FM_ERROR_BAD_INPUT.
 * @param texture_path NULL = as the material says
 * Threads: different sides may be loaded at once.
 */
fm_status fmi_side_load(fmi_side *side, const char *path, const char *texture_path,
                        const fm_log *log, fm_error *err);
void fmi_side_free(fmi_side *side);

#endif
