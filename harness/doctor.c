/* SPDX-License-Identifier: MIT */
/* fmbench doctor: what will hurt measurements on this machine, and what to do about it. */
#include "child.h"
#include "commands.h"
#include "console.h"
#include "environment.h"
#include "error.h"
#include "io/json.h"
#include "runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINDINGS_MAX 24
#define LOW_MEMORY (UINT64_C(1) << 30)

/* One finding. */
typedef struct finding {
    bool good;
    char what[200];
    char advice[200]; /* "" when good */
} finding;

typedef struct doctor {
    finding finding[FINDINGS_MAX];
    uint32_t count, bad;
} doctor;

static void say(doctor *d, bool good, const char *advice, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void say(doctor *d, bool good, const char *advice, const char *format, ...) {
    if (d->count == FINDINGS_MAX)
        return;
    finding *f = &d->finding[d->count++];
    f->good = good;
    d->bad += good ? 0 : 1;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
    (void)snprintf(f->advice, sizeof f->advice, "%s", good ? "" : advice);
}

/* First word of a file; "" when it cannot be read. */
static void read_word(const char *path, char *out, size_t out_bytes) {
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(out, (int)out_bytes, file))
        out[0] = '\0';
    out[strcspn(out, " \n")] = '\0';
    (void)fclose(file);
}

static void look_at_machine(doctor *d, const fmi_environment *e) {
    char word[64], boost[64];
    if (e->machine_facts.governor[0])
        say(d, strcmp(e->machine_facts.governor, "performance") == 0,
            "cpupower frequency-set -g performance", "clock governor of the CPU: %s",
            e->machine_facts.governor);
    read_word("/sys/devices/system/cpu/intel_pstate/no_turbo", word, sizeof word);
    if (!word[0]) {
        read_word("/sys/devices/system/cpu/cpufreq/boost", boost, sizeof boost);
        if (boost[0])
            say(d, boost[0] == '0',
                "write 0 to /sys/devices/system/cpu/cpufreq/boost for steadier "
                "numbers",
                "turbo is %s", boost[0] == '0' ? "off" : "on");
    } else {
        say(d, word[0] == '1',
            "write 1 to /sys/devices/system/cpu/intel_pstate/no_turbo for steadier numbers",
            "turbo is %s", word[0] == '1' ? "off" : "on");
    }
    read_word("/sys/devices/system/cpu/smt/active", word, sizeof word);
    if (word[0])
        say(d, word[0] == '0', "results of neighbours on one core vary: use --pin, or turn SMT off",
            "SMT is %s", word[0] == '0' ? "off" : "on");
    say(d, !(e->load > 0.25 * e->cores), "wait for the other work to end, or stop it",
        "load average %.2f on %u cores", e->load, e->cores);
    say(d, e->memory_available > LOW_MEMORY, "close programs: cells will be infeasible or swap",
        "%.1f GB of memory available", 1e-9 * (double)e->memory_available);
    say(d, e->clock_step_ns <= 1000, "use the tsc clock source: see dmesg for why it is not",
        "the clock advances in steps of %llu ns", (unsigned long long)e->clock_step_ns);
    read_word("/sys/devices/system/clocksource/clocksource0/current_clocksource", word,
              sizeof word);
    if (word[0])
        say(d,
            strcmp(word, "tsc") == 0 || strcmp(word, "kvm-clock") == 0 ||
                strcmp(word, "arch_sys_counter") == 0,
            "boot with clocksource=tsc where the hardware allows it", "clock source: %s", word);
}

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

static void look_at_device(doctor *d, const fm_caps *caps, const char *clock) {
    say(d, true, "", "device %s on %s, driver %s", caps->name, caps->platform, caps->driver);
    if (has(caps->platform, "Portable Computing"))
        say(d, atoi(caps->driver) >= 3, "install a newer PoCL (pocl-opencl-icd)", "PoCL %s",
            caps->driver);
    if (has(caps->name, "llvmpipe"))
        say(d, false, "install pocl-opencl-icd: PoCL is much faster on a CPU",
            "the device is Mesa's llvmpipe");
    say(d, strncmp(clock, "trusted", 7) == 0, "nothing to do: times are taken by the wall clock",
        "event clock: %s", clock);
    if (caps->type == FM_DEVICE_CPU && getenv("POCL_MAX_PTHREAD_COUNT"))
        say(d, false, "unset it unless you mean to limit the threads",
            "POCL_MAX_PTHREAD_COUNT is %s", getenv("POCL_MAX_PTHREAD_COUNT"));
    if (caps->type == FM_DEVICE_GPU && !caps->unified_memory &&
        caps->max_alloc_bytes < caps->global_bytes / 8)
        say(d, false, "turn on Resizable BAR in the firmware",
            "the largest buffer is %.1f GB of %.1f", 1e-9 * (double)caps->max_alloc_bytes,
            1e-9 * (double)caps->global_bytes);
    say(d, caps->compiler, "use another driver", "the device %s kernels from source",
        caps->compiler ? "builds" : "cannot build");
}

static void look_at_peers(doctor *d) {
    const fmi_case_params params = {0};
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const char *reason = fmi_peers[i]->unavailable(&params);
        say(d, !reason, "install the library and build again; see the configure summary",
            "peer %s of %s: %s", fmi_peers[i]->name, fmi_peers[i]->op,
            reason ? reason : "available");
    }
}

static void print_findings(const doctor *d) {
    for (uint32_t i = 0; i < d->count; ++i) {
        (void)printf("%s  %s\n", d->finding[i].good ? "good" : "look", d->finding[i].what);
        if (d->finding[i].advice[0])
            (void)printf("      -> %s\n", d->finding[i].advice);
    }
}

static void print_json(const doctor *d) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/doctor/1");
    fmi_json_begin(&json, "findings", '[');
    for (uint32_t i = 0; i < d->count; ++i) {
        fmi_json_begin(&json, NULL, '{');
        fmi_json_bool(&json, "good", d->finding[i].good);
        fmi_json_string(&json, "what", d->finding[i].what);
        fmi_json_string(&json, "advice", d->finding[i].advice[0] ? d->finding[i].advice : NULL);
        fmi_json_end(&json);
    }
    fmi_json_end(&json);
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    if (text)
        (void)fputs(text, stdout);
    fmi_json_free(&json);
}

/* The device is looked at by a worker: a driver that dies is a finding, not an end. */
static fm_status examine(doctor *d, const fmi_options *options, int argc, char *const *argv,
                         fm_error *err) {
    fmi_environment environment;
    fm_caps caps = {0};
    fmi_opencl_facts facts = {.clock = "not tested"};
    fmi_runner *runner = NULL;
    const fmi_runner_params how = {.options = options, .argc = argc, .argv = argv};
    fm_status status = fmi_runner_create(&runner, &how, err);
    if (status != FM_OK)
        return status;
    status = fmi_runner_device(runner, options->device, &caps, &facts, err);
    fmi_runner_destroy(&runner);
    fmi_environment_read(&environment, &caps, &facts);
    look_at_machine(d, &environment);
    if (status == FM_OK)
        look_at_device(d, &caps, facts.clock);
    else
        say(d, false, "see fmbench devices; install a driver, for example pocl-opencl-icd",
            "no usable device: %.150s", err->message);
    look_at_peers(d);
    return status;
}

int fmi_command_doctor(const fmi_options *options, int argc, char *const *argv) {
    doctor *d = calloc(1, sizeof *d);
    fm_error err = {0};
    if (!d)
        return fmi_exit_code(FM_ERROR_HOST_MEMORY);
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    const fm_status status = examine(d, options, argc, argv, &err);
    if (options->format == FMI_FORMAT_JSON)
        print_json(d);
    else
        print_findings(d);
    (void)fprintf(stderr, "verdict=%s findings=%u\n", d->bad ? "look" : "good", d->bad);
    free(d);
    return fflush(stdout) != 0 ? 5 : status == FM_OK ? 0 : fmi_exit_code(status);
}
