/* SPDX-License-Identifier: MIT */
/* LAPACK: sgesv on copies of the matrices (it destroys its inputs), matrices shared out to threads
 * by OpenMP, each call on one thread. Arrays lie by columns, as LAPACK wants them. */
#include "error.h"
#include "peer.h"

#include "cases/solve_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef FM_PEER_LAPACK
extern void sgesv_(const int *n, const int *nrhs, float *a, const int *lda, int *pivot, float *b,
                   const int *ldb, int *info);
extern void openblas_set_num_threads(int threads);

typedef struct state {
    fmi_solve_input input;
    float *a, *b, *x; /* by columns */
} state;

static const char *unavailable(const fmi_case_params *params) {
    if (!params)
        return NULL;
    if (params->pinv_share > 0)
        return "sgesv refuses singular matrices";
    return params->layout == FMI_LAYOUT_INTERLEAVED ? "LAPACK has no interleaved layout" : NULL;
}

/* A millisecond and more on every core; smaller arrays stay in the caches, which is to its good. */
static uint32_t some(const fmi_case_params *params) {
    const uint32_t most = params->n < 8 ? 65536 : params->n < 16 ? 16384 : 4096;
    return params->batch < most ? params->batch : most;
}

static void destroy(void **handle) {
    state *s = *handle;
    if (!s)
        return;
    fmi_solve_input_free(&s->input);
    free(s->a);
    free(s->b);
    free(s->x);
    free(s);
    *handle = NULL;
}

static void by_columns(const fmi_solve_input *input, const float *from, float *to) {
    const size_t n = input->n;
    for (size_t k = 0; k < input->count; ++k, from += n * n, to += n * n)
        for (size_t i = 0; i < n; ++i)
            for (size_t j = 0; j < n; ++j)
                to[j * n + i] = from[i * n + j];
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the LAPACK peer");
    fm_status status = fmi_solve_input_make(&s->input, params, err);
    const size_t bytes = sizeof(float) * params->n * params->n * params->batch;
    if (status == FM_OK) {
        s->a = malloc(bytes);
        s->b = malloc(bytes);
        s->x = calloc(1, bytes);
        if (!s->a || !s->b || !s->x)
            status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the LAPACK peer");
    }
    if (status != FM_OK) {
        void *half = s;
        destroy(&half);
        return status;
    }
    by_columns(&s->input, s->input.a, s->a);
    by_columns(&s->input, s->input.b, s->b);
    openblas_set_num_threads(1);
    *handle = s;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    const state *s = handle;
    const int n = (int)s->input.n;
    const size_t elements = (size_t)n * (size_t)n;
    int failed = 0;
#pragma omp parallel for schedule(static) reduction(+ : failed)
    for (uint32_t k = 0; k < s->input.count; ++k) {
        float a[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
        int pivot[FM_SOLVE_MAX_N], info = 0;
        float *x = s->x + k * elements;
        memcpy(a, s->a + k * elements, elements * sizeof *a);
        memcpy(x, s->b + k * elements, elements * sizeof *x);
        sgesv_(&n, &n, a, &n, pivot, x, &n, &info);
        failed += info != 0;
    }
    return failed == 0 ? FM_OK
                       : fmi_fail(err, FM_ERROR_NUMERIC, "sgesv refused %d matrices", failed);
}

static fm_status check(void *handle, fmi_check *check, fm_error *err) {
    state *s = handle;
    const size_t n = s->input.n;
    float x[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
    *check = (fmi_check){.passed = true, .unit = "n eps", .psnr = (double)NAN};
    memset(s->x, 0xA5, sizeof *s->x * n * n * s->input.count);
    const fm_status status = run(s, err);
    for (uint32_t k = 0; status == FM_OK && k < s->input.count; k += s->input.count / 8 + 1) {
        for (size_t i = 0; i < n * n; ++i)
            x[i] = s->x[k * n * n + i % n * n + i / n];
        fmi_solve_input_compare(&s->input, k, x, FM_SOLVE_REGULAR, check);
    }
    return status;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *s = handle;
    *out = (fmi_case_facts){.frames = s->input.count,
                            .bytes = (uint64_t)12 * s->input.n * s->input.n * s->input.count,
                            .covered_fraction = (double)NAN};
}
#else
static uint32_t some(const fmi_case_params *params) {
    return params->batch;
}

static const char *unavailable(const fmi_case_params *params) {
    (void)params;
    return "built without the OpenMP build of OpenBLAS";
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    return fmi_fail(err, FM_ERROR_UNSUPPORTED, "%s", unavailable(params));
}

static fm_status run(void *handle, fm_error *err) {
    (void)handle;
    return fmi_fail(err, FM_ERROR_UNSUPPORTED, "%s", unavailable(NULL));
}

static fm_status check(void *handle, fmi_check *check, fm_error *err) {
    *check = (fmi_check){0};
    return run(handle, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    (void)handle;
    *out = (fmi_case_facts){0};
}

static void destroy(void **handle) {
    *handle = NULL;
}
#endif

const fmi_peer fmi_peer_lapack = {.name = "LAPACK",
                                  .op = "solve",
                                  .description = "sgesv of OpenBLAS, matrices shared out to all "
                                                 "cores by OpenMP, by columns",
                                  .frames = some,
                                  .unavailable = unavailable,
                                  .create = create,
                                  .run = run,
                                  .check = check,
                                  .facts = facts,
                                  .destroy = destroy};
