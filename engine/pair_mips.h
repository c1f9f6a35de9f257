/* SPDX-License-Identifier: MIT */
/** @file pair_mips.h Two filled pictures to the block of interleaved texels with all its levels. */
#ifndef FMI_PAIR_MIPS_H
#define FMI_PAIR_MIPS_H

#include "pair_texture.h"
#include "texture_fill.h"
#include "texture_resize.h"
#include "workers.h"

/**
 * Resizes B to A's size where they differ, interleaves, makes the levels.
 * @param filled  A, B
 * @param layout  of A's size
 * @param out     layout->bytes, write-only
 * @param workers NULL = none; the bytes are the same with any number of them
 */
fm_status fmi_mips_make(const fmi_filled filled[2], const fmi_texture_layout *layout, uint8_t *out,
                        const fmi_workers *workers, fm_error *err);

#endif
