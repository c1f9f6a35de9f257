/* SPDX-License-Identifier: MIT */
/* Files of the kernel cache: whatever happens to one, it is right or it is ignored. */
#include "cache_unit.h"
#include "host_unit.h"

#include <fcntl.h>
#include <unistd.h>

TestSuite(cache, .timeout = 60);

Test(cache, what_was_stored_comes_back) {
    char dir[FM_TEST_PATH];
    char deep[PATH_ROOM];
    lines got = {0};
    fm_log log = {take_line, &got, FM_LOG_DEBUG};
    unsigned char binary[5000];
    for (size_t i = 0; i < sizeof binary; i++)
        binary[i] = (unsigned char)(i * i >> 3);
    fm_test_dir(dir, "round_trip");
    snprintf(deep, sizeof deep, "%s/not/there yet", dir);
    cr_assert_not(holds(deep, &some_key, binary, sizeof binary, &log));
    fmi_cache_store(deep, &some_key, binary, sizeof binary, &log);
    cr_assert(holds(deep, &some_key, binary, sizeof binary, &log));
    cr_assert(fmi_cache_has(deep, &some_key));
    fmi_cache_store(deep, &some_key, binary, 1, &log);
    cr_assert(holds(deep, &some_key, binary, 1, &log));
    fmi_cache_store(deep, &some_key, binary, 0, &log); /* nothing to keep */
    cr_assert(holds(deep, &some_key, binary, 1, &log));
    fmi_cache_drop(deep, &some_key);
    cr_assert_not(holds(deep, &some_key, binary, 1, &log));
    cr_assert_not(fmi_cache_has(deep, &some_key));
    fmi_cache_drop(deep, &some_key);
    fmi_cache_drop("/no/such/folder", &some_key);
    cr_assert_eq(got.count, 0, "a log line: %s", got.last);
}

Test(cache, each_part_of_the_key_counts) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "keys");
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, NULL);
    fmi_cache_key other[8];
    for (size_t i = 0; i < 8; i++)
        other[i] = some_key;
    other[0].text = "texu";
    other[1].options = "";
    other[2].device = "device2";
    other[3].driver = "1.1";
    other[4].platform = NULL;
    other[5].version = "1";
    other[6].text = "text-"; /* the same bytes, cut elsewhere */
    other[6].options = "O";
    other[7].device = some_key.driver;
    other[7].driver = some_key.device;
    for (size_t i = 0; i < 8; i++)
        cr_assert_not(holds(dir, &other[i], "abc", 3, NULL), "key %zu", i);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
}

Test(cache, every_kind_of_damage_is_seen_and_mended) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    unsigned char binary[300];
    memset(binary, 0xC3, sizeof binary);
    for (size_t i = 0; i < damage_count; i++) {
        const struct damage *d = &damages[i];
        lines got = {0};
        fm_log log = {take_line, &got, FM_LOG_WARNING};
        fm_test_dir(dir, "damage");
        fmi_cache_store(dir, &some_key, binary, sizeof binary, &log);
        cr_assert(find_entry(dir, path));
        d->apply(path);
        cr_assert_not(holds(dir, &some_key, binary, sizeof binary, &log), "%s", d->name);
        cr_assert_eq(got.count, 1, "%s: %d warnings", d->name, got.count);
        cr_assert_not_null(strstr(got.last, d->words), "%s: %s", d->name, got.last);
        fmi_cache_store(dir, &some_key, binary, sizeof binary, &log);
        cr_assert_eq(holds(dir, &some_key, binary, sizeof binary, NULL), !d->stays, "%s", d->name);
        cr_assert_eq(got.count, 1 + d->stays, "%s: %d warnings", d->name, got.count);
    }
}

Test(cache, every_changed_byte_is_seen) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    fm_test_dir(dir, "bytes");
    fmi_cache_store(dir, &some_key, (const unsigned char *)"sixteen bytes ..", 16, NULL);
    cr_assert(find_entry(dir, path));
    cr_assert_eq(size_of(path), HEADER_BYTES + 16);
    for (off_t at = 0; at < HEADER_BYTES + 16; at++) {
        flip_at(path, at);
        cr_assert_not(holds(dir, &some_key, "sixteen bytes ..", 16, NULL), "byte %d", (int)at);
        flip_at(path, at);
    }
    cr_assert(holds(dir, &some_key, "sixteen bytes ..", 16, NULL));
}

Test(cache, a_folder_that_cannot_be_written_is_one_warning) {
    char dir[FM_TEST_PATH];
    char below_file[PATH_ROOM];
    fm_test_dir(dir, "no_write");
    snprintf(below_file, sizeof below_file, "%s/file", dir);
    int fd = open(below_file, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    const char *folders[] = {below_file, strcat(strcpy((char[PATH_ROOM]){0}, below_file), "/sub"),
                             "/proc/facemorph"};
    for (size_t i = 0; i < 3; i++) {
        lines got = {0};
        fm_log log = {take_line, &got, FM_LOG_WARNING};
        cr_assert_not(holds(folders[i], &some_key, "abc", 3, &log));
        fmi_cache_store(folders[i], &some_key, (const unsigned char *)"abc", 3, &log);
        cr_assert_eq(got.count, 1, "%s: %d warnings, %s", folders[i], got.count, got.last);
        cr_assert_not_null(strstr(got.last, folders[i]), "%s", got.last);
        bool waited = true;
        cr_assert_eq(fmi_cache_lock(folders[i], &waited), -1);
        cr_assert_not(waited);
    }
    fmi_cache_store("", &some_key, (const unsigned char *)"abc", 3, NULL);
    fmi_cache_store(NULL, &some_key, (const unsigned char *)"abc", 3, NULL);
}

Test(cache, what_a_writer_that_died_left_is_overwritten) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    fm_test_dir(dir, "died");
    snprintf(path, sizeof path, "%s/new.tmp", dir);
    cr_assert_eq(symlink("/dev/null", path), 0);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, NULL);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
    cr_assert(find_entry(dir, path)); /* and no temporary file is left */
}
