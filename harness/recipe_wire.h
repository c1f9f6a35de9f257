/* SPDX-License-Identifier: MIT */
/** @file recipe_wire.h A recipe as one block of bytes, for the pipe between a sweep and its
 * workers. */
#ifndef FMI_RECIPE_WIRE_H
#define FMI_RECIPE_WIRE_H

#include "recipe.h"

#include <stddef.h>

/** Packs; free with free(). NULL without memory. */
unsigned char *fmi_recipe_pack(const fmi_recipe *recipe, size_t *bytes);
/** Unpacks into an empty recipe. @retval FM_ERROR_BAD_INPUT the block is not one of pack's */
fm_status fmi_recipe_unpack(fmi_recipe *recipe, const unsigned char *block, size_t bytes,
                            fm_error *err);

#endif
