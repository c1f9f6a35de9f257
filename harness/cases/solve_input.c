/* SPDX-License-Identifier: MIT */
#include "solve_input.h"

#include "error.h"
#include "pcg.h"
#include "ref/solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPS 0x1p-23
#define MOST_EPS 16.0
#define MOST_DISTANCE 1e-4
#define N FM_SOLVE_MAX_N

static bool is_singular(double share, uint32_t k) {
    return floor(((double)k + 1.0) * share) > floor((double)k * share);
}

fm_status fmi_solve_input_make(fmi_solve_input *input, const fmi_case_params *params,
                               fm_error *err) {
    const uint32_t n = params->n, count = params->batch;
    const size_t elements = (size_t)n * n;
    fmi_pcg pcg = fmi_pcg_seed(n);
    *input = (fmi_solve_input){.n = n, .count = count};
    if (n < 1 || n > N)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "n = %u; solves take 1 to %d", n, N);
    input->a = malloc(elements * count * sizeof(float));
    input->b = malloc(elements * count * sizeof(float));
    if (!input->a || !input->b) {
        fmi_solve_input_free(input);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u systems of %u", count, n);
    }
    for (size_t i = 0; i < elements * count; ++i) {
        input->a[i] = (float)(2.0 * fmi_pcg_unit(&pcg) - 1.0);
        input->b[i] = (float)(2.0 * fmi_pcg_unit(&pcg) - 1.0);
    }
    for (uint32_t k = 0; k < count; ++k)
        for (uint32_t j = 0; is_singular(params->pinv_share, k) && j < n; ++j) {
            float *a = input->a + k * elements;
            a[(n - 1) * n + j] = n > 1 ? 2.0F * a[j] : 0.0F;
        }
    return FM_OK;
}

void fmi_solve_input_free(fmi_solve_input *input) {
    free(input->a);
    free(input->b);
    *input = (fmi_solve_input){0};
}

static double norm(const double *m, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n * n; ++i)
        sum += m[i] * m[i];
    return sqrt(sum);
}

static double residual(const double *a, const double *b, const double *x, uint32_t n) {
    double r[N * N];
    for (uint32_t i = 0; i < n; ++i)
        for (uint32_t j = 0; j < n; ++j) {
            r[i * n + j] = -b[i * n + j];
            for (uint32_t k = 0; k < n; ++k)
                r[i * n + j] += a[i * n + k] * x[k * n + j];
        }
    return norm(r, n) / (norm(a, n) * norm(x, n) * n * EPS);
}

/* Distance to the wanted X over |A^+| |B|. */
static double distance(const double *a, const double *b, const double *x, const double *want,
                       uint32_t n, double rcond) {
    double difference[N * N], inverse[N * N];
    fmi_ref_pinv(n, rcond, a, inverse, NULL);
    for (uint32_t i = 0; i < n * n; ++i)
        difference[i] = x[i] - want[i];
    return norm(difference, n) / (norm(inverse, n) * norm(b, n) + (double)0x1p-100);
}

void fmi_solve_input_compare(const fmi_solve_input *input, uint32_t k, const float *x,
                             uint8_t status, fmi_check *check) {
    const uint32_t n = input->n, elements = n * n;
    const double rcond = n * EPS;
    double a[N * N], b[N * N], got[N * N], want[N * N], ratio;
    for (uint32_t i = 0; i < elements; ++i) {
        a[i] = (double)input->a[(size_t)k * elements + i];
        b[i] = (double)input->b[(size_t)k * elements + i];
        got[i] = (double)x[i];
    }
    const uint8_t wanted = fmi_ref_solve(n, n, FM_SIDE_LEFT, rcond, a, b, want, &ratio);
    const bool borderline = ratio < 4 * rcond && 4 * ratio > rcond;
    check->compared++;
    if (status != wanted && !borderline)
        fmi_check_failed(check, "matrix %u has status %u, want %u", k, status, wanted);
    if (borderline)
        return;
    const double off = wanted == FM_SOLVE_REGULAR
                           ? residual(a, b, got, n)
                           : distance(a, b, got, want, n, rcond) / MOST_DISTANCE * MOST_EPS;
    check->max = fmax(check->max, isnan(off) ? (double)INFINITY : off);
    if (!(off <= MOST_EPS))
        fmi_check_failed(check, "matrix %u is %.3g n eps off, %g are allowed", k, off, MOST_EPS);
}
