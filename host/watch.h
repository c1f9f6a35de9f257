/* SPDX-License-Identifier: MIT */
/**
 * @file watch.h
 * Where the time of some work goes: each launch and each transfer by itself, on the host's clock.
 * A queue that is watched waits after every command, so that nothing overlaps: the parts are what
 * they cost alone, and a launch has its wait in it. Needs no profiling queue.
 *
 *     fmi_watch watch = {0};
 *     fmi_queue_set_watch(queue, &watch);
 *     ...                                     // any work through this queue
 *     fmi_queue_set_watch(queue, NULL);
 */
#ifndef FMI_WATCH_H
#define FMI_WATCH_H

#include "queue.h"

#define FMI_WATCH_PARTS 16

/** Commands of one name. */
typedef struct fmi_watch_part {
    char name[32]; /**< of a kernel, or "to device", "from device", "unmap" */
    bool transfer;
    uint32_t count;
    uint64_t bytes; /**< of transfers */
    double seconds; /**< from the call until the device had nothing left to do */
} fmi_watch_part;

/** What was seen. Zeroed = nothing. More names than parts: the last one counts the others. */
typedef struct fmi_watch {
    uint32_t count;
    fmi_watch_part part[FMI_WATCH_PARTS];
} fmi_watch;

/** From now on commands are timed into the watch (borrowed); NULL = no more. */
void fmi_queue_set_watch(fmi_queue *queue, fmi_watch *watch);

#endif
