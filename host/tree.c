/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <ftw.h>
#include <stdio.h>

#define OPEN_FOLDERS 16 /* at once */

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where) {
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void fmi_tree_remove(const char *path) {
    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}
