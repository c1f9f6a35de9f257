/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "cli/commands.h"
#include "cli/keypoint_options.h"
#include "cli/morph_options.h"

#include <string.h>

#define WORDS 24

/* Words end with a zero byte. The first byte chooses the command. */
static int split(char *text, size_t size, char **argv) {
    int argc = 1;
    for (size_t at = 0; at < size && argc < WORDS; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    argv[argc] = NULL;
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[2048], *argv[WORDS + 1] = {text};
    fmi_args args;
    fm_error err = {0};
    if (size < 1 || size > sizeof text - 1)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    int argc = split(text, size - 1, argv);
    if (data[0] % 2) {
        fmi_kp_options options;
        if (fmi_args_read(&args, fmi_kp_table, fmi_kp_table_count, argc, argv, &err) == FM_OK)
            (void)fmi_kp_options_read(&options, &args, &err);
    } else {
        fmi_morph_options options;
        if (fmi_args_read(&args, fmi_morph_table, fmi_morph_table_count, argc, argv, &err) == FM_OK)
            (void)fmi_morph_options_read(&options, &args, &err);
    }
    fuzz_expect(strchr(err.message, '\n') == NULL, "a message is one line");
    return 0;
}

void fuzz_seeds(void) {
    static const char morph[] =
        "\0a.obj\0b.obj\0-o\0out\0--size=16x17\0--frames\0005\0--camera\0yaw=1,fov=2e1\0"
        "--mem-limit\0001G\0--background\0#ffeedd\0--level\0low";
    static const char kp[] =
        "\1--model\0fomm\0--source\0s.csv\0--driving\0d.npz\0-o\0o.csv\0--area=hull\0"
        "--multiplier\000-1.5";
    fuzz_seed(morph, sizeof morph);
    fuzz_seed(kp, sizeof kp);
}
