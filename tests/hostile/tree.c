/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include "io/hash.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH 4096
#define HASHED (UINT64_C(64) << 20) /* larger files, which are sparse here, by their size alone */

static uint64_t content_hash(const char *path, const struct stat *info) {
    char target[PATH];
    if (S_ISLNK(info->st_mode)) {
        ssize_t n = readlink(path, target, sizeof target);
        return fmi_hash64(target, n > 0 ? (size_t)n : 0, 0);
    }
    if (!S_ISREG(info->st_mode) || (uint64_t)info->st_size > HASHED)
        return 0;
    FILE *f = fopen(path, "rbe");
    unsigned char *bytes = malloc((size_t)info->st_size + 1);
    size_t n = f && bytes ? fread(bytes, 1, (size_t)info->st_size, f) : 0;
    uint64_t hash = fmi_hash64(bytes, n, 1);
    free(bytes);
    if (f)
        fclose(f);
    return hash;
}

static void list(FILE *to, const char *folder, const char *below) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char path[PATH], shown[PATH];
        struct stat info;
        snprintf(path, sizeof path, "%.3000s/%.255s", folder, name);
        snprintf(shown, sizeof shown, "%.3000s%.255s", below, name);
        for (char *at = shown; *at; at++)
            *at = *at == '\n' ? '?' : *at;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(path, &info) == 0) {
            bool is_folder = S_ISDIR(info.st_mode);
            fprintf(to, "%07o %llu %016llx %s\n", (unsigned)info.st_mode,
                    is_folder ? 0ULL : (unsigned long long)info.st_size,
                    (unsigned long long)content_hash(path, &info), shown);
            strncat(shown, "/", sizeof shown - strlen(shown) - 1);
            if (is_folder)
                list(to, path, shown);
        }
        free(entries[i]);
    }
    free(entries);
}

void hostile_tree(FILE *to, const char *folder) {
    list(to, folder, "");
}
