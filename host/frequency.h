/* SPDX-License-Identifier: MIT */
/**
 * @file frequency.h
 * The clock of a device while it works, and what slows it: for a CPU device the cores that this
 * process may use (cpufreq, else what /proc/cpuinfo says), for GPUs NVIDIA's management library or
 * the files of amdgpu, i915 and xe. What is not there is not told.
 *
 *     fmi_frequency f;
 *     if (fmi_frequency_open(&f, caps, ""))
 *         while (...)
 *             fmi_frequency_read(&f);          // some tens of microseconds
 *     fmi_frequency_close(&f);                 // the figures stay
 */
#ifndef FMI_FREQUENCY_H
#define FMI_FREQUENCY_H

#include <fm/device.h>

/** What was read. Plain data: it travels through pipes. Zeroed = nobody says. */
typedef struct fmi_frequency_seen {
    char source[16];                   /**< "cpufreq", "cpuinfo", "nvml", "amdgpu", "i915", "xe" */
    uint32_t readings;                 /**< with a clock */
    uint32_t throttled;                /**< readings with a reason why the clock is low */
    uint32_t slowed;                   /**< those that are no power limit but heat or a fault */
    double mhz_min, mhz_mean, mhz_max; /**< over the readings */
    char reasons[96];                  /**< of all readings, commas between; "" = none */
} fmi_frequency_seen;

/** Zeroed = closed. */
typedef struct fmi_frequency {
    fmi_frequency_seen seen;
    uint32_t kind;         /* of the source */
    char root[256];        /* of sys/ and proc/ */
    char folder[512];      /* of the device's files */
    char second[512];      /* of those that tell reasons */
    uint64_t events;       /* times the processor was throttled so far */
    struct fmi_nvml *nvml; /* NULL = none */
} fmi_frequency;

/**
 * Finds who knows the clock of a device.
 * @param root "" or a folder for tests that holds sys/ and proc/
 * @return false when nobody does; f is closed then
 */
bool fmi_frequency_open(fmi_frequency *f, const fm_caps *caps, const char *root);
/** Reads clock and reasons once and adds them to f->seen. */
void fmi_frequency_read(fmi_frequency *f);
/** Keeps f->seen. Accepts a closed one. */
void fmi_frequency_close(fmi_frequency *f);

#endif
