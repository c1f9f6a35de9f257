/* SPDX-License-Identifier: MIT */
/** @file cores.h What this process may use of the machine, and what the machine is. */
#ifndef FMI_CORES_H
#define FMI_CORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Cores this process may use: its affinity, capped by the CPU quota of its control groups (version
 * 1 and 2, rounded up). At least 1. Takes well under a millisecond.
 */
uint32_t fmi_usable_cores(void);

/**
 * What one control group allows: quota microseconds of processor time in every period.
 * @param unified version 2 (cpu.max), else version 1 (cpu.cfs_quota_us and cpu.cfs_period_us)
 * @return false: no limit, or no such group; both are then of no use
 */
bool fmi_group_quota(const char *folder, bool unified, uint64_t *quota, uint64_t *period);

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
