/* SPDX-License-Identifier: MIT */
/** @file runtime.h The environment of the drivers, and the engine as fmorph opens it. */
#ifndef FMI_CLI_RUNTIME_H
#define FMI_CLI_RUNTIME_H

#include "console.h"
#include "morph_options.h"

#include <fm/engine.h>

/** Must outlive the params that point into it. */
typedef struct fmi_runtime {
    char cache_dir[1024]; /**< of our own kernel binaries; "" = none */
    unsigned damaged;     /**< files of PoCL's cache below it that had to be removed */
} fmi_runtime;

/**
 * Before the first OpenCL call and before any thread: gives PoCL its thread count (threads > 0)
 * and a kernel cache of our own, each only where the user has not set the variable.
 */
void fmi_runtime_prepare(fmi_runtime *runtime, uint32_t threads);

/** Engine settings that all subcommands share; device and the rest are the caller's. */
fm_engine_params fmi_runtime_engine_params(const fmi_runtime *runtime, fmi_console *console);

/** The engine that the options of `fmorph morph` ask for. */
fm_status fmi_morph_engine(fm_engine **engine, const fmi_runtime *runtime,
                           const fmi_morph_options *options, fmi_console *console, fm_error *err);

#endif
