/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "console.h"

#include "io/process.h"
#include "io/text.h"
#include "runner.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    fmi_options options;
    fm_error err = {0};
    if (fmi_process_begin(&err) != FM_OK)
        return fmi_console_error(&err);
    /* A worker of a sweep: the rest of its line is the sweep's. */
    if (argc > 1 && strcmp(argv[1], FMI_WORKER_OPTION) == 0) {
        if (fmi_options_parse(&options, argc - 1, argv + 1, &err) != FM_OK)
            return fmi_console_error(&err);
        return fmi_worker_main(&options);
    }
    if (fmi_options_parse(&options, argc, argv, &err) != FM_OK)
        return fmi_console_error(&err);
    if (options.no_quirks) /* workers inherit it, and environments tell it */
        (void)setenv("FM_NO_QUIRKS", "1", 1);
    switch (options.command) {
    case FMI_COMMAND_SWEEP:
        return fmi_command_sweep(&options, argc, argv);
    case FMI_COMMAND_VERIFY:
        return fmi_command_verify(&options);
    case FMI_COMMAND_DOCTOR:
        return fmi_command_doctor(&options, argc, argv);
    case FMI_COMMAND_TUNE:
        return fmi_command_tune(&options, argc, argv);
    case FMI_COMMAND_ROOFS:
        return fmi_command_roofs(&options);
    case FMI_COMMAND_DEVICES:
        return fmi_command_devices(&options, argc, argv);
    case FMI_COMMAND_MEM:
        return fmi_command_mem(&options);
    case FMI_COMMAND_REPORT:
        return fmi_command_report(&options);
    case FMI_COMMAND_COMPARE:
        return options.live ? fmi_command_live(&options, argc, argv)
                            : fmi_command_compare(&options);
    case FMI_COMMAND_NOISE:
        return fmi_command_noise(&options, argc, argv);
    case FMI_COMMAND_EXPORT:
        return fmi_command_export(&options);
    case FMI_COMMAND_SCOREBOARD:
        return fmi_command_scoreboard(&options);
    case FMI_COMMAND_DESCRIBE:
        return fmi_command_describe(&options);
    case FMI_COMMAND_BUNDLE:
        return fmi_command_bundle(&options);
    case FMI_COMMAND_IMPORT:
        return fmi_command_import(&options);
    case FMI_COMMAND_MERGE:
        return fmi_command_merge(&options);
    case FMI_COMMAND_HISTORY:
        return fmi_command_history(&options);
    case FMI_COMMAND_VERSION:
        return fmi_command_version();
    default:
        (void)fputs(fmi_options_help, stdout);
        return fmi_text_print(fmi_options_help_more, &err) == FM_OK ? 0 : fmi_console_error(&err);
    }
}
