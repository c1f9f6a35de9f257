/* SPDX-License-Identifier: MIT */
/** @file store_stages.h The stages of a cell's time in the store. */
#ifndef FMI_STORE_STAGES_H
#define FMI_STORE_STAGES_H

#include "breakdown.h"
#include "store.h"

/** Writes the stages of the cell with that row; inside the caller's transaction. */
fm_status fmi_store_add_stages(fmi_store *store, int64_t cell, const fmi_breakdown *breakdown,
                               fm_error *err);
/** Reads them back; count 0 = it has none. */
fm_status fmi_store_read_stages(fmi_store *store, int64_t cell, fmi_breakdown *breakdown,
                                fm_error *err);

#endif
