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
/* 2 MB of frames: the round trip is a tenth of the time and they still fit a cache. */
#define TUNED_BATCH 4096
#define FIXED_BYTES 8192 /* tables of a clip, rounded up */

typedef struct state {
    const fmi_case_params *params;
    fm_engine *engine;
    fm_keypoints *keypoints; /* always on the device */
    fm_keypoints *alone;     /* the engine's own choice for single frames */
    fmi_keypoints_input input;
    fm_keypoints_params how;
    uint64_t hash; /* of all outputs at the check */
} state;

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fm_keypoints_destroy(&s->keypoints);
    fm_keypoints_destroy(&s->alone);
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
    fm_keypoints_params usual = s->how;
    usual.host_below = 0;
    fm_status status = fmi_keypoints_input_make(&s->input, params->batch, err);
    const fm_keypoints_set source = fmi_keypoints_input_source(&s->input);
    const fm_keypoints_set first = fmi_keypoints_input_driving(&s->input);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, params, err);
    if (status == FM_OK)
        status = fm_keypoints_create(&s->keypoints, s->engine, &s->how, &source, &first, err);
    if (status == FM_OK)
        status = fm_keypoints_create(&s->alone, s->engine, &usual, &source, &first, err);
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

/* Every frame that was not compared must have the bytes it has when it is made alone. */
static fm_status compare_alone(state *s, const uint32_t *chosen, uint32_t count, fmi_check *check,
                               fm_error *err) {
    float value[FMI_KEYPOINTS_VALUES], jacobian[FMI_KEYPOINTS_JACOBIANS];
    const fm_keypoints_out out = {.value = value, .jacobian = jacobian};
    for (uint32_t i = 0, next = 0; i < s->input.frames; ++i) {
        const size_t v = (size_t)i * FMI_KEYPOINTS_VALUES, j = (size_t)i * FMI_KEYPOINTS_JACOBIANS;
        if (next < count && chosen[next] == i) {
            ++next;
            continue;
        }
        const fm_keypoints_set in = {.value = s->input.value + v,
                                     .jacobian = s->input.jacobian + j};
        const fm_status status = fm_keypoints_push(s->alone, &in, &out, 1, err);
        if (status != FM_OK)
            return status;
        if (memcmp(value, s->input.out_value + v, sizeof value) != 0 ||
            memcmp(jacobian, s->input.out_jacobian + j, sizeof jacobian) != 0)
            fmi_check_failed(check, "frame %u of %u has other bytes than alone", i,
                             s->input.frames);
        check->hashed++;
    }
    return FM_OK;
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
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        fmi_keypoints_input_compare(&s->input, &s->how, chosen[i], TOLERANCE_ULP, check);
    if (status == FM_OK)
        s->hash = hash_all(s);
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
    return status;
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    /* The budget is the renderer's: memory fraction of the level, --mem-limit, device facts. */
    const fm_problem smallest = {.frames = 1,
                                 .width = 1,
                                 .height = 1,
                                 .channels = 3,
                                 .vertices = 3,
                                 .triangles = 1,
                                 .mem_limit_bytes = params->mem_limit_bytes};
    const fm_status status = fm_plan_render(caps, params->level, &smallest, out, err);
    if (status != FM_OK)
        return status;
    const uint64_t budget = out->budget_bytes;
    const uint64_t single = caps->max_alloc_bytes ? caps->max_alloc_bytes : budget;
    *out = (fm_plan){.bytes_fixed = FIXED_BYTES,
                     .bytes_per_frame = FMI_KEYPOINTS_BYTES,
                     .budget_bytes = budget,
                     .limited_by = FM_LIMIT_MEMORY};
    uint64_t most = budget > FIXED_BYTES ? (budget - FIXED_BYTES) / FMI_KEYPOINTS_BYTES : 0;
    if (single / FMI_KEYPOINTS_BYTES < most) {
        most = single / FMI_KEYPOINTS_BYTES;
        out->limited_by = FM_LIMIT_SINGLE_BUFFER;
    }
    if (most == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a frame of keypoints needs %d bytes and the budget is %llu; raise "
                        "--mem-limit or the level",
                        FIXED_BYTES + FMI_KEYPOINTS_BYTES, (unsigned long long)budget);
    const uint32_t wanted = params->batch ? params->batch : TUNED_BATCH;
    if (most >= wanted)
        out->limited_by = params->batch ? FM_LIMIT_USER : FM_LIMIT_TUNED;
    out->batch = most < wanted ? (uint32_t)most : wanted;
    return FM_OK;
}

/* Level flags reach the vertex and shade programs only. */
static bool same_program(fm_level a, fm_level b) {
    (void)a;
    (void)b;
    return true;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t frames = s->input.frames;
    const bool shared = fm_engine_caps(s->engine)->unified_memory;
    *out = (fmi_case_facts){.frames = frames,
                            .bytes = FMI_KEYPOINTS_BYTES * frames,
                            .flops = (3.0 * FMI_KEYPOINTS_VALUES + 3.0 * FMI_KEYPOINTS_JACOBIANS) *
                                     (double)frames,
                            .covered_fraction = (double)NAN};
    /* In the caller's arrays, or in place in the device's copy of them; tables of both objects. */
    out->planned_bytes = 2 * FIXED_BYTES + (shared ? 0 : FMI_KEYPOINTS_BYTES / 2 * frames);
    fmi_case_memory(s->engine, out);
}

const fmi_case fmi_case_keypoints = {.name = "keypoints",
                                     .unit = "frames/s",
                                     .description = "frames of one FOMM clip: host arrays in, "
                                                    "device, host arrays out",
                                     .plan = plan,
                                     .same_program = same_program,
                                     .create = create,
                                     .run = run,
                                     .check = check_case,
                                     .recheck = recheck,
                                     .facts = facts,
                                     .destroy = destroy};
