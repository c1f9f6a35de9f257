/* SPDX-License-Identifier: MIT */
/* Our kernel or CLBlast: measured once for a device, its driver and a size class, then remembered.
 */
#include "blend_impl.h"

#include "clock.h"
#include "error.h"
#include "kernel_cache.h"
#include "log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes are rounded up to powers of two; beyond these the winner no longer changes. */
#define LEAST_VALUES 4096U
#define MOST_VALUES 65536U
#define MOST_TARGETS 128U
#define ROUNDS 7
#define TOLERANCE 1e-4 /* of results near 1: a wrong product is not timed */

/* What is remembered, as it lies in the file; the cache adds a digest. */
typedef struct verdict {
    uint32_t path, reserved;
    double own_seconds, clblast_seconds;
} verdict;

typedef struct size_class {
    uint32_t values, targets;
} size_class;

static uint32_t round_up(uint32_t number, uint32_t least, uint32_t most) {
    uint32_t power = least;
    while (power < number && power < most)
        power *= 2;
    return power;
}

static size_class class_of(const fm_blend *blend) {
    return (size_class){.values = round_up(blend->info.values, LEAST_VALUES, MOST_VALUES),
                        .targets =
                            round_up(blend->info.targets, FM_BLEND_LEAST_GEMM, MOST_TARGETS)};
}

/* ---- memory ---- */

static fmi_cache_key make_key(const fm_blend *blend, size_class size, char options[64]) {
    const fm_caps *caps = &blend->engine->caps;
    snprintf(options, 64, "values %u targets %u specialisation %d", size.values, size.targets,
             (int)blend->engine->specialisation);
    return (fmi_cache_key){.text = "blend path 1",
                           .options = options,
                           .device = caps->name,
                           .driver = caps->driver,
                           .platform = caps->platform,
                           .version = blend->gemm->version};
}

static bool recall(const fm_blend *blend, const fmi_cache_key *key, verdict *v) {
    size_t bytes = 0;
    unsigned char *found =
        fmi_cache_load(blend->engine->cache_dir, key, &bytes, &blend->engine->log);
    bool good = found && bytes == sizeof *v;
    if (good)
        memcpy(v, found, sizeof *v);
    free(found);
    return good && (v->path == FM_BLEND_OWN || v->path == FM_BLEND_CLBLAST) &&
           isfinite(v->own_seconds) && isfinite(v->clblast_seconds);
}

/* ---- measurement ---- */

static float next_number(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return (float)(*state >> 8) * 0x1p-24F - 0.5F;
}

static fm_status make_trial(fm_blend *trial, const fm_blend *blend, size_class size,
                            fm_blend_path path, const float *numbers, fm_error *err) {
    fm_blend_params params = {.values = size.values, .targets = size.targets};
    const fm_blend_matrix packed = {0};
    *trial = (fm_blend){.engine = blend->engine, .gemm = blend->gemm};
    trial->info = (fm_blend_info){.values = size.values, .targets = size.targets, .path = path};
    fm_status status = fmi_blend_prepare(trial, &params, numbers, numbers + size.values, err);
    if (status == FM_OK)
        status = fmi_buffer_create(&trial->chunk, blend->engine->queue, CL_MEM_READ_WRITE,
                                   (uint64_t)FMI_BLEND_CHUNK * size.values * sizeof(float),
                                   "frames of a trial blend", err);
    if (status == FM_OK) /* any numbers do: the differences serve as weights as well */
        status = fmi_blend_set_weights(trial, numbers, &packed, FMI_BLEND_CHUNK, err);
    return status;
}

static void end_trial(fm_blend *trial) {
    if (trial->rows)
        clReleaseKernel(trial->rows);
    if (trial->copy)
        clReleaseKernel(trial->copy);
    if (trial->program)
        clReleaseProgram(trial->program);
    fmi_buffer_destroy(&trial->shapes);
    fmi_buffer_destroy(&trial->weights);
    fmi_buffer_destroy(&trial->chunk);
}

static fm_status time_once(fm_blend *trial, double *seconds, fm_error *err) {
    uint64_t start = fmi_clock_ns();
    fm_status status =
        fmi_blend_rows(trial, 0, FMI_BLEND_CHUNK, trial->chunk.mem, 0, trial->info.values, err);
    if (status == FM_OK)
        status = fmi_queue_finish(trial->engine->queue, err);
    *seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    return status;
}

static fm_status compare(fm_blend trial[2], bool *same, fm_error *err) {
    void *mapped[2] = {NULL, NULL};
    uint64_t floats = (uint64_t)FMI_BLEND_CHUNK * trial[0].info.values;
    double limit = TOLERANCE * (1.0 + trial[0].info.targets);
    fm_status status = FM_OK;
    for (int i = 0; i < 2 && status == FM_OK; ++i)
        status = fmi_buffer_map(&trial[i].chunk, CL_MAP_READ, 0, floats * sizeof(float), &mapped[i],
                                err);
    *same = status == FM_OK;
    for (uint64_t i = 0; i < floats && *same; ++i)
        *same = fabs((double)((float *)mapped[0])[i] - (double)((float *)mapped[1])[i]) <= limit;
    for (int i = 0; i < 2; ++i)
        if (mapped[i])
            (void)fmi_buffer_unmap(&trial[i].chunk, &mapped[i], NULL);
    return status;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rounds alternate, so that a change of clock or load meets both. */
static fm_status time_both(fm_blend trial[2], verdict *v, fm_error *err) {
    double seconds[2][ROUNDS], unused = 0;
    bool same = false;
    fm_status status = time_once(&trial[0], &unused, err);
    if (status == FM_OK)
        status = time_once(&trial[1], &unused, err);
    if (status == FM_OK)
        status = compare(trial, &same, err);
    for (int i = 0; i < 2 * ROUNDS && status == FM_OK; ++i)
        status = time_once(&trial[i % 2], &seconds[i % 2][i / 2], err);
    if (status != FM_OK)
        return status;
    for (int i = 0; i < 2; ++i)
        qsort(seconds[i], ROUNDS, sizeof seconds[i][0], ascending);
    v->own_seconds = seconds[0][ROUNDS / 2];
    v->clblast_seconds = seconds[1][ROUNDS / 2];
    v->path = same && v->clblast_seconds < v->own_seconds ? FM_BLEND_CLBLAST : FM_BLEND_OWN;
    if (!same)
        fmi_log(&trial[0].engine->log, FM_LOG_WARNING,
                "CLBlast's matrix product is wrong on %s; it is not used",
                trial[0].engine->caps.name);
    return FM_OK;
}

static fm_status measure(const fm_blend *blend, size_class size, verdict *v, fm_error *err) {
    size_t floats = (size_t)size.values * (size.targets + 1);
    float *numbers = malloc(floats * sizeof *numbers);
    fm_blend trial[2] = {{0}};
    uint32_t state = 1;
    if (!numbers)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to time a blend of %u targets",
                        size.targets);
    for (size_t i = 0; i < floats; ++i)
        numbers[i] = next_number(&state);
    fmi_log(&blend->engine->log, FM_LOG_INFO,
            "timing matrix products on %s, once for this size: CLBlast compiles its kernels",
            blend->engine->caps.name);
    fm_status status = make_trial(&trial[0], blend, size, FM_BLEND_OWN, numbers, err);
    if (status == FM_OK)
        status = make_trial(&trial[1], blend, size, FM_BLEND_CLBLAST, numbers, err);
    if (status == FM_OK)
        status = time_both(trial, v, err);
    end_trial(&trial[0]);
    end_trial(&trial[1]);
    free(numbers);
    return status;
}

/* A device on which CLBlast fails is one on which our kernel is faster. */
static fm_status decide(fm_blend *blend, bool may_measure, fm_error *err) {
    char options[64];
    size_class size = class_of(blend);
    fmi_cache_key key = make_key(blend, size, options);
    verdict v = {0};
    bool waited = false;
    if (!recall(blend, &key, &v)) {
        if (!may_measure)
            return FM_OK; /* our kernel; nothing is stored, so a later creation may measure */
        fm_error why = {0};
        int lock = fmi_cache_lock(blend->engine->cache_dir, &waited);
        fm_status status = FM_OK;
        if (!waited || !recall(blend, &key, &v)) {
            status = measure(blend, size, &v, &why);
            blend->info.measured = status == FM_OK;
        }
        fmi_cache_unlock(lock);
        if (status == FM_ERROR_CANCELLED || status == FM_ERROR_DEVICE_LOST) {
            if (err)
                *err = why;
            return status;
        }
        if (status != FM_OK) {
            fmi_log(&blend->engine->log, FM_LOG_WARNING, "CLBlast is not used: %s", why.message);
            v = (verdict){.path = FM_BLEND_OWN};
        }
        fmi_cache_store(blend->engine->cache_dir, &key, (const unsigned char *)&v, sizeof v,
                        &blend->engine->log);
    }
    blend->info.path = (fm_blend_path)v.path;
    blend->info.own_seconds = v.own_seconds;
    blend->info.clblast_seconds = v.clblast_seconds;
    return FM_OK;
}

/* Not where the device itself says no: CLBlast prints its refusal to the user's terminal. */
static void probe_half(fm_blend *blend) {
    fmi_queue *queue = blend->engine->queue;
    if (!blend->engine->caps.fp16)
        return;
    int code = blend->gemm->probe_half(fmi_queue_context(queue), fmi_queue_cl(queue));
    blend->info.clblast_half = code == 0;
    fmi_log(&blend->engine->log, FM_LOG_DEBUG, "CLBlast on 16-bit floats: status %d", code);
}

fm_status fmi_blend_choose(fm_blend *blend, const fm_blend_params *params, fm_error *err) {
    blend->info.path = FM_BLEND_OWN;
    bool possible = !blend->engine->reference && params->targets >= FM_BLEND_LEAST_GEMM;
    bool wanted = params->path != FM_BLEND_OWN && !params->half;
    if (possible && (wanted || params->half))
        blend->gemm = fmi_gemm_open(&blend->engine->log);
    if (blend->gemm)
        snprintf(blend->info.clblast, sizeof blend->info.clblast, "%s", blend->gemm->version);
    if (blend->gemm && params->half && !params->no_measurement)
        probe_half(blend);
    if (params->path == FM_BLEND_CLBLAST) {
        if (!blend->gemm || !wanted)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "CLBlast cannot do this blend: it takes an OpenCL device, %d targets "
                            "or more, 32-bit differences and its module %s; use FM_BLEND_AUTO",
                            FM_BLEND_LEAST_GEMM, FMI_GEMM_MODULE);
        blend->info.path = FM_BLEND_CLBLAST;
        return FM_OK;
    }
    return blend->gemm && wanted && blend->engine->cache_dir[0]
               ? decide(blend, !params->no_measurement, err)
               : FM_OK;
}
