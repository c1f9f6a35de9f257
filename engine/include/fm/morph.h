/* SPDX-License-Identifier: MIT */
/**
 * @file morph.h
 * Morph lerp: many frames of V = A + t (B - A) in one launch; positions stay on the device.
 */
#ifndef FM_MORPH_H
#define FM_MORPH_H

#include <fm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque. Same thread rule as its engine. */
typedef struct fm_morph fm_morph;

/**
 * Uploads two shapes and reserves room for max_frames results. When the device has less memory than
 * that, room for half, a quarter, ... of them: runs and reads then go in pieces of that size, with
 * the same results. fm_stats.recoveries counts it and the log says it.
 * @param a, b      vertices x 3 floats, borrowed for the call
 * @param vertices  >= 1
 * @param max_frames >= 1; max_frames * vertices * 12 bytes must fit one buffer
 */
FM_API fm_status fm_morph_create(fm_morph **morph, fm_engine *engine, const float *a,
                                 const float *b, uint32_t vertices, uint32_t max_frames,
                                 fm_error *err);
FM_API void fm_morph_destroy(fm_morph **morph); /**< sets *morph to NULL, accepts NULL */

/** One launch for n <= max_frames weights, then waits for it (when memory ran out: one after the
 *  other for each piece). The result stays on the device. */
FM_API fm_status fm_morph_run(fm_morph *morph, const float *t, uint32_t n, fm_error *err);

/** Copies frames [first, first + n) of the last run to out (n x vertices x 3 floats). A piece that
 *  is no longer on the device is computed again. */
FM_API fm_status fm_morph_read(fm_morph *morph, uint32_t first, uint32_t n, float *out,
                               fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
