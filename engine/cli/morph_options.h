/* SPDX-License-Identifier: MIT */
/** @file morph_options.h What `fmorph morph` was asked to do. */
#ifndef FMI_CLI_MORPH_OPTIONS_H
#define FMI_CLI_MORPH_OPTIONS_H

#include "args.h"

#include "io/mesh_write.h"

#include <fm/render.h>

#define FMI_PATH_MOST 768 /**< bytes of an output folder's path */

/** Which textures go with exported meshes. */
typedef enum fmi_mesh_textures {
    FMI_TEXTURES_ENDS = 0, /**< those of A and B */
    FMI_TEXTURES_ALL,      /**< each frame's own blend */
    FMI_TEXTURES_NONE
} fmi_mesh_textures;

/** Filled by fmi_morph_options_read. Strings are borrowed from argv and the environment. */
typedef struct fmi_morph_options {
    const char *path_a, *path_b;
    const char *texture_a, *texture_b; /**< NULL = as the materials say */
    const char *output;                /**< folder; NULL when raw */
    bool raw;                          /**< frames as plain bytes on stdout */
    bool heatmaps;
    bool full;          /**< also meshes, morph.glb, the video and tables */
    bool contact_sheet; /**< all frames on one picture */
    fmi_mesh_format mesh_format;
    fmi_mesh_textures mesh_textures;
    const char *background_file; /**< a picture or video behind the head; NULL = a colour */
    uint32_t fps;                /**< of the video */
    int32_t crf;                 /**< its quality; -1 = the codec's usual one */
    const char *codec;           /**< its encoder's name; NULL = the first there is */
    uint32_t frames;
    fm_view view;
    fm_align align;
    bool keep_background;
    bool half; /**< --precision fp16 */
    fm_level level;
    fm_specialisation specialisation;
    const char *device; /**< NULL = auto */
    uint64_t mem_limit_bytes;
    uint64_t keep_free_bytes;
    uint32_t threads;  /**< 0 = by the machine */
    const char *trace; /**< file for the time line; NULL = none */
    const char *cache; /**< folder of the result cache; NULL = none */
    bool verify;       /**< compare frames with the reference */
    bool dry_run, json, force;
} fmi_morph_options;

/** The options of `fmorph morph`, for fmi_args_read. */
extern const fmi_option fmi_morph_table[];
extern const size_t fmi_morph_table_count;

/**
 * From words to meaning, with every check that needs no file and no device.
 * @retval FM_ERROR_INVALID_ARGUMENT one sentence that names the option and what it allows
 */
fm_status fmi_morph_options_read(fmi_morph_options *options, const fmi_args *args, fm_error *err);
/** The same without the two meshes: path_a and path_b stay NULL. */
fm_status fmi_morph_options_read_common(fmi_morph_options *options, const fmi_args *args,
                                        fm_error *err);

#endif
