/* SPDX-License-Identifier: MIT */
#include "frequency.h"

#include "cgroup.h"
#include "nvml.h"

#include <dirent.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUFREQ = 1, CPUINFO, NVML, AMDGPU, I915, XE };
static const char *const sources[] = {"", "cpufreq", "cpuinfo", "nvml", "amdgpu", "i915", "xe"};

#define CORES_MAX 1024 /* of a cpu_set_t */
#define CORES_READ 64  /* more say nothing new and take longer */

/* --- processors ------------------------------------------------------------------------------- */

/* Calls with the folder of each core that this process may use, some of them on large machines. */
static void each_core(const fmi_frequency *f, void (*with)(void *user, const char *folder),
                      void *user) {
    cpu_set_t set;
    char folder[512];
    uint32_t done = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    for (int i = 0; i < CORES_MAX && done < CORES_READ; i++)
        if (CPU_ISSET(i, &set)) {
            (void)snprintf(folder, sizeof folder, "%s/sys/devices/system/cpu/cpu%d", f->root, i);
            with(user, folder);
            done++;
        }
}

typedef struct sum {
    double value;
    uint32_t count;
} sum;

static void add_clock(void *user, const char *folder) {
    sum *s = user;
    uint64_t khz = 0;
    if (fmi_number_read(&khz, folder, "cpufreq/scaling_cur_freq") && khz > 0) {
        s->value += 1e-3 * (double)khz;
        s->count++;
    }
}

static void add_events(void *user, const char *folder) {
    uint64_t *all = user, count = 0;
    if (fmi_number_read(&count, folder, "thermal_throttle/core_throttle_count"))
        *all += count;
}

/* The mean of the "cpu MHz" lines; NAN without any. */
static double from_cpuinfo(const fmi_frequency *f) {
    char path[300], line[256];
    sum s = {0};
    (void)snprintf(path, sizeof path, "%s/proc/cpuinfo", f->root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strncmp(line, "cpu MHz", 7) == 0 ? strchr(line, ':') : NULL;
        if (colon) {
            s.value += strtod(colon + 1, NULL);
            s.count++;
        }
    }
    if (file)
        (void)fclose(file);
    return s.count ? s.value / s.count : (double)NAN;
}

static double cpu_clock(const fmi_frequency *f) {
    sum s = {0};
    if (f->kind == CPUINFO)
        return from_cpuinfo(f);
    each_core(f, add_clock, &s);
    return s.count ? s.value / s.count : (double)NAN;
}

static uint64_t cpu_events(const fmi_frequency *f) {
    uint64_t all = 0;
    each_core(f, add_events, &all);
    return all;
}

static bool open_cpu(fmi_frequency *f) {
    f->kind = CPUFREQ;
    if (!isfinite(cpu_clock(f)))
        f->kind = CPUINFO;
    f->events = cpu_events(f);
    return isfinite(cpu_clock(f));
}

/* --- graphics --------------------------------------------------------------------------------- */

/* The first entry of a folder whose name begins so and which holds a file. */
static bool find_entry(char *out, size_t bytes, const char *folder, const char *begins,
                       const char *file) {
    uint64_t value = 0;
    bool found = false;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && !found && (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, begins, strlen(begins)) != 0)
            continue;
        (void)snprintf(out, bytes, "%.380s/%.100s", folder, entry->d_name);
        found = fmi_number_read(&value, out, file);
    }
    if (entries)
        closedir(entries);
    return found;
}

static bool open_sysfs(fmi_frequency *f, const char *pci) {
    char device[320], folder[400];
    uint64_t value = 0;
    if (!pci[0])
        return false;
    (void)snprintf(device, sizeof device, "%s/sys/bus/pci/devices/%s", f->root, pci);
    (void)snprintf(folder, sizeof folder, "%s/hwmon", device);
    f->kind = AMDGPU;
    if (find_entry(f->folder, sizeof f->folder, folder, "hwmon", "freq1_input"))
        return true;
    f->kind = XE;
    (void)snprintf(f->folder, sizeof f->folder, "%s/tile0/gt0/freq0", device);
    (void)snprintf(f->second, sizeof f->second, "%s/tile0/gt0/freq0/throttle", device);
    if (fmi_number_read(&value, f->folder, "act_freq"))
        return true;
    f->kind = I915;
    (void)snprintf(folder, sizeof folder, "%s/drm", device);
    if (!find_entry(f->folder, sizeof f->folder, folder, "card", "gt/gt0/rps_act_freq_mhz"))
        return false;
    (void)snprintf(f->second, sizeof f->second, "%.480s/gt/gt0", f->folder);
    return true;
}

static double gpu_clock(const fmi_frequency *f) {
    static const char *const files[] = {
        NULL, NULL, NULL, NULL, "freq1_input", "gt/gt0/rps_act_freq_mhz", "act_freq"};
    uint64_t value = 0;
    uint32_t mhz = 0;
    if (f->kind == NVML)
        return fmi_nvml_clock(f->nvml, &mhz) ? mhz : (double)NAN;
    if (!fmi_number_read(&value, f->folder, files[f->kind]))
        return (double)NAN;
    return f->kind == AMDGPU ? 1e-6 * (double)value : (double)value;
}

static void add_word(char *reasons, size_t bytes, const char *word) {
    const size_t used = strlen(reasons);
    if (used + strlen(word) + 3 < bytes)
        (void)snprintf(reasons + used, bytes - used, "%s%s", used ? ", " : "", word);
}

/* amdgpu has no file of reasons: at its power cap or its critical temperature. */
static void amdgpu_reasons(const fmi_frequency *f, char *reasons, size_t bytes) {
    uint64_t now = 0, most = 0;
    if ((fmi_number_read(&now, f->folder, "power1_average") ||
         fmi_number_read(&now, f->folder, "power1_input")) &&
        fmi_number_read(&most, f->folder, "power1_cap") && most > 0 && now >= most / 100 * 98)
        add_word(reasons, bytes, "power cap");
    if (fmi_number_read(&now, f->folder, "temp1_input") &&
        fmi_number_read(&most, f->folder, "temp1_crit") && most > 0 && now >= most)
        add_word(reasons, bytes, "thermal");
}

/* Files throttle_reason_pl1 (i915) or reason_pl1 (xe), each 0 or 1. */
static void intel_reasons(const fmi_frequency *f, char *reasons, size_t bytes) {
    const char *begins = f->kind == XE ? "reason_" : "throttle_reason_";
    DIR *entries = opendir(f->second);
    for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
        uint64_t on = 0;
        char word[64];
        if (strncmp(entry->d_name, begins, strlen(begins)) != 0 ||
            strcmp(entry->d_name + strlen(begins), "status") == 0 ||
            !fmi_number_read(&on, f->second, entry->d_name) || on == 0)
            continue;
        (void)snprintf(word, sizeof word, "%.60s", entry->d_name + strlen(begins));
        add_word(reasons, bytes, word);
    }
    if (entries)
        closedir(entries);
}

static bool open_gpu(fmi_frequency *f, const fm_caps *caps) {
    uint32_t mhz = 0;
    f->nvml = fmi_nvml_open(caps, NULL);
    f->kind = NVML;
    if (f->nvml && fmi_nvml_clock(f->nvml, &mhz))
        return true;
    fmi_nvml_close(&f->nvml);
    return open_sysfs(f, caps->pci);
}

/* Heat and faults; limits of power are how a device is meant to work. */
static bool is_slowed(const char *reasons) {
    static const char *const words[] = {"thermal", "hardware", "brake", "prochot"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(reasons, words[i]))
            return true;
    return false;
}

/* --- all -------------------------------------------------------------------------------------- */

bool fmi_frequency_open(fmi_frequency *f, const fm_caps *caps, const char *root) {
    *f = (fmi_frequency){0};
    (void)snprintf(f->root, sizeof f->root, "%.250s", root);
    /* llvmpipe says that it is a GPU, and is the processor. */
    const bool host = caps->type == FM_DEVICE_CPU || (caps->unified_memory && !caps->pci[0]);
    const bool found = host ? open_cpu(f) : open_gpu(f, caps);
    if (!found) {
        *f = (fmi_frequency){0};
        return false;
    }
    (void)snprintf(f->seen.source, sizeof f->seen.source, "%s", sources[f->kind]);
    return true;
}

static void read_reasons(fmi_frequency *f, char *reasons, size_t bytes) {
    reasons[0] = '\0';
    if (f->kind == NVML) {
        (void)fmi_nvml_throttle(f->nvml, reasons, bytes);
    } else if (f->kind == AMDGPU) {
        amdgpu_reasons(f, reasons, bytes);
    } else if (f->kind == I915 || f->kind == XE) {
        intel_reasons(f, reasons, bytes);
    } else {
        const uint64_t events = cpu_events(f);
        if (events > f->events)
            add_word(reasons, bytes, "thermal");
        f->events = events;
    }
}

/* Each reason is told once. */
static void merge(fmi_frequency_seen *seen, char *reasons) {
    for (char *word = reasons; word && *word;) {
        char *comma = strstr(word, ", ");
        if (comma)
            *comma = '\0';
        if (!strstr(seen->reasons, word))
            add_word(seen->reasons, sizeof seen->reasons, word);
        word = comma ? comma + 2 : NULL;
    }
}

void fmi_frequency_read(fmi_frequency *f) {
    char reasons[96];
    fmi_frequency_seen *seen = &f->seen;
    if (!f->kind)
        return;
    const double mhz = f->kind == CPUFREQ || f->kind == CPUINFO ? cpu_clock(f) : gpu_clock(f);
    if (isfinite(mhz)) {
        seen->mhz_min = seen->readings && seen->mhz_min < mhz ? seen->mhz_min : mhz;
        seen->mhz_max = seen->mhz_max > mhz ? seen->mhz_max : mhz;
        seen->mhz_mean += (mhz - seen->mhz_mean) / ++seen->readings;
    }
    read_reasons(f, reasons, sizeof reasons);
    seen->throttled += reasons[0] != '\0';
    seen->slowed += is_slowed(reasons);
    merge(seen, reasons);
}

void fmi_frequency_close(fmi_frequency *f) {
    const fmi_frequency_seen seen = f->seen;
    fmi_nvml_close(&f->nvml);
    *f = (fmi_frequency){.seen = seen};
}
