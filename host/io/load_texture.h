/* SPDX-License-Identifier: MIT */
/** @file load_texture.h Finding the texture of a side; the second half of load.c. */
#ifndef FMI_LOAD_TEXTURE_H
#define FMI_LOAD_TEXTURE_H

#include "load.h"

/** Chooses, finds and decodes the texture of side->blob, or fills side->reason. Never fails: what
 *  is wrong with a texture that the mesh itself names is a warning. */
void fmi_load_own_texture(fmi_side *side, const char *path, const fm_log *log);

#endif
