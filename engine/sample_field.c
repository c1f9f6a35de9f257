/* SPDX-License-Identifier: MIT */
/* The neutral head: rounded solids joined smoothly, then shallow bumps and hollows. The sizes are
 * common adult proportions in millimetres. */
#include "sample_field.h"

/** Smooth union: within k of each other two surfaces blend. */
static double join(double a, double b, double k) {
    double h = k - fabs(a - b);
    h = h > 0 ? h / k : 0;
    return (a < b ? a : b) - h * h * k * 0.25;
}
/** a without b. */
static double cut(double a, double b, double k) {
    return -join(-a, b, k);
}

static double ellipsoid(fmi_v3 p, fmi_v3 c, fmi_v3 r) {
    fmi_v3 d = {(p.x - c.x) / r.x, (p.y - c.y) / r.y, (p.z - c.z) / r.z};
    fmi_v3 g = {d.x / r.x, d.y / r.y, d.z / r.z};
    double k0 = fmi_v3_length(d), k1 = fmi_v3_length(g);
    return k1 > 0 ? k0 * (k0 - 1.0) / k1 : -r.x;
}

/** Capsule whose radius goes from ra to rb. */
static double capsule(fmi_v3 p, fmi_v3 a, fmi_v3 b, double ra, double rb) {
    fmi_v3 ab = fmi_v3_sub(b, a), ap = fmi_v3_sub(p, a);
    double t = fmi_clamp(fmi_v3_dot(ap, ab) / fmi_v3_dot(ab, ab), 0.0, 1.0);
    return fmi_v3_length(fmi_v3_sub(ap, fmi_v3_scale(ab, t))) - (ra + (rb - ra) * t);
}

/** A soft push of the surface by height around centre. */
typedef struct bump {
    fmi_v3 centre, radius;
    double height;
} bump;

static const bump BUMPS[] = {
    {{50, -20, 62}, {30, 21, 38}, 3.8},   /* cheekbone */
    {{34, -34, 82}, {24, 22, 26}, 2.2},   /* front of the cheek */
    {{50, -62, 50}, {26, 32, 44}, -2.2},  /* hollow of the cheek */
    {{66, 22, 48}, {22, 38, 38}, -4.5},   /* temple */
    {{20, 16, 94}, {24, 13, 24}, 3.4},    /* inner brow ridge */
    {{40, 16, 84}, {22, 13, 26}, 4.4},    /* outer brow ridge */
    {{0, 20, 98}, {16, 18, 22}, 1.5},     /* between the brows */
    {{26, 52, 88}, {32, 28, 42}, 1.6},    /* frontal eminence */
    {{31, -1, 86}, {22, 16, 28}, -9.0},   /* eye socket */
    {{15, 2, 84}, {9, 13, 20}, -4.0},     /* inner corner beside the bridge */
    {{0, -87, 96}, {26, 9, 28}, -3.4},    /* fold below the lower lip */
    {{0, -102, 92}, {17, 14, 28}, 2.4},   /* chin */
    {{27, -70, 86}, {8, 9, 22}, -1.6},    /* corner of the mouth */
    {{0, -54, 104}, {4.5, 9, 20}, -1.0},  /* philtrum */
    {{5.5, -55, 104}, {4, 9, 20}, 0.6},   /* its ridge */
    {{23, -50, 92}, {8, 16, 24}, -1.7},   /* fold from nose to mouth */
    {{31, -59, 86}, {12, 18, 26}, 1.6},   /* cheek beside it */
    {{0, -136, 44}, {14, 20, 26}, 2.5},   /* larynx */
    {{34, -144, 22}, {16, 44, 28}, 2.0},  /* neck muscle */
    {{18, -146, 40}, {12, 40, 28}, -1.5}, /* groove beside it */
};

static double bumps(fmi_v3 p) {
    double sum = 0;
    for (size_t i = 0; i < sizeof BUMPS / sizeof BUMPS[0]; i++) {
        const bump *b = &BUMPS[i];
        double dx = (p.x - b->centre.x) / b->radius.x, dy = (p.y - b->centre.y) / b->radius.y;
        double q = 1.0 - dx * dx - dy * dy;
        if (q <= 0)
            continue;
        double dz = (p.z - b->centre.z) / b->radius.z;
        q -= dz * dz;
        if (q > 0)
            sum += b->height * q * q;
    }
    return sum;
}

static double skull_and_jaw(fmi_v3 p) {
    double d = ellipsoid(p, (fmi_v3){0, 36, -5}, (fmi_v3){75.5, 82, 99});
    double face = ellipsoid(p, (fmi_v3){0, -30, 24}, (fmi_v3){66, 86, 67});
    d = join(d, face, 34);
    double jaw = capsule(p, (fmi_v3){46, -76, 8}, (fmi_v3){14, -101, 78}, 11, 12);
    d = join(d, jaw, 22);
    d = join(d, ellipsoid(p, (fmi_v3){0, -98, 78}, (fmi_v3){22, 16, 18}), 18);
    double muzzle = ellipsoid(p, (fmi_v3){0, -65, 64}, (fmi_v3){37, 29, 31});
    return join(d, muzzle, 22);
}

static double neck(fmi_v3 p) {
    double t = fmi_clamp((-60.0 - p.y) / 110.0, 0.0, 1.6);
    double z = p.z - (-10.0 - 14.0 * t);
    double flare = fmi_ramp(p.y, -120, -200);
    double tube = (sqrt(p.x * p.x / 1.06 + z * z) - (52.0 + 12.0 * flare)) * 0.95;
    return cut(tube, -40.0 - p.y, 20.0); /* it ends within the skull */
}

static double nose(fmi_v3 p, double face) {
    double bridge = capsule(p, (fmi_v3){0, 8, 83}, (fmi_v3){0, -31, 103.5}, 7.6, 8.6);
    double tip = ellipsoid(p, (fmi_v3){0, -36, 105}, (fmi_v3){10.5, 8.6, 9.6});
    double wing = ellipsoid(p, (fmi_v3){12.6, -40.5, 96.5}, (fmi_v3){6.2, 7.2, 10});
    double base = capsule(p, (fmi_v3){0, -43, 107}, (fmi_v3){0, -47, 98}, 4.0, 4.6);
    double d = join(bridge, tip, 8);
    d = join(d, wing, 8);
    d = join(d, base, 4);
    d = join(face, d, 9);
    double nostril = ellipsoid(p, (fmi_v3){7.2, -46.0, 102.0}, (fmi_v3){3.2, 3.6, 5.0});
    return cut(d, nostril, 3.0);
}

/** Depth of the row of teeth, which the lips follow. */
static double mouth_front(double x) {
    return 96.5 - x * x / 58.0;
}
/** 1 at the middle of the mouth, 0 at its corners. */
static double mouth_swell(double x) {
    double u = x / FMI_MOUTH_HALF;
    return u < 1.0 ? 1.0 - u * u : 0.0;
}
double fmi_mouth_line(double x) {
    double u = x / FMI_MOUTH_HALF;
    return -68.5 - 0.6 * fmi_bell(u / 0.45) + 0.5 * fmi_bell((u - 0.5) / 0.5) - 0.5 * u * u;
}
double fmi_lip_upper(double x) {
    double u = x / FMI_MOUTH_HALF, rise = 7.6 * mouth_swell(x) * (1.0 - 0.28 * u);
    double line = fmi_mouth_line(x);
    return line + rise + 1.0 * fmi_bell((u - 0.2) / 0.25) + 0.4 + (u > 1.0 ? 3.0 * (u - 1.0) : 0.0);
}
double fmi_lip_lower(double x) {
    double u = x / FMI_MOUTH_HALF;
    return fmi_mouth_line(x) - 9.4 * mouth_swell(x) * (1.0 - 0.1 * u) - 0.4 -
           (u > 1.0 ? 3.0 * (u - 1.0) : 0.0);
}

static double lips(fmi_v3 p, double face) {
    if (p.y > -50 || p.y < -93 || p.x > 34 || p.z < 70)
        return face;
    double swell = mouth_swell(p.x), front = mouth_front(p.x), line = fmi_mouth_line(p.x);
    double ru = 1.6 + 3.6 * swell, rl = 1.6 + 4.8 * swell;
    double uy = p.y - (line + 0.75 * ru), uz = p.z - (front - 0.4);
    double ly = p.y - (line - 0.85 * rl), lz = p.z - (front - 1.8);
    double upper = sqrt(uy * uy * 0.8 + uz * uz) - ru;
    double lower = sqrt(ly * ly * 0.8 + lz * lz) - rl;
    double d = join(face, upper, 3.5);
    d = join(d, lower, 4.5);
    double gap = (p.y - line) / 2.2, along = p.x / (FMI_MOUTH_HALF + 2.0);
    return d + 1.9 * fmi_bell(gap) * (along < 1 ? sqrt(1.0 - along * along) : 0.0);
}

/** Pinna in its own axes: u backwards, v up, w away from the skull. */
static double pinna(fmi_v3 p) {
    const double flare_c = 0.839, flare_s = 0.545, tilt_c = 0.985, tilt_s = 0.173;
    double px = p.x - 79.0, py = p.y + 17.0, pz = p.z + 13.0;
    double back = -pz * flare_c + px * flare_s, w = px * flare_c + pz * flare_s;
    double u = back * tilt_c - py * tilt_s, v = py * tilt_c + back * tilt_s;
    double a = 13.5 + 0.11 * v, b = 27.0; /* wider above than below */
    double k0 = sqrt(u * u / (a * a) + v * v / (b * b));
    double k1 = sqrt(u * u / (a * a * a * a) + v * v / (b * b * b * b));
    double edge = k1 > 1e-9 ? k0 * (k0 - 1.0) / k1 : -a;
    double rim = sqrt(edge * edge + (w - 2.8) * (w - 2.8)) - 2.6;
    /* solid down to the skull: half-planes through the axis must not miss the back of the rim */
    double deep = w < 0 ? edge - 0.2 * w : edge, out = w > 0 ? w : 0.0;
    double plate = sqrt((deep > 0 ? deep * deep : 0.0) + out * out) - 1.5;
    double d = join(rim, plate, 2.5);
    double ring = sqrt((u + 1.0) * (u + 1.0) / 70.0 + (v - 2.0) * (v - 2.0) / 330.0) - 1.0;
    double sunk = 5.0 * fmi_ramp(u, -2.0, -9.0); /* the ridge ends towards the face */
    double ridge = sqrt(ring * ring * 60.0 + (w - 2.2) * (w - 2.2)) - 2.0 + sunk;
    d = join(d, ridge, 2.5);
    d = cut(d, ellipsoid((fmi_v3){u, v, w}, (fmi_v3){-4, -4, 4}, (fmi_v3){6, 9, 6}), 2.5);
    d = join(d, ellipsoid((fmi_v3){u, v, w}, (fmi_v3){-11, -6, 1}, (fmi_v3){3.5, 5, 3.5}), 3);
    fmi_v3 lobe = {u, v, w < 0 ? 0.3 * w : w};
    return join(d, ellipsoid(lobe, (fmi_v3){-2, -26, 0.5}, (fmi_v3){7, 7.5, 3.4}), 4);
}

static double ears(fmi_v3 p, double head) {
    if (p.x < 55 || p.z > 30 || p.z < -60 || p.y > 40 || p.y < -75)
        return head;
    return join(head, pinna(p), 7);
}

static double lids(fmi_v3 p, double face) {
    if (p.z < 55)
        return face;
    fmi_v3 e = {p.x - FMI_EYE_X, p.y - FMI_EYE_Y, p.z - FMI_EYE_Z};
    double r = fmi_v3_length(e);
    if (r > 40)
        return face;
    return join(face, r - (FMI_EYE_RADIUS + FMI_LID_THICKNESS), 4.0);
}

double fmi_head_field(fmi_v3 p) {
    p.x = sqrt(p.x * p.x + 0.6); /* mirrored without a crease */
    double d = skull_and_jaw(p);
    d = join(d, neck(p), 24);
    d -= bumps(p);
    if (p.z > 50) {
        d = lips(p, d);
        d = nose(p, d);
        d = lids(p, d);
    }
    return ears(p, d);
}

fmi_v3 fmi_head_normal(fmi_v3 p) {
    const double h = 0.25;
    fmi_v3 g;
    g.x = fmi_head_field((fmi_v3){p.x + h, p.y, p.z}) - fmi_head_field((fmi_v3){p.x - h, p.y, p.z});
    g.y = fmi_head_field((fmi_v3){p.x, p.y + h, p.z}) - fmi_head_field((fmi_v3){p.x, p.y - h, p.z});
    g.z = fmi_head_field((fmi_v3){p.x, p.y, p.z + h}) - fmi_head_field((fmi_v3){p.x, p.y, p.z - h});
    double length = fmi_v3_length(g);
    return length > 0 ? fmi_v3_scale(g, 1.0 / length) : (fmi_v3){0, 1, 0};
}

#define EYE_OPEN_X 31.3
#define EYE_OPEN_HALF 13.6
/** Line through the corners of the eye: the outer one is a little higher. */
static double eye_axis(double u) {
    return -0.3 + 1.1 * fmi_clamp(u, -2.0, 2.0);
}
static double eye_arch(double u) {
    double q = 1.0 - u * u;
    return q > 0 ? 0.55 * q + 0.45 * sqrt(q) : 0.0;
}
static double eye_part(double u) {
    double over = fabs(u) - 1.0;
    return 0.25 + (over > 0 ? 2.5 * fmi_ramp(over, 0.0, 1.0) : 0.0);
}
bool fmi_eye_open_at(double x) {
    return fabs(x - EYE_OPEN_X) < EYE_OPEN_HALF;
}
double fmi_eye_upper(double x) {
    double u = (x - EYE_OPEN_X) / EYE_OPEN_HALF;
    return eye_axis(u) + 4.9 * eye_arch(u) * (1.0 - 0.10 * u) + eye_part(u);
}
double fmi_eye_lower(double x) {
    double u = (x - EYE_OPEN_X) / EYE_OPEN_HALF;
    return eye_axis(u) - 4.6 * eye_arch(u) * (1.0 + 0.12 * u) - eye_part(u);
}

double fmi_hair_depth(fmi_v3 p) {
    /* height of the hairline by degrees from the front */
    static const double angle[] = {0,  15, 30,  42,  52,  60,  67,  73, 79,
                                   84, 96, 106, 114, 124, 140, 160, 180};
    static const double line[] = {58, 60, 61, 55,  41,  20,  -3,  -20, -18,
                                  -2, 5,  -8, -28, -48, -62, -66, -66};
    double slope[sizeof angle / sizeof angle[0]];
    size_t n = sizeof angle / sizeof angle[0];
    double at = fabs(fmi_sample_atan2(p.x, p.z - FMI_HEAD_AXIS_Z)) * (180.0 / FMI_PI);
    fmi_sample_slopes(angle, line, slope, n);
    return p.y - fmi_sample_curve(angle, line, slope, n, at);
}
