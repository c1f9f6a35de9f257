/* SPDX-License-Identifier: MIT */
/*
 * B. K. P. Horn, "Closed-form solution of absolute orientation using unit quaternions", J. Opt.
 * Soc. Am. A 4 (1987): the rotation is the eigenvector of the largest eigenvalue of a symmetric
 * 4 x 4 matrix made from the cross-covariance. A quaternion cannot be a reflection.
 */
#include "pair_align.h"

#include <math.h>
#include <string.h>

#define JACOBI_SWEEPS 32

/** Sums over all point pairs, about the two centroids. */
typedef struct moments {
    double mean_a[3], mean_b[3];
    double cross[3][3]; /* sum b_i a_j */
    double square_a, square_b;
} moments;

static void measure(const float *a, const float *b, uint32_t count, moments *m) {
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < 3 * (size_t)count; i++) {
        m->mean_a[i % 3] += (double)a[i];
        m->mean_b[i % 3] += (double)b[i];
    }
    for (int j = 0; j < 3; j++) {
        m->mean_a[j] /= count;
        m->mean_b[j] /= count;
    }
    for (size_t k = 0; k < count; k++)
        for (int i = 0; i < 3; i++) {
            double bi = (double)b[3 * k + i] - m->mean_b[i];
            double ai = (double)a[3 * k + i] - m->mean_a[i];
            m->square_a += ai * ai;
            m->square_b += bi * bi;
            for (int j = 0; j < 3; j++)
                m->cross[i][j] += bi * ((double)a[3 * k + j] - m->mean_a[j]);
        }
}

static void horn_matrix(const double s[3][3], double n[4][4]) {
    n[0][0] = s[0][0] + s[1][1] + s[2][2];
    n[1][1] = s[0][0] - s[1][1] - s[2][2];
    n[2][2] = s[1][1] - s[0][0] - s[2][2];
    n[3][3] = s[2][2] - s[0][0] - s[1][1];
    n[0][1] = n[1][0] = s[1][2] - s[2][1];
    n[0][2] = n[2][0] = s[2][0] - s[0][2];
    n[0][3] = n[3][0] = s[0][1] - s[1][0];
    n[1][2] = n[2][1] = s[0][1] + s[1][0];
    n[1][3] = n[3][1] = s[2][0] + s[0][2];
    n[2][3] = n[3][2] = s[1][2] + s[2][1];
}

/* One Jacobi rotation that makes n[p][q] zero; v collects the rotations in its columns. */
static void rotate(double n[4][4], double v[4][4], int p, int q) {
    if (n[p][q] == 0)
        return;
    double theta = (n[q][q] - n[p][p]) / (2 * n[p][q]);
    double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < 4; k++) {
        double kp = n[k][p], kq = n[k][q];
        n[k][p] = c * kp - s * kq;
        n[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < 4; k++) {
        double pk = n[p][k], qk = n[q][k], vp = v[k][p], vq = v[k][q];
        n[p][k] = c * pk - s * qk;
        n[q][k] = s * pk + c * qk;
        v[k][p] = c * vp - s * vq;
        v[k][q] = s * vp + c * vq;
    }
    n[p][q] = n[q][p] = 0;
}

/* Unit eigenvector of the largest eigenvalue; among equals the first, so no points = identity. */
static void largest_eigenvector(double n[4][4], double quaternion[4]) {
    double v[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    for (int sweep = 0; sweep < JACOBI_SWEEPS; sweep++)
        for (int p = 0; p < 3; p++)
            for (int q = p + 1; q < 4; q++)
                rotate(n, v, p, q);
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (n[i][i] > n[best][best])
            best = i;
    for (int i = 0; i < 4; i++)
        quaternion[i] = v[i][best];
}

static void rotation_matrix(const double q[4], double r[3][3]) {
    double w = q[0], x = q[1], y = q[2], z = q[3];
    r[0][0] = w * w + x * x - y * y - z * z;
    r[1][1] = w * w - x * x + y * y - z * z;
    r[2][2] = w * w - x * x - y * y + z * z;
    r[0][1] = 2 * (x * y - w * z);
    r[1][0] = 2 * (x * y + w * z);
    r[0][2] = 2 * (x * z + w * y);
    r[2][0] = 2 * (x * z - w * y);
    r[1][2] = 2 * (y * z - w * x);
    r[2][1] = 2 * (y * z + w * x);
}

/* sum a . R b / sum |b|^2, the least-squares scale onto A. */
static double fitted_scale(const moments *m, const double r[3][3]) {
    double along = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            along += r[i][j] * m->cross[j][i];
    double scale = along / m->square_b;
    return scale > 0 && isfinite(scale) ? scale : 1;
}

void fmi_align_fit(const float *a, const float *b, uint32_t count, fm_align align, double m[12]) {
    static const double identity[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    memcpy(m, identity, sizeof identity);
    if (align == FM_ALIGN_NONE)
        return;
    moments sums;
    double n[4][4], quaternion[4], r[3][3];
    measure(a, b, count, &sums);
    /* Scaled to about 1, so that no product of the Jacobi steps leaves the range of double. */
    double unit = sqrt(sums.square_a) * sqrt(sums.square_b);
    double scaled[3][3];
    for (int i = 0; i < 9; i++)
        scaled[i / 3][i % 3] = unit > 0 ? sums.cross[i / 3][i % 3] / unit : 0;
    horn_matrix((const double(*)[3])scaled, n);
    largest_eigenvector(n, quaternion);
    rotation_matrix(quaternion, r);
    double scale = align == FM_ALIGN_SIMILARITY ? fitted_scale(&sums, (const double(*)[3])r) : 1;
    for (int i = 0; i < 3; i++) {
        m[4 * i + 3] = sums.mean_a[i];
        for (int j = 0; j < 3; j++) {
            m[4 * i + j] = scale * r[i][j];
            m[4 * i + 3] -= m[4 * i + j] * sums.mean_b[j];
        }
    }
}

void fmi_align_apply(const double m[12], const float p[3], double out[3]) {
    for (int i = 0; i < 3; i++)
        out[i] = m[4 * i] * (double)p[0] + m[4 * i + 1] * (double)p[1] +
                 m[4 * i + 2] * (double)p[2] + m[4 * i + 3];
}

void fmi_align_place(const double m[12], const double center[3], uint32_t count, float *points) {
    for (size_t i = 0; i < count; i++) {
        double moved[3];
        fmi_align_apply(m, points + 3 * i, moved);
        for (size_t k = 0; k < 3; k++)
            points[3 * i + k] = (float)(moved[k] - center[k]);
    }
}

void fmi_align_widen(double box[2][3], const double p[3]) {
    for (int i = 0; i < 3; i++) {
        box[0][i] = p[i] < box[0][i] ? p[i] : box[0][i];
        box[1][i] = p[i] > box[1][i] ? p[i] : box[1][i];
    }
}
