/* SPDX-License-Identifier: MIT */
/**
 * @file commands.h
 * The subcommands, and what each of them does first: read its command line, answer --help and
 * --version, set up its console.
 */
#ifndef FMI_CLI_COMMANDS_H
#define FMI_CLI_COMMANDS_H

#include "console.h"

/** The last part of every help text. */
#define FMI_HELP_COMMON                                                     \
    "  -v, --verbose         say more          -q, --quiet   errors only\n" \
    "      --log-level L     error, warning, info (default), debug\n"       \
    "      --no-color        plain text\n"                                  \
    "  -h, --help            this text             --version     version and libraries\n"

/** A subcommand that has begun. */
typedef struct fmi_command {
    fmi_console console;
    fmi_args args;
    fm_error err;
} fmi_command;

/** Each returns the exit code of the process; argv[0] is the subcommand's name. */
int fmi_cmd_morph(int argc, char **argv);
int fmi_cmd_blend(int argc, char **argv);
int fmi_cmd_batch(int argc, char **argv);
int fmi_cmd_sample(int argc, char **argv);
int fmi_cmd_keypoints(int argc, char **argv);
int fmi_cmd_devices(int argc, char **argv);
int fmi_cmd_selftest(int argc, char **argv);
int fmi_cmd_solve(int argc, char **argv);
int fmi_cmd_mem(int argc, char **argv);

/** Prints version, revision, libraries and licences. Returns the exit code. */
int fmi_print_version(fmi_console *console);

/**
 * True: go on, and call fmi_command_end at the end. False: *code is the exit code (help or version
 * were printed, or the command line is wrong and that was said).
 */
bool fmi_command_begin(fmi_command *command, const fmi_option *table, size_t count,
                       const char *help, int argc, char **argv, int *code);
void fmi_command_end(fmi_command *command);
/**
 * The same for a command that used a device, everything else being cleaned up. Returns code; after
 * a lost device it ends the process with it and skips the driver's own end: a driver whose work
 * was never waited for may hang there, or die (PoCL, when it is still compiling).
 */
int fmi_command_end_device(fmi_command *command, int code);

#endif
