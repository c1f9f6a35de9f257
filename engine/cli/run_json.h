/* SPDX-License-Identifier: MIT */
/** @file run_json.h The record of a run: run.json and --json. */
#ifndef FMI_CLI_RUN_JSON_H
#define FMI_CLI_RUN_JSON_H

#include "run.h"

#include "io/json.h"

/**
 * The object "facemorph/run/1" as text; every key is always there, null when it is not known.
 * @param now  seconds since process start: the run's total
 * @param text out, free with free()
 */
fm_status fmi_run_json(fmi_run *run, double now, char **text, fm_error *err);

/** The members plan and memory; the parts of the memory sum up to planned_bytes. */
void fmi_run_json_memory(fmi_json *json, const fmi_run *run);
/** False of the reference, which has no device whose memory could be looked at. */
bool fmi_run_knows_budget(const fmi_run *run);
/** In words, what kept the batch of the plan from being larger. Static text. */
const char *fmi_run_limit(const fmi_run *run);

#endif
