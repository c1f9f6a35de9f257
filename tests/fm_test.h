/* SPDX-License-Identifier: MIT */
/**
 * @file fm_test.h
 * What the suites share: paths, data, a random generator with a printed seed, distances.
 *
 *     TestSuite(thing, .timeout = 60);
 *     Test(thing, reads_a_real_head) {
 *         char path[FM_TEST_PATH];
 *         if (!fm_test_data(path, "mh_heads/male1.obj"))
 *             cr_skip("skipped: no data");
 *         fm_error err;
 *         fm_assert_ok(load(path, &err), err);
 *     }
 *
 * Threads: everything here is for the test's own thread.
 */
#ifndef FM_TEST_H
#define FM_TEST_H

#include <errno.h>
#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include <fm/status.h>

#define FM_TEST_PATH 1024

/** Asserts that a call returned FM_OK; on failure shows the status and the error's sentence. */
#define fm_assert_ok(call, err)                                         \
    do {                                                                \
        fm_status fm_got_ = (call);                                     \
        cr_assert_eq(fm_got_, FM_OK, "%s: %s", fm_status_name(fm_got_), \
                     fm_got_ == FM_OK ? "" : (err).message);            \
    } while (0)

/** Asserts that a call failed with @c want and that its sentence holds @c words. */
#define fm_assert_fails(call, want, err, words)                                         \
    do {                                                                                \
        fm_status fm_got_ = (call);                                                     \
        cr_assert_eq(fm_got_, (want), "want %s, got %s", fm_status_name(want),          \
                     fm_status_name(fm_got_));                                          \
        cr_assert_not_null(strstr((err).message, (words)), "want '%s' in: %s", (words), \
                           (err).message);                                              \
        cr_assert_null(strchr((err).message, '\n'), "more than one line");              \
    } while (0)

/** Sets a locale with a decimal comma; false where there is none (FmTests.cmake makes one). The
 *  programs that a test starts do not see the folder: libraries of drivers lose memory by it. */
static inline bool fm_test_comma(void) {
    const char *folder = getenv("FM_TEST_LOCALES");
    if (folder)
        setenv("LOCPATH", folder, 1);
    bool set = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    unsetenv("LOCPATH");
    return set && localeconv()->decimal_point[0] == ',';
}

/** Path of a file of the real data; false when there is none. */
static inline bool fm_test_data(char path[FM_TEST_PATH], const char *file) {
    const char *root = getenv("FM_TEST_DATA");
    struct stat st;
    if (!root || !root[0])
        return false;
    snprintf(path, FM_TEST_PATH, "%s/%s", root, file);
    return stat(path, &st) == 0;
}

static inline int fm_test_unlink_(const char *path, const struct stat *st, int type,
                                  struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/** An empty folder of this test's own below FM_TEST_TMP; what an earlier run left is removed. */
static inline void fm_test_dir(char path[FM_TEST_PATH], const char *name) {
    const char *root = getenv("FM_TEST_TMP");
    if (!root || !root[0])
        root = "/tmp/fm-test";
    cr_assert(mkdir(root, 0777) == 0 || errno == EEXIST, "mkdir %s: %s", root, strerror(errno));
    snprintf(path, FM_TEST_PATH, "%s/%s", root, name);
    nftw(path, fm_test_unlink_, 16, FTW_DEPTH | FTW_PHYS);
    cr_assert_eq(mkdir(path, 0777), 0, "mkdir %s: %s", path, strerror(errno));
}

/** Seed of the random tests: FM_TEST_SEED or a fixed one. Print it in every message. */
static inline uint64_t fm_test_seed(void) {
    const char *text = getenv("FM_TEST_SEED");
    return text && text[0] ? strtoull(text, NULL, 0) : 20240607U;
}

/** Next number of a splitmix64 sequence: the same on every machine. */
static inline uint64_t fm_test_next(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/** Uniform in [lo, hi). */
static inline float fm_test_uniform(uint64_t *state, float lo, float hi) {
    float unit = (float)(fm_test_next(state) >> 40) * 0x1p-24F;
    return lo + unit * (hi - lo);
}

/** Distance of two floats in units of the last place; UINT32_MAX when either is not finite. */
static inline uint32_t fm_test_ulps(float a, float b) {
    int32_t ia, ib;
    if (!isfinite(a) || !isfinite(b))
        return UINT32_MAX;
    memcpy(&ia, &a, sizeof ia);
    memcpy(&ib, &b, sizeof ib);
    int64_t ja = ia < 0 ? (int64_t)INT32_MIN - ia : ia;
    int64_t jb = ib < 0 ? (int64_t)INT32_MIN - ib : ib;
    return (uint32_t)(ja > jb ? ja - jb : jb - ja);
}

#endif
