/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include "error.h"
#include "log.h"
#include "queue_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One stretch of known bytes. */
struct fmi_canary {
    cl_mem whole;
    uint64_t offset, bytes;
    char name[64];
};

/* No byte of a float that is 0, and no two neighbours alike: stores of one value are seen. */
static unsigned char known(uint64_t i) {
    return (unsigned char)(0xA5U ^ (i * 37U));
}

void fmi_queue_set_guarded(fmi_queue *queue, bool on) {
    queue->guarded = on;
}

uint32_t fmi_guards(const fmi_queue *queue) {
    return queue->canary_count;
}

uint64_t fmi_guard_bytes(const fmi_queue *queue) {
    const uint64_t align = queue->device.caps.base_align_bytes;
    return align > FMI_GUARD_BYTES ? align : FMI_GUARD_BYTES;
}

bool fmi_guard_wanted(const fmi_queue *queue, cl_mem_flags flags) {
    return queue->guarded && !(flags & CL_MEM_READ_ONLY);
}

static bool grow(fmi_queue *queue) {
    if (queue->canary_count < queue->canary_room) {
        return true;
    }
    uint32_t room = queue->canary_room ? 2 * queue->canary_room : 32;
    struct fmi_canary *more = realloc(queue->canaries, room * sizeof *more);
    if (more) {
        queue->canaries = more;
        queue->canary_room = room;
    }
    return more != NULL;
}

fm_status fmi_guard_add(fmi_queue *queue, cl_mem whole, uint64_t offset, uint64_t bytes,
                        const char *where, const char *what, fm_error *err) {
    unsigned char *text = malloc((size_t)bytes);
    if (!text || !grow(queue)) {
        free(text);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for canaries of %s", what);
    }
    for (uint64_t i = 0; i < bytes; i++) {
        text[i] = known(i);
    }
    cl_int code = clEnqueueWriteBuffer(queue->queue, whole, CL_TRUE, (size_t)offset, (size_t)bytes,
                                       text, 0, NULL, NULL);
    free(text);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail_wait(queue, err, code, "clEnqueueWriteBuffer",
                                   "canaries cannot be copied to the device; use a smaller batch");
    }
    struct fmi_canary *canary = &queue->canaries[queue->canary_count++];
    *canary = (struct fmi_canary){.whole = whole, .offset = offset, .bytes = bytes};
    (void)snprintf(canary->name, sizeof canary->name, "%s%s", where, what);
    return FM_OK;
}

/* Notes the first thing that is wrong since the last look. */
static void note(fmi_queue *queue, const struct fmi_canary *canary, const unsigned char *text) {
    uint64_t first = 0, changed = 0;
    for (uint64_t i = canary->bytes; i > 0; i--) {
        if (text[i - 1] != known(i - 1)) {
            first = i - 1;
            changed++;
        }
    }
    if (changed && !queue->broken[0]) {
        (void)snprintf(
            queue->broken, sizeof queue->broken,
            "a kernel wrote %s: %llu bytes of the canary changed, the first is byte %llu "
            "of %llu",
            canary->name, (unsigned long long)changed, (unsigned long long)first,
            (unsigned long long)canary->bytes);
    }
}

static cl_int look_at(fmi_queue *queue, const struct fmi_canary *canary, unsigned char *text) {
    cl_int code = clEnqueueReadBuffer(queue->queue, canary->whole, CL_TRUE, (size_t)canary->offset,
                                      (size_t)canary->bytes, text, 0, NULL, NULL);
    if (code == CL_SUCCESS) {
        note(queue, canary, text);
    }
    return code;
}

/* Puts back what was overwritten, so that it is told once. */
static cl_int mend(fmi_queue *queue, const struct fmi_canary *canary, unsigned char *text) {
    for (uint64_t i = 0; i < canary->bytes; i++) {
        text[i] = known(i);
    }
    return clEnqueueWriteBuffer(queue->queue, canary->whole, CL_TRUE, (size_t)canary->offset,
                                (size_t)canary->bytes, text, 0, NULL, NULL);
}

static cl_int look_at_all(fmi_queue *queue, unsigned char *text) {
    cl_int code = CL_SUCCESS;
    for (uint32_t i = 0; i < queue->canary_count && code == CL_SUCCESS; i++) {
        const bool before = queue->broken[0] != '\0';
        code = look_at(queue, &queue->canaries[i], text);
        if (code == CL_SUCCESS && !before && queue->broken[0]) {
            code = mend(queue, &queue->canaries[i], text);
        }
    }
    return code;
}

static uint64_t longest(const fmi_queue *queue) {
    uint64_t bytes = 1;
    for (uint32_t i = 0; i < queue->canary_count; i++) {
        bytes = queue->canaries[i].bytes > bytes ? queue->canaries[i].bytes : bytes;
    }
    return bytes;
}

fm_status fmi_guards_look(fmi_queue *queue, char broken[FMI_GUARD_TEXT], fm_error *err) {
    broken[0] = '\0';
    fm_status status = fmi_queue_finish(queue, err);
    unsigned char *text = malloc((size_t)longest(queue));
    if (status == FM_OK && !text) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to look at canaries");
    }
    cl_int code = status == FM_OK ? look_at_all(queue, text) : CL_SUCCESS;
    free(text);
    if (code != CL_SUCCESS) {
        return fmi_queue_fail_wait(queue, err, code, "clEnqueueReadBuffer",
                                   "canaries cannot be copied from the device; start again");
    }
    (void)snprintf(broken, FMI_GUARD_TEXT, "%s", queue->broken);
    queue->broken[0] = '\0';
    return status;
}

/* Of a buffer that is on its way out: that it cannot be read is no failure of its work. */
static void last_look(fmi_queue *queue, const struct fmi_canary *canary, unsigned char *text) {
    const cl_int code = look_at(queue, canary, text);
    if (code != CL_SUCCESS) {
        fmi_log(&queue->log, FM_LOG_WARNING,
                "%s: whether a kernel wrote %s is not known: clEnqueueReadBuffer (%d %s)",
                queue->device.caps.name, canary->name, code, fmi_cl_name(code));
    }
}

void fmi_guard_drop(fmi_queue *queue, cl_mem whole) {
    unsigned char *text = queue->lost ? NULL : malloc((size_t)longest(queue));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < queue->canary_count; i++) {
        const struct fmi_canary *canary = &queue->canaries[i];
        if (canary->whole != whole) {
            queue->canaries[kept++] = *canary;
        } else if (text) {
            last_look(queue, canary, text);
        }
    }
    queue->canary_count = kept;
    free(text);
}

void fmi_guards_free(fmi_queue *queue) {
    free(queue->canaries);
    queue->canaries = NULL;
    queue->canary_count = queue->canary_room = 0;
}
