/* SPDX-License-Identifier: MIT */
/**
 * @file single.h
 * A command that makes one run, from files to exit code: `fmorph morph`, `fmorph blend`. The device
 * is opened while the files are read; a run that lost its device starts over in a new process.
 */
#ifndef FMI_CLI_SINGLE_H
#define FMI_CLI_SINGLE_H

#include "loads.h"
#include "run.h"
#include "runtime.h"

typedef struct fmi_single {
    fmi_run *run; /**< with options, console, again, and how it is made */
    const fmi_load_file *files;
    uint32_t file_count, loaders; /**< loaders: threads */
    /** Opens the device into run->engine. */
    fm_status (*open)(fmi_run *run, const fmi_runtime *runtime, fm_error *err);
    /** The files are read, in run->own. */
    void (*loaded)(fmi_run *run);
} fmi_single;

/** Runs, says how it ended, frees everything. argv: the subcommand's. Returns the exit code. */
int fmi_single_run(const fmi_single *single, char **argv);

#endif
