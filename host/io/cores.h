/* SPDX-License-Identifier: MIT */
/** @file cores.h What this process may use of the machine, and what the machine is. */
#ifndef FMI_CORES_H
#define FMI_CORES_H

#include <stddef.h>
#include <stdint.h>

/**
 * Cores this process may use: its affinity, capped by the CPU quota of its control groups (version
 * 1 and 2, rounded up). At least 1. Takes well under a millisecond.
 */
uint32_t fmi_usable_cores(void);

/**
 * One line about the machine by hwloc, for reports: "1 package, 2 cores, 2 PUs (2 usable), 1 NUMA
 * node, L1 48 KiB, L2 1 MiB, L3 32 MiB". Loads the topology: takes milliseconds. Returns out, ""
 * when hwloc finds nothing.
 */
char *fmi_topology_summary(char *out, size_t out_bytes);

/** Memory of the machine in bytes as hwloc counts it; 0 = unknown. Takes milliseconds. */
uint64_t fmi_topology_bytes(void);
/** Bytes of all caches of the last level together; 0 = unknown. Takes milliseconds. */
uint64_t fmi_topology_cache_bytes(void);

#endif
