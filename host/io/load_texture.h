/* SPDX-License-Identifier: MIT */
/** @file load_texture.h Finding the texture of a side; the second half of load.c. */
#ifndef FMI_LOAD_TEXTURE_H
#define FMI_LOAD_TEXTURE_H

#include "load.h"

/** Chooses, finds and decodes the texture of side->blob, or fills side->reason. What is wrong with
 * a texture that the mesh itself names is a warning; without memory nothing can be said of it.
 *  @retval FM_ERROR_HOST_MEMORY */
fm_status fmi_load_own_texture(fmi_side *side, const char *path, const fm_log *log, fm_error *err);

#endif
