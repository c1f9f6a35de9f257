/* SPDX-License-Identifier: MIT */
/** @file console.h What fmbench says on stderr, and the two signals it listens to. */
#ifndef FMI_BENCH_CONSOLE_H
#define FMI_BENCH_CONSOLE_H

#include "io/json.h"

#include <fm/log.h>
#include <fm/status.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** "fmbench: " and the error's sentence; returns the process's exit code for it. */
int fmi_console_error(const fm_error *err);
/** A line on stderr in which control bytes are escaped: for whatever has a file's name in it. */
void fmi_console_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Prints a finished object and frees it. @retval FM_ERROR_HOST_MEMORY it is not whole: nothing is
 *  printed */
fm_status fmi_console_json(fmi_json *json, FILE *out, fm_error *err);
/** A log that prints lines up to level on stderr. */
fm_log fmi_console_logger(fm_log_level level);

/** The first SIGINT asks to stop after the running cell; a second one, SIGTERM or SIGHUP at once.
 */
void fmi_signals_install(void);
/** From now on the first SIGINT is enough: for commands without cells. */
void fmi_signals_at_once(void);
/** True once a signal came. */
bool fmi_signals_stop(void);
/** Non-zero when the running cell must end as well. For the cancel pointers. */
const volatile sig_atomic_t *fmi_signals_cancel(void);
/** 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP, 0 when none came. */
int fmi_signals_exit_code(void);

/**
 * Before the first OpenCL call: gives PoCL our thread count and a kernel cache that only we use,
 * each where the user has not set the variable.
 */
void fmi_runtime_settings(uint32_t threads);

#endif
