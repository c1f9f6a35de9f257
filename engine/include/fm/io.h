/* SPDX-License-Identifier: MIT */
/**
 * @file io.h
 * Files for callers who do not want to bring arrays: heads from mesh files, pictures to PNG. In
 * libfmio (CMake fm::io, pkg-config fmio), which links Assimp, libpng and libjpeg; libfm needs none
 * of them.
 *
 *     fm_pair *pair = NULL;
 *     if (fm_pair_load(&pair, engine, "a.fbx", "b.fbx", NULL, &err) != FM_OK)
 *         fprintf(stderr, "%s\n", err.message);
 */
#ifndef FM_IO_H
#define FM_IO_H

#include <fm/log.h>
#include <fm/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

/** NULL or zero in any field is the default. The struct lives only during the call. */
typedef struct fm_pair_load_params {
    size_t struct_size;    /**< sizeof(fm_pair_load_params) */
    const char *texture_a; /**< PNG or JPEG instead of the one that mesh A names; NULL = as named */
    const char *texture_b; /**< likewise */
    bool keep_background;  /**< as in fm_pair_params */
    fm_align align;        /**< as in fm_pair_params */
    fm_log log;            /**< units, axes, missing textures; called on the calling thread and, one
                                at a time, on a thread that lives during the call; default: silent */
} fm_pair_load_params;

/**
 * Reads two mesh files (OBJ, FBX, GLB, glTF, PLY) with their textures, both at once on two threads,
 * and makes a pair of them. A texture that a material names but that is missing or damaged is a
 * warning; the pair is then untextured. Textures are looked for in the mesh's own folder only.
 *
 * @param pair   out; destroy with fm_pair_destroy before the engine
 * @param params may be NULL
 * @retval FM_ERROR_BAD_INPUT a file is missing or damaged, a given texture cannot be read, or the
 *         meshes do not match; the message names the file and what to do
 * @retval FM_ERROR_LIMIT     a file or picture is over a documented limit
 */
FM_API fm_status fm_pair_load(fm_pair **pair, fm_engine *engine, const char *path_a,
                              const char *path_b, const fm_pair_load_params *params, fm_error *err);

/**
 * Writes a picture as PNG (8 bits a channel, sRGB chunk, no time): temporary name, then rename, so
 * that path is absent, old or complete. The same pixels give the same bytes.
 *
 * @param image 3 or 4 channels, borrowed
 * @retval FM_ERROR_IO the file cannot be written
 */
FM_API fm_status fm_png_write(const char *path, const fm_image *image, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
