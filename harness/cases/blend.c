/* SPDX-License-Identifier: MIT */
/* blend: weights of batch frames up, base + weights x targets to a device buffer. */
#include "cases/launch_check.h"

#include "blend_impl.h"
#include "error.h"
#include "pcg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* As for morph: the launch is a small part of the time by then. */
#define TUNED_BATCH 64
/* A 16-bit difference is off by at most 2^-11 of itself: 4096 units of 2^-23. */
#define HALF_ULP 4096.0

typedef struct state {
    fmi_launch_check launch; /* first */
    const fmi_case_params *params;
    fm_engine *engine;
    fm_blend *blend;
    fmi_buffer out;
    float *deltas;     /* targets x values */
    float *weights;    /* batch x targets */
    float *got, *want; /* one frame each */
    uint64_t *hash;    /* of each frame at the check */
    uint64_t peak;     /* device bytes of a launch */
} state;

static size_t frame_values(const state *s) {
    return (size_t)s->params->input->vertices * 3;
}

static fmi_launch_check launch_of(const state *s);

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_buffer_destroy(&s->out);
    fm_blend_destroy(&s->blend);
    fm_engine_destroy(&s->engine);
    free(s->deltas);
    free(s->weights);
    free(s->got);
    free(s->want);
    free(s->hash);
    free(s);
    *handle = NULL;
}

/* The first target is shape B; the others scatter as far as a tenth of it. */
static void fill_numbers(state *s) {
    const fmi_joined *joined = &s->params->input->joined;
    const size_t values = frame_values(s);
    const uint32_t targets = s->params->targets;
    fmi_pcg pcg = fmi_pcg_seed(targets);
    for (size_t i = 0; i < values; ++i) {
        const float delta = joined->positions_b[i] - joined->positions_a[i];
        s->deltas[i] = delta;
        for (size_t k = 1; k < targets; ++k)
            s->deltas[k * values + i] = 0.2F * delta * (float)(fmi_pcg_unit(&pcg) - 0.5);
    }
    for (size_t i = 0; i < (size_t)s->params->batch * targets; ++i)
        s->weights[i] = (float)(1.5 * fmi_pcg_unit(&pcg) - 0.5);
}

static fm_status make_arrays(state *s, fm_error *err) {
    const size_t targets = s->params->targets, batch = s->params->batch;
    s->deltas = malloc(sizeof *s->deltas * frame_values(s) * targets);
    s->weights = malloc(sizeof *s->weights * batch * targets);
    s->hash = calloc(batch, sizeof *s->hash);
    s->got = malloc(sizeof *s->got * frame_values(s));
    s->want = malloc(sizeof *s->want * frame_values(s));
    if (!s->deltas || !s->weights || !s->hash || !s->got || !s->want)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the arrays of the blend case");
    fill_numbers(s);
    return FM_OK;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the blend case");
    s->params = params;
    fm_status status = make_arrays(s, err);
    if (status == FM_OK)
        status = fmi_case_engine(&s->engine, params, err);
    const fm_blend_params how = {.struct_size = sizeof how,
                                 .values = (uint32_t)frame_values(s),
                                 .targets = params->targets,
                                 .half = params->precision == FMI_FP16,
                                 .no_measurement = params->no_trials};
    if (status == FM_OK)
        status = fm_blend_create(&s->blend, s->engine, &how, params->input->joined.positions_a,
                                 s->deltas, err);
    if (status == FM_OK && s->engine->queue)
        status = fmi_buffer_create(&s->out, s->engine->queue, CL_MEM_READ_WRITE,
                                   frame_values(s) * params->batch * sizeof(float),
                                   "blended frames", err);
    else if (status == FM_OK)
        status = fmi_fail(err, FM_ERROR_UNSUPPORTED, "the reference device has no blend buffers");
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    s->launch = launch_of(s);
    *handle = s;
    return FM_OK;
}

static fm_status blend(state *s, const float *weights, uint32_t frames, fm_error *err) {
    const fm_blend_job job = {.struct_size = sizeof job, .frames = frames, .out_buffer = true};
    return fm_blend_run(s->blend, &job, weights, s->out.mem, err);
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    return blend(s, s->weights, s->params->batch, err);
}

static fm_status read_frame(state *s, uint32_t frame, fm_error *err) {
    const size_t bytes = frame_values(s) * sizeof(float);
    /* Poisoned first: a read that copies nothing must not pass. */
    memset(s->got, 0xA5, bytes);
    return fmi_buffer_read(&s->out, frame * bytes, bytes, s->got, err);
}

/* Sum of the magnitudes of what is added up for value i, and of the differences' part. */
static double magnitude(const state *s, const float *weights, size_t i, double *moved) {
    const double base = fabs((double)s->params->input->joined.positions_a[i]);
    *moved = 0.0;
    for (size_t k = 0; k < s->params->targets; ++k)
        *moved += fabs((double)weights[k] * (double)s->deltas[k * frame_values(s) + i]);
    return base + *moved;
}

/* Distances count in units of 2^-23 of the magnitude; the bound of fm/blend.h is half a unit for
 * each addition. */
static void compare_value(const state *s, uint32_t frame, size_t i, fmi_check *check,
                          uint64_t *beyond) {
    double moved = 0.0;
    const double sum =
        magnitude(s, s->weights + (size_t)frame * s->params->targets, i, &moved) + 1e-37;
    const double apart = fabs((double)s->got[i] - (double)s->want[i]);
    const double d = isnan(apart) ? (double)INFINITY : apart / (sum * 0x1p-23);
    double limit = 0.5 * (s->params->targets + 2.0);
    if (s->params->precision == FMI_FP16)
        limit += HALF_ULP * moved / sum + 1e-7 / (sum * 0x1p-23);
    check->max = fmax(check->max, d);
    if (d > limit && (*beyond)++ == 0)
        fmi_check_failed(check, "frame %u value %zu is %.9g, want %.9g, %.3g ulp away", frame, i,
                         (double)s->got[i], (double)s->want[i], d);
}

static fm_status compare_frame(void *handle, uint32_t frame, fmi_check *check, fm_error *err) {
    state *s = handle;
    const size_t values = frame_values(s);
    const fm_status status = read_frame(s, frame, err);
    if (status != FM_OK)
        return status;
    fmi_ref_blend(s->params->input->joined.positions_a, s->deltas, values, (uint32_t)values,
                  s->params->targets, s->weights + (size_t)frame * s->params->targets, s->want);
    uint64_t beyond = 0;
    for (size_t i = 0; i < values; ++i)
        compare_value(s, frame, i, check, &beyond);
    check->share = fmax(check->share, (double)beyond / (double)values);
    check->compared++;
    return FM_OK;
}

static fm_status read_hash(void *handle, uint32_t frame, uint64_t *hash, fm_error *err) {
    state *s = handle;
    const fm_status status = read_frame(s, frame, err);
    *hash = XXH3_64bits(s->got, sizeof *s->got * frame_values(s));
    return status;
}

/* Runs the batch at other weights, so that stale results are wrong ones. */
static fm_status poison(void *handle, fm_error *err) {
    state *s = handle;
    const size_t count = (size_t)s->params->batch * s->params->targets;
    float *other = malloc(sizeof *other * count);
    if (!other)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu weights", count);
    for (size_t i = 0; i < count; ++i)
        other[i] = s->weights[i] + 3.0F;
    fmi_case_poison(s->params, true);
    const fm_status status = blend(s, other, s->params->batch, err);
    fmi_case_poison(s->params, false);
    free(other);
    return status;
}

static fm_status run_alone(void *handle, uint32_t frame, fm_error *err) {
    state *s = handle;
    return blend(s, s->weights + (size_t)frame * s->params->targets, 1, err);
}

/* The peak of an engine that timed both ways is the trial's. */
static void note_peak(void *handle) {
    state *s = handle;
    fm_stats stats;
    fm_blend_info info;
    if (fm_engine_stats(s->engine, &stats) == FM_OK && fm_blend_info_get(s->blend, &info) == FM_OK)
        s->peak = info.measured ? stats.live_bytes : stats.peak_bytes;
}

static fmi_launch_check launch_of(const state *s) {
    return (fmi_launch_check){.frames = s->params->batch,
                              .hash = s->hash,
                              .unit = "ulp",
                              .poison = poison,
                              .run = run,
                              .run_alone = run_alone,
                              .compare = compare_frame,
                              .read_hash = read_hash,
                              .ran = note_peak};
}

static fm_work work_of(const fmi_case_params *params) {
    return (fm_work){.op = FM_OP_BLEND,
                     .vertices = params->input->vertices,
                     .targets = params->targets,
                     .half = params->precision == FMI_FP16,
                     .buffers = true};
}

static fm_status plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *out,
                      fm_error *err) {
    const fm_work work = work_of(params);
    return fmi_case_plan_work(params, caps, &work, TUNED_BATCH, out, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t values = frame_values(s), batch = s->params->batch;
    const uint64_t targets = s->params->targets;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = 4 * values * (targets + 1 + batch) + 4 * batch * targets,
                            .flops = 2.0 * (double)targets * (double)values * (double)batch,
                            .covered_fraction = (double)NAN};
    fm_blend_info info;
    fm_work work = work_of(s->params);
    work.clblast = fm_blend_info_get(s->blend, &info) == FM_OK && info.path == FM_BLEND_CLBLAST;
    out->planned_bytes = fmi_case_work_bytes(s->params, s->engine, &work);
    fmi_case_memory(s->engine, out);
    out->peak_bytes = s->peak;
}

const fmi_case fmi_case_blend = {.name = "blend",
                                 .unit = "frames/s",
                                 .description = "weights of every frame up, V x 3 float positions "
                                                "of base + weights x targets to a device buffer",
                                 .uses = FMI_USES_POINTS | FMI_USES_TARGETS | FMI_USES_PRECISION,
                                 .plan = plan,
                                 .same_program = fmi_case_same_program,
                                 .create = create,
                                 .run = run,
                                 .check = fmi_launch_check_run,
                                 .recheck = fmi_launch_check_again,
                                 .facts = facts,
                                 .destroy = destroy};
