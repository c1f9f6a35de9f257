/* SPDX-License-Identifier: MIT */
#include "queue_impl.h"

#include "clock.h"
#include "error.h"
#include "flag.h"
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void CL_CALLBACK on_driver_notice(const char *text, const void *data, size_t bytes,
                                         void *user) {
    (void)data;
    (void)bytes;
    notices *n = user;
    if (pthread_mutex_lock(&n->mutex) != 0) {
        return;
    }
    if (n->count < NOTICE_SLOTS) {
        (void)snprintf(n->text[n->count], NOTICE_BYTES, "%s", text ? text : "");
    }
    n->count++;
    (void)pthread_mutex_unlock(&n->mutex);
}

/* Hands the driver's messages to the log. */
void fmi_queue_drain_notices(fmi_queue *queue) {
    char text[NOTICE_SLOTS][NOTICE_BYTES];
    notices *n = &queue->notices;
    if (pthread_mutex_lock(&n->mutex) != 0) {
        return;
    }
    unsigned count = n->count;
    n->count = 0;
    if (count) { /* copied, so that the callback is never blocked by a slow log */
        memcpy(text, n->text, sizeof text);
    }
    (void)pthread_mutex_unlock(&n->mutex);
    for (unsigned i = 0; i < count && i < NOTICE_SLOTS; i++) {
        fmi_log(&queue->log, FM_LOG_WARNING, "driver: %s", text[i]);
    }
    if (count > NOTICE_SLOTS) {
        fmi_log(&queue->log, FM_LOG_WARNING, "driver: %u more messages", count - NOTICE_SLOTS);
    }
}

static cl_int open_context(fmi_queue *queue, cl_context theirs) {
    if (theirs) {
        queue->context = theirs;
        return clRetainContext(theirs);
    }
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                          (cl_context_properties)queue->device.platform, 0};
    cl_int code = CL_SUCCESS;
    queue->context =
        clCreateContext(properties, 1, &queue->device.id, on_driver_notice, &queue->notices, &code);
    return code;
}

static cl_int open_queue(fmi_queue *queue, bool profile) {
    cl_int code = CL_SUCCESS;
    queue->queue = clCreateCommandQueue(queue->context, queue->device.id,
                                        profile ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    queue->profiling = code == CL_SUCCESS && profile;
    return code;
}

/* Opens the command queue, without profiling where that is not to be had. */
static cl_int open_queue_or_plain(fmi_queue *queue, bool profile) {
    bool ask = profile && queue->device.caps.profiling;
    cl_int code = open_queue(queue, ask);
    if (ask && code == CL_INVALID_QUEUE_PROPERTIES) {
        code = open_queue(queue, false);
    }
    if (code == CL_SUCCESS && profile && !queue->profiling) {
        fmi_log(&queue->log, FM_LOG_INFO, "%s: no profiling queue, device times are not known",
                queue->device.caps.name);
    }
    queue->event_clock = queue->profiling && queue->device.caps.timer_resolution_ns > 0;
    return code;
}

fm_status fmi_queue_create(fmi_queue **queue, const fmi_device *device,
                           const fmi_queue_params *params, fm_error *err) {
    *queue = calloc(1, sizeof **queue);
    if (!*queue) {
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a command queue");
    }
    fmi_queue *q = *queue;
    fm_status status = FM_OK;
    q->device = *device;
    q->log = params->log;
    q->cancel = params->cancel;
    (void)pthread_mutex_init(&q->notices.mutex, NULL);
    cl_int code = open_context(q, params->context);
    if (code != CL_SUCCESS) {
        status = fmi_fail_cl(err, code, "clCreateContext", "%s cannot be opened; try --device",
                             device->caps.name);
        goto fail;
    }
    code = open_queue_or_plain(q, params->profile);
    if (code != CL_SUCCESS) {
        status = fmi_fail_cl(err, code, "clCreateCommandQueue",
                             "%s gives no command queue; try --device", device->caps.name);
        goto fail;
    }
    return FM_OK;
fail:
    fmi_queue_destroy(queue);
    return status;
}

static void release_events(fmi_queue *queue) {
    for (uint32_t i = 0; i < queue->pending_count; i++) {
        (void)clReleaseEvent(queue->pending[i].event);
    }
    queue->taken += queue->pending_count;
    queue->pending_count = 0;
    if (queue->last) {
        (void)clReleaseEvent(queue->last);
        queue->last = NULL;
    }
}

void fmi_queue_destroy(fmi_queue **queue) {
    if (!queue || !*queue) {
        return;
    }
    fmi_queue *q = *queue;
    cl_int code = CL_SUCCESS;
    if (q->queue && !q->lost) { /* a lost device may never finish */
        code = clFinish(q->queue);
        code = code == CL_SUCCESS ? fmi_queue_finish_second(q) : code;
    }
    if (code != CL_SUCCESS) { /* every result was waited for before: nothing is lost by it */
        fmi_log(&q->log, FM_LOG_WARNING, "%s: closed after clFinish failed (%d %s)",
                q->device.caps.name, code, fmi_cl_name(code));
    }
    release_events(q);
    if (q->second) {
        (void)clReleaseCommandQueue(q->second);
    }
    if (q->queue) {
        (void)clReleaseCommandQueue(q->queue);
    }
    if (q->context) {
        (void)clReleaseContext(q->context);
    }
    fmi_queue_drain_notices(q);
    if (q->stats.live_bytes) {
        fmi_log(&q->log, FM_LOG_WARNING, "%s: closed with %llu bytes of buffers still alive",
                q->device.caps.name, (unsigned long long)q->stats.live_bytes);
    }
    (void)pthread_mutex_destroy(&q->notices.mutex);
    fmi_guards_free(q);
    free(q);
    *queue = NULL;
}

const fmi_device *fmi_queue_device(const fmi_queue *queue) {
    return &queue->device;
}

const fm_log *fmi_queue_log(const fmi_queue *queue) {
    return &queue->log;
}

cl_context fmi_queue_context(const fmi_queue *queue) {
    return queue->context;
}

cl_command_queue fmi_queue_cl(const fmi_queue *queue) {
    return queue->queue;
}

bool fmi_queue_is_lost(const fmi_queue *queue) {
    return queue->lost;
}

fm_stats *fmi_queue_stats(fmi_queue *queue) {
    return &queue->stats;
}

void fmi_queue_set_in_loop(fmi_queue *queue, bool in_loop) {
    queue->in_loop = in_loop;
}

void fmi_queue_set_record(fmi_queue *queue, fmi_recipe *record) {
    queue->record = record;
}

void fmi_queue_set_replay(fmi_queue *queue, const fmi_replay *replay) {
    queue->replay = replay;
}

void fmi_queue_set_stand_in(fmi_queue *queue, fmi_stand_in *stand_in) {
    queue->stand_in = stand_in;
}

void fmi_queue_set_poisoner(fmi_queue *queue, fmi_stand_in *poisoner) {
    queue->poisoner = poisoner;
}

void fmi_queue_poison(fmi_queue *queue, bool on) {
    (void)on; /* on and off are the same exchange */
    if (queue->poisoner) {
        fmi_stand_in *tested = queue->stand_in;
        queue->stand_in = queue->poisoner;
        queue->poisoner = tested;
    }
}

fmi_recipe *fmi_queue_record(const fmi_queue *queue) {
    return queue->record;
}

const fmi_replay *fmi_queue_replay(const fmi_queue *queue) {
    return queue->replay;
}

fm_status fmi_queue_check_cancel(fmi_queue *queue, fm_error *err) {
    if (fmi_flag_get(queue->cancel)) {
        return fmi_fail(err, FM_ERROR_CANCELLED, "cancelled");
    }
    return FM_OK;
}

fm_status fmi_queue_fail(fmi_queue *queue, fm_error *err, int code, const char *call,
                         const char *format, ...) {
    char text[FM_ERROR_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fmi_queue_drain_notices(queue);
    fm_status status = fmi_fail_cl(err, code, call, "%s", text);
    queue->lost = queue->lost || status == FM_ERROR_DEVICE_LOST;
    return status;
}

fm_status fmi_queue_fail_wait(fmi_queue *queue, fm_error *err, int code, const char *call,
                              const char *what) {
    fm_status status = fmi_queue_fail(queue, err, code, call, "%s", what);
    if (code == CL_OUT_OF_RESOURCES) {
        queue->lost = true;
        status = FM_ERROR_DEVICE_LOST;
        if (err) {
            err->status = status;
        }
    }
    return status;
}

fm_status fmi_queue_usable(const fmi_queue *queue, fm_error *err) {
    if (queue->lost) {
        return fmi_fail(err, FM_ERROR_DEVICE_LOST,
                        "%s failed before and is not used again; open a new engine",
                        queue->device.caps.name);
    }
    return FM_OK;
}

/* --- launches and their times -------------------------------------------------------------- */

/* Adds the time of a finished event to its slot. */
static void add_time(fmi_queue *queue, const pending_event *pending) {
    cl_ulong start = 0;
    cl_ulong end = 0;
    timer_slot *slot = &queue->timers[pending->timer];
    if (clGetEventProfilingInfo(pending->event, CL_PROFILING_COMMAND_START, sizeof start, &start,
                                NULL) != CL_SUCCESS ||
        clGetEventProfilingInfo(pending->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) !=
            CL_SUCCESS ||
        end < start) {
        slot->broken = true;
        return;
    }
    slot->ns += end - start;
    slot->events++;
}

cl_int fmi_event_status(cl_event event) {
    cl_int status = CL_COMPLETE;
    cl_int code =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    return code != CL_SUCCESS ? code : status;
}

cl_int fmi_queue_take_events(fmi_queue *queue, uint32_t count) {
    cl_int failed = CL_SUCCESS;
    for (uint32_t i = 0; i < count; i++) {
        cl_int status = fmi_event_status(queue->pending[i].event);
        if (status >= 0 && queue->event_clock) {
            add_time(queue, &queue->pending[i]);
        } else if (status < 0 && failed == CL_SUCCESS) {
            failed = status;
        }
        (void)clReleaseEvent(queue->pending[i].event);
    }
    queue->taken += count;
    queue->pending_count -= count;
    memmove(queue->pending, queue->pending + count, queue->pending_count * sizeof *queue->pending);
    return failed;
}

/* Makes room for one more event by waiting for the older half: the queue runs in order, and the
 * younger half keeps the device busy meanwhile. */
static fm_status make_room(fmi_queue *queue, fm_error *err) {
    if (queue->pending_count < MAX_PENDING) {
        return FM_OK;
    }
    uint32_t half = MAX_PENDING / 2;
    cl_int code = clWaitForEvents(1, &queue->pending[half - 1].event);
    cl_int failed = fmi_queue_take_events(queue, half);
    if (code == CL_SUCCESS || code == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) {
        code = failed != CL_SUCCESS ? failed : code;
    }
    return code == CL_SUCCESS ? FM_OK
                              : fmi_queue_fail_wait(queue, err, code, "clWaitForEvents",
                                                    "a kernel failed while it ran");
}

static void keep_event(fmi_queue *queue, cl_event event, uint32_t timer) {
    if (queue->profiling) {
        queue->pending[queue->pending_count++] = (pending_event){.event = event, .timer = timer};
        return;
    }
    if (queue->last) {
        (void)clReleaseEvent(queue->last);
    }
    queue->last = event;
}

static fm_status set_args(fmi_queue *queue, const fmi_launch *launch, fm_error *err) {
    for (uint32_t i = 0; i < launch->arg_count; i++) {
        cl_int code =
            clSetKernelArg(launch->kernel, i, launch->args[i].bytes, launch->args[i].value);
        if (code != CL_SUCCESS) {
            return fmi_queue_fail(queue, err, code, "clSetKernelArg",
                                  "%s: argument %u of %zu bytes is refused; report this",
                                  launch->name, i, launch->args[i].bytes);
        }
    }
    return FM_OK;
}

static fm_status fail_enqueue(fmi_queue *queue, const fmi_launch *launch, cl_int code,
                              fm_error *err) {
    char groups[80] = "the driver's choice";
    if (launch->local[0]) {
        (void)snprintf(groups, sizeof groups, "%zu x %zu x %zu", launch->local[0], launch->local[1],
                       launch->local[2]);
    }
    return fmi_queue_fail(queue, err, code, "clEnqueueNDRangeKernel",
                          "%s: %zu x %zu x %zu items in groups of %s cannot be started; use a "
                          "smaller batch",
                          launch->name, launch->global[0], launch->global[1], launch->global[2],
                          groups);
}

void fmi_queue_took(fmi_queue *queue, cl_event event, uint32_t timer) {
    if (queue->stats.launches++ == 0) {
        queue->stats.first_launch_seconds = fmi_clock_since_start();
    }
    keep_event(queue, event, timer);
}

static fm_status enqueue(fmi_queue *queue, const fmi_launch *launch, fm_error *err) {
    const size_t *local = launch->local[0] ? launch->local : NULL;
    cl_event event = NULL;
    cl_int code = clEnqueueNDRangeKernel(queue->queue, launch->kernel, launch->dims, NULL,
                                         launch->global, local, 0, NULL, &event);
    if (code != CL_SUCCESS) {
        return fail_enqueue(queue, launch, code, err);
    }
    fmi_queue_took(queue, event, launch->timer);
    return FM_OK;
}

/* A sum over the sizes of the arguments, in order. */
static uint64_t signature_of(const fmi_launch *launch) {
    uint64_t sum = 14695981039346656037U;
    for (uint32_t i = 0; i < launch->arg_count; i++) {
        sum = (sum ^ launch->args[i].bytes ^ (launch->args[i].value ? 0U : 1U << 31)) *
              1099511628211U;
    }
    return sum;
}

void fmi_recipe_launch_of(const fmi_launch *launch, fmi_recipe_launch *out) {
    *out = (fmi_recipe_launch){
        .dims = launch->dims, .args = launch->arg_count, .signature = signature_of(launch)};
    (void)clGetKernelInfo(launch->kernel, CL_KERNEL_FUNCTION_NAME, sizeof out->kernel, out->kernel,
                          NULL);
    for (uint32_t i = 0; i < launch->dims; i++) {
        out->global[i] = launch->global[i];
        out->local[i] = launch->local[i];
    }
}

/* Notes a launch; then what stands in for it. */
static fm_status substitute(fmi_queue *queue, fmi_launch *launch, fm_error *err) {
    if (queue->record && queue->record->launching) {
        fmi_recipe_launch shape;
        fmi_recipe_launch_of(launch, &shape);
        fmi_recipe_add_launch(queue->record, &shape);
    }
    return queue->stand_in ? fmi_stand_in_launch(queue->stand_in, launch, err) : FM_OK;
}

fm_status fmi_queue_ready(fmi_queue *queue, fm_error *err) {
    fm_status status = fmi_queue_usable(queue, err);
    if (status == FM_OK) {
        status = fmi_queue_check_cancel(queue, err);
    }
    return status == FM_OK ? make_room(queue, err) : status;
}

fm_status fmi_queue_launch(fmi_queue *queue, const fmi_launch *launch, fm_error *err) {
    if (launch->timer >= FMI_TIMERS || launch->dims < 1 || launch->dims > 3) {
        return fmi_fail(err, FM_ERROR_INTERNAL, "%s: %u dimensions, timer %u; report this",
                        launch->name, launch->dims, launch->timer);
    }
    fm_status status = fmi_queue_ready(queue, err);
    fmi_launch own = *launch;
    if (status == FM_OK) {
        status = substitute(queue, &own, err);
    }
    if (status == FM_OK) {
        status = set_args(queue, &own, err);
    }
    uint64_t start = fmi_clock_ns();
    if (status == FM_OK) {
        status = enqueue(queue, &own, err);
    }
    return status == FM_OK ? fmi_queue_saw_launch(queue, launch->name, start, err) : status;
}

fm_status fmi_queue_finish(fmi_queue *queue, fm_error *err) {
    fm_status status = fmi_queue_usable(queue, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = clFinish(queue->queue);
    code = code == CL_SUCCESS ? fmi_queue_finish_second(queue) : code;
    if (code != CL_SUCCESS) {
        release_events(queue); /* asking them could hang */
        return fmi_queue_fail_wait(queue, err, code, "clFinish",
                                   "the device stopped with an error; start "
                                   "again, with a smaller batch if it repeats");
    }
    cl_int failed = fmi_queue_take_events(queue, queue->pending_count);
    if (queue->last) {
        cl_int last = fmi_event_status(queue->last);
        failed = failed == CL_SUCCESS && last < 0 ? last : failed;
        (void)clReleaseEvent(queue->last);
        queue->last = NULL;
    }
    fmi_queue_drain_notices(queue);
    if (failed != CL_SUCCESS) {
        return fmi_queue_fail_wait(
            queue, err, failed, "clGetEventInfo",
            "a kernel failed while it ran; start again, with a smaller batch if it "
            "repeats");
    }
    return FM_OK;
}

double fmi_queue_device_seconds(const fmi_queue *queue, uint32_t timer) {
    if (!queue->event_clock || timer >= FMI_TIMERS) {
        return -1.0;
    }
    const timer_slot *slot = &queue->timers[timer];
    if (slot->broken || (slot->events > 0 && slot->ns == 0)) {
        return -1.0;
    }
    return (double)slot->ns * 1e-9;
}

void fmi_queue_reset_timers(fmi_queue *queue) {
    memset(queue->timers, 0, sizeof queue->timers);
}

bool fmi_queue_has_event_clock(const fmi_queue *queue) {
    return queue->event_clock;
}

void fmi_queue_distrust_clock(fmi_queue *queue) {
    queue->event_clock = false;
}

fm_status fmi_queue_set_profiling(fmi_queue *queue, bool on, fm_error *err) {
    fm_status status = fmi_queue_finish(queue, err);
    if (status != FM_OK || on == queue->profiling) {
        return status;
    }
    cl_command_queue old = queue->queue;
    cl_int code = open_queue_or_plain(queue, on);
    if (code != CL_SUCCESS) {
        queue->queue = old;
        queue->profiling = !on;
        return fmi_queue_fail(queue, err, code, "clCreateCommandQueue",
                              "%s gives no other command queue; start again",
                              queue->device.caps.name);
    }
    if (queue->second) { /* may be the old one */
        (void)clReleaseCommandQueue(queue->second);
        queue->second = NULL;
    }
    (void)clReleaseCommandQueue(old);
    fmi_queue_reset_timers(queue);
    return FM_OK;
}
