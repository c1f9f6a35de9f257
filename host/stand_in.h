/* SPDX-License-Identifier: MIT */
/**
 * @file stand_in.h
 * Stored kernels that are launched in the place of today's, on the same buffers with the same
 * arguments. Two of them on one queue make a fair comparison: nothing but the code differs.
 *
 *     fmi_stand_in a;
 *     fmi_stand_in_open(&a, queue, &stored, &today, kernel_dir, cache_dir, &err);
 *     fmi_queue_set_stand_in(queue, &a);    // from here on launches run a's kernels
 *     ...
 *     fmi_queue_set_stand_in(queue, NULL);
 *     fmi_stand_in_close(&a);
 */
#ifndef FMI_STAND_IN_H
#define FMI_STAND_IN_H

#include "queue.h"

#define FMI_STAND_IN_PROGRAMS 32
#define FMI_STAND_IN_KERNELS 64

/** Zeroed = none. */
typedef struct fmi_stand_in {
    fmi_replay replay;       /**< geometry; its stored is NULL for today's own kernels */
    const fmi_recipe *today; /**< borrowed */
    uint32_t programs, kernels;
    cl_program program[FMI_STAND_IN_PROGRAMS]; /**< for program i of today's; NULL = itself */
    struct {
        cl_kernel from, to; /**< both retained: a handle cannot come to mean something else */
    } kernel[FMI_STAND_IN_KERNELS];
} fmi_stand_in;

/**
 * Builds the stored programs on the queue of the work that today describes.
 * @param stored NULL = today's own: it costs a launch as much as stored ones do
 * @param today  recorded on this queue; its programs are alive
 * @retval FM_ERROR_UNSUPPORTED they do not fit, see fmi_replay_make
 * @retval FM_ERROR_BUILD       a stored program does not compile here
 */
fm_status fmi_stand_in_open(fmi_stand_in *stand_in, fmi_queue *queue, const fmi_recipe *stored,
                            const fmi_recipe *today, const char *kernel_dir, const char *cache_dir,
                            fm_error *err);
/** Not while a queue uses it. Accepts a zeroed one. */
void fmi_stand_in_close(fmi_stand_in *stand_in);

/** The kernel and geometry to launch instead; for the queue. */
fm_status fmi_stand_in_launch(fmi_stand_in *stand_in, fmi_launch *launch, fm_error *err);

#endif
