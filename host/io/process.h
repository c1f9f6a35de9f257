/* SPDX-License-Identifier: MIT */
/** @file process.h What a program of ours does before anything else. */
#ifndef FMI_PROCESS_H
#define FMI_PROCESS_H

#include <fm/status.h>

/**
 * Makes the process safe to work in:
 *   - closed standard streams are taken, so that no output file gets their number; writing to them
 *     goes on to fail
 *   - full output streams that return at once (O_NONBLOCK) wait again, for this process alone
 *   - a broken pipe and a file over its size limit become write errors instead of signals
 *   - the stack's limit is raised where it may be
 * @retval FM_ERROR_LIMIT the stack is too small for the program and cannot be raised
 */
fm_status fmi_process_begin(fm_error *err);

#endif
