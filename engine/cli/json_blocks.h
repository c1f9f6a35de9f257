/* SPDX-License-Identifier: MIT */
/** @file json_blocks.h What the reports of all commands say in the same words. */
#ifndef FMI_CLI_JSON_BLOCKS_H
#define FMI_CLI_JSON_BLOCKS_H

#include "again.h"

#include "io/json.h"

#include <fm/engine.h>
#include <fm/render.h>

/** "device": name, platform, driver, id. */
void fmi_json_device(fmi_json *json, const fm_caps *caps);
/** One entry of "recoveries". */
void fmi_json_recovery(fmi_json *json, const fm_recovery *recovery);
/** The entries of the processes before this one. */
void fmi_json_again(fmi_json *json, const fmi_again *again);
/** The entries of what the engine went on from outside of renders. */
void fmi_json_recovered(fmi_json *json, const fm_engine *engine);
/** Begins "transfers" with both directions; the caller may add to it and ends it. */
void fmi_json_transfers(fmi_json *json, const fm_stats *stats);

#endif
