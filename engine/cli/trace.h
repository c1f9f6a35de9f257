/* SPDX-License-Identifier: MIT */
/** @file trace.h The time line of a run for a trace viewer (the Trace Event format). */
#ifndef FMI_CLI_TRACE_H
#define FMI_CLI_TRACE_H

#include "run.h"

/** Stages, loading threads and batches as complete events, in microseconds since process start. */
fm_status fmi_trace_write(const fmi_run *run, const char *path, fm_error *err);

#endif
