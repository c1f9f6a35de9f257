/* SPDX-License-Identifier: MIT */
/**
 * @file recipe.h
 * What a piece of work was made of: the programs that were built and the launches of one run. Kept
 * with a result, it can be put in place of today's programs later, so that the old and the new
 * kernels run in turn on the same inputs.
 *
 *     fmi_recipe today = {0};
 *     fmi_queue_set_record(queue, &today);      // programs are noted from here on
 *     ... build ...
 *     today.launching = true;                   // launches, too
 *     ... one run ...
 *     fmi_queue_set_record(queue, NULL);
 *
 * stand_in.h launches stored kernels in the place of today's.
 */
#ifndef FMI_RECIPE_H
#define FMI_RECIPE_H

#include <fm/status.h>

#include <stdbool.h>
#include <stdint.h>

#define FMI_RECIPE_NAME 64
#define FMI_RECIPE_OPTIONS 512
#define FMI_RECIPE_LAUNCHES 4096 /**< more make a recipe incomplete */

/** One program. */
typedef struct fmi_recipe_program {
    char file[FMI_RECIPE_NAME]; /**< the root file that was asked for */
    char options[FMI_RECIPE_OPTIONS];
    const void *handle; /**< cl_program where it was recorded, while it lives; never stored */
    char *text;         /**< all of it, includes resolved; owned by the recipe */
} fmi_recipe_program;

/** One launch. Equal launches in a row are one entry. */
typedef struct fmi_recipe_launch {
    char kernel[FMI_RECIPE_NAME];
    uint32_t repeats, dims;
    uint64_t global[3], local[3]; /**< local all 0 = the driver's choice */
    uint32_t args;                /**< how many arguments, and a sum over their sizes: kernels */
    uint64_t signature;           /**< with other ones cannot take one another's place */
} fmi_recipe_launch;

/** Zeroed = nothing. Free with fmi_recipe_free. */
typedef struct fmi_recipe {
    fmi_recipe_program *program;
    uint32_t programs;
    fmi_recipe_launch *launch;
    uint32_t launches;
    bool launching;  /**< note launches */
    bool incomplete; /**< no memory, a name too long or too many launches: good for nothing */
} fmi_recipe;

void fmi_recipe_free(fmi_recipe *recipe);

/** Notes a program; the same file with the same options is noted once, probes (probe*.cl) never:
 * whether one is built depends on caches, and they are no part of the work. */
void fmi_recipe_add_program(fmi_recipe *recipe, const char *file, const char *options,
                            const char *text, const void *handle);
/** Notes a launch, when recipe->launching. repeats is ignored. */
void fmi_recipe_add_launch(fmi_recipe *recipe, const fmi_recipe_launch *launch);

/**
 * The launches as text, a line each: kernel, repeats, dims, global, local, args, signature. Equal
 * launches give equal text. Free with free(); NULL without memory.
 */
char *fmi_recipe_geometry(const fmi_recipe *recipe);
/** Reads such text back into a recipe without launches. @retval FM_ERROR_BAD_INPUT it is damaged */
fm_status fmi_recipe_read_geometry(fmi_recipe *recipe, const char *text, fm_error *err);

#define FMI_REPLAY_MOVES 64

/** What stands in for what. Borrows stored. */
typedef struct fmi_replay {
    const fmi_recipe *stored;
    uint32_t moves; /**< launches whose geometry differs */
    fmi_recipe_launch from[FMI_REPLAY_MOVES], to[FMI_REPLAY_MOVES];
} fmi_replay;

/**
 * Prepares stored kernels to run under today's host code.
 * @param today the recipe of the same work by today's program
 * @retval FM_ERROR_UNSUPPORTED they do not fit: other programs, other kernels in another order or
 *         with other arguments; the message names the first difference
 */
fm_status fmi_replay_make(fmi_replay *replay, const fmi_recipe *stored, const fmi_recipe *today,
                          fm_error *err);
/**
 * The stored program for the one that is asked for: the same file with the same options, else the
 * only one of that file. NULL = that file was not stored (a probe): today's is used.
 */
const fmi_recipe_program *fmi_replay_program(const fmi_replay *replay, const char *file,
                                             const char *options);
/** Puts the stored geometry in place of today's; true when there is another one. */
bool fmi_replay_geometry(const fmi_replay *replay, fmi_recipe_launch *launch);

/** True when both are the same programs, launched in the same way. */
bool fmi_recipe_equal(const fmi_recipe *a, const fmi_recipe *b);

#endif
