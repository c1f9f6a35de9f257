/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 4096

bool fmi_text_read(char *text, size_t bytes, const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t size = fread(text, 1, bytes - 1, file);
    fclose(file);
    text[size] = '\0';
    return size > 0;
}

bool fmi_number_read(uint64_t *value, const char *folder, const char *name) {
    char path[TEXT_BYTES + 64], text[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fmi_text_read(text, sizeof text, path) && text[0] >= '0' && text[0] <= '9' &&
           sscanf(text, "%" SCNu64, value) == 1;
}

/* True when the comma-separated list holds word. */
static bool list_has(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The process's group in a hierarchy; "/" when not listed. Lines are "number:controllers:path",
 * without controllers for version 2. */
static void own_group(char *group, size_t bytes, const char *root, const char *controller,
                      bool unified) {
    char text[TEXT_BYTES], path[TEXT_BYTES + 32];
    snprintf(group, bytes, "/");
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!fmi_text_read(text, sizeof text, path))
        return;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *list = strchr(line, ':');
        char *own = list != NULL ? strchr(list + 1, ':') : NULL;
        if (own == NULL)
            continue;
        *own++ = '\0';
        if (unified ? list[1] == '\0' : list_has(list + 1, controller))
            snprintf(group, bytes, "%s", own);
    }
}

/* From the process's own group up to the mount. In a container the path may name folders that the
 * mount does not show; those just have no files. */
static uint64_t walk(const char *mount, const char *group, bool unified, fmi_cgroup_fn read) {
    char folder[TEXT_BYTES];
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return UINT64_MAX;
    uint64_t least = UINT64_MAX;
    for (size_t top = strlen(mount); strlen(folder) >= top;) {
        uint64_t value = read(folder, unified);
        least = value < least ? value : least;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < top)
            break;
        *slash = '\0';
    }
    return least;
}

/* Both versions may be mounted at once, with a controller in either: ask all. */
uint64_t fmi_cgroup_least(const char *root, const char *controller, fmi_cgroup_fn read) {
    char line[TEXT_BYTES], mount[1024], type[64], options[1024], group[TEXT_BYTES];
    snprintf(line, sizeof line, "%s/proc/self/mounts", root);
    FILE *mounts = fopen(line, "re");
    uint64_t least = UINT64_MAX;
    while (mounts != NULL && fgets(line, sizeof line, mounts) != NULL) {
        if (sscanf(line, "%*s %1023s %63s %1023s", mount, type, options) != 3)
            continue;
        bool unified = strcmp(type, "cgroup2") == 0;
        if (!unified && (strcmp(type, "cgroup") != 0 || !list_has(options, controller)))
            continue;
        char place[TEXT_BYTES];
        snprintf(place, sizeof place, "%s%s", root, mount);
        own_group(group, sizeof group, root, controller, unified);
        uint64_t value = walk(place, group, unified, read);
        least = value < least ? value : least;
    }
    if (mounts != NULL)
        fclose(mounts);
    return least;
}
