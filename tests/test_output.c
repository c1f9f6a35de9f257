/* SPDX-License-Identifier: MIT */
/* Files and folders that appear whole or not at all. */
#include "folder_check.h"

#include <io/output.h>
#include <unistd.h>

TestSuite(output, .timeout = 60);

static bool exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

Test(output, a_file_is_written_and_replaced) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_error err;
    fm_test_dir(dir, "write");
    folder_put(dir, "a.txt", "first");
    folder_holds(dir, "a.txt", "first");
    folder_put(dir, "a.txt", "second");
    folder_holds(dir, "a.txt", "second");
    snprintf(path, sizeof path, "%s/b.txt", dir);
    fm_assert_ok(fmi_output_write_part(path, "part", 4, &err), err);
    folder_holds(dir, "b.txt", "part");
    fm_assert_ok(fmi_output_write(path, "", 0, &err), err);
    folder_holds(dir, "b.txt", "");
    cr_assert_eq(folder_entries(dir), 2, "temporary files were left");
}

Test(output, a_name_of_255_bytes_works) {
    char dir[FM_TEST_PATH], name[256];
    fm_test_dir(dir, "long");
    memset(name, 'x', 255);
    name[255] = '\0';
    char path[FM_TEST_PATH + 300];
    fm_error err;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    fm_assert_ok(fmi_output_write(path, "x", 1, &err), err);
    cr_assert_eq(folder_entries(dir), 1);
}

Test(output, a_relative_name_works) {
    char dir[FM_TEST_PATH];
    fm_error err;
    fm_test_dir(dir, "relative");
    cr_assert_eq(chdir(dir), 0);
    fm_assert_ok(fmi_output_write("plain.txt", "x", 1, &err), err);
    folder_holds(dir, "plain.txt", "x");
}

Test(output, places_that_cannot_be_written_are_named) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    fm_error err;
    fm_test_dir(dir, "refused");
    snprintf(path, sizeof path, "%s/none/a.txt", dir);
    fm_assert_fails(fmi_output_write(path, "x", 1, &err), FM_ERROR_IO, err, "none/a.txt");
    fm_assert_fails(fmi_output_write(dir, "x", 1, &err), FM_ERROR_IO, err, "not a regular file");
    fm_assert_fails(fmi_output_write("/dev/null", "x", 1, &err), FM_ERROR_IO, err,
                    "not a regular file");
    cr_assert(exists("/dev/null"));
    cr_assert_eq(folder_entries(dir), 0);
}

Test(output, a_link_is_replaced_and_its_target_kept) {
    char dir[FM_TEST_PATH], link[FM_TEST_PATH + 16], target[FM_TEST_PATH + 16];
    fm_test_dir(dir, "link");
    folder_put(dir, "target", "old");
    snprintf(link, sizeof link, "%s/link", dir);
    snprintf(target, sizeof target, "%s/target", dir);
    cr_assert_eq(symlink(target, link), 0);
    folder_put(dir, "link", "new");
    folder_holds(dir, "target", "old");
    folder_holds(dir, "link", "new");
}

/* A run folder below two folders that do not exist yet. */
static void begin_below(fmi_output_dir *out, char final[FM_TEST_PATH + 32], const char *dir,
                        bool replace) {
    fm_error err;
    snprintf(final, FM_TEST_PATH + 32, "%s/one/two/A_B", dir);
    fm_assert_ok(fmi_output_dir_begin(out, final, replace, &err), err);
}

Test(output, a_run_folder_appears_at_commit) {
    char dir[FM_TEST_PATH], final[FM_TEST_PATH + 32];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "commit");
    begin_below(&out, final, dir, false);
    cr_assert(!exists(final));
    fm_assert_ok(fmi_output_dir_sub(&out, "png", &err), err);
    folder_put(out.work_path, "png/frame.png", "pixels");
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    folder_holds(final, "png/frame.png", "pixels");
    fmi_output_dir_abort(&out);
    folder_holds(final, "png/frame.png", "pixels");
    snprintf(final, sizeof final, "%s/one/two", dir);
    cr_assert_eq(folder_entries(final), 1, "the work folder was left");
}

Test(output, abort_removes_what_begin_made_and_no_more) {
    char dir[FM_TEST_PATH], final[FM_TEST_PATH + 32];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "abort");
    begin_below(&out, final, dir, false);
    fm_assert_ok(fmi_output_dir_sub(&out, "png", &err), err);
    folder_put(out.work_path, "png/frame.png", "pixels");
    fmi_output_dir_abort(&out);
    cr_assert_eq(folder_entries(dir), 0, "the folders above were left");
    cr_assert(exists(dir));
    begin_below(&out, final, dir, false);
    folder_put(dir, "one/other", "not ours");
    fmi_output_dir_abort(&out);
    folder_holds(dir, "one/other", "not ours");
    fmi_output_dir_abort(&out);
    fmi_output_dir zero = {0};
    fmi_output_dir_abort(&zero);
}

Test(output, an_existing_run_folder_is_refused_without_force) {
    char dir[FM_TEST_PATH], final[FM_TEST_PATH + 32];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "exists");
    begin_below(&out, final, dir, false);
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    folder_put(final, "old.txt", "old");
    fm_assert_fails(fmi_output_dir_begin(&out, final, false, &err), FM_ERROR_IO, err, "--force");
    folder_holds(final, "old.txt", "old");
}

Test(output, force_replaces_the_folder_as_a_whole) {
    char dir[FM_TEST_PATH], final[FM_TEST_PATH + 32], parent[FM_TEST_PATH + 32];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "force");
    begin_below(&out, final, dir, true);
    folder_put(out.work_path, "old.txt", "old");
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    begin_below(&out, final, dir, true);
    folder_holds(final, "old.txt", "old");
    fmi_output_dir_abort(&out);
    folder_holds(final, "old.txt", "old");
    begin_below(&out, final, dir, true);
    folder_put(out.work_path, "new.txt", "new");
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    folder_holds(final, "new.txt", "new");
    cr_assert_eq(folder_entries(final), 1, "the old run shines through");
    snprintf(parent, sizeof parent, "%s/one/two", dir);
    cr_assert_eq(folder_entries(parent), 1, "the old folder was left aside");
}

Test(output, a_run_that_lost_a_race_is_told) {
    char dir[FM_TEST_PATH], final[FM_TEST_PATH + 32];
    fmi_output_dir first, second;
    fm_error err;
    fm_test_dir(dir, "race");
    begin_below(&first, final, dir, false);
    begin_below(&second, final, dir, false);
    cr_assert_str_neq(first.work_path, second.work_path);
    folder_put(first.work_path, "a", "first");
    folder_put(second.work_path, "a", "second");
    fm_assert_ok(fmi_output_dir_commit(&first, &err), err);
    fm_assert_fails(fmi_output_dir_commit(&second, &err), FM_ERROR_IO, err, "appeared");
    fmi_output_dir_abort(&second);
    folder_holds(final, "a", "first");
    snprintf(final, sizeof final, "%s/empty", dir);
    fm_assert_ok(fmi_output_dir_begin(&first, final, false, &err), err);
    cr_assert_eq(mkdir(final, 0777), 0);
    fm_assert_fails(fmi_output_dir_commit(&first, &err), FM_ERROR_IO, err, "appeared");
    fmi_output_dir_abort(&first);
    cr_assert(exists(final), "a folder of somebody else was removed");
}

Test(output, things_in_the_way_are_named_and_kept) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 1100];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "way");
    folder_put(dir, "file", "x");
    snprintf(path, sizeof path, "%s/file", dir);
    fm_assert_fails(fmi_output_dir_begin(&out, path, true, &err), FM_ERROR_IO, err, "not a folder");
    snprintf(path, sizeof path, "%s/file/run", dir);
    fm_assert_fails(fmi_output_dir_begin(&out, path, true, &err), FM_ERROR_IO, err, "cannot be");
    snprintf(path, sizeof path, "%s/link", dir);
    cr_assert_eq(symlink(dir, path), 0);
    fm_assert_fails(fmi_output_dir_begin(&out, path, true, &err), FM_ERROR_IO, err, "not a folder");
    fm_assert_fails(fmi_output_dir_begin(&out, "", false, &err), FM_ERROR_IO, err, "0 bytes");
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    fm_assert_fails(fmi_output_dir_begin(&out, path, false, &err), FM_ERROR_IO, err, "bytes");
    folder_holds(dir, "file", "x");
    cr_assert_eq(folder_entries(dir), 2);
}

Test(output, a_slash_at_the_end_does_not_matter) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 64];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "slash");
    snprintf(path, sizeof path, "%s/run///", dir);
    fm_assert_ok(fmi_output_dir_begin(&out, path, false, &err), err);
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    snprintf(path, sizeof path, "%s/run", dir);
    cr_assert(exists(path));
    cr_assert_eq(folder_entries(dir), 1);
}

/* What a process that was killed left behind is not locked any more. */
Test(output, leftovers_go_with_the_next_run) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 64], path[FM_TEST_PATH + 96];
    fmi_output_dir out, killed[3];
    fm_error err;
    fm_test_dir(dir, "leftovers");
    snprintf(run, sizeof run, "%s/run", dir);
    for (int n = 0; n < 3; n++) {
        fm_assert_ok(fmi_output_dir_begin(&killed[n], run, false, &err), err);
        folder_put(killed[n].work_path, "png", "pixels");
    }
    for (int n = 0; n < 3; n++)
        close(killed[n].lock - 1); /* as the end of its process does */
    cr_assert_eq(folder_entries(dir), 3);
    fm_assert_ok(fmi_output_dir_begin(&out, run, false, &err), err);
    cr_assert_eq(folder_entries(dir), 1, "%d left", folder_entries(dir));
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    cr_assert_eq(folder_entries(dir), 1);
    /* So does the temporary file of a file of the same name. */
    snprintf(path, sizeof path, "%s/file", dir);
    fm_assert_ok(fmi_output_write(path, "x", 1, &err), err);
    cr_assert_eq(folder_entries(dir), 2);
}

/* Folders of users beside a run, with names that a program might take for its own. */
Test(output, what_lies_beside_a_run_is_kept) {
    static const char *const names[] = {"run.tmp-0", "run.tmp", "run.old", ".run.tmp"};
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 64], path[FM_TEST_PATH + 96];
    fmi_output_dir out;
    fm_error err;
    fm_test_dir(dir, "beside");
    snprintf(run, sizeof run, "%s/run", dir);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        cr_assert_eq(mkdir(path, 0777), 0);
        folder_put(path, "mine", "kept");
    }
    for (int again = 0; again < 2; again++) {
        fm_assert_ok(fmi_output_dir_begin(&out, run, true, &err), err);
        folder_put(out.work_path, "new", "new");
        fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    }
    cr_assert_eq(folder_entries(dir), 5);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s/mine", dir, names[i]);
        cr_assert(exists(path), "%s is gone", names[i]);
    }
}

Test(output, what_another_run_writes_is_not_a_leftover) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 64];
    fmi_output_dir first, second;
    fm_error err;
    fm_test_dir(dir, "two");
    snprintf(run, sizeof run, "%s/run", dir);
    fm_assert_ok(fmi_output_dir_begin(&first, run, false, &err), err);
    fm_assert_ok(fmi_output_dir_begin(&second, run, false, &err), err);
    cr_assert_eq(folder_entries(dir), 2);
    cr_assert(exists(first.work_path));
    fm_assert_ok(fmi_output_dir_commit(&second, &err), err);
    cr_assert_eq(fmi_output_dir_commit(&first, &err), FM_ERROR_IO);
    fmi_output_dir_abort(&first);
    cr_assert_eq(folder_entries(dir), 1);
}

Test(output, an_old_run_of_another_user_is_replaced_and_told) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 32];
    fmi_output_dir out;
    fm_error err;
    if (geteuid() != 0)
        cr_skip("skipped: another user takes root");
    fm_test_dir(dir, "another_user");
    snprintf(run, sizeof run, "%s/run", dir);
    fm_assert_ok(fmi_output_dir_begin(&out, run, false, &err), err);
    folder_put(out.work_path, "a", "old");
    fm_assert_ok(fmi_output_dir_commit(&out, &err), err);
    cr_assert_not(out.left);
    cr_assert_eq(chown(dir, 65534, 65534), 0);
    cr_assert_eq(seteuid(65534), 0);
    const bool open_to_all = eaccess(dir, W_OK | X_OK) == 0;
    if (!open_to_all) {
        (void)seteuid(0);
        cr_skip("skipped: the folder of the tests is closed to others");
    }
    const fm_status begun = fmi_output_dir_begin(&out, run, true, &err);
    const fm_status done = begun == FM_OK ? fmi_output_dir_commit(&out, &err) : begun;
    cr_assert_eq(seteuid(0), 0);
    fm_assert_ok(done, err);
    cr_assert(out.left);
    folder_holds(out.work_path, "a", "old");
    cr_assert_eq(folder_entries(run), 0);
    fmi_output_dir_abort(&out);
    cr_assert_eq(folder_entries(dir), 1);
}
