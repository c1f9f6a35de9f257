/* SPDX-License-Identifier: MIT */
#include "raster_program.h"

#include <string.h>

static const char *const kernel_names[FMI_RASTER_KERNELS] = {
    "fm_raster_vertex", "fm_raster_bin_count", "fm_raster_bin_scan", "fm_raster_bin_fill",
    "fm_raster_cpu"};

const char *fmi_raster_kernel_name(fmi_raster_kernel kernel) {
    return kernel_names[kernel];
}

fm_status fmi_raster_program_make(fmi_raster_program *program, fm_engine *engine,
                                  const fmi_variant *variant, fm_error *err) {
    char options[FMI_OPTIONS_BYTES];
    fmi_variant_options(variant, options);
    if (program->program && strcmp(options, program->options) == 0)
        return FM_OK;
    fmi_raster_program_free(program);
    fm_status status = fmi_engine_program(engine, "raster.cl", options, &program->program, err);
    if (status == FM_OK)
        status = fmi_probe_layout(engine, program->program, err);
    for (int i = 0; i < FMI_RASTER_KERNELS && status == FM_OK; ++i)
        status = fmi_kernel_create(&program->kernel[i], program->program, kernel_names[i], err);
    if (status != FM_OK) {
        fmi_raster_program_free(program);
        return status;
    }
    memcpy(program->options, options, sizeof options);
    return FM_OK;
}

void fmi_raster_program_free(fmi_raster_program *program) {
    for (int i = 0; i < FMI_RASTER_KERNELS; ++i)
        if (program->kernel[i])
            clReleaseKernel(program->kernel[i]);
    if (program->program)
        clReleaseProgram(program->program);
    *program = (fmi_raster_program){0};
}
