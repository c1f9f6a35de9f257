/* SPDX-License-Identifier: MIT */
/* The frames as PNG files, encoded on spare cores while rendering goes on. */
#include "step.h"

#include "error.h"

#include <string.h>

#define RING_BYTES (UINT64_C(64) << 20) /* of waiting frames, so that large ones stay few */

static bool wanted(const fmi_morph_options *options) {
    return !options->raw;
}

static void name_frame(const fmi_run *run, uint32_t i, char name[FMI_NAME_FRAME + 8]) {
    memcpy(name, "png/", 5);
    fmi_names_frame(&run->names, i, run->options->frames, name + 4, FMI_NAME_FRAME);
}

static fm_status list(fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < run->options->frames && status == FM_OK; i++) {
        char name[FMI_NAME_FRAME + 8];
        name_frame(run, i, name);
        status = fmi_run_output(run, name, err);
    }
    return status;
}

static void note_busy(void *user, uint32_t thread, double from, double to) {
    fmi_trace_add(((fmi_run *)user)->trace, FMI_TRACK_ENCODERS + thread, "PNG", from, to);
}

static fm_status begin(fmi_run *run, void **state, fm_error *err) {
    const fm_view *view = &run->options->view;
    uint64_t frame_bytes = (uint64_t)view->width * view->height * (view->transparent ? 4 : 3);
    uint32_t workers = run->options->threads;
    if (workers == 0)
        workers = fmi_usable_cores() > 1 ? fmi_usable_cores() - 1 : 1;
    uint64_t slots = 2 * (uint64_t)workers + 2;
    if (slots * frame_bytes > RING_BYTES)
        slots = RING_BYTES / frame_bytes > 2 ? RING_BYTES / frame_bytes : 2;
    const fmi_encoder_params params = {.workers = workers,
                                       .slots = (uint32_t)slots,
                                       .busy = run->trace != NULL ? note_busy : NULL,
                                       .user = run};
    fmi_encoder *encoder = NULL;
    fm_status status = fmi_output_dir_sub(&run->dir, "png", err);
    if (status == FM_OK)
        status = fmi_encoder_create(&encoder, &params, err);
    *state = encoder;
    return status;
}

static fm_status take(fmi_run *run, void *state, const fm_frame *frame, fm_error *err) {
    char name[FMI_NAME_FRAME + 8];
    char path[FMI_RUN_FILE];
    const fm_image image = {.pixels = frame->pixels,
                            .width = frame->width,
                            .height = frame->height,
                            .channels = frame->channels,
                            .row_bytes = (uint32_t)frame->row_bytes};
    name_frame(run, frame->index, name);
    fmi_run_path(run, name, path);
    fm_status status = fmi_encoder_push(state, &image, path, err);
    bool wait = frame->ends_batch && !fmi_run_overlaps(run);
    return status == FM_OK && wait ? fmi_encoder_finish(state, NULL, err) : status;
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    return fmi_encoder_finish(state, &run->encoded, err);
}

static void end(void **state) {
    fmi_encoder *encoder = *state;
    fmi_encoder_destroy(&encoder);
    *state = NULL;
}

const fmi_step fmi_step_frames = {
    .name = "frames",
    .stage = FMI_STAGE_ENCODE,
    .wanted = wanted,
    .list = list,
    .begin = begin,
    .take = take,
    .finish = finish,
    .end = end,
};
