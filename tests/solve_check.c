/* SPDX-License-Identifier: MIT */
#include "solve_check.h"

#include "ref/solve.h"

#define N FM_SOLVE_MAX_N

solve_check solve_check_open(fm_specialisation specialisation) {
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .specialisation = specialisation,
                                     .cache_dir = getenv("FM_CACHE_DIR")};
    solve_check c = {0};
    fm_error err;
    fm_assert_ok(fm_engine_create(&c.engine, &params, &err), err);
    return c;
}

void solve_check_close(solve_check *c) {
    fm_engine_destroy(&c->engine);
}

static uint32_t lead_of(const fm_matrices *m, uint32_t rows, uint32_t columns) {
    return m->lead ? m->lead : m->layout == FM_LAYOUT_COLUMNS ? rows : columns;
}

static uint64_t stride_of(const fm_matrices *m, uint32_t rows, uint32_t columns) {
    const uint32_t outer = m->layout == FM_LAYOUT_COLUMNS ? columns : rows;
    return m->stride ? m->stride : (uint64_t)lead_of(m, rows, columns) * outer;
}

size_t solve_check_room(const fm_matrices *m, uint32_t rows, uint32_t columns, uint64_t count) {
    if (m->layout == FM_LAYOUT_INTERLEAVED)
        return (size_t)((count + 15) / 16 * 16 * rows * columns);
    return (size_t)(m->offset + count * stride_of(m, rows, columns) +
                    (size_t)lead_of(m, rows, columns) * N);
}

size_t solve_check_at(const fm_matrices *m, uint32_t rows, uint32_t columns, uint64_t k, uint32_t i,
                      uint32_t j) {
    if (m->layout == FM_LAYOUT_INTERLEAVED)
        return (size_t)((k / 16 * rows * columns + i * columns + j) * 16 + k % 16);
    const uint64_t base = m->offset + k * stride_of(m, rows, columns);
    const uint32_t lead = lead_of(m, rows, columns);
    return (size_t)(base + (m->layout == FM_LAYOUT_COLUMNS ? (uint64_t)j * lead + i
                                                           : (uint64_t)i * lead + j));
}

/* --- matrices ------------------------------------------------------------------------------ */

static double uniform(uint64_t *random) {
    return 2 * ((double)(fm_test_next(random) >> 11) * 0x1p-53) - 1;
}

static void fill_random(uint32_t n, uint64_t *random, double *a) {
    for (uint32_t i = 0; i < n * n; i++)
        a[i] = uniform(random);
}

/* U diag(s) V' with random U and V. */
static void fill_spectrum(uint32_t n, uint64_t *random, const double *s, double *a) {
    double m[N * N] = {0}, u[N * N], v[N * N], rest[N * N], ignored[N];
    fill_random(n, random, m);
    fmi_ref_svd(n, m, u, ignored, rest);
    fill_random(n, random, m);
    fmi_ref_svd(n, m, rest, ignored, v);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            a[i * n + j] = 0;
            for (uint32_t k = 0; k < n; k++)
                a[i * n + j] += u[i * n + k] * s[k] * v[j * n + k];
        }
}

static void fill_near(uint32_t n, uint64_t *random, double *a, bool low_rank) {
    double s[N];
    const double small = pow(10, (low_rank ? 2 : 4.5) * (uniform(random) - 1));
    for (uint32_t k = 0; k < n; k++)
        s[k] = n > 1 ? pow(small, (double)k / (n - 1)) : 1;
    for (uint32_t k = (n + 1) / 2; low_rank && k < n; k++)
        s[k] = 0;
    fill_spectrum(n, random, s, a);
}

static void scale(uint32_t n, double *a, double factor) {
    for (uint32_t i = 0; i < n * n; i++)
        a[i] *= factor;
}

static void fill_steep(uint32_t n, uint64_t *random, double *a) {
    double s[N];
    const double small = pow(10, 4.5 * (uniform(random) - 1));
    const uint64_t form = fm_test_next(random) % 3;
    for (uint32_t k = 0; k < n; k++)
        s[k] = form == 0 ? pow(small, (double)k / (n > 1 ? n - 1 : 1))
               : k + 1 == n || (form == 1 && 2 * k >= n) ? small
                                                         : 1;
    fill_spectrum(n, random, s, a);
}

static void transpose(uint32_t n, double *a) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < i; j++) {
            const double x = a[i * n + j];
            a[i * n + j] = a[j * n + i];
            a[j * n + i] = x;
        }
}

/* Upper triangles: Kahan's, of random numbers, of one number. */
static void fill_triangle(matrix_kind kind, uint32_t n, uint64_t *random, double *a) {
    const double angle = 0.85 + 0.65 * uniform(random), c = cos(angle);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] = j < i                     ? 0
                           : kind == KIND_TRIANGULAR ? uniform(random)
                           : kind == KIND_ONES       ? (i == j ? 1 : -c - 0.2)
                                                     : pow(sin(angle), i) * (i == j ? 1 : -c);
    if (fm_test_next(random) % 2)
        transpose(n, a);
}

static void fill_smooth(matrix_kind kind, uint32_t n, uint64_t *random, double *a) {
    const double start = 1.5 + uniform(random), width = pow(10, uniform(random));
    for (uint32_t i = 0; i < n; i++) {
        const double x = width * uniform(random);
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] = kind == KIND_HILBERT ? 1 / (start + i + j) : pow(x, j);
    }
}

static void fill_twins(uint32_t n, uint64_t *random, double *a) {
    const double apart = pow(10, 4.5 * (uniform(random) - 1));
    const uint32_t row = (uint32_t)(fm_test_next(random) % n);
    fill_random(n, random, a);
    for (uint32_t j = 0; j < n; j++)
        a[row * n + j] = a[(row + 1) % n * n + j] + apart * uniform(random);
    if (fm_test_next(random) % 2)
        transpose(n, a);
}

void solve_check_matrix(matrix_kind kind, uint32_t n, uint64_t *random, double *a, bool *bad_b) {
    const uint32_t row = (uint32_t)(fm_test_next(random) % n);
    *bad_b = kind == KIND_NAN_B;
    fill_random(n, random, a);
    switch (kind) {
    case KIND_RANK:
        for (uint32_t j = 0; j < n; j++)
            a[row * n + j] = n > 1 ? 2 * a[(row + 1) % n * n + j] : 0;
        break;
    case KIND_NEAR:
    case KIND_LOW_RANK:
        fill_near(n, random, a, kind == KIND_LOW_RANK);
        break;
    case KIND_ZERO:
        scale(n, a, 0);
        break;
    case KIND_GRADED:
        for (uint32_t i = 0; i < n * n; i++)
            a[i] *= pow(10, -2.0 * (i / n) / n);
        break;
    case KIND_HUGE:
        scale(n, a, 2e38);
        break;
    case KIND_TINY:
        scale(n, a, 1e-36);
        break;
    case KIND_NAN_A:
        a[fm_test_next(random) % (n * n)] = (double)NAN;
        break;
    case KIND_INF_A:
        a[fm_test_next(random) % (n * n)] = row % 2 ? (double)INFINITY : -(double)INFINITY;
        break;
    case KIND_DIAGONAL:
        scale(n, a, 0);
        for (uint32_t i = 0; i < n; i++)
            a[i * n + (i + 1 + row) % n] = 1 + i;
        break;
    case KIND_SPECTRUM:
        fill_steep(n, random, a);
        break;
    case KIND_KAHAN:
    case KIND_TRIANGULAR:
    case KIND_ONES:
        fill_triangle(kind, n, random, a);
        break;
    case KIND_HILBERT:
    case KIND_VANDERMONDE:
        fill_smooth(kind, n, random, a);
        break;
    case KIND_TWINS:
        fill_twins(n, random, a);
        break;
    default:
        break;
    }
}

/* --- a batch ------------------------------------------------------------------------------- */

/* A problem with its arrays: as given to the library, and in double. */
typedef struct batch {
    const fm_solve_params *p;
    uint32_t n, m, rows, columns; /* of B and X */
    bool pinv;
    double eps, rcond;
    uint64_t seed;
    void *a, *b, *x;
    uint8_t *status;
} batch;

static double get(const batch *t, const void *array, size_t at) {
    return t->p->number == FM_NUMBER_DOUBLE ? ((const double *)array)[at]
                                            : (double)((const float *)array)[at];
}

static void put(const batch *t, void *array, size_t at, double value) {
    if (t->p->number == FM_NUMBER_DOUBLE)
        ((double *)array)[at] = value;
    else
        ((float *)array)[at] = (float)value;
}

static void *room(const batch *t, const fm_matrices *m, uint32_t rows, uint32_t columns) {
    const size_t bytes = solve_check_room(m, rows, columns, t->p->count) *
                         (t->p->number == FM_NUMBER_DOUBLE ? 8 : 4);
    void *array = malloc(bytes);
    cr_assert_not_null(array);
    memset(array, 0x5A, bytes);
    return array;
}

static void fill(batch *t, matrix_kind kind) {
    uint64_t random = fm_test_seed() + t->seed;
    for (uint64_t k = 0; k < t->p->count; k++) {
        double a[N * N];
        bool bad_b;
        const matrix_kind one = kind == KIND_MIXED ? (matrix_kind)(k * 7 % KIND_MIXED) : kind;
        solve_check_matrix(one, t->n, &random, a, &bad_b);
        for (uint32_t i = 0; i < t->n; i++)
            for (uint32_t j = 0; j < t->n; j++)
                put(t, t->a, solve_check_at(&t->p->a, t->n, t->n, k, i, j), a[i * t->n + j]);
        if (t->pinv)
            continue;
        const double size = one == KIND_HUGE ? 1e38 : one == KIND_TINY ? 1e-36 : 1;
        for (uint32_t i = 0; i < t->rows; i++)
            for (uint32_t j = 0; j < t->columns; j++)
                put(t, t->b, solve_check_at(&t->p->b, t->rows, t->columns, k, i, j),
                    bad_b && i + 1 == t->rows && j + 1 == t->columns ? (double)NAN
                                                                     : size * uniform(&random));
    }
}

static double frobenius(const double *m, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += m[i] * m[i];
    return sqrt(sum);
}

static double distance(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* |A X - B| or |X A - B|, over |A| |X|, in n eps. */
static double residual(const batch *t, const double *a, const double *b, const double *x) {
    double sum = 0;
    for (uint32_t i = 0; i < t->rows; i++)
        for (uint32_t j = 0; j < t->columns; j++) {
            double r = -b[i * t->columns + j];
            for (uint32_t k = 0; k < t->n; k++)
                r += t->p->side == FM_SIDE_RIGHT && !t->pinv
                         ? x[i * t->columns + k] * a[k * t->n + j]
                         : a[i * t->n + k] * x[k * t->columns + j];
            sum += r * r;
        }
    const double size = frobenius(a, (size_t)t->n * t->n) *
                        frobenius(x, (size_t)t->rows * t->columns) * t->n * t->eps;
    return sqrt(sum) == 0 ? 0 : sqrt(sum) / size;
}

/* Condition number of what the pseudo-inverse keeps. */
static double kept_condition(const batch *t, const double *a) {
    double u[N * N], s[N], v[N * N];
    uint32_t last = 0;
    fmi_ref_svd(t->n, a, u, s, v);
    while (last + 1 < t->n && s[last + 1] > t->rcond * s[0])
        last++;
    return s[0] > 0 ? s[0] / s[last] : 1;
}

typedef struct one_result {
    double a[N * N], b[N * N], got[N * N], want[N * N], ratio;
    uint8_t status;
} one_result;

static void read_one(const batch *t, uint64_t k, one_result *r) {
    for (uint32_t i = 0; i < t->n; i++)
        for (uint32_t j = 0; j < t->n; j++)
            r->a[i * t->n + j] = get(t, t->a, solve_check_at(&t->p->a, t->n, t->n, k, i, j));
    for (uint32_t i = 0; i < t->rows; i++)
        for (uint32_t j = 0; j < t->columns; j++) {
            const size_t at = i * t->columns + j;
            r->b[at] = t->pinv
                           ? (double)(i == j)
                           : get(t, t->b, solve_check_at(&t->p->b, t->rows, t->columns, k, i, j));
            r->got[at] = get(t, t->x, solve_check_at(&t->p->x, t->rows, t->columns, k, i, j));
        }
    r->status =
        t->pinv ? fmi_ref_pinv(t->n, t->rcond, r->a, r->want, &r->ratio)
                : fmi_ref_solve(t->n, t->m, t->p->side, t->rcond, r->a, r->b, r->want, &r->ratio);
}

static void compare_values(solve_check *c, const batch *t, uint64_t k, const one_result *r) {
    const size_t count = (size_t)t->rows * t->columns;
    const double condition = kept_condition(t, r->a);
    if (r->status == FM_SOLVE_REGULAR && !t->pinv) {
        const double got = residual(t, r->a, r->b, r->got);
        c->worst_residual = fmax(c->worst_residual, got);
        cr_assert(got <= 16, "n %u matrix %llu seed %llu: residual %g n eps, condition %g", t->n,
                  (unsigned long long)k, (unsigned long long)t->seed, got, condition);
        return;
    }
    if (condition > 1e4)
        return;
    double inverse[N * N];
    fmi_ref_pinv(t->n, t->rcond, r->a, inverse, NULL);
    const double size = t->pinv ? frobenius(r->want, count)
                                : frobenius(inverse, (size_t)t->n * t->n) * frobenius(r->b, count);
    const double got = distance(r->got, r->want, count);
    const double limit = t->p->number == FM_NUMBER_DOUBLE ? 1e-11 : 1e-4;
    if (size > 0)
        c->worst_pinv = fmax(c->worst_pinv, got / size);
    cr_assert(got <= limit * size,
              "n %u matrix %llu seed %llu: %g from the pseudo-inverse of size %g", t->n,
              (unsigned long long)k, (unsigned long long)t->seed, got, size);
}

static void compare_one(solve_check *c, const batch *t, uint64_t k) {
    one_result r;
    read_one(t, k, &r);
    const uint8_t got = t->status[k];
    const bool near = r.ratio < 4 * t->rcond && 4 * r.ratio > t->rcond;
    cr_assert(got == r.status || (near && got < 2),
              "n %u matrix %llu seed %llu: status %d, want %d, ratio %g, rcond %g", t->n,
              (unsigned long long)k, (unsigned long long)t->seed, got, r.status, r.ratio, t->rcond);
    if (r.status == FM_SOLVE_NOT_FINITE)
        for (size_t i = 0; i < (size_t)t->rows * t->columns; i++)
            cr_assert(isnan(r.got[i]), "n %u matrix %llu: %g beside status 2", t->n,
                      (unsigned long long)k, r.got[i]);
    else if (!near)
        compare_values(c, t, k, &r);
    /* The count may differ for matrices at the very edge of the band. */
    const bool inside = r.ratio < 3.9 * t->rcond && 3.9 * r.ratio > t->rcond;
    const bool outside = !(r.ratio < 4.1 * t->rcond && 4.1 * r.ratio > t->rcond);
    c->borderline += inside || (near && !outside);
}

static void compare(solve_check *c, const batch *t, const fm_solve_stats *stats) {
    uint64_t count[3] = {0};
    c->borderline = 0;
    for (uint64_t k = 0; k < t->p->count; k++) {
        compare_one(c, t, k);
        count[t->status[k]]++;
    }
    c->examined += stats->examined;
    cr_assert_eq(stats->regular, count[0]);
    cr_assert_eq(stats->pinv, count[1]);
    cr_assert_eq(stats->not_finite, count[2]);
    cr_assert_eq(stats->borderline, c->borderline, "n %u seed %llu: %llu borderline, want %llu",
                 t->n, (unsigned long long)t->seed, (unsigned long long)stats->borderline,
                 (unsigned long long)c->borderline);
}

static void run(solve_check *c, const fm_solve_params *params, matrix_kind kind, uint64_t seed,
                bool pinv) {
    fm_solve_params p = *params;
    fm_solve_stats stats;
    fm_error err;
    const uint32_t m = pinv ? p.n : p.m ? p.m : 1;
    const bool right = !pinv && p.side == FM_SIDE_RIGHT;
    batch t = {.p = &p, .n = p.n, .m = m, .pinv = pinv, .seed = seed};
    p.struct_size = sizeof p;
    t.rows = right ? m : p.n;
    t.columns = right ? p.n : m;
    t.eps = p.number == FM_NUMBER_DOUBLE ? 0x1p-52 : 0x1p-23;
    t.rcond = p.rcond > 0 ? p.rcond : p.n * t.eps;
    t.a = room(&t, &p.a, p.n, p.n);
    t.b = room(&t, &p.b, t.rows, t.columns);
    t.x = room(&t, &p.x, t.rows, t.columns);
    t.status = malloc(p.count + 1);
    memset(t.status, 0x5A, p.count + 1);
    fill(&t, kind);
    fm_assert_ok(pinv ? fm_pinv_batched(c->engine, &p, t.a, t.x, t.status, &stats, &err)
                      : fm_solve_batched(c->engine, &p, t.a, t.b, t.x, t.status, &stats, &err),
                 err);
    cr_assert_eq(t.status[p.count], 0x5A);
    compare(c, &t, &stats);
    free(t.a);
    free(t.b);
    free(t.x);
    free(t.status);
}

void solve_check_run(solve_check *c, const fm_solve_params *params, matrix_kind kind,
                     uint64_t seed) {
    run(c, params, kind, seed, false);
}

void solve_check_pinv(solve_check *c, const fm_solve_params *params, matrix_kind kind,
                      uint64_t seed) {
    run(c, params, kind, seed, true);
}
