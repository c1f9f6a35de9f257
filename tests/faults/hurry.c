/* SPDX-License-Identifier: MIT */
/* A fast clock: sixteen seconds go by in one. What fmbench does as often as there is time it does a
 * sixteenth as often, by the same calls, so that each of them can be made to fail in turn.
 * Preloaded. The time of day and the time since the machine's start stay what they are. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMES 16
#define SECOND 1000000000LL

int clock_gettime(clockid_t clock, struct timespec *t) {
    int code = (int)syscall(SYS_clock_gettime, clock, t);
    if (code != 0 || clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
        clock == CLOCK_BOOTTIME)
        return code;
    long long ns = t->tv_nsec * (long long)TIMES;
    t->tv_sec = t->tv_sec * TIMES + (time_t)(ns / SECOND);
    t->tv_nsec = (long)(ns % SECOND);
    return code;
}
