/* SPDX-License-Identifier: MIT */
/** @file half.h 16-bit floats (IEEE 754 binary16): storage only, kernels read them by vload_half.
 */
#ifndef FMI_HALF_H
#define FMI_HALF_H

#include <stdint.h>

/** Nearest 16-bit float, ties to even; beyond 65504 infinite. */
uint16_t fmi_half(float value);

/** The value of a 16-bit float; infinities and not-a-numbers as they are. */
float fmi_half_value(uint16_t half);

#endif
