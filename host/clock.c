/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t id) {
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t fmi_clock_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t fmi_clock_cpu_ns(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Reads at most bytes - 1 bytes of a small text file; "" when it cannot be read. */
static void read_text(const char *path, char *out, size_t bytes) {
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file) {
        return;
    }
    size_t got = fread(out, 1, bytes - 1, file);
    out[got] = '\0';
    (void)fclose(file);
}

double fmi_clock_since_start(void) {
    char text[1024];
    unsigned long long ticks = 0;
    read_text("/proc/self/stat", text, sizeof text);
    const char *after_name = strrchr(text, ')'); /* the name itself may hold blanks and brackets */
    long per_second = sysconf(_SC_CLK_TCK);
    /* After the name: state is field 3, the start in ticks since boot is field 22. */
    if (!after_name || per_second <= 0 ||
        sscanf(after_name + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ticks) != 1) {
        return (double)fmi_clock_cpu_ns() * 1e-9; /* a lower bound without the system's record */
    }
    double now = (double)read_clock(CLOCK_BOOTTIME) * 1e-9;
    double elapsed = now - (double)ticks / (double)per_second;
    return elapsed > 0.0 ? elapsed : 0.0;
}

uint64_t fmi_clock_step_ns(void) {
    uint64_t step = UINT64_MAX;
    uint64_t last = fmi_clock_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = fmi_clock_ns();
        if (now > last && now - last < step) {
            step = now - last;
        }
        last = now;
    }
    return step == UINT64_MAX ? 0 : step;
}

uint64_t fmi_peak_resident_bytes(void) {
    /* VmHWM first: ru_maxrss survives exec, so a small child of a large parent would report the
     * parent's size. */
    char text[4096];
    unsigned long long kib = 0;
    read_text("/proc/self/status", text, sizeof text);
    const char *line = strstr(text, "VmHWM:");
    if (line && sscanf(line + 6, "%llu", &kib) == 1) {
        return (uint64_t)kib * 1024U;
    }
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024U;
}
