/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include "fault.h"

#include <stdlib.h>

const char *const fmf_kind_names[FMF_KIND_COUNT] = {
    [FMF_CONTEXT] = "contexts",       [FMF_QUEUE] = "queues", [FMF_BUFFER] = "buffers",
    [FMF_SUB_BUFFER] = "sub_buffers", [FMF_IMAGE] = "images", [FMF_PROGRAM] = "programs",
    [FMF_KERNEL] = "kernels",         [FMF_EVENT] = "events", [FMF_MAP] = "maps"};

typedef struct object {
    const void *handle;
    uint64_t bytes;
    uint32_t holds;
    uint32_t tag;
    fmf_kind kind;
} object;

static object *list;
static size_t count, room;
static fmf_object_counts counts;

/* From the end: what is released was mostly made a moment ago. */
static object *find(const void *handle) {
    for (size_t i = count; i > 0; i--) {
        if (list[i - 1].handle == handle) {
            return &list[i - 1];
        }
    }
    return NULL;
}

static object *append(void) {
    if (count == room) {
        size_t more = room ? 2 * room : 256;
        object *grown = realloc(list, more * sizeof *grown);
        if (!grown) {
            abort(); /* an instrument that has lost count must not report */
        }
        list = grown;
        room = more;
    }
    return &list[count++];
}

static bool is_memory(fmf_kind kind) {
    return kind == FMF_BUFFER || kind == FMF_IMAGE;
}

static void add_memory(fmf_kind kind, uint64_t bytes) {
    if (!is_memory(kind)) {
        return;
    }
    counts.live_bytes += bytes;
    if (counts.live_bytes > counts.peak_bytes) {
        counts.peak_bytes = counts.live_bytes;
    }
    if (bytes > counts.largest_bytes) {
        counts.largest_bytes = bytes;
    }
}

void fmf_born(fmf_kind kind, const void *handle, uint64_t bytes, uint32_t tag) {
    if (!handle) {
        return;
    }
    fmf_lock();
    *append() = (object){.handle = handle, .bytes = bytes, .holds = 1, .tag = tag, .kind = kind};
    counts.created[kind]++;
    counts.live[kind]++;
    add_memory(kind, bytes);
    fmf_unlock();
}

void fmf_retained(const void *handle) {
    fmf_lock();
    object *o = find(handle);
    if (o) {
        o->holds++;
    } else {
        counts.strays++;
    }
    fmf_unlock();
}

void fmf_released(const void *handle) {
    fmf_lock();
    object *o = find(handle);
    if (!o) {
        counts.strays++;
    } else if (--o->holds == 0) {
        counts.live[o->kind]--;
        counts.live_bytes -= is_memory(o->kind) ? o->bytes : 0;
        *o = list[--count];
    }
    if (count == 0) { /* a process that ends now leaves nothing for a leak checker */
        free(list);
        list = NULL;
        room = 0;
    }
    fmf_unlock();
}

uint32_t fmf_tag(const void *handle) {
    fmf_lock();
    const object *o = find(handle);
    uint32_t tag = o ? o->tag : UINT32_MAX;
    fmf_unlock();
    return tag;
}

uint64_t fmf_bytes(const void *handle) {
    fmf_lock();
    const object *o = find(handle);
    uint64_t bytes = o ? o->bytes : 0;
    fmf_unlock();
    return bytes;
}

const fmf_object_counts *fmf_objects(void) {
    return &counts;
}

uint64_t fmf_objects_live(void) {
    return count;
}
