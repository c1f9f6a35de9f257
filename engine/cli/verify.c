/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "backdrop.h"
#include "run.h"
#include "session.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static void choose(const fmi_run *run, uint32_t index[FMI_VERIFY_FRAMES]) {
    uint32_t last = run->options->frames - 1;
    index[0] = 0;
    index[1] = last / 2;
    index[2] = last;
}

static size_t frame_bytes(const fmi_run *run) {
    return (size_t)run->options->view.width * run->options->view.height * 4;
}

/* Rows packed; RGB gets alpha 255. */
static void copy_rgba(uint8_t *to, const fm_frame *frame) {
    for (uint32_t y = 0; y < frame->height; y++) {
        const uint8_t *from = frame->pixels + y * frame->row_bytes;
        uint8_t *row = to + (size_t)y * frame->width * 4;
        for (uint32_t x = 0; x < frame->width; x++) {
            memcpy(row + x * (size_t)4, from + x * (size_t)frame->channels, frame->channels);
            if (frame->channels == 3)
                row[x * (size_t)4 + 3] = 255;
        }
    }
}

fm_status fmi_verify_take(fmi_run *run, const fm_frame *frame, fm_error *err) {
    fmi_verify *verify = &run->verify;
    choose(run, verify->index);
    for (uint32_t k = 0; k < FMI_VERIFY_FRAMES; k++) {
        if (verify->index[k] != frame->index || verify->got[k] != NULL)
            continue;
        verify->got[k] = malloc(frame_bytes(run));
        if (verify->got[k] == NULL)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "--verify: no memory for a frame");
        copy_rgba(verify->got[k], frame);
    }
    return FM_OK;
}

/* The reference has the alpha that an RGB frame lacks: a covered pixel that shows the background
 * is a hole. The reference's colours go over that background. */
static void level_alpha(const fmi_run *run, uint8_t *got, uint8_t *want) {
    static const uint8_t white[3] = {255, 255, 255};
    const fm_view *view = &run->options->view;
    const uint8_t *back = view->background_set ? view->background : white;
    size_t pixels = (size_t)view->width * view->height;
    for (size_t i = 0; i < pixels && !view->transparent; i++) {
        uint8_t *g = got + i * 4;
        uint8_t *w = want + i * 4;
        fmi_compose_pixel(w, w, back);
        bool shows_back = memcmp(g, back, 3) == 0 && memcmp(w, back, 3) != 0;
        g[3] = shows_back ? 0 : w[3];
    }
}

static fm_status compare_frame(void *user, const fm_frame *frame, fm_error *err) {
    fmi_run *run = user;
    fmi_verify *verify = &run->verify;
    uint8_t *want = malloc(frame_bytes(run));
    if (want == NULL || verify->got[frame->index] == NULL) {
        free(want);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "--verify: no memory for a frame");
    }
    copy_rgba(want, frame);
    level_alpha(run, verify->got[frame->index], want);
    fmi_difference d = fmi_compare(verify->got[frame->index], want, frame->width, frame->height);
    verify->worst.pixels += d.pixels;
    verify->worst.covered += d.covered;
    verify->worst.far += d.far;
    verify->worst.holes += d.holes;
    if (d.largest > verify->worst.largest)
        verify->worst.largest = d.largest;
    free(want);
    return FM_OK;
}

static fm_status render_reference(fmi_run *run, fm_engine *engine, fm_error *err) {
    const fmi_morph_options *options = run->options;
    const fmi_side *a = run->side[0];
    const fmi_side *b = run->side[1];
    fm_pair *pair = NULL;
    float t[FMI_VERIFY_FRAMES];
    fm_view view = options->view;
    const fm_pair_params params = {
        .struct_size = sizeof params,
        .image_a = a->texture.view.pixels != NULL ? &a->texture.view : NULL,
        .image_b = b->texture.view.pixels != NULL ? &b->texture.view : NULL,
        .keep_background = options->keep_background,
        .align = options->align,
    };
    for (uint32_t k = 0; k < FMI_VERIFY_FRAMES; k++)
        t[k] = fmi_frame_weight(run->verify.index[k], options->frames);
    view.transparent = true;
    view.batch = 0;
    fm_status status = fm_pair_create(&pair, engine, &a->mesh, &b->mesh, &params, err);
    if (status == FM_OK)
        status = fm_render(pair, t, FMI_VERIFY_FRAMES, &view, compare_frame, run, NULL, err);
    fm_pair_destroy(&pair);
    return status;
}

static fm_status judge(fmi_run *run, fm_error *err) {
    const fmi_difference *d = &run->verify.worst;
    double far = 100.0 * (double)d->far / (double)d->pixels;
    run->verify.done = true;
    fmi_session_step(run,
                     "verified %d frames against the reference: %.4f %% of the pixels more than 1 "
                     "of 255 apart, largest distance %u, %llu holes",
                     FMI_VERIFY_FRAMES, far, d->largest, (unsigned long long)d->holes);
    if (d->far * 1000 <= d->pixels && d->holes == 0)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_NUMERIC,
                    "--verify: %.4f %% of the pixels are more than 1 of 255 away from the "
                    "reference (0.1 %% is allowed), %llu holes; do not trust this device, please "
                    "report",
                    far, (unsigned long long)d->holes);
}

fm_status fmi_verify_run(fmi_run *run, fm_error *err) {
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    fm_engine *engine = NULL;
    fm_status status = fm_engine_create(&engine, &params, err);
    if (status == FM_OK)
        status = render_reference(run, engine, err);
    fm_engine_destroy(&engine);
    return status == FM_OK ? judge(run, err) : status;
}

void fmi_verify_free(fmi_verify *verify) {
    for (uint32_t k = 0; k < FMI_VERIFY_FRAMES; k++)
        free(verify->got[k]);
    *verify = (fmi_verify){0};
}
