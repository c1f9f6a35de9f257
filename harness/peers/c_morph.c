/* SPDX-License-Identifier: MIT */
/* The plain C peer of morph: one loop over the values of a frame, frames dealt to threads by OpenMP
 * where the compiler has it. Built with -O3 and, where the compiler can, one form for each width of
 * vectors, chosen when the program starts. */
#include "error.h"
#include "peer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EVERY_WIDTH __attribute__((target_clones("avx512f", "avx2,fma", "default")))
#else
#define EVERY_WIDTH
#endif

typedef struct state {
    const fmi_case_params *params;
    float *out;
} state;

static size_t values(const state *s) {
    return 3 * (size_t)s->params->input->joined.position_count;
}

static const char *unavailable(const fmi_case_params *params) {
    return !params || params->precision == FMI_FP32 ? NULL : "fp32 only";
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    free(s->out);
    free(s);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the C peer of morph");
    s->params = params;
    const size_t bytes = (values(s) * params->batch * sizeof *s->out + 4095) / 4096 * 4096;
    s->out = aligned_alloc(4096, bytes);
    if (!s->out) {
        free(s);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u morphed frames",
                        params->batch);
    }
    memset(s->out, 0, bytes);
    *handle = s;
    return FM_OK;
}

EVERY_WIDTH static void lerp(const float *restrict a, const float *restrict b, float *restrict out,
                             size_t n, float t) {
    for (size_t i = 0; i < n; ++i)
        out[i] = a[i] + t * (b[i] - a[i]);
}

static fm_status run(void *handle, fm_error *err) {
    (void)err;
    const state *s = handle;
    const fmi_joined *joined = &s->params->input->joined;
    const size_t n = values(s);
    const long batch = (long)s->params->batch;
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
    for (long i = 0; i < batch; ++i)
        lerp(joined->positions_a, joined->positions_b, s->out + (size_t)i * n, n,
             fmi_case_weight((uint32_t)i, (uint32_t)batch));
    return FM_OK;
}

static fm_status check_peer(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    const fmi_joined *joined = &s->params->input->joined;
    const size_t n = values(s);
    *check = (fmi_check){.passed = true, .unit = "of the larger end", .psnr = (double)NAN};
    float *want = malloc(n * sizeof *want);
    if (!want)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a reference frame");
    memset(s->out, 0xA5, n * s->params->batch * sizeof *s->out);
    (void)run(s, err);
    for (uint32_t f = 0; f<s->params->batch; f += s->params->batch> 1 ? s->params->batch - 1 : 1) {
        fmi_ref_morph(joined->positions_a, joined->positions_b, joined->position_count,
                      fmi_case_weight(f, s->params->batch), want);
        for (size_t i = 0; i < n; ++i) {
            const double larger =
                fmax(fabs((double)joined->positions_a[i]), fabs((double)joined->positions_b[i]));
            const double d =
                fabs((double)s->out[f * n + i] - (double)want[i]) / fmax(larger, 1e-30);
            check->max = fmax(check->max, d);
        }
        check->compared++;
    }
    free(want);
    if (!(check->max <= 4e-7))
        fmi_check_failed(check, "a value is %.3g of the larger end away from the reference",
                         check->max);
    return FM_OK;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    const uint64_t vertices = s->params->input->vertices;
    *out = (fmi_case_facts){.frames = s->params->batch,
                            .bytes = 12 * vertices * (2 + (uint64_t)s->params->batch),
                            .covered_fraction = (double)NAN};
}

const fmi_peer fmi_peer_c_morph = {
#ifdef _OPENMP
    .name = "C, OpenMP",
#else
    .name = "C",
#endif
    .op = "morph",
    .description = "a plain C loop over the values of a frame, gcc -O3, frames on all cores",
#ifdef _OPENMP
    .spins = true,
#endif
    .unavailable = unavailable,
    .create = create,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};
