/* SPDX-License-Identifier: MIT */
/** @file raster_program.h The kernels of one pipeline for one variant. */
#ifndef FMI_RASTER_PROGRAM_H
#define FMI_RASTER_PROGRAM_H

#include "engine_impl.h"

#define FMI_RASTER_KERNELS 8 /**< at most, in a pipeline */

/** Where the kernels of a pipeline come from. */
typedef struct fmi_raster_source {
    const char *file;
    const char *kernel[FMI_RASTER_KERNELS]; /**< NULL ends the list */
} fmi_raster_source;

/** Zeroed = none. */
typedef struct fmi_raster_program {
    const fmi_raster_source *source;
    cl_program program;
    cl_kernel kernel[FMI_RASTER_KERNELS];
    char options[FMI_OPTIONS_BYTES];
} fmi_raster_program;

/** Makes program hold the kernels of variant; builds nothing when it or the engine has them. */
fm_status fmi_raster_program_make(fmi_raster_program *program, fm_engine *engine,
                                  const fmi_raster_source *source, const fmi_variant *variant,
                                  fm_error *err);
void fmi_raster_program_free(fmi_raster_program *program);

#endif
