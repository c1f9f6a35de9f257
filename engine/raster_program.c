/* SPDX-License-Identifier: MIT */
#include "raster_program.h"

#include <string.h>

/* A program that takes longer than this came from a compiler, not from a cache. */
#define CACHED_SECONDS 0.25

/* The engine keeps the program for its next renderer. */
static fm_status build(cl_program *program, fm_engine *engine, const char *file,
                       const char *options, fm_error *err) {
    fm_status status = fmi_probe_layout(engine, NULL, err);
    double before = fmi_queue_stats(engine->queue)->build_seconds;
    if (status == FM_OK)
        status = fmi_engine_large_program(engine, file, options, program, err);
    double seconds = fmi_queue_stats(engine->queue)->build_seconds - before;
    if (status == FM_OK && !engine->probed) {
        status = fmi_probe_layout(engine, *program, err);
        if (status == FM_OK && seconds < CACHED_SECONDS) /* not on top of a cold start */
            fmi_probe_store(engine);
    }
    if (status == FM_OK)
        fmi_engine_keep_program(engine, file, options, *program);
    return status;
}

fm_status fmi_raster_program_make(fmi_raster_program *program, fm_engine *engine,
                                  const fmi_raster_source *source, const fmi_variant *variant,
                                  fm_error *err) {
    char options[FMI_OPTIONS_BYTES];
    fmi_variant_options(variant, options);
    if (program->program && program->source == source && strcmp(options, program->options) == 0)
        return FM_OK;
    fmi_raster_program_free(program);
    fm_status status =
        fmi_engine_find_program(engine, source->file, options, &program->program, err);
    if (status == FM_OK && !program->program)
        status = build(&program->program, engine, source->file, options, err);
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
