/* SPDX-License-Identifier: MIT */
/* Helper processes that talk, stay silent, die or cannot be started: we go on, and know why. */
#include "fm_test.h"

#include "child.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

TestSuite(child, .timeout = 60);

static fm_status start(fmi_child *child, const char *script, fm_error *err) {
    const char *const arguments[] = {"-c", script, NULL};
    static const char *const settings[] = {"FM_CHILD_TOLD=new", "FM_CHILD_MORE=more", NULL};
    const fmi_child_params params = {
        .program = "/bin/sh", .arguments = arguments, .settings = settings, .silent = true};
    return fmi_child_start(child, &params, err);
}

static fmi_child started(const char *script) {
    fmi_child child;
    fm_error err;
    fm_assert_ok(start(&child, script, &err), err);
    return child;
}

static void expect_answer(fmi_child *child, const char *want) {
    char got[64] = "";
    fm_error err;
    fm_assert_ok(fmi_child_read(child, got, strlen(want), 20.0, NULL, &err), err);
    cr_assert_str_eq(got, want);
}

static void expect_end(fmi_child *child, double grace_s, const char *want) {
    char text[64];
    fmi_child_end(child, grace_s);
    cr_assert(child->ended);
    cr_assert_eq(child->pid, 0);
    cr_assert_str_eq(fmi_child_end_text(child, text, sizeof text), want);
    fmi_child_end(child, 0.0); /* of none: nothing */
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

Test(child, commands_arrive_and_answers_come_back) {
    const int before = open_descriptors();
    fmi_child child = started("while read -r word; do echo \"got $word\" >&3; echo noise; done");
    fm_error err;
    fm_assert_ok(fmi_child_write(&child, "one\n", 4, &err), err);
    expect_answer(&child, "got one\n");
    fm_assert_ok(fmi_child_write(&child, "two\n", 4, &err), err);
    expect_answer(&child, "got two\n");
    expect_end(&child, 20.0, "exit code 0"); /* its input ended */
    cr_assert_eq(open_descriptors(), before);
}

Test(child, settings_replace_what_the_environment_says) {
    cr_assert_eq(setenv("FM_CHILD_TOLD", "old", 1), 0);
    cr_assert_eq(setenv("FM_CHILD_TOLD_NOT", "kept", 1), 0);
    fmi_child child = started("echo \"$FM_CHILD_TOLD $FM_CHILD_MORE $FM_CHILD_TOLD_NOT\" >&3");
    expect_answer(&child, "new more kept\n");
    expect_end(&child, 20.0, "exit code 0");
    /* Once: programs differ in which of two they take. */
    child = started("tr '\\0' '\\n' </proc/$$/environ | grep -c '^FM_CHILD_TOLD=' >&3");
    expect_answer(&child, "1\n");
    expect_end(&child, 20.0, "exit code 0");
}

Test(child, one_that_is_silent_is_given_up_and_killed) {
    fmi_child child = started("trap '' TERM; exec sleep 1000");
    char got;
    fm_error err;
    const sig_atomic_t cancelled = 1;
    fm_assert_fails(fmi_child_read(&child, &got, 1, 0.05, NULL, &err), FM_ERROR_LIMIT, err,
                    "did not answer in time");
    cr_assert_eq(fmi_child_read(&child, &got, 1, 20.0, &cancelled, &err), FM_ERROR_CANCELLED);
    expect_end(&child, 0.05, "signal 9 (Killed)");
}

Test(child, one_that_ends_is_noticed_on_both_sides) {
    fmi_child child = started("exec 3>&-; read -r word; exit 3");
    char got;
    fm_error err;
    signal(SIGPIPE, SIG_IGN);
    fm_assert_fails(fmi_child_read(&child, &got, 1, 20.0, NULL, &err), FM_ERROR_IO, err, "ended");
    fm_assert_ok(fmi_child_write(&child, "go\n", 3, &err), err);
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 20000; i++) {
        status = fmi_child_write(&child, "x", 1, &err);
        usleep(1000);
    }
    cr_assert_eq(status, FM_ERROR_IO);
    cr_assert_not_null(strstr(err.message, "takes no commands"), "%s", err.message);
    expect_end(&child, 20.0, "exit code 3");
}

static void wake(int number) {
    (void)number;
}

Test(child, a_signal_of_ours_does_not_disturb_the_waiting) {
    const struct itimerval often = {.it_interval = {.tv_usec = 2000},
                                    .it_value = {.tv_usec = 2000}};
    const struct itimerval never = {.it_value = {0}};
    const struct sigaction action = {.sa_handler = wake}; /* without SA_RESTART */
    fmi_child child = started("read -r word; sleep 0.1; echo done >&3");
    fm_error err;
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    fm_assert_ok(fmi_child_write(&child, "go\n", 3, &err), err);
    expect_answer(&child, "done\n");
    expect_end(&child, 20.0, "exit code 0");
    cr_assert_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}

Test(child, what_cannot_be_started_is_told_and_leaves_nothing_open) {
    const int before = open_descriptors();
    const fmi_child_params params = {.program = "/nonexistent/program"};
    fmi_child child;
    fm_error err;
    fm_assert_fails(fmi_child_start(&child, &params, &err), FM_ERROR_IO, err,
                    "/nonexistent/program cannot be started: No such file");
    cr_assert_eq(child.pid, 0);
    cr_assert_eq(open_descriptors(), before);
}

/* With ever more descriptors: first the one pipe, then the other cannot be made, then all is well.
 */
Test(child, without_descriptors_it_is_told_and_none_is_lost) {
    struct rlimit all, few;
    const int before = open_descriptors();
    fmi_child child = {0};
    fm_error err;
    int failures = 0;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    few = all;
    for (few.rlim_cur = 3; few.rlim_cur < 256 && child.pid == 0; few.rlim_cur++) {
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        const fm_status status = start(&child, "exit 0", &err);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
        if (status == FM_OK)
            break;
        failures++;
        cr_assert_eq(status, FM_ERROR_IO);
        cr_assert_not_null(strstr(err.message, "/bin/sh"), "%s", err.message);
        cr_assert_eq(open_descriptors(), before, "%d descriptors allowed: some are lost",
                     (int)few.rlim_cur);
    }
    cr_assert_geq(failures, 6);
    expect_end(&child, 20.0, "exit code 0");
}

Test(child, a_mapping_is_shared_with_it) {
    void *mapping = NULL;
    int descriptor = -1;
    fm_error err;
    fm_assert_ok(fmi_shared_create(&mapping, &descriptor, 4096, &err), err);
    memcpy(mapping, "world", 5);
    const char *const arguments[] = {
        "-c", "dd bs=5 count=1 <&4 >&3 2>/dev/null; printf hello >&4; echo ready >&3", NULL};
    const fmi_child_params params = {
        .program = "/bin/sh", .arguments = arguments, .shared = descriptor};
    fmi_child child;
    fm_assert_ok(fmi_child_start(&child, &params, &err), err);
    expect_answer(&child, "worldready\n");
    cr_assert_eq(memcmp((const char *)mapping + 5, "hello", 5), 0);
    expect_end(&child, 20.0, "exit code 0");
    fmi_shared_destroy(mapping, descriptor, 4096);
    fmi_shared_destroy(NULL, -1, 0);
}

static void expect_no_mapping(size_t bytes) {
    const int before = open_descriptors();
    void *mapping = NULL;
    int descriptor = 0;
    fm_error err;
    fm_assert_fails(fmi_shared_create(&mapping, &descriptor, bytes, &err), FM_ERROR_HOST_MEMORY,
                    err, "no shared memory");
    cr_assert_eq(descriptor, -1);
    cr_assert_eq(open_descriptors(), before);
}

Test(child, no_room_for_a_mapping_is_told) {
    struct rlimit all, few;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    few = all;
    few.rlim_cur = 3;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    expect_no_mapping(4096);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
    expect_no_mapping((size_t)1 << 62); /* no file of that size, no room for it either */
    expect_no_mapping(0);
}

Test(child, programs_lie_beside_this_one) {
    char own[FM_TEST_PATH], other[FM_TEST_PATH];
    fm_error err;
    fm_assert_ok(fmi_child_path(own, sizeof own, NULL, &err), err);
    cr_assert_eq(access(own, X_OK), 0, "%s", own);
    fm_assert_ok(fmi_child_path(other, sizeof other, "fm-other", &err), err);
    const size_t folder = (size_t)(strrchr(own, '/') + 1 - own);
    cr_assert_eq(strncmp(own, other, folder), 0, "%s, %s", own, other);
    cr_assert_str_eq(other + folder, "fm-other");
}
