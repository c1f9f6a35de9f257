/* SPDX-License-Identifier: MIT */
#include "folder_check.h"

#include <dirent.h>
#include <io/output.h>

void folder_put(const char *folder, const char *name, const char *text) {
    char path[FM_TEST_PATH + 64];
    fm_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fm_assert_ok(fmi_output_write(path, text, strlen(text), &err), err);
}

void folder_holds(const char *folder, const char *name, const char *want) {
    char path[FM_TEST_PATH + 64], got[64] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s is missing", path);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    cr_assert_str_eq(got, want);
}

int folder_entries(const char *folder) {
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir, "%s is missing", folder);
    int count = -2;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}
