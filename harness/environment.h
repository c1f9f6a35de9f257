/* SPDX-License-Identifier: MIT */
/**
 * @file environment.h
 * What a result depends on besides the code: device, driver, machine, variables, clocks. The part
 * that stays the same from run to run is hashed into a fingerprint: numbers with different
 * fingerprints are not comparable.
 */
#ifndef FMI_ENVIRONMENT_H
#define FMI_ENVIRONMENT_H

#include "environment_host.h"
#include "io/json.h"
#include "opencl_facts.h"

#include <fm/device.h>

#define FMI_ENVIRONMENT_VARIABLES 32

/** Filled by fmi_environment_read. Unknown text is "", an unknown number 0 or NAN. */
typedef struct fmi_environment {
    char version[32], revision[64], compiler[96], build[64];
    char kernel_hash[17];    /**< of the embedded kernel sources */
    char kernel_files[3072]; /**< each of them: "file=<16 hex digits>", blanks between */
    fm_caps caps;
    char loader[128], extensions[4096]; /**< of OpenCL; see opencl_facts.h */
    char cpu[128], system[160], topology[256];
    fmi_host_facts machine_facts;
    char memory[600];       /**< who says how much memory there is and is free */
    char memory_source[32]; /**< who of them counts, and how far it is trusted */
    uint32_t cores;         /**< this process may use */
    double load;            /**< one-minute load average at the start */
    uint64_t memory_total, memory_available;
    uint64_t clock_step_ns;
    char event_clock[160]; /**< "trusted", or "not trusted: " and why */
    uint32_t variable_count;
    char variable[FMI_ENVIRONMENT_VARIABLES][160]; /**< NAME=value of what steers OpenCL or us */
    char fingerprint[17]; /**< of all of it: two runs with the same one measured the same thing */
    char machine[17];     /**< of device, driver, processor and what steers them, but not of the
                               program: runs with the same one can be compared */
} fmi_environment;

/** Reads everything. opencl: what the process that opened the device found. */
void fmi_environment_read(fmi_environment *environment, const fm_caps *caps,
                          const fmi_opencl_facts *opencl);
/** Fills machine from the other fields. */
void fmi_environment_machine(fmi_environment *environment);
/** Tests the event clock of the device with those caps; always fills verdict. */
void fmi_environment_clock(const fm_caps *caps, char *verdict, size_t verdict_bytes);
/** One object under key (NULL at top level). */
void fmi_environment_json(const fmi_environment *environment, fmi_json *json, const char *key);
/** Text of the object alone, compact; free with free(). NULL without memory. */
char *fmi_environment_text(const fmi_environment *environment);

#endif
