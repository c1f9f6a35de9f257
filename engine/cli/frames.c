/* SPDX-License-Identifier: MIT */
/* From rendered frames to files, or to plain bytes on stdout. */
#include "interrupt.h"
#include "run.h"

#include "clock.h"
#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES (UINT64_C(64) << 20) /* of waiting frames, so that large ones stay few */

static fm_status write_all(const uint8_t *bytes, size_t count, fm_error *err) {
    while (count > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, count);
        if (n < 0 && errno == EINTR) {
            fm_status status = fmi_interrupt_check(err);
            if (status != FM_OK)
                return status;
            continue;
        }
        if (n < 0)
            return fmi_fail(err, FM_ERROR_IO,
                            "stdout: writing a frame failed: %s; check the program that reads it",
                            strerror(errno));
        bytes += n;
        count -= (size_t)n;
    }
    return FM_OK;
}

static fm_status write_raw(const fm_frame *frame, fm_error *err) {
    size_t row = (size_t)frame->width * frame->channels;
    if (row == frame->row_bytes)
        return write_all(frame->pixels, row * frame->height, err);
    fm_status status = FM_OK;
    for (uint32_t y = 0; y < frame->height && status == FM_OK; y++)
        status = write_all(frame->pixels + y * frame->row_bytes, row, err);
    return status;
}

static fm_status push_frame(fmi_run *run, const fm_frame *frame, fm_error *err) {
    char name[FMI_NAME_FRAME];
    char path[FMI_RUN_PATH + FMI_NAME_FRAME + 16];
    fmi_names_frame(&run->names, frame->index, run->options->frames, name, sizeof name);
    snprintf(path, sizeof path, "%s/png/%s", run->dir.work_path, name);
    const fm_image image = {.pixels = frame->pixels,
                            .width = frame->width,
                            .height = frame->height,
                            .channels = frame->channels,
                            .row_bytes = (uint32_t)frame->row_bytes};
    return fmi_encoder_push(run->encoder, &image, path, err);
}

/* A batch ends with the frame that fills it; its time reaches from the end of the one before. */
static fm_status note_batch(fmi_run *run, const fm_frame *frame, double now, fm_error *err) {
    uint32_t done = frame->index + 1;
    uint32_t rest = done % run->plan.batch;
    if (rest != 0 && done != run->options->frames)
        return FM_OK;
    if (run->batch_count == run->batch_room) {
        uint32_t room = run->batch_room * 2 + 16;
        fmi_batch_time *larger = realloc(run->batches, room * sizeof *larger);
        if (larger == NULL)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the times of %u batches",
                            room);
        run->batches = larger;
        run->batch_room = room;
    }
    double begin = run->batch_count > 0 ? run->batches[run->batch_count - 1].end
                                        : run->stages.first[FMI_STAGE_RENDER];
    run->batches[run->batch_count++] =
        (fmi_batch_time){.frames = rest != 0 ? rest : run->plan.batch, .begin = begin, .end = now};
    return FM_OK;
}

static fm_status take_frame(void *user, const fm_frame *frame, fm_error *err) {
    fmi_run *run = user;
    fm_status status = fmi_interrupt_check(err);
    if (status != FM_OK)
        return status;
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    status = run->options->raw ? write_raw(frame, err) : push_frame(run, frame, err);
    double now = fmi_clock_since_start();
    fmi_stages_leave(&run->stages, now);
    if (status == FM_OK)
        status = note_batch(run, frame, now, err);
    fmi_progress_add(&run->progress, 1);
    return status;
}

static fm_status open_folder(fmi_run *run, fm_error *err) {
    char path[FMI_RUN_PATH + 16];
    fm_status status = fmi_output_dir_begin(&run->dir, run->folder, run->options->force, err);
    if (status == FM_OK)
        status = fmi_output_dir_sub(&run->dir, "png", err);
    if (status != FM_OK)
        return status;
    snprintf(path, sizeof path, "%s/session.log", run->dir.work_path);
    return fmi_console_session_file(run->console, path, err);
}

static fm_status open_encoder(fmi_run *run, fm_error *err) {
    const fm_view *view = &run->options->view;
    uint64_t frame_bytes = (uint64_t)view->width * view->height * (view->transparent ? 4 : 3);
    uint32_t workers = run->options->threads;
    if (workers == 0)
        workers = fmi_usable_cores() > 1 ? fmi_usable_cores() - 1 : 1;
    uint64_t slots = 2 * (uint64_t)workers + 2;
    if (slots * frame_bytes > RING_BYTES)
        slots = RING_BYTES / frame_bytes > 2 ? RING_BYTES / frame_bytes : 2;
    const fmi_encoder_params params = {.workers = workers, .slots = (uint32_t)slots};
    return fmi_encoder_create(&run->encoder, &params, err);
}

static fm_status render(fmi_run *run, fm_error *err) {
    uint32_t n = run->options->frames;
    float *t = malloc(n * sizeof *t);
    if (t == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights; ask for fewer frames",
                        n);
    for (uint32_t i = 0; i < n; i++)
        t[i] = fmi_frame_weight(i, n);
    fmi_progress_start(&run->progress, run->console, "frames", n);
    fmi_stages_enter(&run->stages, FMI_STAGE_RENDER, fmi_clock_since_start());
    fm_status status =
        fm_render(run->pair, t, n, &run->options->view, take_frame, run, &run->report, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    fmi_progress_end(&run->progress);
    run->rendered = status == FM_OK;
    free(t);
    return status;
}

static void note_device_time(fmi_run *run) {
    double sum = 0.0;
    for (uint32_t i = 0; i < FM_STAGES; i++) {
        if (run->report.device_seconds[i] < 0.0)
            return;
        sum += run->report.device_seconds[i];
    }
    fmi_stages_device(&run->stages, FMI_STAGE_RENDER, sum);
}

static fm_status write_files(fmi_run *run, fm_error *err) {
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    fm_status status = open_folder(run, err);
    if (status == FM_OK)
        status = open_encoder(run, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    if (status == FM_OK)
        status = render(run, err);
    if (status != FM_OK)
        return status;
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    status = fmi_encoder_finish(run->encoder, &run->encoded, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

fm_status fmi_run_frames(fmi_run *run, fm_error *err) {
    fm_status status = run->options->raw ? render(run, err) : write_files(run, err);
    if (status == FM_OK)
        note_device_time(run);
    return status;
}
