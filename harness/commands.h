/* SPDX-License-Identifier: MIT */
/** @file commands.h What fmbench can do: one function per command, each returns the exit code. */
#ifndef FMI_COMMANDS_H
#define FMI_COMMANDS_H

#include "options.h"

/** argv: for the record of the run. */
int fmi_command_sweep(const fmi_options *options, int argc, char *const *argv);
int fmi_command_verify(const fmi_options *options);
/** The words are for the worker that looks at the device. */
int fmi_command_doctor(const fmi_options *options, int argc, char *const *argv);
/** The words are for the workers. */
int fmi_command_tune(const fmi_options *options, int argc, char *const *argv);
int fmi_command_roofs(const fmi_options *options);
int fmi_command_concurrent(const fmi_options *options, int argc, char *const *argv);
int fmi_command_devices(const fmi_options *options, int argc, char *const *argv);
int fmi_command_mem(const fmi_options *options);
int fmi_command_report(const fmi_options *options);
int fmi_command_export(const fmi_options *options);
int fmi_command_compare(const fmi_options *options);
int fmi_command_live(const fmi_options *options, int argc, char *const *argv);
int fmi_command_noise(const fmi_options *options, int argc, char *const *argv);
int fmi_command_scoreboard(const fmi_options *options);
int fmi_command_bundle(const fmi_options *options);
int fmi_command_import(const fmi_options *options);
int fmi_command_merge(const fmi_options *options);
int fmi_command_history(const fmi_options *options);
/** What figures mean: all, or the one that is named. */
int fmi_command_describe(const fmi_options *options);
int fmi_command_version(void);

#endif
