/* SPDX-License-Identifier: MIT */
/* Solves on the reference device: one matrix at a time, in double, by engine/ref. */
#include "solve_impl.h"

#include "ref/solve.h"

static uint64_t place(const fmi_steps *s, uint64_t k, uint32_t i, uint32_t j) {
    return s->offset + k / 16 * s->block + k % 16 * s->lane + (uint64_t)i * s->row +
           (uint64_t)j * s->column;
}

static double get(const void *array, uint64_t at, bool is_double) {
    return is_double ? ((const double *)array)[at] : (double)((const float *)array)[at];
}

static void put(void *array, uint64_t at, bool is_double, double value) {
    if (is_double)
        ((double *)array)[at] = value;
    else
        ((float *)array)[at] = (float)value;
}

static void load(const void *array, const fmi_steps *s, uint64_t k, uint32_t column, uint32_t n,
                 uint32_t columns, bool is_double, double *out) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < columns; j++)
            out[i * columns + j] = get(array, place(s, k, i, column + j), is_double);
}

/* Column by column, so that any number of right-hand sides fits; a column that is not finite makes
 * the whole X NaN. */
static uint8_t solve_one(const fmi_solve_problem *p, uint64_t k, const double *a, const void *b,
                         void *x, double *ratio) {
    double column[FM_SOLVE_MAX_N];
    uint8_t status = FM_SOLVE_REGULAR;
    for (uint32_t j = 0; j < p->m && status != FM_SOLVE_NOT_FINITE; j++) {
        load(b, &p->b, k, j, p->n, 1, p->is_double, column);
        status = fmi_ref_solve(p->n, 1, FM_SIDE_LEFT, p->rcond, a, column, column, ratio);
        for (uint32_t i = 0; i < p->n; i++)
            put(x, place(&p->x, k, i, j), p->is_double, column[i]);
    }
    for (uint32_t j = 0; j < p->m && status == FM_SOLVE_NOT_FINITE; j++)
        for (uint32_t i = 0; i < p->n; i++)
            put(x, place(&p->x, k, i, j), p->is_double, column[0]);
    return status;
}

static uint8_t pinv_one(const fmi_solve_problem *p, uint64_t k, const double *a, void *x,
                        double *ratio) {
    double inverse[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
    const uint8_t status = fmi_ref_pinv(p->n, p->rcond, a, inverse, ratio);
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t j = 0; j < p->n; j++)
            put(x, place(&p->x, k, i, j), p->is_double, inverse[i * p->n + j]);
    return status;
}

void fmi_solve_reference(const fmi_solve_problem *p, const void *a, const void *b, void *x,
                         uint8_t *status, fm_solve_stats *stats) {
    double matrix[FM_SOLVE_MAX_N * FM_SOLVE_MAX_N];
    for (uint64_t k = 0; k < p->count; k++) {
        double ratio = 0;
        load(a, &p->a, k, 0, p->n, p->n, p->is_double, matrix);
        const uint8_t one =
            p->pinv ? pinv_one(p, k, matrix, x, &ratio) : solve_one(p, k, matrix, b, x, &ratio);
        if (status)
            status[k] = one;
        if (!stats)
            continue;
        stats->pinv += one == FM_SOLVE_PINV;
        stats->not_finite += one == FM_SOLVE_NOT_FINITE;
        stats->examined += one != FM_SOLVE_NOT_FINITE && p->n > 2;
        stats->borderline +=
            one != FM_SOLVE_NOT_FINITE && ratio < 4 * p->rcond && 4 * ratio > p->rcond;
    }
}
