/* SPDX-License-Identifier: MIT */
/** @file queue_impl.h What the files of the queue share. */
#ifndef FMI_QUEUE_IMPL_H
#define FMI_QUEUE_IMPL_H

#include "guard.h"
#include "stand_in.h"
#include "watch.h"

#include <pthread.h>

#define MAX_PENDING 1024
#define NOTICE_SLOTS 4
#define NOTICE_BYTES 256

/* Messages of the driver, which may call from any thread: kept until a call of ours can hand them
 * to the log on the caller's thread. */
typedef struct notices {
    pthread_mutex_t mutex;
    unsigned count; /* may pass NOTICE_SLOTS: the rest is dropped but counted */
    char text[NOTICE_SLOTS][NOTICE_BYTES];
} notices;

typedef struct pending_event {
    cl_event event;
    uint32_t timer;
} pending_event;

/* Device time of one slot. */
typedef struct timer_slot {
    uint64_t ns;
    uint64_t events;
    bool broken; /* an event ended before it started */
} timer_slot;

struct fmi_queue {
    fmi_device device;
    cl_context context;
    cl_command_queue queue;
    cl_command_queue second; /* transfers beside it; NULL until wanted, may be queue itself */
    bool second_busy;        /* something was enqueued there since the last finish */
    fm_log log;
    const volatile sig_atomic_t *cancel;
    fm_stats stats;
    bool in_loop;
    bool lost;        /* the context failed for good */
    bool event_clock; /* a profiling queue whose times are believed */
    bool profiling;
    notices notices;
    timer_slot timers[FMI_TIMERS];
    uint64_t taken; /* events that were taken off pending */
    uint32_t pending_count;
    pending_event pending[MAX_PENDING];
    fmi_recipe *record;       /* NULL = off */
    const fmi_replay *replay; /* NULL = off */
    fmi_stand_in *poisoner;   /* takes its place while results are poisoned */
    fmi_stand_in *stand_in;   /* NULL = off */
    fmi_watch *watch;         /* NULL = off */
    cl_event last;            /* without profiling: the last launch, whose status shows failures */
    bool guarded;             /* new buffers get canaries */
    uint32_t canary_count, canary_room;
    struct fmi_canary *canaries;
    char broken[FMI_GUARD_TEXT]; /* the first canary that was found changed; "" = none */
};

/* What every launch begins with: usable, not cancelled, room for its event. */
fm_status fmi_queue_ready(fmi_queue *queue, fm_error *err);
/* A launch was enqueued: counts it and keeps its event. */
void fmi_queue_took(fmi_queue *queue, cl_event event, uint32_t timer);
/* FM_ERROR_DEVICE_LOST when the context failed before. */
fm_status fmi_queue_usable(const fmi_queue *queue, fm_error *err);
/* As fmi_queue_fail for calls that wait. There OUT_OF_RESOURCES is a fault of the kernels that ran
 * before, and drivers leave the context unusable. */
fm_status fmi_queue_fail_wait(fmi_queue *queue, fm_error *err, int code, const char *call,
                              const char *what);
/* Everything that a transfer of bytes at offset needs. */
fm_status fmi_buffer_range(const fmi_buffer *buffer, uint64_t offset, uint64_t bytes,
                           fm_error *err);
/* As fmi_buffer_create, with `more` bytes behind it that are in no ledger, and no canaries. */
fm_status fmi_buffer_create_longer(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags,
                                   uint64_t bytes, uint64_t more, const char *what, fm_error *err);
void fmi_queue_count_down(fmi_queue *queue, uint64_t bytes);
/* watch.c: when somebody watches, waits and notes what took since start_ns. */
fm_status fmi_queue_saw_launch(fmi_queue *queue, const char *name, uint64_t start_ns,
                               fm_error *err);
fm_status fmi_queue_saw_transfer(fmi_queue *queue, const char *name, uint64_t bytes,
                                 uint64_t start_ns, fm_error *err);
void fmi_queue_drain_notices(fmi_queue *queue);
/* Negative when the command of a finished event failed. */
cl_int fmi_event_status(cl_event event);
/* Takes the first count pending events, which have ended, off the list. Returns the first failure.
 */
cl_int fmi_queue_take_events(fmi_queue *queue, uint32_t count);
/* flight.c: waits for the second queue when it may be busy. */
cl_int fmi_queue_finish_second(fmi_queue *queue);

#endif
