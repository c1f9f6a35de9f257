/* SPDX-License-Identifier: MIT */
/* Matching and joining two meshes: what is refused, and that the join is the plain one. */
#include "fm_test.h"

#include "pair_check.h"
#include "pair_join.h"

#include <float.h>

TestSuite(pair, .timeout = 60);

#define MAX_CORNERS 1200
#define MAX_POLYGONS 400

/** A mesh with its arrays. */
typedef struct box {
    float positions[3 * MAX_CORNERS], uvs[2 * MAX_CORNERS];
    uint32_t sizes[MAX_POLYGONS];
    fm_material_run runs[4];
    fm_mesh mesh;
} box;

/* Tests run in processes of their own, so these need no cleaning. */
static box side_a, side_b;

static void start(box *b, const char *label) {
    *b = (box){.mesh = {.positions = b->positions, .polygon_sizes = b->sizes, .label = label}};
}

static void add_corner(box *b, const float position[3], float u, float v) {
    cr_assert_lt(b->mesh.corner_count, MAX_CORNERS);
    memcpy(b->positions + 3 * b->mesh.corner_count, position, 3 * sizeof(float));
    b->uvs[2 * b->mesh.corner_count] = u;
    b->uvs[2 * b->mesh.corner_count + 1] = v;
    b->mesh.corner_count++;
}

static void add_polygon(box *b, uint32_t corners) {
    cr_assert_lt(b->mesh.polygon_count, MAX_POLYGONS);
    b->sizes[b->mesh.polygon_count++] = corners;
}

/* A sheet of n x n quads with a wave of the given height; UVs of its own, not yet in use. */
static void make_sheet(box *b, const char *label, uint32_t n, float wave) {
    static const uint32_t corner[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    start(b, label);
    for (uint32_t y = 0; y < n; y++)
        for (uint32_t x = 0; x < n; x++) {
            for (int k = 0; k < 4; k++) {
                float u = (float)(x + corner[k][0]) / (float)n;
                float v = (float)(y + corner[k][1]) / (float)n;
                add_corner(b, (float[3]){u, v, wave * sinf(5 * u + 3 * v)}, u, v);
            }
            add_polygon(b, 4);
        }
}

static void make_sheets(uint32_t n) {
    make_sheet(&side_a, "a.obj", n, 0.1F);
    make_sheet(&side_b, "b.obj", n, 0.3F);
}

static void use_uvs(void) {
    side_a.mesh.uvs = side_a.uvs;
    side_b.mesh.uvs = side_b.uvs;
}

static fm_status join(fmi_joined *joined, fm_error *err) {
    return fmi_pair_join(joined, &side_a.mesh, &side_b.mesh, FM_ALIGN_NONE, NULL, err);
}

static void assert_refused(fm_status status, const char *words) {
    fmi_joined joined;
    fm_error err = {0};
    fm_assert_fails(join(&joined, &err), status, err, words);
    cr_assert_null(joined.positions_a);
    cr_assert_null(joined.triangles);
    cr_assert_eq(joined.vertex_count, 0);
    cr_assert_eq(join(&joined, NULL), status, "another status without an error object");
}

static void assert_joins(const char *what) {
    fmi_joined joined;
    fm_error err = {0};
    fm_status status = join(&joined, &err);
    cr_assert_eq(status, FM_OK, "%s: %s", what, err.message);
    fmi_joined_free(&joined);
}

/* ---- the plain join ---- */

static bool same(const float *a, const float *b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/** Numbers of every corner, by comparing each with all before it. */
typedef struct plain {
    uint32_t position[MAX_CORNERS], vertex[MAX_CORNERS];
    uint32_t position_corner[MAX_CORNERS], vertex_corner[MAX_CORNERS]; /* first use */
    uint32_t positions, vertices;
} plain;

static void join_plainly(plain *p, const float *uvs) {
    const float *a = side_a.positions, *b = side_b.positions;
    memset(p, 0, sizeof *p);
    for (uint32_t k = 0; k < side_a.mesh.corner_count; k++) {
        uint32_t at = 0, v = 0;
        while (at < p->positions && !(same(a + 3 * k, a + 3 * p->position_corner[at], 3) &&
                                      same(b + 3 * k, b + 3 * p->position_corner[at], 3)))
            at++;
        if (at == p->positions)
            p->position_corner[p->positions++] = k;
        p->position[k] = at;
        while (v < p->vertices && !(p->position[p->vertex_corner[v]] == at &&
                                    (!uvs || same(uvs + 2 * k, uvs + 2 * p->vertex_corner[v], 2))))
            v++;
        if (v == p->vertices)
            p->vertex_corner[p->vertices++] = k;
        p->vertex[k] = v;
    }
}

static void check_fans(const fmi_joined *j, const plain *p, uint64_t seed) {
    uint32_t corner = 0, t = 0;
    for (uint32_t i = 0; i < side_a.mesh.polygon_count; corner += side_a.sizes[i++])
        for (uint32_t k = 1; k + 1 < side_a.sizes[i]; k++, t++) {
            const uint32_t *got = j->triangles + 3 * t;
            cr_assert_eq(got[0], p->vertex[corner], "seed %ju, triangle %u", seed, t);
            cr_assert_eq(got[1], p->vertex[corner + k], "seed %ju, triangle %u", seed, t);
            cr_assert_eq(got[2], p->vertex[corner + k + 1], "seed %ju, triangle %u", seed, t);
        }
    cr_assert_eq(j->triangle_count, t, "seed %ju: got %u, want %u", seed, j->triangle_count, t);
}

static void check_positions(const fmi_joined *j, const plain *p, uint64_t seed) {
    for (uint32_t i = 0; i < p->positions; i++)
        for (uint32_t c = 0; c < 3; c++) {
            uint32_t from = 3 * p->position_corner[i] + c;
            float a = (float)((double)side_a.positions[from] - j->center[c]);
            float b = (float)((double)side_b.positions[from] - j->center[c]);
            cr_assert_eq(j->positions_a[3 * i + c], a, "seed %ju, position %u", seed, i);
            cr_assert_eq(j->positions_b[3 * i + c], b, "seed %ju, position %u", seed, i);
        }
}

static void check_center(const fmi_joined *j) {
    for (uint32_t c = 0; c < 3; c++) {
        double low = DBL_MAX, high = -DBL_MAX;
        for (uint32_t k = 0; k < side_a.mesh.corner_count; k++) {
            double a = (double)side_a.positions[3 * k + c], b = (double)side_b.positions[3 * k + c];
            low = fmin(low, fmin(a, b));
            high = fmax(high, fmax(a, b));
        }
        cr_assert_eq(j->center[c], (low + high) / 2, "axis %u", c);
    }
}

static void check_plain(const float *uvs, uint64_t seed) {
    static plain p;
    fmi_joined j;
    fm_error err = {0};
    join_plainly(&p, uvs);
    fm_assert_ok(join(&j, &err), err);
    cr_assert_eq(j.position_count, p.positions, "seed %ju: got %u, want %u", seed, j.position_count,
                 p.positions);
    cr_assert_eq(j.vertex_count, p.vertices, "seed %ju: got %u, want %u", seed, j.vertex_count,
                 p.vertices);
    cr_assert_eq(j.uvs != NULL, uvs != NULL, "seed %ju", seed);
    for (uint32_t v = 0; v < p.vertices; v++) {
        cr_assert_eq(j.vertex_position[v], p.position[p.vertex_corner[v]], "seed %ju, vertex %u",
                     seed, v);
        cr_assert(!uvs || same(j.uvs + 2 * v, uvs + 2 * p.vertex_corner[v], 2),
                  "seed %ju, UV of vertex %u", seed, v);
    }
    check_fans(&j, &p, seed);
    check_positions(&j, &p, seed);
    check_center(&j);
    fmi_joined_free(&j);
    fmi_joined_free(&j); /* twice is as good as once */
}

/* Polygons of 3 to 7 corners over few points, some equal in A only, some in B only, some -0. */
static void make_random(uint64_t *state, uint32_t polygons) {
    float points[2][40][3];
    for (int i = 0; i < 2 * 40 * 3; i++) {
        int32_t grid = (int32_t)(fm_test_next(state) % 3) - 1;
        points[i / 120][i / 3 % 40][i % 3] = fm_test_next(state) % 8 ? 0.1F * (float)grid : -0.0F;
    }
    start(&side_a, "a");
    start(&side_b, "b");
    for (uint32_t p = 0; p < polygons; p++) {
        uint32_t size = 3 + (uint32_t)(fm_test_next(state) % 5);
        for (uint32_t k = 0; k < size; k++) {
            uint32_t at = (uint32_t)(fm_test_next(state) % 40), uv = (uint32_t)fm_test_next(state);
            float u = uv & 1 ? 0.0F : -0.0F, v = uv & 2 ? 0.5F : 0.25F;
            add_corner(&side_a, points[0][at], u, v);
            add_corner(&side_b, points[1][at], u, v);
        }
        add_polygon(&side_a, size);
        add_polygon(&side_b, size);
    }
}

Test(pair, joins_as_comparing_all_corners_does) {
    uint64_t seed = fm_test_seed(), state = seed;
    static const uint32_t counts[] = {1, 2, 9, 16, 100, 170};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        make_random(&state, counts[i]);
        use_uvs();
        check_plain(side_a.uvs, seed);
        side_a.mesh.uvs = NULL; /* then B's are taken, if the points join well enough */
        side_b.mesh.uvs = NULL;
    }
    make_sheets(16);
    check_plain(NULL, 0);
    side_b.mesh.uvs = side_b.uvs;
    check_plain(side_b.uvs, 0);
    use_uvs();
    check_plain(side_a.uvs, 0);
}

Test(pair, takes_both_zeros_for_one_number) {
    make_sheets(1);
    use_uvs();
    side_a.uvs[0] = -0.0F;
    side_b.positions[0] = -0.0F;
    add_corner(&side_a, side_a.positions, 0, 0);
    add_corner(&side_b, side_b.positions, 0, 0);
    side_a.positions[12] = -0.0F;
    side_b.positions[12] = 0.0F;
    side_a.sizes[0] = side_b.sizes[0] = 5;
    fmi_joined j;
    fm_error err = {0};
    fm_assert_ok(join(&j, &err), err);
    cr_assert_eq(j.position_count, 4, "got %u", j.position_count);
    cr_assert_eq(j.vertex_count, 4, "got %u", j.vertex_count);
    fmi_joined_free(&j);
}

/* ---- what matches and what does not ---- */

Test(pair, refuses_other_polygon_counts) {
    make_sheets(3);
    side_b.mesh.polygon_count--;
    side_b.mesh.corner_count -= 4;
    assert_refused(FM_ERROR_BAD_INPUT,
                   "a.obj and b.obj do not match: 9 and 8 polygons; first difference at polygon 8 "
                   "(only a.obj has it); export both heads from one base mesh");
    make_sheet(&side_b, NULL, 4, 0);
    assert_refused(FM_ERROR_BAD_INPUT, "(only mesh has it)");
}

Test(pair, refuses_other_polygon_sizes) {
    make_sheets(10);
    add_corner(&side_b, side_b.positions, 0, 0);
    add_corner(&side_a, side_a.positions, 0, 0);
    side_a.sizes[60]++;
    side_b.sizes[98]++;
    assert_refused(FM_ERROR_BAD_INPUT, "100 and 100 polygons; first difference at polygon 60 (5 "
                                       "and 4 corners)");
}

static void set_runs(box *b, uint32_t count, const char *const *names, const uint32_t *sizes) {
    uint32_t first = 0;
    for (uint32_t r = 0; r < count; first += sizes[r++])
        b->runs[r] = (fm_material_run){names[r], first, sizes[r]};
    b->mesh.runs = b->runs;
    b->mesh.run_count = count;
}

Test(pair, compares_material_runs) {
    static const char *const names[] = {"eyes", "skin", "teeth"};
    static const char *const others[] = {"a", "b", "c"};
    make_sheets(5);
    set_runs(&side_a, 2, names, (uint32_t[]){5, 20});
    assert_refused(FM_ERROR_BAD_INPUT, "2 and 1 materials, 25 and 25 polygons; first difference "
                                       "at polygon 5 (material \"skin\" and \"\")");
    set_runs(&side_b, 3, others, (uint32_t[]){5, 10, 10});
    assert_refused(FM_ERROR_BAD_INPUT, "first difference at polygon 15 (material \"skin\" and");
    set_runs(&side_b, 2, others, (uint32_t[]){4, 21});
    assert_refused(FM_ERROR_BAD_INPUT, "first difference at polygon 4 (material \"eyes\" and");
    set_runs(&side_b, 2, others, (uint32_t[]){5, 20});
    assert_joins("runs of one shape with other names");
    set_runs(&side_a, 1, names, (uint32_t[]){25});
    side_b.mesh.runs = NULL;
    side_b.mesh.run_count = 7; /* not looked at */
    assert_joins("no runs against one run");
}

Test(pair, lets_one_percent_of_the_uvs_differ) {
    make_sheets(5); /* 100 corners */
    use_uvs();
    for (int i = 0; i < 200; i++)
        side_b.uvs[i] += 0.9e-4F;
    assert_joins("UVs within 1e-4");
    side_b.uvs[2 * 42] += 0.01F;
    assert_joins("1 of 100 corners differs");
    side_b.uvs[2 * 77 + 1] -= 0.01F;
    assert_refused(FM_ERROR_BAD_INPUT, "25 and 25 polygons, but 2 of 100 corners have other UVs; "
                                       "first difference at polygon 10 (UV ");
    side_a.mesh.uvs = NULL;
    assert_joins("UVs on one side are not compared");
}

/* Points of A move together, so that A has coincidences that B has not, or the other way round. */
static void close_lips(box *b) {
    for (uint32_t k = 0; k < b->mesh.corner_count; k++)
        if (b->positions[3 * k + 1] > 0.35F && b->positions[3 * k + 1] < 0.45F)
            b->positions[3 * k + 1] = b->positions[3 * k + 2] = 0.5F;
        else if (b->positions[3 * k + 1] > 0.45F && b->positions[3 * k + 1] < 0.55F)
            b->positions[3 * k + 2] = 0.5F;
}

Test(pair, accepts_extra_coincidences) {
    make_sheets(10);
    close_lips(&side_a);
    assert_joins("closed in A");
    make_sheets(10);
    close_lips(&side_b);
    assert_joins("closed in B");
    close_lips(&side_a);
    assert_joins("closed in both");
}

/* Each corner gets the position of the one before it. */
static void turn_quad(box *b, uint32_t polygon) {
    float *quad = b->positions + 12 * polygon, was[12];
    memcpy(was, quad, sizeof was);
    for (int i = 0; i < 12; i++)
        quad[i] = was[(i + 9) % 12];
}

Test(pair, refuses_polygons_that_join_differently) {
    make_sheets(10); /* 400 corners */
    turn_quad(&side_b, 99);
    assert_joins("1 of 100 quads is turned");
    for (uint32_t p = 30; p < 33; p++)
        turn_quad(&side_b, p);
    assert_refused(FM_ERROR_BAD_INPUT, "corners join other polygons; first difference at polygon");
    use_uvs();
    assert_joins("the same with equal UVs");
}

/* ---- arrays that cannot be ---- */

Test(pair, names_the_corner_that_is_not_finite) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        make_sheets(3);
        use_uvs();
        side_a.positions[3 * 17 + 1] = bad[i];
        assert_refused(FM_ERROR_BAD_INPUT, "a.obj: coordinate y of corner 17 is ");
        make_sheets(3);
        use_uvs();
        side_b.uvs[2 * 35 + 1] = bad[i];
        assert_refused(FM_ERROR_BAD_INPUT, "b.obj: coordinate v of corner 35 is ");
    }
    make_sheets(3);
    side_a.positions[4] = FLT_MAX;
    side_b.positions[4] = -FLT_MAX;
    side_b.positions[5] = FLT_TRUE_MIN;
    assert_joins("the largest and the smallest float");
}

Test(pair, refuses_arrays_that_do_not_add_up) {
    static const char *const names[] = {"b", "a", NULL};
    make_sheets(3);
    side_a.sizes[4] = 2;
    assert_refused(FM_ERROR_BAD_INPUT, "polygon 4 has 2 corners");
    side_a.sizes[4] = 5;
    assert_refused(FM_ERROR_BAD_INPUT, "37 corners in all, but it holds 36");
    make_sheets(3);
    side_b.mesh.polygon_count = 0;
    assert_refused(FM_ERROR_BAD_INPUT, "b.obj has 0 polygons with 36 corners");
    start(&side_a, "empty.obj");
    assert_refused(FM_ERROR_BAD_INPUT, "empty.obj has 0 polygons with 0 corners");
    make_sheets(3);
    side_a.mesh.corner_count = FMI_MAX_CORNERS + 1;
    assert_refused(FM_ERROR_LIMIT, "134217729 polygon corners");
    make_sheets(3);
    side_a.mesh.positions = NULL;
    assert_refused(FM_ERROR_INVALID_ARGUMENT, "lacks an array");
    make_sheets(3);
    side_b.mesh.polygon_sizes = NULL;
    assert_refused(FM_ERROR_INVALID_ARGUMENT, "lacks an array");
    make_sheets(3);
    side_b.mesh.runs = side_b.runs;
    assert_refused(FM_ERROR_INVALID_ARGUMENT, "run_count");
    set_runs(&side_b, 2, names, (uint32_t[]){3, 6});
    assert_refused(FM_ERROR_BAD_INPUT, "material run 1");
    set_runs(&side_b, 2, names + 1, (uint32_t[]){3, 6});
    assert_refused(FM_ERROR_BAD_INPUT, "material run 1");
    set_runs(&side_b, 1, names, (uint32_t[]){8});
    assert_refused(FM_ERROR_BAD_INPUT, "its material runs hold 8 polygons, but it has 9");
    set_runs(&side_b, 1, names, (uint32_t[]){0});
    assert_refused(FM_ERROR_BAD_INPUT, "material run 0");
    set_runs(&side_b, 1, names, (uint32_t[]){9});
    side_b.runs[0].first_polygon = 1;
    assert_refused(FM_ERROR_BAD_INPUT, "material run 0");
}

Test(pair, refuses_bad_arguments_and_long_names) {
    fmi_joined j;
    fm_error err = {0};
    char name[4000];
    make_sheets(3);
    fm_assert_fails(fmi_pair_join(&j, NULL, &side_b.mesh, FM_ALIGN_NONE, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "mesh a is NULL");
    fm_assert_fails(fmi_pair_join(&j, &side_a.mesh, NULL, FM_ALIGN_NONE, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "mesh b is NULL");
    fm_assert_fails(fmi_pair_join(&j, &side_a.mesh, &side_b.mesh, (fm_align)3, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "align is 3");
    for (size_t i = 0; i + 2 < sizeof name; i += 2)
        memcpy(name + i, "\xC3\xA9", 2); /* an e with an accent */
    name[sizeof name - 2] = '\0';
    side_a.mesh.label = name;
    side_b.mesh.label = name + 1; /* starts within a character */
    side_a.sizes[0] = 3;
    side_a.sizes[1] = 5;
    assert_refused(FM_ERROR_BAD_INPUT, "export both heads from one base mesh without changing its "
                                       "topology");
}

/* ---- counts and warnings ---- */

static uint32_t warnings;
static char last_warning[512];

static void take_line(void *user, fm_log_level level, const char *line) {
    (void)user;
    cr_assert_eq(level, FM_LOG_WARNING, "%s", line);
    snprintf(last_warning, sizeof last_warning, "%s", line);
    warnings++;
}

Test(pair, warns_of_positions_that_coincide_in_one_mesh) {
    const fm_log log = {.write = take_line, .level = FM_LOG_DEBUG};
    fmi_joined j;
    fm_error err = {0};
    make_sheets(16); /* 289 positions: one pair is under 1 %, two pairs are over */
    use_uvs();
    for (uint32_t round = 0; round < 3; round++) {
        warnings = 0;
        fm_assert_ok(fmi_pair_join(&j, &side_a.mesh, &side_b.mesh, FM_ALIGN_NONE, &log, &err), err);
        cr_assert_eq(j.position_count, 289, "got %u", j.position_count);
        cr_assert_eq(j.coincident_positions, 2 * round, "got %u", j.coincident_positions);
        cr_assert_eq(warnings, round == 2, "round %u: %u warnings", round, warnings);
        fmi_joined_free(&j);
        /* The first point of sheet corner (0,0) moves onto its neighbour: in A, then in B. */
        box *b = round == 0 ? &side_a : &side_b;
        uint32_t from = round == 0 ? 0 : 4 * 255 + 2, to = round == 0 ? 1 : 4 * 255 + 1;
        memcpy(b->positions + 3 * from, b->positions + 3 * to, 3 * sizeof(float));
    }
    cr_assert_not_null(strstr(last_warning, "4 of 289 positions"), "%s", last_warning);
}

Test(pair, counts_triangles_without_area_in_both) {
    fmi_joined j;
    fm_error err = {0};
    make_sheets(2); /* 8 triangles */
    use_uvs();
    for (uint32_t i = 0; i < 3; i++) { /* of quad 0: (0,1,2) in A and B, (0,2,3) in A only */
        side_a.positions[3 + i] = side_a.positions[i];
        side_b.positions[3 + i] = 0.5F * (side_b.positions[i] + side_b.positions[6 + i]);
        side_a.positions[9 + i] = side_a.positions[i];
    }
    for (uint32_t k = 0; k < 3; k++) /* exactly on a line */
        for (uint32_t i = 0; i < 3; i++)
            side_b.positions[3 * k + i] = 0.25F * (float)k * (float)(i + 1);
    fm_assert_ok(join(&j, &err), err);
    cr_assert_eq(j.triangle_count, 8);
    cr_assert_eq(j.degenerate_triangles, 1, "got %u", j.degenerate_triangles);
    fmi_joined_free(&j);
}

Test(pair, takes_the_centre_off_in_double) {
    fmi_joined j;
    fm_error err = {0};
    make_sheets(8);
    use_uvs();
    for (uint32_t i = 0; i < 3 * side_a.mesh.corner_count; i++) {
        side_a.positions[i] = 0.7F * side_a.positions[i] + 1000.1F;
        side_b.positions[i] = 1.1F * side_b.positions[i] + 99.7F;
    }
    check_plain(side_a.uvs, 0);
    fm_assert_ok(join(&j, &err), err);
    bool needs_double = false;
    for (int c = 0; c < 3; c++)
        needs_double = needs_double || (double)(float)j.center[c] != j.center[c];
    cr_assert(needs_double, "the test proves nothing: a float holds this centre");
    fmi_joined_free(&j);
}
