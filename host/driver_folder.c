/* SPDX-License-Identifier: MIT */
#include "driver_folder.h"

#include "tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LEAST_BYTES (UINT64_C(8) << 20)

static char temporary[PATH_MAX]; /* "" = none */

/* What is asked of the file system and of our rights there. */
static const char *place_fault(const char *path) {
    struct statvfs place;
    if (access(path, W_OK | X_OK) != 0)
        return "cannot be written";
    if (statvfs(path, &place) != 0)
        return NULL;
    if (place.f_flag & ST_NOEXEC)
        return "lies where nothing may be run (noexec)";
    return (uint64_t)place.f_bavail * place.f_frsize < LEAST_BYTES ? "has no 8 MiB left" : NULL;
}

const char *fmi_driver_folder_fault(const char *path) {
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return "is no folder";
    if (info.st_uid != geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)))
        return "may be written by others";
    return place_fault(path);
}

/* What is there of the path is a folder that nobody else owns, and fits. */
static bool fits_or_can_be_made(char *path) {
    struct stat info;
    while (stat(path, &info) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || slash == path)
            return false;
        *slash = '\0';
    }
    return S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !place_fault(path);
}

bool fmi_driver_folder_of_pocl(void) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool has_cache = cache && cache[0];
    char path[PATH_MAX];
    if (!has_cache && (!home || !home[0]))
        return false;
    const int n = snprintf(path, sizeof path, "%s/%s", has_cache ? cache : home,
                           has_cache ? "pocl/kcache" : ".cache/pocl/kcache");
    return n > 0 && (size_t)n < sizeof path && fits_or_can_be_made(path);
}

void fmi_driver_folder_end(void) {
    const char *set = getenv("POCL_CACHE_DIR");
    if (!temporary[0])
        return;
    if (set && strcmp(set, temporary) == 0)
        (void)unsetenv("POCL_CACHE_DIR");
    fmi_tree_remove(temporary);
    temporary[0] = '\0';
}

bool fmi_driver_folder_temporary(char out[PATH_MAX]) {
    const char *const places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp", "/var/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *place = places[i];
        if (!place || place[0] != '/' || strlen(place) + 32 > PATH_MAX || place_fault(place))
            continue;
        (void)snprintf(out, PATH_MAX, "%s/facemorph-pocl-XXXXXX", place);
        if (!mkdtemp(out))
            continue;
        (void)snprintf(temporary, sizeof temporary, "%s", out);
        (void)atexit(fmi_driver_folder_end);
        return true;
    }
    return false;
}
