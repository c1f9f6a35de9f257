/* SPDX-License-Identifier: MIT */
/**
 * @file environment_host.h
 * Facts of the machine that change numbers and that the kernel keeps in files: turbo, SMT, limits
 * of control groups, a container, the clock source.
 */
#ifndef FMI_ENVIRONMENT_HOST_H
#define FMI_ENVIRONMENT_HOST_H

#include <stddef.h>
#include <stdint.h>

/** Unknown text is "", an unknown number 0. */
typedef struct fmi_host_facts {
    char governor[32];     /**< of the first core: "performance", "powersave" ... */
    char turbo[8];         /**< "on" or "off" */
    char smt[16];          /**< "on", "off", "notsupported" ... */
    char clock_source[32]; /**< of the kernel: "tsc", "kvm-clock" ... */
    char container[64];    /**< "docker", "podman", "lxc", "systemd-nspawn" ...; "" = none seen */
    double cpu_quota;      /**< cores that control groups allow; 0 = no limit */
    uint64_t memory_limit; /**< bytes that control groups allow; 0 = no limit */
} fmi_host_facts;

/** Reads them. root: "" or a folder for tests that holds sys/, proc/, run/ and .dockerenv. */
void fmi_host_facts_read(fmi_host_facts *facts, const char *root);

#endif
