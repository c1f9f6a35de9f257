/* SPDX-License-Identifier: MIT */
/* Commands on a queue, and waiting for them. */
#include "counts.h"
#include "objects.h"
#include "wrap.h"

#define QUEUE_PARAMS cl_uint waits, const cl_event *wait, cl_event *event
#define QUEUE_ARGS waits, wait, event

FMF_PASS(clFlush, (cl_command_queue queue), (queue))
FMF_PASS(clFinish, (cl_command_queue queue), (queue))
FMF_PASS(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))

/* Notes the event that a command gave. Returns code. */
static cl_int given(cl_int code, cl_event *event) {
    if (code == CL_SUCCESS && event) {
        fmf_born(FMF_EVENT, *event, 0, 0);
    }
    return code;
}

/** As FMF_PASS, for a command that may give an event. */
#define COMMAND(name, params, args)                                           \
    static cl_int CL_API_CALL on_##name params {                              \
        cl_int code = fmf_enter(FMF_##name);                                  \
        return code != CL_SUCCESS ? code : given(fmf_next->name args, event); \
    }

COMMAND(clEnqueueCopyBuffer,
        (cl_command_queue queue, cl_mem from, cl_mem to, size_t from_at, size_t to_at, size_t bytes,
         QUEUE_PARAMS),
        (queue, from, to, from_at, to_at, bytes, QUEUE_ARGS))
COMMAND(clEnqueueFillBuffer,
        (cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes, size_t at,
         size_t bytes, QUEUE_PARAMS),
        (queue, mem, pattern, pattern_bytes, at, bytes, QUEUE_ARGS))
COMMAND(clEnqueueMarkerWithWaitList, (cl_command_queue queue, QUEUE_PARAMS), (queue, QUEUE_ARGS))
COMMAND(clEnqueueBarrierWithWaitList, (cl_command_queue queue, QUEUE_PARAMS), (queue, QUEUE_ARGS))

/* One bit in the middle. */
static void flip(void *data, size_t bytes) {
    if (bytes > 0 && fmf_flip_now()) {
        ((unsigned char *)data)[bytes / 2] ^= 0x10;
    }
}

/* With FMFAULT_FLIP every read waits: the bit is flipped in what has arrived. */
static cl_int CL_API_CALL on_clEnqueueReadBuffer(cl_command_queue queue, cl_mem mem,
                                                 cl_bool blocking, size_t at, size_t bytes,
                                                 void *to, QUEUE_PARAMS) {
    cl_int code = fmf_enter(FMF_clEnqueueReadBuffer);
    if (code != CL_SUCCESS) {
        return code;
    }
    cl_bool wait_here = blocking || fmf_set.flip != 0;
    code = fmf_next->clEnqueueReadBuffer(queue, mem, wait_here, at, bytes, to, QUEUE_ARGS);
    if (code == CL_SUCCESS) {
        fmf_transferred(FMF_READ, bytes);
        flip(to, bytes);
    }
    return given(code, event);
}

static cl_int CL_API_CALL on_clEnqueueWriteBuffer(cl_command_queue queue, cl_mem mem,
                                                  cl_bool blocking, size_t at, size_t bytes,
                                                  const void *from, QUEUE_PARAMS) {
    cl_int code = fmf_enter(FMF_clEnqueueWriteBuffer);
    if (code != CL_SUCCESS) {
        return code;
    }
    code = fmf_next->clEnqueueWriteBuffer(queue, mem, blocking, at, bytes, from, QUEUE_ARGS);
    if (code == CL_SUCCESS) {
        fmf_transferred(FMF_WRITE, bytes);
        fmf_uploaded(from, bytes);
    }
    return given(code, event);
}

/* Keeps account of a map that succeeded. */
static void mapped(void *pointer, cl_map_flags flags, size_t bytes) {
    bool writes = (flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)) != 0;
    fmf_born(FMF_MAP, pointer, bytes, writes);
    if (flags & CL_MAP_READ) {
        fmf_transferred(FMF_MAP_READ, bytes);
        flip(pointer, bytes);
    }
    if (writes) {
        fmf_transferred(FMF_MAP_WRITE, bytes);
    }
}

static void *CL_API_CALL on_clEnqueueMapBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                               cl_map_flags flags, size_t at, size_t bytes,
                                               QUEUE_PARAMS, cl_int *code_ret) {
    void *pointer = NULL;
    cl_int code = fmf_enter(FMF_clEnqueueMapBuffer);
    if (code == CL_SUCCESS) {
        cl_bool wait_here = blocking || fmf_set.flip != 0;
        pointer = fmf_next->clEnqueueMapBuffer(queue, mem, wait_here, flags, at, bytes, QUEUE_ARGS,
                                               &code);
    }
    if (code == CL_SUCCESS) {
        mapped(pointer, flags, bytes);
    }
    (void)given(code, event);
    FMF_ANSWER(code_ret, code);
    return pointer;
}

/* An unmap that is to fail is done all the same: the program cannot try again, and a driver that
 * never hears of it keeps the buffer for good. */
static cl_int CL_API_CALL on_clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem mem,
                                                     void *pointer, QUEUE_PARAMS) {
    cl_int injected = fmf_enter(FMF_clEnqueueUnmapMemObject);
    if (fmf_tag(pointer) == 1) {
        fmf_uploaded(pointer, fmf_bytes(pointer));
    }
    fmf_released(pointer);
    if (injected != CL_SUCCESS) {
        (void)fmf_next->clEnqueueUnmapMemObject(queue, mem, pointer, waits, wait, NULL);
        return injected;
    }
    return given(fmf_next->clEnqueueUnmapMemObject(queue, mem, pointer, QUEUE_ARGS), event);
}

static cl_device_id device_of(cl_command_queue queue) {
    cl_device_id device = NULL;
    (void)fmf_next->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    return device;
}

/* What a device of the capped group size and local memory would say to a launch. */
static cl_int check_group(cl_command_queue queue, cl_kernel kernel, cl_uint dims,
                          const size_t *local) {
    size_t items = 1;
    cl_ulong bytes = 0;
    for (cl_uint i = 0; local && i < dims; i++) {
        items *= local[i];
    }
    if (fmf_set.wg_cap && items > fmf_set.wg_cap) {
        return fmf_refuse(CL_INVALID_WORK_GROUP_SIZE);
    }
    if (fmf_set.lmem_cap &&
        fmf_next->clGetKernelWorkGroupInfo(kernel, device_of(queue), CL_KERNEL_LOCAL_MEM_SIZE,
                                           sizeof bytes, &bytes, NULL) == CL_SUCCESS &&
        (bytes > fmf_set.lmem_cap || fmf_local_arg_bytes(kernel) > fmf_set.lmem_cap)) {
        return fmf_refuse(CL_OUT_OF_RESOURCES);
    }
    return CL_SUCCESS;
}

static cl_int CL_API_CALL on_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
                                                    cl_uint dims, const size_t *offset,
                                                    const size_t *global, const size_t *local,
                                                    QUEUE_PARAMS) {
    cl_int code = fmf_enter(FMF_clEnqueueNDRangeKernel);
    if (code == CL_SUCCESS) {
        code = check_group(queue, kernel, dims, local);
    }
    if (code != CL_SUCCESS) {
        return code;
    }
    code = fmf_next->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, local, QUEUE_ARGS);
    if (code == CL_SUCCESS) {
        fmf_launched(fmf_tag(kernel));
    }
    return given(code, event);
}

void fmf_wrap_commands(cl_icd_dispatch *table) {
    FMF_SET(table, clFlush);
    FMF_SET(table, clFinish);
    FMF_SET(table, clWaitForEvents);
    FMF_SET(table, clEnqueueReadBuffer);
    FMF_SET(table, clEnqueueWriteBuffer);
    FMF_SET(table, clEnqueueCopyBuffer);
    FMF_SET(table, clEnqueueFillBuffer);
    FMF_SET(table, clEnqueueMapBuffer);
    FMF_SET(table, clEnqueueUnmapMemObject);
    FMF_SET(table, clEnqueueMarkerWithWaitList);
    FMF_SET(table, clEnqueueBarrierWithWaitList);
    FMF_SET(table, clEnqueueNDRangeKernel);
}
