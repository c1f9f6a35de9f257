/* SPDX-License-Identifier: MIT */
/**
 * @file textures.h
 * The textures of a morph as pictures of their own, in chunks. Frames do without them: fm_render
 * blends while it shades, which is exact because sampling is linear. These are for exports, and
 * for whoever wants to check that sentence.
 *
 *     static fm_status save(void *user, const fm_texture *texture, fm_error *err);
 *     fm_textures_params params = {.struct_size = sizeof params, .format = FM_TEXTURE_BYTE};
 *     fm_morph_textures(pair, t, 41, &params, save, user, NULL, &err);
 */
#ifndef FM_TEXTURES_H
#define FM_TEXTURES_H

#include <fm/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a value of a texture is. */
typedef enum fm_texture_format {
    FM_TEXTURE_FLOAT = 0, /**< float, 0 to 1; within 2 ulp of A + t (B - A) */
    FM_TEXTURE_BYTE       /**< 8 bits, 0 to 255; at most 1 from the exact blend's rounding, and
                               that only where it lies within 0.03 of a half */
} fm_texture_format;

/** NULL or zero in any field is the default. */
typedef struct fm_textures_params {
    size_t struct_size; /**< sizeof(fm_textures_params) */
    fm_texture_format format;
    uint32_t chunk; /**< textures in one launch, fewer where memory is short; 0 = the fastest */
} fm_textures_params;

/** One texture: A's size, black already filled, RGB without row padding, top row first. */
typedef struct fm_texture {
    uint32_t index; /**< position in t[] */
    float t;        /**< weight of mesh B */
    uint32_t width, height;
    fm_texture_format format;
    const void *values; /**< height x width x 3; valid during the callback only */
} fm_texture;

/** Takes a texture; they come in the order of t[]. Anything but FM_OK stops the job. */
typedef fm_status (*fm_texture_fn)(void *user, const fm_texture *texture, fm_error *err);

/** What a job came to. */
typedef struct fm_textures_report {
    uint32_t chunk, launches;
    uint64_t bytes;      /**< made */
    double run_seconds;  /**< in launches, transfers and sink not included */
    double wall_seconds; /**< of the call */
} fm_textures_report;

/**
 * Makes n textures and hands them to sink.
 * @param t      n weights of B, each in [0, 1]
 * @param sink   NULL: made and dropped (benchmark)
 * @param report optional
 * @retval FM_ERROR_INVALID_ARGUMENT the pair is untextured, or a weight is out of range
 * @retval FM_ERROR_UNSUPPORTED      the engine is the reference
 * @retval FM_ERROR_LIMIT            not even a row of a texture fits the memory budget or one
 * buffer When the device runs out of memory the job goes on with half a chunk, at last with rows of
 * a texture: the same values.
 */
FM_API fm_status fm_morph_textures(fm_pair *pair, const float *t, uint32_t n,
                                   const fm_textures_params *params, fm_texture_fn sink, void *user,
                                   fm_textures_report *report, fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
