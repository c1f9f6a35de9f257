/* SPDX-License-Identifier: MIT */
#include "raster_program.h"

#include <string.h>

fm_status fmi_raster_program_make(fmi_raster_program *program, fm_engine *engine,
                                  const fmi_raster_source *source, const fmi_variant *variant,
                                  fm_error *err) {
    char options[FMI_OPTIONS_BYTES];
    fmi_variant_options(variant, options);
    if (program->program && program->source == source && strcmp(options, program->options) == 0)
        return FM_OK;
    fmi_raster_program_free(program);
    fm_status status =
        fmi_engine_large_program(engine, source->file, options, &program->program, err);
    if (status == FM_OK)
        status = fmi_probe_layout(engine, program->program, err);
    for (int i = 0; i < FMI_RASTER_KERNELS && source->kernel[i] && status == FM_OK; ++i)
        status = fmi_kernel_create(&program->kernel[i], program->program, source->kernel[i], err);
    if (status != FM_OK) {
        fmi_raster_program_free(program);
        return status;
    }
    program->source = source;
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
