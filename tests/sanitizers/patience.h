/* SPDX-License-Identifier: MIT */
/**
 * @file patience.h
 * Included before everything else in the suites of AddressSanitizer, coverage and valgrind builds:
 * FM_PATIENCE seconds for each test, whatever its suite says, because a cold kernel build may take
 * most of a minute under the sanitizer and many under valgrind. Of two initializers of one member
 * the later one counts.
 */
#ifndef FM_PATIENCE_H
#define FM_PATIENCE_H

#include <criterion/criterion.h>

#undef TestSuite
#define TestSuite(...) CR_EXPAND(CR_SUITE_BASE(__VA_ARGS__, .timeout = FM_PATIENCE, .sentinel_ = 0))

#endif
