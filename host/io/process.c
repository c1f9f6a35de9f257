/* SPDX-License-Identifier: MIT */
#include "process.h"

#include "error.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define STACK_WANTED ((rlim_t)1 << 20)
#define STACK_LEAST ((rlim_t)80 << 10) /* below it the loader of shared libraries dies */

static void take_streams(void) {
    int fd = open("/dev/null", O_RDONLY); /* the lowest free number */
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY);
    if (fd >= 0)
        close(fd);
}

/* A pipe or terminal whose other users set it to return at once is opened anew: the flag is of the
 * open file, so theirs is not touched. Without O_NONBLOCK the open would wait for a reader. */
static void wait_when_full(int fd) {
    char name[32];
    const int flags = fcntl(fd, F_GETFL);
    struct stat info;
    if (flags < 0 || !(flags & O_NONBLOCK) || fstat(fd, &info) != 0 ||
        !(S_ISFIFO(info.st_mode) || isatty(fd)))
        return;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    const int ours = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (ours < 0)
        return;
    if (fcntl(ours, F_SETFL, 0) == 0)
        (void)dup2(ours, fd);
    (void)close(ours);
}

static fm_status raise_stack(fm_error *err) {
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur == RLIM_INFINITY ||
        stack.rlim_cur >= STACK_WANTED)
        return FM_OK;
    stack.rlim_cur = stack.rlim_max < STACK_WANTED ? stack.rlim_max : STACK_WANTED;
    (void)setrlimit(RLIMIT_STACK, &stack);
    if (stack.rlim_cur >= STACK_LEAST)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "the stack may have %llu bytes, which is too little; raise the limit (ulimit "
                    "-s)",
                    (unsigned long long)stack.rlim_cur);
}

fm_status fmi_process_begin(fm_error *err) {
    take_streams();
    wait_when_full(STDOUT_FILENO);
    wait_when_full(STDERR_FILENO);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return raise_stack(err);
}
