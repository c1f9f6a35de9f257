/* SPDX-License-Identifier: MIT */
/** @file doctor.h What fmbench doctor finds: one sentence each, and what to do about the bad ones.
 */
#ifndef FMI_DOCTOR_H
#define FMI_DOCTOR_H

#include "environment.h"

#define FMI_FINDINGS_MAX 24

typedef struct fmi_finding {
    bool good;
    char what[400];
    char advice[400]; /**< "" when good */
} fmi_finding;

/** Zeroed = none yet. */
typedef struct fmi_doctor {
    fmi_finding finding[FMI_FINDINGS_MAX];
    uint32_t count, bad;
} fmi_doctor;

/** Adds a finding; one too many is dropped. */
void fmi_doctor_say(fmi_doctor *d, bool good, const char *advice, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Clocks, load, memory. @param root in front of /sys: "" = this machine */
void fmi_doctor_machine(fmi_doctor *d, const fmi_environment *environment, const char *root);
/** @param clock what a test of the event clock said */
void fmi_doctor_device(fmi_doctor *d, const fm_caps *caps, const char *clock);
/** No usable device: what the message of the failure says, and what it says to do about it. */
void fmi_doctor_no_device(fmi_doctor *d, const char *message);
/** Which peers there are. */
void fmi_doctor_peers(fmi_doctor *d);

#endif
