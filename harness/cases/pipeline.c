/* SPDX-License-Identifier: MIT */
/* pipeline: an uploaded pair to PNG bytes in memory, rendering and encoding at the same time. A
 * sample is several batches, since a single one has nothing to overlap. */
#include "cases/picture.h"
#include "cases/png_bench.h"

#include "error.h"

#include <stdlib.h>

#define BATCHES 3 /* as many as a level has in flight */

typedef struct state {
    fmi_picture picture;
    fmi_png_bench png;
    fmi_check *check; /* of the check that runs now */
    float *t;         /* weights of the batch, BATCHES times */
} state;

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_png_bench_free(&s->png);
    fmi_picture_destroy(&s->picture);
    free(s->t);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the pipeline case");
    s->png.workers = params->threads;
    fm_status status = fmi_picture_create(&s->picture, params, err);
    if (status == FM_OK)
        s->t = malloc(sizeof *s->t * BATCHES * params->batch);
    if (status == FM_OK && !s->t)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", params->batch);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    for (size_t i = 0; i < (size_t)BATCHES * params->batch; ++i)
        s->t[i] = s->picture.frames.t[i % params->batch];
    *handle = s;
    return FM_OK;
}

static uint32_t frames_of(const state *s) {
    return BATCHES * s->picture.params->batch;
}

/* Level low overlaps nothing: a batch is encoded before the next one is drawn. */
static fm_status push(void *user, const fm_frame *frame, fm_error *err) {
    state *s = user;
    const fm_image image = fmi_frames_image(frame);
    const fm_status status = fmi_png_bench_push(&s->png, &image, err);
    const bool wait = frame->ends_batch && s->picture.params->level == FM_LEVEL_LOW;
    return status == FM_OK && wait ? fmi_encoder_finish(s->png.encoder, NULL, err) : status;
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    fm_status status = fmi_png_bench_begin(&s->png, err);
    if (status != FM_OK)
        return status;
    status = fmi_picture_render_more(&s->picture, s->t, frames_of(s), push, s, err);
    if (status == FM_OK)
        return fmi_png_bench_end(&s->png, err);
    fmi_encoder_destroy(&s->png.encoder);
    return status;
}

static fm_status verify(void *user, const fm_frame *frame, fm_error *err) {
    state *s = user;
    const fm_image image = fmi_frames_image(frame);
    return fmi_png_bench_verify(&s->png, &image, s->check, err);
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    state *s = handle;
    *check = (fmi_check){0};
    fm_status status = fmi_frames_check(&s->picture.frames, how, check, err);
    if (status != FM_OK || !check->passed)
        return status;
    s->check = check;
    s->png.frames = 0;
    s->png.frame_bytes = 0;
    /* Every batch draws the same frames, and must give the same bytes. */
    status = fmi_picture_render_more(&s->picture, s->t, s->picture.params->batch, verify, s, err);
    s->png.frames *= BATCHES;
    s->png.frame_bytes *= BATCHES;
    if (status == FM_OK)
        status = run(s, err);
    if (status == FM_OK)
        fmi_png_bench_judge(&s->png, check);
    return status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    fmi_png_bench_judge(&s->png, check); /* the last timed launch */
    return fmi_frames_recheck(&s->picture.frames, check, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    fmi_picture_facts(&s->picture, out);
    out->bytes = s->png.frame_bytes;
    out->frames = frames_of(s);
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    return fmi_picture_plan_more(params, caps, BATCHES, out, err);
}

/* Low waits for what the others do beside each other. */
static bool same_program(fm_level a, fm_level b) {
    return fmi_picture_same_program(a, b) && (a == FM_LEVEL_LOW) == (b == FM_LEVEL_LOW);
}

const fmi_case fmi_case_pipeline = {.name = "pipeline",
                                    .unit = "frames/s",
                                    .description = "uploaded meshes to PNG bytes in memory, "
                                                   "three batches, overlapped as the level has it",
                                    .uses = FMI_USES_MESH | FMI_USES_SIZE | FMI_USES_SAMPLES |
                                            FMI_USES_THREADS | FMI_ON_HOST,
                                    .plan = plan,
                                    .same_program = same_program,
                                    .create = create,
                                    .run = run,
                                    .check = check_case,
                                    .recheck = recheck,
                                    .facts = facts,
                                    .destroy = destroy};
