/* SPDX-License-Identifier: MIT */
#include "process.h"

#include "error.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
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
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return raise_stack(err);
}
