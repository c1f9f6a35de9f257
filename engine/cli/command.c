/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include "driver_folder.h"
#include "io/text.h"

#include <stdio.h>
#include <unistd.h>

static int print_help(fmi_console *console, const char *help) {
    fm_error err;
    return fmi_text_print(help, &err) == FM_OK ? 0 : fmi_console_fail(console, &err);
}

bool fmi_command_begin(fmi_command *command, const fmi_option *table, size_t count,
                       const char *help, int argc, char **argv, int *code) {
    fmi_args *args = &command->args;
    bool go_on = false;
    command->err = (fm_error){0};
    fmi_console_open(&command->console, true);
    fm_status status = fmi_args_read(args, table, count, argc, argv, &command->err);
    if (status == FM_OK)
        status = fmi_console_configure(&command->console, args, &command->err);
    if (status != FM_OK)
        *code = fmi_console_fail(&command->console, &command->err);
    else if (args->value[FMI_ARG_HELP] != NULL)
        *code = print_help(&command->console, help);
    else if (args->value[FMI_ARG_VERSION] != NULL)
        *code = fmi_print_version(&command->console);
    else
        go_on = true;
    if (!go_on)
        fmi_command_end(command);
    return go_on;
}

void fmi_command_end(fmi_command *command) {
    fmi_console_close(&command->console);
}

int fmi_command_end_device(fmi_command *command, int code) {
    bool lost = command->console.device_lost;
    fmi_command_end(command);
    if (lost) {
        fflush(NULL);
        fmi_driver_folder_end();
        _exit(code);
    }
    return code;
}
