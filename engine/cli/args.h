/* SPDX-License-Identifier: MIT */
/**
 * @file args.h
 * Reading a command line against a table of options. Values are only collected here: the last one
 * wins, the command line wins over the environment; what they mean is the subcommand's business.
 *
 * Accepted: --name value, --name=value, -x value, -xvalue, and -- to end the options. FMORPH_NAME
 * (upper case, '-' as '_') mirrors --name; for a flag 1, on, yes, true set it and 0, off, no,
 * false or an empty value do not.
 */
#ifndef FMI_CLI_ARGS_H
#define FMI_CLI_ARGS_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>

#define FMI_ARGS_OPTIONS 64
#define FMI_ARGS_OPERANDS 4097 /**< a base and the most targets of a blend */

/** What an option is. */
typedef enum fmi_option_kind {
    FMI_OPTION_VALUE = 0,
    FMI_OPTION_FLAG,
    FMI_OPTION_FLAG_LATER, /**< of the contract, but not built yet: refused */
    FMI_OPTION_VALUE_LATER
} fmi_option_kind;

/** One row of a table. */
typedef struct fmi_option {
    const char *name; /**< long name without the dashes */
    char letter;      /**< short name; 0 = none */
    fmi_option_kind kind;
} fmi_option;

/** The options every subcommand has. Those of its own table follow: row r is FMI_ARG_COMMON + r. */
enum {
    FMI_ARG_HELP = 0,
    FMI_ARG_VERSION,
    FMI_ARG_VERBOSE,
    FMI_ARG_QUIET,
    FMI_ARG_LOG_LEVEL,
    FMI_ARG_NO_COLOR,
    FMI_ARG_COMMON
};

/** What was given. Strings are borrowed from argv and the environment. */
typedef struct fmi_args {
    const fmi_option *table;             /**< of the subcommand */
    size_t count;                        /**< common ones included */
    const char *value[FMI_ARGS_OPTIONS]; /**< NULL = not given; "" for a flag that is set */
    bool from_environment[FMI_ARGS_OPTIONS];
    const char *operand[FMI_ARGS_OPERANDS];
    size_t operands;
} fmi_args;

/**
 * Reads argv[1 .. argc-1]. A --help or --version that comes before a mistake wins over it.
 * @retval FM_ERROR_INVALID_ARGUMENT unknown or unfinished option; the message names the allowed
 */
fm_status fmi_args_read(fmi_args *args, const fmi_option *table, size_t count, int argc,
                        char *const *argv, fm_error *err);

/** "--size" or "FMORPH_SIZE": how messages call option i. Returns out. */
const char *fmi_args_label(const fmi_args *args, size_t i, char out[48]);
/** The whole number from min to max that option i was given; *value stays where it was not. */
fm_status fmi_args_uint(const fmi_args *args, size_t i, uint64_t min, uint64_t max, uint32_t *value,
                        fm_error *err);

#endif
