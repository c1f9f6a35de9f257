/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

void fmi_name_stem(char out[FMI_NAME_STEM], const char *path) {
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    if (length > FMI_NAME_STEM - 1) {
        length = FMI_NAME_STEM - 1;
        while (length > 0 && ((unsigned char)base[length] & 0xC0) == 0x80)
            length--; /* not inside a UTF-8 sequence */
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)base[i];
        out[i] = byte < 0x20 || byte == 0x7F ? '_' : base[i];
    }
    out[length] = '\0';
}

void fmi_names_make(fmi_names *names, const char *path_a, const char *path_b) {
    names->numbered = false;
    fmi_name_stem(names->a, path_a);
    fmi_name_stem(names->b, path_b);
    if (strcmp(names->a, names->b) == 0)
        strcat(names->b, "-2");
}

void fmi_names_folder(const fmi_names *names, const char *dir, char *out, size_t out_bytes) {
    size_t length = strlen(dir);
    const char *slash = length > 0 && dir[length - 1] == '/' ? "" : "/";
    snprintf(out, out_bytes, "%s%s%s_%s", dir, slash, names->a, names->b);
}

void fmi_names_frame(const fmi_names *names, uint32_t i, uint32_t frames, char *out,
                     size_t out_bytes) {
    if (names->numbered) {
        snprintf(out, out_bytes, "frame-%0*u.png", frames <= 10000 ? 4 : 7, i);
        return;
    }
    uint64_t whole = frames <= 1001 ? 1000 : 1000000;
    int digits = frames <= 1001 ? 4 : 7;
    uint64_t last = frames - 1;
    uint64_t a = (2 * whole * i + last) / (2 * last);
    snprintf(out, out_bytes, "%s-%0*u_%s-%0*u.png", names->a, digits, (unsigned)a, names->b, digits,
             (unsigned)(whole - a));
}

float fmi_frame_weight(uint32_t i, uint32_t frames) {
    return frames < 2 ? 0.0F : (float)((double)(frames - 1 - i) / (double)(frames - 1));
}
