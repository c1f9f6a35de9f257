/* SPDX-License-Identifier: MIT */
/* Normal terms and alignment of a pair: against the plain recomputation. */
#include "fm_test.h"

#include "pair_align.h"
#include "pair_join.h"

TestSuite(pair_fit, .timeout = 60);

#define POINTS 300

/* ---- normals ---- */

static void at_time(const fmi_joined *j, uint32_t position, double t, double out[3]) {
    for (uint32_t i = 0; i < 3; i++)
        out[i] = (1 - t) * (double)j->positions_a[3 * position + i] +
                 t * (double)j->positions_b[3 * position + i];
}

/* Area-weighted normals of the morphed mesh, face by face. */
static void direct_normals(const fmi_joined *j, double t, double *normals) {
    memset(normals, 0, 3 * j->position_count * sizeof *normals);
    for (uint32_t f = 0; f < j->triangle_count; f++) {
        uint32_t p[3];
        double x[3][3];
        for (int k = 0; k < 3; k++) {
            p[k] = j->vertex_position[j->triangles[3 * f + k]];
            at_time(j, p[k], t, x[k]);
        }
        for (int i = 0; i < 3; i++) {
            int m = (i + 1) % 3, n = (i + 2) % 3;
            double cross = (x[1][m] - x[0][m]) * (x[2][n] - x[0][n]) -
                           (x[1][n] - x[0][n]) * (x[2][m] - x[0][m]);
            for (int k = 0; k < 3; k++)
                normals[3 * p[k] + i] += cross;
        }
    }
}

static double degrees_between(const double a[3], const double b[3]) {
    double cross[3], square = 0, dot = 0;
    for (int i = 0; i < 3; i++) {
        cross[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
        square += cross[i] * cross[i];
        dot += a[i] * b[i];
    }
    return atan2(sqrt(square), dot) * 180 / 3.14159265358979;
}

/* Largest angle between the normals from the terms and the direct ones, over a few t. */
static double worst_angle(const fmi_joined *j) {
    float *q = malloc(9 * j->position_count * sizeof *q);
    float *q1 = q + 3 * j->position_count, *q2 = q1 + 3 * j->position_count;
    double *want = malloc(3 * j->position_count * sizeof *want), worst = 0;
    fm_error err = {0};
    fm_assert_ok(fmi_joined_normals(j, q, q1, q2, &err), err);
    for (int step = 0; step <= 8; step++) {
        double t = step / 8.0;
        direct_normals(j, t, want);
        for (uint32_t p = 0; p < j->position_count; p++) {
            double got[3];
            for (uint32_t i = 0; i < 3; i++)
                got[i] = (1 - t) * (1 - t) * (double)q[3 * p + i] +
                         t * (1 - t) * (double)q1[3 * p + i] + t * t * (double)q2[3 * p + i];
            worst = fmax(worst, degrees_between(got, want + 3 * p));
        }
    }
    free(q);
    free(want);
    return worst;
}

/* A sphere of rings, as vertices = positions; B is the sphere stretched and bumped. */
static void make_sphere(fmi_joined *j, uint32_t rings, double scale) {
    uint32_t around = 2 * rings, count = (rings + 1) * around;
    *j = (fmi_joined){.position_count = count,
                      .vertex_count = count,
                      .triangle_count = 2 * rings * around,
                      .positions_a = calloc(count, 3 * sizeof(float)),
                      .positions_b = calloc(count, 3 * sizeof(float)),
                      .vertex_position = calloc(count, sizeof(uint32_t)),
                      .triangles = calloc(2 * rings * around, 3 * sizeof(uint32_t))};
    for (uint32_t i = 0; i < count; i++) {
        /* All of a pole's ring is one position. */
        uint32_t ring = i / around, turn = ring == 0 || ring == rings ? 0 : i % around;
        double v = 3.14159265358979 * ring / rings, u = 6.28318530717959 * turn / around;
        double x[3] = {sin(v) * cos(u), cos(v), -sin(v) * sin(u)};
        for (uint32_t c = 0; c < 3; c++) {
            j->positions_a[3 * i + c] = (float)(scale * x[c]);
            j->positions_b[3 * i + c] =
                (float)(scale * x[c] * (1 + 0.5 * c) * (1 + 0.2 * sin(7 * u + 3 * v)));
        }
        j->vertex_position[i] = ring * around + turn;
    }
    uint32_t *to = j->triangles;
    for (uint32_t ring = 0; ring < rings; ring++)
        for (uint32_t turn = 0; turn < around; turn++) {
            uint32_t next = (turn + 1) % around;
            uint32_t quad[4] = {ring * around + turn, (ring + 1) * around + turn,
                                (ring + 1) * around + next, ring * around + next};
            uint32_t fan[6] = {quad[0], quad[1], quad[2], quad[0], quad[2], quad[3]};
            memcpy(to, fan, sizeof fan);
            to += 6;
        }
}

Test(pair_fit, terms_give_the_normals_at_every_t) {
    static const double scales[] = {1, 1e-6, 1e6, 1e-30};
    for (int i = 0; i < 4; i++) {
        fmi_joined j;
        make_sphere(&j, 12, scales[i]);
        double worst = worst_angle(&j);
        cr_assert_leq(worst, 1e-3, "scale %g: %g degrees", scales[i], worst);
        fmi_joined_free(&j);
    }
}

Test(pair_fit, terms_give_the_normals_of_random_meshes) {
    uint64_t seed = fm_test_seed(), state = seed;
    for (int round = 0; round < 10; round++) {
        float a[3 * POINTS], b[3 * POINTS];
        uint32_t identity[POINTS], triangles[3 * POINTS];
        for (uint32_t i = 0; i < 3 * POINTS; i++) {
            a[i] = fm_test_uniform(&state, -1, 1);
            b[i] = fm_test_uniform(&state, -1, 1);
            identity[i / 3] = i / 3;
            triangles[i] = (uint32_t)(fm_test_next(&state) % (POINTS / 4));
        }
        fmi_joined j = {.position_count = POINTS / 4,
                        .vertex_count = POINTS / 4,
                        .triangle_count = POINTS,
                        .positions_a = a,
                        .positions_b = b,
                        .vertex_position = identity,
                        .triangles = triangles};
        double worst = worst_angle(&j);
        cr_assert_leq(worst, 1e-3, "seed %ju, round %d: %g degrees", seed, round, worst);
    }
}

/* Within 2 degrees: next to a pole the facets around a point are unequal. */
Test(pair_fit, normals_of_a_sphere_point_outwards) {
    fmi_joined j;
    fm_error err = {0};
    make_sphere(&j, 24, 3);
    float *q = malloc(9 * j.position_count * sizeof *q);
    fm_assert_ok(
        fmi_joined_normals(&j, q, q + 3 * j.position_count, q + 6 * j.position_count, &err), err);
    for (uint32_t v = 0; v < j.vertex_count; v++) {
        uint32_t p = j.vertex_position[v];
        double normal[3], out[3], largest = 0;
        for (uint32_t i = 0; i < 3; i++) {
            normal[i] = (double)q[3 * p + i];
            out[i] = (double)j.positions_a[3 * p + i];
        }
        for (uint32_t i = 0; i < 9; i++)
            largest = fmax(largest, fabs((double)q[3 * (p + i / 3 * j.position_count) + i % 3]));
        double angle = degrees_between(normal, out);
        cr_assert_leq(angle, 2, "vertex %u: %g degrees", v, angle);
        cr_assert(largest >= 0.5 && largest <= 1, "vertex %u: largest term %g", v, largest);
    }
    free(q);
    fmi_joined_free(&j);
}

Test(pair_fit, positions_without_area_have_zero_terms) {
    float a[6] = {0, 0, 0, 1, 1, 1}, q[18];
    uint32_t identity[2] = {0, 1}, triangles[3] = {0, 1, 1};
    fm_error err = {0};
    fmi_joined j = {.position_count = 2,
                    .vertex_count = 2,
                    .triangle_count = 1,
                    .positions_a = a,
                    .positions_b = a,
                    .vertex_position = identity,
                    .triangles = triangles};
    fm_assert_ok(fmi_joined_normals(&j, q, q + 6, q + 12, &err), err);
    for (int i = 0; i < 18; i++)
        cr_assert_eq(q[i], 0.0F, "term %d is %g", i, (double)q[i]);
}

/* ---- alignment ---- */

/* scale x rotation about a random axis, and a shift. */
static void random_motion(uint64_t *state, double scale, double m[12]) {
    double q[4], square = 0;
    for (int i = 0; i < 4; i++) {
        q[i] = (double)fm_test_uniform(state, -1, 1);
        square += q[i] * q[i];
    }
    double k = 2 / square, w = q[0], x = q[1], y = q[2], z = q[3];
    double r[9] = {1 - k * (y * y + z * z), k * (x * y - w * z),     k * (x * z + w * y),
                   k * (x * y + w * z),     1 - k * (x * x + z * z), k * (y * z - w * x),
                   k * (x * z - w * y),     k * (y * z + w * x),     1 - k * (x * x + y * y)};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            m[4 * i + j] = scale * r[3 * i + j];
        m[4 * i + 3] = (double)fm_test_uniform(state, -2, 2);
    }
}

/* a = m b, rounded to float. */
static void make_moved(uint64_t *state, const double m[12], float *a, float *b) {
    for (uint32_t p = 0; p < POINTS; p++) {
        double moved[3];
        for (int i = 0; i < 3; i++)
            b[3 * p + i] = fm_test_uniform(state, -1, 1) * (float)(i + 1);
        fmi_align_apply(m, b + 3 * p, moved);
        for (int i = 0; i < 3; i++)
            a[3 * p + i] = (float)moved[i];
    }
}

Test(pair_fit, recovers_a_known_motion) {
    uint64_t seed = fm_test_seed(), state = seed;
    float a[3 * POINTS], b[3 * POINTS];
    double want[12], got[12];
    for (int round = 0; round < 20; round++) {
        fm_align align = round % 2 ? FM_ALIGN_RIGID : FM_ALIGN_SIMILARITY;
        random_motion(&state, align == FM_ALIGN_RIGID ? 1 : 0.2 + 0.3 * round, want);
        make_moved(&state, want, a, b);
        fmi_align_fit(a, b, POINTS, align, got);
        for (int i = 0; i < 12; i++)
            cr_assert(fabs(got[i] - want[i]) < 1e-6,
                      "seed %ju, round %d, value %d: %.9g, want %.9g", seed, round, i, got[i],
                      want[i]);
    }
}

static double determinant(const double m[12]) {
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
           m[2] * (m[4] * m[9] - m[5] * m[8]);
}

static double squared_distance(const double m[12], const float *a, const float *b) {
    double sum = 0, moved[3];
    for (uint32_t p = 0; p < POINTS; p++) {
        fmi_align_apply(m, b + 3 * p, moved);
        for (int i = 0; i < 3; i++)
            sum += (moved[i] - (double)a[3 * p + i]) * (moved[i] - (double)a[3 * p + i]);
    }
    return sum;
}

/* Of noisy and of mirrored points: never a reflection, and no small motion does better. */
Test(pair_fit, is_the_least_squares_fit_without_reflection) {
    uint64_t seed = fm_test_seed(), state = seed;
    float a[3 * POINTS], b[3 * POINTS];
    double m[12], nudge[12], other[12];
    for (int round = 0; round < 8; round++) {
        random_motion(&state, 1, m);
        make_moved(&state, m, a, b);
        for (int i = 0; i < 3 * POINTS; i++)
            a[i] = (round & 1 && i % 3 == 0 ? -a[i] : a[i]) + fm_test_uniform(&state, -0.3F, 0.3F);
        fmi_align_fit(a, b, POINTS, round & 2 ? FM_ALIGN_RIGID : FM_ALIGN_SIMILARITY, m);
        double best = squared_distance(m, a, b);
        cr_assert(determinant(m) > 0, "seed %ju, round %d: reflected", seed, round);
        for (int i = 0; i < 6; i++) { /* turn by 0.01 about an axis, or shift along it */
            memcpy(other, m, sizeof m);
            int u = (i % 3 + 1) % 3, v = (i % 3 + 2) % 3;
            for (int c = 0; i < 3 && c < 4; c++) {
                other[4 * u + c] = cos(0.01) * m[4 * u + c] - sin(0.01) * m[4 * v + c];
                other[4 * v + c] = sin(0.01) * m[4 * u + c] + cos(0.01) * m[4 * v + c];
            }
            if (i >= 3)
                other[4 * (i % 3) + 3] += 0.01;
            memcpy(nudge, other, sizeof nudge);
            cr_assert_gt(squared_distance(nudge, a, b), best, "seed %ju, round %d, nudge %d", seed,
                         round, i);
        }
    }
}

Test(pair_fit, leaves_points_alone_that_fix_nothing) {
    static const double identity[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    float a[3 * POINTS] = {0}, b[3 * POINTS] = {0};
    double m[12];
    uint64_t state = 1;
    fmi_align_fit(a, b, POINTS, FM_ALIGN_SIMILARITY, m);
    for (int i = 0; i < 12; i++)
        cr_assert_eq(m[i], identity[i], "value %d is %g", i, m[i]);
    for (int i = 0; i < 3 * POINTS; i++)
        b[i] = fm_test_uniform(&state, -1, 1);
    fmi_align_fit(a, b, POINTS, FM_ALIGN_NONE, m);
    cr_assert_arr_eq(m, identity, sizeof identity);
    fmi_align_fit(a, b, POINTS, FM_ALIGN_SIMILARITY, m);
    cr_assert(fabs(determinant(m) - 1) < 1e-12, "a single point of A: determinant %g",
              determinant(m));
}

static fm_mesh points_as_mesh(const float *positions, const float *uvs, const uint32_t *sizes) {
    return (fm_mesh){.positions = positions,
                     .uvs = uvs,
                     .polygon_sizes = sizes,
                     .corner_count = POINTS,
                     .polygon_count = POINTS / 3};
}

Test(pair_fit, joining_moves_b_onto_a_only_when_asked) {
    uint64_t state = fm_test_seed();
    float a[3 * POINTS], b[3 * POINTS], uvs[2 * POINTS] = {0};
    uint32_t sizes[POINTS / 3];
    double m[12];
    random_motion(&state, 1.5, m);
    m[3] += 20; /* so that B's own box is outside A's */
    make_moved(&state, m, a, b);
    for (int i = 0; i < POINTS / 3; i++)
        sizes[i] = 3;
    fm_mesh mesh_a = points_as_mesh(a, uvs, sizes), mesh_b = points_as_mesh(b, uvs, sizes);
    for (int align = FM_ALIGN_NONE; align <= FM_ALIGN_SIMILARITY; align++) {
        fmi_joined j;
        fm_error err = {0};
        double gap = 0;
        fm_assert_ok(fmi_pair_join(&j, &mesh_a, &mesh_b, (fm_align)align, NULL, &err), err);
        double low[3] = {9, 9, 9}, high[3] = {-9, -9, -9};
        for (uint32_t i = 0; i < 3 * j.position_count; i++) {
            double pa = (double)j.positions_a[i], pb = (double)j.positions_b[i];
            low[i % 3] = fmin(low[i % 3], fmin(pa, pb));
            high[i % 3] = fmax(high[i % 3], fmax(pa, pb));
            gap = fmax(gap, fabs(pa - pb));
            float plain = (float)((double)b[i] - j.center[i % 3]);
            cr_assert(align != FM_ALIGN_NONE || j.positions_b[i] == plain, "value %u moved", i);
        }
        for (int c = 0; c < 3; c++)
            cr_assert(fabs(low[c] + high[c]) < 1e-6, "align %d: off centre in axis %d", align, c);
        /* Floats near 20 are 2e-6 apart. */
        cr_assert_eq(gap < 4e-6, align == FM_ALIGN_SIMILARITY, "align %d: gap %g", align, gap);
        for (int i = 0; align == FM_ALIGN_SIMILARITY && i < 12; i++)
            cr_assert(fabs(j.align[i] - m[i]) < 1e-6, "value %d: %g, want %g", i, j.align[i], m[i]);
        fmi_joined_free(&j);
    }
}
