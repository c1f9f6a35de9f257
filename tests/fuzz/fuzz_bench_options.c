/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "options.h"

#include <string.h>

#define WORDS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static fmi_options options;
    char text[2048], *argv[WORDS + 1] = {text};
    fm_error err = {0};
    int argc = 1;
    if (size < 1 || size > sizeof text - 1)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at < size && argc < WORDS; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    fm_status status = fmi_options_parse(&options, argc, argv, &err);
    fuzz_expect(status == FM_OK || err.message[0] != '\0', "a refusal says why");
    fuzz_expect(strchr(err.message, '\n') == NULL, "a message is one line");
    return 0;
}

void fuzz_seeds(void) {
    static const char sweep[] =
        "--sweep\0--op\0morph,raster\0--batch\0001-64*2,100\0--size\00064x32\0--level\0all\0"
        "--mem-limit\0001G,2M\0--max-time\0002m";
    static const char compare[] = "compare\0first\0last\0--threshold\0002\0--db\0x.db";
    fuzz_seed(sweep, sizeof sweep);
    fuzz_seed(compare, sizeof compare);
}
