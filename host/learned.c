/* SPDX-License-Identifier: MIT */
#include "learned.h"

#include "cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Opens and locks the one temporary file: a process that was killed leaves no more than that, and
 * the next one takes it over. NULL when another process writes. */
static FILE *open_temporary(const char *path) {
    struct stat open_one, named;
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    bool mine = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &open_one) == 0 &&
                stat(path, &named) == 0 && open_one.st_ino == named.st_ino && ftruncate(fd, 0) == 0;
    FILE *file = mine ? fdopen(fd, "w") : NULL;
    if (!file)
        close(fd);
    return file;
}

void fmi_learned_write(const char *dir, const fm_caps *caps, uint64_t bytes) {
    char path[1200], temporary[1240];
    if (!file_name(path, sizeof path, dir, caps))
        return;
    if (bytes == 0) {
        (void)remove(path);
        return;
    }
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *file = open_temporary(temporary);
    if (!file)
        return;
    bool written = fprintf(file, TITLE "\n%" PRIu64 "\n", bytes) > 0 && fflush(file) == 0;
    if (!written || rename(temporary, path) != 0)
        (void)remove(temporary);
    fclose(file);
}
