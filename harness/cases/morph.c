/* SPDX-License-Identifier: MIT */
/* morph: one launch makes batch frames of V x 3 floats in a device buffer. */
#include "case.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* One rounding of B - A, one of the fma: at most 1.5 ulp of the larger end point, 2 in whole
 * numbers. */
#define TOLERANCE_ULP 2.0
/* The launch is a small part of the time by then, and 64 frames of a head (14 MB) still fit a
 * last-level cache; 256 ran at half the rate on the first machine measured. */
#define TUNED_BATCH 64

typedef struct state {
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

static fm_status compare_frame(state *s, uint32_t frame, fmi_check *check, fm_error *err) {
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

static fm_status read_hash(state *s, uint32_t frame, uint64_t *hash, fm_error *err) {
    /* The host copy is poisoned as well: a read that copies nothing must not pass. */
    memset(s->got, 0xA5, sizeof *s->got * frame_values(s));
    const fm_status status = fm_morph_read(s->morph, frame, 1, s->got, err);
    *hash = XXH3_64bits(s->got, sizeof *s->got * frame_values(s));
    return status;
}

/* Runs the batch at other weights, so that stale positions are wrong ones. */
static fm_status poison(state *s, fm_error *err) {
    const uint32_t n = s->params->batch;
    float *other = malloc(sizeof *other * n);
    if (!other)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    for (uint32_t i = 0; i < n; ++i)
        other[i] = fmi_case_other_weight(s->t[i]);
    const fm_status status = fm_morph_run(s->morph, other, n, err);
    free(other);
    return status;
}

/* Every frame that was not compared must have the bytes it has when it is made alone. */
static fm_status compare_alone(state *s, const uint32_t *chosen, uint32_t count, fmi_check *check,
                               fm_error *err) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < s->params->batch; ++i) {
        if (next < count && chosen[next] == i) {
            ++next;
            continue;
        }
        uint64_t alone = 0;
        fm_status status = fm_morph_run(s->morph, &s->t[i], 1, err);
        if (status == FM_OK)
            status = read_hash(s, 0, &alone, err);
        if (status != FM_OK)
            return status;
        if (alone != s->hash[i])
            fmi_check_failed(check, "frame %u of %u has other bytes than alone", i,
                             s->params->batch);
        check->hashed++;
    }
    return FM_OK;
}

static fm_status check_with(state *s, const fmi_check_params *how, uint32_t *chosen,
                            fmi_check *check, fm_error *err) {
    const uint32_t count = fmi_check_choose(how, s->params->batch, chosen);
    fm_status status = poison(s, err);
    if (status == FM_OK)
        status = run(s, err);
    for (uint32_t i = 0; status == FM_OK && i < count; ++i)
        status = compare_frame(s, chosen[i], check, err);
    for (uint32_t i = 0; status == FM_OK && i < s->params->batch; ++i)
        status = read_hash(s, i, &s->hash[i], err);
    if (status == FM_OK && check->passed && how->hash_others)
        status = compare_alone(s, chosen, count, check, err);
    return status;
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    *check = (fmi_check){.passed = true, .unit = "ulp", .psnr = (double)NAN};
    uint32_t *chosen = malloc(sizeof *chosen * ((size_t)how->random_frames + 2));
    if (!chosen)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the choice of frames");
    const fm_status status = check_with(handle, how, chosen, check, err);
    free(chosen);
    return status;
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    fm_status status = run(s, err);
    for (uint32_t i = 0; status == FM_OK && i < s->params->batch; ++i) {
        uint64_t hash = 0;
        status = read_hash(s, i, &hash, err);
        if (status == FM_OK && hash != s->hash[i])
            fmi_check_failed(check, "frame %u has other bytes after timing than before", i);
    }
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
    const uint64_t frame = (uint64_t)params->input->vertices * 12;
    const uint64_t budget = out->budget_bytes;
    const uint64_t single = caps->max_alloc_bytes ? caps->max_alloc_bytes : budget;
    *out = (fm_plan){.bytes_fixed = 2 * frame,
                     .bytes_per_frame = frame + sizeof(float),
                     .budget_bytes = budget,
                     .limited_by = FM_LIMIT_MEMORY};
    uint64_t most =
        budget > out->bytes_fixed ? (budget - out->bytes_fixed) / out->bytes_per_frame : 0;
    if (single / frame < most) {
        most = single / frame;
        out->limited_by = FM_LIMIT_SINGLE_BUFFER;
    }
    if (most == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a morph of %u vertices needs %llu bytes and the budget is %llu; raise "
                        "--mem-limit or the level",
                        params->input->vertices,
                        (unsigned long long)(out->bytes_fixed + out->bytes_per_frame),
                        (unsigned long long)budget);
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
    const uint64_t vertices = s->params->input->vertices;
    const uint64_t batch = s->params->batch;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = 12 * vertices * (2 + batch),
                            .flops = 9.0 * (double)vertices * (double)batch,
                            .covered_fraction = (double)NAN};
    out->planned_bytes = 12 * vertices * (2 + batch) + sizeof(float) * batch;
    fmi_case_memory(s->engine, out);
}

const fmi_case fmi_case_morph = {.name = "morph",
                                 .unit = "frames/s",
                                 .description = "one launch, V x 3 float positions of every frame "
                                                "to a device buffer, no normals",
                                 .uses = FMI_USES_POINTS,
                                 .plan = plan,
                                 .same_program = same_program,
                                 .create = create,
                                 .run = run,
                                 .check = check_case,
                                 .recheck = recheck,
                                 .facts = facts,
                                 .destroy = destroy};
