/* SPDX-License-Identifier: MIT */
/* Colours of the heatmaps: sRGB to L*a*b*, CIEDE2000. Angles in degrees, as the paper has them. */
#include "ref.h"

#include <math.h>

#define DEGREES (180.0 / 3.14159265358979323846)

static double linear(uint8_t byte) {
    double c = byte / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double lab_curve(double x) {
    const double delta = 6.0 / 29.0;
    return x > delta * delta * delta ? cbrt(x) : x / (3.0 * delta * delta) + 4.0 / 29.0;
}

void fmi_ref_lab(const uint8_t rgb[3], double lab[3]) {
    static const double to_xyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
                                        {0.2126729, 0.7151522, 0.0721750},
                                        {0.0193339, 0.1191920, 0.9503041}};
    double f[3];
    for (int i = 0; i < 3; i++) {
        double value = 0.0, white = 0.0;
        for (int c = 0; c < 3; c++) {
            value += to_xyz[i][c] * linear(rgb[c]);
            white += to_xyz[i][c];
        }
        f[i] = lab_curve(value / white);
    }
    lab[0] = 116.0 * f[1] - 16.0;
    lab[1] = 500.0 * (f[0] - f[1]);
    lab[2] = 200.0 * (f[1] - f[2]);
}

static double cosine(double degrees) {
    return cos(degrees / DEGREES);
}

/* Hue in [0, 360); 0 without chroma. */
static double hue_of(double a, double b) {
    if (a == 0.0 && b == 0.0) {
        return 0.0;
    }
    double h = atan2(b, a) * DEGREES;
    return h < 0.0 ? h + 360.0 : h;
}

static double share_of(double c) {
    double c7 = pow(c, 7.0);
    return sqrt(c7 / (c7 + pow(25.0, 7.0)));
}

static double mean_hue(double h1, double h2, bool both) {
    if (!both) {
        return h1 + h2;
    }
    if (fabs(h1 - h2) <= 180.0) {
        return (h1 + h2) / 2.0;
    }
    return h1 + h2 < 360.0 ? (h1 + h2 + 360.0) / 2.0 : (h1 + h2 - 360.0) / 2.0;
}

static double hue_step(double h1, double h2, bool both) {
    double d = both ? h2 - h1 : 0.0;
    return d > 180.0 ? d - 360.0 : d < -180.0 ? d + 360.0 : d;
}

double fmi_ref_ciede2000(const double p[3], const double q[3]) {
    double mean_chroma = (hypot(p[1], p[2]) + hypot(q[1], q[2])) / 2.0;
    double g = 0.5 * (1.0 - share_of(mean_chroma));
    double a1 = (1.0 + g) * p[1], a2 = (1.0 + g) * q[1];
    double c1 = hypot(a1, p[2]), c2 = hypot(a2, q[2]);
    double h1 = hue_of(a1, p[2]), h2 = hue_of(a2, q[2]);
    bool both = c1 * c2 != 0.0;

    double dl = q[0] - p[0], dc = c2 - c1;
    double dh = 2.0 * sqrt(c1 * c2) * sin(hue_step(h1, h2, both) / 2.0 / DEGREES);
    double l = (p[0] + q[0]) / 2.0, c = (c1 + c2) / 2.0, h = mean_hue(h1, h2, both);

    double t = 1.0 - 0.17 * cosine(h - 30.0) + 0.24 * cosine(2.0 * h) +
               0.32 * cosine(3.0 * h + 6.0) - 0.20 * cosine(4.0 * h - 63.0);
    double theta = 30.0 * exp(-((h - 275.0) / 25.0) * ((h - 275.0) / 25.0));
    double turn = -sin(2.0 * theta / DEGREES) * 2.0 * share_of(c);
    double sl = 1.0 + 0.015 * (l - 50.0) * (l - 50.0) / sqrt(20.0 + (l - 50.0) * (l - 50.0));
    double sc = 1.0 + 0.045 * c, sh = 1.0 + 0.015 * c * t;
    double x = dl / sl, y = dc / sc, z = dh / sh;
    return sqrt(fmax(x * x + y * y + z * z + turn * y * z, 0.0));
}
