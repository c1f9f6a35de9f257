/* SPDX-License-Identifier: MIT */
/** @file engine_impl.h What an engine is made of; for the files of engine/ only. */
#ifndef FMI_ENGINE_IMPL_H
#define FMI_ENGINE_IMPL_H

#include <fm/engine.h>
#include <fm/render.h>

#include "program.h"

#define FMI_PATH_BYTES 1024

struct fm_engine {
    fm_caps caps;
    fm_log log;
    fm_level level;
    fm_specialisation specialisation; /* CPU or GPU */
    uint64_t mem_limit_bytes;
    uint32_t group; /* work-items in a group of the gpu specialisation; 0 = planner's choice */
    const volatile sig_atomic_t *cancel;
    bool profile;
    bool foreign;             /* the context is the caller's */
    bool reference;           /* --device ref: no queue */
    fmi_queue *queue;         /* NULL with reference */
    fm_stats reference_stats; /* fmi_engine_counters knows which ones count */
    struct fmi_solve *solve;  /* programs and buffers of the small solves; NULL until needed */
    struct fmi_engine_programs *programs; /* that were built; NULL = none */
    bool probed;                          /* the layout of structs was compared */
    fm_recovery recovered[FM_RECOVERIES]; /* recovered.h */
    uint32_t recovered_count;
    struct fm_staged *ahead; /* the next pair, the caller's (ahead.h); NULL = none */
    char cache_dir[FMI_PATH_BYTES];
    char kernel_dir[FMI_PATH_BYTES];
};

/**
 * A program of ours with options: one that the engine has built before, or from its cache and
 * kernel folder. Release with clReleaseProgram; kernels are made by each user.
 */
fm_status fmi_engine_program(fm_engine *engine, const char *file, const char *options,
                             cl_program *program, fm_error *err);
/** One that was kept, retained for the caller; *program NULL = there is none. */
fm_status fmi_engine_find_program(fm_engine *engine, const char *file, const char *options,
                                  cl_program *program, fm_error *err);
/** Keeps a program until fm_engine_reset or destroy. */
void fmi_engine_keep_program(fm_engine *engine, const char *file, const char *options,
                             cl_program program);
void fmi_engine_drop_programs(fm_engine *engine);
/** The same as fmi_engine_program, not kept, for a program that takes long to compile: see
 * fmi_program_params.large. */
fm_status fmi_engine_large_program(fm_engine *engine, const char *file, const char *options,
                                   cl_program *program, fm_error *err);

/** Whether the cache has the binary of a program. */
bool fmi_engine_has_program(fm_engine *engine, const char *file, const char *options);

/**
 * Compares sizes and offsets of the structs of fm_shared.h on the device with the host's, once an
 * engine.
 * @param program one that contains probe.cl; NULL = the one that is nothing else, if it is cached:
 *        then the device shows within milliseconds of being opened that it is of use
 * @retval FM_ERROR_UNSUPPORTED they differ; the message names the first difference
 */
fm_status fmi_probe_layout(fm_engine *engine, cl_program program, fm_error *err);
/** Puts the program that is nothing but the probe into the cache, for the next process. */
void fmi_probe_store(fm_engine *engine);

/** Everything that changes the kernels' code, as build options. */
typedef struct fmi_variant {
    uint32_t tile, channels;
    uint32_t group;   /* 0: cpu */
    uint32_t samples; /* 0 = 1 */
    bool trilinear;
    bool half;   /* vertex inputs are 16-bit floats */
    bool shapes; /* vertices by a vertex source instead of the morph */
    bool textured, relaxed, no_hints;
    bool half_arithmetic; /* gpu: texels are blended in 16-bit floats */
} fmi_variant;
#define FMI_OPTIONS_BYTES 256
/** The one place where build options are put together. */
void fmi_variant_options(const fmi_variant *variant, char options[FMI_OPTIONS_BYTES]);

/* The engine's counters, for adding to them. */
fm_stats *fmi_engine_counters(fm_engine *engine);

#endif
