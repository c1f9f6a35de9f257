/* SPDX-License-Identifier: MIT */
/* morph: one launch makes batch frames of V x 3 floats in a device buffer. */
#include "cases/launch_check.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* One rounding of B - A, one of the fma: at most 1.5 ulp of the larger end point, 2 in whole
 * numbers. */
#define TOLERANCE_ULP 2.0
/* What a batch writes should stay in a cache: 7 MB, 32 frames of a head. A quarter less or more is
 * as fast or faster at times, by how much of the last cache others take; this one was the best over
 * all, and never below 91 % of a series' best (results/batch-choice.md). */
#define TUNED_BYTES (UINT64_C(27) << 18)
#define TUNED_MOST 1024 /* of small shapes: the launch is a small part of the time by then */

typedef struct state {
    fmi_launch_check launch; /* first */
    const fmi_case_params *params;
    fm_engine *engine;
    fm_morph *morph;
    float *t;
    float *got, *want; /* one frame each */
    uint64_t *hash;    /* of each frame at the check */
} state;

static size_t frame_values(const state *s) {
    return (size_t)s->params->input->vertices * 3;
}

static fmi_launch_check launch_of(const state *s);

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fm_morph_destroy(&s->morph);
    fm_engine_destroy(&s->engine);
    free(s->t);
    free(s->got);
    free(s->want);
    free(s->hash);
    free(s);
    *handle = NULL;
}

static fm_status make_arrays(state *s, fm_error *err) {
    const uint32_t n = s->params->batch;
    s->t = malloc(sizeof *s->t * n);
    s->hash = calloc(n, sizeof *s->hash);
    s->got = malloc(sizeof *s->got * frame_values(s));
    s->want = malloc(sizeof *s->want * frame_values(s));
    if (!s->t || !s->hash || !s->got || !s->want)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the arrays of the morph case");
    for (uint32_t i = 0; i < n; ++i)
        s->t[i] = fmi_case_weight(i, n);
    return FM_OK;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the morph case");
    s->params = params;
    const fmi_joined *joined = &params->input->joined;
    fm_status status = make_arrays(s, err);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, params, err);
    if (status == FM_OK)
        status = fm_morph_create(&s->morph, s->engine, joined->positions_a, joined->positions_b,
                                 joined->position_count, params->batch, err);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    s->launch = launch_of(s);
    *handle = s;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    return fm_morph_run(s->morph, s->t, s->params->batch, err);
}

/* Distance in units of the last place of the larger end point. */
static double distance_ulp(float got, float want, float a, float b) {
    const float larger = fmaxf(fabsf(a), fabsf(b));
    const double ulp = (double)(nextafterf(larger, INFINITY) - larger);
    const double distance = fabs((double)got - (double)want) / ulp;
    return isnan(distance) ? (double)INFINITY : distance;
}

static fm_status compare_frame(void *handle, uint32_t frame, fmi_check *check, fm_error *err) {
    state *s = handle;
    const fmi_joined *joined = &s->params->input->joined;
    const fm_status status = fm_morph_read(s->morph, frame, 1, s->got, err);
    if (status != FM_OK)
        return status;
    fmi_ref_morph(joined->positions_a, joined->positions_b, joined->position_count, s->t[frame],
                  s->want);
    uint64_t beyond = 0;
    for (size_t i = 0; i < frame_values(s); ++i) {
        const double d =
            distance_ulp(s->got[i], s->want[i], joined->positions_a[i], joined->positions_b[i]);
        check->max = fmax(check->max, d);
        if (d <= TOLERANCE_ULP)
            continue;
        if (beyond++ == 0)
            fmi_check_failed(check, "frame %u value %zu is %.9g, want %.9g, %.3g ulp away", frame,
                             i, (double)s->got[i], (double)s->want[i], d);
    }
    check->share = fmax(check->share, (double)beyond / (double)frame_values(s));
    check->compared++;
    return FM_OK;
}

static fm_status read_hash(void *handle, uint32_t frame, uint64_t *hash, fm_error *err) {
    state *s = handle;
    /* The host copy is poisoned as well: a read that copies nothing must not pass. */
    memset(s->got, 0xA5, sizeof *s->got * frame_values(s));
    const fm_status status = fm_morph_read(s->morph, frame, 1, s->got, err);
    *hash = XXH3_64bits(s->got, sizeof *s->got * frame_values(s));
    return status;
}

/* Runs the batch at other weights, so that stale positions are wrong ones. */
static fm_status poison(void *handle, fm_error *err) {
    state *s = handle;
    const uint32_t n = s->params->batch;
    float *other = malloc(sizeof *other * n);
    if (!other)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    for (uint32_t i = 0; i < n; ++i)
        other[i] = fmi_case_other_weight(s->t[i]);
    fmi_case_poison(s->params, true);
    const fm_status status = fm_morph_run(s->morph, other, n, err);
    fmi_case_poison(s->params, false);
    free(other);
    return status;
}

static fm_status run_alone(void *handle, uint32_t frame, fm_error *err) {
    state *s = handle;
    return fm_morph_run(s->morph, &s->t[frame], 1, err);
}

static fmi_launch_check launch_of(const state *s) {
    return (fmi_launch_check){.frames = s->params->batch,
                              .hash = s->hash,
                              .unit = "ulp",
                              .poison = poison,
                              .run = run,
                              .run_alone = run_alone,
                              .compare = compare_frame,
                              .read_hash = read_hash};
}

static fm_work work_of(const fmi_case_params *params) {
    return (fm_work){.op = FM_OP_MORPH, .vertices = params->input->vertices};
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    const fm_work work = work_of(params);
    const uint64_t fit = TUNED_BYTES / (UINT64_C(12) * params->input->vertices);
    const uint64_t tuned = fit < TUNED_MOST ? fit : TUNED_MOST;
    return fmi_case_plan_work(params, caps, &work, tuned > 1 ? (uint32_t)tuned : 1, out, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t vertices = s->params->input->vertices;
    const uint64_t batch = s->params->batch;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = 12 * vertices * (2 + batch),
                            .flops = 9.0 * (double)vertices * (double)batch,
                            .covered_fraction = (double)NAN};
    const fm_work work = work_of(s->params);
    out->planned_bytes = fmi_case_work_bytes(s->params, s->engine, &work);
    fmi_case_memory(s->engine, out);
}

const fmi_case fmi_case_morph = {.name = "morph",
                                 .unit = "frames/s",
                                 .description = "one launch, V x 3 float positions of every frame "
                                                "to a device buffer, no normals",
                                 .uses = FMI_USES_POINTS,
                                 .plan = plan,
                                 .same_program = fmi_case_same_program,
                                 .create = create,
                                 .run = run,
                                 .check = fmi_launch_check_run,
                                 .recheck = fmi_launch_check_again,
                                 .facts = facts,
                                 .destroy = destroy};
