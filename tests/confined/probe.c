/* SPDX-License-Identifier: MIT */
/*
 * What a confined process can still do: one line "name yes|no" for each try.
 *
 * usage: probe FOLDER OUTSIDE FORM
 *   FOLDER   may be read; holds inside.txt and victim.txt
 *   OUTSIDE  a file elsewhere
 *   FORM     caged, no-landlock, no-seccomp (as on a kernel without it), or free: no cage, to show
 *            which tries could come off at all
 */
#include "io/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Newer than some headers; the same on every machine. */
#define CALL_PIDFD_SEND_SIGNAL 424
#define CALL_IO_URING_SETUP 425
#define CALL_PIDFD_OPEN 434
#define CALL_OPENAT2 437
#define CALL_LANDLOCK_CREATE_RULESET 444
#define CALL_FCHMODAT2 452

static const char *outside;
static FILE *answers; /* not the standard output, to which a confined process cannot write */
static int victim;    /* victim.txt, open for reading since before the cage */
static int parent;    /* a descriptor of the parent process, from before the cage, too */
static volatile sig_atomic_t raised;

static bool comes_off(long result) {
    return result >= 0;
}

static bool opens(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool starts(long pid) {
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid((pid_t)pid, NULL, 0);
    return pid > 0;
}

static void on_signal(int number) {
    raised = number;
}

static bool raises(void) {
    signal(SIGUSR1, on_signal);
    return raise(SIGUSR1) == 0 && raised == SIGUSR1;
}

static bool queues(long call, long thread) {
    siginfo_t info = {.si_code = SI_QUEUE};
    pid_t to = getppid();
    return comes_off(thread ? syscall(call, to, to, 0, &info) : syscall(call, to, 0, &info));
}

static bool sets_flags(void) {
    int flags = 0;
    return ioctl(victim, FS_IOC_GETFLAGS, &flags) == 0 &&
           ioctl(victim, FS_IOC_SETFLAGS, &flags) == 0;
}

static bool opens_anew(const char *path) {
    const uint64_t how[3] = {O_RDWR};
    return comes_off(syscall(CALL_OPENAT2, AT_FDCWD, path, how, sizeof how));
}

static bool limits_parent(void) {
    struct rlimit r;
    return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) == 0 &&
           prlimit(getppid(), RLIMIT_NOFILE, &r, NULL) == 0;
}

static bool peeks(void) {
    char from = 1, to;
    const struct iovec here = {&to, 1}, there = {&from, 1};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

static bool takes_memory(void) {
    return mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

/* A try is an expression that is true when it comes off. */
#define TRIES(TRY)                                                                      \
    TRY(read_inside, opens("inside.txt", O_RDONLY))                                     \
    TRY(raise_self, raises())                                                           \
    TRY(read_outside, opens(outside, O_RDONLY))                                         \
    TRY(read_passwd, opens("/etc/passwd", O_RDONLY))                                    \
    TRY(write, opens("written.txt", O_WRONLY | O_CREAT))                                \
    TRY(append, opens("inside.txt", O_RDWR | O_APPEND))                                 \
    TRY(empty, opens("inside.txt", O_RDONLY | O_TRUNC))                                 \
    TRY(both_modes, opens("inside.txt", O_ACCMODE))                                     \
    TRY(unnamed_file, opens(".", O_TMPFILE | O_RDWR))                                   \
    TRY(openat2, opens_anew("inside.txt"))                                              \
    TRY(truncate, comes_off(truncate("victim.txt", 1)))                                 \
    TRY(mknodat, comes_off(syscall(SYS_mknodat, AT_FDCWD, "made1", S_IFREG | 0600, 0))) \
    TRY(mkfifo, comes_off(syscall(SYS_mknodat, AT_FDCWD, "made2", S_IFIFO | 0600, 0)))  \
    TRY(mkdir, comes_off(mkdir("made3", 0700)))                                         \
    TRY(symlink, comes_off(symlink("victim.txt", "made4")))                             \
    TRY(link, comes_off(link("victim.txt", "made5")))                                   \
    TRY(rename, comes_off(rename("moved.txt", "made6")))                                \
    TRY(chmod, comes_off(chmod("victim.txt", 0600)))                                    \
    TRY(fchmod, comes_off(fchmod(victim, 0600)))                                        \
    TRY(fchmodat2, comes_off(syscall(CALL_FCHMODAT2, AT_FDCWD, "victim.txt", 0600, 0))) \
    TRY(chown, comes_off(chown("victim.txt", getuid(), getgid())))                      \
    TRY(fchown, comes_off(fchown(victim, getuid(), getgid())))                          \
    TRY(lchown, comes_off(lchown("victim.txt", getuid(), getgid())))                    \
    TRY(setxattr, comes_off(setxattr("victim.txt", "user.x", "1", 1, 0)))               \
    TRY(lsetxattr, comes_off(lsetxattr("victim.txt", "user.y", "1", 1, 0)))             \
    TRY(fsetxattr, comes_off(fsetxattr(victim, "user.z", "1", 1, 0)))                   \
    TRY(removexattr, comes_off(removexattr("victim.txt", "user.w")))                    \
    TRY(utimensat, comes_off(utimensat(AT_FDCWD, "victim.txt", NULL, 0)))               \
    TRY(futimens, comes_off(futimens(victim, NULL)))                                    \
    TRY(utimes, comes_off(utimes("victim.txt", NULL)))                                  \
    TRY(flags, sets_flags())                                                            \
    TRY(stdout, comes_off(write(STDOUT_FILENO, "", 0)))                                 \
    TRY(socket, comes_off(socket(AF_INET, SOCK_STREAM, 0)))                             \
    TRY(socketpair, comes_off(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0})))        \
    TRY(fork, starts(fork()))                                                           \
    TRY(clone, starts(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)))                         \
    TRY(kill, comes_off(kill(getppid(), 0)))                                            \
    TRY(kill_group, comes_off(kill(0, 0)))                                              \
    TRY(kill_all, comes_off(kill(-1, 0)))                                               \
    TRY(tkill, comes_off(syscall(SYS_tkill, getppid(), 0)))                             \
    TRY(tgkill, comes_off(syscall(SYS_tgkill, getppid(), getppid(), 0)))                \
    TRY(sigqueue, queues(SYS_rt_sigqueueinfo, 0))                                       \
    TRY(tgsigqueue, queues(SYS_rt_tgsigqueueinfo, 1))                                   \
    TRY(pidfd_open, comes_off(syscall(CALL_PIDFD_OPEN, getppid(), 0)))                  \
    TRY(pidfd_signal, comes_off(syscall(CALL_PIDFD_SEND_SIGNAL, parent, 0, NULL, 0)))   \
    TRY(own_signals, comes_off(fcntl(victim, F_SETOWN, getppid())))                     \
    TRY(limit_parent, limits_parent())                                                  \
    TRY(slow_parent, comes_off(setpriority(PRIO_PROCESS, (id_t)getppid(), 19)))         \
    TRY(peek, peeks())                                                                  \
    TRY(io_uring, syscall(CALL_IO_URING_SETUP, 1, (char[256]){0}) >= 0)                 \
    TRY(remove, comes_off(unlink("victim.txt")))                                        \
    TRY(memory, takes_memory())                                                         \
    TRY(setsid, comes_off(setsid()))

#define FUNCTION(name, expression) \
    static bool try_##name(void) { \
        return expression;         \
    }
TRIES(FUNCTION)

#define ROW(name, expression) {#name, try_##name},
static const struct {
    const char *name;
    bool (*run)(void);
} tries[] = {TRIES(ROW)};

/* The old calls of some machines. */
static void try_old_calls(void) {
#if defined(SYS_creat)
    fprintf(answers, "creat %s\n", syscall(SYS_creat, "made7", 0600) >= 0 ? "yes" : "no");
#endif
#if defined(SYS_mknod)
    fprintf(answers, "mknod %s\n",
            syscall(SYS_mknod, "made8", S_IFREG | 0600, 0) >= 0 ? "yes" : "no");
#endif
#if defined(SYS_utime)
    fprintf(answers, "utime %s\n", syscall(SYS_utime, "victim.txt", NULL) >= 0 ? "yes" : "no");
#endif
}

/* As on a kernel that lacks the call; for prctl only where it asks for a filter. */
static void take_away(uint32_t call, uint32_t first_argument, bool any) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | (any ? BPF_JGE : BPF_JEQ) | BPF_K, first_argument, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        exit(3);
}

static void go_into_cage(const char *folder, const char *form) {
    char text[96] = "none";
    const fmi_confine confine = {
        .memory_bytes = UINT64_C(256) << 20, .cpu_seconds = 2, .readable = {folder}};
    if (strcmp(form, "no-landlock") == 0)
        take_away(CALL_LANDLOCK_CREATE_RULESET, 0, true);
    if (strcmp(form, "no-seccomp") == 0) {
        take_away(SYS_seccomp, 0, true);
        take_away(SYS_prctl, PR_SET_SECCOMP, false);
    }
    if (strcmp(form, "free") != 0)
        fmi_confine_self(&confine, text);
    fprintf(answers, "force %s\n", text);
}

int main(int argc, char **argv) {
    if (argc != 4 || chdir(argv[1]) != 0)
        return 2;
    outside = argv[2];
    answers = fdopen(dup(STDOUT_FILENO), "w");
    victim = open("victim.txt", O_RDONLY | O_CLOEXEC);
    parent = (int)syscall(CALL_PIDFD_OPEN, getppid(), 0);
    if (!answers || victim < 0)
        return 2;
    (void)setxattr("victim.txt", "user.w", "1", 1, 0);
    go_into_cage(argv[1], argv[3]);
    try_old_calls();
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        fprintf(answers, "%s %s\n", tries[i].name, tries[i].run() ? "yes" : "no");
    fflush(answers);
    if (strcmp(argv[3], "free") == 0)
        return 0;
    char *const arguments[] = {(char *)"true", NULL};
    execv("/bin/true", arguments);
    fprintf(answers, "exec no\n");
    fflush(answers);
    for (volatile unsigned long i = 0;; i++) { /* until the time is up */
    }
}
