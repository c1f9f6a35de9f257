/* SPDX-License-Identifier: MIT */
#include "learned.h"

#include "cgroup.h"
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TITLE "facemorph memory edge 1"

/* 64-bit FNV-1a over id and driver, zeros included. */
static uint64_t name_hash(const fm_caps *caps) {
    const char *parts[] = {caps->id, caps->driver};
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (int i = 0; i < 2; i++)
        for (const char *at = parts[i];; at++) {
            hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001B3);
            if (*at == '\0')
                break;
        }
    return hash;
}

static bool file_name(char *path, size_t bytes, const char *dir, const fm_caps *caps) {
    int n =
        dir && dir[0] ? snprintf(path, bytes, "%s/memory-%016" PRIx64, dir, name_hash(caps)) : -1;
    return n > 0 && (size_t)n < bytes;
}

uint64_t fmi_learned_read(const char *dir, const fm_caps *caps) {
    char path[1200], text[128];
    uint64_t bytes = 0;
    int end = 0;
    if (!file_name(path, sizeof path, dir, caps) || !fmi_text_read(text, sizeof text, path) ||
        sscanf(text, TITLE "\n%20" SCNu64 "\n%n", &bytes, &end) != 1 || text[end] != '\0' ||
        end == 0)
        return 0;
    return bytes;
}

void fmi_learned_write(const char *dir, const fm_caps *caps, uint64_t bytes) {
    char path[1200], text[128];
    if (!file_name(path, sizeof path, dir, caps))
        return;
    if (bytes == 0) {
        (void)remove(path);
        return;
    }
    int length = snprintf(text, sizeof text, TITLE "\n%" PRIu64 "\n", bytes);
    (void)fmi_note_write(path, text, (size_t)length);
}
