/* SPDX-License-Identifier: MIT */
/*
 * The inputs of a pair that is rendered later. They are made on the host, where any thread may do
 * it, and go up by the second queue while another pair is drawn: a second set of buffers, so that
 * nothing waits for anything. When that fails they go up as those of any pair do.
 */
#include "raster_impl.h"

#include "error.h"

#include <stdlib.h>

fm_status fmi_raster_stage(void **state, const fmi_renderer_source *source, uint64_t *filled,
                           fm_error *err) {
    fmi_raster *r = NULL;
    *filled = 0;
    fm_status status = fmi_raster_new(&r, source, err);
    *state = r;
    if (status == FM_OK)
        status = fmi_raster_lay_out(r, source, err);
    for (int i = 0; i < FMI_INPUTS && status == FM_OK; ++i) {
        uint64_t bytes = fmi_raster_input_bytes(r, i);
        if (fmi_raster_input_is_empty(r, i))
            continue;
        r->staged[i] = bytes <= SIZE_MAX ? malloc((size_t)bytes) : NULL;
        status = r->staged[i] ? fmi_raster_fill(r, source, i, r->staged[i], filled, err)
                              : fmi_fail(err, FM_ERROR_HOST_MEMORY,
                                         "no memory for %llu bytes of the next pair",
                                         (unsigned long long)bytes);
    }
    return fmi_while(err, status, "preparing the next pair");
}

uint64_t fmi_raster_staged_bytes(const void *state) {
    uint64_t bytes = 0;
    for (int i = 0; i < FMI_INPUTS; ++i)
        bytes += fmi_raster_input_bytes(state, i);
    return bytes;
}

static fm_status send(fmi_raster *r, int input, fm_error *err) {
    fmi_buffer *buffer = fmi_raster_input(r, input);
    fm_status status = fmi_raster_input_make(r, input, err);
    if (status != FM_OK || !r->staged[input])
        return status;
    return fmi_buffer_write_start(buffer, buffer->bytes, r->staged[input], &r->sent[input], err);
}

fm_status fmi_raster_send(void *state, fm_error *err) {
    fmi_raster *r = state;
    fm_status status = FM_OK;
    for (int i = 0; i < FMI_INPUTS && status == FM_OK; ++i)
        status = send(r, i, err);
    if (status != FM_OK)
        fmi_raster_recall(r);
    return fmi_while(err, status, "uploading the next pair");
}

bool fmi_raster_arrived(void *state) {
    const fmi_raster *r = state;
    for (int i = 0; i < FMI_INPUTS; ++i)
        if (!fmi_mark_reached(&r->sent[i]))
            return false;
    return true;
}

/* While the driver may still read an input it must stay. Where it cannot be waited for any more it
 * stays for good. */
static fm_status settle(fmi_raster *r, int input, fm_error *err) {
    if (!r->sent[input].event)
        return FM_OK;
    fm_status status = fmi_mark_settle(r->engine->queue, &r->sent[input], err);
    if (status == FM_ERROR_DEVICE_LOST)
        r->staged[input] = NULL;
    return status;
}

fm_status fmi_raster_receive(void *state, fm_error *err) {
    fmi_raster *r = state;
    fm_status status = FM_OK;
    for (int i = 0; i < FMI_INPUTS && status == FM_OK; ++i)
        status = settle(r, i, err);
    if (status != FM_OK)
        fmi_raster_recall(r);
    return fmi_while(err, status, "uploading the next pair");
}

void fmi_raster_recall(void *state) {
    fmi_raster *r = state;
    bool staged = false;
    for (int i = 0; i < FMI_INPUTS; ++i) {
        staged = staged || r->staged[i];
        (void)settle(r, i, NULL);
    }
    for (int i = 0; i < FMI_INPUTS && staged; ++i)
        fmi_buffer_destroy(fmi_raster_input(r, i));
}

fm_status fmi_raster_send_now(void *state, fm_error *err) {
    fmi_raster *r = state;
    fm_status status = FM_OK;
    for (int i = 0; i < FMI_INPUTS && status == FM_OK; ++i) {
        fmi_buffer *buffer = fmi_raster_input(r, i);
        status = fmi_raster_input_make(r, i, err);
        if (status == FM_OK && r->staged[i])
            status = fmi_buffer_write(buffer, 0, buffer->bytes, r->staged[i], err);
    }
    return fmi_while(err, status, "uploading the pair");
}

void fmi_raster_unstage(fmi_raster *r) {
    for (int i = 0; i < FMI_INPUTS; ++i) {
        free(r->staged[i]);
        r->staged[i] = NULL;
    }
}
