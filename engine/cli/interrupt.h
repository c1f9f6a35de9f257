/* SPDX-License-Identifier: MIT */
/**
 * @file interrupt.h
 * SIGINT, SIGTERM and SIGHUP (which nohup keeps out). The first one asks the run to stop and tidy
 * up; a second one ends the process at once.
 */
#ifndef FMI_CLI_INTERRUPT_H
#define FMI_CLI_INTERRUPT_H

#include <fm/status.h>

#include <signal.h>

/** Installs the handlers; a broken pipe becomes a write error instead of a signal. */
void fmi_interrupt_install(void);
/** The flag for fm_engine_params.cancel. */
const volatile sig_atomic_t *fmi_interrupt_flag(void);
/** FM_ERROR_CANCELLED once a signal has come. */
fm_status fmi_interrupt_check(fm_error *err);
/** 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP, 0 when none came. */
int fmi_interrupt_exit_code(void);

#endif
