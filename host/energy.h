/* SPDX-License-Identifier: MIT */
/**
 * @file energy.h
 * Counters of energy: what a processor or a device has drawn so far, where somebody counts it and
 * lets this process read it. For a CPU device the packages of Linux's powercap (RAPL, Intel's and
 * AMD's), for NVIDIA's devices their management library, opened at run time.
 *
 *     fmi_energy energy;
 *     if (fmi_energy_open(&energy, caps, "")) {
 *         ... work ...
 *         double joules = fmi_energy_joules(&energy);   // since open; NAN = the counter failed
 *     }
 *     fmi_energy_close(&energy);
 *
 * A counter that wraps is read right when it wraps at most once between two readings (a package's
 * does after minutes of full load).
 */
#ifndef FMI_ENERGY_H
#define FMI_ENERGY_H

#include <fm/device.h>

#define FMI_ENERGY_PACKAGES 8

/** Plain data but for a library; zeroed = closed. */
typedef struct fmi_energy {
    char source[24];   /**< "rapl package-0", "rapl 2 packages", "nvml" */
    uint32_t packages; /**< RAPL */
    struct {
        char folder[512];
        uint64_t last_uj, range_uj;
    } package[FMI_ENERGY_PACKAGES];
    struct fmi_nvml *nvml; /**< NULL = none */
    uint64_t last_mj;
    double joules; /**< up to the last reading */
    bool failed;
} fmi_energy;

/**
 * Finds the counters of a device and reads them.
 * @param root "" or a folder for tests that holds sys/class/powercap
 * @return false when there are none that this process may read; energy is closed then
 */
bool fmi_energy_open(fmi_energy *energy, const fm_caps *caps, const char *root);
/** Joules since open; NAN once a counter could not be read. */
double fmi_energy_joules(fmi_energy *energy);
/** Accepts a closed one. */
void fmi_energy_close(fmi_energy *energy);

#endif
