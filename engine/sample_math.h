/* SPDX-License-Identifier: MIT */
/**
 * @file sample_math.h
 * Small arithmetic of the made-up heads. Nothing but + - * / and sqrt, which IEEE 754 fixes to the
 * last bit: a seed gives the same head on every machine, whatever its libm.
 */
#ifndef FMI_SAMPLE_MATH_H
#define FMI_SAMPLE_MATH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_PI 3.14159265358979323846

typedef struct fmi_v3 {
    double x, y, z;
} fmi_v3;

static inline fmi_v3 fmi_v3_add(fmi_v3 a, fmi_v3 b) {
    return (fmi_v3){a.x + b.x, a.y + b.y, a.z + b.z};
}
static inline fmi_v3 fmi_v3_sub(fmi_v3 a, fmi_v3 b) {
    return (fmi_v3){a.x - b.x, a.y - b.y, a.z - b.z};
}
static inline fmi_v3 fmi_v3_scale(fmi_v3 a, double s) {
    return (fmi_v3){a.x * s, a.y * s, a.z * s};
}
static inline double fmi_v3_dot(fmi_v3 a, fmi_v3 b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
static inline double fmi_v3_length(fmi_v3 a) {
    return sqrt(fmi_v3_dot(a, a));
}
static inline fmi_v3 fmi_v3_mix(fmi_v3 a, fmi_v3 b, double t) {
    return fmi_v3_add(a, fmi_v3_scale(fmi_v3_sub(b, a), t));
}

static inline double fmi_clamp(double x, double lo, double hi) {
    return x < lo ? lo : x > hi ? hi : x;
}
/** 0 below lo, 1 above hi, smooth between; lo > hi gives the falling one. */
static inline double fmi_ramp(double x, double lo, double hi) {
    double t = fmi_clamp((x - lo) / (hi - lo), 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}
/** Bell of height 1 that is 0 from |x| = 1 on. */
static inline double fmi_bell(double x) {
    double q = 1.0 - x * x;
    return q > 0.0 ? q * q * q : 0.0;
}

/** sin and cos of angle in [-2 pi, 2 pi]. */
void fmi_sample_sincos(double angle, double *sine, double *cosine);
/** Angle of (cosine, sine) in [-pi, pi], to 1e-9. */
double fmi_sample_atan2(double sine, double cosine);

/** Slopes of the monotone cubic through (x[i], y[i]), n >= 2 (Fritsch and Carlson). */
void fmi_sample_slopes(const double *x, const double *y, double *slope, size_t n);
/** Value of that cubic; outside the knots the end value. */
double fmi_sample_curve(const double *x, const double *y, const double *slope, size_t n, double at);

#endif
