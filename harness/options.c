/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "error.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The main job must end inside ten minutes and --quick inside one, start and table included. */
#define FULL_SECONDS 560.0
#define QUICK_SECONDS 50.0

/* --- values ------------------------------------------------------------------------------- */

static fm_status bad_value(const char *option, const char *text, const char *allowed,
                           fm_error *err) {
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s \"%s\": allowed are %s", option, text,
                    allowed);
}

static fm_status not_available(const char *what, fm_error *err) {
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s is not available in this version; fmbench --help lists what is", what);
}

static bool in_list(const char *word, const char *const *list) {
    for (size_t i = 0; list[i]; ++i)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

/* Cuts the next word of a comma list into word; false at the end or when it is too long. */
static bool next_word(const char **at, char word[48]) {
    const size_t length = strcspn(*at, ",");
    if (length >= 48)
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    if (**at == ',')
        ++*at;
    return true;
}

static fm_status bad_ops(const char *text, fm_error *err) {
    char known[160] = "all or a list of";
    for (size_t i = 0; fmi_cases[i]; ++i) {
        (void)strcat(known, i ? ", " : " ");
        (void)strcat(known, fmi_cases[i]->name);
    }
    return bad_value("--op", text, known, err);
}

static fm_status parse_ops(fmi_options *o, const char *text, fm_error *err) {
    o->op_count = 0;
    if (strcmp(text, "all") == 0)
        return FM_OK;
    const char *at = text;
    do {
        char word[48];
        const fmi_case *op = next_word(&at, word) ? fmi_case_find(word) : NULL;
        if (!op || o->op_count == FMI_OPS_MAX)
            return bad_ops(text, err);
        bool known = false;
        for (uint32_t i = 0; i < o->op_count; ++i)
            known = known || o->ops[i] == op;
        if (!known)
            o->ops[o->op_count++] = op;
    } while (*at);
    return FM_OK;
}

static fm_status parse_levels(fmi_options *o, const char *text, fm_error *err) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    bool asked[4] = {false, false, false, false};
    const char *at = text;
    do {
        char word[48] = "";
        const bool read = next_word(&at, word);
        bool known = false;
        for (size_t i = 0; read && i < 4; ++i)
            if (strcmp(word, fm_level_name(levels[i])) == 0 || strcmp(word, "all") == 0)
                known = asked[i] = true;
        if (!known)
            return bad_value("--level", text, "all or a list of low, medium, high, extreme", err);
    } while (*at);
    o->level_count = 0;
    for (size_t i = 0; i < 4; ++i)
        if (asked[i])
            o->levels[o->level_count++] = levels[i];
    return FM_OK;
}

static fm_status parse_number(const char *option, const char *text, double max, double *number,
                              fm_error *err) {
    char *end = NULL;
    errno = 0;
    *number = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || *end || errno || !(*number <= max) || *number != floor(*number))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s \"%s\": a whole number from 0 to %.0f is needed", option, text, max);
    return FM_OK;
}

/* A number with an optional unit letter out of `units`, each worth factors[i]. */
static fm_status parse_scaled(const char *option, const char *text, const char *units,
                              const double *factors, const char *allowed, double *value,
                              fm_error *err) {
    char *end = NULL;
    errno = 0;
    *value = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || errno || !isfinite(*value) || (end[0] && end[1]))
        return bad_value(option, text, allowed, err);
    if (*end) {
        const char *unit = strchr(units, *end);
        if (!unit)
            return bad_value(option, text, allowed, err);
        *value *= factors[unit - units];
    }
    return FM_OK;
}

/* A comma list of words; the axis gets their numbers, from 0. */
static fm_status parse_words(fmi_axis *axis, const char *option, const char *text,
                             const char *const *names, const char *allowed, fm_error *err) {
    memset(axis, 0, sizeof *axis);
    const char *at = text;
    do {
        char word[48] = "";
        uint32_t i = 0;
        const bool read = next_word(&at, word);
        while (names[i] && strcmp(names[i], word) != 0)
            ++i;
        if (!read || !names[i])
            return bad_value(option, text, allowed, err);
        (void)fmi_axis_add(axis, i, 0);
    } while (*at);
    return FM_OK;
}

static fm_status parse_samples(fmi_axis *axis, const char *text, fm_error *err) {
    static const fmi_axis_rule rule = {.option = "--samples", .min = 1, .max = 4};
    const fm_status status = fmi_axis_parse(axis, text, &rule, err);
    for (uint32_t i = 0; status == FM_OK && i < axis->count; ++i)
        if (axis->value[i].a != 1 && axis->value[i].a != 4)
            return bad_value("--samples", text, "a list of 1, 4", err);
    return status;
}

static fm_status parse_share(double *share, const char *text, fm_error *err) {
    char *end = NULL;
    *share = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || *end || !(*share <= 1.0))
        return bad_value("--pinv-share", text, "numbers from 0 to 1", err);
    return FM_OK;
}

static fm_status parse_percent(double *share, const char *text, fm_error *err) {
    char *end = NULL;
    *share = (text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN) / 100.0;
    if (!end || (*end && strcmp(end, "%") != 0) || !(*share <= 1.0))
        return bad_value("--threshold", text, "percents from 0 to 100", err);
    return FM_OK;
}

static fm_status parse_format(fmi_options *o, fmi_format format, fm_error *err) {
    if (o->format != FMI_FORMAT_TABLE && o->format != format)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--json, --csv, --md and the other formats exclude each other; give one");
    o->format = format;
    return FM_OK;
}

static fm_status parse_log_level(fmi_options *o, const char *text, fm_error *err) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < 4; ++i)
        if (strcmp(text, names[i]) == 0) {
            o->log_level = (fm_log_level)i;
            return FM_OK;
        }
    return bad_value("--log-level", text, "error, warning, info, debug", err);
}

/* --- the table of options ------------------------------------------------------------------- */

typedef enum option_id {
    OPT_SWEEP,
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
    OPT_DEVICE,
    OPT_THREADS,
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
    OPT_THRESHOLD,
    OPT_LIST,
    OPT_DRY_RUN,
    OPT_QUICK,
    OPT_PEERS,
    OPT_DIFFERENT_ENV,
    OPT_PIN,
    OPT_JSON,
    OPT_CSV,
    OPT_MD,
    OPT_JSONL,
    OPT_JUNIT,
    OPT_PROMETHEUS,
    OPT_VERBOSE,
    OPT_QUIET,
    OPT_LOG_LEVEL,
    OPT_NO_COLOR,
    OPT_HELP,
    OPT_VERSION,
    OPT_LATER
} option_id;

static const struct {
    const char *name;
    int values;
    option_id id;
} option_table[] = {{"--sweep", 0, OPT_SWEEP},
                    {"--op", 1, OPT_OP},
                    {"--batch", 1, OPT_BATCH},
                    {"--level", 1, OPT_LEVEL},
                    {"--size", 1, OPT_SIZE},
                    {"--vertices", 1, OPT_VERTICES},
                    {"--input", 2, OPT_INPUT},
                    {"--n", 1, OPT_N},
                    {"--layout", 1, OPT_LAYOUT},
                    {"--pinv-share", 1, OPT_PINV_SHARE},
                    {"--targets", 1, OPT_TARGETS},
                    {"--precision", 1, OPT_PRECISION},
                    {"--samples", 1, OPT_SAMPLES},
                    {"--filter", 1, OPT_FILTER},
                    {"--texture", 1, OPT_TEXTURE},
                    {"--device", 1, OPT_DEVICE},
                    {"--threads", 1, OPT_THREADS},
                    {"--mem-limit", 1, OPT_MEM_LIMIT},
                    {"--order", 1, OPT_ORDER},
                    {"--seed", 1, OPT_SEED},
                    {"--isolate", 1, OPT_ISOLATE},
                    {"--timeout", 1, OPT_TIMEOUT},
                    {"--resume", 1, OPT_RESUME},
                    {"--max-time", 1, OPT_MAX_TIME},
                    {"--db", 1, OPT_DB},
                    {"--list", 0, OPT_LIST},
                    {"--dry-run", 0, OPT_DRY_RUN},
                    {"--quick", 0, OPT_QUICK},
                    {"--peers", 0, OPT_PEERS},
                    {"--pin", 0, OPT_PIN},
                    {"--json", 0, OPT_JSON},
                    {"--csv", 0, OPT_CSV},
                    {"--md", 0, OPT_MD},
                    {"--jsonl", 0, OPT_JSONL},
                    {"--junit", 0, OPT_JUNIT},
                    {"--prometheus", 0, OPT_PROMETHEUS},
                    {"--verbose", 0, OPT_VERBOSE},
                    {"-v", 0, OPT_VERBOSE},
                    {"--quiet", 0, OPT_QUIET},
                    {"-q", 0, OPT_QUIET},
                    {"--log-level", 1, OPT_LOG_LEVEL},
                    {"--no-color", 0, OPT_NO_COLOR},
                    {"--help", 0, OPT_HELP},
                    {"-h", 0, OPT_HELP},
                    {"--version", 0, OPT_VERSION},
                    {"-o", 1, OPT_OUTPUT},
                    {"--output", 1, OPT_OUTPUT},
                    {"--against", 1, OPT_AGAINST},
                    {"--cell", 1, OPT_CELL},
                    {"--threshold", 1, OPT_THRESHOLD},
                    {"--allow-different-env", 0, OPT_DIFFERENT_ENV},
                    {"--live", 0, OPT_LATER},
                    {"--concurrent", 0, OPT_LATER},
                    {"--selftest-noise", 0, OPT_LATER}};

#define OPTION_COUNT (sizeof option_table / sizeof option_table[0])

static const fmi_axis_rule batch_rule = {
    .option = "--batch", .min = 1, .max = 1000000, .takes_auto = true};
static const fmi_axis_rule size_rule = {
    .option = "--size", .min = 1, .max = FM_MAX_SIZE, .sizes = true};
static const fmi_axis_rule vertices_rule = {.option = "--vertices", .min = 500, .max = 2000000};
static const fmi_axis_rule n_rule = {.option = "--n", .min = 1, .max = 64};
static const fmi_axis_rule targets_rule = {.option = "--targets", .min = 1, .max = 4096};
static const fmi_axis_rule threads_rule = {.option = "--threads", .min = 0, .max = 1024};
static const fmi_axis_rule mem_limit_rule = {
    .option = "--mem-limit", .min = 1, .max = UINT64_C(1) << 62, .bytes = true};

static fm_status parse_isolation(fmi_options *o, const char *text, fm_error *err) {
    static const char *const names[] = {"cell", "op", "none"};
    for (size_t i = 0; i < 3; ++i)
        if (strcmp(text, names[i]) == 0) {
            o->isolate = (fmi_isolation)i;
            return FM_OK;
        }
    return bad_value("--isolate", text, "cell, op, none", err);
}

static fm_status apply_words(fmi_options *o, option_id id, const char *text, fm_error *err) {
    static const char *const precisions[] = {"fp32", "fp16", NULL};
    static const char *const filters[] = {"nearest-mip", "trilinear", NULL};
    static const char *const textures[] = {"on", "off", NULL};
    static const char *const layouts[] = {"row-major", "interleaved", NULL};
    switch (id) {
    case OPT_PRECISION:
        return parse_words(&o->precision, "--precision", text, precisions, "a list of fp32, fp16",
                           err);
    case OPT_FILTER:
        return parse_words(&o->filter, "--filter", text, filters,
                           "a list of nearest-mip, trilinear", err);
    case OPT_TEXTURE:
        return parse_words(&o->texture, "--texture", text, textures, "a list of on, off", err);
    default:
        return parse_words(&o->layout, "--layout", text, layouts,
                           "a list of row-major, interleaved", err);
    }
}

static fm_status apply_measure(fmi_options *o, option_id id, const char *const *value,
                               fm_error *err) {
    switch (id) {
    case OPT_OP:
        return parse_ops(o, value[0], err);
    case OPT_BATCH:
        return fmi_axis_parse(&o->batch, value[0], &batch_rule, err);
    case OPT_LEVEL:
        return parse_levels(o, value[0], err);
    case OPT_SIZE:
        return fmi_axis_parse(&o->size, value[0], &size_rule, err);
    case OPT_VERTICES:
        return fmi_axis_parse(&o->vertices, value[0], &vertices_rule, err);
    case OPT_INPUT:
        o->input[0] = value[0];
        o->input[1] = value[1];
        return FM_OK;
    case OPT_N:
        return fmi_axis_parse(&o->n, value[0], &n_rule, err);
    case OPT_PINV_SHARE:
        return parse_share(&o->pinv_share, value[0], err);
    case OPT_TARGETS:
        return fmi_axis_parse(&o->targets, value[0], &targets_rule, err);
    case OPT_SAMPLES:
        return parse_samples(&o->samples, value[0], err);
    case OPT_DEVICE:
        o->all_devices = strcmp(value[0], "all") == 0;
        o->device = o->all_devices ? NULL : value[0];
        return FM_OK;
    case OPT_THREADS:
        return fmi_axis_parse(&o->threads, value[0], &threads_rule, err);
    case OPT_MEM_LIMIT:
        return fmi_axis_parse(&o->mem_limit, value[0], &mem_limit_rule, err);
    default:
        return apply_words(o, id, value[0], err);
    }
}

static fm_status apply_how(fmi_options *o, option_id id, const char *const *value, fm_error *err) {
    static const double time_units[] = {1.0, 60.0, 3600.0};
    double number = 0.0;
    fm_status status = FM_OK;
    switch (id) {
    case OPT_ORDER:
        if (strcmp(value[0], "random") != 0 && strcmp(value[0], "fixed") != 0)
            return bad_value("--order", value[0], "random, fixed", err);
        o->fixed_order = value[0][0] == 'f';
        return FM_OK;
    case OPT_SEED:
        status = parse_number("--seed", value[0], 0x1p53, &number, err);
        o->seed = (uint64_t)number;
        o->seed_set = true;
        return status;
    case OPT_ISOLATE:
        return parse_isolation(o, value[0], err);
    case OPT_RESUME:
        o->resume = value[0];
        return FM_OK;
    case OPT_TIMEOUT:
        status = parse_number("--timeout", value[0], 86400.0, &o->cell_limit_s, err);
        return status;
    case OPT_MAX_TIME:
        return parse_scaled("--max-time", value[0], "smh", time_units,
                            "seconds, or a number with s, m or h", &o->max_time_s, err);
    case OPT_LOG_LEVEL:
        return parse_log_level(o, value[0], err);
    case OPT_OUTPUT:
        o->output = value[0];
        return FM_OK;
    case OPT_AGAINST:
        o->against = value[0];
        return FM_OK;
    case OPT_THRESHOLD:
        return parse_percent(&o->threshold, value[0], err);
    case OPT_CELL:
        o->cell = value[0];
        return FM_OK;
    default:
        o->db = value[0];
        return FM_OK;
    }
}

static fm_status apply_flag(fmi_options *o, option_id id, fm_error *err) {
    switch (id) {
    case OPT_LIST:
        o->list = true;
        return FM_OK;
    case OPT_DRY_RUN:
        o->dry_run = true;
        return FM_OK;
    case OPT_QUICK:
        o->quick = true;
        return FM_OK;
    case OPT_DIFFERENT_ENV:
        o->allow_different_env = true;
        return FM_OK;
    case OPT_PEERS:
        o->peers = true;
        return FM_OK;
    case OPT_PIN:
        o->pin = true;
        return FM_OK;
    case OPT_JSON:
        return parse_format(o, FMI_FORMAT_JSON, err);
    case OPT_CSV:
        return parse_format(o, FMI_FORMAT_CSV, err);
    case OPT_MD:
        return parse_format(o, FMI_FORMAT_MARKDOWN, err);
    case OPT_JSONL:
        return parse_format(o, FMI_FORMAT_JSONL, err);
    case OPT_JUNIT:
        return parse_format(o, FMI_FORMAT_JUNIT, err);
    case OPT_PROMETHEUS:
        return parse_format(o, FMI_FORMAT_PROMETHEUS, err);
    case OPT_VERBOSE:
        o->log_level = FM_LOG_DEBUG;
        return FM_OK;
    case OPT_QUIET:
        o->log_level = FM_LOG_ERROR;
        return FM_OK;
    default:
        o->no_color = true;
        return FM_OK;
    }
}

static fm_status apply(fmi_options *o, size_t row, const char *const *value, fm_error *err) {
    const option_id id = option_table[row].id;
    if (id == OPT_LATER)
        return not_available(option_table[row].name, err);
    if (id == OPT_SWEEP)
        return fmi_fail(
            err, FM_ERROR_INVALID_ARGUMENT,
            "give one of --sweep, verify, devices, mem, roofs and doctor, and that once");
    o->chosen = o->chosen || (id >= OPT_OP && id <= OPT_SEED) || id == OPT_QUICK ||
                id == OPT_PEERS || id == OPT_PIN;
    if (id >= OPT_OP && id <= OPT_MEM_LIMIT)
        return apply_measure(o, id, value, err);
    if ((id >= OPT_ORDER && id <= OPT_THRESHOLD) || id == OPT_LOG_LEVEL)
        return apply_how(o, id, value, err);
    return apply_flag(o, id, err);
}

/* --- the command line ------------------------------------------------------------------------ */

static fm_status unknown_option(const char *text, fm_error *err) {
    char known[400] = "";
    for (size_t i = 0; i < OPTION_COUNT; ++i)
        if (option_table[i].id != OPT_LATER && strncmp(option_table[i].name, "--", 2) == 0) {
            (void)strcat(known, known[0] ? " " : "");
            (void)strcat(known, option_table[i].name);
        }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "unknown option %.60s; allowed are %s", text,
                    known);
}

static fm_status read_option(fmi_options *o, int argc, char *const *argv, int *at, fm_error *err) {
    const char *text = argv[*at];
    const char *equals = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL;
    const size_t length = equals ? (size_t)(equals - text) : strlen(text);
    size_t row = 0;
    while (row < OPTION_COUNT && (strlen(option_table[row].name) != length ||
                                  strncmp(option_table[row].name, text, length) != 0))
        ++row;
    if (row == OPTION_COUNT)
        return unknown_option(text, err);
    const char *values[2] = {NULL, NULL};
    const int wanted = option_table[row].values;
    if (equals && wanted != 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s takes %s", option_table[row].name,
                        wanted ? "two values, separated by blanks" : "no value");
    if (equals)
        values[0] = equals + 1;
    for (int i = 0; !equals && i < wanted; ++i) {
        if (*at + 1 >= argc)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s needs %s", option_table[row].name,
                            wanted == 1 ? "a value" : "two values");
        values[i] = argv[++*at];
    }
    return apply(o, row, values, err);
}

/* The commands that are words, and how many words may follow them. */
static const struct {
    const char *word;
    fmi_command command;
    uint32_t least, most;
} words[] = {{"verify", FMI_COMMAND_VERIFY, 0, 0},   {"devices", FMI_COMMAND_DEVICES, 0, 0},
             {"mem", FMI_COMMAND_MEM, 0, 0},         {"roofs", FMI_COMMAND_ROOFS, 0, 0},
             {"doctor", FMI_COMMAND_DOCTOR, 0, 0},   {"report", FMI_COMMAND_REPORT, 0, 1},
             {"history", FMI_COMMAND_HISTORY, 0, 0}, {"export", FMI_COMMAND_EXPORT, 0, 1},
             {"compare", FMI_COMMAND_COMPARE, 2, 2}};

#define WORD_COUNT (sizeof words / sizeof words[0])

static fm_status follow(fmi_options *o, const char *word, bool have_command, fm_error *err) {
    for (size_t i = 0; have_command && i < WORD_COUNT; ++i)
        if (words[i].command == o->command && o->word_count < words[i].most) {
            o->word[o->word_count++] = word;
            return FM_OK;
        }
    char known[200] = "--sweep";
    for (size_t i = 0; i < WORD_COUNT; ++i) {
        (void)strcat(known, ", ");
        (void)strcat(known, words[i].word);
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "unexpected \"%.60s\"; allowed are %s", word,
                    known);
}

static fm_status read_word(fmi_options *o, const char *word, bool *have_command, fm_error *err) {
    static const char *const later[] = {"bundle", "merge", NULL};
    if (!*have_command && in_list(word, later))
        return not_available(word, err);
    for (size_t i = 0; !*have_command && i < WORD_COUNT; ++i)
        if (strcmp(word, words[i].word) == 0) {
            o->command = words[i].command;
            *have_command = true;
            return FM_OK;
        }
    return follow(o, word, *have_command, err);
}

static fm_status check_words(const fmi_options *o, fm_error *err) {
    if (o->format > FMI_FORMAT_MARKDOWN && o->command != FMI_COMMAND_EXPORT)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--jsonl, --junit and --prometheus are formats of export");
    for (size_t i = 0; i < WORD_COUNT; ++i)
        if (words[i].command == o->command && o->word_count < words[i].least)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s needs %u words behind it, got %u",
                            words[i].word, words[i].least, o->word_count);
    return FM_OK;
}

static void default_to(fmi_axis *axis, uint64_t value) {
    if (axis->count == 0)
        (void)fmi_axis_add(axis, value, 0);
}

static void fill_axes(fmi_options *o) {
    static const uint64_t edges[] = {2, 3, 4, 8, 16, 32};
    const bool some = o->n.count == 0;
    for (size_t i = 0; some && i < (o->quick ? 1 : sizeof edges / sizeof edges[0]); ++i)
        (void)fmi_axis_add(&o->n, o->quick ? 4 : edges[i], 0);
    default_to(&o->targets, 50);
    default_to(&o->threads, 0);
    default_to(&o->mem_limit, 0);
    default_to(&o->precision, FMI_FP32);
    default_to(&o->samples, 1);
    default_to(&o->filter, FMI_FILTER_NEAREST_MIP);
    default_to(&o->layout, FMI_LAYOUT_ROW_MAJOR);
    default_to(&o->texture, 0);
}

static fm_status fill_defaults(fmi_options *o, bool max_time_set, fm_error *err) {
    if (o->input[0] && o->vertices.count)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--input and --vertices exclude each other: files have their own vertices");
    if (o->op_count == 0)
        for (size_t i = 0; fmi_cases[i]; ++i)
            o->ops[o->op_count++] = fmi_cases[i];
    if (o->level_count == 0)
        (void)parse_levels(o, "all", err);
    if (o->batch.count == 0)
        o->batch.automatic = true;
    if (o->size.count == 0)
        (void)fmi_axis_add(&o->size, 512, 512);
    if (o->vertices.count == 0)
        (void)fmi_axis_add(&o->vertices, 18024, 0);
    fill_axes(o);
    if (!(o->cell_limit_s > 0.0))
        o->cell_limit_s = 60.0;
    if (!max_time_set)
        o->max_time_s = o->quick ? QUICK_SECONDS : FULL_SECONDS;
    return FM_OK;
}

/* --help and --version win over mistakes elsewhere on the line. */
static bool asks_for_text(fmi_options *o, int argc, char *const *argv) {
    for (int i = 1; i < argc; ++i) {
        const bool help = strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
        if (help || strcmp(argv[i], "--version") == 0) {
            o->command = help ? FMI_COMMAND_HELP : FMI_COMMAND_VERSION;
            return true;
        }
    }
    return false;
}

fm_status fmi_options_parse(fmi_options *options, int argc, char *const *argv, fm_error *err) {
    *options = (fmi_options){.max_time_s = -1.0, .threshold = 0.01, .log_level = FM_LOG_WARNING};
    if (asks_for_text(options, argc, argv))
        return FM_OK;
    bool have_command = false;
    for (int i = 1; i < argc; ++i) {
        fm_status status = FM_OK;
        if (strcmp(argv[i], "--sweep") == 0 && !have_command)
            have_command = true;
        else if (argv[i][0] == '-')
            status = read_option(options, argc, argv, &i, err);
        else
            status = read_word(options, argv[i], &have_command, err);
        if (status != FM_OK)
            return status;
    }
    if (!have_command)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "nothing to do; allowed are --sweep, verify, devices, mem, roofs, doctor, "
                        "report, history, export, compare, "
                        "--help");
    const fm_status status = check_words(options, err);
    if (status != FM_OK)
        return status;
    options->max_time_set = options->max_time_s >= 0.0;
    return fill_defaults(options, options->max_time_set, err);
}
