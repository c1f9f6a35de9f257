/* SPDX-License-Identifier: MIT */
/** @file distinct.h Counting distinct vectors by a hash table. */
#ifndef FMI_DISTINCT_H
#define FMI_DISTINCT_H

#include <stdint.h>

/** Counts the distinct vectors of width (2 or 3) floats among count, by their bytes. Returns 0, or
 * -1 without memory (8 to 16 bytes a vector). */
int fmi_distinct(uint32_t *distinct, const float *values, uint32_t count, uint32_t width);

#endif
