/* SPDX-License-Identifier: MIT */
/* hwloc sees affinity but no CPU quota, and costs milliseconds to load, so counting usable cores
 * asks the system; hwloc describes the machine. */
#include "cores.h"

#include "cgroup.h"

#include <errno.h>
#include <hwloc.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- affinity ---- */

static uint32_t affinity_cores(void) {
    /* The kernel refuses a mask shorter than its own: try growing ones. */
    for (int cpus = 1024; cpus <= 1 << 18; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (set == NULL)
            break;
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
        bool longer = count == 0 && errno == EINVAL;
        CPU_FREE(set);
        if (count > 0)
            return (uint32_t)count;
        if (!longer)
            break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

/* ---- control groups ---- */

bool fmi_group_quota(const char *folder, bool unified, uint64_t *quota, uint64_t *period) {
    *quota = *period = 0;
    if (unified) {
        char path[4200], text[64];
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        if (!fmi_text_read(text, sizeof text, path) ||
            sscanf(text, "%" SCNu64 " %" SCNu64, quota, period) != 2)
            return false; /* absent, or "max" */
    } else if (!fmi_number_read(quota, folder, "cpu.cfs_quota_us") ||
               !fmi_number_read(period, folder, "cpu.cfs_period_us")) {
        return false;
    }
    return *quota != 0 && *period != 0;
}

/* Cores the group in folder allows, rounded up; UINT64_MAX without a limit. */
static uint64_t folder_quota(const char *folder, bool unified) {
    uint64_t quota, period;
    return fmi_group_quota(folder, unified, &quota, &period) ? (quota + period - 1) / period
                                                             : UINT64_MAX;
}

uint32_t fmi_usable_cores(void) {
    uint32_t cores = affinity_cores();
    uint64_t quota = fmi_cgroup_least("", "cpu", folder_quota);
    cores = quota < cores ? (uint32_t)quota : cores;
    return cores > 0 ? cores : 1;
}

/* ---- topology ---- */

static void add_count(char *out, size_t bytes, hwloc_topology_t topology, hwloc_obj_type_t type,
                      const char *name) {
    int count = hwloc_get_nbobjs_by_type(topology, type);
    size_t used = strlen(out);
    if (count > 0)
        snprintf(out + used, bytes - used, "%s%d %s%s", used > 0 ? ", " : "", count, name,
                 count == 1 ? "" : "s");
}

static void add_cache(char *out, size_t bytes, hwloc_topology_t topology, hwloc_obj_type_t type,
                      const char *name) {
    hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
    if (cache == NULL)
        return;
    size_t used = strlen(out);
    uint64_t kib = cache->attr->cache.size >> 10;
    bool mib = kib >= 1024 && kib % 1024 == 0;
    snprintf(out + used, bytes - used, ", %s %" PRIu64 " %s", name, mib ? kib / 1024 : kib,
             mib ? "MiB" : "KiB");
}

static void add_usable(char *out, size_t bytes, hwloc_topology_t topology) {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    size_t used = strlen(out);
    if (set != NULL && hwloc_get_cpubind(topology, set, HWLOC_CPUBIND_PROCESS) == 0)
        snprintf(out + used, bytes - used, " (%d bound)", hwloc_bitmap_weight(set));
    hwloc_bitmap_free(set);
}

static void describe(char *out, size_t bytes, hwloc_topology_t topology) {
    add_count(out, bytes, topology, HWLOC_OBJ_PACKAGE, "package");
    add_count(out, bytes, topology, HWLOC_OBJ_CORE, "core");
    add_count(out, bytes, topology, HWLOC_OBJ_PU, "PU");
    add_usable(out, bytes, topology);
    add_count(out, bytes, topology, HWLOC_OBJ_NUMANODE, "NUMA node");
    add_cache(out, bytes, topology, HWLOC_OBJ_L1CACHE, "L1");
    add_cache(out, bytes, topology, HWLOC_OBJ_L2CACHE, "L2");
    add_cache(out, bytes, topology, HWLOC_OBJ_L3CACHE, "L3");
}

char *fmi_topology_summary(char *out, size_t out_bytes) {
    hwloc_topology_t topology;
    if (out_bytes > 0)
        out[0] = '\0';
    if (out_bytes == 0 || hwloc_topology_init(&topology) != 0)
        return out;
    if (hwloc_topology_load(topology) == 0)
        describe(out, out_bytes, topology);
    hwloc_topology_destroy(topology);
    return out;
}

uint64_t fmi_topology_bytes(void) {
    hwloc_topology_t topology;
    uint64_t bytes = 0;
    if (hwloc_topology_init(&topology) != 0)
        return 0;
    if (hwloc_topology_load(topology) == 0)
        bytes = hwloc_get_root_obj(topology)->total_memory;
    hwloc_topology_destroy(topology);
    return bytes;
}

static uint64_t cache_bytes(hwloc_topology_t topology) {
    static const hwloc_obj_type_t levels[] = {HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE,
                                              HWLOC_OBJ_L2CACHE};
    uint64_t bytes = 0;
    for (size_t i = 0; bytes == 0 && i < sizeof levels / sizeof levels[0]; ++i)
        for (hwloc_obj_t cache = NULL;
             (cache = hwloc_get_next_obj_by_type(topology, levels[i], cache)) != NULL;)
            bytes += cache->attr->cache.size;
    return bytes;
}

uint64_t fmi_topology_cache_bytes(void) {
    hwloc_topology_t topology;
    uint64_t bytes = 0;
    if (hwloc_topology_init(&topology) != 0)
        return 0;
    if (hwloc_topology_load(topology) == 0)
        bytes = cache_bytes(topology);
    hwloc_topology_destroy(topology);
    return bytes;
}
