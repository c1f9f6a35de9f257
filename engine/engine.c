/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include "error.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void describe_reference(fm_caps *caps) {
    snprintf(caps->id, sizeof caps->id, "ref");
    snprintf(caps->name, sizeof caps->name, "reference (plain C, double precision)");
    snprintf(caps->vendor, sizeof caps->vendor, "facemorph");
    snprintf(caps->platform, sizeof caps->platform, "none");
    snprintf(caps->driver, sizeof caps->driver, "%s", fm_version());
    caps->type = FM_DEVICE_CPU;
    caps->compute_units = 1;
    caps->unified_memory = true;
    caps->fp64 = true;
    caps->preferred = FM_SPECIALISATION_CPU;
}

static fm_status open_device(fm_engine *engine, const fm_engine_params *params, fm_error *err) {
    fmi_device *list = NULL;
    size_t count = 0, index = 0;
    fm_status status = fmi_device_list(&list, &count, err);
    if (status != FM_OK)
        goto fail;
    status = fmi_device_select(list, count, params->device, &index, err);
    if (status != FM_OK)
        goto fail;
    engine->caps = list[index].caps;
    if (!engine->caps.compiler) {
        status =
            fmi_fail(err, FM_ERROR_UNSUPPORTED,
                     "%s has no OpenCL compiler; choose another with --device", engine->caps.name);
        goto fail;
    }
    fmi_queue_params queue = {
        .profile = params->profile, .log = params->log, .cancel = params->cancel};
    status = fmi_queue_create(&engine->queue, &list[index], &queue, err);
fail:
    free(list);
    return status;
}

static fm_status copy_path(char *out, const char *path, const char *what, fm_error *err) {
    if (path && strlen(path) >= FMI_PATH_BYTES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: path longer than %d bytes", what,
                        FMI_PATH_BYTES - 1);
    snprintf(out, FMI_PATH_BYTES, "%s", path ? path : "");
    return FM_OK;
}

/* The gpu kernels are written for groups that share a tile; groups of a few items would only be
 * slow, and one driver (PoCL 6.0) miscompiles groups of 1. */
#define GPU_LEAST_GROUP 32

static fm_status choose_specialisation(fm_engine *engine, fm_specialisation asked, fm_error *err) {
    engine->specialisation = asked == FM_SPECIALISATION_AUTO ? engine->caps.preferred : asked;
    if (engine->specialisation == FM_SPECIALISATION_GPU &&
        engine->caps.max_group_size < GPU_LEAST_GROUP) {
        if (asked == FM_SPECIALISATION_GPU || engine->caps.max_loop != 0)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "%s allows %u work-items in a group and the gpu specialisation needs "
                            "%d; use --specialisation cpu or another --device",
                            engine->caps.name, engine->caps.max_group_size, GPU_LEAST_GROUP);
        engine->specialisation = FM_SPECIALISATION_CPU;
    }
    /* Only the gpu kernels come in slices; the others would end early without a word. */
    if (engine->specialisation == FM_SPECIALISATION_CPU && engine->caps.max_loop != 0)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "%s stops a work-item after %u loop iterations, which the cpu "
                        "specialisation may need; use --specialisation gpu",
                        engine->caps.name, engine->caps.max_loop);
    return FM_OK;
}

fm_status fm_engine_create(fm_engine **engine, const fm_engine_params *params, fm_error *err) {
    static const fm_engine_params defaults = {.struct_size = sizeof(fm_engine_params)};
    if (!engine)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_engine_create: engine is NULL");
    *engine = NULL;
    if (!params)
        params = &defaults;
    if (params->struct_size != sizeof(fm_engine_params))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_engine_create: struct_size is %zu, not %zu; built against another "
                        "version?",
                        params->struct_size, sizeof(fm_engine_params));
    fm_engine *e = calloc(1, sizeof *e);
    if (!e)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an engine");
    e->log = params->log;
    e->level = params->level;
    e->mem_limit_bytes = params->mem_limit_bytes;
    e->cancel = params->cancel;
    e->reference = params->device && strcmp(params->device, "ref") == 0;
    fm_status status = copy_path(e->cache_dir, params->cache_dir, "cache_dir", err);
    if (status == FM_OK)
        status = copy_path(e->kernel_dir, params->kernel_dir, "kernel_dir", err);
    if (status == FM_OK && e->reference)
        describe_reference(&e->caps);
    else if (status == FM_OK)
        status = open_device(e, params, err);
    if (status == FM_OK)
        status = choose_specialisation(e, params->specialisation, err);
    if (status != FM_OK)
        goto fail;
    if (e->kernel_dir[0])
        fmi_log(&e->log, FM_LOG_WARNING, "kernels come from %s", e->kernel_dir);
    *engine = e;
    return FM_OK;
fail:
    fm_engine_destroy(&e);
    return status;
}

void fm_engine_destroy(fm_engine **engine) {
    if (!engine || !*engine)
        return;
    fmi_queue_destroy(&(*engine)->queue);
    free(*engine);
    *engine = NULL;
}

const fm_caps *fm_engine_caps(const fm_engine *engine) {
    return engine ? &engine->caps : NULL;
}

fm_status fm_engine_stats(const fm_engine *engine, fm_stats *stats) {
    if (!engine || !stats)
        return FM_ERROR_INVALID_ARGUMENT;
    *stats = engine->queue ? *fmi_queue_stats(engine->queue) : engine->reference_stats;
    return FM_OK;
}

static fmi_program_params program_params(const fm_engine *engine, const char *file,
                                         const char *options) {
    return (fmi_program_params){.file = file,
                                .options = options,
                                .kernel_dir = engine->kernel_dir[0] ? engine->kernel_dir : NULL,
                                .cache_dir = engine->cache_dir[0] ? engine->cache_dir : NULL};
}

fm_status fmi_engine_program(fm_engine *engine, const char *file, const char *options,
                             cl_program *program, fm_error *err) {
    fmi_program_params params = program_params(engine, file, options);
    return fmi_program_build(program, engine->queue, &params, err);
}
