/* SPDX-License-Identifier: MIT */
/* The reference against geometry and light worked out by hand or in closed form. */
#include "ref_scene.h"

TestSuite(ref, .timeout = 60);

/* The last pair tells double from float: 3 - 1e8 rounds to -1e8 in float, and t = 1 gives 0. */
Test(ref, morph_equals_values_worked_out_by_hand) {
    const float a[6] = {1.0F, -2.0F, 0.0F, 3.0F, -0.0F, 1e8F};
    const float b[6] = {3.0F, 2.0F, 1.0F, 3.0F, 0.0F, 3.0F};
    const float quarter[6] = {1.5F, -1.0F, 0.25F, 3.0F, 0.0F, 75000000.0F};
    float out[6];
    for (int k = 0; k < 2; k++) {
        const float *want = k == 0 ? quarter : b;
        fmi_ref_morph(a, b, 2, k == 0 ? 0.25F : 1.0F, out);
        for (int i = 0; i < 6; i++) {
            cr_assert_eq(out[i], want[i], "t %d, %d: got %g, want %g", k, i, (double)out[i],
                         (double)want[i]);
        }
    }
}

/* Asserts that pixel (x, y) shows something exactly where rows[y][x] is '#'. */
static void assert_covered(const ref_scene *s, const char *const *rows) {
    uint32_t covered = 0;
    for (uint32_t y = 0; y < s->camera.height; y++) {
        for (uint32_t x = 0; x < s->camera.width; x++) {
            bool got = s->owner[y * s->camera.width + x] != UINT32_MAX, want = rows[y][x] == '#';
            cr_assert_eq(got, want, "pixel %u,%u: got %d, want %d", x, y, got, want);
            covered += want;
        }
    }
    cr_assert_eq(s->counts.covered, covered, "counted %u, want %u", s->counts.covered, covered);
}

/* The long side runs through the centres with x + y = 3. It is the lower right side of the first
 * triangle, which does not own it, and the upper left side of the second, which does. */
Test(ref, top_left_rule_decides_on_pixel_centres) {
    const char *const upper[4] = {"###.", "##..", "#...", "...."};
    const char *const lower[4] = {"...#", "..##", ".###", "####"};
    ref_scene *s = ref_scene_new(4, 4);
    ref_scene_triangle(s, 0, 0, 1, 0, 4, 1, 4, 0, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    assert_covered(s, upper);
    s->mesh.triangle_count = 0;
    ref_scene_triangle(s, 4, 0, 1, 0, 4, 1, 4, 4, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    assert_covered(s, lower);
    ref_scene_free(s);
}

/* All four sides of this square run through pixel centres: left and top are in. */
Test(ref, horizontal_and_vertical_edges_follow_the_rule) {
    const char *const want[4] = {"##..", "##..", "....", "...."};
    ref_scene *s = ref_scene_new(4, 4);
    ref_scene_triangle(s, 0.5, 0.5, 1, 0.5, 2.5, 1, 2.5, 2.5, 1);
    ref_scene_triangle(s, 0.5, 0.5, 1, 2.5, 2.5, 1, 2.5, 0.5, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    assert_covered(s, want);
    ref_scene_free(s);
}

/* floor(16 x + 0.5): 15.5 sixteenths go up to a whole pixel, just below goes down. */
Test(ref, positions_snap_to_sixteenths_halves_up) {
    ref_scene *s = ref_scene_new(4, 4);
    ref_scene_triangle(s, 0.5 + 1.0 / 32, 0, 1, 0.5 + 1.0 / 32, 4, 1, 4, 2, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->owner[2 * 4], UINT32_MAX, "0.5 + 1/32 must snap to 0.5625");
    s->mesh.triangle_count = 0;
    ref_scene_triangle(s, 0.5 + 1.0 / 33, 0, 1, 0.5 + 1.0 / 33, 4, 1, 4, 2, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->owner[2 * 4], 0, "0.5 + 1/33 must snap to 0.5");
    ref_scene_free(s);
}

Test(ref, back_faces_are_culled_or_drawn_with_the_same_coverage) {
    ref_scene *s = ref_scene_new(4, 4);
    uint32_t front[16] = {0}, back[16] = {0};
    ref_scene_triangle(s, 0, 0, 1, 0, 4, 1, 4, 0, 1);
    ref_scene_triangle(s, 0, 0, 1, 4, 0, 1, 0, 4, 1);
    ref_scene_hits(s, 1, back);
    for (int i = 0; i < 16; i++) {
        cr_assert_eq(back[i], 0, "culled triangle drew pixel %d", i);
    }
    s->camera.cull = false;
    ref_scene_hits(s, 0, front);
    ref_scene_hits(s, 1, back);
    cr_assert_arr_eq(front, back, sizeof front, "both windings must cover the same pixels");
    ref_scene_free(s);
}

Test(ref, triangles_without_area_draw_nothing) {
    ref_scene *s = ref_scene_new(4, 4);
    s->camera.cull = false;
    ref_scene_triangle(s, 0.5, 0.5, 1, 2.5, 2.5, 1, 3.5, 3.5, 1);
    ref_scene_triangle(s, 1.5, 1.5, 1, 1.5, 1.5, 1, 1.5, 1.5, 1);
    ref_scene_triangle(s, 1.5, 0, 1, 1.5 + 1.0 / 64, 4, 1, 1.5, 2, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->counts.covered, 0);
    cr_assert_eq(s->counts.rejected, 0);
    ref_scene_free(s);
}

#define SPLIT_SIZE 24

/* Twice the area of triangle (a, b, c) in sixteenths of a pixel, > 0 for a front face. */
static int64_t area(const int32_t (*p)[2], const uint32_t *t) {
    const int32_t *a = p[t[0]], *b = p[t[1]], *c = p[t[2]];
    return (int64_t)(c[0] - a[0]) * (b[1] - a[1]) - (int64_t)(b[0] - a[0]) * (c[1] - a[1]);
}

/* A random point, every second time on a pixel centre, every fourth near the first corner so that
 * slivers appear. */
static void random_point(uint64_t *random, const int32_t *corner, int32_t point[2]) {
    uint64_t kind = fm_test_next(random) % 4;
    for (int k = 0; k < 2; k++) {
        int32_t any = (int32_t)(fm_test_next(random) % (SPLIT_SIZE * 16 + 1));
        int32_t near = corner[k] + (int32_t)(fm_test_next(random) % 7) - 3;
        point[k] = kind == 3 ? near : kind < 2 ? any / 16 * 16 + 8 : any;
    }
}

/* Splits triangle i at point n when the point is strictly inside it. */
static bool split(const int32_t (*p)[2], uint32_t (*tri)[3], uint32_t *count, uint32_t i,
                  uint32_t n) {
    uint32_t part[3][3];
    for (int k = 0; k < 3; k++) {
        part[k][0] = tri[i][k];
        part[k][1] = tri[i][(k + 1) % 3];
        part[k][2] = n;
        if (area(p, part[k]) <= 0) {
            return false;
        }
    }
    memcpy(tri[i], part[0], sizeof part[0]);
    memcpy(tri[(*count)++], part[1], sizeof part[1]);
    memcpy(tri[(*count)++], part[2], sizeof part[2]);
    return true;
}

/* The picture as two triangles, split again and again at random points. */
static void random_triangulation(ref_scene *s, uint64_t *random) {
    int32_t p[REF_SCENE_MAX][2] = {{0, 0}, {0, SPLIT_SIZE * 16}};
    uint32_t tri[REF_SCENE_MAX][3] = {{0, 1, 2}, {0, 2, 3}}, points = 4, count = 2;
    p[2][0] = p[2][1] = p[3][0] = SPLIT_SIZE * 16;
    for (int i = 0; i < 20000 && count < 300; i++) {
        uint32_t target = (uint32_t)(fm_test_next(random) % count);
        random_point(random, p[tri[target][0]], p[points]);
        points += split((const int32_t(*)[2])p, tri, &count, target, points);
    }
    for (uint32_t i = 0; i < points; i++) {
        ref_scene_vertex(s, p[i][0] / 16.0, p[i][1] / 16.0, 1.0);
    }
    for (uint32_t i = 0; i < count; i++) {
        ref_scene_face(s, tri[i][0], tri[i][1], tri[i][2]);
    }
}

Test(ref, shared_edges_leave_no_gap_and_no_double_hit) {
    uint64_t seed = fm_test_seed();
    for (uint64_t round = 0; round < 8; round++) {
        uint64_t random = seed + round;
        ref_scene *s = ref_scene_new(SPLIT_SIZE, SPLIT_SIZE);
        uint32_t hits[SPLIT_SIZE * SPLIT_SIZE] = {0};
        random_triangulation(s, &random);
        cr_assert_geq(s->mesh.triangle_count, 100, "only %u", s->mesh.triangle_count);
        for (uint32_t i = 0; i < s->mesh.triangle_count; i++) {
            ref_scene_hits(s, i, hits);
        }
        for (uint32_t i = 0; i < SPLIT_SIZE * SPLIT_SIZE; i++) {
            cr_assert_eq(hits[i], 1, "seed %llu: pixel %u,%u: got %u hits, want 1",
                         (unsigned long long)(seed + round), i % SPLIT_SIZE, i / SPLIT_SIZE,
                         hits[i]);
        }
        ref_scene_free(s);
    }
}

/* A full turn of triangles around a pixel centre: the centre belongs to exactly one of them. */
Test(ref, a_fan_around_a_pixel_centre_hits_it_once) {
    ref_scene *s = ref_scene_new(16, 16);
    uint32_t hits[256] = {0}, centre = ref_scene_vertex(s, 8.5, 8.5, 1), rim[24];
    for (uint32_t i = 0; i < 24; i++) {
        double angle = i * 2.0 * 3.14159265358979 / 24.0;
        rim[i] = ref_scene_vertex(s, 8.5 + floor(112 * cos(angle) + 0.5) / 16.0,
                                  8.5 - floor(112 * sin(angle) + 0.5) / 16.0, 1);
    }
    for (uint32_t i = 0; i < 24; i++) {
        ref_scene_hits(s, ref_scene_face(s, centre, rim[i], rim[(i + 1) % 24]), hits);
    }
    cr_assert_eq(hits[8 * 16 + 8], 1, "got %u", hits[8 * 16 + 8]);
    for (int i = 0; i < 256; i++) {
        cr_assert_leq(hits[i], 1, "pixel %d hit %u times", i, hits[i]);
    }
    ref_scene_free(s);
}

/* Adds a front-facing square [0, 4] x [0, 4] at distance w; returns its first triangle. */
static uint32_t add_square(ref_scene *s, double w_left, double w_right) {
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, w_left, 0, 1);
    uint32_t b = ref_scene_vertex_uv(s, 0, 4, w_left, 0, 0);
    uint32_t c = ref_scene_vertex_uv(s, 4, 4, w_right, 1, 0);
    uint32_t d = ref_scene_vertex_uv(s, 4, 0, w_right, 1, 1);
    uint32_t first = ref_scene_face(s, a, b, c);
    ref_scene_face(s, a, c, d);
    return first;
}

Test(ref, nearest_wins_in_either_order) {
    for (int order = 0; order < 2; order++) {
        ref_scene *s = ref_scene_new(4, 4);
        uint32_t first = add_square(s, order ? 1 : 2, order ? 1 : 2);
        uint32_t second = add_square(s, order ? 2 : 1, order ? 2 : 1);
        uint32_t near = order ? first : second;
        ref_scene_render(s, NULL, NULL, 0.0F);
        for (int i = 0; i < 16; i++) {
            cr_assert_eq(s->owner[i] / 2 * 2, near, "order %d, pixel %d shows %u", order, i,
                         s->owner[i]);
        }
        ref_scene_free(s);
    }
}

Test(ref, crossing_planes_part_where_they_meet) {
    ref_scene *s = ref_scene_new(4, 4);
    uint32_t falling = add_square(s, 1, 4), rising = add_square(s, 4, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t want = i % 4 < 2 ? falling : rising;
        cr_assert_eq(s->owner[i] / 2 * 2, want, "pixel %u shows %u", i, s->owner[i]);
    }
    ref_scene_free(s);
}

/* 1 / (2 - 2^-23) and 1 / (2 - 2^-22) both round to 0.5 + 2^-24, so the farther one, first in the
 * file, keeps the pixel. At 2 - 2^-20 the second is nearer in float, too. */
Test(ref, equal_depth_in_float_goes_to_the_lower_triangle) {
    for (int nearer = 0; nearer < 3; nearer++) {
        const double second[3] = {2.0 - 0x1p-23, 2.0 - 0x1p-22, 2.0 - 0x1p-20};
        ref_scene *s = ref_scene_new(4, 4);
        add_square(s, 2.0 - 0x1p-23, 2.0 - 0x1p-23);
        add_square(s, second[nearer], second[nearer]);
        ref_scene_render(s, NULL, NULL, 0.0F);
        for (int i = 0; i < 16; i++) {
            cr_assert_eq(s->owner[i] >= 2, nearer == 2, "w = %.9g, pixel %d shows %u",
                         second[nearer], i, s->owner[i]);
        }
        ref_scene_free(s);
    }
}

/* Light on a plane that faces the camera at distance 2. Centre: n.l = r.v = 1, so
 * 0.7 (0.6 + 0.5) + 0.05 = 0.82, 209.1. At x / w = 1/8: n.l = 0.9950372, r.v = 0.9750115, its 64th
 * power 0.1979805, so 0.7 (0.6 + 0.4975186) + 0.0098990 = 0.7781620, 198.43. At x / w = 1:
 * n.l = 0.7808688, no specular, 0.6933041, 176.79. */
Test(ref, light_equals_values_worked_out_by_hand) {
    const double offset[3] = {0.0, 0.125, 1.0};
    const uint8_t want[3] = {209, 198, 177};
    for (int i = 0; i < 3; i++) {
        for (int axis = 0; axis < 2; axis++) {
            ref_scene *s = ref_scene_new(1, 1);
            s->camera.focal_px = 1.0;
            s->camera.half_width = 0.5 - (axis == 0 ? offset[i] : 0.0);
            s->camera.half_height = 0.5 - (axis == 1 ? offset[i] : 0.0);
            ref_scene_triangle(s, -8, -8, 2, -8, 24, 2, 24, -8, 2);
            ref_scene_render(s, NULL, NULL, 0.0F);
            const uint8_t *got = s->pixels;
            for (int c = 0; c < 3; c++) {
                cr_assert_eq(got[c], want[i], "offset %g, axis %d, channel %d: got %d, want %d",
                             offset[i], axis, c, got[c], want[i]);
            }
            ref_scene_free(s);
        }
    }
}

/* Seen from behind, n.l < 0 and only ambient light is left: 0.7 x 0.6 = 0.42, 107.1. */
Test(ref, normals_are_not_flipped_for_back_faces) {
    ref_scene *s = ref_scene_new(1, 1);
    s->camera.cull = false;
    ref_scene_triangle(s, -8, -8, 2, 24, -8, 2, -8, 24, 2);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->pixels[0], 107, "got %d", s->pixels[0]);
    ref_scene_free(s);
}

/* The camera's scale and turn: the same plane described in a model space ten times as large and
 * turned by 90 degrees about z and x gives the same picture. */
Test(ref, normals_turn_with_the_camera) {
    const double turned[12] = {0, 0.1, 0, 0, 0, 0, 0.1, 0, 0.1, 0, 0, 0};
    ref_scene *s = ref_scene_new(8, 8);
    uint8_t straight[8 * 8 * 3];
    ref_scene_triangle(s, -8, -8, 2, -8, 24, 1, 24, -8, 4);
    ref_scene_render(s, NULL, NULL, 0.0F);
    memcpy(straight, s->pixels, sizeof straight);
    for (uint32_t i = 0; i < s->mesh.position_count; i++) {
        float *p = s->positions + i * 3, camera[3] = {p[0] * 10, p[1] * 10, p[2] * 10};
        p[0] = camera[2];
        p[1] = camera[0];
        p[2] = camera[1];
    }
    memcpy(s->positions_b, s->positions, sizeof s->positions);
    memcpy(s->camera.to_camera, turned, sizeof turned);
    ref_scene_render(s, NULL, NULL, 0.0F);
    for (size_t i = 0; i < sizeof straight; i++) {
        cr_assert_eq(s->pixels[i], straight[i], "byte %zu: got %d, want %d", i, s->pixels[i],
                     straight[i]);
    }
    ref_scene_free(s);
}

/* Two faces of a ridge, the right one with vertices of its own as on a UV seam. */
static void add_ridge(ref_scene *s, bool seam) {
    uint32_t top = ref_scene_vertex(s, 8, 0, 1), low = ref_scene_vertex(s, 8, 16, 1);
    uint32_t left = ref_scene_vertex(s, 0, 8, 2), right = ref_scene_vertex(s, 16, 8, 2);
    uint32_t top2 = top, low2 = low;
    if (seam) {
        top2 = ref_scene_vertex_uv(s, 8, 0, 1, 0.5F, 0.5F);
        low2 = ref_scene_vertex_uv(s, 8, 16, 1, 0.5F, 0.5F);
        s->vertex_position[top2] = s->vertex_position[top];
        s->vertex_position[low2] = s->vertex_position[low];
    }
    ref_scene_face(s, left, low, top);
    ref_scene_face(s, top2, low2, right);
}

Test(ref, normals_are_welded_over_seams) {
    uint8_t want[16 * 16 * 3];
    ref_scene *s = ref_scene_new(16, 16);
    add_ridge(s, false);
    ref_scene_render(s, NULL, NULL, 0.0F);
    memcpy(want, s->pixels, sizeof want);
    ref_scene_free(s);
    s = ref_scene_new(16, 16);
    add_ridge(s, true);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_arr_eq(s->pixels, want, sizeof want, "a seam changed the picture");
    /* And a welded normal is smooth: both sides of the ridge are mirror images. */
    cr_assert_eq(ref_scene_pixel(s, 7, 8)[0], ref_scene_pixel(s, 8, 8)[0]);
    ref_scene_free(s);
}

/* A roof whose ridge, at w = 1, runs through the middle of the picture, eaves at w = 2. The ridge's
 * welded normal faces the camera. On the side of the eave, with b its weight on the screen, 1/w is
 * 1 - b / 2 and the normal is (1 - b) ridge + b / 2 eave, made unit length. axis 1: turned by 90
 * degrees, so that the ridge is level. */
static void check_roof(int axis) {
    enum { SIZE = 128, HALF = 64 };
    ref_scene *s = ref_scene_new(SIZE, SIZE);
    const double plan[4][3] = {{HALF, 0, 1}, {HALF, SIZE, 1}, {0, HALF, 2}, {SIZE, HALF, 2}};
    for (int k = 0; k < 4; k++) {
        ref_scene_vertex(s, plan[k][axis], axis ? SIZE - plan[k][0] : plan[k][1], plan[k][2]);
    }
    ref_scene_face(s, 2, 1, 0);
    ref_scene_face(s, 0, 1, 3);
    ref_scene_render(s, NULL, NULL, 0.0F);
    /* The eave's position is 2 to the side and 1 down from the ridge's line. */
    double eave[3] = {-1.0 / sqrt(5.0), 0, 2.0 / sqrt(5.0)};
    for (uint32_t i = 0; i < HALF; i++) {
        double b = 1.0 - (i + 0.5) / HALF, side = b / 2 * eave[0], up = 1 - b + b / 2 * eave[2];
        double length = sqrt(side * side + up * up);
        /* Turned counter-clockwise the left side comes to the bottom. */
        const double n[3] = {axis ? 0 : side / length, axis ? side / length : 0, up / length};
        uint32_t x = axis ? HALF : i, y = axis ? SIZE - 1 - i : HALF;
        int want = ref_scene_byte(ref_scene_lit(s, x, y, n, 1 / (1 - b / 2), 0.7));
        int got = ref_scene_pixel(s, x, y)[0];
        if (s->owner[y * SIZE + x] != UINT32_MAX) {
            cr_assert_eq(got, want, "axis %d, pixel %u,%u: got %d, want %d", axis, x, y, got, want);
        }
    }
    cr_assert_eq(s->counts.covered, SIZE * HALF, "got %u", s->counts.covered);
    ref_scene_free(s);
}

Test(ref, normals_are_interpolated_by_perspective_and_normalised_again) {
    check_roof(0);
    check_roof(1);
}

Test(ref, normals_without_length_face_the_camera) {
    ref_scene *s = ref_scene_new(1, 1);
    uint32_t a = ref_scene_vertex(s, -8, -8, 2), b = ref_scene_vertex(s, -8, 24, 1);
    uint32_t c = ref_scene_vertex(s, 24, -8, 4);
    ref_scene_face(s, a, b, c);
    ref_scene_face(s, a, c, b); /* its normal cancels that of the first */
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->pixels[0], 209, "got %d", s->pixels[0]);
    ref_scene_free(s);
}

Test(ref, positions_follow_t) {
    ref_scene *s = ref_scene_new(8, 4);
    ref_scene_triangle(s, 0, 0, 1, 0, 8, 1, 8, 0, 1);
    for (int k = 0; k < 3; k++) {
        s->positions_b[k * 3] += (float)(8.0 / REF_SCENE_FOCAL); /* 8 pixels to the right */
    }
    ref_scene_render(s, NULL, NULL, 0.5F);
    for (uint32_t x = 0; x < 8; x++) {
        cr_assert_eq(s->owner[x] == 0, x >= 4, "pixel %u shows %u", x, s->owner[x]);
    }
    ref_scene_free(s);
}

Test(ref, a_triangle_larger_than_the_screen_covers_all_of_it) {
    ref_scene *s = ref_scene_new(33, 17);
    double g = FM_GUARD / 16.0; /* the long side runs through (g / 4, g / 4) */
    ref_scene_triangle(s, -g / 2, -g / 2, 1, -g / 2, g, 1, g, -g / 2, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->counts.covered, 33 * 17, "got %u", s->counts.covered);
    cr_assert_eq(s->counts.rejected, 0);
    ref_scene_free(s);
}

Test(ref, triangles_off_the_screen_draw_nothing) {
    ref_scene *s = ref_scene_new(8, 8);
    ref_scene_triangle(s, -9, 0, 1, -9, 8, 1, -1, 0, 1);
    ref_scene_triangle(s, 9, 0, 1, 9, 8, 1, 16, 0, 1);
    ref_scene_triangle(s, 0, -9, 1, 0, -1, 1, 8, -9, 1);
    ref_scene_triangle(s, 0, 9, 1, 0, 16, 1, 8, 9, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->counts.covered, 0, "got %u", s->counts.covered);
    cr_assert_eq(s->counts.rejected, 0);
    ref_scene_free(s);
}

/* Rejected: behind the camera, before the near plane, in the camera's plane, beyond the guard
 * band, back faces among them. Kept: exactly at the near plane, exactly at the guard band. */
Test(ref, triangles_outside_are_rejected_and_counted) {
    ref_scene *s = ref_scene_new(8, 8);
    double guard = FM_GUARD / 16.0;
    ref_scene_triangle(s, 0, 0, 1, 0, 8, -1, 8, 0, 1);
    ref_scene_triangle(s, 0, 0, 1, 8, 0, 1.0 / 128, 0, 8, 1);
    ref_scene_triangle(s, 0, 0, 0, 0, 8, 0, 8, 0, 0);
    ref_scene_triangle(s, 0, 0, 1, 0, guard + 0.125, 1, 8, 0, 1);
    ref_scene_triangle(s, 0, 0, 1, 0, 8, 1, -guard - 0.125, 0, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->counts.covered, 0, "got %u", s->counts.covered);
    cr_assert_eq(s->counts.rejected, 5, "got %u", s->counts.rejected);
    ref_scene_triangle(s, 0, 0, 1, 0, guard, 1, guard, 0, 1);
    ref_scene_triangle(s, 0, 0, 1.0 / 64, 0, 8, 1, 8, 0, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(s->counts.covered, 64, "got %u", s->counts.covered);
    cr_assert_eq(s->counts.rejected, 5, "got %u", s->counts.rejected);
    ref_scene_free(s);
}

Test(ref, backgrounds_are_coloured_or_transparent) {
    ref_scene *s = ref_scene_new(2, 1);
    memcpy(s->camera.background, (const uint8_t[3]){1, 2, 3}, 3);
    ref_scene_triangle(s, 0, -8, 1, 0, 8, 1, 1, 0, 1);
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_arr_eq(ref_scene_pixel(s, 1, 0), ((const uint8_t[3]){1, 2, 3}), 3);
    s->camera.transparent = true;
    ref_scene_render(s, NULL, NULL, 0.0F);
    cr_assert_eq(ref_scene_pixel(s, 0, 0)[3], 255);
    cr_assert_arr_eq(ref_scene_pixel(s, 1, 0), ((const uint8_t[4]){0, 0, 0, 0}), 4);
    ref_scene_free(s);
}

/* Random soup with extreme and equal corners: every pixel that no triangle covers keeps the
 * background, every other is between ambient light on grey, 107, and all light on grey, 209. A
 * NaN anywhere would land outside. */
Test(ref, soups_of_wild_triangles_stay_in_range) {
    uint64_t seed = fm_test_seed(), random = seed;
    const double wild[6] = {0.015625, 0.5, 1, 3, 1e4, 1e20};
    ref_scene *s = ref_scene_new(32, 32);
    s->camera.cull = false;
    for (int i = 0; i < 300; i++) {
        double c[9];
        for (int k = 0; k < 9; k++) {
            c[k] = k % 3 < 2 ? (double)fm_test_uniform(&random, -40.0F, 72.0F)
                             : wild[fm_test_next(&random) % 6];
        }
        if (i % 7 == 0) {
            memcpy(c + 6, c + 3, 3 * sizeof *c);
        }
        ref_scene_triangle(s, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]);
    }
    ref_scene_render(s, NULL, NULL, 0.37F);
    for (uint32_t i = 0; i < 32 * 32; i++) {
        uint8_t got = s->pixels[i * 3];
        bool drawn = s->owner[i] != UINT32_MAX;
        cr_assert(drawn ? got >= 107 && got <= 209 : got == 255, "seed %llu: pixel %u,%u: got %d",
                  (unsigned long long)seed, i % 32, i / 32, got);
    }
    ref_scene_free(s);
}
