/* SPDX-License-Identifier: MIT */
/* Pushes of the caller's buffers: the kernels run on the engine's queue, tied to the caller's by
 * events. */
#include "keypoints_impl.h"

#include "error.h"

static fm_status fail(fm_keypoints *kp, int code, const char *call, fm_error *err) {
    return fmi_queue_fail(kp->engine->queue, err, code, call,
                          "keypoints: queues cannot be tied together; check queue, wait and that "
                          "the buffers are of the engine's context");
}

/* The engine's queue goes on when the caller's events and what is in the caller's queue are done.
 */
static fm_status wait_for_caller(fm_keypoints *kp, const fm_keypoints_buffers *b, fm_error *err) {
    const cl_command_queue own = fmi_queue_cl(kp->engine->queue);
    cl_event before = NULL;
    const char *call = "clEnqueueBarrierWithWaitList";
    cl_int code = CL_SUCCESS;
    if (b->wait_count > 0)
        code = clEnqueueBarrierWithWaitList(own, b->wait_count, (const cl_event *)b->wait, NULL);
    if (code == CL_SUCCESS && b->queue && b->queue != own) {
        call = "clEnqueueMarkerWithWaitList";
        code = clEnqueueMarkerWithWaitList(b->queue, 0, NULL, &before);
        if (code == CL_SUCCESS) {
            call = "clFlush";
            code = clFlush(b->queue);
        }
        if (code == CL_SUCCESS) {
            call = "clEnqueueBarrierWithWaitList";
            code = clEnqueueBarrierWithWaitList(own, 1, &before, NULL);
        }
        if (before)
            clReleaseEvent(before);
    }
    return code == CL_SUCCESS ? FM_OK : fail(kp, code, call, err);
}

/* What the caller enqueues next comes behind the kernels. */
static fm_status tell_caller(fm_keypoints *kp, const fm_keypoints_buffers *b, cl_event *done,
                             fm_error *err) {
    const cl_command_queue own = fmi_queue_cl(kp->engine->queue);
    const char *call = "clEnqueueMarkerWithWaitList";
    cl_event after = NULL;
    cl_int code = clEnqueueMarkerWithWaitList(own, 0, NULL, &after);
    if (code == CL_SUCCESS) {
        call = "clFlush";
        code = clFlush(own);
    }
    if (code == CL_SUCCESS && b->queue && b->queue != own) {
        call = "clEnqueueBarrierWithWaitList";
        code = clEnqueueBarrierWithWaitList(b->queue, 1, &after, NULL);
    }
    if (code == CL_SUCCESS && done)
        *done = after;
    else if (after)
        clReleaseEvent(after);
    return code == CL_SUCCESS ? FM_OK : fail(kp, code, call, err);
}

static fm_status check(const fm_keypoints *kp, const fm_keypoints_buffers *b, fm_error *err) {
    if (!kp || !b)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_keypoints_push_buffers: a NULL");
    if (kp->engine->reference)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "the reference device has no buffers");
    if (!kp->ready)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_push_buffers: give the initial frame to create or restart");
    if ((kp->head > 0 ? !b->motion : !b->value) ||
        (kp->has_jacobian && b->out_jacobian && !b->jacobian))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_push_buffers: a buffer is missing");
    if (b->out_value && kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT && !kp->has_canonical)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_push_buffers: values need the source's canonical points");
    return FM_OK;
}

fm_status fm_keypoints_push_buffers(fm_keypoints *kp, const fm_keypoints_buffers *buffers,
                                    uint32_t n, struct _cl_event **done, fm_error *err) {
    if (done)
        *done = NULL;
    fm_status status = check(kp, buffers, err);
    if (status != FM_OK || n == 0)
        return status;
    const bool live = kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT;
    const fmi_kp_mems mems = {.value = kp->head > 0 ? NULL : buffers->value,
                              .jacobian = kp->has_jacobian ? buffers->jacobian : NULL,
                              .motion = buffers->motion,
                              .out_value = buffers->out_value,
                              .out_jacobian = kp->has_jacobian ? buffers->out_jacobian : NULL,
                              .out_motion = live ? buffers->out_motion : NULL,
                              .status = buffers->status};
    status = wait_for_caller(kp, buffers, err);
    if (status == FM_OK)
        status = fmi_kp_launch(kp, &mems, n, err);
    if (status == FM_OK)
        status = tell_caller(kp, buffers, done, err);
    if (status != FM_OK)
        return status;
    kp->stats.frames += (uint64_t)n * kp->clips;
    kp->stats.device_frames += (uint64_t)n * kp->clips;
    kp->stats.launches++;
    return FM_OK;
}
