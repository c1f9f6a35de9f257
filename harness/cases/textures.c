/* SPDX-License-Identifier: MIT */
/* textures and textures-f32: one launch makes batch textures of a morph in a device buffer. */
#include "cases/launch_check.h"
#include "cases/picture.h"

#include "error.h"
#include "textures_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#define TOLERANCE_ULP 2.0      /* of 1: see fm_texture_format */
#define TOLERANCE_HALF 0.03    /* of a level: bytes are off only that near to a half */
#define TOLERANCE_SHARE 0.0625 /* twice that, of the values of a texture */

typedef struct state {
    fmi_launch_check launch; /* first */
    const fmi_case_params *params;
    fm_texture_format format;
    fm_engine *engine;
    fm_pair *pair;
    fmi_textures textures;
    float *t;
    void *got;      /* one texture */
    uint64_t *hash; /* of each texture at the check */
} state;

static fmi_launch_check launch_of(const state *s);

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_textures_destroy(&s->textures);
    fm_pair_destroy(&s->pair);
    fm_engine_destroy(&s->engine);
    free(s->t);
    free(s->got);
    free(s->hash);
    free(s);
    *handle = NULL;
}

static fm_status make_textures(state *s, fm_error *err) {
    const uint32_t n = s->params->batch;
    s->t = malloc(sizeof *s->t * n);
    s->hash = calloc(n, sizeof *s->hash);
    for (uint32_t i = 0; s->t && i < n; ++i)
        s->t[i] = fmi_case_weight(i, n);
    if (!s->t || !s->hash)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the weights of %u textures", n);
    const fm_status status = fmi_textures_create(&s->textures, s->pair, s->format, s->t, n, n, err);
    if (status != FM_OK)
        return status;
    if (s->textures.chunk < n)
        return fmi_fail(err, FM_ERROR_LIMIT, "%u textures do not fit, %u do; use a smaller batch",
                        n, s->textures.chunk);
    s->got = malloc(s->textures.texture_bytes);
    return s->got ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a texture");
}

static fm_status open_state(state *s, fm_error *err) {
    fm_pair_info info;
    fm_status status = fmi_case_engine(&s->engine, s->params, err);
    if (status == FM_OK)
        status = fmi_input_pair(s->params->input, s->engine, false, false, &s->pair, err);
    if (status == FM_OK)
        status = fm_pair_info_get(s->pair, &info);
    if (status == FM_OK && !info.textured)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "the input has no textures");
    return status == FM_OK ? make_textures(s, err) : status;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_texture_format format,
                        fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the textures case");
    s->params = params;
    s->format = format;
    const fm_status status = open_state(s, err);
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    s->launch = launch_of(s);
    *handle = s;
    return FM_OK;
}

static fm_status create_bytes(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, FM_TEXTURE_BYTE, err);
}

static fm_status create_floats(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, FM_TEXTURE_FLOAT, err);
}

static fm_status run(void *handle, fm_error *err) {
    state *s = handle;
    return fmi_textures_run(&s->textures, 0, s->params->batch, err);
}

/* ---- check ---- */

static fm_status read_back(state *s, uint32_t i, fm_error *err) {
    /* The host copy is poisoned as well: a read that copies nothing must not pass. */
    memset(s->got, 0xA5, s->textures.texture_bytes);
    return fmi_buffer_read(&s->textures.out, i * s->textures.texture_bytes,
                           s->textures.texture_bytes, s->got, err);
}

/* How far value i is from the exact blend, in the unit of the format; negative: within its
 * tolerance. */
static double distance(const state *s, size_t i, double want) {
    if (s->format == FM_TEXTURE_FLOAT) {
        const double d = fabs((double)((const float *)s->got)[i] - want / 255.0) * 0x1p24;
        return d <= TOLERANCE_ULP ? -d : d;
    }
    const double d = fabs((double)((const uint8_t *)s->got)[i] - floor(want + 0.5));
    const bool near_half = fabs(want - floor(want) - 0.5) < TOLERANCE_HALF;
    return d == 0.0 || (d <= 1.0 && near_half) ? -d : d;
}

static fm_status compare_texture(void *handle, uint32_t i, fmi_check *check, fm_error *err) {
    state *s = handle;
    const fmi_ref_texture *ends = NULL;
    fm_status status = read_back(s, i, err);
    if (status == FM_OK)
        status = fmi_input_textures(s->params->input, &ends, err);
    if (status != FM_OK)
        return status;
    const size_t values = 3 * (size_t)s->textures.width * s->textures.height;
    uint64_t off = 0;
    for (size_t k = 0; k < values; ++k) {
        const double a = ends[0].level[0][k], b = ends[1].level[0][k];
        const double d = distance(s, k, a + (double)s->t[i] * (b - a));
        check->max = fmax(check->max, fabs(d));
        off += d != 0.0;
        if (d > 0.0)
            fmi_check_failed(check, "texture %u value %zu is %.3g %s away", i, k, d, check->unit);
    }
    if (s->format == FM_TEXTURE_BYTE)
        check->share = fmax(check->share, (double)off / (double)values);
    if (check->share > TOLERANCE_SHARE && values > 10000)
        fmi_check_failed(check, "%.3g of the bytes of texture %u are off", check->share, i);
    check->compared++;
    return FM_OK;
}

static fm_status read_hash(void *handle, uint32_t i, uint64_t *hash, fm_error *err) {
    state *s = handle;
    const fm_status status = read_back(s, i, err);
    *hash = XXH3_64bits(s->got, s->textures.texture_bytes);
    return status;
}

static fm_status set_weights(state *s, bool other, fm_error *err) {
    const uint32_t n = s->params->batch;
    float *t = malloc(sizeof *t * n);
    if (!t)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    for (uint32_t i = 0; i < n; ++i)
        t[i] = other ? fmi_case_other_weight(s->t[i]) : s->t[i];
    const fm_status status = fmi_textures_weights(&s->textures, t, err);
    free(t);
    return status;
}

static fm_status poison(void *handle, fm_error *err) {
    state *s = handle;
    fm_status status = set_weights(s, true, err);
    fmi_case_poison(s->params, true);
    if (status == FM_OK)
        status = run(s, err);
    fmi_case_poison(s->params, false);
    return status == FM_OK ? set_weights(s, false, err) : status;
}

static fm_status run_alone(void *handle, uint32_t i, fm_error *err) {
    state *s = handle;
    return fmi_textures_run(&s->textures, i, 1, err);
}

static fmi_launch_check launch_of(const state *s) {
    return (fmi_launch_check){.frames = s->params->batch,
                              .hash = s->hash,
                              .unit = s->format == FM_TEXTURE_BYTE ? "level" : "ulp",
                              .poison = poison,
                              .run = run,
                              .run_alone = run_alone,
                              .compare = compare_texture,
                              .read_hash = read_hash};
}

/* ---- plan and facts ---- */

static fm_work work_of(const fmi_case_params *params, fm_texture_format format) {
    const fm_image *image = &params->input->image[0];
    return (fm_work){.op = FM_OP_TEXTURES,
                     .width = image->width,
                     .height = image->height,
                     .bytes = format == FM_TEXTURE_BYTE,
                     .chunk = params->batch};
}

/* Beside the pair, whose bytes count as well. */
static fm_status plan_case(const fmi_case_params *params, fm_texture_format format,
                           const fm_caps *caps, fm_plan *plan, fm_error *err) {
    const uint32_t tuned =
        format == FM_TEXTURE_BYTE ? FMI_TEXTURES_CHUNK_BYTE : FMI_TEXTURES_CHUNK_FLOAT;
    const fm_work work = work_of(params, format);
    uint64_t pair = 0;
    if (!params->input->image[0].pixels || !params->input->joined.uvs)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "the input has no textures");
    fm_status status = fmi_picture_pair_bytes(params, caps, &pair, err);
    if (status == FM_OK)
        status = fmi_case_plan_work(params, caps, &work, tuned, plan, err);
    if (status != FM_OK)
        return status;
    const uint64_t most =
        plan->budget_bytes > pair + plan->bytes_fixed
            ? (plan->budget_bytes - pair - plan->bytes_fixed) / plan->bytes_per_frame
            : 0;
    if (most == 0)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "a pair and a texture need %llu bytes and the budget is %llu",
                        (unsigned long long)(pair + plan->bytes_fixed + plan->bytes_per_frame),
                        (unsigned long long)plan->budget_bytes);
    plan->bytes_fixed += pair;
    if (plan->batch > most) {
        plan->batch = (uint32_t)most;
        plan->limited_by = FM_LIMIT_MEMORY;
    }
    return FM_OK;
}

static fm_status plan_bytes(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                            fm_error *err) {
    return plan_case(params, FM_TEXTURE_BYTE, caps, plan, err);
}

static fm_status plan_floats(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                             fm_error *err) {
    return plan_case(params, FM_TEXTURE_FLOAT, caps, plan, err);
}

/* Bytes: both textures read once, every texture written once. */
static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t texels = (uint64_t)s->textures.width * s->textures.height;
    const uint64_t batch = s->params->batch;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = FM_TEXEL_BYTES * texels + s->textures.texture_bytes * batch,
                            .flops = 9.0 * (double)texels * (double)batch,
                            .covered_fraction = (double)NAN};
    uint64_t pair = 0;
    const fm_work work = work_of(s->params, s->format);
    if (fmi_picture_pair_bytes(s->params, fm_engine_caps(s->engine), &pair, NULL) == FM_OK)
        out->planned_bytes = pair + fmi_case_work_bytes(s->params, s->engine, &work);
    (void)plan_case(s->params, s->format, fm_engine_caps(s->engine), &out->plan, NULL);
    fmi_case_memory(s->engine, out);
}

const fmi_case fmi_case_textures = {.name = "textures",
                                    .unit = "textures/s",
                                    .description = "the two textures blended, 8 bits a value, a "
                                                   "picture for every weight",
                                    .uses = FMI_USES_MESH | FMI_BY_NAME,
                                    .plan = plan_bytes,
                                    .same_program = fmi_case_same_program,
                                    .create = create_bytes,
                                    .run = run,
                                    .check = fmi_launch_check_run,
                                    .recheck = fmi_launch_check_again,
                                    .facts = facts,
                                    .destroy = destroy};

const fmi_case fmi_case_textures_f32 = {.name = "textures-f32",
                                        .unit = "textures/s",
                                        .description = "the two textures blended, a float a "
                                                       "value, a picture for every weight",
                                        .uses = FMI_USES_MESH | FMI_BY_NAME,
                                        .plan = plan_floats,
                                        .same_program = fmi_case_same_program,
                                        .create = create_floats,
                                        .run = run,
                                        .check = fmi_launch_check_run,
                                        .recheck = fmi_launch_check_again,
                                        .facts = facts,
                                        .destroy = destroy};
