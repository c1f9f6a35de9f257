/* SPDX-License-Identifier: MIT */
/**
 * @file recovery.h
 * What to do when the device runs out of memory in the middle of a render: which batch to try next.
 * A pure state machine; render.c acts on it. Batches are idempotent, so a retry gives the same
 * pixels.
 *
 * - Codes -4, -6 and -61 are memory: half the batch.
 * - Code -5 may be memory or anything else: one frame is tried. When that works it was memory, and
 *   half of what failed comes next; when not, it was something else.
 * - After a full batch that worked, the middle between it and the least size that failed, at most
 *   three times and until one of these tries fails.
 * - At most log2(planned batch) + 1 failures; then the last one stands.
 */
#ifndef FMI_RECOVERY_H
#define FMI_RECOVERY_H

#include <fm/status.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct fmi_recovery {
    uint32_t batch;    /**< frames to try now */
    uint32_t failed;   /**< least size known to fail; 0 = none */
    uint32_t failures; /**< so far */
    uint32_t allowed;  /**< at most */
    uint32_t ups;      /**< enlargements left */
    uint32_t strips;   /**< pieces of a frame to try now; set after fmi_recovery_begin */
    uint32_t rows;     /**< of tiles in a frame: strips at most; 0 or 1 = frames stay whole */
    uint32_t halved;   /**< size to go to when the check with one frame works; 0 = no check */
} fmi_recovery;

/** Before the first batch. */
void fmi_recovery_begin(fmi_recovery *recovery, uint32_t planned);
/** True for failures that a smaller batch may cure. */
bool fmi_recovery_helps(fm_status status, int32_t cl_code);
/** A batch of recovery->batch frames failed. True: recovery->batch is the size to try next, or,
 * when one frame was too much, recovery->strips. */
bool fmi_recovery_failed(fmi_recovery *recovery, int32_t cl_code);
/** A batch of `frames` worked. True: recovery->batch changed. */
bool fmi_recovery_worked(fmi_recovery *recovery, uint32_t frames);

#endif
