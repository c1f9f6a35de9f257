/* SPDX-License-Identifier: MIT */
#include "guess.h"

#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MOST_BYTES (64 << 20) /* a larger file takes too long to look through */

/* Text or bytes of a file; NULL when that is not to be had. */
static char *contents(const char *path, size_t *bytes) {
    struct stat info;
    unsigned char *data = NULL;
    if (stat(path, &info) != 0 || info.st_size > MOST_BYTES ||
        fmi_file_read(&data, bytes, path, NULL) != FM_OK)
        return NULL;
    return (char *)data;
}

/* What follows a dot in a picture's name, or a slash in a media type. */
static bool is_picture(const char *after) {
    return strncasecmp(after, "png", 3) == 0 || strncasecmp(after, "jpg", 3) == 0 ||
           strncasecmp(after, "jpeg", 4) == 0;
}

static bool names_picture(const char *data, size_t bytes) {
    static const char before[] = "./"; /* name.png, image/png */
    const char *end = data + bytes;    /* a zero byte lies there */
    for (size_t i = 0; i < 2; i++)
        for (const char *at = data; (at = memchr(at, before[i], (size_t)(end - at))) != NULL; at++)
            if (is_picture(at + 1))
                return true;
    return false;
}

/* Looks into the material file that an OBJ names, in the OBJ's own folder. */
static bool material_names_picture(const char *path, const char *text) {
    const char *line = strstr(text, "mtllib ");
    size_t length = line != NULL ? strcspn(line + 7, "\r\n") : 0;
    char name[2048];
    size_t bytes = 0;
    int n = snprintf(name, sizeof name, "%.*s%.*s", (int)(fmi_file_base(path) - path), path,
                     (int)length, line != NULL ? line + 7 : "");
    char *data = length > 0 && n > 0 && (size_t)n < sizeof name ? contents(name, &bytes) : NULL;
    bool found = data != NULL && names_picture(data, bytes);
    free(data);
    return found;
}

static bool has_picture(const char *path, const char *texture) {
    size_t bytes = 0;
    if (texture != NULL)
        return true;
    char *data = contents(path, &bytes);
    if (data == NULL)
        return true;
    const char *ending = strrchr(path, '.');
    bool obj = ending != NULL && strcasecmp(ending, ".obj") == 0;
    bool found = obj ? material_names_picture(path, data) : names_picture(data, bytes);
    free(data);
    return found;
}

bool fmi_guess_textured(const fmi_morph_options *options) {
    return has_picture(options->path_a, options->texture_a) &&
           has_picture(options->path_b, options->texture_b);
}
