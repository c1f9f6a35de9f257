/* SPDX-License-Identifier: MIT */
/** @file guess.h What a render will need, before the meshes are read. */
#ifndef FMI_CLI_GUESS_H
#define FMI_CLI_GUESS_H

#include "morph_options.h"

/**
 * Whether the pair is likely to have textures: given by option, or both files (of an OBJ, its
 * material file) name a PNG or JPEG picture. A wrong guess costs time, nothing else.
 */
bool fmi_guess_textured(const fmi_morph_options *options);

#endif
