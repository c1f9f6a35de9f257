/* SPDX-License-Identifier: MIT */
/* hwloc sees affinity but no CPU quota, and costs milliseconds to load, so counting usable cores
 * asks the system; hwloc describes the machine. */
#include "cores.h"

#include <errno.h>
#include <hwloc.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 4096

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

/* Reads a short text file; false when there is none. */
static bool read_text(char *text, size_t bytes, const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t size = fread(text, 1, bytes - 1, file);
    fclose(file);
    text[size] = '\0';
    return size > 0;
}

/* Reads one number of a version 1 group; false when absent or no number. */
static bool read_number(long long *value, const char *folder, const char *name) {
    char path[TEXT_BYTES + 32], text[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_text(text, sizeof text, path) && sscanf(text, "%lld", value) == 1;
}

/* Cores the group in folder allows, rounded up; UINT32_MAX without a limit. */
static uint32_t folder_quota(const char *folder, bool unified) {
    long long quota = -1, period = 0;
    if (unified) {
        char path[TEXT_BYTES + 32], text[64];
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        if (!read_text(text, sizeof text, path) || sscanf(text, "%lld %lld", &quota, &period) != 2)
            return UINT32_MAX; /* absent, or "max" */
    } else if (!read_number(&quota, folder, "cpu.cfs_quota_us") ||
               !read_number(&period, folder, "cpu.cfs_period_us")) {
        return UINT32_MAX;
    }
    if (quota <= 0 || period <= 0 || quota / period >= UINT32_MAX)
        return UINT32_MAX;
    return (uint32_t)((quota + period - 1) / period);
}

/* Smallest limit from the process's own group up to the hierarchy's root. In a container the path
 * may name folders that the mount does not show; those just have no files. */
static uint32_t walk_quota(const char *mount, const char *group, bool unified) {
    char folder[TEXT_BYTES];
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return UINT32_MAX;
    uint32_t least = UINT32_MAX;
    for (size_t root = strlen(mount); strlen(folder) >= root;) {
        uint32_t quota = folder_quota(folder, unified);
        least = quota < least ? quota : least;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < root)
            break;
        *slash = '\0';
    }
    return least;
}

/* True when the comma-separated list holds word. */
static bool list_has(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The process's group in a hierarchy; "/" when not listed. Lines are "number:controllers:path",
 * without controllers for version 2. */
static void own_group(char *group, size_t bytes, bool unified) {
    char text[TEXT_BYTES];
    snprintf(group, bytes, "/");
    if (!read_text(text, sizeof text, "/proc/self/cgroup"))
        return;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *list = strchr(line, ':');
        char *path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL)
            continue;
        *path++ = '\0';
        if (unified ? list[1] == '\0' : list_has(list + 1, "cpu"))
            snprintf(group, bytes, "%s", path);
    }
}

/* Both versions may be mounted at once, with the cpu controller in either: ask all. */
static uint32_t quota_cores(void) {
    FILE *mounts = fopen("/proc/self/mounts", "re");
    uint32_t least = UINT32_MAX;
    char line[TEXT_BYTES], mount[1024], type[64], options[1024], group[TEXT_BYTES];
    while (mounts != NULL && fgets(line, sizeof line, mounts) != NULL) {
        if (sscanf(line, "%*s %1023s %63s %1023s", mount, type, options) != 3)
            continue;
        bool unified = strcmp(type, "cgroup2") == 0;
        if (!unified && (strcmp(type, "cgroup") != 0 || !list_has(options, "cpu")))
            continue;
        own_group(group, sizeof group, unified);
        uint32_t quota = walk_quota(mount, group, unified);
        least = quota < least ? quota : least;
    }
    if (mounts != NULL)
        fclose(mounts);
    return least;
}

uint32_t fmi_usable_cores(void) {
    uint32_t cores = affinity_cores(), quota = quota_cores();
    cores = quota < cores ? quota : cores;
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
