/* SPDX-License-Identifier: MIT */
#include "confine_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#if defined(FM_HAVE_SECCOMP) && !defined(FM_SANITIZED)
#include <seccomp.h>

#define INT_BITS UINT32_MAX /* all that the kernel looks at of an argument that is an int */
#define OPEN_FILES_BITS 20  /* of the largest number of a descriptor */

/* What reading a file and computing takes, on machines of 64 and 32 bits, with the C libraries of
 * Debian 12 and 13, under valgrind, too. A list of what is forbidden would have holes: there are
 * ten ways to change a file's owner, and each kernel brings new calls. */
static const int free_calls[] = {
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mprotect),
    SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* files */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
    SCMP_SYS(close), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(statx),
    SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(statfs64), SCMP_SYS(fstatfs64), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fadvise64),
    SCMP_SYS(fadvise64_64), SCMP_SYS(arm_fadvise64_64), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    /* time */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
    SCMP_SYS(clock_getres_time64), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
    SCMP_SYS(getrusage), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    /* signals that come, and locks */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(futex), SCMP_SYS(futex_time64),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    /* the process itself */
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getuid32),
    SCMP_SYS(geteuid32), SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(getrlimit),
    SCMP_SYS(ugetrlimit), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getcpu), SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield)};

/* The counters of a coverage build. */
static const int writers[] = {SCMP_SYS(open),    SCMP_SYS(openat),    SCMP_SYS(fcntl),
                              SCMP_SYS(fcntl64), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64),
                              SCMP_SYS(mkdir),   SCMP_SYS(mkdirat)};

static bool added(int code) {
    return code == 0 || code == -EDOM; /* a call that this machine does not have */
}

static bool allow_all(scmp_filter_ctx filter, const int *calls, size_t count) {
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok = added(seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0)) && ok;
    return ok;
}

/* Only where the masked argument has that value. */
static bool allow_where(scmp_filter_ctx filter, int call, unsigned argument, scmp_datum_t mask,
                        scmp_datum_t value) {
    return added(seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                  SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value)));
}

/* open without any flag that writes, creates or empties. */
static bool allow_reading(scmp_filter_ctx filter) {
    const scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    return allow_where(filter, SCMP_SYS(open), 1, writes, O_RDONLY) &&
           allow_where(filter, SCMP_SYS(openat), 2, writes, O_RDONLY);
}

/* To what is open for it, but not to the program's standard output, which may be the user's file: a
 * descriptor above 1 has another bit than the lowest. */
static bool allow_answering(scmp_filter_ctx filter) {
    bool ok = true;
    for (int i = 1; i < OPEN_FILES_BITS; i++) {
        ok = allow_where(filter, SCMP_SYS(write), 0, 1U << i, 1U << i) && ok;
        ok = allow_where(filter, SCMP_SYS(writev), 0, 1U << i, 1U << i) && ok;
    }
    return ok;
}

/* abort() is a signal to oneself. */
static bool allow_own_end(scmp_filter_ctx filter) {
    const scmp_datum_t self = (scmp_datum_t)getpid();
    return allow_where(filter, SCMP_SYS(kill), 0, INT_BITS, self) &&
           allow_where(filter, SCMP_SYS(tkill), 0, INT_BITS, self) &&
           allow_where(filter, SCMP_SYS(tgkill), 0, INT_BITS, self);
}

/* Questions; the same calls can change a terminal, send signals, and change others' limits. */
static bool allow_questions(scmp_filter_ctx filter) {
    static const int about_files[] = {F_GETFD, F_SETFD, F_GETFL};
    bool ok = allow_where(filter, SCMP_SYS(ioctl), 1, INT_BITS, TCGETS); /* isatty */
    for (size_t i = 0; i < sizeof about_files / sizeof about_files[0]; i++) {
        const scmp_datum_t what = (scmp_datum_t)about_files[i];
        ok = allow_where(filter, SCMP_SYS(fcntl), 1, INT_BITS, what) && ok;
        ok = allow_where(filter, SCMP_SYS(fcntl64), 1, INT_BITS, what) && ok;
    }
    return added(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
                                  SCMP_CMP(0, SCMP_CMP_MASKED_EQ, INT_BITS, 0),
                                  SCMP_CMP(2, SCMP_CMP_MASKED_EQ, UINT64_MAX, 0))) &&
           ok;
}

bool fmi_confine_calls(bool may_write) {
    /* As on a kernel without the call: C libraries then take another way. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return false;
    bool ok = allow_all(filter, free_calls, sizeof free_calls / sizeof free_calls[0]);
    ok = allow_reading(filter) && allow_answering(filter) && allow_own_end(filter) &&
         allow_questions(filter) && ok;
    if (may_write)
        ok = allow_all(filter, writers, sizeof writers / sizeof writers[0]) && ok;
    ok = ok && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}
#else
bool fmi_confine_calls(bool may_write) {
    (void)may_write;
    return false;
}
#endif
