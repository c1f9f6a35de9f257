/* SPDX-License-Identifier: MIT */
/** @file guard.h Refusals before any work: an output that is there already, or is an input. */
#ifndef FMI_CLI_GUARD_H
#define FMI_CLI_GUARD_H

#include "run.h"

/**
 * @retval FM_ERROR_IO the run folder is there and --force was not given, or the trace's folder
 * cannot be written
 * @retval FM_ERROR_INVALID_ARGUMENT an input or the trace lies in the run folder, or stdout or the
 *         trace is an input, or stdout is a terminal
 */
fm_status fmi_guard_outputs(const fmi_run *run, fm_error *err);
/**
 * For commands that write single files. NULL entries are none.
 * @retval FM_ERROR_INVALID_ARGUMENT an output is an input, or two outputs are one file
 */
fm_status fmi_guard_files(const char *const *inputs, size_t input_count, const char *const *outputs,
                          size_t output_count, fm_error *err);

#endif
