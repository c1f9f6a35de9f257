/* SPDX-License-Identifier: MIT */
/* All frames on one picture, for people who look. */
#include "step.h"

#include "error.h"
#include "io/sheet.h"

#define NAME "contact_sheet.png"

static bool wanted(const fmi_morph_options *options) {
    return options->contact_sheet;
}

static fm_status list(fmi_run *run, fm_error *err) {
    return fmi_run_output(run, NAME, err);
}

static fm_status begin(fmi_run *run, void **state, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fmi_sheet *sheet = NULL;
    fm_status status =
        fmi_sheet_create(&sheet, options->frames, options->view.width, options->view.height, err);
    *state = sheet;
    return status;
}

static fm_status take(fmi_run *run, void *state, const fm_frame *frame, fm_error *err) {
    char label[32];
    const fm_image image = {.pixels = frame->pixels,
                            .width = frame->width,
                            .height = frame->height,
                            .channels = frame->channels,
                            .row_bytes = (uint32_t)frame->row_bytes};
    (void)err;
    /* Tenths of a percent of A, rounded, by integers: no locale. */
    uint64_t last = run->options->frames - 1;
    uint32_t tenths = (uint32_t)((2000 * (uint64_t)frame->index + last) / (2 * last));
    if (tenths % 10 == 0)
        snprintf(label, sizeof label, "%u %% A", tenths / 10);
    else
        snprintf(label, sizeof label, "%u.%u %% A", tenths / 10, tenths % 10);
    fmi_sheet_put(state, frame->index, &image, label);
    return FM_OK;
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    char path[FMI_RUN_FILE];
    fmi_bytes png = {0};
    fm_image image;
    fmi_sheet_image(state, &image);
    fmi_run_path(run, NAME, path);
    fm_status status = fmi_png_encode(&png, &image, err);
    if (status == FM_OK)
        status = fmi_output_write_part(path, png.data, png.size, err);
    fmi_bytes_free(&png);
    return status;
}

static void end(void **state) {
    fmi_sheet *sheet = *state;
    fmi_sheet_destroy(&sheet);
    *state = NULL;
}

const fmi_step fmi_step_sheet = {
    .name = "contact sheets",
    .stage = FMI_STAGE_ENCODE,
    .wanted = wanted,
    .list = list,
    .begin = begin,
    .take = take,
    .finish = finish,
    .end = end,
};
