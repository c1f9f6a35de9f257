/* SPDX-License-Identifier: MIT */
/* Buffers and the transfers that wait; those beside the queue are in flight.c. */
#include "queue_impl.h"

#include "clock.h"
#include "error.h"
#include "pages.h"

/* What must hold before a buffer of bytes is made. */
static fm_status check_buffer(const fmi_queue *queue, uint64_t bytes, const char *what,
                              fm_error *err) {
    fm_status status = fmi_queue_usable(queue, err);
    if (status != FM_OK) {
        return status;
    }
    uint64_t limit = queue->device.caps.max_alloc_bytes;
    if (bytes == 0) {
        return fmi_fail(err, FM_ERROR_LIMIT, "%s: a buffer of 0 bytes was asked for; report this",
                        what);
    }
    if (bytes > limit || bytes > SIZE_MAX) {
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: %llu bytes pass the largest buffer of %s, %llu bytes; choose "
                        "another device, or ask for less",
                        what, (unsigned long long)bytes, queue->device.caps.name,
                        (unsigned long long)limit);
    }
    return FM_OK;
}

/* A map of one byte tells where the buffer lies. */
static fm_status advise(fmi_buffer *buffer, fm_error *err) {
    void *start = NULL;
    if (buffer->bytes < FMI_PAGES_LEAST || !fmi_quirks_host_pages(&buffer->queue->device.caps)) {
        return FM_OK;
    }
    fm_status status = fmi_buffer_map(buffer, CL_MAP_READ, 0, 1, &start, err);
    if (status != FM_OK) {
        return status;
    }
    fmi_pages_advise(start, (size_t)buffer->bytes);
    return fmi_buffer_unmap(buffer, &start, err);
}

static fm_status create_plain(fmi_buffer *buffer, cl_mem_flags flags, uint64_t bytes,
                              const char *what, fm_error *err) {
    cl_int code = CL_SUCCESS;
    buffer->mem = clCreateBuffer(buffer->queue->context, flags, (size_t)bytes, NULL, &code);
    return code == CL_SUCCESS ? FM_OK
                              : fmi_queue_fail(buffer->queue, err, code, "clCreateBuffer",
                                               "%s: no room for %llu bytes; free device memory, or "
                                               "ask for less at once",
                                               what, (unsigned long long)bytes);
}

static bool fits_guarded(const fmi_queue *queue, cl_mem_flags flags, uint64_t bytes) {
    uint64_t canaries = 2 * fmi_guard_bytes(queue);
    return fmi_guard_wanted(queue, flags) && bytes <= UINT64_MAX - canaries &&
           bytes + canaries <= queue->device.caps.max_alloc_bytes;
}

/* Releases the memory; the ledger is the caller's. */
static void release(fmi_buffer *buffer) {
    if (buffer->mem) {
        (void)clReleaseMemObject(buffer->mem);
    }
    if (buffer->whole) {
        fmi_guard_drop(buffer->queue, buffer->whole);
        (void)clReleaseMemObject(buffer->whole);
    }
}

/* The middle of a larger buffer. */
static fm_status create_guarded(fmi_buffer *buffer, cl_mem_flags flags, const char *what,
                                fm_error *err) {
    fmi_queue *queue = buffer->queue;
    uint64_t canary = fmi_guard_bytes(queue), bytes = buffer->bytes;
    fm_status status = create_plain(buffer, flags, bytes + 2 * canary, what, err);
    if (status != FM_OK) {
        return status;
    }
    cl_buffer_region region = {.origin = (size_t)canary, .size = (size_t)bytes};
    cl_int code = CL_SUCCESS;
    buffer->whole = buffer->mem;
    buffer->mem = clCreateSubBuffer(buffer->whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    status = code == CL_SUCCESS
                 ? fmi_guard_add(queue, buffer->whole, 0, canary, "before ", what, err)
                 : fmi_queue_fail(queue, err, code, "clCreateSubBuffer",
                                  "%s: no part between canaries; report this", what);
    if (status == FM_OK) {
        status = fmi_guard_add(queue, buffer->whole, canary + bytes, canary, "after ", what, err);
    }
    if (status != FM_OK) {
        release(buffer);
    }
    return status;
}

/* A buffer that was made, or not, comes into the ledger. */
static fm_status enter(fmi_buffer *buffer, fm_status status, fm_error *err) {
    if (status != FM_OK) {
        *buffer = (fmi_buffer){0};
        return status;
    }
    fm_stats *stats = &buffer->queue->stats;
    stats->live_bytes += buffer->bytes;
    if (stats->live_bytes > stats->peak_bytes) {
        stats->peak_bytes = stats->live_bytes;
    }
    status = advise(buffer, err);
    if (status != FM_OK) {
        fmi_buffer_destroy(buffer);
    }
    return status;
}

fm_status fmi_buffer_create(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags,
                            uint64_t bytes, const char *what, fm_error *err) {
    *buffer = (fmi_buffer){0};
    fm_status status = check_buffer(queue, bytes, what, err);
    if (status != FM_OK) {
        return status;
    }
    *buffer = (fmi_buffer){.bytes = bytes, .queue = queue, .counted = true};
    status = fits_guarded(queue, flags, bytes) ? create_guarded(buffer, flags, what, err)
                                               : create_plain(buffer, flags, bytes, what, err);
    return enter(buffer, status, err);
}

fm_status fmi_buffer_create_longer(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags,
                                   uint64_t bytes, uint64_t more, const char *what, fm_error *err) {
    *buffer = (fmi_buffer){0};
    fm_status status = check_buffer(queue, bytes, what, err);
    if (status != FM_OK) {
        return status;
    }
    *buffer = (fmi_buffer){.bytes = bytes, .queue = queue, .counted = true};
    return enter(buffer, create_plain(buffer, flags, bytes + more, what, err), err);
}

fm_status fmi_buffer_wrap(fmi_buffer *buffer, fmi_queue *queue, cl_mem_flags flags, uint64_t bytes,
                          void *memory, const char *what, fm_error *err) {
    *buffer = (fmi_buffer){0};
    fm_status status = check_buffer(queue, bytes, what, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = CL_SUCCESS;
    cl_mem mem =
        clCreateBuffer(queue->context, flags | CL_MEM_USE_HOST_PTR, (size_t)bytes, memory, &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(queue, err, code, "clCreateBuffer",
                              "%s: %llu bytes of the host cannot be shared; use a smaller batch",
                              what, (unsigned long long)bytes);
    }
    *buffer = (fmi_buffer){.mem = mem, .bytes = bytes, .queue = queue};
    return FM_OK;
}

void fmi_buffer_destroy(fmi_buffer *buffer) {
    if (!buffer) {
        return;
    }
    if (buffer->mem && buffer->counted) {
        buffer->queue->stats.live_bytes -= buffer->bytes;
    }
    release(buffer);
    *buffer = (fmi_buffer){0};
}

fm_status fmi_buffer_range(const fmi_buffer *buffer, uint64_t offset, uint64_t bytes,
                           fm_error *err) {
    if (!buffer->mem) {
        return fmi_fail(err, FM_ERROR_INTERNAL,
                        "a transfer on a buffer that was not made; "
                        "report this");
    }
    if (offset > buffer->bytes || bytes > buffer->bytes - offset) {
        return fmi_fail(err, FM_ERROR_INTERNAL,
                        "a transfer of %llu bytes at %llu passes the end of a buffer of %llu "
                        "bytes; report this",
                        (unsigned long long)bytes, (unsigned long long)offset,
                        (unsigned long long)buffer->bytes);
    }
    return fmi_queue_usable(buffer->queue, err);
}

static void count_to_device(fmi_queue *queue, uint64_t bytes) {
    queue->stats.to_device_count++;
    queue->stats.to_device_bytes += bytes;
    if (queue->in_loop) {
        queue->stats.loop_to_device_bytes += bytes;
    }
}

void fmi_queue_count_down(fmi_queue *queue, uint64_t bytes) {
    queue->stats.from_device_count++;
    queue->stats.from_device_bytes += bytes;
}

fm_status fmi_buffer_write(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, const void *from,
                           fm_error *err) {
    fm_status status = fmi_buffer_range(buffer, offset, bytes, err);
    if (status != FM_OK || bytes == 0) {
        return status;
    }
    uint64_t start = fmi_clock_ns();
    cl_int code = clEnqueueWriteBuffer(buffer->queue->queue, buffer->mem, CL_TRUE, (size_t)offset,
                                       (size_t)bytes, from, 0, NULL, NULL);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail_wait(buffer->queue, err, code, "clEnqueueWriteBuffer",
                                   "data cannot be copied to the device; use a smaller batch");
    }
    count_to_device(buffer->queue, bytes);
    return fmi_queue_saw_transfer(buffer->queue, "to device", bytes, start, err);
}

fm_status fmi_buffer_read(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, void *to,
                          fm_error *err) {
    fm_status status = fmi_buffer_range(buffer, offset, bytes, err);
    if (status != FM_OK || bytes == 0) {
        return status;
    }
    uint64_t start = fmi_clock_ns();
    cl_int code = clEnqueueReadBuffer(buffer->queue->queue, buffer->mem, CL_TRUE, (size_t)offset,
                                      (size_t)bytes, to, 0, NULL, NULL);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail_wait(buffer->queue, err, code, "clEnqueueReadBuffer",
                                   "results cannot be copied from the device; use a smaller batch");
    }
    fmi_queue_count_down(buffer->queue, bytes);
    return fmi_queue_saw_transfer(buffer->queue, "from device", bytes, start, err);
}

fm_status fmi_buffer_map(fmi_buffer *buffer, cl_map_flags flags, uint64_t offset, uint64_t bytes,
                         void **pointer, fm_error *err) {
    *pointer = NULL;
    fm_status status = fmi_buffer_range(buffer, offset, bytes, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = CL_SUCCESS;
    uint64_t start = fmi_clock_ns();
    *pointer = clEnqueueMapBuffer(buffer->queue->queue, buffer->mem, CL_TRUE, flags, (size_t)offset,
                                  (size_t)bytes, 0, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        *pointer = NULL;
        return fmi_queue_fail_wait(buffer->queue, err, code, "clEnqueueMapBuffer",
                                   "device memory cannot be mapped; use a smaller batch");
    }
    if (flags & CL_MAP_READ) {
        fmi_queue_count_down(buffer->queue, bytes);
    }
    if (flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)) {
        count_to_device(buffer->queue, bytes);
    }
    const char *way = flags & CL_MAP_READ ? "from device" : "to device";
    status = fmi_queue_saw_transfer(buffer->queue, way, bytes, start, err);
    if (status != FM_OK) { /* nobody would give back what did not come */
        (void)clEnqueueUnmapMemObject(buffer->queue->queue, buffer->mem, *pointer, 0, NULL, NULL);
        *pointer = NULL;
    }
    return status;
}

fm_status fmi_buffer_unmap(fmi_buffer *buffer, void **pointer, fm_error *err) {
    if (!*pointer) {
        return FM_OK;
    }
    uint64_t start = fmi_clock_ns();
    cl_int code =
        clEnqueueUnmapMemObject(buffer->queue->queue, buffer->mem, *pointer, 0, NULL, NULL);
    *pointer = NULL;
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(buffer->queue, err, code, "clEnqueueUnmapMemObject",
                              "mapped memory cannot be given back; start again");
    }
    return fmi_queue_saw_transfer(buffer->queue, "unmap", 0, start, err);
}

fm_status fmi_buffer_show(fmi_buffer *buffer, fm_error *err) {
    fm_status status = fmi_buffer_range(buffer, 0, buffer->bytes, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = CL_SUCCESS;
    uint64_t start = fmi_clock_ns();
    void *pointer = clEnqueueMapBuffer(buffer->queue->queue, buffer->mem, CL_FALSE, CL_MAP_READ, 0,
                                       (size_t)buffer->bytes, 0, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(buffer->queue, err, code, "clEnqueueMapBuffer",
                              "device memory cannot be mapped; use a smaller batch");
    }
    fmi_queue_count_down(buffer->queue, buffer->bytes);
    code = clEnqueueUnmapMemObject(buffer->queue->queue, buffer->mem, pointer, 0, NULL, NULL);
    if (code == CL_INVALID_VALUE) { /* rusticl knows a map only once it has run */
        status = fmi_queue_finish(buffer->queue, err);
        return status == FM_OK ? fmi_buffer_unmap(buffer, &pointer, err) : status;
    }
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(buffer->queue, err, code, "clEnqueueUnmapMemObject",
                              "mapped memory cannot be given back; start again");
    }
    return fmi_queue_saw_transfer(buffer->queue, "from device", buffer->bytes, start, err);
}

fm_status fmi_buffer_copy_out(fmi_buffer *buffer, uint64_t offset, uint64_t bytes, cl_mem to,
                              uint64_t to_offset, fm_error *err) {
    fm_status status = fmi_queue_usable(buffer->queue, err);
    if (status != FM_OK) {
        return status;
    }
    cl_int code = clEnqueueCopyBuffer(buffer->queue->queue, buffer->mem, to, offset, to_offset,
                                      bytes, 0, NULL, NULL);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(buffer->queue, err, code, "clEnqueueCopyBuffer",
                              "%llu bytes cannot be copied to the caller's buffer",
                              (unsigned long long)bytes);
    }
    return FM_OK;
}
