/* SPDX-License-Identifier: MIT */
/** @file run_import_impl.h What the files of the importer share. */
#ifndef FMI_RUN_IMPORT_IMPL_H
#define FMI_RUN_IMPORT_IMPL_H

#include "run_import.h"
#include "saved_impl.h"
#include "take.h"

/** Reads a cell into the run, whose roofs are there already; take->place names it. */
void fmi_import_cell(fmi_take *take, const json_t *object, fmi_saved *run);
/** Reads "samples_raw" of a cell or a peer. cpu: it has the times of the processor as well. */
void fmi_import_samples(fmi_take *take, const json_t *object, bool cpu, fmi_bench *bench);

#endif
