/* SPDX-License-Identifier: MIT */
/* People: traits drawn from the seed, and the warps that show them. */
#include "sample_identity.h"

/** PCG XSH RR 64/32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient ..."). */
typedef struct pcg {
    uint64_t state, stream;
} pcg;

static uint32_t pcg_next(pcg *g) {
    uint64_t old = g->state;
    g->state = old * UINT64_C(6364136223846793005) + (g->stream | 1);
    uint32_t x = (uint32_t)(((old >> 18) ^ old) >> 27), turn = (uint32_t)(old >> 59);
    return (x >> turn) | (x << ((32 - turn) & 31));
}
static pcg pcg_make(uint32_t seed, uint32_t number) {
    pcg g = {.state = 0, .stream = ((uint64_t)number << 1) | 1};
    pcg_next(&g);
    g.state += seed;
    pcg_next(&g);
    return g;
}
static double pcg_unit(pcg *g) {
    return pcg_next(g) * (1.0 / 4294967296.0);
}

/** A trait that pushes the neighbourhood of a point; x > 0, mirrored. */
typedef struct push {
    int trait;
    fmi_v3 centre, radius, by;
} push;

static const push PUSHES[] = {
    {FMI_TRAIT_JAW_WIDTH, {52, -76, 20}, {44, 48, 64}, {6.5, 0, 0}},
    {FMI_TRAIT_CHIN_LENGTH, {0, -110, 80}, {60, 40, 70}, {0, -6, 0}},
    {FMI_TRAIT_CHIN_FORWARD, {0, -98, 95}, {42, 30, 44}, {0, 0, 4}},
    {FMI_TRAIT_CHEEKBONES, {54, -20, 58}, {34, 28, 46}, {3, 0, 3}},
    {FMI_TRAIT_CHEEKS, {46, -56, 55}, {36, 38, 56}, {4, 0, 3}},
    {FMI_TRAIT_NOSE_WIDTH, {11, -40, 100}, {17, 18, 28}, {3.6, 0, 0}},
    {FMI_TRAIT_NOSE_WIDTH, {8, -14, 98}, {14, 24, 26}, {1.2, 0, 0}},
    {FMI_TRAIT_NOSE_LENGTH, {0, -40, 104}, {34, 28, 40}, {0, -4.5, 1}},
    {FMI_TRAIT_NOSE_BRIDGE, {0, -12, 98}, {16, 32, 28}, {0, 0, 3.2}},
    {FMI_TRAIT_NOSE_TIP, {0, -37, 112}, {20, 18, 24}, {0, 2.6, 2.2}},
    {FMI_TRAIT_LIPS, {0, -68, 98}, {34, 18, 26}, {0, 0, 2}},
    {FMI_TRAIT_BROW, {30, 18, 88}, {40, 20, 44}, {0, 3, -1}},
    {FMI_TRAIT_EARS, {84, -17, -16}, {26, 46, 40}, {4, 0, 0}},
};

static double bell3(fmi_v3 p, fmi_v3 c, fmi_v3 r) {
    double x = (p.x - c.x) / r.x, y = (p.y - c.y) / r.y, z = (p.z - c.z) / r.z;
    double q = 1.0 - x * x - y * y - z * z;
    return q > 0 ? q * q : 0.0;
}

/** Displacement of a point with x >= 0, eyes not regarded. */
static fmi_v3 face_shift(const double *trait, fmi_v3 p) {
    fmi_v3 d = {0, 0, 0};
    double side = p.x / sqrt(p.x * p.x + 16.0); /* pushes to the side vanish in the middle */
    for (size_t i = 0; i < sizeof PUSHES / sizeof PUSHES[0]; i++) {
        const push *u = &PUSHES[i];
        double w = trait[u->trait] * bell3(p, u->centre, u->radius);
        d = fmi_v3_add(d, (fmi_v3){w * u->by.x * side, w * u->by.y, w * u->by.z});
    }
    d.x += 0.045 * trait[FMI_TRAIT_FACE_WIDTH] * p.x;
    d.y += 0.03 * trait[FMI_TRAIT_FACE_LENGTH] * p.y;
    double mouth = bell3(p, (fmi_v3){0, -68, 94}, (fmi_v3){42, 20, 34});
    d.x += 0.14 * trait[FMI_TRAIT_MOUTH_WIDTH] * mouth * p.x;
    d.y += 0.30 * trait[FMI_TRAIT_LIPS] * mouth * (p.y - fmi_mouth_line(p.x));
    double neck = fmi_ramp(p.y, -95, -150) * 0.07 * trait[FMI_TRAIT_NECK];
    d.x += neck * p.x;
    d.z += neck * (p.z - FMI_HEAD_AXIS_Z);
    return d;
}

static const fmi_v3 EYE = {FMI_EYE_X, FMI_EYE_Y, FMI_EYE_Z};

static fmi_v3 eye_shift(const double *trait) {
    fmi_v3 d = face_shift(trait, EYE);
    d.x += 2.0 * trait[FMI_TRAIT_EYE_SPACING];
    return d;
}
static double eye_scale(const double *trait) {
    return 1.0 + 0.07 * trait[FMI_TRAIT_EYE_SIZE];
}

fmi_v3 fmi_identity_warp(const fmi_identity *id, fmi_v3 p) {
    double mirror = p.x < 0 ? -1.0 : 1.0;
    p.x *= mirror;
    fmi_v3 to = fmi_v3_add(p, face_shift(id->trait, p));
    fmi_v3 e = fmi_v3_sub(p, EYE);
    double near = fmi_ramp(fmi_v3_length(e), 30.0, 15.0);
    if (near > 0) { /* the lids go with the eyeball: shift, size, tilt */
        double tilt = 0.07 * id->trait[FMI_TRAIT_EYE_TILT], size = eye_scale(id->trait), s, c;
        fmi_sample_sincos(tilt, &s, &c);
        fmi_v3 turned = {size * (c * e.x - s * e.y), size * (s * e.x + c * e.y), size * e.z};
        fmi_v3 rigid = fmi_v3_add(fmi_v3_add(EYE, eye_shift(id->trait)), turned);
        to = fmi_v3_mix(to, rigid, near * fmi_ramp(p.x, 0.0, 12.0));
    }
    to.x *= mirror;
    return to;
}

void fmi_identity_eye(const fmi_identity *id, int side, fmi_v3 *centre, double *radius) {
    *centre = fmi_v3_add(EYE, eye_shift(id->trait));
    centre->x *= side;
    *radius = FMI_EYE_RADIUS * eye_scale(id->trait);
}

/** The two people of the first pair. */
static const fmi_identity FIRST[2] = {{.trait = {[FMI_TRAIT_FACE_WIDTH] = -0.4,
                                                 [FMI_TRAIT_FACE_LENGTH] = 0.3,
                                                 [FMI_TRAIT_JAW_WIDTH] = -0.5,
                                                 [FMI_TRAIT_CHIN_LENGTH] = 0.2,
                                                 [FMI_TRAIT_CHEEKBONES] = 0.3,
                                                 [FMI_TRAIT_CHEEKS] = -0.3,
                                                 [FMI_TRAIT_NOSE_WIDTH] = -0.6,
                                                 [FMI_TRAIT_NOSE_LENGTH] = 0.35,
                                                 [FMI_TRAIT_NOSE_BRIDGE] = 0.6,
                                                 [FMI_TRAIT_MOUTH_WIDTH] = -0.3,
                                                 [FMI_TRAIT_LIPS] = -0.1,
                                                 [FMI_TRAIT_BROW] = 0.4,
                                                 [FMI_TRAIT_EYE_SIZE] = 0.1,
                                                 [FMI_TRAIT_EYE_TILT] = 0.3,
                                                 [FMI_TRAIT_NECK] = -0.6},
                                       .skin = {0.83F, 0.64F, 0.54F},
                                       .blush = {0.80F, 0.45F, 0.40F},
                                       .lips = {0.70F, 0.40F, 0.38F},
                                       .hair = {0.26F, 0.18F, 0.12F},
                                       .iris = {0.32F, 0.43F, 0.50F},
                                       .freckles = 0.5F,
                                       .brow_weight = 0.75F},
                                      {.trait = {[FMI_TRAIT_FACE_WIDTH] = 0.5,
                                                 [FMI_TRAIT_FACE_LENGTH] = -0.3,
                                                 [FMI_TRAIT_JAW_WIDTH] = 0.9,
                                                 [FMI_TRAIT_CHIN_LENGTH] = 0.1,
                                                 [FMI_TRAIT_CHIN_FORWARD] = 0.4,
                                                 [FMI_TRAIT_CHEEKS] = 0.4,
                                                 [FMI_TRAIT_NOSE_WIDTH] = 0.7,
                                                 [FMI_TRAIT_NOSE_LENGTH] = -0.5,
                                                 [FMI_TRAIT_NOSE_BRIDGE] = -0.7,
                                                 [FMI_TRAIT_MOUTH_WIDTH] = 0.6,
                                                 [FMI_TRAIT_LIPS] = 1.0,
                                                 [FMI_TRAIT_BROW] = -0.3,
                                                 [FMI_TRAIT_EYE_SPACING] = 0.5,
                                                 [FMI_TRAIT_EARS] = -0.3,
                                                 [FMI_TRAIT_NECK] = 0.6},
                                       .skin = {0.47F, 0.31F, 0.23F},
                                       .blush = {0.45F, 0.24F, 0.19F},
                                       .lips = {0.42F, 0.24F, 0.22F},
                                       .hair = {0.07F, 0.055F, 0.05F},
                                       .iris = {0.24F, 0.14F, 0.08F},
                                       .stubble = 0.6F,
                                       .brow_weight = 1.0F}};

static float mix(float a, float b, double t) {
    return a + (b - a) * (float)t;
}
static fmi_colour mix_colour(fmi_colour a, fmi_colour b, double t) {
    return (fmi_colour){mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)};
}

/** Colours between those of the first two: even numbers fair, odd ones dark, so that each pair
 *  of neighbours shows a morph. */
static void draw_skin(fmi_identity *id, uint32_t number, pcg *g) {
    double tone = 0.45 * pcg_unit(g) + (number % 2 ? 0.55 : 0.0);
    double hair = fmi_clamp(tone + 0.5 * pcg_unit(g), 0, 1);
    double eyes = number % 2 || pcg_unit(g) < 0.4 ? 0.75 + 0.25 * tone : 0.3 * pcg_unit(g);
    id->skin = mix_colour(FIRST[0].skin, FIRST[1].skin, tone);
    id->blush = mix_colour(FIRST[0].blush, FIRST[1].blush, tone);
    id->lips = mix_colour(FIRST[0].lips, FIRST[1].lips, tone);
    id->hair = mix_colour(FIRST[0].hair, FIRST[1].hair, hair);
    id->iris = mix_colour(FIRST[0].iris, FIRST[1].iris, eyes);
    id->stubble = (float)fmi_clamp(pcg_unit(g) * 2.0 - 1.0, 0, 1);
    id->freckles = (float)fmi_clamp(pcg_unit(g) * 2.0 - 1.0 - tone, 0, 1);
    id->brow_weight = mix(0.6F, 1.0F, pcg_unit(g));
}

void fmi_identity_make(fmi_identity *id, uint32_t seed, uint32_t number) {
    pcg g = pcg_make(seed, number);
    double freedom = 2.2;
    if (number < 2) {
        *id = FIRST[number];
        freedom = 0.35;
    } else {
        *id = (fmi_identity){0};
        draw_skin(id, number, &g);
    }
    for (int i = 0; i < FMI_TRAITS; i++)
        id->trait[i] += freedom * (pcg_unit(&g) - 0.5);
    id->noise = pcg_next(&g);
}
