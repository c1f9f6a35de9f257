/* SPDX-License-Identifier: MIT */
/** @file store_recipe.h The kernels of a cell in the store: text, options and geometry, by hash. */
#ifndef FMI_STORE_RECIPE_H
#define FMI_STORE_RECIPE_H

#include "store.h"

/** Adds the recipe of a cell, inside the caller's transaction. An empty or incomplete one: nothing.
 */
fm_status fmi_store_add_recipe(fmi_store *store, int64_t cell, const fmi_recipe *recipe,
                               fm_error *err);
/** Whether a cell has one. */
fm_status fmi_store_has_recipe(fmi_store *store, int64_t cell, bool *has, fm_error *err);
/** Reads it back; a cell without one gives an empty recipe. Free with fmi_recipe_free. */
fm_status fmi_store_read_recipe(fmi_store *store, int64_t cell, fmi_recipe *recipe, fm_error *err);

#endif
