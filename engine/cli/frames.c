/* SPDX-License-Identifier: MIT */
/* Frames from the renderer to the steps, or as plain bytes to stdout. */
#include "interrupt.h"
#include "run.h"
#include "session.h"
#include "step.h"

#include "clock.h"
#include "error.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOMENT_MS 100

static fm_status write_all(const uint8_t *bytes, size_t count, fm_error *err) {
    while (count > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, count);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
            if (errno == EAGAIN) /* a moment, and then a look at the signals */
                (void)poll(&wait, 1, MOMENT_MS);
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

/* A batch ends with the frame that fills it; its time reaches from the end of the one before. */
static fm_status note_batch(fmi_run *run, const fm_frame *frame, double now, fm_error *err) {
    if (!frame->ends_batch)
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
    char name[24];
    snprintf(name, sizeof name, "batch %u", run->batch_count);
    fmi_trace_add(run->trace, FMI_TRACK_BATCHES, name, begin, now);
    run->batches[run->batch_count++] =
        (fmi_batch_time){.frames = frame->batch_frames, .begin = begin, .end = now};
    return FM_OK;
}

static fm_status compose(fmi_run *run, const fm_frame *frame, fm_frame *composed, fm_error *err) {
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    fm_status status = fmi_backdrop_apply(&run->backdrop, frame, composed, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

static fm_status take_raw(fmi_run *run, const fm_frame *frame, fm_error *err) {
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    fm_status status = write_raw(frame, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

static fm_status take_frame(void *user, const fm_frame *frame, fm_error *err) {
    fmi_run *run = user;
    fm_status status = fmi_interrupt_check(err);
    if (status != FM_OK)
        return status;
    fm_frame composed = *frame;
    if (run->options->verify)
        status = fmi_verify_take(run, frame, err);
    if (status == FM_OK && run->backdrop.video != NULL)
        status = compose(run, frame, &composed, err);
    if (status == FM_OK)
        status =
            run->options->raw ? take_raw(run, &composed, err) : fmi_steps_take(run, &composed, err);
    if (status == FM_OK)
        status = note_batch(run, frame, fmi_clock_since_start(), err);
    if (frame->ends_batch && run->batch_done != NULL)
        run->batch_done(run->batch_user);
    run->progress.alone_seconds = frame->alone_seconds;
    fmi_progress_add(&run->progress, 1);
    return status;
}

static fm_status open_folder(fmi_run *run, fm_error *err) {
    return fmi_output_dir_begin(&run->dir, run->folder, run->options->force, err);
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
    run->progress.plan = &run->plan;
    fmi_stages_enter(&run->stages, FMI_STAGE_RENDER, fmi_clock_since_start());
    const fm_view *view = &run->options->view;
    fm_status status = run->shapes
                           ? fm_shapes_render(run->shapes, run->weights, n, view, take_frame, run,
                                              &run->report, err)
                           : fm_render(run->pair, t, n, view, take_frame, run, &run->report, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    fmi_progress_end(&run->progress);
    run->rendered = status == FM_OK;
    run->forecast = fmi_progress_forecast(&run->progress, fmi_clock_ns());
    if (run->rendered)
        fmi_session_step(run, "%u frames rendered in %u batches, %.3f s", n, run->batch_count,
                         run->report.wall_seconds);
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
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    if (status == FM_OK)
        status = fmi_steps_begin(run, err);
    if (status == FM_OK && fmi_steps_take_frames(run))
        status = render(run, err);
    if (status == FM_OK)
        status = fmi_steps_finish(run, err);
    return status;
}

static fm_status open_backdrop(fmi_run *run, fm_error *err) {
    const fmi_morph_options *options = run->options;
    if (options->background_file == NULL)
        return FM_OK;
    fmi_stages_enter(&run->stages, FMI_STAGE_IMPORT, fmi_clock_since_start());
    fm_status status =
        fmi_backdrop_open(&run->backdrop, options->background_file, &options->view, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

static fm_status verify(fmi_run *run, fm_error *err) {
    fmi_stages_enter(&run->stages, FMI_STAGE_RENDER, fmi_clock_since_start());
    fm_status status = fmi_verify_run(run, err);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}

fm_status fmi_run_frames(fmi_run *run, fm_error *err) {
    fm_status status = open_backdrop(run, err);
    if (status == FM_OK)
        status = run->options->raw ? render(run, err) : write_files(run, err);
    if (status == FM_OK && run->batch_count > 0)
        note_device_time(run);
    if (status == FM_OK && run->options->verify)
        status = verify(run, err);
    return status;
}
