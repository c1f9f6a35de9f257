/* SPDX-License-Identifier: MIT */
/** @file pin.h `--pin`: one thread a core, by hwloc. */
#ifndef FMI_PIN_H
#define FMI_PIN_H

#include <stdint.h>

/**
 * Binds this process to the first hardware thread of every core it may use, and asks PoCL (unless
 * the user set POCL_AFFINITY) to bind each of its threads to one. Before the first OpenCL call.
 * @return cores it is bound to; 0 = the system refused
 */
uint32_t fmi_pin_to_cores(void);

#endif
