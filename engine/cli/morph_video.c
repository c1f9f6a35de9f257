/* SPDX-License-Identifier: MIT */
/* animation.mp4, encoded in the order of the frames while rendering goes on. */
#include "backdrop.h"
#include "step.h"

#include "io/video.h"

#include "error.h"

#include <stdlib.h>

#define NAME "animation.mp4"
#define THREADS_MAX 4 /* more split the small pictures into slices that cost quality */

typedef struct video_state {
    fmi_video_out *video;
    uint8_t *rgb; /* a transparent frame over white; NULL = not needed yet */
} video_state;

static bool wanted(const fmi_morph_options *options) {
    return options->full;
}

static fm_status list(fmi_run *run, fm_error *err) {
    return run->no_video ? FM_OK : fmi_run_output(run, NAME, err);
}

/* A machine without the module can still make the rest; who asks for a codec wants the video. */
static fm_status skip(fmi_run *run, fm_error *err) {
    const fmi_morph_options *options = run->options;
    if (options->codec != NULL || options->crf >= 0)
        return fmi_fail(err, FM_ERROR_IO,
                        "%s: fm_video.so is not beside the program; build with FFmpeg, or leave "
                        "--codec and --crf out",
                        NAME);
    fmi_console_log(run->console, FM_LOG_WARNING,
                    "%s is left out: fm_video.so is not beside the program; build with FFmpeg",
                    NAME);
    run->no_video = true;
    return FM_OK;
}

static void note_busy(void *user, double from, double to) {
    fmi_trace_add(((fmi_run *)user)->trace, FMI_TRACK_VIDEO, "frame", from, to);
}

static fm_status begin(fmi_run *run, void **out, fm_error *err) {
    const fmi_morph_options *options = run->options;
    char path[FMI_RUN_FILE];
    if (!fmi_video_available())
        return skip(run, err);
    video_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for it", NAME);
    *out = state;
    uint32_t threads = options->threads > 0 ? options->threads : fmi_usable_cores();
    fmi_run_path(run, NAME, path);
    const fmi_video_params params = {
        .path = path,
        .width = options->view.width,
        .height = options->view.height,
        .fps = options->fps,
        .crf_set = options->crf >= 0,
        .crf = (uint32_t)options->crf,
        .codec = options->codec,
        .busy = run->trace != NULL ? note_busy : NULL,
        .user = run,
        .threads = threads < THREADS_MAX ? threads : THREADS_MAX,
    };
    return fmi_video_out_open(&state->video, &params, err);
}

static fm_status compose(video_state *state, const fm_frame *frame, fm_error *err) {
    if (state->rgb == NULL)
        state->rgb = malloc((size_t)frame->width * frame->height * 3);
    if (state->rgb == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a frame", NAME);
    fmi_compose(state->rgb, frame, NULL);
    return FM_OK;
}

static fm_status take(fmi_run *run, void *user, const fm_frame *frame, fm_error *err) {
    video_state *state = user;
    fm_image image = {.pixels = frame->pixels,
                      .width = frame->width,
                      .height = frame->height,
                      .channels = 3,
                      .row_bytes = (uint32_t)frame->row_bytes};
    if (run->no_video)
        return FM_OK;
    if (frame->channels == 4) {
        fm_status status = compose(state, frame, err);
        if (status != FM_OK)
            return status;
        image.pixels = state->rgb;
        image.row_bytes = frame->width * 3;
    }
    fm_status status = fmi_video_out_push(state->video, &image, err);
    bool wait = frame->ends_batch && !fmi_run_overlaps(run);
    return status == FM_OK && wait ? fmi_video_out_wait(state->video, err) : status;
}

static fm_status finish(fmi_run *run, void *user, fm_error *err) {
    video_state *state = user;
    fmi_video_report report;
    if (run->no_video)
        return FM_OK;
    fm_status status = fmi_video_out_finish(state->video, &report, err);
    if (status == FM_OK)
        fmi_console_log(run->console, FM_LOG_DEBUG,
                        "%s: %s, %u frames at %u a second, %llu bytes; encoding took %.3f s, "
                        "waiting for it %.3f s",
                        NAME, report.codec, (unsigned)report.frames, run->options->fps,
                        (unsigned long long)report.bytes, report.busy_seconds, report.wait_seconds);
    return status;
}

static void end(void **out) {
    video_state *state = *out;
    fmi_video_out_destroy(&state->video);
    free(state->rgb);
    free(state);
    *out = NULL;
}

const fmi_step fmi_step_video = {
    .name = "videos",
    .stage = FMI_STAGE_VIDEO,
    .wanted = wanted,
    .list = list,
    .begin = begin,
    .take = take,
    .finish = finish,
    .end = end,
};
