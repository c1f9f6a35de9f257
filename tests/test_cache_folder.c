/* SPDX-License-Identifier: MIT */
/* Where the kernel cache lies, and the driver's own beside it. */
#include "cache_unit.h"

#include "driver_cache.h"
#include "driver_folder.h"

#include <unistd.h>

#include <fm/engine.h>

TestSuite(cache_folder, .timeout = 60);

Test(cache_folder, the_default_folder_follows_the_environment) {
    char dir[FM_TEST_PATH];
    char got[PATH_ROOM];
    char want[PATH_ROOM];
    struct stat info;
    fm_test_dir(dir, "home");
    setenv("HOME", dir, 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("FM_CACHE_DIR");
    snprintf(want, sizeof want, "%s/.cache/facemorph", dir);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    cr_assert(stat(want, &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & 077) == 0);
    snprintf(want, sizeof want, "%s/xdg", dir);
    setenv("XDG_CACHE_HOME", want, 1);
    strcat(want, "/facemorph");
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    snprintf(want, sizeof want, "%s/own", dir);
    setenv("FM_CACHE_DIR", want, 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    cr_assert_eq(stat(want, &info), 0);
    setenv("FM_CACHE_DIR", "/proc/nothing/here", 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "", "a folder that cannot be made is no cache");
    setenv("FM_CACHE_DIR", "", 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "", "set but empty turns the cache off");
    unsetenv("FM_CACHE_DIR");
    setenv("XDG_CACHE_HOME", "relative", 1);
    unsetenv("HOME");
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "");
    setenv("HOME", dir, 1);
    fmi_cache_default_dir(got, 10);
    cr_assert_str_eq(got, "", "a name that does not fit is no cache");
}

/* A cut library under the folder that PoCL gets. */
static void put_damage(const char *dir) {
    char path[PATH_ROOM];
    static const char *const parts[] = {"AB", "CDEF", "kernel", "shape", "k.so"};
    (void)snprintf(path, sizeof path, "%s/pocl-%s", dir, fm_version());
    for (size_t i = 0; i < 5; i++) {
        size_t used = strlen(path);
        (void)snprintf(path + used, sizeof path - used, "/%s", parts[i]);
        if (i < 4)
            cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST, "%s", path);
    }
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    (void)fputs("\177ELF, and no more", file);
    (void)fclose(file);
}

Test(cache_folder, pocl_gets_a_folder_of_ours_unless_the_user_chose) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "driver");
    setenv("HOME", dir, 1);
    unsetenv("XDG_CACHE_HOME");
    setenv("POCL_CACHE_DIR", "/chosen", 1);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    cr_assert_str_eq(getenv("POCL_CACHE_DIR"), "/chosen");
    unsetenv("POCL_CACHE_DIR");
    cr_assert_eq(fmi_driver_cache_use(""), 0U);
    cr_assert_eq(fmi_driver_cache_use(NULL), 0U);
    cr_assert_eq(fmi_driver_cache_use("/proc/nothing/here"), 0U); /* PoCL would show no device */
    cr_assert_null(getenv("POCL_CACHE_DIR"));
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    const char *set = getenv("POCL_CACHE_DIR");
    cr_assert_not_null(set);
    cr_assert_eq(strncmp(set, dir, strlen(dir)), 0, "%s", set);
    cr_assert_eq(access(set, W_OK), 0);
}

/* Nothing of the home that PoCL could take: TMPDIR is where a folder for this run can be. */
static void leave_only_temporary(const char *dir) {
    unsetenv("POCL_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("HOME");
    setenv("TMPDIR", dir, 1);
}

static void assert_temporary(const char *dir, const char *cache, const char *why) {
    char begin[FM_TEST_PATH + 32], made[FM_TEST_PATH + 64];
    cr_assert_eq(fmi_driver_cache_use(cache), 0U);
    const char *set = getenv("POCL_CACHE_DIR");
    cr_assert_not_null(set, "%s: no folder", why);
    (void)snprintf(begin, sizeof begin, "%s/facemorph-pocl-", dir);
    (void)snprintf(made, sizeof made, "%s", set);
    cr_assert_eq(strncmp(made, begin, strlen(begin)), 0, "%s", made);
    cr_assert_null(fmi_driver_folder_fault(made));
    cr_assert_not_null(strstr(fmi_driver_cache_note(), why), "%s", fmi_driver_cache_note());
    fmi_driver_folder_end();
    cr_assert_neq(access(made, F_OK), 0, "%s is left", made);
    cr_assert_null(getenv("POCL_CACHE_DIR"));
}

Test(cache_folder, kernels_of_others_are_not_loaded) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    fm_test_dir(dir, "driver_of_others");
    leave_only_temporary(dir);
    assert_temporary(dir, NULL, "cannot be made");
    (void)snprintf(path, sizeof path, "%s/pocl-%s", dir, fm_version());
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(chmod(path, 0777), 0);
    assert_temporary(dir, dir, "may be written by others");
    if (geteuid() == 0) {
        cr_assert_eq(chmod(path, 0700), 0);
        cr_assert_eq(chown(path, 65534, 65534), 0);
        assert_temporary(dir, dir, "may be written by others");
    }
    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(symlink("/tmp", path), 0);
    assert_temporary(dir, dir, "is no folder");
    setenv("HOME", dir, 1);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    cr_assert_null(getenv("POCL_CACHE_DIR"), "PoCL's own fits");
    cr_assert_null(fmi_driver_cache_note());
}

/* A process that starts over has the variable from the one before it. */
Test(cache_folder, pocl_s_folder_is_mended_by_a_second_process_too) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "driver_again");
    unsetenv("POCL_CACHE_DIR");
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    put_damage(dir);
    cr_assert_eq(fmi_driver_cache_use(dir), 1U);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U, "it is gone");
    put_damage(dir);
    setenv("POCL_CACHE_DIR", "/chosen", 1);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U, "the user's choice is left alone");
}
