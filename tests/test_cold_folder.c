/* SPDX-License-Identifier: MIT */
/* The folder of a cold start: what a killed run left goes, what another run uses stays. */
#include "cold_folder.h"
#include "fm_test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(cold_folder, .timeout = 60);

static void put_file(const char *folder) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/inner", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/inner/cache", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fclose(file), 0);
}

Test(cold_folder, is_empty_its_own_and_gone_afterwards) {
    fmi_cold_folder a, b;
    cr_assert(fmi_cold_folder_make(&a));
    put_file(a.path);
    cr_assert(fmi_cold_folder_make(&b));
    cr_assert_str_neq(a.path, b.path);
    cr_assert_eq(access(a.path, F_OK), 0, "a folder in use was removed");
    char path[64];
    (void)strcpy(path, a.path);
    fmi_cold_folder_remove(&a);
    cr_assert_neq(access(path, F_OK), 0);
    (void)strcpy(path, b.path);
    fmi_cold_folder_remove(&b);
    cr_assert_neq(access(path, F_OK), 0);
    fmi_cold_folder_remove(&b);
}

Test(cold_folder, of_a_killed_run_is_removed_by_the_next) {
    int ends[2];
    char left[sizeof((fmi_cold_folder *)0)->path] = "";
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        fmi_cold_folder mine = {0}; /* all of its name is written, also what is behind the end */
        const bool made = fmi_cold_folder_make(&mine);
        if (made)
            put_file(mine.path);
        if (!made || write(ends[1], mine.path, sizeof mine.path) < 0)
            _exit(1);
        (void)pause();
        _exit(1);
    }
    cr_assert_gt((int)child, 0);
    cr_assert_eq(read(ends[0], left, sizeof left), (ssize_t)sizeof left);
    fmi_cold_folder other;
    cr_assert(fmi_cold_folder_make(&other));
    fmi_cold_folder_remove(&other);
    cr_assert_eq(access(left, F_OK), 0, "a folder in use was removed");
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_assert_eq(access(left, F_OK), 0);
    cr_assert(fmi_cold_folder_make(&other));
    cr_assert_neq(access(left, F_OK), 0, "%s is still there", left);
    fmi_cold_folder_remove(&other);
}
