/* SPDX-License-Identifier: MIT */
/** @file morph_options.h What `fmorph morph` was asked to do. */
#ifndef FMI_CLI_MORPH_OPTIONS_H
#define FMI_CLI_MORPH_OPTIONS_H

#include "args.h"

#include <fm/render.h>

/** Filled by fmi_morph_options_read. Strings are borrowed from argv and the environment. */
typedef struct fmi_morph_options {
    const char *path_a, *path_b;
    const char *texture_a, *texture_b; /**< NULL = as the materials say */
    const char *output;                /**< folder; NULL when raw */
    bool raw;                          /**< frames as plain bytes on stdout */
    bool minimal;                      /**< frames only: no heatmaps wanted */
    uint32_t frames;
    fm_view view;
    fm_align align;
    bool keep_background;
    fm_level level;
    fm_specialisation specialisation;
    const char *device; /**< NULL = auto */
    uint64_t mem_limit_bytes;
    uint32_t threads;  /**< 0 = by the machine */
    const char *trace; /**< file for the time line; NULL = none */
    bool dry_run, json, force;
} fmi_morph_options;

/** The options of `fmorph morph`, for fmi_args_read. */
extern const fmi_option fmi_morph_table[];
extern const size_t fmi_morph_table_count;

/**
 * From words to meaning, with every check that needs no file and no device.
 * @retval FM_ERROR_INVALID_ARGUMENT one sentence that names the option and what it allows
 */
fm_status fmi_morph_options_read(fmi_morph_options *options, const fmi_args *args, fm_error *err);

#endif
