/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include "peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOW_MEMORY (UINT64_C(1) << 30)

void fmi_doctor_say(fmi_doctor *d, bool good, const char *advice, const char *format, ...) {
    if (d->count == FMI_FINDINGS_MAX)
        return;
    fmi_finding *f = &d->finding[d->count++];
    f->good = good;
    d->bad += good ? 0 : 1;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
    (void)snprintf(f->advice, sizeof f->advice, "%s", good ? "" : advice);
}

/* First word of a file of /sys/devices/system; "" when it cannot be read. */
static void read_word(const char *root, const char *name, char *out, size_t out_bytes) {
    char path[1200];
    out[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/sys/devices/system/%s", root, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(out, (int)out_bytes, file))
        out[0] = '\0';
    out[strcspn(out, " \n")] = '\0';
    (void)fclose(file);
}

void fmi_doctor_machine(fmi_doctor *d, const fmi_environment *e, const char *root) {
    char word[64], boost[64];
    if (e->machine_facts.governor[0])
        fmi_doctor_say(d, strcmp(e->machine_facts.governor, "performance") == 0,
                       "cpupower frequency-set -g performance", "clock governor of the CPU: %s",
                       e->machine_facts.governor);
    read_word(root, "cpu/intel_pstate/no_turbo", word, sizeof word);
    if (!word[0]) {
        read_word(root, "cpu/cpufreq/boost", boost, sizeof boost);
        if (boost[0])
            fmi_doctor_say(d, boost[0] == '0',
                           "write 0 to /sys/devices/system/cpu/cpufreq/boost for steadier "
                           "numbers",
                           "turbo is %s", boost[0] == '0' ? "off" : "on");
    } else {
        fmi_doctor_say(
            d, word[0] == '1',
            "write 1 to /sys/devices/system/cpu/intel_pstate/no_turbo for steadier numbers",
            "turbo is %s", word[0] == '1' ? "off" : "on");
    }
    read_word(root, "cpu/smt/active", word, sizeof word);
    if (word[0])
        fmi_doctor_say(d, word[0] == '0',
                       "results of neighbours on one core vary: use --pin, or turn SMT off",
                       "SMT is %s", word[0] == '0' ? "off" : "on");
    fmi_doctor_say(d, !(e->load > 0.25 * e->cores), "wait for the other work to end, or stop it",
                   "load average %.2f on %u cores", e->load, e->cores);
    fmi_doctor_say(d, e->memory_available > LOW_MEMORY,
                   "close programs: cells will be infeasible or swap",
                   "%.1f GB of memory available", 1e-9 * (double)e->memory_available);
    fmi_doctor_say(d, e->clock_step_ns <= 1000,
                   "use the tsc clock source: see dmesg for why it is not",
                   "the clock advances in steps of %llu ns", (unsigned long long)e->clock_step_ns);
    read_word(root, "clocksource/clocksource0/current_clocksource", word, sizeof word);
    if (word[0])
        fmi_doctor_say(d,
                       strcmp(word, "tsc") == 0 || strcmp(word, "kvm-clock") == 0 ||
                           strcmp(word, "arch_sys_counter") == 0,
                       "boot with clocksource=tsc where the hardware allows it", "clock source: %s",
                       word);
}

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

void fmi_doctor_device(fmi_doctor *d, const fm_caps *caps, const char *clock) {
    fmi_doctor_say(d, true, "", "device %s on %s, driver %s", caps->name, caps->platform,
                   caps->driver);
    if (has(caps->platform, "Portable Computing"))
        fmi_doctor_say(d, atoi(caps->driver) >= 3, "install a newer PoCL (pocl-opencl-icd)",
                       "PoCL %s", caps->driver);
    if (has(caps->name, "llvmpipe"))
        fmi_doctor_say(d, false, "install pocl-opencl-icd: PoCL is much faster on a CPU",
                       "the device is Mesa's llvmpipe");
    fmi_doctor_say(d, strncmp(clock, "trusted", 7) == 0,
                   "nothing to do: times are taken by the wall clock", "event clock: %s", clock);
    if (caps->type == FM_DEVICE_CPU && getenv("POCL_MAX_PTHREAD_COUNT"))
        fmi_doctor_say(d, false, "unset it unless you mean to limit the threads",
                       "POCL_MAX_PTHREAD_COUNT is %s", getenv("POCL_MAX_PTHREAD_COUNT"));
    if (caps->type == FM_DEVICE_GPU && !caps->unified_memory &&
        caps->max_alloc_bytes < caps->global_bytes / 8)
        fmi_doctor_say(d, false, "turn on Resizable BAR in the firmware",
                       "the largest buffer is %.1f GB of %.1f",
                       1e-9 * (double)caps->max_alloc_bytes, 1e-9 * (double)caps->global_bytes);
    fmi_doctor_say(d, caps->compiler, "use another driver", "the device %s kernels from source",
                   caps->compiler ? "builds" : "cannot build");
}

/* Messages are "what failed; what to do", sometimes with more of either. */
void fmi_doctor_no_device(fmi_doctor *d, const char *message) {
    const char *advice = strstr(message, "; ");
    const int length = advice ? (int)(advice - message) : (int)strlen(message);
    fmi_doctor_say(d, false,
                   advice ? advice + 2
                          : "see fmbench devices; try another driver, for example pocl-opencl-icd",
                   "no usable device: %.*s", length, message);
}

void fmi_doctor_peers(fmi_doctor *d) {
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const char *reason = fmi_peers[i]->unavailable(NULL);
        fmi_doctor_say(d, !reason, "install the library and build again; see the configure summary",
                       "peer %s of %s: %s", fmi_peers[i]->name, fmi_peers[i]->op,
                       reason ? reason : "available");
    }
}
