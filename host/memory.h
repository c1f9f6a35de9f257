/* SPDX-License-Identifier: MIT */
/**
 * @file memory.h
 * Sources of memory figures, one per function. Each adds at most one entry; a source that is not
 * there adds nothing. Libraries of vendors are opened at run time and closed again.
 *
 * Threads: any; nothing is kept.
 */
#ifndef FMI_MEMORY_H
#define FMI_MEMORY_H

#include "device.h"

#include <fm/memory.h>

/** The next free entry, named; NULL when the list is full. note is a printf format. */
fm_memory_source *fmi_memory_add(fm_memory *memory, const char *name, const char *note, ...)
    __attribute__((format(printf, 3, 4)));

/** What OpenCL says: total, and free in total where AMD's query answers ("amd"). device may be
 *  NULL: then only caps count. */
void fmi_memory_from_device(fm_memory *memory, const fm_caps *caps, const fmi_device *device);
/** NVIDIA's management library, device matched by UUID, else by PCI address ("nvml"). */
void fmi_memory_from_nvml(fm_memory *memory, const fm_caps *caps);
/** Intel's and others' Level Zero system management, matched by PCI address ("level-zero"). */
void fmi_memory_from_level_zero(fm_memory *memory, const fm_caps *caps);
/** Files of the kernel's graphics drivers ("amdgpu", "i915"). root: "" or a folder for tests. */
void fmi_memory_from_sysfs(fm_memory *memory, const fm_caps *caps, const char *root);
/** The host: MemAvailable ("meminfo"), control groups ("cgroup"), limits of the process
 *  ("rlimit"). root as above. */
void fmi_memory_from_host(fm_memory *memory, const char *root);

/** All of the above in turn; what nobody answers is not there. device as in the first. */
void fmi_memory_ask(fm_memory *memory, const fm_caps *caps, const fmi_device *device);

/** True for a device whose buffers lie in the host's memory. */
bool fmi_memory_is_host(const fm_caps *caps);

#endif
