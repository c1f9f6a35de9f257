/* SPDX-License-Identifier: MIT */
/* The parent of fm-import. */
#include "confined.h"

#include "side_wire.h"

#include "clock.h"
#include "error.h"
#include "flag.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
#define MOMENT_MS 100 /* how late a signal is seen */
#define MOMENT_NS (MOMENT_MS * UINT64_C(1000000))
#define STEP_NS UINT64_C(100000) /* of the wait for its end, at first */
#define LEAST_SECONDS 30 /* of the clock: the child's own limit counts CPU time and is shorter */
#define BYTES_A_SECOND (UINT64_C(1) << 19)
#define LOG_BYTES (1 << 16)

/* The environment as the process began, for the importer: another thread may be opening a device,
 * and PoCL sets a variable then, which moves environ under a spawn (EFAULT). The strings stay. */
static char **first_environment;

/* An importer's pictures and scenes are fresh memory; glibc's malloc asks for large pages then. */
static char large_pages[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";

__attribute__((constructor)) static void keep_environment(void) {
    size_t count = 0;
    while (environ && environ[count])
        count++;
    first_environment = calloc(count + 2, sizeof *first_environment);
    if (first_environment && count > 0)
        memcpy(first_environment, environ, count * sizeof *first_environment);
    if (first_environment && !getenv("GLIBC_TUNABLES"))
        first_environment[count] = large_pages;
}

/* A started importer. */
typedef struct importer {
    pid_t pid;
    int file; /* the answer */
    int log;  /* its lines */
} importer;

/* ---- where the program is ---- */

static bool is_program(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static bool find_program(char out[1200]) {
    const char *named = getenv("FM_IMPORTER");
    char self[1024];
    if (named && named[0]) {
        snprintf(out, 1200, "%s", named);
        return is_program(out);
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? (self[n] = '\0', strrchr(self, '/')) : NULL;
    if (!slash)
        return false;
    *slash = '\0';
    snprintf(out, 1200, "%s/fm-import", self);
    if (is_program(out))
        return true;
    snprintf(out, 1200, "%s/../libexec/facemorph/fm-import", self);
    if (is_program(out))
        return true;
    snprintf(out, 1200, "%s", FM_IMPORTER_INSTALLED); /* for programs of others */
    return is_program(out);
}

/* ---- start ---- */

/* Descriptors move to 3 and 4 in the child; they must not be in each other's way before. */
static int above(int fd) {
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    int code = errno;
    close(fd);
    errno = code;
    return high;
}

static int spawn(importer *child, const char *program, const char *path, const char *texture,
                 int log_end) {
    char *argv[] = {(char *)"fm-import", (char *)path, (char *)texture, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_adddup2(&actions, child->file, FMI_WIRE_FILE);
    posix_spawn_file_actions_adddup2(&actions, log_end, FMI_WIRE_LOG);
    int code = posix_spawn(&child->pid, program, &actions, &attributes, argv,
                           first_environment ? first_environment : environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

static fm_status start(importer *child, const char *program, const char *path, const char *texture,
                       fm_error *err) {
    int ends[2] = {-1, -1};
    *child = (importer){.file = -1, .log = -1};
    int file = memfd_create("fm-import", MFD_CLOEXEC);
    int log_end = -1;
    if (file >= 0)
        child->file = above(file);
    if (child->file >= 0 && pipe2(ends, O_CLOEXEC) == 0)
        log_end = above(ends[1]);
    child->log = ends[0];
    if (log_end < 0)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no descriptors for the importer: %s", path,
                        strerror(errno));
    int code = spawn(child, program, path, texture, log_end);
    close(log_end);
    if (code != 0)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: %s cannot be started: %s", path, program,
                        strerror(code));
    return FM_OK;
}

/* ---- its lines ---- */

static void hand_on(const fm_log *log, char *line) {
    char text[1024];
    int level = line[0] - '0';
    if (level < FM_LOG_ERROR || level > FM_LOG_DEBUG)
        return;
    fmi_escape(text, sizeof text, line + 1);
    fmi_log(log, (fm_log_level)level, "%s", text);
}

/* Waits a moment at most. What is added to *spent is no more, however long the whole process was
 * stopped meanwhile. */
static int wait_a_moment(int fd, uint64_t *spent) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t start = fmi_clock_ns();
    int ready = poll(&p, 1, MOMENT_MS);
    uint64_t took = fmi_clock_ns() - start;
    *spent += took < MOMENT_NS ? took : MOMENT_NS;
    return ready;
}

/* Reads until the child closes its end; until *spent is the limit, or the work is cancelled. */
static void read_lines(const importer *child, const fm_log *log, uint64_t limit, uint64_t *spent,
                       const volatile sig_atomic_t *cancel) {
    char *text = malloc(LOG_BYTES);
    size_t used = 0;
    while (text) {
        bool goes_on = *spent < limit && fmi_flag_get(cancel) == 0;
        int ready = goes_on ? wait_a_moment(child->log, spent) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0 && goes_on)
            continue;
        ssize_t n = ready > 0 ? read(child->log, text + used, LOG_BYTES - 1 - used) : 0;
        if (n <= 0)
            break;
        used += (size_t)n;
        if (used == LOG_BYTES - 1) /* more than anybody reads: the rest is dropped */
            used /= 2;
    }
    if (text) {
        text[used] = '\0';
        char *rest = text;
        for (char *line = strsep(&rest, "\n"); line && rest; line = strsep(&rest, "\n"))
            hand_on(log, line);
    }
    free(text);
}

/* ---- its end ---- */

static fm_status judge(int result, const char *path, fm_error *err) {
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return FM_OK;
    if (WIFEXITED(result) && WEXITSTATUS(result) == FMI_WIRE_NO_ROOM)
        return fmi_fail(err, FM_ERROR_IO,
                        "%s: the importer has no room for its answer; raise the limit of file "
                        "sizes (ulimit -f), or free memory",
                        path);
    int number = WIFSIGNALED(result) ? WTERMSIG(result) : 0;
    if (number == SIGXCPU || number == SIGKILL)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: reading it takes too long and was stopped; the file is damaged or "
                        "meant to harm",
                        path);
    if (number != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: the importer crashed (%s); the file is damaged or meant to harm", path,
                        strsignal(number));
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: the importer ended with status %d; the file is damaged, or too large for "
                    "the memory it may use",
                    path, WEXITSTATUS(result));
}

static fm_status fail_cancelled(fm_error *err) {
    return fmi_fail(err, FM_ERROR_CANCELLED, "interrupted while files were read");
}

/* The child's result. It may have closed its lines and go on: it is killed at the limit as well. */
static int reap(const importer *child, uint64_t limit, uint64_t spent,
                const volatile sig_atomic_t *cancel) {
    int result = 0;
    for (uint64_t step = STEP_NS; spent < limit && fmi_flag_get(cancel) == 0; spent += step) {
        const struct timespec wait = {.tv_nsec = (long)step};
        const pid_t got = waitpid(child->pid, &result, WNOHANG);
        if (got == child->pid || (got < 0 && errno != EINTR))
            return result;
        (void)nanosleep(&wait, NULL);
        step = step < MOMENT_NS / 10 ? step * 2 : step;
    }
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &result, 0) < 0 && errno == EINTR) {
    }
    return result;
}

static fm_status finish(importer *child, const char *path, const fm_log *log,
                        const volatile sig_atomic_t *cancel, fm_error *err) {
    struct stat info;
    uint64_t bytes = stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
    uint64_t limit = (LEAST_SECONDS + bytes / BYTES_A_SECOND) * SECOND_NS, spent = 0;
    read_lines(child, log, limit, &spent, cancel);
    int result = reap(child, limit, spent, cancel);
    /* A terminal signals the child as well, which then did not crash. */
    return fmi_flag_get(cancel) ? fail_cancelled(err) : judge(result, path, err);
}

fm_status fmi_side_load_confined(fmi_side *side, const char *path, const char *texture_path,
                                 const fm_log *log, const volatile sig_atomic_t *cancel,
                                 fm_error *err) {
    char program[1200];
    importer child;
    *side = (fmi_side){0};
    if (fmi_flag_get(cancel))
        return fail_cancelled(err);
    const char *named = getenv("FM_IMPORTER");
    const bool found = find_program(program);
    if (!found && named && named[0])
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "FM_IMPORTER=%s: is no program; name the importer, or unset it", named);
    if (!found) {
        fmi_log(log, FM_LOG_WARNING,
                "%s: no fm-import beside the program: the file is read unconfined", path);
        return fmi_side_load(side, path, texture_path, log, err);
    }
    fm_status status = start(&child, program, path, texture_path, err);
    if (status == FM_OK)
        status = finish(&child, path, log, cancel, err);
    if (status == FM_OK)
        status = fmi_wire_read(child.file, side, path, err);
    if (child.file >= 0)
        close(child.file);
    if (child.log >= 0)
        close(child.log);
    return status;
}
