/* SPDX-License-Identifier: MIT */
/* Plain C peers of textures: a loop over the values of a texture, textures dealt to threads by
 * OpenMP where the compiler has it; and the bound of all ways, a loop that only stores. Inputs are
 * packed RGB, 8 bits; outputs memory that was written before. */
#include "error.h"
#include "peer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EVERY_WIDTH __attribute__((target_clones("avx2,fma", "default")))
#else
#define EVERY_WIDTH
#endif

typedef struct state {
    const fmi_case_params *params;
    const uint8_t *a, *b;
    size_t values; /* of a texture */
    size_t element;
    uint8_t *out;
} state;

static const char *unavailable(const fmi_case_params *params) {
    if (!params)
        return NULL;
    if (!params->input || !params->input->image[0].pixels || !params->input->joined.uvs)
        return "the input has no textures";
    return params->precision == FMI_FP32 ? NULL : "fp32 only";
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    free(s->out);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, size_t element,
                        fm_error *err) {
    const fmi_ref_texture *ends = NULL;
    *handle = NULL;
    const fm_status status = fmi_input_textures(params->input, &ends, err);
    if (status != FM_OK)
        return status;
    state *s = calloc(1, sizeof *s);
    if (!s || !ends) {
        free(s);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a C peer of textures");
    }
    *s = (state){.params = params,
                 .a = ends[0].level[0],
                 .b = ends[1].level[0],
                 .values = 3 * (size_t)ends[0].width[0] * ends[0].height[0],
                 .element = element};
    const size_t bytes = (s->values * element * params->batch + 4095) / 4096 * 4096;
    s->out = aligned_alloc(4096, bytes);
    if (!s->out) {
        free(s);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u textures", params->batch);
    }
    memset(s->out, 0, bytes);
    *handle = s;
    return FM_OK;
}

static fm_status create_bytes(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, sizeof(uint8_t), err);
}

static fm_status create_floats(void **handle, const fmi_case_params *params, fm_error *err) {
    return create(handle, params, sizeof(float), err);
}

/* a + t (b - a) by the high half of a product of 16 bits, rounded once. */
EVERY_WIDTH static void blend_bytes(const uint8_t *restrict a, const uint8_t *restrict b,
                                    void *restrict to, size_t n, float t) {
    uint8_t *restrict out = to;
    const int16_t weight = (int16_t)fminf(t * 32768.0F + 0.5F, 32767.0F);
    for (size_t i = 0; i < n; ++i) {
        const int16_t rise = (int16_t)((b[i] - a[i]) * 128);
        const int16_t part = (int16_t)((rise * weight) >> 16);
        out[i] = (uint8_t)((int16_t)(a[i] * 64 + 32 + part) >> 6);
    }
}

EVERY_WIDTH static void blend_floats(const uint8_t *restrict a, const uint8_t *restrict b,
                                     void *restrict to, size_t n, float t) {
    float *restrict out = to;
    for (size_t i = 0; i < n; ++i)
        out[i] = ((float)a[i] + t * (float)(b[i] - a[i])) * (1.0F / 255.0F);
}

/* A pattern that is not one byte again and again, or this were memset. */
EVERY_WIDTH static void fill(uint64_t *restrict out, size_t n, uint64_t value) {
    for (size_t i = 0; i < n; ++i)
        out[i] = value;
}

static float weight_of(const state *s, long i) {
    return fmi_case_weight((uint32_t)i, s->params->batch);
}

/* Every texture in PIECES parts, so that any batch keeps all cores busy. */
#define PIECES 16

static void piece_of(const state *s, long i, size_t *first, size_t *count) {
    const size_t part = (s->values / PIECES + 63) / 64 * 64, at = (size_t)(i % PIECES) * part;
    *first = at < s->values ? at : s->values;
    *count = i % PIECES == PIECES - 1 || s->values - *first < part ? s->values - *first : part;
}

static fm_status run_blend(const state *s,
                           void (*blend)(const uint8_t *restrict, const uint8_t *restrict,
                                         void *restrict, size_t, float)) {
    const long pieces = (long)s->params->batch * PIECES;
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
    for (long i = 0; i < pieces; ++i) {
        size_t first = 0, count = 0;
        piece_of(s, i, &first, &count);
        blend(s->a + first, s->b + first,
              s->out + ((size_t)(i / PIECES) * s->values + first) * s->element, count,
              weight_of(s, i / PIECES));
    }
    return FM_OK;
}

static fm_status run_bytes(void *handle, fm_error *err) {
    (void)err;
    return run_blend(handle, blend_bytes);
}

static fm_status run_floats(void *handle, fm_error *err) {
    (void)err;
    return run_blend(handle, blend_floats);
}

static fm_status run_fill(void *handle, fm_error *err) {
    (void)err;
    const state *s = handle;
    const size_t words = s->values * s->element * s->params->batch / 8;
    const long pieces = PIECES;
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
    for (long i = 0; i < pieces; ++i) {
        const size_t first = words * (size_t)i / PIECES, end = words * ((size_t)i + 1) / PIECES;
        fill((uint64_t *)(void *)s->out + first, end - first, UINT64_C(0x0102030405060708));
    }
    return FM_OK;
}

/* ---- check ---- */

static double value_at(const state *s, size_t i) {
    return s->element == 1 ? (double)s->out[i]
                           : 255.0 * (double)((const float *)(const void *)s->out)[i];
}

static fm_status check_blend(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    const uint32_t last = s->params->batch - 1;
    const double allowed = s->element == 1 ? 1.0 : 1e-4;
    *check = (fmi_check){.passed = true, .unit = "level", .psnr = (double)NAN};
    memset(s->out, 0xA5, s->values * s->element * s->params->batch);
    (void)(s->element == 1 ? run_bytes(s, err) : run_floats(s, err));
    for (uint32_t f = 0; f <= last; f += last ? last : 1) {
        for (size_t i = 0; i < s->values; ++i) {
            const double want =
                s->a[i] + (double)weight_of(s, (long)f) * ((double)s->b[i] - s->a[i]);
            const double d = fabs(value_at(s, (size_t)f * s->values + i) -
                                  (s->element == 1 ? floor(want + 0.5) : want));
            check->max = fmax(check->max, d);
        }
        check->compared++;
    }
    if (!(check->max <= allowed))
        fmi_check_failed(check, "a value is %.3g levels away from the blend", check->max);
    return FM_OK;
}

static fm_status check_fill(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    const size_t bytes = s->values * s->element * s->params->batch / 8 * 8;
    *check = (fmi_check){.passed = true, .compared = 1, .unit = "level", .psnr = (double)NAN};
    memset(s->out, 0xA5, bytes);
    (void)run_fill(s, err);
    for (size_t i = 0; i < bytes; ++i)
        if (s->out[i] != 8 - i % 8)
            fmi_check_failed(check, "byte %zu was not stored", i);
    return FM_OK;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t batch = s->params->batch;
    *out = (fmi_case_facts){.frames = batch,
                            .bytes = 2 * s->values + s->values * s->element * batch,
                            .covered_fraction = (double)NAN};
}

#ifdef _OPENMP
#define THREADED(name) name ", OpenMP"
#define SPINS true
#else
#define THREADED(name) name
#define SPINS false
#endif
const fmi_peer fmi_peer_c_textures = {
    .name = THREADED("C"),
    .op = "textures",
    .description = "a plain C loop over the values of a texture, gcc -O3, on all cores",
    .spins = SPINS,
    .unavailable = unavailable,
    .create = create_bytes,
    .run = run_bytes,
    .check = check_blend,
    .facts = facts,
    .destroy = destroy};

const fmi_peer fmi_peer_c_fill = {
    .name = THREADED("C fill"),
    .op = "textures",
    .description = "as many bytes stored and nothing read or blended: what memory takes at most",
    .spins = SPINS,
    .unavailable = unavailable,
    .create = create_bytes,
    .run = run_fill,
    .check = check_fill,
    .facts = facts,
    .destroy = destroy};

const fmi_peer fmi_peer_c_textures_f32 = {
    .name = THREADED("C"),
    .op = "textures-f32",
    .description = "a plain C loop over the values of a texture, gcc -O3, on all cores",
    .spins = SPINS,
    .unavailable = unavailable,
    .create = create_floats,
    .run = run_floats,
    .check = check_blend,
    .facts = facts,
    .destroy = destroy};

const fmi_peer fmi_peer_c_fill_f32 = {
    .name = THREADED("C fill"),
    .op = "textures-f32",
    .description = "as many bytes stored and nothing read or blended: what memory takes at most",
    .spins = SPINS,
    .unavailable = unavailable,
    .create = create_floats,
    .run = run_fill,
    .check = check_fill,
    .facts = facts,
    .destroy = destroy};
