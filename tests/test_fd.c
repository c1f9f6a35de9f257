/* SPDX-License-Identifier: MIT */
/* Whole blocks through descriptors that take and give parts. */
#include "fd.h"
#include "fm_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define BLOCK 3000001 /* more than a pipe holds, and odd */
#define PART 60000

TestSuite(fd, .timeout = 60);

typedef struct receiver {
    unsigned char *bytes;
    int fd;
    ssize_t count;
} receiver;

/* Slowly, so that the pipe is full and the other side waits, and without the signals. */
static void *receive_block(void *argument) {
    receiver *r = argument;
    ssize_t n = 0;
    do {
        usleep(2000);
        n = fmi_fd_read(r->fd, r->bytes + r->count, PART);
        r->count += n;
    } while (n == PART);
    return NULL;
}

static void wake(int number) {
    (void)number;
}

static void signals_every(suseconds_t micros) {
    const struct itimerval often = {.it_interval = {.tv_usec = micros},
                                    .it_value = {.tv_usec = micros}};
    const struct sigaction action = {.sa_handler = wake}; /* without SA_RESTART */
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* Where the signals go: to the thread that makes no threads meanwhile. */
static void without_signals(int how) {
    sigset_t alarm_only;
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    cr_assert_eq(pthread_sigmask(how, &alarm_only, NULL), 0);
}

Test(fd, a_block_larger_than_a_pipe_arrives_whole_while_signals_come) {
    unsigned char *bytes = malloc(BLOCK);
    receiver r = {.bytes = malloc(BLOCK + PART)};
    pthread_t thread;
    int ends[2];
    cr_assert(bytes != NULL && r.bytes != NULL);
    for (size_t i = 0; i < BLOCK; i++)
        bytes[i] = (unsigned char)(i * 2654435761U >> 13);
    cr_assert_eq(pipe(ends), 0);
    r.fd = ends[0];
    without_signals(SIG_BLOCK);
    cr_assert_eq(pthread_create(&thread, NULL, receive_block, &r), 0);
    without_signals(SIG_UNBLOCK);
    signals_every(300);
    const bool sent = fmi_fd_write(ends[1], bytes, BLOCK);
    signals_every(0);
    close(ends[1]);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert(sent);
    cr_assert_eq(r.count, BLOCK, "%zd of %d", r.count, BLOCK);
    cr_assert_eq(memcmp(r.bytes, bytes, BLOCK), 0);
    close(ends[0]);
    free(bytes);
    free(r.bytes);
}

Test(fd, a_read_that_waits_goes_on_after_a_signal) {
    unsigned char got[4];
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    signals_every(1000);
    const pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        _exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
    }
    cr_assert_gt(child, 0);
    cr_assert_eq(fmi_fd_read(ends[0], got, sizeof got), 4);
    signals_every(0);
    cr_assert_eq(memcmp(got, "late", 4), 0);
}

Test(fd, what_cannot_be_done_is_told_with_its_reason) {
    char byte = 0;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(ends), 0);
    close(ends[0]);
    cr_assert_not(fmi_fd_write(ends[1], "x", 1));
    cr_assert_eq(errno, EPIPE);
    cr_assert_eq(fmi_fd_read(ends[1], &byte, 1), -1);
    cr_assert_eq(errno, EBADF);
    const int full = open("/dev/full", O_WRONLY);
    cr_assert_geq(full, 0);
    cr_assert_not(fmi_fd_write(full, "x", 1));
    cr_assert_eq(errno, ENOSPC);
    cr_assert(fmi_fd_write(full, NULL, 0), "nothing is always written");
    cr_assert_eq(fmi_fd_read(full, NULL, 0), 0);
    close(full);
    close(ends[1]);
}
