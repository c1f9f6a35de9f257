/* SPDX-License-Identifier: MIT */
/* Transfers beside the queue, so that a batch comes down while the next one is drawn, and a pair
 * goes up while another one is. */
#include "queue_impl.h"

#include "clock.h"
#include "error.h"
#include "log.h"

/* Opens the second queue when it is first wanted; the first one does for both otherwise. */
static cl_command_queue second_of(fmi_queue *queue) {
    cl_int code = CL_SUCCESS;
    if (queue->second) {
        return queue->second;
    }
    queue->second = clCreateCommandQueue(queue->context, queue->device.id, 0, &code);
    if (code != CL_SUCCESS || !queue->second) {
        fmi_log(&queue->log, FM_LOG_INFO, "%s: no second command queue (%d %s), transfers wait",
                queue->device.caps.name, code, fmi_cl_name(code));
        queue->second = queue->queue;
        (void)clRetainCommandQueue(queue->queue);
    }
    return queue->second;
}

/* What a call on the second queue gave: sent off when it went well. The name of the call that
 * failed. */
static const char *send_second(fmi_queue *queue, const char *call, cl_int *code) {
    if (*code != CL_SUCCESS) {
        return call;
    }
    queue->second_busy = true;
    *code = clFlush(queue->second);
    return "clFlush";
}

cl_int fmi_queue_finish_second(fmi_queue *queue) {
    if (!queue->second_busy) {
        return CL_SUCCESS;
    }
    queue->second_busy = false;
    return clFinish(queue->second);
}

void fmi_mark_drop(fmi_mark *mark) {
    if (mark->event) {
        (void)clReleaseEvent(mark->event);
    }
    if (mark->last) {
        (void)clReleaseEvent(mark->last);
    }
    *mark = (fmi_mark){0};
}

/* What is behind this point of the queue: launches with events, and the last one without. */
static void note_launches(fmi_queue *queue, fmi_mark *mark) {
    mark->launches = queue->taken + queue->pending_count;
    mark->last = queue->last;
    if (mark->last) {
        (void)clRetainEvent(mark->last);
    }
}

fm_status fmi_queue_mark(fmi_queue *queue, fmi_mark *mark, fm_error *err) {
    *mark = (fmi_mark){0};
    fm_status status = fmi_queue_usable(queue, err);
    if (status != FM_OK) {
        return status;
    }
    const char *call = "clEnqueueMarkerWithWaitList";
    cl_int code = clEnqueueMarkerWithWaitList(queue->queue, 0, NULL, &mark->event);
    if (code == CL_SUCCESS) { /* another queue waits for it, so it must be on its way */
        code = clFlush(queue->queue);
        call = "clFlush";
    }
    if (code != CL_SUCCESS) {
        fmi_mark_drop(mark);
        return fmi_queue_fail(queue, err, code, call,
                              "the end of a batch cannot be marked; use a smaller batch");
    }
    note_launches(queue, mark);
    return FM_OK;
}

/* The first failure among the mark's event and the launches before it, which have all ended. */
static cl_int failure_before(fmi_queue *queue, const fmi_mark *mark) {
    uint64_t open = mark->launches > queue->taken ? mark->launches - queue->taken : 0;
    uint32_t count = open < queue->pending_count ? (uint32_t)open : queue->pending_count;
    cl_int failed = fmi_queue_take_events(queue, count);
    if (failed == CL_SUCCESS && mark->last && fmi_event_status(mark->last) < 0) {
        failed = fmi_event_status(mark->last);
    }
    if (failed == CL_SUCCESS && fmi_event_status(mark->event) < 0) {
        failed = fmi_event_status(mark->event);
    }
    return failed;
}

fm_status fmi_queue_wait(fmi_queue *queue, fmi_mark *mark, fm_error *err) {
    fm_status status = fmi_queue_usable(queue, err);
    if (status != FM_OK || !mark->event) {
        fmi_mark_drop(mark);
        return status;
    }
    cl_int code = clWaitForEvents(1, &mark->event);
    cl_int failed = CL_SUCCESS;
    if (code == CL_SUCCESS || code == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) {
        failed = failure_before(queue, mark);
        code = failed != CL_SUCCESS ? failed : code;
    }
    fmi_mark_drop(mark);
    fmi_queue_drain_notices(queue);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail_wait(queue, err, code,
                                   failed != CL_SUCCESS ? "clGetEventInfo" : "clWaitForEvents",
                                   "a kernel failed while it ran; start again, with a smaller "
                                   "batch if it repeats");
    }
    return FM_OK;
}

fm_status fmi_queue_after(fmi_queue *queue, fmi_mark *mark, fm_error *err) {
    if (!mark->event) {
        return FM_OK;
    }
    fm_status status = fmi_queue_usable(queue, err);
    cl_int code = CL_SUCCESS;
    if (status == FM_OK) {
        code = clEnqueueBarrierWithWaitList(queue->queue, 1, &mark->event, NULL);
    }
    fmi_mark_drop(mark);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(queue, err, code, "clEnqueueBarrierWithWaitList",
                              "a batch cannot wait for the one before it; use a smaller batch");
    }
    return status;
}

fm_status fmi_buffer_map_start(fmi_buffer *buffer, uint64_t bytes, const fmi_mark *after,
                               void **pointer, fmi_mark *ready, fm_error *err) {
    fmi_queue *queue = buffer->queue;
    *pointer = NULL;
    *ready = (fmi_mark){0};
    fm_status status = fmi_buffer_range(buffer, 0, bytes, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = CL_SUCCESS;
    uint64_t start = fmi_clock_ns();
    *pointer = clEnqueueMapBuffer(second_of(queue), buffer->mem, CL_FALSE, CL_MAP_READ, 0,
                                  (size_t)bytes, 1, &after->event, &ready->event, &code);
    const char *call = send_second(queue, "clEnqueueMapBuffer", &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(queue, err, code, call,
                              "device memory cannot be mapped; use a smaller batch");
    }
    ready->launches = after->launches;
    ready->last = after->last;
    if (ready->last) {
        (void)clRetainEvent(ready->last);
    }
    fmi_queue_count_down(queue, bytes);
    return fmi_queue_saw_transfer(queue, "from device", bytes, start, err);
}

fm_status fmi_buffer_unmap_start(fmi_buffer *buffer, void **pointer, fmi_mark *done,
                                 fm_error *err) {
    fmi_queue *queue = buffer->queue;
    *done = (fmi_mark){0};
    if (!*pointer) {
        return FM_OK;
    }
    cl_int code =
        clEnqueueUnmapMemObject(second_of(queue), buffer->mem, *pointer, 0, NULL, &done->event);
    const char *call = send_second(queue, "clEnqueueUnmapMemObject", &code);
    *pointer = NULL;
    if (code != CL_SUCCESS) {
        fmi_mark_drop(done);
        return fmi_queue_fail(queue, err, code, call,
                              "mapped memory cannot be given back; start again");
    }
    return FM_OK;
}

fm_status fmi_buffer_write_start(fmi_buffer *buffer, uint64_t bytes, const void *from,
                                 fmi_mark *done, fm_error *err) {
    fmi_queue *queue = buffer->queue;
    *done = (fmi_mark){0};
    fm_status status = fmi_buffer_range(buffer, 0, bytes, err);
    if (status != FM_OK) {
        return status;
    }
    uint64_t start = fmi_clock_ns();
    cl_int code = clEnqueueWriteBuffer(second_of(queue), buffer->mem, CL_FALSE, 0, (size_t)bytes,
                                       from, 0, NULL, &done->event);
    const char *call = send_second(queue, "clEnqueueWriteBuffer", &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(queue, err, code, call,
                              "data cannot be copied to the device; use a smaller batch");
    }
    queue->stats.to_device_count++;
    queue->stats.to_device_bytes += bytes;
    queue->stats.ahead_to_device_count++;
    queue->stats.ahead_to_device_bytes += bytes;
    return fmi_queue_saw_transfer(queue, "to device", bytes, start, err);
}

bool fmi_mark_reached(const fmi_mark *mark) {
    return !mark->event || fmi_event_status(mark->event) <= CL_COMPLETE;
}

fm_status fmi_mark_settle(fmi_queue *queue, fmi_mark *mark, fm_error *err) {
    fm_status status = mark->event ? fmi_queue_usable(queue, err) : FM_OK;
    if (status != FM_OK || !mark->event) {
        fmi_mark_drop(mark);
        return status;
    }
    cl_int code = clWaitForEvents(1, &mark->event);
    cl_int own = fmi_event_status(mark->event);
    bool waited = code == CL_SUCCESS || code == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    fmi_mark_drop(mark);
    if (!waited) {
        return fmi_queue_fail_wait(queue, err, code, "clWaitForEvents",
                                   "a transfer cannot be waited for; start again");
    }
    if (own < 0 || code != CL_SUCCESS) {
        return fmi_queue_fail(queue, err, own < 0 ? own : code, "clGetEventInfo",
                              "a transfer failed; use a smaller batch");
    }
    return FM_OK;
}
