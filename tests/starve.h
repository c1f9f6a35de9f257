/* SPDX-License-Identifier: MIT */
/**
 * @file starve.h
 * Lets every place of our own code that allocates, or uses a file or OpenCL, fail once. A program
 * with the linker's --wrap of the allocating functions (fm_starve in CMakeLists.txt) runs the same
 * work again and again; each run fails at the first place that has not failed yet, until all have.
 * Drivers and libraries are linked dynamically and never meet a fault.
 *
 *     static fm_status work(void *user, fm_error *err) { ... leaves nothing behind ... }
 *     cr_assert_gt(starve(work, NULL), 5U);
 */
#ifndef FM_STARVE_H
#define FM_STARVE_H

#include "fm_test.h"

typedef fm_status (*starve_fn)(void *user, fm_error *err);

/** What fails. Others end with the status of what they could not do, and a message. */
typedef enum starve_kind {
    STARVE_MEMORY, /**< allocations */
    STARVE_SYSTEM, /**< files: opened, read, written, renamed, locked */
    STARVE_OPENCL  /**< OpenCL calls that can fail; waits are left out */
} starve_kind;

/**
 * Runs work until no new place is met; the last run has to end well. A run that starved ends with
 * FM_ERROR_HOST_MEMORY and a message, or it does without what it did not get.
 * @return how many places failed
 */
uint32_t starve(starve_fn work, void *user);
/** The same for another kind. */
uint32_t starve_of(starve_kind kind, starve_fn work, void *user);

#endif
