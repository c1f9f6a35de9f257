/* SPDX-License-Identifier: MIT */
/** @file blend_run.h The parts of `fmorph blend`. */
#ifndef FMI_CLI_BLEND_RUN_H
#define FMI_CLI_BLEND_RUN_H

#include "morph_options.h"

/** Filled by fmi_blend_options_read. Strings are borrowed from argv and the environment. */
typedef struct fmi_blend_options {
    fmi_morph_options run; /**< path_a is the base, path_b the weights; frames are not known yet */
    const char *const *targets;
    uint32_t count;
} fmi_blend_options;

/** Morph's options and --weights, for fmi_args_read. */
extern fmi_option fmi_blend_table[];
/** Fills the table; call it before fmi_blend_table is used. Returns its rows. */
size_t fmi_blend_table_make(void);

/**
 * From words to meaning, with every check that needs no file and no device.
 * @retval FM_ERROR_INVALID_ARGUMENT one sentence that names the option and what it allows; options
 *         of a morph that mean nothing here are refused on the command line and ignored in the
 *         environment
 */
fm_status fmi_blend_options_read(fmi_blend_options *options, const fmi_args *args, fm_error *err);

/**
 * Reads the weights: a row a frame. With a first row of names each column belongs to the target of
 * that stem (of several with one stem, in their order), a column "frame" is skipped and every
 * target needs its column; without, column k belongs to target k.
 * @param weights out: frames x count, free with free()
 * @retval FM_ERROR_BAD_INPUT the message names file, row and column
 */
fm_status fmi_blend_weights_read(const char *path, const char *const *targets, uint32_t count,
                                 float **weights, uint32_t *frames, fm_error *err);

#endif
