/* SPDX-License-Identifier: MIT */
/**
 * @file sample.h
 * Made-up heads: skull, nose, eye sockets with eyes, mouth, ears; two identities of one topology,
 * two skins. Everything follows from the seed; the same numbers on every machine.
 */
#ifndef FMI_SAMPLE_H
#define FMI_SAMPLE_H

#include <fm/status.h>

#include <stdint.h>

/** NULL or zero = default. */
typedef struct fmi_sample_params {
    uint32_t vertices; /**< exact number of positions, 500 to 2,000,000; default 18,024 */
    uint32_t texture;  /**< map edge in pixels, 64 to 8192; default 2048 */
    uint32_t seed;     /**< default 1 */
} fmi_sample_params;

/** One head by shared positions. Free with fmi_sample_free. Zeroed = none. */
typedef struct fmi_sample_head {
    float *positions, *uvs;
    uint32_t *polygon_sizes, *position_index, *uv_index;
    uint32_t position_count, uv_count, polygon_count, corner_count;
    uint8_t *texture; /**< RGB, texture_edge squared, NULL until fmi_sample_texture */
    uint32_t texture_edge;
} fmi_sample_head;

/** Fills in defaults. @retval FM_ERROR_INVALID_ARGUMENT a value outside its range */
fm_status fmi_sample_check(const fmi_sample_params *params, fmi_sample_params *filled,
                           fm_error *err);
/** Geometry of one identity (0 or 1, or any number: identity i of the seed). Metres, Y up, face
 *  towards +Z. All identities share every array but positions. */
fm_status fmi_sample_shape(fmi_sample_head *head, const fmi_sample_params *params,
                           uint32_t identity, fm_error *err);
/** Paints the skin map of an identity (outside the UV islands it is black). */
fm_status fmi_sample_texture(fmi_sample_head *head, const fmi_sample_params *params,
                             uint32_t identity, fm_error *err);
/** Corner-wise copies for fm_mesh: positions (corner_count x 3) and uvs (corner_count x 2). */
fm_status fmi_sample_corners(const fmi_sample_head *head, float **positions, float **uvs,
                             fm_error *err);
void fmi_sample_free(fmi_sample_head *head);

#endif
