/* SPDX-License-Identifier: MIT */
/* fmbench mem: what every source says about a device's memory, and the budget that follows. */
#include "case.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/memory_report.h"
#include "io/text.h"

#include <stdio.h>
#include <stdlib.h>

/* Medium, unless one level was asked for. */
static fm_level level_of(const fmi_options *options) {
    return options->level_count == 1 ? options->levels[0] : FM_LEVEL_MEDIUM;
}

static void print_budgets(const fmi_options *options, const fm_engine *engine) {
    for (uint32_t i = 0; i < options->level_count; ++i) {
        fm_memory memory;
        char *line = NULL;
        if (options->levels[i] != level_of(options) &&
            fmi_memory_ask_all(engine, options->levels[i], options->mem_limit.value[0].a, &memory,
                               NULL) == FM_OK)
            line = fmi_memory_budget_text(fm_engine_caps(engine), options->levels[i], &memory);
        (void)fputs(line ? line : "", stdout);
        free(line);
    }
}

static fm_status print(const fmi_options *options, const fm_engine *engine, fm_error *err) {
    const fm_level level = level_of(options);
    const bool as_json = options->format == FMI_FORMAT_JSON;
    fmi_json json = {0};
    char *text = NULL;
    fm_memory memory;
    fm_status status =
        fmi_memory_ask_all(engine, level, options->mem_limit.value[0].a, &memory, err);
    if (status != FM_OK)
        return status;
    if (as_json)
        fmi_memory_json(&json, fm_engine_caps(engine), level, &memory);
    else
        text = fmi_memory_text(fm_engine_caps(engine), level, &memory);
    const char *out = as_json ? fmi_json_text(&json) : text;
    (void)fputs(out ? out : "", stdout);
    if (!as_json)
        print_budgets(options, engine);
    if (!out)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the report");
    else
        status = fmi_text_flush(err);
    fmi_json_free(&json);
    free(text);
    return status;
}

int fmi_command_mem(const fmi_options *options) {
    fm_engine *engine = NULL;
    fm_error err = {0};
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    const fmi_case_params params = {.device = options->device,
                                    .keep_free_bytes = options->keep_free_bytes,
                                    .log = fmi_console_logger(options->log_level)};
    fm_status status = fmi_case_engine(&engine, &params, &err);
    if (status == FM_OK)
        status = print(options, engine, &err);
    fm_engine_destroy(&engine);
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
