/* SPDX-License-Identifier: MIT */
/**
 * @file confine.h
 * What a process gives up before it reads a file that somebody else wrote: memory and time by
 * resource limits; every system call but those that reading takes by seccomp, so that it starts
 * neither programs nor processes nor threads, and changes no file; every path but the given ones by
 * Landlock. What the system does not offer is left out, and said.
 */
#ifndef FMI_CONFINE_H
#define FMI_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/** What stays possible. */
typedef struct fmi_confine {
    uint64_t memory_bytes;   /**< address space; 0 = unlimited */
    uint32_t cpu_seconds;    /**< then the process is killed */
    const char *readable[4]; /**< files and folders that may be read; NULL = none */
    const char *writable;    /**< a folder for files of any kind, for counters of a coverage build;
                                  seccomp then lets files be written; NULL = none */
} fmi_confine;

/**
 * Gives it up, for good. Returns what is in force, for the log: "limits, Landlock, seccomp", or
 * "limits, no Landlock, no seccomp".
 */
const char *fmi_confine_self(const fmi_confine *confine, char out[96]);

#endif
