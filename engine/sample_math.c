/* SPDX-License-Identifier: MIT */
/* Machine-independent sine, arc tangent and monotone curves. */
#include "sample_math.h"

/** Series for |a| <= pi/4; the first term left out is below 1e-17. */
static void sincos_near_zero(double a, double *sine, double *cosine) {
    double q = a * a, s = 1.0, c = 1.0;
    for (int n = 17; n >= 3; n -= 2)
        s = 1.0 - s * q / (double)(n * (n - 1));
    for (int n = 16; n >= 2; n -= 2)
        c = 1.0 - c * q / (double)(n * (n - 1));
    *sine = a * s;
    *cosine = c;
}

void fmi_sample_sincos(double angle, double *sine, double *cosine) {
    int quarter = (int)(angle / (FMI_PI / 2) + (angle < 0 ? -0.5 : 0.5));
    double s, c;
    sincos_near_zero(angle - quarter * (FMI_PI / 2), &s, &c);
    switch (quarter & 3) {
    case 0:
        *sine = s;
        *cosine = c;
        break;
    case 1:
        *sine = c;
        *cosine = -s;
        break;
    case 2:
        *sine = -s;
        *cosine = -c;
        break;
    default:
        *sine = -c;
        *cosine = s;
    }
}

/** Arc tangent for 0 <= t <= 1: two halvings of the angle, then the series. */
static double atan_unit(double t) {
    t = t / (1.0 + sqrt(1.0 + t * t));
    t = t / (1.0 + sqrt(1.0 + t * t));
    double q = t * t, sum = 0.0;
    for (int n = 15; n >= 1; n -= 2)
        sum = 1.0 / n - q * sum;
    return 4.0 * t * sum;
}

double fmi_sample_atan2(double sine, double cosine) {
    double s = fabs(sine), c = fabs(cosine);
    if (s + c == 0.0)
        return 0.0;
    double angle = s <= c ? atan_unit(s / c) : FMI_PI / 2 - atan_unit(c / s);
    if (cosine < 0)
        angle = FMI_PI - angle;
    return sine < 0 ? -angle : angle;
}

void fmi_sample_slopes(const double *x, const double *y, double *slope, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double before = i > 0 ? (y[i] - y[i - 1]) / (x[i] - x[i - 1]) : 0.0;
        double after = i + 1 < n ? (y[i + 1] - y[i]) / (x[i + 1] - x[i]) : 0.0;
        if (i == 0)
            slope[i] = after;
        else if (i + 1 == n)
            slope[i] = before;
        else /* the harmonic mean keeps the curve between its knots */
            slope[i] = before * after > 0 ? 2.0 * before * after / (before + after) : 0.0;
    }
}

double fmi_sample_curve(const double *x, const double *y, const double *slope, size_t n,
                        double at) {
    if (at <= x[0])
        return y[0];
    if (at >= x[n - 1])
        return y[n - 1];
    size_t lo = 0, hi = n - 1;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (x[mid] <= at)
            lo = mid;
        else
            hi = mid;
    }
    double h = x[hi] - x[lo], t = (at - x[lo]) / h, u = 1.0 - t;
    return y[lo] * u * u * (1.0 + 2.0 * t) + slope[lo] * h * t * u * u +
           y[hi] * t * t * (1.0 + 2.0 * u) - slope[hi] * h * t * t * u;
}
