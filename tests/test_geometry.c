/* SPDX-License-Identifier: MIT */
/* Shapes between A and B: positions in the file's coordinates, normals of the blended triangles. */
#include "fm_test.h"

#include "io/import.h"

#include <fm/engine.h>
#include <fm/geometry.h>

TestSuite(geometry, .timeout = 60);

#define N 12 /* quads along an edge */
#define CORNERS (N * N * 4)

typedef struct sheet {
    float positions[3 * CORNERS], uvs[2 * CORNERS];
    uint32_t sizes[N * N];
    fm_mesh mesh;
} sheet;

static void make_sheet(sheet *s, float wave, float shift) {
    size_t corner = 0;
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++)
            for (int k = 0; k < 4; k++, corner++) {
                float u = (float)(x + (k == 1 || k == 2)) / N, v = (float)(y + (k > 1)) / N;
                s->positions[3 * corner] = u + shift;
                s->positions[3 * corner + 1] = v + 0.1F * wave * cosf(7 * u);
                s->positions[3 * corner + 2] = wave * sinf(5 * u + 3 * v) - 2 * shift;
                s->uvs[2 * corner] = x < N / 2 ? u : u + 0.001F; /* a seam */
                s->uvs[2 * corner + 1] = v;
            }
    for (size_t i = 0; i < N * N; i++)
        s->sizes[i] = 4;
    s->mesh = (fm_mesh){.positions = s->positions,
                        .uvs = s->uvs,
                        .polygon_sizes = s->sizes,
                        .corner_count = CORNERS,
                        .polygon_count = N * N};
}

static fm_engine *make_engine(void) {
    fm_engine *engine = NULL;
    fm_error err;
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

/* Position of A's or B's corner: the first of a triangle's vertex that has position p is enough,
 * so this goes the other way: every corner of the fans is looked up in the file's arrays. */
static size_t fan_corner(const fm_mesh *mesh, size_t triangle, size_t k) {
    size_t first = 0, done = 0;
    for (uint32_t p = 0; p < mesh->polygon_count; p++) {
        size_t fans = mesh->polygon_sizes[p] - 2;
        if (triangle < done + fans)
            return k == 0 ? first : first + triangle - done + k;
        done += fans;
        first += mesh->polygon_sizes[p];
    }
    return 0;
}

static void assert_positions(const fm_geometry_topology *top, const fm_mesh *a, const fm_mesh *b,
                             float t, const float *positions, double tolerance) {
    for (size_t i = 0; i<top->triangles; i += top->triangles> 1000 ? 97 : 1)
        for (size_t k = 0; k < 3; k++) {
            size_t p = top->vertex_position[top->triangles_of[3 * i + k]];
            size_t corner = fan_corner(a, i, k);
            for (size_t c = 0; c < 3; c++) {
                double want = (1.0 - (double)t) * (double)a->positions[3 * corner + c] +
                              (double)t * (double)b->positions[3 * corner + c];
                cr_assert_float_eq((double)positions[3 * p + c], want, tolerance,
                                   "t %g, triangle %zu, corner %zu", (double)t, i, k);
            }
        }
}

/* The sum of cross products of the blended positions, face by face. */
static void plain_normals(const fm_geometry_topology *top, const float *positions, double *sums) {
    memset(sums, 0, top->positions * 3 * sizeof *sums);
    for (size_t i = 0; i < top->triangles; i++) {
        size_t p[3];
        double e[2][3];
        for (size_t k = 0; k < 3; k++)
            p[k] = 3 * (size_t)top->vertex_position[top->triangles_of[3 * i + k]];
        for (size_t k = 0; k < 2; k++)
            for (size_t c = 0; c < 3; c++)
                e[k][c] = (double)positions[p[k + 1] + c] - (double)positions[p[0] + c];
        for (size_t k = 0; k < 3; k++)
            for (size_t c = 0; c < 3; c++)
                sums[p[k] + c] +=
                    e[0][(c + 1) % 3] * e[1][(c + 2) % 3] - e[0][(c + 2) % 3] * e[1][(c + 1) % 3];
    }
}

static void assert_normals(const fm_geometry_topology *top, const float *positions,
                           const float *normals, double tolerance) {
    double *sums = malloc(top->positions * 3 * sizeof *sums);
    plain_normals(top, positions, sums);
    for (size_t p = 0; p < top->positions; p++) {
        const double *n = sums + 3 * p;
        double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        for (size_t c = 0; c < 3; c++)
            cr_assert_float_eq((double)normals[3 * p + c], n[c] / length, tolerance,
                               "normal %zu: %g, want %g", p, (double)normals[3 * p + c],
                               n[c] / length);
    }
    free(sums);
}

static void check_pair(const fm_mesh *a, const fm_mesh *b, double position_tolerance,
                       double normal_tolerance) {
    static const float weights[] = {0.0F, 0.025F, 0.5F, 1.0F / 3.0F, 1.0F};
    fm_engine *engine = make_engine();
    fm_pair *pair = NULL;
    fm_geometry *geometry = NULL;
    fm_geometry_topology top;
    fm_error err;
    fm_assert_ok(fm_pair_create(&pair, engine, a, b, NULL, &err), err);
    fm_assert_ok(fm_geometry_create(&geometry, pair, &err), err);
    cr_assert_eq(fm_geometry_topology_get(geometry, &top), FM_OK);
    float *positions = malloc(top.positions * 3 * sizeof *positions);
    float *normals = malloc(top.positions * 3 * sizeof *normals);
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        cr_assert_eq(fm_geometry_at(geometry, weights[i], positions, normals), FM_OK);
        assert_positions(&top, a, b, weights[i], positions, position_tolerance);
        assert_normals(&top, positions, normals, normal_tolerance);
        cr_assert_eq(fm_geometry_at(geometry, weights[i], positions, NULL), FM_OK);
    }
    free(positions);
    free(normals);
    fm_geometry_destroy(&geometry);
    cr_assert_null(geometry);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}

Test(geometry, sheets_blend_in_the_coordinates_of_their_files) {
    static sheet a, b;
    make_sheet(&a, 0.1F, 0.0F);
    make_sheet(&b, 0.3F, 0.0F);
    check_pair(&a.mesh, &b.mesh, 1e-7, 1e-5);
    make_sheet(&a, 0.1F, 100.0F); /* far from the origin: floats there are 8e-6 apart */
    make_sheet(&b, 0.3F, 100.0F);
    check_pair(&a.mesh, &b.mesh, 2e-5, 2e-2);
}

Test(geometry, a_seam_splits_vertices_and_no_positions) {
    static sheet a, b;
    fm_engine *engine = make_engine();
    fm_pair *pair = NULL;
    fm_geometry *geometry = NULL;
    fm_geometry_topology top;
    fm_error err;
    make_sheet(&a, 0.1F, 0.0F);
    make_sheet(&b, 0.3F, 0.0F);
    fm_assert_ok(fm_pair_create(&pair, engine, &a.mesh, &b.mesh, NULL, &err), err);
    fm_assert_ok(fm_geometry_create(&geometry, pair, &err), err);
    cr_assert_eq(fm_geometry_topology_get(geometry, &top), FM_OK);
    cr_assert_eq(top.positions, (uint32_t)((N + 1) * (N + 1)));
    cr_assert_eq(top.vertices, (uint32_t)((N + 1) * (N + 2)));
    cr_assert_eq(top.triangles, (uint32_t)(N * N * 2));
    cr_assert_not_null(top.uvs);
    float positions[3];
    cr_assert_eq(fm_geometry_at(geometry, NAN, positions, NULL), FM_ERROR_INVALID_ARGUMENT);
    cr_assert_eq(fm_geometry_at(NULL, 0.0F, positions, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_geometry_destroy(&geometry);
    fm_geometry_destroy(&geometry);
    fm_assert_fails(fm_geometry_create(&geometry, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "NULL");
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}

Test(geometry, where_triangles_cancel_the_normal_is_z) {
    static const float flat[] = {0, 0, 0, 1, 0, 0, 0, 1, 0}, turned[] = {0, 0, 0, 0, 1, 0, 1, 0, 0};
    static const uint32_t sizes[] = {3};
    const fm_mesh a = {
        .positions = flat, .polygon_sizes = sizes, .corner_count = 3, .polygon_count = 1};
    fm_mesh b = a;
    fm_engine *engine = make_engine();
    fm_pair *pair = NULL;
    fm_geometry *geometry = NULL;
    fm_error err;
    float positions[9], normals[9];
    b.positions = turned;
    fm_assert_ok(fm_pair_create(&pair, engine, &a, &b, NULL, &err), err);
    fm_assert_ok(fm_geometry_create(&geometry, pair, &err), err);
    cr_assert_eq(fm_geometry_at(geometry, 0.5F, positions, normals), FM_OK);
    for (size_t i = 0; i < 9; i++)
        cr_assert_eq(normals[i], i % 3 == 2 ? 1.0F : 0.0F);
    cr_assert_eq(fm_geometry_at(geometry, 1.0F, positions, normals), FM_OK);
    cr_assert_eq(normals[2], -1.0F, "B's own normal points away");
    fm_geometry_destroy(&geometry);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}

Test(geometry, real_heads_blend_as_their_files_say) {
    static const char *const files[] = {"mh_heads/male1.fbx", "mh_heads/male2.fbx"};
    char path[FM_TEST_PATH];
    fmi_blob *blob[2] = {NULL, NULL};
    fm_material_run *runs[2] = {NULL, NULL};
    fm_mesh mesh[2];
    fm_error err;
    for (int i = 0; i < 2; i++) {
        if (!fm_test_data(path, files[i]))
            cr_skip("skipped: no data");
        fm_assert_ok(fmi_import(&blob[i], path, NULL, &err), err);
        fm_assert_ok(fmi_blob_view(blob[i], files[i], &mesh[i], &runs[i], &err), err);
    }
    check_pair(&mesh[0], &mesh[1], 1.5e-8, 1e-3);
    for (int i = 0; i < 2; i++) {
        free(blob[i]);
        free(runs[i]);
    }
}
