/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "clock.h"
#include "error.h"
#include "fd.h"
#include "flag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 62

/* --- start ---------------------------------------------------------------------------------- */

static bool replaced(const char *entry, const char *const *settings) {
    const size_t length = strcspn(entry, "=") + 1;
    for (size_t i = 0; settings && settings[i]; ++i)
        if (strncmp(settings[i], entry, length) == 0)
            return true;
    return false;
}

/* Our environment with the settings on top; free with free(). */
static char **environment_with(const char *const *settings) {
    size_t ours = 0;
    size_t added = 0;
    while (environ[ours])
        ++ours;
    while (settings && settings[added])
        ++added;
    char **all = malloc((ours + added + 1) * sizeof *all);
    if (!all)
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < ours; ++i)
        if (!replaced(environ[i], settings))
            all[count++] = environ[i];
    for (size_t i = 0; i < added; ++i)
        all[count++] = (char *)(uintptr_t)settings[i]; /* posix_spawn does not write to it */
    all[count] = NULL;
    return all;
}

/* Descriptors of the child: commands, nothing printed among results, answers, mapping. */
static int child_descriptors(posix_spawn_file_actions_t *actions, int commands, int answers,
                             const fmi_child_params *params) {
    int failed = posix_spawn_file_actions_adddup2(actions, commands, STDIN_FILENO);
    failed |= posix_spawn_file_actions_adddup2(actions, answers, FMI_CHILD_ANSWERS);
    if (params->shared > 0)
        failed |= posix_spawn_file_actions_adddup2(actions, params->shared, FMI_CHILD_SHARED);
    else /* what we ourselves were started with would pass for a mapping */
        failed |= posix_spawn_file_actions_addclose(actions, FMI_CHILD_SHARED);
    if (params->silent)
        failed |=
            posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    failed |= posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
    return failed;
}

static int spawn(pid_t *pid, int commands, int answers, const fmi_child_params *params) {
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)params->program};
    for (size_t i = 0; params->arguments && params->arguments[i] && i < ARGUMENTS_MAX; ++i)
        argv[i + 1] = (char *)(uintptr_t)params->arguments[i];
    char **all = environment_with(params->settings);
    posix_spawn_file_actions_t actions;
    if (!all || posix_spawn_file_actions_init(&actions) != 0) {
        free(all);
        return ENOMEM;
    }
    int failed = child_descriptors(&actions, commands, answers, params);
    if (!failed)
        failed = posix_spawn(pid, params->program, &actions, NULL, argv, all);
    (void)posix_spawn_file_actions_destroy(&actions);
    free(all);
    return failed;
}

/* A pipe whose ends lie above the numbers that the child's descriptors take. */
static int high_pipe(int ends[2]) {
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) != 0)
        return -1;
    for (int i = 0; i < 2; ++i) {
        ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, FMI_CHILD_SHARED + 1);
        (void)close(raw[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return 0;
    for (int i = 0; i < 2; ++i)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return -1;
}

fm_status fmi_child_start(fmi_child *child, const fmi_child_params *params, fm_error *err) {
    *child = (fmi_child){0};
    int commands[2], answers[2];
    if (high_pipe(commands) != 0)
        return fmi_fail(err, FM_ERROR_IO, "no pipe for %s: %s", params->program, strerror(errno));
    if (high_pipe(answers) != 0) {
        (void)close(commands[0]);
        (void)close(commands[1]);
        return fmi_fail(err, FM_ERROR_IO, "no pipe for %s: %s", params->program, strerror(errno));
    }
    pid_t pid = 0;
    const int failed = spawn(&pid, commands[0], answers[1], params);
    (void)close(commands[0]);
    (void)close(answers[1]);
    if (failed) {
        (void)close(commands[1]);
        (void)close(answers[0]);
        return fmi_fail(err, FM_ERROR_IO, "%s cannot be started: %s", params->program,
                        strerror(failed));
    }
    *child = (fmi_child){.pid = pid, .to = commands[1], .from = answers[0]};
    return FM_OK;
}

/* --- talk ----------------------------------------------------------------------------------- */

fm_status fmi_child_write(fmi_child *child, const void *from, size_t bytes, fm_error *err) {
    if (!fmi_fd_write(child->to, from, bytes))
        return fmi_fail(err, FM_ERROR_IO, "the helper process %d takes no commands: %s",
                        (int)child->pid, strerror(errno));
    return FM_OK;
}

/* Waits until there is something to read. */
static fm_status wait_for_answer(fmi_child *child, uint64_t deadline_ns,
                                 const volatile sig_atomic_t *cancel, fm_error *err) {
    for (;;) {
        if (fmi_flag_get(cancel))
            return fmi_fail(err, FM_ERROR_CANCELLED, "stopped while waiting for a helper process");
        const uint64_t now = fmi_clock_ns();
        if (now >= deadline_ns)
            return fmi_fail(err, FM_ERROR_LIMIT, "the helper process %d did not answer in time",
                            (int)child->pid);
        const uint64_t left_ms = (deadline_ns - now) / 1000000 + 1;
        struct pollfd poll_for = {.fd = child->from, .events = POLLIN};
        /* Signals interrupt poll, but one that came just before it does not: look again soon. */
        const int ready = poll(&poll_for, 1, left_ms < 200 ? (int)left_ms : 200);
        if (ready > 0)
            return FM_OK;
        if (ready < 0 && errno != EINTR)
            return fmi_fail(err, FM_ERROR_IO, "the helper process %d cannot be waited for: %s",
                            (int)child->pid, strerror(errno));
    }
}

fm_status fmi_child_read(fmi_child *child, void *to, size_t bytes, double timeout_s,
                         const volatile sig_atomic_t *cancel, fm_error *err) {
    const uint64_t deadline_ns = fmi_clock_ns() + (uint64_t)(1e9 * timeout_s);
    char *at = to;
    while (bytes > 0) {
        const fm_status status = wait_for_answer(child, deadline_ns, cancel, err);
        if (status != FM_OK)
            return status;
        const ssize_t got = read(child->from, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fmi_fail(err, FM_ERROR_IO, "the helper process %d ended", (int)child->pid);
        at += got;
        bytes -= (size_t)got;
    }
    return FM_OK;
}

/* --- end ------------------------------------------------------------------------------------ */

static bool reap(fmi_child *child, int how) {
    pid_t got = 0;
    do
        got = waitpid(child->pid, &child->wait_status, how);
    while (got < 0 && errno == EINTR);
    child->ended = got != 0;
    return child->ended;
}

void fmi_child_end(fmi_child *child, double grace_s) {
    if (child->pid <= 0)
        return;
    (void)close(child->to);
    (void)close(child->from);
    const uint64_t deadline_ns = fmi_clock_ns() + (uint64_t)(1e9 * grace_s);
    bool gone = reap(child, WNOHANG);
    struct timespec pause = {.tv_nsec = 200000};
    while (!gone && fmi_clock_ns() < deadline_ns) {
        (void)nanosleep(&pause, NULL);
        pause.tv_nsec = pause.tv_nsec < 10000000 ? 2 * pause.tv_nsec : 20000000;
        gone = reap(child, WNOHANG);
    }
    if (!gone) {
        (void)kill(child->pid, SIGKILL);
        (void)reap(child, 0);
    }
    *child = (fmi_child){.wait_status = child->wait_status, .ended = true};
}

char *fmi_child_end_text(const fmi_child *child, char *out, size_t out_bytes) {
    const int status = child->wait_status;
    if (WIFSIGNALED(status))
        (void)snprintf(out, out_bytes, "signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(out, out_bytes, "exit code %d", WEXITSTATUS(status));
    return out;
}

void fmi_child_follow_parent(void) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* --- around it ------------------------------------------------------------------------------ */

fm_status fmi_child_path(char *out, size_t out_bytes, const char *name, fm_error *err) {
    const ssize_t length = readlink("/proc/self/exe", out, out_bytes - 1);
    if (length <= 0)
        return fmi_fail(err, FM_ERROR_IO, "the path of this program is not known: %s",
                        strerror(errno));
    out[length] = '\0';
    char *slash = strrchr(out, '/');
    if (name && slash)
        (void)snprintf(slash + 1, out_bytes - (size_t)(slash + 1 - out), "%s", name);
    return FM_OK;
}

fm_status fmi_shared_create(void **mapping, int *descriptor, size_t bytes, fm_error *err) {
    *mapping = NULL;
    const int raw = memfd_create("fmbench", MFD_CLOEXEC);
    *descriptor = raw < 0 ? -1 : fcntl(raw, F_DUPFD_CLOEXEC, FMI_CHILD_SHARED + 1);
    if (raw >= 0)
        (void)close(raw);
    if (*descriptor < 0 || ftruncate(*descriptor, (off_t)bytes) != 0)
        goto fail;
    void *all = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *descriptor, 0);
    if (all == MAP_FAILED)
        goto fail;
    *mapping = all;
    return FM_OK;
fail:
    (void)fmi_fail(err, FM_ERROR_HOST_MEMORY, "no shared memory of %zu bytes: %s", bytes,
                   strerror(errno));
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
    return FM_ERROR_HOST_MEMORY;
}

void fmi_shared_destroy(void *mapping, int descriptor, size_t bytes) {
    if (mapping)
        (void)munmap(mapping, bytes);
    if (mapping && descriptor >= 0)
        (void)close(descriptor);
}
