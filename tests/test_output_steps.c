/* SPDX-License-Identifier: MIT */
/* Run folders on file systems that can neither exchange two names nor refuse one that is there. The
 * kernel's answer is a filter's here, for this process alone. */
#include "folder_check.h"

#include <io/output.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOW_HALF (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0) /* of an argument's 8 bytes */
#define FLAGS (offsetof(struct seccomp_data, args) + 4 * 8 + LOW_HALF)

TestSuite(output_steps, .timeout = 60);

/* From here on renameat2 fails with that error where it is asked for more than a rename. */
static void take_away_flags(int error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FLAGS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip("skipped: no filter of system calls here");
}

/* A run of that word, up to its commit. */
static fm_status finish_run(const char *final, const char *word, bool replace, fm_error *err) {
    fmi_output_dir out;
    fm_assert_ok(fmi_output_dir_begin(&out, final, replace, err), *err);
    folder_put(out.work_path, "word", word);
    const fm_status status = fmi_output_dir_commit(&out, err);
    fmi_output_dir_abort(&out);
    return status;
}

static void begin_here(char dir[FM_TEST_PATH], char run[FM_TEST_PATH + 8], const char *name,
                       int error) {
    fm_test_dir(dir, name);
    (void)snprintf(run, FM_TEST_PATH + 8, "%s/run", dir);
    take_away_flags(error);
}

Test(output_steps, a_run_appears_and_is_replaced_whole) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 8];
    fm_error err;
    begin_here(dir, run, "steps_whole", EINVAL);
    fm_assert_ok(finish_run(run, "first", true, &err), err);
    fm_assert_ok(finish_run(run, "second", true, &err), err);
    folder_holds(run, "word", "second");
    cr_assert_eq(folder_entries(run), 1);
    cr_assert_eq(folder_entries(dir), 1, "the old run was left aside");
}

static void replace_with(const char *name, int error) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 8];
    fm_error err;
    begin_here(dir, run, name, error);
    fm_assert_ok(finish_run(run, "first", false, &err), err);
    fm_assert_ok(finish_run(run, "second", true, &err), err);
    folder_holds(run, "word", "second");
    cr_assert_eq(folder_entries(dir), 1);
}

/* glibc answers EINVAL for a kernel's ENOSYS; other libraries pass it on. */
Test(output_steps, a_kernel_without_the_call_will_do) {
    replace_with("steps_old_kernel", ENOSYS);
}

/* Sandboxes answer EPERM, overlays EXDEV for what lies in their lower layer. */
Test(output_steps, a_sandbox_that_refuses_the_call_will_do) {
    replace_with("steps_sandbox", EPERM);
}

Test(output_steps, an_overlay_that_refuses_the_call_will_do) {
    replace_with("steps_overlay", EXDEV);
}

Test(output_steps, a_folder_of_the_user_beside_it_is_kept) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 8], beside[FM_TEST_PATH + 32];
    fm_error err;
    begin_here(dir, run, "steps_beside", EINVAL);
    fm_assert_ok(finish_run(run, "first", false, &err), err);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(beside, sizeof beside, i ? "%s.old-1" : "%s.old", run);
        cr_assert_eq(mkdir(beside, 0777), 0);
        folder_put(beside, "word", "mine");
    }
    fm_assert_ok(finish_run(run, "second", true, &err), err);
    folder_holds(run, "word", "second");
    folder_holds(beside, "word", "mine");
    (void)snprintf(beside, sizeof beside, "%s.old", run);
    folder_holds(beside, "word", "mine");
    cr_assert_eq(folder_entries(dir), 3);
}

Test(output_steps, a_run_that_lost_a_race_is_told) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 8];
    fmi_output_dir late;
    fm_error err;
    begin_here(dir, run, "steps_race", EINVAL);
    fm_assert_ok(fmi_output_dir_begin(&late, run, false, &err), err);
    folder_put(late.work_path, "word", "late");
    fm_assert_ok(finish_run(run, "first", false, &err), err);
    fm_assert_fails(fmi_output_dir_commit(&late, &err), FM_ERROR_IO, err, "appeared");
    fmi_output_dir_abort(&late);
    folder_holds(run, "word", "first");
    cr_assert_eq(folder_entries(dir), 1);
}

Test(output_steps, another_reason_ends_the_run_and_keeps_the_old_one) {
    char dir[FM_TEST_PATH], run[FM_TEST_PATH + 8];
    fm_error err;
    fm_test_dir(dir, "steps_other");
    (void)snprintf(run, sizeof run, "%s/run", dir);
    fm_assert_ok(finish_run(run, "first", false, &err), err);
    take_away_flags(EIO);
    fm_assert_fails(finish_run(run, "second", true, &err), FM_ERROR_IO, err,
                    "the finished run cannot be moved there: Input/output error");
    folder_holds(run, "word", "first");
    cr_assert_eq(folder_entries(dir), 1);
}
