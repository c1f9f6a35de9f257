/* SPDX-License-Identifier: MIT */
/* Many processes with one kernel cache. */
#include "cache_unit.h"
#include "host_unit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(cache_shared, .timeout = 60);

Test(cache_shared, a_held_lock_delays_a_writer_but_never_stops_it) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    lines got = {0};
    fm_log log = {take_line, &got, FM_LOG_WARNING};
    fm_test_dir(dir, "held");
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, &log);
    cr_assert_eq(got.count, 1, "%d warnings", got.count);
    cr_assert_not(holds(dir, &some_key, "abc", 3, NULL));
    close(fd);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, &log);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
}

Test(cache_shared, one_builder_at_a_time) {
    char dir[FM_TEST_PATH];
    bool waited = true;
    fm_test_dir(dir, "builders");
    int lock = fmi_cache_lock(dir, &waited);
    cr_assert_geq(lock, 0);
    cr_assert_not(waited);
    pid_t child = fork(); /* before any OpenCL call */
    if (child == 0) {
        bool child_waited = false;
        int second = fmi_cache_lock(dir, &child_waited);
        _exit(second >= 0 && child_waited ? 7 : 1);
    }
    usleep(100000);
    int state = 0;
    cr_assert_eq(waitpid(child, &state, WNOHANG), 0, "the second builder did not wait");
    /* The child's copy of our handle shares the lock, so give it back for both. */
    cr_assert_eq(flock(lock, LOCK_UN), 0);
    cr_assert_eq(waitpid(child, &state, 0), child);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 7, "state %x", (unsigned)state);
    fmi_cache_unlock(lock);
    fmi_cache_unlock(-1);
}

Test(cache_shared, many_writers_and_readers_never_meet_half_a_file) {
    char dir[FM_TEST_PATH];
    enum { WORKERS = 6, ROUNDS = 30, BYTES = 20000 };
    fm_test_dir(dir, "many");
    pid_t children[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        children[w] = fork();
        if (children[w] == 0) {
            lines got = {0};
            fm_log log = {take_line, &got, FM_LOG_WARNING};
            static unsigned char binary[BYTES];
            for (int r = 0; r < ROUNDS; r++) {
                size_t bytes = 0;
                memset(binary, w + 1, sizeof binary);
                fmi_cache_store(dir, &some_key, binary, BYTES, &log);
                unsigned char *back = fmi_cache_load(dir, &some_key, &bytes, &log);
                if (!back || bytes != BYTES || memcmp(back, back + 1, BYTES - 1) != 0 || got.count)
                    _exit(1);
                free(back);
            }
            _exit(0);
        }
    }
    for (int w = 0; w < WORKERS; w++) {
        int state = 0;
        cr_assert_eq(waitpid(children[w], &state, 0), children[w]);
        cr_assert_eq(state, 0, "worker %d: %x", w, (unsigned)state);
    }
}
