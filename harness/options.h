/* SPDX-License-Identifier: MIT */
/**
 * @file options.h
 * The command line of fmbench, read and checked. What the contract names but this version does
 * not have is refused by name, never ignored.
 */
#ifndef FMI_OPTIONS_H
#define FMI_OPTIONS_H

#include "axis.h"
#include "case.h"
#include "format.h"

#define FMI_OPS_MAX 16
#define FMI_WORDS_MAX 32

/** What to do. */
typedef enum fmi_command {
    FMI_COMMAND_SWEEP = 0,
    FMI_COMMAND_VERIFY,
    FMI_COMMAND_DEVICES,
    FMI_COMMAND_MEM,
    FMI_COMMAND_ROOFS,
    FMI_COMMAND_TUNE,
    FMI_COMMAND_DOCTOR,
    FMI_COMMAND_REPORT,
    FMI_COMMAND_HISTORY,
    FMI_COMMAND_EXPORT,
    FMI_COMMAND_MERGE,
    FMI_COMMAND_BUNDLE,
    FMI_COMMAND_IMPORT,
    FMI_COMMAND_COMPARE,
    FMI_COMMAND_NOISE,
    FMI_COMMAND_SCOREBOARD,
    FMI_COMMAND_DESCRIBE,
    FMI_COMMAND_HELP,
    FMI_COMMAND_VERSION
} fmi_command;

/** Who runs the cells. */
typedef enum fmi_isolation {
    FMI_ISOLATE_CELL = 0, /**< a process for each cell */
    FMI_ISOLATE_OP,       /**< a process for the cells of an op that follow one another */
    FMI_ISOLATE_NONE      /**< this process */
} fmi_isolation;

/** Strings are borrowed from argv. */
typedef struct fmi_options {
    fmi_command command;
    const fmi_case *ops[FMI_OPS_MAX];
    uint32_t op_count;
    bool some_ops; /**< --op named them */
    fm_level levels[4];
    uint32_t level_count;
    fmi_axis batch, size, vertices, n, targets, threads, mem_limit;
    fmi_axis precision, samples, filter, layout, texture; /**< values are those of the enums */
    fmi_axis cache;                                       /**< fmi_caches */
    bool some_cache;          /**< --cache named them; else hot, and cold at the planner's batch */
    fmi_axis compute_units;   /**< of the device, 0 = all */
    uint64_t keep_free_bytes; /**< of the memory that is free; 0 = nothing asked */
    double pinv_share;
    const char *input[2];            /**< mesh files; NULL = the sample heads */
    const char *device;              /**< NULL = auto */
    const char *db;                  /**< NULL = the default store */
    const char *word[FMI_WORDS_MAX]; /**< behind the command: runs or files */
    uint32_t word_count;
    const char *output;  /**< -o: the file to write; NULL = the default */
    const char *against; /**< a run drawn beside the report's; NULL = none */
    const char *cell;    /**< part of the words of the cells of history; NULL = all */
    double threshold;    /**< of compare: a share, default 0.01 */
    bool allow_different_env;
    bool live;          /**< of compare: stored kernels and today's in turn */
    bool json_progress; /**< --progress=json: events on stderr, a line each */
    bool anonymous;     /**< bundle: without what tells of a person */
    bool summary;       /**< export --md: a line a curve instead of a line a cell */
    const char *resume; /**< name of the run to go on with, or "last"; NULL = a new run */
    fmi_isolation isolate;
    double cell_limit_s; /**< without a sign of life: a worker is killed */
    bool chosen;         /**< an option that changes what is measured was given */
    bool max_time_set;
    double max_time_s; /**< 0 = no limit */
    uint64_t seed;     /**< of the order; used when seed_set */
    bool seed_set, fixed_order, quick, list, dry_run, no_color, peers, pin;
    bool concurrent;  /**< all devices, or all parts of one, at once */
    bool no_quirks;   /**< drivers as they are */
    bool rank;        /**< devices: by a measured rate */
    bool all_devices; /**< each device in turn; device is NULL */
    fmi_format format;
    fm_log_level log_level;
} fmi_options;

/**
 * Reads argv and fills defaults.
 * @retval FM_ERROR_INVALID_ARGUMENT unknown, incomplete, not available or out of range
 */
fm_status fmi_options_parse(fmi_options *options, int argc, char *const *argv, fm_error *err);

/** The text of --help: the usage, and the options. */
extern const char fmi_options_help[], fmi_options_help_more[];

#endif
