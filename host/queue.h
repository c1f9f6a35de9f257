/* SPDX-License-Identifier: MIT */
/**
 * @file queue.h
 * Context, in-order queue, counted transfers, counted bytes, launches. Everything that touches a
 * device goes through here, so the counters of fm_stats are complete by construction.
 *
 * Threads: one thread at a time.
 */
#ifndef FMI_QUEUE_H
#define FMI_QUEUE_H

#include "device.h"
#include "recipe.h"

#include <fm/engine.h>

#define FMI_TIMERS 8 /**< device time is accumulated in this many slots (one per stage) */

typedef struct fmi_queue fmi_queue;

/** One device buffer. Zeroed = none. */
typedef struct fmi_buffer {
    cl_mem mem;
    uint64_t bytes;
    fmi_queue *queue; /**< borrowed */
    bool counted;     /**< in the ledger: true for buffers, false for parts of an arena */
    cl_mem whole;     /**< that mem is a part of, between canaries (guard.h); NULL = none */
} fmi_buffer;

/** Settings of fmi_queue_create. */
typedef struct fmi_queue_params {
    bool profile; /**< ask for a profiling queue; falls back to none where unsupported */
    fm_log log;
    const volatile sig_atomic_t *cancel;
    cl_context context; /**< the caller's, retained; NULL = one of our own */
} fmi_queue_params;

/**
 * Opens context and queue on device (copied). Release programs and kernels before the queue: the
 * driver's error callback lives in it.
 *
 * After OUT_OF_RESOURCES or INVALID_COMMAND_QUEUE at a waiting call the context is never used
 * again: that call and every later one return FM_ERROR_DEVICE_LOST.
 */
fm_status fmi_queue_create(fmi_queue **queue, const fmi_device *device,
                           const fmi_queue_params *params, fm_error *err);
/** Waits, releases, sets *queue to NULL; logs a warning when buffers are still alive. */
void fmi_queue_destroy(fmi_queue **queue);

const fmi_device *fmi_queue_device(const fmi_queue *queue);
const fm_log *fmi_queue_log(const fmi_queue *queue);
cl_context fmi_queue_context(const fmi_queue *queue);
cl_command_queue fmi_queue_cl(const fmi_queue *queue);
/** True after a failure that the context does not survive. */
bool fmi_queue_is_lost(const fmi_queue *queue);
/** Counters, for reading and for the program module to add builds. */
fm_stats *fmi_queue_stats(fmi_queue *queue);
/** While on, uploads also count as loop_to_device_bytes. */
void fmi_queue_set_in_loop(fmi_queue *queue, bool in_loop);
/** From now on programs and launches are noted in the recipe (borrowed); NULL = no more. */
void fmi_queue_set_record(fmi_queue *queue, fmi_recipe *record);
/** From now on stored programs are built instead of those asked for (borrowed); NULL = none. */
void fmi_queue_set_replay(fmi_queue *queue, const fmi_replay *replay);
/** From now on launches run the kernels of a stand-in (borrowed, see stand_in.h); NULL = none. */
struct fmi_stand_in;
void fmi_queue_set_stand_in(fmi_queue *queue, struct fmi_stand_in *stand_in);
/**
 * Whose kernels run between fmi_queue_poison(true) and (false), while a check makes stale results
 * wrong ones: kernels under test that leave something out would leave it out there as well.
 */
void fmi_queue_set_poisoner(fmi_queue *queue, struct fmi_stand_in *poisoner);
void fmi_queue_poison(fmi_queue *queue, bool on);
fmi_recipe *fmi_queue_record(const fmi_queue *queue);
const fmi_replay *fmi_queue_replay(const fmi_queue *queue);
/** FM_ERROR_CANCELLED when the caller's flag is set. */
fm_status fmi_queue_check_cancel(fmi_queue *queue, fm_error *err);

/**
 * Makes a buffer and adds it to the ledger. what names it in messages.
 * flags: CL_MEM_READ_ONLY ... without host pointer flags except CL_MEM_ALLOC_HOST_PTR. Where the
 * device's memory is the process's own (fmi_quirks_host_pages), 4 MiB and more get large pages; a
 * map of one byte, which counts as a transfer from the device, tells where they lie.
 * @retval FM_ERROR_LIMIT bytes is 0 or above the device's largest buffer
 */
fm_status fmi_buffer_create(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags,
                            uint64_t bytes, const char *what, fm_error *err);
/**
 * Makes a buffer of the caller's memory (CL_MEM_USE_HOST_PTR), which must outlive it: no copy on
 * devices with unified memory. Not in the ledger, the memory being the host's. Before the host
 * looks at results: fmi_buffer_show and fmi_queue_finish, or a map.
 */
fm_status fmi_buffer_wrap(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags, uint64_t bytes,
                          void *memory, const char *what, fm_error *err);
/** Releases and zeroes. Accepts a zeroed buffer. */
void fmi_buffer_destroy(fmi_buffer *buffer);

/** Blocking copies; each is one transfer. */
fm_status fmi_buffer_write(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, const void *from,
                           fm_error *err);
fm_status fmi_buffer_read(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, void *to,
                          fm_error *err);
/**
 * Blocking map and its unmap. A map for reading counts as one transfer from the device, a map for
 * writing (CL_MAP_WRITE_INVALIDATE_REGION) as one to the device.
 */
fm_status fmi_buffer_map(fmi_buffer *buffer, cl_map_flags flags, uint64_t offset, uint64_t bytes,
                         void **pointer, fm_error *err);
fm_status fmi_buffer_unmap(fmi_buffer *buffer, void **pointer, fm_error *err);
/**
 * For a wrapped buffer: enqueues a map for reading and its unmap without waiting, so that the
 * memory holds the results after the next fmi_queue_finish. Counts as one transfer from the device.
 */
fm_status fmi_buffer_show(fmi_buffer *buffer, fm_error *err);

/** Enqueues a copy to a buffer that is not ours; no transfer, the bytes stay on the device. */
fm_status fmi_buffer_copy_out(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, cl_mem to,
                              uint64_t to_offset, fm_error *err);

/** One kernel argument. */
typedef struct fmi_arg {
    size_t bytes;
    const void *value; /**< NULL = local memory of that many bytes */
} fmi_arg;
#define FMI_ARG(x) ((fmi_arg){sizeof(x), &(x)})
#define FMI_ARG_LOCAL(n) ((fmi_arg){(n), NULL})

/** What to launch. */
typedef struct fmi_launch {
    cl_kernel kernel;
    const char *name; /**< for messages */
    const fmi_arg *args;
    uint32_t arg_count;
    uint32_t dims;    /**< 1 to 3 */
    size_t global[3]; /**< rounded up to a multiple of local by the caller */
    size_t local[3];  /**< all 0 = the driver's choice */
    uint32_t timer;   /**< slot of fmi_queue_device_seconds, below FMI_TIMERS */
} fmi_launch;

/** What a recipe says of a launch. */
void fmi_recipe_launch_of(const fmi_launch *launch, fmi_recipe_launch *out);

/** Sets the arguments and enqueues, without waiting. Polls the cancel flag first. */
fm_status fmi_queue_launch(fmi_queue *queue, const fmi_launch *launch, fm_error *err);
/** Waits for everything, checks event statuses, adds device times to their slots. */
fm_status fmi_queue_finish(fmi_queue *queue, fm_error *err);
/** Device seconds of a slot since the last reset; < 0 without a trusted event clock. */
double fmi_queue_device_seconds(const fmi_queue *queue, uint32_t timer);
void fmi_queue_reset_timers(fmi_queue *queue);
/** True when launches are timed by events that have not been found lying. */
bool fmi_queue_has_event_clock(const fmi_queue *queue);
/**
 * Waits, then exchanges the command queue for one that times launches by events, or back. Where the
 * device gives none (fmi_queue_has_event_clock) things go on without. Recorded launches
 * (command_buffer.h) belong to the queue they were recorded for: there must be none.
 */
fm_status fmi_queue_set_profiling(fmi_queue *queue, bool on, fm_error *err);
/** From now on no device times: fmi_event_clock_test calls it when the event clock lies. */
void fmi_queue_distrust_clock(fmi_queue *queue);
/** Records the failure of an OpenCL call on this queue's context, as fmi_fail_cl. */
fm_status fmi_queue_fail(fmi_queue *queue, fm_error *err, int code, const char *call,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* --- batches in flight (flight.c) ----------------------------------------------------------- */

/**
 * A point that can be waited for: of the queue, everything enqueued before it; or one transfer
 * beside the queue. Zeroed = none. A mark that was made is waited for, passed on or dropped.
 */
typedef struct fmi_mark {
    cl_event event;
    cl_event last;     /**< without profiling: the last launch before it */
    uint64_t launches; /**< of the queue that have an event, before it */
} fmi_mark;

/** Marks where the queue is and sets the device to work. */
fm_status fmi_queue_mark(fmi_queue *queue, fmi_mark *mark, fm_error *err);
/** Waits for the mark and drops it. Checks the statuses of all launches before it and adds their
 *  times; launches behind it may go on. */
fm_status fmi_queue_wait(fmi_queue *queue, fmi_mark *mark, fm_error *err);
/** What is enqueued from now on waits for the mark, on the device. Drops it; zeroed: nothing. */
fm_status fmi_queue_after(fmi_queue *queue, fmi_mark *mark, fm_error *err);
/** Accepts a zeroed mark. */
void fmi_mark_drop(fmi_mark *mark);
/**
 * Enqueues a map for reading beside the queue, on a second one, once `after` has been reached; the
 * caller waits for `ready`, which takes over what it has to check. Where the device gives no
 * second queue it goes into the first. Counts as one transfer from the device.
 */
fm_status fmi_buffer_map_start(fmi_buffer *buffer, uint64_t bytes, const fmi_mark *after,
                               void **pointer, fmi_mark *ready, fm_error *err);
/** The unmap for that: `done` is when the buffer may be written again. NULL: nothing. */
fm_status fmi_buffer_unmap_start(fmi_buffer *buffer, void **pointer, fmi_mark *done, fm_error *err);
/**
 * Enqueues a write beside the queue, on the second one, without waiting: `from` stays as it is
 * until `done` has been reached. For inputs of later work: it counts as one transfer to the device
 * and in ahead_to_device_*, never in the loop's.
 */
fm_status fmi_buffer_write_start(fmi_buffer *buffer, uint64_t bytes, const void *from,
                                 fmi_mark *done, fm_error *err);
/** Whether a transfer beside the queue has ended, well or not; waits for nothing. Zeroed: true. */
bool fmi_mark_reached(const fmi_mark *mark);
/**
 * Waits for a transfer beside the queue and drops the mark. What failed is that transfer alone: the
 * context stays in use, unless the wait itself fails.
 */
fm_status fmi_mark_settle(fmi_queue *queue, fmi_mark *mark, fm_error *err);

#endif
