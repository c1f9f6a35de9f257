/* SPDX-License-Identifier: MIT */
/* fmorph: chooses the subcommand. */
#include "commands.h"

#include "error.h"
#include "io/process.h"
#include "io/text.h"

#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"morph", "two head meshes in, rendered frames out", fmi_cmd_morph},
    {"batch", "every pair of a folder or a table, on one engine", fmi_cmd_batch},
    {"blend", "a base, targets and weights in, rendered frames out", fmi_cmd_blend},
    {"sample", "make two heads to try it on", fmi_cmd_sample},
    {"keypoints", "carry the motion of a clip over to a source face", fmi_cmd_keypoints},
    {"devices", "list the OpenCL devices", fmi_cmd_devices},
    {"selftest", "check a device against the reference", fmi_cmd_selftest},
    {"mem", "what is known of a device's memory, and the budget", fmi_cmd_mem},
    {"solve", "many small linear systems from and to NPY files", fmi_cmd_solve},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const char start[] = "fmorph morphs head meshes on any OpenCL device. Try:\n"
                            "\n"
                            "  fmorph devices\n"
                            "  fmorph sample -o heads\n"
                            "  fmorph morph heads/head_a.fbx heads/head_b.fbx -o out --minimal\n"
                            "\n"
                            "All commands: fmorph --help\n";

/* For the words before a subcommand: a console with the defaults. */
static int print_and_end(int (*print)(fmi_console *)) {
    fmi_console console;
    fmi_console_open(&console, false);
    int code = print(&console);
    fmi_console_close(&console);
    return code;
}

static int end_text(fmi_console *console) {
    fm_error err;
    return fmi_text_flush(&err) == FM_OK ? 0 : fmi_console_fail(console, &err);
}

static int print_start(fmi_console *console) {
    printf("%s", start);
    return end_text(console);
}

static int print_help(fmi_console *console) {
    printf("usage: fmorph COMMAND [options]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s%s\n", commands[i].name, commands[i].summary);
    printf("\n%s\nEach command has its own --help.\n", FMI_HELP_COMMON);
    return end_text(console);
}

/* An error before there is a command. */
static int give_up(const fm_error *err) {
    fmi_console console;
    fmi_console_open(&console, false);
    int code = fmi_console_fail(&console, err);
    fmi_console_close(&console);
    return code;
}

static int refuse(const char *word) {
    fm_error err;
    char names[256] = "";
    for (size_t i = 0, used = 0; i < COMMANDS && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, " %s", commands[i].name);
    fmi_fail(&err, FM_ERROR_INVALID_ARGUMENT, "%.60s: unknown %s; allowed:%s", word,
             word[0] == '-' ? "option" : "command", word[0] == '-' ? " --help --version" : names);
    return give_up(&err);
}

int main(int argc, char **argv) {
    fm_error err = {0};
    if (fmi_process_begin(&err) != FM_OK)
        return give_up(&err);
    if (argc < 2)
        return print_and_end(print_start);
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return print_and_end(print_help);
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return print_and_end(fmi_print_version);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return refuse(word);
}
