/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(FM_HAVE_LANDLOCK)
#include <linux/landlock.h>
#endif
#if defined(FM_HAVE_SECCOMP)
#include <seccomp.h>
#endif

#define LARGEST_FILE (UINT64_C(3) << 30) /* the answer is written to a file in memory */

static void limit(int which, uint64_t value) {
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};
    (void)setrlimit(which, &r);
}

static void apply_limits(const fmi_confine *confine) {
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, LARGEST_FILE);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_CPU, confine->cpu_seconds);
#if !defined(FM_SANITIZED) /* sanitizers reserve address space by the terabyte */
    if (confine->memory_bytes)
        limit(RLIMIT_AS, confine->memory_bytes);
#endif
}

/* ---- paths ---- */

#if defined(FM_HAVE_LANDLOCK)
#define READ_FILES LANDLOCK_ACCESS_FS_READ_FILE
#define READ_ALL (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* Everything the first version of Landlock knows: all of it is forbidden but where allowed. */
#define HANDLED ((UINT64_C(1) << 13) - 1)

static bool allow_path(int ruleset, const char *path, uint64_t folder_rights) {
    struct stat info;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        if (fd >= 0)
            close(fd);
        return errno == ENOENT; /* what is not there needs no permission */
    }
    struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(info.st_mode) ? folder_rights : READ_FILES, .parent_fd = fd};
    bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return ok;
}

static bool apply_paths(const fmi_confine *confine) {
    struct landlock_ruleset_attr attr = {.handled_access_fs = HANDLED};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return false;
    bool ok = true;
    for (size_t i = 0; i < sizeof confine->readable / sizeof confine->readable[0]; i++)
        if (confine->readable[i])
            ok = allow_path(ruleset, confine->readable[i], READ_ALL) && ok;
    if (confine->writable)
        ok = allow_path(ruleset, confine->writable, HANDLED) && ok;
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}
#else
static bool apply_paths(const fmi_confine *confine) {
    (void)confine;
    return false;
}
#endif

/* ---- system calls ---- */

#if defined(FM_HAVE_SECCOMP) && !defined(FM_SANITIZED)
static bool forbid(scmp_filter_ctx filter, int call) {
    int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
    return code == 0 || code == -EDOM; /* a call that this machine does not have */
}

/* open with any way to write. argument: which one holds the flags. */
static bool forbid_writing(scmp_filter_ctx filter, int call, unsigned argument) {
    const int flags[] = {O_WRONLY, O_RDWR, O_CREAT};
    bool ok = true;
    for (size_t i = 0; i < 3; i++) {
        int code = seccomp_rule_add(
            filter, SCMP_ACT_ERRNO(EPERM), call, 1,
            SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)flags[i], (scmp_datum_t)flags[i]));
        ok = ok && (code == 0 || code == -EDOM);
    }
    return ok;
}

static bool apply_calls(bool may_write) {
    static const int calls[] = {SCMP_SYS(socket),
                                SCMP_SYS(socketpair),
                                SCMP_SYS(connect),
                                SCMP_SYS(bind),
                                SCMP_SYS(listen),
                                SCMP_SYS(accept),
                                SCMP_SYS(accept4),
                                SCMP_SYS(execve),
                                SCMP_SYS(execveat),
                                SCMP_SYS(fork),
                                SCMP_SYS(vfork),
                                SCMP_SYS(clone),
                                SCMP_SYS(clone3),
                                SCMP_SYS(ptrace),
                                SCMP_SYS(kill),
                                SCMP_SYS(tkill),
                                SCMP_SYS(unlink),
                                SCMP_SYS(unlinkat),
                                SCMP_SYS(rename),
                                SCMP_SYS(renameat),
                                SCMP_SYS(renameat2),
                                SCMP_SYS(mkdir),
                                SCMP_SYS(mkdirat),
                                SCMP_SYS(rmdir),
                                SCMP_SYS(link),
                                SCMP_SYS(linkat),
                                SCMP_SYS(symlink),
                                SCMP_SYS(symlinkat),
                                SCMP_SYS(chmod),
                                SCMP_SYS(fchmodat),
                                SCMP_SYS(chown),
                                SCMP_SYS(fchownat),
                                SCMP_SYS(truncate),
                                SCMP_SYS(mount),
                                SCMP_SYS(umount2),
                                SCMP_SYS(bpf),
                                SCMP_SYS(io_uring_setup),
                                SCMP_SYS(process_vm_readv),
                                SCMP_SYS(process_vm_writev),
                                SCMP_SYS(openat2)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return false;
    bool ok = true;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        ok = forbid(filter, calls[i]) && ok;
    if (!may_write) {
        ok = forbid_writing(filter, SCMP_SYS(open), 1) && ok;
        ok = forbid_writing(filter, SCMP_SYS(openat), 2) && ok;
    }
    ok = seccomp_load(filter) == 0 && ok;
    seccomp_release(filter);
    return ok;
}
#else
static bool apply_calls(bool may_write) {
    (void)may_write;
    return false;
}
#endif

const char *fmi_confine_self(const fmi_confine *confine, char out[96]) {
    bool privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    apply_limits(confine);
    bool paths = privileges && apply_paths(confine);
    bool calls = privileges && apply_calls(confine->writable != NULL);
    snprintf(out, 96, "limits, %sLandlock, %sseccomp", paths ? "" : "no ", calls ? "" : "no ");
    return out;
}
