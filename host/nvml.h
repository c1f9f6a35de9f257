/* SPDX-License-Identifier: MIT */
/** @file nvml.h NVIDIA's management library, opened at run time: one device of it. */
#ifndef FMI_NVML_H
#define FMI_NVML_H

#include <fm/device.h>

typedef struct fmi_nvml fmi_nvml;

/** The device of caps, by UUID, else by PCI address; NULL when the library or the device is not
 *  there. *by (may be NULL): which of both it was. */
fmi_nvml *fmi_nvml_open(const fm_caps *caps, const char **by);
/** Sets *nvml to NULL, accepts NULL. */
void fmi_nvml_close(fmi_nvml **nvml);
/** Bytes; false when the library does not say. */
bool fmi_nvml_memory(const fmi_nvml *nvml, uint64_t *total, uint64_t *free_bytes);
/** Millijoules since the driver was loaded; false for devices older than Volta. */
bool fmi_nvml_energy(const fmi_nvml *nvml, uint64_t *millijoules);
/** Clock of the multiprocessors now, MHz. */
bool fmi_nvml_clock(const fmi_nvml *nvml, uint32_t *mhz);
/** Why the clock is lower than it could be, as words with commas between; "" = nothing slows it.
 *  False when the library does not say. */
bool fmi_nvml_throttle(const fmi_nvml *nvml, char *reasons, size_t bytes);

#endif
