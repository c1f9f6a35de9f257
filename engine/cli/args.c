/* SPDX-License-Identifier: MIT */
#include "args.h"

#include "error.h"
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN 60 /* characters of a stray argument that a message repeats */

static const fmi_option common[FMI_ARG_COMMON] = {
    {"help", 'h', FMI_OPTION_FLAG},     {"version", 'V', FMI_OPTION_FLAG},
    {"verbose", 'v', FMI_OPTION_FLAG},  {"quiet", 'q', FMI_OPTION_FLAG},
    {"log-level", 0, FMI_OPTION_VALUE}, {"no-color", 0, FMI_OPTION_FLAG},
};

static const fmi_option *row(const fmi_args *args, size_t i) {
    return i < FMI_ARG_COMMON ? &common[i] : &args->table[i - FMI_ARG_COMMON];
}

static bool is_flag(const fmi_option *option) {
    return option->kind == FMI_OPTION_FLAG || option->kind == FMI_OPTION_FLAG_LATER;
}

static bool is_later(const fmi_option *option) {
    return option->kind == FMI_OPTION_FLAG_LATER || option->kind == FMI_OPTION_VALUE_LATER;
}

static void environment_name(const char *option, char out[48]) {
    size_t n = (size_t)snprintf(out, 48, "FMORPH_%s", option);
    for (size_t i = 7; i < n && i < 47; i++) {
        if (out[i] == '-')
            out[i] = '_';
        else if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
    }
}

const char *fmi_args_label(const fmi_args *args, size_t i, char out[48]) {
    if (args->from_environment[i])
        environment_name(row(args, i)->name, out);
    else
        snprintf(out, 48, "--%s", row(args, i)->name);
    return out;
}

static fm_status fail_unknown(const fmi_args *args, const char *what, fm_error *err) {
    char names[FM_ERROR_MESSAGE_BYTES];
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < args->count; i++) {
        if (is_later(row(args, i)))
            continue;
        int n = snprintf(names + used, sizeof names - used, "%s--%s", used > 0 ? " " : "",
                         row(args, i)->name);
        if (n < 0 || (size_t)n >= sizeof names - used)
            break;
        used += (size_t)n;
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%.*s: unknown option; allowed: %s", SHOWN,
                    what, names);
}

static fm_status read_flag(const char *text, bool *set) {
    static const char *const yes[] = {"1", "on", "yes", "true"};
    static const char *const no[] = {"0", "off", "no", "false"};
    for (size_t i = 0; i < 4; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *set = strcasecmp(text, yes[i]) == 0;
            return FM_OK;
        }
    }
    return FM_ERROR_INVALID_ARGUMENT;
}

static fm_status read_environment(fmi_args *args, fm_error *err) {
    for (size_t i = FMI_ARG_VERBOSE; i < args->count; i++) {
        char name[48];
        environment_name(row(args, i)->name, name);
        const char *text = getenv(name);
        if (text == NULL || text[0] == '\0' || args->value[i] != NULL)
            continue;
        if (is_flag(row(args, i))) {
            bool set = false;
            if (read_flag(text, &set) != FM_OK)
                return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                                "%s: '%.*s' is not a switch; allowed: on off", name, SHOWN, text);
            if (!set)
                continue;
            text = "";
        }
        args->value[i] = text;
        args->from_environment[i] = true;
    }
    return FM_OK;
}

static size_t find_long(const fmi_args *args, const char *name, size_t length) {
    for (size_t i = 0; i < args->count; i++) {
        if (strlen(row(args, i)->name) == length && memcmp(row(args, i)->name, name, length) == 0)
            return i;
    }
    return args->count;
}

static size_t find_short(const fmi_args *args, char letter) {
    size_t i = 0;
    while (i < args->count && row(args, i)->letter != letter)
        i++;
    return i;
}

/* Stores option i. attached: the text after '=' or after a short letter, NULL = none. */
static fm_status store(fmi_args *args, size_t i, const char *attached, int *at, int argc,
                       char *const *argv, fm_error *err) {
    const char *name = row(args, i)->name;
    if (is_flag(row(args, i))) {
        if (attached != NULL)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "--%s: takes no value but has '%.*s'; leave it off", name, SHOWN,
                            attached);
        attached = "";
    } else if (attached == NULL) {
        if (*at + 1 >= argc)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--%s: no value follows; give one",
                            name);
        attached = argv[++*at];
    }
    args->value[i] = attached;
    args->from_environment[i] = false;
    return FM_OK;
}

static fm_status read_long(fmi_args *args, int *at, int argc, char *const *argv, fm_error *err) {
    const char *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    size_t i = find_long(args, text, length);
    if (i == args->count)
        return fail_unknown(args, argv[*at], err);
    return store(args, i, equals != NULL ? equals + 1 : NULL, at, argc, argv, err);
}

static fm_status read_short(fmi_args *args, int *at, int argc, char *const *argv, fm_error *err) {
    const char *text = argv[*at];
    size_t i = find_short(args, text[1]);
    if (i == args->count)
        return fail_unknown(args, text, err);
    return store(args, i, text[2] != '\0' ? text + 2 : NULL, at, argc, argv, err);
}

static fm_status read_operand(fmi_args *args, const char *text, fm_error *err) {
    if (args->operands == FMI_ARGS_OPERANDS)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "'%.*s': one argument too many; see --help",
                        SHOWN, text);
    args->operand[args->operands++] = text;
    return FM_OK;
}

static fm_status refuse_later(const fmi_args *args, fm_error *err) {
    char label[48];
    for (size_t i = 0; i < args->count; i++) {
        if (args->value[i] != NULL && is_later(row(args, i)))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "%s: not available in this version; leave it out",
                            fmi_args_label(args, i, label));
    }
    return FM_OK;
}

fm_status fmi_args_read(fmi_args *args, const fmi_option *table, size_t count, int argc,
                        char *const *argv, fm_error *err) {
    memset(args, 0, sizeof *args);
    args->table = table;
    args->count = FMI_ARG_COMMON + count;
    fm_status status = FM_OK;
    bool operands_only = false;
    for (int at = 1; at < argc && status == FM_OK; at++) {
        const char *text = argv[at];
        if (operands_only || text[0] != '-' || text[1] == '\0')
            status = read_operand(args, text, err);
        else if (strcmp(text, "--") == 0)
            operands_only = true;
        else if (text[1] == '-')
            status = read_long(args, &at, argc, argv, err);
        else
            status = read_short(args, &at, argc, argv, err);
    }
    if (args->value[FMI_ARG_HELP] != NULL || args->value[FMI_ARG_VERSION] != NULL)
        return FM_OK;
    /* The environment comes second, so that a rubbish variable does no harm to --help. */
    if (status == FM_OK)
        status = read_environment(args, err);
    if (status == FM_OK)
        status = refuse_later(args, err);
    return status;
}

fm_status fmi_args_uint(const fmi_args *args, size_t i, uint64_t min, uint64_t max, uint32_t *value,
                        fm_error *err) {
    char label[48];
    uint64_t number = *value;
    if (args->value[i] == NULL)
        return FM_OK;
    fm_status status =
        fmi_value_uint(fmi_args_label(args, i, label), args->value[i], min, max, &number, err);
    *value = (uint32_t)number;
    return status;
}
