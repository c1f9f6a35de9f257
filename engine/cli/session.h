/* SPDX-License-Identifier: MIT */
/**
 * @file session.h
 * The human story of a run in session.log: banner, numbered steps, results. The terminal shows it
 * with -v only.
 */
#ifndef FMI_CLI_SESSION_H
#define FMI_CLI_SESSION_H

#include "run.h"

/** Banner, mode, inputs. */
void fmi_session_begin(const fmi_run *run);
/** A numbered step, counted from 1 in *number. */
void fmi_session_step(fmi_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Pair, files, transfers, times up to now, and the closing banner. */
void fmi_session_end(fmi_run *run, double now);

#endif
