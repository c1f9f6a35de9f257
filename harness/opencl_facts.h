/* SPDX-License-Identifier: MIT */
/**
 * @file opencl_facts.h
 * What only a process that has opened OpenCL can say of a device beside its caps. Plain data: it
 * travels through pipes.
 */
#ifndef FMI_OPENCL_FACTS_H
#define FMI_OPENCL_FACTS_H

#include <fm/device.h>
#include <fm/log.h>

typedef struct fmi_opencl_facts {
    char clock[160];       /**< fmi_environment_clock's verdict; "not tested" unless asked for */
    char loader[128];      /**< name and version of the OpenCL loader; "" = it does not say */
    char extensions[4096]; /**< names in alphabetical order, "name@1.2.3" where the device tells a
                                version, blanks between */
} fmi_opencl_facts;

/** Asks. judge_clock: tests the event clock as well (0.2 s). Devices that cannot be listed any more
 *  are a warning in the log, and no extensions. */
void fmi_opencl_facts_read(fmi_opencl_facts *facts, const fm_caps *caps, bool judge_clock,
                           const fm_log *log);

#endif
