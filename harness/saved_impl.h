/* SPDX-License-Identifier: MIT */
/** @file saved_impl.h What reading a run from a store and from a file have in common. */
#ifndef FMI_SAVED_IMPL_H
#define FMI_SAVED_IMPL_H

#include "saved.h"

/** A stand-in for an input: the inputs themselves are in no store and no file. NULL = no memory. */
fmi_input *fmi_saved_input(fmi_saved *run, const char *label, uint32_t vertices, bool textures);
/** A copy of a text that the run owns. NULL = no memory. */
const char *fmi_saved_text(fmi_saved *run, const char *text);
/** The level of a word; medium for an unknown one. */
fm_level fmi_saved_level(const char *word);
/** The peer of an op with that name and its place in the table; NULL = there is none here. */
const fmi_peer *fmi_saved_peer(const char *name, const char *op, uint32_t *index);
/** Adds a cell, which is the run's from then on. id: its row in the store. */
fm_status fmi_saved_add(fmi_saved *run, const fmi_cell *cell, const char *key, int64_t id,
                        fm_error *err);
/** Adds a sample; warm-up comes first. */
fm_status fmi_saved_sample(fmi_bench *bench, const fmi_sample *sample, fm_error *err);
/** Points run->report at the parts of the run. */
void fmi_saved_finish(fmi_saved *run);

#endif
