/* SPDX-License-Identifier: MIT */
/** @file cl.h The only place that includes the OpenCL headers: 1.2 is the floor. */
#ifndef FMI_CL_H
#define FMI_CL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#endif
