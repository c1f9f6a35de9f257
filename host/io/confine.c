/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include "confine_calls.h"
#include "confine_paths.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LARGEST_FILE (UINT64_C(3) << 30) /* the answer is written to a file in memory */

static void limit(int which, uint64_t value) {
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};
    (void)setrlimit(which, &r);
}

/* None of processes: the kernel counts those of the user, not ours, and exempts root. No process
 * can be started because seccomp allows no call that does. */
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

const char *fmi_confine_self(const fmi_confine *confine, char out[96]) {
    bool privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    apply_limits(confine);
    bool paths = privileges && fmi_confine_paths(confine);
    bool calls = privileges && fmi_confine_calls(confine->writable != NULL);
    snprintf(out, 96, "limits, %sLandlock, %sseccomp", paths ? "" : "no ", calls ? "" : "no ");
    return out;
}
