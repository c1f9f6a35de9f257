/* SPDX-License-Identifier: MIT */
/**
 * @file flag.h
 * A flag that a signal handler raises and any thread reads. volatile alone orders nothing between
 * threads, and C11 makes such a pair of accesses a data race; sig_atomic_t is what callers have.
 */
#ifndef FMI_FLAG_H
#define FMI_FLAG_H

#include <signal.h>

/** 0, or what it was raised with; 0 for NULL. Any thread, handlers too. */
static inline int fmi_flag_get(const volatile sig_atomic_t *flag) {
    return flag ? __atomic_load_n(flag, __ATOMIC_RELAXED) : 0;
}

/** Any thread, handlers too. */
static inline void fmi_flag_raise(volatile sig_atomic_t *flag, int value) {
    __atomic_store_n(flag, value, __ATOMIC_RELAXED);
}

#endif
