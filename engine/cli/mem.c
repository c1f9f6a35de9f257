/* SPDX-License-Identifier: MIT */
/* fmorph mem: what every source says about a device's memory, and the budget that follows. */
#include "commands.h"
#include "runtime.h"
#include "values.h"

#include "error.h"
#include "io/memory_report.h"
#include "io/text.h"

#include <stdlib.h>

static const char help[] =
    "usage: fmorph mem [--device SEL] [--level L] [--mem-limit SIZE] [--keep-free SIZE]\n"
    "                  [--json]\n"
    "\n"
    "Prints what each source says about a device's memory, how far it is trusted, and how much\n"
    "of it fmorph would use.\n"
    "\n"
    "      --device SEL      index, id, part of a name, cpu, gpu, auto (default)\n"
    "      --level L         low, medium (default), high, extreme\n"
    "      --mem-limit SIZE  bytes, with K, M or G: caps the budget\n"
    "      --keep-free SIZE  of what is free, this much stays free\n"
    "      --json            one object on stdout\n" FMI_HELP_COMMON;

enum { ROW_DEVICE = FMI_ARG_COMMON, ROW_LEVEL, ROW_LIMIT, ROW_KEEP_FREE, ROW_JSON };
static const fmi_option table[] = {{"device", 0, FMI_OPTION_VALUE},
                                   {"level", 0, FMI_OPTION_VALUE},
                                   {"mem-limit", 0, FMI_OPTION_VALUE},
                                   {"keep-free", 0, FMI_OPTION_VALUE},
                                   {"json", 0, FMI_OPTION_FLAG}};

/* What the command line asks for. */
typedef struct mem_options {
    const char *device;
    fm_level level;
    uint64_t limit_bytes, keep_free_bytes;
    bool json;
} mem_options;

static fm_status read_options(const fmi_args *args, mem_options *options, fm_error *err) {
    static const char *const words[] = {"medium", "low", "high", "extreme"}; /* as fm_level */
    char label[48];
    fm_status status = FM_OK;
    *options =
        (mem_options){.device = args->value[ROW_DEVICE], .json = args->value[ROW_JSON] != NULL};
    if (args->operands > 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "'%.60s': mem takes no arguments; see --help", args->operand[0]);
    if (args->value[ROW_LEVEL]) {
        size_t index = 0;
        status = fmi_value_choice(fmi_args_label(args, ROW_LEVEL, label), args->value[ROW_LEVEL],
                                  words, 4, &index, err);
        options->level = (fm_level)index;
    }
    if (status == FM_OK && args->value[ROW_LIMIT])
        status = fmi_value_bytes(fmi_args_label(args, ROW_LIMIT, label), args->value[ROW_LIMIT],
                                 &options->limit_bytes, err);
    if (status == FM_OK && args->value[ROW_KEEP_FREE])
        status = fmi_value_bytes(fmi_args_label(args, ROW_KEEP_FREE, label),
                                 args->value[ROW_KEEP_FREE], &options->keep_free_bytes, err);
    return status;
}

static fm_status print(const mem_options *options, const fm_caps *caps, const fm_memory *memory,
                       fm_error *err) {
    fmi_json json = {0};
    char *text = NULL;
    if (options->json)
        fmi_memory_json(&json, caps, options->level, memory);
    else
        text = fmi_memory_text(caps, options->level, memory);
    const char *out = options->json ? fmi_json_text(&json) : text;
    fm_status status = out ? fmi_text_print(out, err)
                           : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the report");
    fmi_json_free(&json);
    free(text);
    return status;
}

static fm_status report(fmi_command *command, const fmi_runtime *runtime,
                        const mem_options *options) {
    fm_engine *engine = NULL;
    fm_memory memory;
    fm_engine_params params = fmi_runtime_engine_params(runtime, &command->console);
    params.device = options->device;
    params.level = options->level;
    params.keep_free_bytes = options->keep_free_bytes;
    fm_status status = fm_engine_create(&engine, &params, &command->err);
    if (status == FM_OK)
        status = fmi_memory_ask_all(engine, options->level, options->limit_bytes, &memory,
                                    &command->err);
    if (status == FM_OK)
        status = print(options, fm_engine_caps(engine), &memory, &command->err);
    fm_engine_destroy(&engine);
    return status;
}

int fmi_cmd_mem(int argc, char **argv) {
    fmi_command command;
    fmi_runtime runtime;
    mem_options options;
    int code = 0;
    if (!fmi_command_begin(&command, table, sizeof table / sizeof table[0], help, argc, argv,
                           &code))
        return code;
    fm_status status = read_options(&command.args, &options, &command.err);
    fmi_runtime_prepare(&runtime, 0);
    if (status == FM_OK)
        status = report(&command, &runtime, &options);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
