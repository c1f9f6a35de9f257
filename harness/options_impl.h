/* SPDX-License-Identifier: MIT */
/** @file options_impl.h What the files of the command line share. */
#ifndef FMI_OPTIONS_IMPL_H
#define FMI_OPTIONS_IMPL_H

#include "options.h"

/** Every option, in groups: those up to MEM_LIMIT say what to measure, the next ones take values,
 *  the rest are flags. */
typedef enum fmi_option_id {
    OPT_SWEEP,
    OPT_NOISE,
    OPT_DESCRIBE,
    OPT_OP,
    OPT_BATCH,
    OPT_LEVEL,
    OPT_SIZE,
    OPT_VERTICES,
    OPT_INPUT,
    OPT_N,
    OPT_LAYOUT,
    OPT_PINV_SHARE,
    OPT_TARGETS,
    OPT_PRECISION,
    OPT_SAMPLES,
    OPT_FILTER,
    OPT_TEXTURE,
    OPT_CACHE,
    OPT_DEVICE,
    OPT_THREADS,
    OPT_KEEP_FREE,
    OPT_COMPUTE_UNITS,
    OPT_MEM_LIMIT,
    OPT_ORDER,
    OPT_SEED,
    OPT_ISOLATE,
    OPT_TIMEOUT,
    OPT_RESUME,
    OPT_MAX_TIME,
    OPT_DB,
    OPT_OUTPUT,
    OPT_AGAINST,
    OPT_CELL,
    OPT_PROGRESS,
    OPT_THRESHOLD,
    OPT_LIST,
    OPT_DRY_RUN,
    OPT_QUICK,
    OPT_PEERS,
    OPT_DIFFERENT_ENV,
    OPT_LIVE,
    OPT_PIN,
    OPT_CONCURRENT,
    OPT_NO_QUIRKS,
    OPT_RANK,
    OPT_ANONYMOUS,
    OPT_SUMMARY,
    OPT_JSON,
    OPT_CSV,
    OPT_MD,
    OPT_JSONL,
    OPT_TSV,
    OPT_SQL,
    OPT_JUNIT,
    OPT_PROMETHEUS,
    OPT_VERBOSE,
    OPT_QUIET,
    OPT_LOG_LEVEL,
    OPT_NO_COLOR,
    OPT_HELP,
    OPT_VERSION
} fmi_option_id;

/** An option as it is written, how many values follow it. */
typedef struct fmi_option_row {
    const char *name;
    int values;
    fmi_option_id id;
} fmi_option_row;
extern const fmi_option_row fmi_option_table[];
extern const size_t fmi_option_count;

/* options_value.c: reading values. */
fm_status fmi_option_bad(const char *option, const char *text, const char *allowed, fm_error *err);
/** Appends between and word to a list of what is allowed; what has no room is left out. */
void fmi_option_add(char *list, size_t bytes, const char *between, const char *word);
/** Cuts the next word of a comma list into word; false at the end or when it is too long. */
bool fmi_option_next_word(const char **at, char word[48]);
fm_status fmi_option_number(const char *option, const char *text, double max, double *number,
                            fm_error *err);
/** A number with an optional unit letter out of `units`, each worth factors[i]. */
fm_status fmi_option_scaled(const char *option, const char *text, const char *units,
                            const double *factors, const char *allowed, double *value,
                            fm_error *err);
/** A comma list of words; the axis gets their numbers, from 0. names ends with NULL. */
fm_status fmi_option_words(fmi_axis *axis, const char *option, const char *text,
                           const char *const *names, const char *allowed, fm_error *err);

/* options_measure.c: what to measure. */
fm_status fmi_option_measure(fmi_options *o, fmi_option_id id, const char *const *value,
                             fm_error *err);
fm_status fmi_option_levels(fmi_options *o, const char *text, fm_error *err);

/* options_how.c: how, and what is printed. */
fm_status fmi_option_how(fmi_options *o, fmi_option_id id, const char *const *value, fm_error *err);
fm_status fmi_option_flag(fmi_options *o, fmi_option_id id, fm_error *err);

/* options_words.c: commands and what follows them. */
fm_status fmi_option_word(fmi_options *o, const char *word, bool *have_command, fm_error *err);
fm_status fmi_option_check_words(const fmi_options *o, fm_error *err);

/* options_defaults.c */
fm_status fmi_option_defaults(fmi_options *o, bool max_time_set, fm_error *err);

#endif
