/* SPDX-License-Identifier: MIT */
/**
 * @file job.h
 * What a run's files depend on, as hashes (XXH3 of xxHash): the meshes and textures as loaded, and
 * every option that changes a file. Two runs of one job on one device make the same bytes. Paths
 * are not part of it; the names of A and B, which show in the files, are.
 */
#ifndef FMI_CLI_JOB_H
#define FMI_CLI_JOB_H

#include "run.h"

#include "io/hash.h"

#define FMI_JOB_HEX FMI_HASH_HEX

/** Of a loaded mesh and its texture. */
uint64_t fmi_side_hash(const fmi_side *side);
/**
 * Of a whole run, run->input[].hash included: what `batch --resume` compares. Devices that differ
 * give the same job.
 * @retval FM_ERROR_BAD_INPUT the background file cannot be read
 */
fm_status fmi_job_hash(const fmi_run *run, char out[FMI_JOB_HEX], fm_error *err);
/** Of one step's files on this engine's device: the key of the result cache. */
fm_status fmi_step_hash(const fmi_run *run, const char *step, fmi_stage stage,
                        char out[FMI_JOB_HEX], fm_error *err);

#endif
