/* SPDX-License-Identifier: MIT */
/** @file raster_program.h The kernels of the frame pipeline for one variant. */
#ifndef FMI_RASTER_PROGRAM_H
#define FMI_RASTER_PROGRAM_H

#include "engine_impl.h"

typedef enum fmi_raster_kernel {
    FMI_KERNEL_VERTEX,
    FMI_KERNEL_COUNT,
    FMI_KERNEL_SCAN,
    FMI_KERNEL_FILL,
    FMI_KERNEL_RASTER,
    FMI_RASTER_KERNELS
} fmi_raster_kernel;

/** Zeroed = none. */
typedef struct fmi_raster_program {
    cl_program program;
    cl_kernel kernel[FMI_RASTER_KERNELS];
    char options[FMI_OPTIONS_BYTES];
} fmi_raster_program;

/** Name of a kernel, for launches and messages. */
const char *fmi_raster_kernel_name(fmi_raster_kernel kernel);
/** Makes program hold the kernels of variant; builds nothing when it already does. */
fm_status fmi_raster_program_make(fmi_raster_program *program, fm_engine *engine,
                                  const fmi_variant *variant, fm_error *err);
void fmi_raster_program_free(fmi_raster_program *program);

#endif
