/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RANGES 32

static struct {
    pthread_mutex_t mutex;
    int report; /* open from the start: a confined process opens nothing */
    bool first, armed, sticky;
    fmt_kind kind;
    unsigned long nth, seen[FMT_KINDS], failed;
    const char *call; /* of the first failure */
    unsigned range_count;
    struct {
        uintptr_t begin, end;
    } range[RANGES];
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .report = -1};

/* ---- whose a call is ---- */

static bool is_ours(const char *name) {
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    if (strncmp(base, "libfmtorture", 12) == 0 || strncmp(base, "libfmfault", 10) == 0)
        return false;
    if (name[0] == '\0') /* the program: a driver may start a linker */
        return strncmp(program_invocation_short_name, "fm", 2) == 0;
    return strstr(base, "fm_") || strstr(base, "libfm");
}

static int add_ranges(struct dl_phdr_info *info, size_t bytes, void *user) {
    (void)bytes;
    (void)user;
    if (!is_ours(info->dlpi_name) || strstr(info->dlpi_name, "linux-vdso"))
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || state.range_count == RANGES)
            continue;
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        state.range[state.range_count].begin = begin;
        state.range[state.range_count++].end = begin + part->p_memsz;
    }
#if defined(FMT_COUNTERS)
    fmt_note_file(info->dlpi_name, info->dlpi_addr);
#endif
    return 0;
}

void fmt_find_ours(void) {
    pthread_mutex_lock(&state.mutex);
    state.range_count = 0;
    dl_iterate_phdr(add_ranges, NULL);
#if defined(FMT_COUNTERS)
    fmt_find_counters();
#endif
    pthread_mutex_unlock(&state.mutex);
}

static bool from_ours(const void *from) {
    uintptr_t at = (uintptr_t)from;
#if defined(FMT_COUNTERS)
    if (fmt_is_counter(at))
        return false;
#endif
    for (unsigned i = 0; i < state.range_count; i++)
        if (at >= state.range[i].begin && at < state.range[i].end)
            return true;
    return false;
}

/* ---- start and end ---- */

static void refuse(const char *name) {
    dprintf(STDERR_FILENO, "fmtorture: %s=%s is not understood\n", name, getenv(name));
    _exit(99);
}

static void read_rule(void) {
    const char *text = getenv("FMTORTURE_FAIL");
    char kind[8] = "", end[8] = "";
    if (!text)
        return;
    int parts = sscanf(text, "%7[a-z]:%lu:%7s", kind, &state.nth, end);
    state.kind = strcmp(kind, "system") == 0 ? FMT_SYSTEM : FMT_ALLOC;
    state.sticky = strcmp(end, "sticky") == 0;
    state.armed = true;
    if (parts < 2 || state.nth == 0 || (parts == 3 && !state.sticky) ||
        (state.kind == FMT_ALLOC && strcmp(kind, "alloc") != 0))
        refuse("FMTORTURE_FAIL");
}

static void read_process(void) {
    const char *in = getenv("FMTORTURE_IN");
    const char *first = getenv("FMTORTURE_FIRST");
    char pid[24];
    bool child = in && strcmp(in, "child") == 0;
    if (in && !child && strcmp(in, "first") != 0)
        refuse("FMTORTURE_IN");
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    state.first = !first || strcmp(first, pid) == 0;
    setenv("FMTORTURE_FIRST", pid, 0);
    state.armed = state.armed && state.first == !child;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FMTORTURE_REPORT");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return; /* a program of another user of the variable: no report, no faults */
    state.report = fcntl(fd, F_DUPFD_CLOEXEC, 300);
    close(fd);
    read_rule();
    read_process();
    fmt_find_ours();
}

void fmt_report(void) {
    char line[160];
    int n =
        snprintf(line, sizeof line, "%s pid=%ld alloc=%lu system=%lu failed=%lu call=%s nth=%lu\n",
                 state.first ? "first" : "child", (long)getpid(), state.seen[FMT_ALLOC],
                 state.seen[FMT_SYSTEM], state.failed, state.call ? state.call : "none",
                 state.call ? state.nth : 0);
    if (state.report >= 0 && n > 0 && write(state.report, line, (size_t)n) < 0)
        state.report = -1;
}

__attribute__((destructor)) static void end(void) {
    fmt_report();
}

/* ---- a call ---- */

bool fmt_fails(fmt_kind kind, const char *call, const void *from) {
    int code = errno;
    bool fails = false, first = false;
    if (state.report < 0 || !from_ours(from))
        return false;
    pthread_mutex_lock(&state.mutex);
    unsigned long n = ++state.seen[kind];
    if (state.armed && kind == state.kind)
        fails = n == state.nth || (state.sticky && n > state.nth);
    if (fails && state.failed++ == 0) {
        state.call = call;
        first = true;
    }
    pthread_mutex_unlock(&state.mutex);
    if (first)
        fmt_report();
    errno = code;
    return fails;
}
