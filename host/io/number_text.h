/* SPDX-License-Identifier: MIT */
/** @file number_text.h Numbers as text in files: never with the locale's point. */
#ifndef FMI_NUMBER_TEXT_H
#define FMI_NUMBER_TEXT_H

#include <stdint.h>

#define FMI_NUMBER_BYTES 32 /**< room for any number of these, terminator included */

/** Shortest text that reads back to value ("0.1", "1e-05"); "nan", "inf", "-inf". Returns out. */
char *fmi_float_text(char out[FMI_NUMBER_BYTES], float value);
char *fmi_double_text(char out[FMI_NUMBER_BYTES], double value);
/** The digits of a whole number. Returns out. */
char *fmi_uint_text(char out[FMI_NUMBER_BYTES], uint64_t value);

#endif
