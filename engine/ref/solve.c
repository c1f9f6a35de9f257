/* SPDX-License-Identifier: MIT */
#include "solve.h"

#include <math.h>
#include <string.h>

#define N FM_SOLVE_MAX_N

static int all_finite(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return 0;
    return 1;
}

static void fill_nan(double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = (double)NAN;
}

uint8_t fmi_ref_pinv(uint32_t n, double rcond, const double *a, double *x, double *ratio) {
    double u[N * N], s[N], v[N * N], out[N * N] = {0};
    if (ratio)
        *ratio = (double)NAN;
    if (!all_finite(a, (size_t)n * n)) {
        fill_nan(x, (size_t)n * n);
        return FM_SOLVE_NOT_FINITE;
    }
    fmi_ref_svd(n, a, u, s, v);
    for (uint32_t k = 0; k < n && s[k] > rcond * s[0]; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                out[i * n + j] += v[i * n + k] / s[k] * u[j * n + k];
    memcpy(x, out, sizeof *x * n * n);
    if (ratio)
        *ratio = s[0] > 0 ? s[n - 1] / s[0] : 0;
    return s[n - 1] > rcond * s[0] ? FM_SOLVE_REGULAR : FM_SOLVE_PINV;
}

/* Solves A y = c for one right-hand side, A regular; both are overwritten. */
static void solve_one(uint32_t n, double *a, double *c) {
    for (uint32_t k = 0; k < n; k++) {
        uint32_t pivot = k;
        for (uint32_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[pivot * n + k]))
                pivot = i;
        for (uint32_t j = 0; j < n; j++) {
            double t = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = t;
        }
        double t = c[k];
        c[k] = c[pivot];
        c[pivot] = t;
        for (uint32_t i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            for (uint32_t j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            c[i] -= factor * c[k];
        }
    }
    for (uint32_t k = n; k-- > 0;) {
        for (uint32_t j = k + 1; j < n; j++)
            c[k] -= a[k * n + j] * c[j];
        c[k] /= a[k * n + k];
    }
}

/* Element (i, j) of A, or of its transpose: X A = B is A' X' = B'. */
static double element(uint32_t n, fm_side side, const double *a, uint32_t i, uint32_t j) {
    return side == FM_SIDE_LEFT ? a[i * n + j] : a[j * n + i];
}

uint8_t fmi_ref_solve(uint32_t n, uint32_t m, fm_side side, double rcond, const double *a,
                      const double *b, double *x, double *ratio) {
    double inverse[N * N], work[N * N], c[N];
    uint8_t status = fmi_ref_pinv(n, rcond, a, inverse, ratio);
    if (status == FM_SOLVE_NOT_FINITE || !all_finite(b, (size_t)n * m)) {
        fill_nan(x, (size_t)n * m);
        return FM_SOLVE_NOT_FINITE;
    }
    for (uint32_t k = 0; k < m; k++) {
        size_t first = side == FM_SIDE_LEFT ? k : (size_t)k * n;
        size_t step = side == FM_SIDE_LEFT ? m : 1;
        double answer[N] = {0};
        for (uint32_t i = 0; i < n; i++)
            c[i] = b[first + i * step];
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) {
                work[i * n + j] = element(n, side, a, i, j);
                answer[i] += element(n, side, inverse, i, j) * c[j];
            }
        if (status == FM_SOLVE_REGULAR)
            solve_one(n, work, c);
        for (uint32_t i = 0; i < n; i++)
            x[first + i * step] = status == FM_SOLVE_REGULAR ? c[i] : answer[i];
    }
    return status;
}
