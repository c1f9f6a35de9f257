/* SPDX-License-Identifier: MIT */
/* The host's memory: what the kernel could give, what control groups and limits allow. */
#include "memory.h"

#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* A line of /proc/meminfo, in bytes; 0 when absent. */
static uint64_t meminfo(const char *text, const char *name) {
    const char *line = strstr(text, name);
    uint64_t kib = 0;
    return line && sscanf(line + strlen(name), ": %" SCNu64, &kib) == 1 ? kib << 10 : 0;
}

static void from_meminfo(fm_memory *memory, const char *root) {
    char path[512], text[4096];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (!fmi_text_read(text, sizeof text, path))
        return;
    fm_memory_source *source =
        fmi_memory_add(memory, "meminfo", "the kernel: memory of the machine, MemAvailable");
    if (source) {
        source->total_bytes = meminfo(text, "MemTotal");
        source->free_bytes = meminfo(text, "MemAvailable");
    }
}

/* Pages of files that were not used lately are counted but given back when needed. */
static uint64_t inactive_file(const char *folder) {
    char path[4200], text[8192];
    uint64_t bytes = 0;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    if (!fmi_text_read(text, sizeof text, path))
        return 0;
    const char *line = strstr(text, "\ninactive_file ");
    return line && sscanf(line, " inactive_file %" SCNu64, &bytes) == 1 ? bytes : 0;
}

static uint64_t group_limit(const char *folder, bool unified) {
    uint64_t limit = UINT64_MAX;
    return fmi_number_read(&limit, folder, unified ? "memory.max" : "memory.limit_in_bytes") &&
                   limit < (UINT64_C(1) << 60) /* version 1 says "none" by a huge number */
               ? limit
               : UINT64_MAX;
}

static uint64_t group_left(const char *folder, bool unified) {
    uint64_t limit = group_limit(folder, unified), usage = 0;
    if (limit == UINT64_MAX ||
        !fmi_number_read(&usage, folder, unified ? "memory.current" : "memory.usage_in_bytes"))
        return limit;
    uint64_t pages = inactive_file(folder);
    usage = usage > pages ? usage - pages : 0;
    return limit > usage ? limit - usage : 0;
}

static void from_cgroup(fm_memory *memory, const char *root) {
    uint64_t limit = fmi_cgroup_least(root, "memory", group_limit);
    uint64_t left = fmi_cgroup_least(root, "memory", group_left);
    if (limit == UINT64_MAX)
        return;
    fm_memory_source *source = fmi_memory_add(memory, "cgroup", "limit of the control group");
    if (source) {
        source->total_bytes = limit;
        source->free_bytes = left ? left : 1; /* 0 would mean that it does not say */
    }
}

/* Bytes of address space and of data in use, from /proc/self/statm. */
static bool own_use(const char *root, uint64_t *space, uint64_t *data) {
    char path[512], text[256];
    uint64_t pages[6] = {0};
    snprintf(path, sizeof path, "%s/proc/self/statm", root);
    if (!fmi_text_read(text, sizeof text, path) ||
        sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
               &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]) != 6)
        return false;
    *space = pages[0] * 4096;
    *data = pages[5] * 4096;
    return true;
}

static void limit_left(int which, uint64_t used, uint64_t *limit, uint64_t *left) {
    struct rlimit r;
    if (getrlimit(which, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
        return;
    uint64_t rest = r.rlim_cur > used ? r.rlim_cur - used : 1;
    if (rest < *left) {
        *left = rest;
        *limit = r.rlim_cur;
    }
}

static void from_rlimit(fm_memory *memory, const char *root) {
    uint64_t space = 0, data = 0, limit = UINT64_MAX, left = UINT64_MAX;
    if (!own_use(root, &space, &data))
        return;
    limit_left(RLIMIT_AS, space, &limit, &left);
    limit_left(RLIMIT_DATA, data, &limit, &left);
    if (left == UINT64_MAX)
        return;
    fm_memory_source *source = fmi_memory_add(memory, "rlimit", "limit of the process (ulimit)");
    if (source) {
        source->total_bytes = limit;
        source->free_bytes = left;
    }
}

void fmi_memory_from_host(fm_memory *memory, const char *root) {
    from_meminfo(memory, root);
    from_cgroup(memory, root);
    from_rlimit(memory, root);
}
