/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include "command_buffer.h"
#include "error.h"
#include "log.h"
#include "solve_impl.h"
#include "tuning.h"

#include <fm/opencl.h>

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

static fm_status open_queue(fm_engine *engine, const fmi_device *device, cl_context context,
                            fm_error *err) {
    fmi_queue_params queue = {.profile = engine->profile,
                              .log = engine->log,
                              .cancel = engine->cancel,
                              .context = context};
    return fmi_queue_create(&engine->queue, device, &queue, err);
}

/* Where two or more devices were tuned, the fastest of them; else the one that was chosen. */
static size_t fastest_tuned(const fm_engine_params *params, const fmi_device *list, size_t count,
                            size_t chosen) {
    bool automatic = !params->device || strcmp(params->device, "auto") == 0;
    uint32_t tuned = 0;
    size_t best = chosen;
    double rate = 0;
    for (size_t i = 0; automatic && !params->tuning && i < count; i++) {
        fm_tuning tuning;
        if (!list[i].caps.compiler ||
            !fmi_tuning_read(params->cache_dir, &list[i].caps, &tuning, NULL))
            continue;
        ++tuned;
        if (tuning.rate > rate) {
            rate = tuning.rate;
            best = i;
        }
    }
    return tuned > 1 ? best : chosen;
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
    index = fastest_tuned(params, list, count, index);
    engine->caps = list[index].caps;
    if (!engine->caps.compiler) {
        status =
            fmi_fail(err, FM_ERROR_UNSUPPORTED,
                     "%s has no OpenCL compiler; choose another with --device", engine->caps.name);
        goto fail;
    }
    status = open_queue(engine, &list[index], NULL, err);
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
/* The smallest tile, 16 x 16 pixels of 8 bytes, and what lies beside it. */
#define GPU_LEAST_LOCAL 2112

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
    if (engine->specialisation == FM_SPECIALISATION_GPU &&
        engine->caps.local_bytes < GPU_LEAST_LOCAL) {
        if (asked == FM_SPECIALISATION_GPU || engine->caps.max_loop != 0)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "%s has %llu bytes of local memory and the gpu specialisation needs "
                            "%d; use --specialisation cpu or another --device",
                            engine->caps.name, (unsigned long long)engine->caps.local_bytes,
                            GPU_LEAST_LOCAL);
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

/* The caller's tuning, else the stored one; its specialisation is then the preferred one. */
static void load_tuning(fm_engine *engine, const fm_tuning *given) {
    fm_caps *caps = &engine->caps;
    if (given)
        caps->tuned = *given;
    else if (!engine->reference && !engine->kernel_dir[0])
        (void)fmi_tuning_read(engine->cache_dir, caps, &caps->tuned, &engine->log);
    if (!caps->fp16)
        caps->tuned.half_arithmetic = false;
    if (!fmi_commands_known(caps->command_buffer))
        caps->tuned.morph_recorded = false;
    if (caps->tuned.specialisation != FM_SPECIALISATION_AUTO && caps->max_loop == 0)
        caps->preferred = caps->tuned.specialisation;
}

/* Settings and paths; no device yet. */
static fm_status make_engine(fm_engine **engine, const fm_engine_params *params, fm_error *err) {
    fm_engine *e = calloc(1, sizeof *e);
    *engine = e;
    if (!e)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for an engine");
    e->log = params->log;
    e->level = params->level;
    e->mem_limit_bytes = params->mem_limit_bytes;
    e->cancel = params->cancel;
    e->profile = params->profile;
    fm_status status = copy_path(e->cache_dir, params->cache_dir, "cache_dir", err);
    return status == FM_OK ? copy_path(e->kernel_dir, params->kernel_dir, "kernel_dir", err)
                           : status;
}

static fm_status check_params(const fm_engine_params *params, const char *call, fm_error *err) {
    if (params->struct_size != sizeof(fm_engine_params))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: struct_size is %zu, not %zu; built against another version?", call,
                        params->struct_size, sizeof(fm_engine_params));
    return FM_OK;
}

static const fm_engine_params default_params = {.struct_size = sizeof(fm_engine_params)};

/* The last step of both ways to make an engine. */
static fm_status finish_engine(fm_engine **engine, fm_engine *made, const fm_engine_params *params,
                               fm_status status, fm_error *err) {
    if (status == FM_OK) {
        load_tuning(made, params->tuning);
        made->caps.keep_free_bytes = params->keep_free_bytes;
        status = choose_specialisation(made, params->specialisation, err);
    }
    if (status != FM_OK) {
        fm_engine_destroy(&made);
        return status;
    }
    if (made->kernel_dir[0])
        fmi_log(&made->log, FM_LOG_WARNING, "kernels come from %s", made->kernel_dir);
    *engine = made;
    return FM_OK;
}

fm_status fm_engine_create(fm_engine **engine, const fm_engine_params *params, fm_error *err) {
    if (!engine)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_engine_create: engine is NULL");
    *engine = NULL;
    if (!params)
        params = &default_params;
    fm_engine *e = NULL;
    fm_status status = check_params(params, "fm_engine_create", err);
    if (status == FM_OK)
        status = make_engine(&e, params, err);
    if (status == FM_OK) {
        e->reference = params->device && strcmp(params->device, "ref") == 0;
        if (e->reference)
            describe_reference(&e->caps);
        else
            status = open_device(e, params, err);
    }
    return finish_engine(engine, e, params, status, err);
}

/* The whole that a part was cut from; the device itself when it is no part. */
static cl_device_id whole_of(cl_device_id id) {
    cl_device_id parent = NULL;
    cl_int code =
        clGetDeviceInfo(id, CL_DEVICE_PARENT_DEVICE, sizeof parent, (void *)&parent, NULL);
    return code == CL_SUCCESS && parent ? whole_of(parent) : id;
}

/* A part has the facts of its whole but for what it has less of. */
static void take_part(cl_device_id id, fmi_device *device) {
    cl_uint units = 0;
    if (id == device->id)
        return;
    device->id = id;
    if (clGetDeviceInfo(id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL) == CL_SUCCESS)
        device->caps.compute_units = units;
}

/* The device in our own list, which knows its facts and quirks. */
static fm_status find_device(cl_device_id id, fmi_device *device, fm_error *err) {
    fmi_device *list = NULL;
    size_t count = 0;
    fm_status status = fmi_device_list(&list, &count, err);
    if (status != FM_OK)
        return status;
    status = fmi_fail(err, FM_ERROR_NO_DEVICE, "the device is not among those that are usable");
    cl_device_id whole = whole_of(id);
    for (size_t i = 0; i < count; i++)
        if (list[i].id == whole) {
            *device = list[i];
            take_part(id, device);
            status = FM_OK;
        }
    free(list);
    return status;
}

static bool has_device(cl_context context, cl_device_id device) {
    cl_device_id ids[64];
    size_t bytes = 0;
    cl_device_id whole = whole_of(device); /* PoCL names it in the place of its part */
    if (clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof ids, ids, &bytes) != CL_SUCCESS)
        return false;
    for (size_t i = 0; i < bytes / sizeof ids[0]; i++)
        if (ids[i] == device || ids[i] == whole)
            return true;
    return false;
}

fm_status fm_engine_from_cl(fm_engine **engine, cl_context context, cl_device_id device,
                            const fm_engine_params *params, fm_error *err) {
    if (!engine)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_engine_from_cl: engine is NULL");
    *engine = NULL;
    if (!context || !device || !has_device(context, device))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_engine_from_cl: the device is not one of the context's");
    if (!params)
        params = &default_params;
    fm_engine *e = NULL;
    fmi_device found;
    fm_status status = check_params(params, "fm_engine_from_cl", err);
    if (status == FM_OK)
        status = make_engine(&e, params, err);
    if (status == FM_OK)
        status = find_device(device, &found, err);
    if (status == FM_OK) {
        e->foreign = true;
        e->caps = found.caps;
        status = open_queue(e, &found, context, err);
    }
    return finish_engine(engine, e, params, status, err);
}

/* The new queue first: when there is none, the old one still answers that it is lost. */
fm_status fm_engine_reset(fm_engine *engine, fm_error *err) {
    if (!engine)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_engine_reset: engine is NULL");
    if (engine->reference)
        return FM_OK;
    if (engine->foreign)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "fm_engine_reset: the context is the caller's; make a new one");
    fmi_engine_drop_programs(engine);
    fmi_queue *old = engine->queue;
    fm_status status = open_queue(engine, fmi_queue_device(old), NULL, err);
    if (status != FM_OK) {
        engine->queue = old;
        return status;
    }
    fm_stats stats = *fmi_queue_stats(old);
    stats.live_bytes = 0;
    fmi_queue_destroy(&old);
    *fmi_queue_stats(engine->queue) = stats;
    return FM_OK;
}

cl_context fm_engine_cl_context(const fm_engine *engine) {
    return engine && engine->queue ? fmi_queue_context(engine->queue) : NULL;
}

cl_command_queue fm_engine_cl_queue(const fm_engine *engine) {
    return engine && engine->queue ? fmi_queue_cl(engine->queue) : NULL;
}

void fm_engine_destroy(fm_engine **engine) {
    if (!engine || !*engine)
        return;
    fmi_solve_free(&(*engine)->solve);
    fmi_engine_drop_programs(*engine);
    fmi_queue_destroy(&(*engine)->queue);
    free(*engine);
    *engine = NULL;
}

const fm_caps *fm_engine_caps(const fm_engine *engine) {
    return engine ? &engine->caps : NULL;
}

fm_stats *fmi_engine_counters(fm_engine *engine) {
    return engine->queue ? fmi_queue_stats(engine->queue) : &engine->reference_stats;
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
    fm_status status = fmi_engine_find_program(engine, file, options, program, err);
    if (status != FM_OK || *program)
        return status;
    status = fmi_program_build(program, engine->queue, &params, err);
    if (status == FM_OK)
        fmi_engine_keep_program(engine, file, options, *program);
    return status;
}

bool fmi_engine_has_program(fm_engine *engine, const char *file, const char *options) {
    fmi_program_params params = program_params(engine, file, options);
    return fmi_program_cached(engine->queue, &params);
}

fm_status fmi_engine_large_program(fm_engine *engine, const char *file, const char *options,
                                   cl_program *program, fm_error *err) {
    fmi_program_params params = program_params(engine, file, options);
    params.large = true;
    return fmi_program_build(program, engine->queue, &params, err);
}
