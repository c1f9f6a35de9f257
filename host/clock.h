/* SPDX-License-Identifier: MIT */
/** @file clock.h The monotonic clock, and how fine it is. */
#ifndef FMI_CLOCK_H
#define FMI_CLOCK_H

#include <stdint.h>

/** Nanoseconds of the monotonic clock. */
uint64_t fmi_clock_ns(void);
/** Seconds since process start (from the operating system's record, not from first call). */
double fmi_clock_since_start(void);
/** CPU time of this process (all threads), nanoseconds. */
uint64_t fmi_clock_cpu_ns(void);
/** Smallest non-zero step of fmi_clock_ns over 10,000 reads. */
uint64_t fmi_clock_step_ns(void);
/** Peak resident size of this process in bytes. */
uint64_t fmi_peak_resident_bytes(void);

#endif
