/* SPDX-License-Identifier: MIT */
/**
 * @file patience.h
 * Included before everything else in the suites of AddressSanitizer, coverage and valgrind builds
 * (FM_PATIENT): ten minutes for each test, whatever its suite says, because a cold kernel build
 * under the sanitizer alone may take most of a minute. Of two initializers of one member the later
 * one counts.
 */
#ifndef FM_PATIENCE_H
#define FM_PATIENCE_H

#include <criterion/criterion.h>

#undef TestSuite
#define TestSuite(...) CR_EXPAND(CR_SUITE_BASE(__VA_ARGS__, .timeout = 600, .sentinel_ = 0))

#endif
