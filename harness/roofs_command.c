/* SPDX-License-Identifier: MIT */
/* fmbench roofs: what the device can do at most. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/text.h"
#include "roofs.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A value with its unit, as people read it. */
static void value_text(char out[48], const fmi_roof *roof, double value) {
    if (!isfinite(value))
        (void)snprintf(out, 48, "-");
    else if (strcmp(roof->unit, "s") == 0)
        (void)snprintf(out, 48, "%.2f us", 1e6 * value);
    else
        (void)snprintf(out, 48, "%.1f G%s", 1e-9 * value, roof->unit);
}

static void print_table(const fmi_roofs *roofs, fmi_format format, FILE *out) {
    static const char *const head[] = {"roof", ">best", ">median", ">n", "how", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (uint32_t i = 0; i < roofs->count; ++i) {
        const fmi_roof *roof = &roofs->roof[i];
        char value[48], median[48];
        value_text(value, roof, roof->value);
        value_text(median, roof, roof->median);
        fmi_table_add(&table, "%s", roof->name);
        fmi_table_add(&table, "%s", value);
        fmi_table_add(&table, "%s", median);
        fmi_table_add(&table, "%u", roof->n);
        fmi_table_add(&table, "%s", roof->note);
    }
    fmi_table_print(&table, format, out);
    fmi_table_free(&table);
}

static fm_status print_json(const fmi_roofs *roofs, FILE *out, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/roofs/1");
    fmi_roofs_json(roofs, &json, "roofs");
    fmi_json_end(&json);
    return fmi_console_json(&json, out, err);
}

int fmi_command_roofs(const fmi_options *options) {
    fm_error err = {0};
    fmi_roofs roofs;
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    fmi_signals_at_once();
    const fmi_case_params params = {.device = options->device,
                                    .log = fmi_console_logger(options->log_level),
                                    .cancel = fmi_signals_cancel()};
    fm_status status = fmi_roofs_measure(&roofs, &params, options->quick, &err);
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(&roofs, stdout, &err);
    else if (status == FM_OK)
        print_table(&roofs, options->format, stdout);
    if (status == FM_OK)
        status = fmi_text_flush(&err);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
