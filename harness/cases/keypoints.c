/* SPDX-License-Identifier: MIT */
/* keypoints: one clip of batch frames, host arrays in, device, host arrays out. */
#include "keypoints_input.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* s and the matrices of the clip are 4 ulp off, the sums of a frame 2 more. */
#define TOLERANCE_ULP 8.0
/* 10 MB of frames in and out: they still fit a cache, and the round trip is a small part of the
 * time. 4096 ran at half the rate, 40,960 as well (results/batch-choice.md). */
#define TUNED_BATCH 20480

typedef struct state {
    const fmi_case_params *params;
    fm_engine *engine;
    fm_keypoints *keypoints; /* always on the device */
    fmi_keypoints_input input;
    fm_keypoints_params how;
    uint64_t hash; /* of all outputs at the check */
    uint64_t peak; /* device bytes of a push */
} state;

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fm_keypoints_destroy(&s->keypoints);
    fm_engine_destroy(&s->engine);
    fmi_keypoints_input_free(&s->input);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the keypoints case");
    s->params = params;
    s->how = (fm_keypoints_params){.struct_size = sizeof s->how, .host_below = 1};
    fm_status status = fmi_keypoints_input_make(&s->input, params->batch, err);
    const fm_keypoints_set source = fmi_keypoints_input_source(&s->input);
    const fm_keypoints_set first = fmi_keypoints_input_driving(&s->input);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, params, err);
    if (status == FM_OK)
        status = fm_keypoints_create(&s->keypoints, s->engine, &s->how, &source, &first, err);
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
    const fm_keypoints_set in = fmi_keypoints_input_driving(&s->input);
    const fm_keypoints_out out = {.value = s->input.out_value, .jacobian = s->input.out_jacobian};
    return fm_keypoints_push(s->keypoints, &in, &out, s->input.frames, err);
}

static void poison(state *s) {
    const size_t frames = s->input.frames;
    memset(s->input.out_value, 0xA5, frames * FMI_KEYPOINTS_VALUES * sizeof(float));
    memset(s->input.out_jacobian, 0xA5, frames * FMI_KEYPOINTS_JACOBIANS * sizeof(float));
}

static uint64_t hash_all(const state *s) {
    const size_t frames = s->input.frames;
    const uint64_t values =
        XXH3_64bits(s->input.out_value, frames * FMI_KEYPOINTS_VALUES * sizeof(float));
    return values ^
           XXH3_64bits(s->input.out_jacobian, frames * FMI_KEYPOINTS_JACOBIANS * sizeof(float));
}

static bool same_bytes(const void *a, const void *b, size_t bytes) {
    return memcmp(a, b, bytes) == 0;
}

/* Frame i by itself: the same bytes? */
static fm_status compare_one(state *s, fm_keypoints *alone, uint32_t i, fmi_check *check,
                             fm_error *err) {
    float value[FMI_KEYPOINTS_VALUES], jacobian[FMI_KEYPOINTS_JACOBIANS];
    const fm_keypoints_out out = {.value = value, .jacobian = jacobian};
    const size_t v = (size_t)i * FMI_KEYPOINTS_VALUES, j = (size_t)i * FMI_KEYPOINTS_JACOBIANS;
    const fm_keypoints_set in = {.value = s->input.value + v, .jacobian = s->input.jacobian + j};
    const fm_status status = fm_keypoints_push(alone, &in, &out, 1, err);
    if (status == FM_OK && !(same_bytes(value, s->input.out_value + v, sizeof value) &&
                             same_bytes(jacobian, s->input.out_jacobian + j, sizeof jacobian)))
        fmi_check_failed(check, "frame %u of %u has other bytes than alone", i, s->input.frames);
    check->hashed += status == FM_OK;
    return status;
}

/* Every frame that was not compared must have the bytes it has when it is made alone, where the
 * engine chooses to make single frames. */
static fm_status compare_alone(state *s, const uint32_t *chosen, uint32_t count, fmi_check *check,
                               fm_error *err) {
    const fm_keypoints_set source = fmi_keypoints_input_source(&s->input);
    const fm_keypoints_set first = fmi_keypoints_input_driving(&s->input);
    fm_keypoints_params usual = s->how;
    usual.host_below = 0;
    fm_keypoints *alone = NULL;
    fm_status status = fm_keypoints_create(&alone, s->engine, &usual, &source, &first, err);
    for (uint32_t i = 0, next = 0; status == FM_OK && i < s->input.frames; ++i) {
        if (next < count && chosen[next] == i)
            ++next;
        else
            status = compare_one(s, alone, i, check, err);
    }
    fm_keypoints_destroy(&alone);
    return status;
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    state *s = handle;
    *check = (fmi_check){.passed = true, .unit = "ulp", .psnr = (double)NAN};
    uint32_t *chosen = malloc(sizeof *chosen * ((size_t)how->random_frames + 2));
    if (!chosen)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the choice of frames");
    const uint32_t count = fmi_check_choose(how, s->input.frames, chosen);
    poison(s);
    fm_status status = run(s, err);
    s->peak = fmi_case_peak(s->engine);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        fmi_keypoints_input_compare(&s->input, &s->how, chosen[i], TOLERANCE_ULP, check);
    if (status == FM_OK)
        s->hash = hash_all(s);
    fmi_keypoints_input_look(&s->input, check);
    if (status == FM_OK && check->passed && how->hash_others)
        status = compare_alone(s, chosen, count, check, err);
    free(chosen);
    return status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    poison(s);
    const fm_status status = run(s, err);
    if (status == FM_OK && hash_all(s) != s->hash)
        fmi_check_failed(check, "the frames have other bytes after timing than before");
    fmi_keypoints_input_look(&s->input, check);
    return status;
}

/* In the caller's arrays, or in place in the device's copy of them. */
static fm_work work_of(void) {
    return (fm_work){.op = FM_OP_KEYPOINTS, .no_status = true};
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    const fm_work work = work_of();
    return fmi_case_plan_work(params, caps, &work, TUNED_BATCH, out, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t frames = s->input.frames;
    *out = (fmi_case_facts){.frames = frames,
                            .bytes = FMI_KEYPOINTS_BYTES * frames,
                            .flops = (3.0 * FMI_KEYPOINTS_VALUES + 3.0 * FMI_KEYPOINTS_JACOBIANS) *
                                     (double)frames,
                            .covered_fraction = (double)NAN};
    const fm_work work = work_of();
    out->planned_bytes = fmi_case_work_bytes(s->params, s->engine, &work);
    fmi_case_memory(s->engine, out);
    out->peak_bytes = s->peak;
}

const fmi_case fmi_case_keypoints = {.name = "keypoints",
                                     .unit = "frames/s",
                                     .description = "frames of one FOMM clip: host arrays in, "
                                                    "device, host arrays out",
                                     .plan = plan,
                                     .same_program = fmi_case_same_program,
                                     .create = create,
                                     .run = run,
                                     .check = check_case,
                                     .recheck = recheck,
                                     .facts = facts,
                                     .destroy = destroy};
