/* SPDX-License-Identifier: MIT */
/** @file textures_impl.h Launches of morphed textures, for fm_morph_textures and who times them. */
#ifndef FMI_TEXTURES_IMPL_H
#define FMI_TEXTURES_IMPL_H

#include "queue.h"
#include "recovery.h"

#include <fm/textures.h>

/**
 * Textures of a launch that nobody asked a number of; the planner counts with these, too. Both
 * inputs are read once a launch, 8 bytes a texel beside 3 written a texture, so more are faster:
 * 8-bit textures of 2048 x 2048 on 2 cores at 9, 15, 24 to 29, 32 GB/s written with 1, 4, 8, 16 (a
 * loop that only stores: 26 to 35), floats at 21 to 25 with 1, 2, 4 (24 to 26). But a job's first
 * launch also takes new memory of a chunk, at 3 GB/s: 41 textures are done soonest with 4, or with
 * 1.
 */
#define FMI_TEXTURES_CHUNK_FLOAT 1U
#define FMI_TEXTURES_CHUNK_BYTE 4U

/** Program, weights and the memory of a chunk. Zeroed = none. */
typedef struct fmi_textures {
    fm_pair *pair; /**< borrowed, textured, of an engine with a device */
    fm_texture_format format;
    uint32_t n;     /**< weights */
    uint32_t chunk; /**< textures that out has room for */
    uint32_t width, height;
    uint32_t band;         /**< rows of a texture that out has room for: all, or see banded */
    bool banded;           /**< not even one texture has room: band rows of one at a time */
    bool rows;             /**< a work-item makes a row, not 8 columns */
    fmi_recovery recovery; /**< of chunk; banded: of band */
    uint64_t texture_bytes;
    fmi_buffer out, weights;
    cl_program program;
    cl_kernel kernel;
} fmi_textures;

/**
 * Chooses chunk or band and makes the kernel.
 * @param chunk as fm_textures_params; fewer where memory is short
 * @retval FM_ERROR_LIMIT not even a row fits
 */
fm_status fmi_textures_open(fmi_textures *x, fm_pair *pair, fm_texture_format format, uint32_t n,
                            uint32_t chunk, fm_error *err);
/** Makes the buffers that are missing. */
fm_status fmi_textures_need(fmi_textures *x, const float *t, fm_error *err);
/** After memory ran out: room, then half of what was tried. False: that does not help. */
bool fmi_textures_smaller(fmi_textures *x, fm_status status, const fm_error *err);
/**
 * Both of open and need, for whole textures.
 * @retval FM_ERROR_LIMIT not even one texture fits
 */
fm_status fmi_textures_create(fmi_textures *x, fm_pair *pair, fm_texture_format format,
                              const float *t, uint32_t n, uint32_t chunk, fm_error *err);
/** Other weights. */
fm_status fmi_textures_weights(fmi_textures *x, const float *t, fm_error *err);
/** Makes textures first to first + count - 1, count at most a chunk, in out. Waits. */
fm_status fmi_textures_run(fmi_textures *x, uint32_t first, uint32_t count, fm_error *err);
/** The same of so many rows of each, at most band. */
fm_status fmi_textures_run_rows(fmi_textures *x, uint32_t first, uint32_t count, uint32_t row,
                                uint32_t rows, fm_error *err);
/** Bytes of a row of a texture. */
uint64_t fmi_textures_row_bytes(const fmi_textures *x);
void fmi_textures_destroy(fmi_textures *x);

#endif
