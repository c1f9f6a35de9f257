/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

fmf_settings fmf_set;

static uint64_t unit_of(char letter) {
    switch (letter) {
    case 'K':
        return UINT64_C(1) << 10;
    case 'M':
        return UINT64_C(1) << 20;
    case 'G':
        return UINT64_C(1) << 30;
    default:
        return 0;
    }
}

/* Unset and "" are 0. */
static bool read_size(const char *name, uint64_t *value) {
    const char *text = getenv(name);
    char *end = NULL;
    *value = 0;
    if (!text || !*text) {
        return true;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    uint64_t unit = *end ? unit_of(*end++) : 1;
    *value = number * unit;
    return *text >= '0' && *text <= '9' && errno == 0 && *end == '\0' && *value > 0;
}

/* A list of words after the commas. */
static bool read_lack(const char *text, unsigned *lack) {
    static const char *const words[] = {"compiler", "images", "profiling",
                                        "clock",    "fp64",   "shared"};
    const unsigned count = sizeof words / sizeof words[0];
    *lack = 0;
    while (text && *text) {
        size_t n = strcspn(text, ",");
        unsigned i = 0;
        while (i < count && (strlen(words[i]) != n || strncmp(words[i], text, n) != 0)) {
            i++;
        }
        if (i == count) {
            return false;
        }
        *lack |= 1U << i;
        text += n + (text[n] == ',');
    }
    return true;
}

static bool complain(const char *name) {
    fprintf(stderr, "fmfault: %s=%s is not understood; the layer stays out\n", name, getenv(name));
    return false;
}

bool fmf_settings_read(void) {
    static const struct {
        const char *name;
        uint64_t *value;
    } sizes[] = {{"FMFAULT_MEM_CAP", &fmf_set.mem_cap},
                 {"FMFAULT_MEM_ROOM", &fmf_set.mem_room},
                 {"FMFAULT_WG_CAP", &fmf_set.wg_cap},
                 {"FMFAULT_LMEM_CAP", &fmf_set.lmem_cap}};
    uint64_t flip = 0;
    fmf_set.report = getenv("FMFAULT_REPORT");
    fmf_set.mark = getenv("FMFAULT_MARK");
    fmf_set.once = getenv("FMFAULT_ONCE");
    fmf_set.spent = fmf_set.once && access(fmf_set.once, F_OK) == 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!read_size(sizes[i].name, sizes[i].value)) {
            return complain(sizes[i].name);
        }
    }
    if (!read_size("FMFAULT_FLIP", &flip)) {
        return complain("FMFAULT_FLIP");
    }
    fmf_set.flip = (unsigned long)flip;
    if (!read_lack(getenv("FMFAULT_LACK"), &fmf_set.lack)) {
        return complain("FMFAULT_LACK");
    }
    if (!fmf_rules_parse(&fmf_set.fail, getenv("FMFAULT_FAIL"))) {
        return complain("FMFAULT_FAIL");
    }
    return fmf_rules_parse(&fmf_set.delay, getenv("FMFAULT_DELAY")) || complain("FMFAULT_DELAY");
}

void fmf_settings_spend(void) {
    FILE *file = fmf_set.once ? fopen(fmf_set.once, "w") : NULL;
    if (file) {
        fclose(file);
    }
}
