/* SPDX-License-Identifier: MIT */
/* What we know of certain drivers, as data. One row may match more than one driver version; rows
 * apply in order. Sources: measured on Mesa 22.3 (rusticl), PoCL 3.1 and Oclgrind 21.10. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    NO_EVENT_CLOCK = 1, /* events report zero times */
    NO_HINTS = 2,       /* stops at prefetches and streaming stores */
    NO_BINARIES = 4,    /* program binaries are dangerous or do not help */
    SLOW_BINARIES = 8,  /* costly to ask for, and the driver has a disk cache */
    HOST_PAGES = 16     /* buffers are ordinary memory of the process that nobody has touched */
};

/* NULL matches anything; otherwise part of the string, whatever its case. */
static const struct quirk {
    const char *platform, *vendor, *name;
    unsigned flags;
    fm_specialisation preferred; /* AUTO = leave */
    uint32_t max_loop;           /* 0 = leave */
} quirks[] = {
    /* A CPU below a GPU driver: wants the GPU form, stops loops at 65,536 iterations without a
     * word, and its events report START = END = 0. */
    {NULL, NULL, "llvmpipe", NO_EVENT_CLOCK, FM_SPECIALISATION_GPU, 60000},
    /* Stops at the intrinsics of prefetches and non-temporal stores, which its compiler says it
     * has. An interpreter gains nothing from binaries. */
    {"oclgrind", NULL, NULL, NO_HINTS | NO_BINARIES, FM_SPECIALISATION_AUTO, 0},
    /* Compiles every kernel at its first launch, for the group size it sees, and keeps that on
     * disk. A binary is made of other forms, for any group size: they double a cold start (PoCL
     * 3.1: 1.3 s for the render program) and run 5 % slower. */
    {"Portable Computing Language", NULL, NULL, SLOW_BINARIES | HOST_PAGES, FM_SPECIALISATION_AUTO,
     0},
    /* Aborts the process on a binary it does not like; Mesa keeps a disk cache of its own. */
    {"rusticl", NULL, NULL, NO_BINARIES, FM_SPECIALISATION_AUTO, 0},
};

static bool matches_part(const char *text, const char *part) {
    if (!part) {
        return true;
    }
    size_t n = strlen(part);
    for (; *text; text++) {
        if (strncasecmp(text, part, n) == 0) {
            return true;
        }
    }
    return false;
}

bool fmi_quirks_off(void) {
    const char *off = getenv("FM_NO_QUIRKS");
    return off && *off && strcmp(off, "0") != 0;
}

static bool matches(const struct quirk *quirk, const fm_caps *caps) {
    return !fmi_quirks_off() && matches_part(caps->platform, quirk->platform) &&
           matches_part(caps->vendor, quirk->vendor) && matches_part(caps->name, quirk->name);
}

void fmi_quirks_apply(fm_caps *caps) {
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        const struct quirk *quirk = &quirks[i];
        if (!matches(quirk, caps)) {
            continue;
        }
        if (quirk->flags & NO_EVENT_CLOCK) {
            caps->timer_resolution_ns = 0;
        }
        if (quirk->flags & NO_HINTS) {
            caps->no_hints = true;
        }
        if (quirk->preferred != FM_SPECIALISATION_AUTO) {
            caps->preferred = quirk->preferred;
        }
        if (quirk->max_loop) {
            caps->max_loop = quirk->max_loop;
        }
    }
}

static bool has_flag(const fm_caps *caps, unsigned flag) {
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        if ((quirks[i].flags & flag) && matches(&quirks[i], caps)) {
            return true;
        }
    }
    return false;
}

bool fmi_quirks_no_binaries(const fm_caps *caps) {
    return has_flag(caps, NO_BINARIES);
}

bool fmi_quirks_slow_binaries(const fm_caps *caps) {
    return has_flag(caps, SLOW_BINARIES);
}

bool fmi_quirks_host_pages(const fm_caps *caps) {
    return caps->type == FM_DEVICE_CPU && caps->unified_memory && has_flag(caps, HOST_PAGES);
}

void fmi_quirks_words(const fm_caps *caps, char *out, size_t bytes) {
    static const char *const words[] = {"no-event-clock", "no-hints", "no-binaries",
                                        "slow-binaries", "host-pages"};
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_flag(caps, 1U << i) && used < bytes) {
            used += (size_t)snprintf(out + used, bytes - used, "%s%s", used ? " " : "", words[i]);
        }
    }
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++) {
        if (quirks[i].max_loop && matches(&quirks[i], caps) && used < bytes) {
            used += (size_t)snprintf(out + used, bytes - used, "%sloops-below-%u", used ? " " : "",
                                     quirks[i].max_loop);
        }
    }
}
