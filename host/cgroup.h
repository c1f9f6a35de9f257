/* SPDX-License-Identifier: MIT */
/** @file cgroup.h Limits of the control groups (version 1 and 2) this process is in. */
#ifndef FMI_CGROUP_H
#define FMI_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Reads what one group folder allows; UINT64_MAX = no limit. unified: version 2. */
typedef uint64_t (*fmi_cgroup_fn)(const char *folder, bool unified);

/**
 * Least answer of read over this process's groups of a controller ("cpu", "memory"), from its own
 * up to the root, in every hierarchy that is mounted. UINT64_MAX without groups or limits.
 * @param root "" or a folder that holds proc/ and the mounts, for tests
 */
uint64_t fmi_cgroup_least(const char *root, const char *controller, fmi_cgroup_fn read);

/** Reads a short text file; false when there is none. */
bool fmi_text_read(char *text, size_t bytes, const char *path);
/** Reads the number that a file of a folder begins with; false when absent or no number. */
bool fmi_number_read(uint64_t *value, const char *folder, const char *name);

#endif
