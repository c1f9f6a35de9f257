/* SPDX-License-Identifier: MIT */
/* Included before everything else in coverage builds: a process that leaves by _exit() writes its
 * counters first. */
#ifndef FM_COVERAGE_EXIT_H
#define FM_COVERAGE_EXIT_H

#include <unistd.h>

void __gcov_dump(void);

#define _exit(code) (__gcov_dump(), _exit(code))

#endif
