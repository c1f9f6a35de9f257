/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "console.h"

#include <stdio.h>

int main(int argc, char **argv) {
    fmi_options options;
    fm_error err = {0};
    if (fmi_options_parse(&options, argc, argv, &err) != FM_OK)
        return fmi_console_error(&err);
    switch (options.command) {
    case FMI_COMMAND_SWEEP:
        return fmi_command_sweep(&options, argc, argv);
    case FMI_COMMAND_VERIFY:
        return fmi_command_verify(&options);
    case FMI_COMMAND_ROOFS:
        return fmi_command_roofs(&options);
    case FMI_COMMAND_DEVICES:
        return fmi_command_devices(&options);
    case FMI_COMMAND_VERSION:
        return fmi_command_version();
    default:
        return fputs(fmi_options_help, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 5;
    }
}
