/* SPDX-License-Identifier: MIT */
/** @file made_up_run.h A store with runs whose numbers are known, without measuring anything. */
#ifndef FM_MADE_UP_RUN_H
#define FM_MADE_UP_RUN_H

#include "store.h"

/** Makes or opens the store at path and adds a run of that many cells over all ops, levels and
 *  batches: some do not fit, one is wrong, one has markup in its reason. rate: multiplies all. */
void made_up_run(const char *path, const char *name, const char *started, uint32_t cells,
                 double rate);

#endif
