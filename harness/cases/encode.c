/* SPDX-License-Identifier: MIT */
/* encode: 8-bit RGB frames in memory to PNG bytes in memory. */
#include "cases/picture.h"
#include "cases/png_bench.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DISTINCT 64 /* larger batches encode these frames again and again */

typedef struct state {
    const fmi_case_params *params;
    fmi_case_params render; /* of the frames */
    fmi_png_bench png;
    fm_image image[DISTINCT];
    uint8_t *pixels; /* of all distinct frames */
    uint32_t distinct;
    fmi_case_facts drawn; /* what drawing the frames took */
} state;

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_png_bench_free(&s->png);
    free(s->pixels);
    free(s);
    *handle = NULL;
}

static fm_status keep(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    state *s = user;
    const size_t row = (size_t)frame->width * 3;
    uint8_t *to = s->pixels + frame->index * row * frame->height;
    for (uint32_t y = 0; y < frame->height; ++y)
        memcpy(to + y * row, frame->pixels + y * frame->row_bytes, row);
    s->image[frame->index] = (fm_image){.pixels = to,
                                        .width = frame->width,
                                        .height = frame->height,
                                        .channels = 3,
                                        .row_bytes = (uint32_t)row};
    return FM_OK;
}

/* What is encoded are real frames, rendered once; the device is closed again. */
static fm_status make_frames(state *s, fm_error *err) {
    s->render = *s->params;
    s->render.batch = s->distinct;
    s->render.engine = NULL; /* it does not outlive this */
    s->pixels = malloc((size_t)s->params->width * s->params->height * 3 * s->distinct);
    if (!s->pixels)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u frames of %u x %u",
                        s->distinct, s->params->width, s->params->height);
    fmi_picture picture;
    fm_status status = fmi_picture_create(&picture, &s->render, err);
    if (status != FM_OK)
        return status;
    status = fmi_picture_render(&picture, keep, s, err);
    fmi_picture_facts(&picture, &s->drawn);
    fmi_picture_destroy(&picture);
    return status;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the encode case");
    s->params = params;
    s->png.workers = params->threads;
    s->distinct = params->batch < DISTINCT ? params->batch : DISTINCT;
    const fm_status status = make_frames(s, err);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    *handle = s;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    fm_status status = fmi_png_bench_begin(&s->png, err);
    for (uint32_t i = 0; status == FM_OK && i < s->params->batch; ++i)
        status = fmi_png_bench_push(&s->png, &s->image[i % s->distinct], err);
    if (status == FM_OK)
        return fmi_png_bench_end(&s->png, err);
    fmi_encoder_destroy(&s->png.encoder);
    return status;
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    (void)how; /* every distinct frame is checked */
    state *s = handle;
    *check = (fmi_check){.passed = true, .unit = "level", .psnr = (double)INFINITY};
    s->png.frames = 0;
    s->png.frame_bytes = 0;
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < s->params->batch; ++i)
        status = fmi_png_bench_verify(&s->png, &s->image[i % s->distinct], check, err);
    check->compared = s->distinct;
    if (status == FM_OK)
        status = run(s, err);
    if (status == FM_OK)
        fmi_png_bench_judge(&s->png, check);
    return status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    (void)err;
    const state *s = handle;
    fmi_png_bench_judge(&s->png, check);
    return FM_OK;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    *out = s->drawn; /* the only device memory that the cell needs */
    out->frames = s->params->batch;
    out->bytes = s->png.frame_bytes;
}

const fmi_case fmi_case_encode = {.name = "encode",
                                  .unit = "frames/s",
                                  .description = "8-bit RGB frames in memory to PNG bytes in "
                                                 "memory, on all cores",
                                  .uses = FMI_USES_MESH | FMI_USES_SIZE | FMI_USES_THREADS |
                                          FMI_ON_HOST,
                                  .plan = fmi_picture_plan,
                                  .same_program = fmi_case_same_program,
                                  .create = create,
                                  .run = run,
                                  .check = check_case,
                                  .recheck = recheck,
                                  .facts = facts,
                                  .destroy = destroy};
