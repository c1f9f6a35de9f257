/* SPDX-License-Identifier: MIT */
/* Contexts, queues, memory, events: creation, retain, release. */
#include "counts.h"
#include "objects.h"
#include "report.h"
#include "wrap.h"

FMF_RETAIN(clRetainContext, cl_context)
FMF_RETAIN(clRetainCommandQueue, cl_command_queue)
FMF_RELEASE(clReleaseCommandQueue, cl_command_queue)
FMF_RETAIN(clRetainMemObject, cl_mem)
FMF_RELEASE(clReleaseMemObject, cl_mem)
FMF_RETAIN(clRetainEvent, cl_event)
FMF_RELEASE(clReleaseEvent, cl_event)

static cl_context CL_API_CALL on_clCreateContext(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
    cl_int *code_ret) {
    cl_context context = NULL;
    cl_int code = fmf_enter(FMF_clCreateContext);
    if (code == CL_SUCCESS) {
        context = fmf_next->clCreateContext(properties, count, devices, notify, user, &code);
    }
    fmf_born(FMF_CONTEXT, context, 0, 0);
    FMF_ANSWER(code_ret, code);
    return context;
}

static cl_int CL_API_CALL on_clReleaseContext(cl_context context) {
    (void)fmf_enter(FMF_clReleaseContext);
    fmf_released(context);
    fmf_lock();
    uint64_t left = fmf_objects()->live[FMF_CONTEXT];
    fmf_unlock();
    if (left == 0) { /* some drivers never come back from here */
        fmf_report_write("release");
    }
    return fmf_next->clReleaseContext(context);
}

static cl_command_queue CL_API_CALL on_clCreateCommandQueue(cl_context context, cl_device_id device,
                                                            cl_command_queue_properties properties,
                                                            cl_int *code_ret) {
    cl_command_queue queue = NULL;
    cl_int code = fmf_enter(FMF_clCreateCommandQueue);
    if (code == CL_SUCCESS && (properties & CL_QUEUE_PROFILING_ENABLE) &&
        (fmf_set.lack & FMF_LACK_PROFILING)) {
        code = fmf_refuse(CL_INVALID_QUEUE_PROPERTIES);
    }
    if (code == CL_SUCCESS) {
        queue = fmf_next->clCreateCommandQueue(context, device, properties, &code);
    }
    fmf_born(FMF_QUEUE, queue, 0, 0);
    FMF_ANSWER(code_ret, code);
    return queue;
}

/* What a device of FMFAULT_MEM_CAP bytes would say to one more buffer. */
static cl_int check_room(size_t bytes) {
    uint64_t room = fmf_set.mem_cap;
    if (room && bytes > room / 4) {
        return fmf_refuse(CL_INVALID_BUFFER_SIZE);
    }
    if (fmf_set.mem_room && (room == 0 || fmf_set.mem_room < room)) {
        room = fmf_set.mem_room;
    }
    fmf_lock();
    uint64_t live = fmf_objects()->live_bytes;
    fmf_unlock();
    return room && live + bytes > room ? fmf_refuse(CL_MEM_OBJECT_ALLOCATION_FAILURE) : CL_SUCCESS;
}

static cl_mem CL_API_CALL on_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes,
                                            void *host, cl_int *code_ret) {
    cl_mem mem = NULL;
    cl_int code = fmf_enter(FMF_clCreateBuffer);
    if (code == CL_SUCCESS) {
        code = check_room(bytes);
    }
    if (code == CL_SUCCESS) {
        mem = fmf_next->clCreateBuffer(context, flags, bytes, host, &code);
    }
    fmf_born(FMF_BUFFER, mem, bytes, 0);
    if (mem && (flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR))) {
        fmf_transferred(FMF_COPYING_CREATION, bytes);
        fmf_uploaded(host, bytes);
    }
    FMF_ANSWER(code_ret, code);
    return mem;
}

static cl_mem CL_API_CALL on_clCreateSubBuffer(cl_mem whole, cl_mem_flags flags,
                                               cl_buffer_create_type type, const void *info,
                                               cl_int *code_ret) {
    cl_mem mem = NULL;
    cl_int code = fmf_enter(FMF_clCreateSubBuffer);
    if (code == CL_SUCCESS) {
        mem = fmf_next->clCreateSubBuffer(whole, flags, type, info, &code);
    }
    fmf_born(FMF_SUB_BUFFER, mem, 0, 0);
    FMF_ANSWER(code_ret, code);
    return mem;
}

static uint64_t image_bytes(cl_mem image) {
    size_t bytes = 0;
    (void)fmf_next->clGetMemObjectInfo(image, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    return bytes;
}

static cl_mem CL_API_CALL on_clCreateImage(cl_context context, cl_mem_flags flags,
                                           const cl_image_format *format, const cl_image_desc *desc,
                                           void *host, cl_int *code_ret) {
    cl_mem mem = NULL;
    cl_int code = fmf_enter(FMF_clCreateImage);
    if (code == CL_SUCCESS && (fmf_set.lack & FMF_LACK_IMAGES)) {
        code = fmf_refuse(CL_INVALID_OPERATION);
    }
    if (code == CL_SUCCESS) {
        mem = fmf_next->clCreateImage(context, flags, format, desc, host, &code);
    }
    uint64_t bytes = mem ? image_bytes(mem) : 0;
    fmf_born(FMF_IMAGE, mem, bytes, 0);
    if (mem && (flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR))) {
        fmf_transferred(FMF_COPYING_CREATION, bytes);
    }
    FMF_ANSWER(code_ret, code);
    return mem;
}

static cl_event CL_API_CALL on_clCreateUserEvent(cl_context context, cl_int *code_ret) {
    cl_event event = NULL;
    cl_int code = fmf_enter(FMF_clCreateUserEvent);
    if (code == CL_SUCCESS) {
        event = fmf_next->clCreateUserEvent(context, &code);
    }
    fmf_born(FMF_EVENT, event, 0, 0);
    FMF_ANSWER(code_ret, code);
    return event;
}

void fmf_wrap_objects(cl_icd_dispatch *table) {
    FMF_SET(table, clCreateContext);
    FMF_SET(table, clRetainContext);
    FMF_SET(table, clReleaseContext);
    FMF_SET(table, clCreateCommandQueue);
    FMF_SET(table, clRetainCommandQueue);
    FMF_SET(table, clReleaseCommandQueue);
    FMF_SET(table, clCreateBuffer);
    FMF_SET(table, clCreateSubBuffer);
    FMF_SET(table, clCreateImage);
    FMF_SET(table, clRetainMemObject);
    FMF_SET(table, clReleaseMemObject);
    FMF_SET(table, clCreateUserEvent);
    FMF_SET(table, clRetainEvent);
    FMF_SET(table, clReleaseEvent);
}
