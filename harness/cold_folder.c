/* SPDX-License-Identifier: MIT */
#include "cold_folder.h"

#include "tree.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS "/tmp/fmbench-cold-"

/* Descriptor of a folder of ours that nobody else holds, locked; -1 = not so. The lock dies with
 * its process. */
static int take(const char *path) {
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat held, named;
    if (fd < 0)
        return -1;
    if (fstat(fd, &held) == 0 && held.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        lstat(path, &named) == 0 && named.st_ino == held.st_ino && named.st_dev == held.st_dev)
        return fd;
    (void)close(fd);
    return -1;
}

static void remove_left(void) {
    glob_t found;
    if (glob(FOLDERS "??????", GLOB_NOSORT, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        const int fd = take(found.gl_pathv[i]);
        if (fd < 0)
            continue;
        fmi_tree_remove(found.gl_pathv[i]);
        (void)close(fd);
    }
    globfree(&found);
}

bool fmi_cold_folder_make(fmi_cold_folder *folder) {
    remove_left();
    /* Another run may remove a folder between its making and its locking: then once more. */
    for (int i = 0; i < 8; ++i) {
        (void)strcpy(folder->path, FOLDERS "XXXXXX");
        if (!mkdtemp(folder->path))
            break;
        folder->lock = take(folder->path);
        if (folder->lock >= 0)
            return true;
    }
    *folder = (fmi_cold_folder){.lock = -1};
    return false;
}

void fmi_cold_folder_remove(fmi_cold_folder *folder) {
    if (!folder->path[0])
        return;
    fmi_tree_remove(folder->path);
    (void)close(folder->lock);
    *folder = (fmi_cold_folder){.lock = -1};
}
