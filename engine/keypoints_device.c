/* SPDX-License-Identifier: MIT */
/* Pushes of host arrays through the device: in the caller's memory where host and device share it,
 * else by one upload and one download of a staged image. */
#include "keypoints_impl.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

enum { SLOT_VALUE = 0, SLOT_JACOBIAN, SLOT_MOTION, SLOT_STATUS, SLOTS };

/* One array of a push: its name's input and output. */
typedef struct slot {
    const void *in;
    void *out;
    uint64_t bytes; /* of either */
} slot;

static void fill_slots(const fm_keypoints *kp, const fm_keypoints_set *in,
                       const fm_keypoints_out *out, uint32_t n, slot slots[SLOTS]) {
    const uint64_t frames = (uint64_t)n * kp->clips, bytes = frames * sizeof(float);
    const bool live = kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT;
    slots[SLOT_VALUE] = (slot){kp->head > 0 ? NULL : in->value, out->value, bytes * kp->values};
    if (kp->has_jacobian)
        slots[SLOT_JACOBIAN] = (slot){in->jacobian, out->jacobian, bytes * 4 * kp->points};
    if (kp->head > 0)
        slots[SLOT_MOTION] =
            (slot){in->motion, live ? out->motion : NULL, bytes * fmi_kp_in_floats(kp)};
    slots[SLOT_STATUS] = (slot){NULL, out->status, frames * kp->points};
}

static fmi_kp_mems mems_of(const slot slots[SLOTS], const fmi_buffer in[SLOTS],
                           const fmi_buffer out[SLOTS]) {
    cl_mem from[SLOTS], to[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
        from[i] = slots[i].in ? in[i].mem : NULL;
        to[i] = !slots[i].out ? NULL : out[i].mem ? out[i].mem : in[i].mem;
    }
    return (fmi_kp_mems){.value = from[SLOT_VALUE],
                         .jacobian = from[SLOT_JACOBIAN],
                         .motion = from[SLOT_MOTION],
                         .out_value = to[SLOT_VALUE],
                         .out_jacobian = to[SLOT_JACOBIAN],
                         .out_motion = to[SLOT_MOTION],
                         .status = to[SLOT_STATUS]};
}

/* --- shared memory ---------------------------------------------------------------------------- */

/* Buffers of the caller's arrays; in place: out[i] stays empty. */
static fm_status wrap(fmi_queue *queue, const slot slots[SLOTS], fmi_buffer in[SLOTS],
                      fmi_buffer out[SLOTS], fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; i < SLOTS && status == FM_OK; i++) {
        const slot *s = &slots[i];
        const bool same = s->in == s->out;
        if (s->in) /* the device only reads it unless it is the output as well */
            status = fmi_buffer_wrap(&in[i], queue, same ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY,
                                     s->bytes, (void *)(uintptr_t)s->in, "keypoints", err);
        if (status == FM_OK && s->out && !same)
            status = fmi_buffer_wrap(&out[i], queue, CL_MEM_READ_WRITE, s->bytes, s->out,
                                     "keypoints", err);
    }
    return status;
}

/* Hands the results to the host, once the queue has finished. */
static fm_status show(const slot slots[SLOTS], fmi_buffer in[SLOTS], fmi_buffer out[SLOTS],
                      fm_error *err) {
    fm_status status = FM_OK;
    for (int i = 0; i < SLOTS && status == FM_OK; i++)
        if (slots[i].out)
            status = fmi_buffer_show(out[i].mem ? &out[i] : &in[i], err);
    return status;
}

static bool is_in_place(const slot slots[SLOTS]) {
    bool same = false;
    for (int i = 0; i < SLOTS; i++)
        same = same || (slots[i].in && slots[i].in == slots[i].out);
    return same;
}

static fm_status push_shared(fm_keypoints *kp, const slot slots[SLOTS], uint32_t n, fm_error *err) {
    fmi_buffer in[SLOTS] = {0}, out[SLOTS] = {0};
    fmi_queue *queue = kp->engine->queue;
    fm_status status = wrap(queue, slots, in, out, err);
    if (status == FM_OK) {
        const fmi_kp_mems mems = mems_of(slots, in, out);
        status = fmi_kp_launch(kp, &mems, n, err);
    }
    if (status == FM_OK)
        status = show(slots, in, out, err);
    kp->intact = kp->computed == 0 || !is_in_place(slots);
    /* Also after a failure: the caller's memory must be free of the device. */
    const fm_status finish = fmi_queue_finish(queue, status == FM_OK ? err : NULL);
    for (int i = 0; i < SLOTS; i++) {
        fmi_buffer_destroy(&in[i]);
        fmi_buffer_destroy(&out[i]);
    }
    if (status == FM_OK || finish != FM_ERROR_DEVICE_LOST)
        return status == FM_OK ? finish : status;
    if (err) /* whatever came first: the device may still write to the caller's memory */
        err->status = finish;
    return finish;
}

/* --- a device with memory of its own ------------------------------------------------------------
 */

void fmi_kp_stage_free(fmi_kp_stage *stage) {
    fmi_arena_destroy(&stage->arena);
    free(stage->image);
    stage->image = NULL;
}

/* Makes room for these slots, unless the last push left it. Input and output of a name share it:
 * the kernels work in place. */
static fm_status stage_slots(fm_keypoints *kp, const slot slots[SLOTS], uint64_t at[SLOTS],
                             fmi_buffer parts[SLOTS], fm_error *err) {
    const uint64_t align = kp->engine->caps.base_align_bytes;
    uint64_t bytes = 0;
    for (int i = 0; i < SLOTS; i++) {
        at[i] = bytes;
        if (slots[i].in || slots[i].out)
            fmi_arena_add(&bytes, align, slots[i].bytes);
    }
    fmi_kp_stage *stage = &kp->stage;
    fm_status status = FM_OK;
    if (stage->arena.whole.bytes < bytes) {
        fmi_kp_stage_free(stage);
        status = fmi_arena_create(&stage->arena, kp->engine->queue, bytes, CL_MEM_READ_WRITE, true,
                                  "keypoints", err);
        stage->image = status == FM_OK ? malloc((size_t)bytes) : NULL;
        if (status == FM_OK && !stage->image)
            status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %llu bytes of keypoints",
                              (unsigned long long)bytes);
    }
    for (uint32_t i = 0; i < stage->arena.count; i++) /* parts of the last push */
        fmi_buffer_destroy(&stage->arena.parts[i]);
    stage->arena.count = 0;
    stage->arena.used = 0;
    for (int i = 0; i < SLOTS && status == FM_OK; i++) {
        fmi_buffer *part = NULL;
        if (!slots[i].in && !slots[i].out)
            continue;
        status = fmi_arena_take(&stage->arena, slots[i].bytes, &part, err);
        if (status == FM_OK)
            parts[i] = *part;
    }
    return status;
}

/* The bytes from the first to behind the last slot with an input (an output). */
static void range(const slot slots[SLOTS], const uint64_t at[SLOTS], bool output, uint64_t *from,
                  uint64_t *bytes) {
    uint64_t end = 0;
    *from = UINT64_MAX;
    for (int i = 0; i < SLOTS; i++)
        if (output ? slots[i].out != NULL : slots[i].in != NULL) {
            *from = at[i] < *from ? at[i] : *from;
            end = at[i] + slots[i].bytes;
        }
    *bytes = end > *from ? end - *from : 0;
}

static fm_status push_staged(fm_keypoints *kp, const slot slots[SLOTS], uint32_t n, fm_error *err) {
    uint64_t at[SLOTS], from = 0, bytes = 0;
    fmi_buffer parts[SLOTS] = {0};
    const fmi_buffer none[SLOTS] = {0};
    fmi_kp_stage *stage = &kp->stage;
    fm_status status = stage_slots(kp, slots, at, parts, err);
    if (status != FM_OK)
        return status;
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].in)
            memcpy(stage->image + at[i], slots[i].in, (size_t)slots[i].bytes);
    range(slots, at, false, &from, &bytes);
    status = fmi_buffer_write(&stage->arena.whole, from, bytes, stage->image + from, err);
    if (status == FM_OK) {
        const fmi_kp_mems mems = mems_of(slots, parts, none);
        status = fmi_kp_launch(kp, &mems, n, err);
    }
    range(slots, at, true, &from, &bytes);
    if (status == FM_OK && bytes > 0)
        status = fmi_buffer_read(&stage->arena.whole, from, bytes, stage->image + from, err);
    if (status == FM_OK)
        status = fmi_queue_finish(kp->engine->queue, err);
    for (int i = 0; i < SLOTS && status == FM_OK; i++)
        if (slots[i].out)
            memcpy(slots[i].out, stage->image + at[i], (size_t)slots[i].bytes);
    return status;
}

fm_status fmi_kp_push_device(fm_keypoints *kp, const fm_keypoints_set *in,
                             const fm_keypoints_out *out, uint32_t n, fm_error *err) {
    slot slots[SLOTS] = {0};
    fill_slots(kp, in, out, n, slots);
    kp->intact = true; /* staged, the caller's arrays are written last */
    kp->computed = 0;
    return kp->engine->caps.unified_memory ? push_shared(kp, slots, n, err)
                                           : push_staged(kp, slots, n, err);
}
