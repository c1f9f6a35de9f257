/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include "error.h"
#include "queue_impl.h"

#include <stdio.h>

/* Next multiple of align at or above value; UINT64_MAX when there is none. */
static uint64_t round_up(uint64_t value, uint64_t align) {
    uint64_t rest = align > 1 ? value % align : 0;
    if (rest == 0) {
        return value;
    }
    return value > UINT64_MAX - (align - rest) ? UINT64_MAX : value + (align - rest);
}

void fmi_arena_add(uint64_t *total, uint64_t align, uint64_t bytes) {
    uint64_t part = round_up(bytes, align);
    *total = part > UINT64_MAX - *total ? UINT64_MAX : *total + part;
}

fm_status fmi_arena_create(fmi_arena *arena, fmi_queue *queue, uint64_t bytes, cl_mem_flags flags,
                           bool joined, const char *what, fm_error *err) {
    *arena = (fmi_arena){0};
    (void)snprintf(arena->what, sizeof arena->what, "%s", what);
    uint64_t canaries = (FMI_ARENA_PARTS + 1) * fmi_guard_bytes(queue);
    uint64_t most = queue->device.caps.max_alloc_bytes;
    if (joined || !fmi_guard_wanted(queue, flags) || canaries > most || bytes > most - canaries) {
        return fmi_buffer_create(&arena->whole, queue, flags, bytes, what, err);
    }
    arena->apart = fmi_guard_bytes(queue);
    return fmi_buffer_create_longer(&arena->whole, queue, flags, bytes, canaries, what, err);
}

/* Behind part i, up to the next one; the first one has one before it as well. */
static fm_status add_canaries(fmi_arena *arena, uint32_t i, uint64_t end, fm_error *err) {
    char part[64];
    fmi_buffer *whole = &arena->whole;
    fm_status status = FM_OK;
    (void)snprintf(part, sizeof part, "part %u of the %s", i, arena->what);
    if (i == 0) {
        status = fmi_guard_add(whole->queue, whole->mem, 0, arena->apart, "before ", part, err);
    }
    uint64_t next = arena->used + (i + 2) * arena->apart;
    return status == FM_OK
               ? fmi_guard_add(whole->queue, whole->mem, end, next - end, "after ", part, err)
               : status;
}

fm_status fmi_arena_take(fmi_arena *arena, uint64_t bytes, fmi_buffer **part, fm_error *err) {
    *part = NULL;
    fmi_buffer *whole = &arena->whole;
    uint64_t align = fmi_queue_device(whole->queue)->caps.base_align_bytes;
    uint64_t left = whole->bytes - arena->used;
    uint64_t step = round_up(bytes, align);
    if (bytes == 0 || bytes > left || arena->count == FMI_ARENA_PARTS) {
        return fmi_fail(err, FM_ERROR_INTERNAL,
                        "arena: part %u of %llu bytes does not fit, %llu of %llu are left; report "
                        "this",
                        arena->count, (unsigned long long)bytes, (unsigned long long)left,
                        (unsigned long long)whole->bytes);
    }
    /* A part of a part is not allowed: where the whole lies between canaries, it is one itself. */
    uint64_t at = arena->used + (whole->whole ? fmi_guard_bytes(whole->queue) : 0) +
                  (arena->count + 1) * arena->apart;
    cl_buffer_region region = {.origin = (size_t)at, .size = (size_t)bytes};
    cl_int code = CL_SUCCESS;
    cl_mem mem = clCreateSubBuffer(whole->whole ? whole->whole : whole->mem, 0,
                                   CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(whole->queue, err, code, "clCreateSubBuffer",
                              "arena: %llu bytes at %llu are refused; report this",
                              (unsigned long long)bytes, (unsigned long long)at);
    }
    arena->used = step > left ? whole->bytes : arena->used + step;
    *part = &arena->parts[arena->count++];
    **part = (fmi_buffer){.mem = mem, .bytes = bytes, .queue = whole->queue};
    return arena->apart ? add_canaries(arena, arena->count - 1, at + bytes, err) : FM_OK;
}

void fmi_arena_destroy(fmi_arena *arena) {
    if (!arena) {
        return;
    }
    for (uint32_t i = 0; i < arena->count; i++) {
        fmi_buffer_destroy(&arena->parts[i]);
    }
    if (arena->apart && arena->whole.mem) {
        fmi_guard_drop(arena->whole.queue, arena->whole.mem);
    }
    fmi_buffer_destroy(&arena->whole);
    *arena = (fmi_arena){0};
}
