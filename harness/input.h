/* SPDX-License-Identifier: MIT */
/**
 * @file input.h
 * What the cases work on: two meshes with their textures, made up or loaded, and the same thing
 * prepared for the reference. Made once, used by every cell.
 */
#ifndef FMI_INPUT_H
#define FMI_INPUT_H

#include "pair_join.h"
#include "ref/ref.h"
#include "sample.h"

#include <fm/log.h>
#include <fm/pair.h>

#include <signal.h>
#include <stdbool.h>

/** What kind of picture a frame is. */
typedef struct fmi_picture_kind {
    uint32_t width, height; /**< pixels */
    uint32_t samples;       /**< a pixel: 0 or 1, or 4 */
    bool trilinear;         /**< filter; false = nearest mip */
    bool untextured;        /**< grey although there are textures */
} fmi_picture_kind;

/** A reference frame. Borrowed from the input or owned, see fmi_input_reference. */
typedef struct fmi_reference {
    float t;
    fmi_picture_kind kind;
    uint8_t *pixels; /**< RGB, no row padding */
    uint32_t *owner; /**< triangle of each pixel, UINT32_MAX = none */
} fmi_reference;

#define FMI_INPUT_KEPT 32              /**< reference frames kept for the next cell */
#define FMI_INPUT_KEPT_BYTES 268435456 /**< and their bytes */

/** Zeroed = none. Free with fmi_input_destroy. Read-only after creation but for the kept parts. */
typedef struct fmi_input {
    char label[200];            /**< for people and result files */
    uint32_t vertices;          /**< joint positions: the V of the work formulas */
    bool points_only;           /**< positions without a mesh: morph only */
    fm_mesh mesh[2];            /**< by corners; borrowed from the parts below */
    fm_image image[2];          /**< pixels NULL = untextured */
    fmi_joined joined;          /**< what the engine must come to by itself */
    fmi_ref_texture texture[2]; /**< made when the first reference frame is asked for */
    bool textures_made;
    fmi_reference kept[FMI_INPUT_KEPT];
    uint32_t kept_count;
    fmi_sample_head head[2]; /**< owned by made-up inputs */
    float *corner_positions[2], *corner_uvs[2];
    struct fmi_side *sides;   /**< two, owned by loaded inputs */
    bool borrowed_textures;   /**< so are the mips of texture */
    bool borrowed;            /**< arrays lie in a shared mapping (shared.h) and are not freed */
    uint32_t borrowed_kept;   /**< of kept: these are borrowed as well */
    char (*run_names[2])[12]; /**< owned, with mesh[i].runs, when borrowed */
} fmi_input;

/** Two made-up heads; see fmi_sample_params for defaults and ranges. */
fm_status fmi_input_sample(fmi_input **input, const fmi_sample_params *params, fm_error *err);
/** The same with black textures: enough to plan with. params->texture is the edge, not 0. */
fm_status fmi_input_sample_blank(fmi_input **input, const fmi_sample_params *params, fm_error *err);
/** Two mesh files with their textures. cancel: non-zero stops the reading; may be NULL. */
fm_status fmi_input_files(fmi_input **input, const char *path_a, const char *path_b,
                          const fm_log *log, const volatile sig_atomic_t *cancel, fm_error *err);
/** Random points without a mesh, for morph at any count >= 1; some equal, some huge, some zero. */
fm_status fmi_input_points(fmi_input **input, uint32_t vertices, uint64_t seed, fm_error *err);
void fmi_input_destroy(fmi_input **input);

/** The two textures filled and with mips, as the reference samples them; *textures NULL = none. */
fm_status fmi_input_textures(fmi_input *input, const fmi_ref_texture **textures, fm_error *err);
/** The reference's camera of a picture in default framing. */
fm_status fmi_input_camera(const fmi_input *input, const fmi_picture_kind *kind,
                           fmi_ref_camera *camera, fm_error *err);

/** Joins and uploads the input on an engine. untextured: without its textures. half:
 *  vertices as 16-bit floats. */
fm_status fmi_input_pair(const fmi_input *input, fm_engine *engine, bool untextured, bool half,
                         fm_pair **pair, fm_error *err);

/**
 * The reference's frame in default framing. The ends and the middle (t = 0, 0.5, 1) are kept by
 * the input; others are made anew.
 * @param frame out; release with fmi_input_release, which leaves kept ones alone
 */
fm_status fmi_input_reference(fmi_input *input, const fmi_picture_kind *kind, float t,
                              fmi_reference *frame, fm_error *err);
void fmi_input_release(const fmi_input *input, fmi_reference *frame);

#endif
