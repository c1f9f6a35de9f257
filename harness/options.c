/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"
#include "io/file.h"

#include <string.h>

static fm_status apply(fmi_options *o, size_t row, const char *const *value, fm_error *err) {
    const fmi_option_id id = fmi_option_table[row].id;
    if (id == OPT_SWEEP || id == OPT_NOISE || id == OPT_DESCRIBE)
        return fmi_fail(
            err, FM_ERROR_INVALID_ARGUMENT,
            "give one of --sweep, verify, devices, mem, roofs and doctor, and that once");
    o->chosen = o->chosen || (id >= OPT_OP && id <= OPT_SEED) || id == OPT_QUICK ||
                id == OPT_PEERS || id == OPT_PIN || id == OPT_CONCURRENT || id == OPT_NO_QUIRKS;
    if (id >= OPT_OP && id <= OPT_MEM_LIMIT)
        return fmi_option_measure(o, id, value, err);
    if ((id >= OPT_ORDER && id <= OPT_THRESHOLD) || id == OPT_LOG_LEVEL)
        return fmi_option_how(o, id, value, err);
    return fmi_option_flag(o, id, err);
}

static fm_status unknown_option(const char *text, fm_error *err) {
    char known[1000] = "";
    for (size_t i = 0; i < fmi_option_count; ++i)
        if (strncmp(fmi_option_table[i].name, "--", 2) == 0) {
            fmi_option_add(known, sizeof known, known[0] ? " " : "", fmi_option_table[i].name);
        }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "unknown option %.60s; allowed are %s", text,
                    known);
}

static fm_status read_option(fmi_options *o, int argc, char *const *argv, int *at, fm_error *err) {
    const char *text = argv[*at];
    const char *equals = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL;
    const size_t length = equals ? (size_t)(equals - text) : strlen(text);
    size_t row = 0;
    while (row < fmi_option_count && (strlen(fmi_option_table[row].name) != length ||
                                      strncmp(fmi_option_table[row].name, text, length) != 0))
        ++row;
    if (row == fmi_option_count)
        return unknown_option(text, err);
    const char *values[2] = {NULL, NULL};
    const int wanted = fmi_option_table[row].values;
    if (equals && wanted != 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s takes %s", fmi_option_table[row].name,
                        wanted ? "two values, separated by blanks" : "no value");
    if (equals)
        values[0] = equals + 1;
    for (int i = 0; !equals && i < wanted; ++i) {
        if (*at + 1 >= argc)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s needs %s",
                            fmi_option_table[row].name, wanted == 1 ? "a value" : "two values");
        values[i] = argv[++*at];
    }
    return apply(o, row, values, err);
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

/* The commands that begin with dashes; --describe=METRIC brings its word along. */
static bool is_command(fmi_options *o, const char *text) {
    static const struct {
        const char *text;
        fmi_command command;
    } commands[] = {{"--sweep", FMI_COMMAND_SWEEP},
                    {"--selftest-noise", FMI_COMMAND_NOISE},
                    {"--describe", FMI_COMMAND_DESCRIBE}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; ++i)
        if (strcmp(text, commands[i].text) == 0) {
            o->command = commands[i].command;
            return true;
        }
    if (strncmp(text, "--describe=", 11) != 0)
        return false;
    o->command = FMI_COMMAND_DESCRIBE;
    o->word[o->word_count++] = text + 11;
    return true;
}

/* "-" is standard output, which only export can write its file to. */
static fm_status settle_output(fmi_options *o, fm_error *err) {
    if ((o->output && !o->output[0]) || (o->db && !o->db[0]))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: the file has no name; give one",
                        o->output && !o->output[0] ? "-o" : "--db");
    if (!o->output || strcmp(o->output, "-") != 0)
        return FM_OK;
    o->output = NULL;
    return o->command == FMI_COMMAND_EXPORT
               ? FM_OK
               : fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                          "-o: \"-\" is no name for this file; only export writes to stdout");
}

/* The page and the store must not be each other, nor a mesh that is read. */
static fm_status check_outputs(const fmi_options *o, fm_error *err) {
    const char *const others[] = {o->db, o->input[0], o->input[1]};
    for (size_t i = 0; i < 3; ++i) {
        if (o->output && others[i] && fmi_file_same(o->output, others[i]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "-o: %s is %s; choose another name",
                            o->output, i == 0 ? "the store" : "an input");
        if (i > 0 && o->db && others[i] && fmi_file_same(o->db, others[i]))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "--db: %s is an input; choose another name", o->db);
    }
    return FM_OK;
}

fm_status fmi_options_parse(fmi_options *options, int argc, char *const *argv, fm_error *err) {
    *options = (fmi_options){.max_time_s = -1.0, .threshold = 0.01, .log_level = FM_LOG_WARNING};
    if (asks_for_text(options, argc, argv))
        return FM_OK;
    bool have_command = false;
    for (int i = 1; i < argc; ++i) {
        fm_status status = FM_OK;
        if (!have_command && is_command(options, argv[i]))
            have_command = true;
        else if (argv[i][0] == '-')
            status = read_option(options, argc, argv, &i, err);
        else
            status = fmi_option_word(options, argv[i], &have_command, err);
        if (status != FM_OK)
            return status;
    }
    if (!have_command)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "nothing to do; allowed are --sweep, --selftest-noise, verify, devices, "
                        "mem, roofs, tune, doctor, report, history, export, compare, bundle, "
                        "merge, import, scoreboard, --describe, --help");
    fm_status status = fmi_option_check_words(options, err);
    if (status == FM_OK)
        status = settle_output(options, err);
    if (status == FM_OK)
        status = check_outputs(options, err);
    if (status != FM_OK)
        return status;
    options->max_time_set = options->max_time_s >= 0.0;
    return fmi_option_defaults(options, options->max_time_set, err);
}
