/* SPDX-License-Identifier: MIT */
/* fmbench --describe, and the look-up. */
#include "metrics.h"

#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE 96

/* Whether name is one of names. */
static bool has_name(const char *names, const char *name) {
    const size_t length = strlen(name);
    while (names) {
        const size_t own = strcspn(names, "|");
        if (own == length && strncmp(names, name, length) == 0)
            return true;
        names = names[own] ? names + own + 1 : NULL;
    }
    return false;
}

const fmi_metric *fmi_metric_find(const char *name) {
    for (size_t i = 0; i < fmi_metric_count; ++i)
        if (has_name(fmi_metrics[i].names, name))
            return &fmi_metrics[i];
    return NULL;
}

char *fmi_metric_name(const fmi_metric *metric, char out[64]) {
    (void)snprintf(out, 64, "%.*s", (int)strcspn(metric->names, "|"), metric->names);
    return out;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Words of a text in lines. */
static void print_wrapped(const char *text) {
    size_t used = 0;
    while (*text) {
        const size_t length = strcspn(text, " ");
        if (used > 0 && used + 1 + length > LINE) {
            (void)putchar('\n');
            used = 0;
        }
        used += (size_t)printf("%s%.*s", used ? " " : "  ", (int)length, text);
        text += length + (text[length] == ' ');
    }
    (void)putchar('\n');
}

static void print_one(const fmi_metric *m) {
    for (const char *at = m->names; *at; ++at)
        (void)fputs(*at == '|' ? ", " : (char[]){*at, '\0'}, stdout);
    (void)printf("%s%s%s\n", m->unit[0] ? " (" : "", m->unit, m->unit[0] ? ")" : "");
    print_wrapped(m->text);
}

static fm_status print_json(const fmi_metric *only, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/metrics/1");
    fmi_json_begin(&json, "metrics", '[');
    for (size_t i = 0; i < fmi_metric_count; ++i) {
        const fmi_metric *m = &fmi_metrics[i];
        if (only && m != only)
            continue;
        fmi_json_begin(&json, NULL, '{');
        fmi_json_begin(&json, "names", '[');
        for (const char *at = m->names; *at;) {
            char name[64];
            const size_t length = strcspn(at, "|");
            (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
            fmi_json_string(&json, NULL, name);
            at += length + (at[length] == '|');
        }
        fmi_json_end(&json);
        fmi_json_string(&json, "unit", m->unit[0] ? m->unit : NULL);
        fmi_json_string(&json, "text", m->text);
        fmi_json_end(&json);
    }
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

int fmi_command_describe(const fmi_options *options) {
    fm_error err = {0};
    fm_status status = FM_OK;
    const char *name = options->word_count ? options->word[0] : NULL;
    const fmi_metric *only = name ? fmi_metric_find(name) : NULL;
    if (name && !only)
        status = fmi_fail(&err, FM_ERROR_INVALID_ARGUMENT,
                          "--describe \"%.60s\": no such figure; --describe alone shows all", name);
    else if (options->format == FMI_FORMAT_JSON)
        status = print_json(only, &err);
    else if (only)
        print_one(only);
    for (size_t i = 0; !name && options->format != FMI_FORMAT_JSON && i < fmi_metric_count; ++i) {
        if (i > 0)
            (void)putchar('\n');
        print_one(&fmi_metrics[i]);
    }
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
