/* SPDX-License-Identifier: MIT */
/* One-sided Jacobi (Golub, Van Loan: Matrix Computations, 8.6.3): columns of W = A V are turned
 * against each other until all are orthogonal; their lengths are the singular values. */
#include "solve.h"

#include <math.h>
#include <string.h>

#define N FM_SOLVE_MAX_N
#define SWEEPS 60

static void turn(uint32_t n, double *m, uint32_t p, uint32_t q, double c, double s) {
    for (uint32_t i = 0; i < n; i++) {
        double x = m[i * n + p], y = m[i * n + q];
        m[i * n + p] = c * x - s * y;
        m[i * n + q] = s * x + c * y;
    }
}

/* Makes columns p and q of W orthogonal. Returns 1 when there was something to do. */
static int orthogonalise(uint32_t n, double *w, double *v, uint32_t p, uint32_t q) {
    double pp = 0, qq = 0, pq = 0;
    for (uint32_t i = 0; i < n; i++) {
        pp += w[i * n + p] * w[i * n + p];
        qq += w[i * n + q] * w[i * n + q];
        pq += w[i * n + p] * w[i * n + q];
    }
    if (fabs(pq) <= 1e-15 * sqrt(pp) * sqrt(qq))
        return 0;
    double zeta = (qq - pp) / (2 * pq);
    double t = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double c = 1 / sqrt(1 + t * t);
    turn(n, w, p, q, c, c * t);
    turn(n, v, p, q, c, c * t);
    return 1;
}

static void put_column(uint32_t n, const double *from, uint32_t column, double factor, double *to,
                       uint32_t place) {
    for (uint32_t i = 0; i < n; i++)
        to[i * n + place] = from[i * n + column] * factor;
}

void fmi_ref_svd(uint32_t n, const double *a, double *u, double *s, double *v) {
    double w[N * N], turned[N * N] = {0}, largest = 0, length[N];
    int exponent = 0, busy = 1;
    for (uint32_t i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(a[i]));
    frexp(largest, &exponent);
    for (uint32_t i = 0; i < n * n; i++)
        w[i] = ldexp(a[i], -exponent);
    for (uint32_t i = 0; i < n; i++)
        turned[i * n + i] = 1;
    for (int sweep = 0; sweep < SWEEPS && busy; sweep++) {
        busy = 0;
        for (uint32_t p = 0; p + 1 < n; p++)
            for (uint32_t q = p + 1; q < n; q++)
                busy |= orthogonalise(n, w, turned, p, q);
    }
    for (uint32_t j = 0; j < n; j++) {
        length[j] = 0;
        for (uint32_t i = 0; i < n; i++)
            length[j] += w[i * n + j] * w[i * n + j];
        length[j] = sqrt(length[j]);
    }
    for (uint32_t k = 0; k < n; k++) {
        uint32_t longest = 0;
        for (uint32_t j = 1; j < n; j++)
            if (length[j] > length[longest])
                longest = j;
        put_column(n, w, longest, length[longest] > 0 ? 1 / length[longest] : 0, u, k);
        put_column(n, turned, longest, 1, v, k);
        s[k] = ldexp(length[longest], exponent);
        length[longest] = -1;
    }
}
