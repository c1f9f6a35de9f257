/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include "error.h"

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
                           const char *what, fm_error *err) {
    *arena = (fmi_arena){0};
    return fmi_buffer_create(&arena->whole, queue, flags, bytes, what, err);
}

fm_status fmi_arena_take(fmi_arena *arena, uint64_t bytes, fmi_buffer **part, fm_error *err) {
    *part = NULL;
    uint64_t align = fmi_queue_device(arena->whole.queue)->caps.base_align_bytes;
    uint64_t left = arena->whole.bytes - arena->used;
    uint64_t step = round_up(bytes, align);
    if (bytes == 0 || bytes > left || arena->count == FMI_ARENA_PARTS) {
        return fmi_fail(err, FM_ERROR_INTERNAL,
                        "arena: part %u of %llu bytes does not fit, %llu of %llu are left; report "
                        "this",
                        arena->count, (unsigned long long)bytes, (unsigned long long)left,
                        (unsigned long long)arena->whole.bytes);
    }
    cl_buffer_region region = {.origin = (size_t)arena->used, .size = (size_t)bytes};
    cl_int code = CL_SUCCESS;
    cl_mem mem =
        clCreateSubBuffer(arena->whole.mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail(arena->whole.queue, err, code, "clCreateSubBuffer",
                              "arena: %llu bytes at %llu are refused; report this",
                              (unsigned long long)bytes, (unsigned long long)arena->used);
    }
    arena->used = step > left ? arena->whole.bytes : arena->used + step;
    *part = &arena->parts[arena->count++];
    **part = (fmi_buffer){.mem = mem, .bytes = bytes, .queue = arena->whole.queue};
    return FM_OK;
}

void fmi_arena_destroy(fmi_arena *arena) {
    if (!arena) {
        return;
    }
    for (uint32_t i = 0; i < arena->count; i++) {
        fmi_buffer_destroy(&arena->parts[i]);
    }
    fmi_buffer_destroy(&arena->whole);
    *arena = (fmi_arena){0};
}
