/* SPDX-License-Identifier: MIT */
/** @file decimal.h Where a number in the text of a mesh file ends. */
#ifndef FMI_DECIMAL_H
#define FMI_DECIMAL_H

/** The end of the finite decimal number at `at`, in any locale; NULL where there is none, or one
 * that a float cannot hold. The text ends with a zero byte. */
const char *fmi_decimal_end(const char *at);

#endif
