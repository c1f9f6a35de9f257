/* SPDX-License-Identifier: MIT */
#include "environment_host.h"

#include "cgroup.h"
#include "io/cores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPU "/sys/devices/system/cpu"

/* The first line of a file below root; "" when absent. */
static void read_line(char *out, size_t bytes, const char *root, const char *path) {
    char full[600], text[256];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    if (!fmi_text_read(text, sizeof text, full))
        text[0] = '\0';
    (void)snprintf(out, bytes, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Intel's driver says when there is none, the others when there is. */
static void read_turbo(fmi_host_facts *f, const char *root) {
    char none[8], boost[8];
    read_line(none, sizeof none, root, CPU "/intel_pstate/no_turbo");
    read_line(boost, sizeof boost, root, CPU "/cpufreq/boost");
    const char *word = none[0]    ? (none[0] == '0' ? "on" : "off")
                       : boost[0] ? (boost[0] == '1' ? "on" : "off")
                                  : "";
    (void)snprintf(f->turbo, sizeof f->turbo, "%s", word);
}

static bool exists(const char *root, const char *path) {
    char full[600];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    return access(full, F_OK) == 0;
}

/* What engines leave behind, then what the first process was told. */
static void read_container(fmi_host_facts *f, const char *root) {
    char groups[256];
    read_line(f->container, sizeof f->container, root, "/run/systemd/container");
    if (f->container[0])
        return;
    read_line(groups, sizeof groups, root, "/proc/1/cgroup");
    const char *told = root[0] ? NULL : getenv("container");
    const char *word = exists(root, "/.dockerenv")          ? "docker"
                       : exists(root, "/run/.containerenv") ? "podman"
                       : strstr(groups, "kubepods")         ? "kubernetes"
                       : strstr(groups, "docker")           ? "docker"
                       : strstr(groups, "lxc")              ? "lxc"
                       : told                               ? told
                                                            : "";
    (void)snprintf(f->container, sizeof f->container, "%s", word);
}

/* Thousandths of a core that one group allows. */
static uint64_t quota_of(const char *folder, bool unified) {
    uint64_t quota, period;
    return fmi_group_quota(folder, unified, &quota, &period) ? 1000 * quota / period : UINT64_MAX;
}

static uint64_t memory_of(const char *folder, bool unified) {
    uint64_t limit = 0;
    const char *name = unified ? "memory.max" : "memory.limit_in_bytes";
    return fmi_number_read(&limit, folder, name) && limit < (UINT64_C(1) << 60) ? limit
                                                                                : UINT64_MAX;
}

void fmi_host_facts_read(fmi_host_facts *facts, const char *root) {
    *facts = (fmi_host_facts){0};
    read_line(facts->governor, sizeof facts->governor, root, CPU "/cpu0/cpufreq/scaling_governor");
    read_turbo(facts, root);
    read_line(facts->smt, sizeof facts->smt, root, CPU "/smt/control");
    read_line(facts->clock_source, sizeof facts->clock_source, root,
              "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    read_container(facts, root);
    const uint64_t quota = fmi_cgroup_least(root, "cpu", quota_of);
    const uint64_t memory = fmi_cgroup_least(root, "memory", memory_of);
    facts->cpu_quota = quota == UINT64_MAX ? 0.0 : 1e-3 * (double)quota;
    facts->memory_limit = memory == UINT64_MAX ? 0 : memory;
}
