/* SPDX-License-Identifier: MIT */
/**
 * @file launch_check.h
 * The check of an op whose launch leaves frames in a device buffer: other frames first, so that
 * stale ones are wrong, then the launch, a comparison with the reference, and every other frame
 * against the same frame made alone.
 */
#ifndef FMI_LAUNCH_CHECK_H
#define FMI_LAUNCH_CHECK_H

#include "case.h"

/** An op's side: the first member of its state, set when that is made. Every function takes the
 *  state. */
typedef struct fmi_launch_check {
    uint32_t frames;  /**< of a launch */
    uint64_t *hash;   /**< of each frame at the check: written by check, read by recheck */
    const char *unit; /**< of distances */
    /** The whole launch, with other numbers that make every frame another one. */
    fm_status (*poison)(void *state, fm_error *err);
    fm_status (*run)(void *state, fm_error *err);
    /** Makes frame i alone, as the first of a launch of one. */
    fm_status (*run_alone)(void *state, uint32_t i, fm_error *err);
    /** Compares a frame of the launch with the reference and adds to *check. */
    fm_status (*compare)(void *state, uint32_t i, fmi_check *check, fm_error *err);
    fm_status (*read_hash)(void *state, uint32_t i, uint64_t *hash, fm_error *err);
    /** Optional: called when the launch of the check has run, before anything else has. */
    void (*ran)(void *state);
} fmi_launch_check;

/** fmi_case.check of such a state. */
fm_status fmi_launch_check_run(void *state, const fmi_check_params *how, fmi_check *check,
                               fm_error *err);
/** fmi_case.recheck. */
fm_status fmi_launch_check_again(void *state, fmi_check *check, fm_error *err);

#endif
