/* SPDX-License-Identifier: MIT */
/* The reference's textures: fill, resize, mips, look-up, against pictures worked out by hand. */
#include "ref_scene.h"

TestSuite(ref_texture, .timeout = 60);

/* A grey picture from a list of values. */
static fm_image grey_image(const uint8_t *values, uint32_t width, uint32_t height, uint8_t *rgb) {
    for (uint32_t i = 0; i < width * height; i++) {
        memset(rgb + i * 3, values[i], 3);
    }
    return (fm_image){rgb, width, height, 3, width * 3};
}

static void assert_level(const fmi_ref_texture *t, uint32_t level, const uint8_t *want) {
    for (uint32_t i = 0; i < t->width[level] * t->height[level]; i++) {
        for (int c = 0; c < 3; c++) {
            uint8_t got = t->level[level][i * 3 + c];
            cr_assert_eq(got, want[i], "level %u, texel %u, channel %d: got %d, want %d", level, i,
                         c, got, want[i]);
        }
    }
}

/* 5 x 3 -> 3 x 2 -> 2 x 1 -> 1 x 1; (sum + 2) >> 2, odd edges count twice. */
Test(ref_texture, mips_are_boxes_with_repeated_edges) {
    const uint8_t values[15] = {0, 1, 100, 200, 40, 0, 0, 104, 208, 44, 7, 8, 20, 30, 255};
    const uint8_t level1[6] = {0, 153, 42, 8, 25, 255};
    const uint8_t level2[2] = {47, 149};
    const uint8_t level3[1] = {98};
    uint8_t rgb[45];
    fm_image image = grey_image(values, 5, 3, rgb);
    fmi_ref_mesh mesh = {0};
    fmi_ref_texture t;
    fm_error err;
    uint64_t filled = 99;
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, true, 5, 3, &filled, &err), err);
    cr_assert_eq(t.mips, 4, "got %u", t.mips);
    cr_assert_eq(filled, 0, "keep_background filled %llu", (unsigned long long)filled);
    assert_level(&t, 0, values);
    assert_level(&t, 1, level1);
    assert_level(&t, 2, level2);
    assert_level(&t, 3, level3);
    fmi_ref_texture_free(&t);
    cr_assert_eq(t.mips, 0);
}

/* A triangle in a 9 x 9 picture: its corners are texels (3,3), (5,3) and (3,5), so it holds the 6
 * texels with x + y <= 8 from (3,3) on. Grown by 8 neighbours these are the 22 below. Dark texels
 * outside become the mean of the rest. */
Test(ref_texture, fill_replaces_dark_texels_outside_the_footprint) {
    enum { W = 9 };
    const char *const footprint[W] = {".........", ".........", "..#####..",
                                      "..#####..", "..#####..", "..####...",
                                      "..###....", ".........", "........."};
    uint8_t rgb[W * W * 4];
    float uvs[6];
    const uint32_t corner[3][2] = {{3, 3}, {5, 3}, {3, 5}}, triangle[3] = {0, 1, 2};
    for (int k = 0; k < 3; k++) {
        uvs[k * 2] = (float)corner[k][0] / (W - 1);
        uvs[k * 2 + 1] = 1.0F - (float)corner[k][1] / (W - 1);
    }
    /* Dark but for two corners: above 25 in one channel, and bright. */
    for (int i = 0; i < W * W; i++) {
        memcpy(rgb + i * 4, (const uint8_t[4]){10, 25, 0, 200}, 4);
    }
    memcpy(rgb + (W * W - 1) * 4, (const uint8_t[3]){0, 0, 26}, 3);
    memcpy(rgb + (W * W - W) * 4, (const uint8_t[3]){250, 240, 231}, 3);

    fm_image image = {rgb, W, W, 4, W * 4};
    fmi_ref_mesh mesh = {.uvs = uvs, .triangles = triangle, .vertex_count = 3, .triangle_count = 1};
    fmi_ref_texture t;
    fm_error err;
    uint64_t filled = 0;
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, false, W, W, &filled, &err), err);
    /* 22 texels of the footprint and the 2 others stay: R (220 + 250) / 24 = 19.58,
     * G (550 + 240) / 24 = 32.92, B (26 + 231) / 24 = 10.71. */
    const uint8_t mean[3] = {20, 33, 11};
    cr_assert_eq(filled, 81 - 24, "got %llu", (unsigned long long)filled);
    for (uint32_t y = 0; y < W; y++) {
        for (uint32_t x = 0; x < W; x++) {
            bool kept = footprint[y][x] == '#' || (y == W - 1 && (x == 0 || x == W - 1));
            const uint8_t *want = kept ? rgb + (y * W + x) * 4 : mean;
            const uint8_t *got = t.level[0] + (y * W + x) * 3;
            cr_assert_arr_eq(got, want, 3, "texel %u,%u: got %d %d %d, want %d %d %d", x, y, got[0],
                             got[1], got[2], want[0], want[1], want[2]);
        }
    }
    fmi_ref_texture_free(&t);
}

Test(ref_texture, fill_uses_skin_when_nothing_remains) {
    const uint8_t values[4] = {0, 25, 3, 4};
    uint8_t rgb[12];
    fm_image image = grey_image(values, 2, 2, rgb);
    fmi_ref_mesh mesh = {0};
    fmi_ref_texture t;
    fm_error err;
    uint64_t filled = 0;
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, false, 2, 2, &filled, &err), err);
    cr_assert_eq(filled, 4);
    for (int i = 0; i < 4; i++) {
        cr_assert_arr_eq(t.level[0] + i * 3, ((const uint8_t[3]){191, 166, 140}), 3);
    }
    fmi_ref_texture_free(&t);
}

/* Half-pixel centres, clamped: 2 -> 4 texels look at -0.25, 0.25, 0.75, 1.25. */
Test(ref_texture, resize_is_bilinear_with_half_pixel_centres) {
    const uint8_t values[2] = {0, 255}, wide[4] = {0, 64, 191, 255}, narrow[1] = {128};
    const uint8_t tall[6] = {0, 255, 0, 255, 0, 255};
    uint8_t rgb[6];
    fm_image image = grey_image(values, 2, 1, rgb);
    fmi_ref_mesh mesh = {0};
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, true, 4, 1, NULL, &err), err);
    assert_level(&t, 0, wide);
    fmi_ref_texture_free(&t);
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, true, 1, 1, NULL, &err), err);
    assert_level(&t, 0, narrow);
    fmi_ref_texture_free(&t);
    fm_assert_ok(fmi_ref_texture_make(&t, &mesh, &image, true, 2, 3, NULL, &err), err);
    assert_level(&t, 0, tall);
    fmi_ref_texture_free(&t);
}

/* Levels of 40, 90, 140, ... */
static void level_marks(fmi_ref_texture *t, uint32_t size) {
    ref_scene_level_marks(t, size, 50);
}

/* A right triangle of `side` pixels that shows 9 x 9 texels times `share` of one axis; half of the
 * 8 x 8 texel square is 32. Returns the level that pixel (0, 0) shows. */
static uint32_t level_of(double side, float share) {
    fmi_ref_texture t;
    level_marks(&t, 9);
    cr_assert_eq(t.mips, 5); /* 9, 5, 3, 2, 1 */
    ref_scene *s = ref_scene_new(16, 16);
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, 1, 0, 1);
    uint32_t b = ref_scene_vertex_uv(s, 0, side, 1, 0, 1.0F - share);
    ref_scene_face(s, a, b, ref_scene_vertex_uv(s, side, 0, 1, 1, 1));
    ref_scene_render(s, &t, &t, 0.0F);
    uint32_t found = UINT32_MAX;
    for (uint32_t level = 0; level < 5; level++) {
        const double n[3] = {0, 0, 1};
        if (ref_scene_byte(ref_scene_lit(s, 0, 0, n, 1.0, (40 + 50 * level) / 255.0)) ==
            s->pixels[0]) {
            found = level;
        }
    }
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
    return found;
}

/* Level k while texel area <= 2 x 4^k x screen area. Texel area 32: the screen area is side^2 / 2,
 * so level 0 from side^2 = 32 up, level 1 from 8, level 2 from 2, level 3 from 0.5. With half the
 * texels, 16, a side of 4 is a tie and stays at level 0. */
Test(ref_texture, nearest_mip_is_chosen_by_area) {
    cr_assert_eq(level_of(16.0, 1.0F), 0);
    cr_assert_eq(level_of(91 / 16.0, 1.0F), 0);
    cr_assert_eq(level_of(90 / 16.0, 1.0F), 1);
    cr_assert_eq(level_of(46 / 16.0, 1.0F), 1);
    cr_assert_eq(level_of(45 / 16.0, 1.0F), 2);
    cr_assert_eq(level_of(23 / 16.0, 1.0F), 2);
    cr_assert_eq(level_of(22 / 16.0, 1.0F), 3);
    cr_assert_eq(level_of(4.0, 0.5F), 0);
    cr_assert_eq(level_of(63 / 16.0, 0.5F), 1);
}

/* The last level is the end, however small the triangle. */
Test(ref_texture, nearest_mip_ends_at_the_last_level) {
    fmi_ref_texture t;
    level_marks(&t, 3);
    ref_scene *s = ref_scene_new(1, 1);
    uint32_t a = ref_scene_vertex_uv(s, 0.5, 0.5, 1, -1000, 1000);
    uint32_t b = ref_scene_vertex_uv(s, 0.5, 0.5625, 1, -1000, -1000);
    ref_scene_face(s, a, b, ref_scene_vertex_uv(s, 0.5625, 0.5, 1, 1000, 1000));
    ref_scene_render(s, &t, &t, 0.0F);
    const double n[3] = {0, 0, 1};
    cr_assert_eq(s->pixels[0], ref_scene_byte(ref_scene_lit(s, 0, 0, n, 1.0, 140 / 255.0)),
                 "got %d", s->pixels[0]);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* A square over the whole picture with given uvs at its left, right, bottom and top. */
static ref_scene *square(uint32_t size, float u0, float u1, float v0, float v1) {
    ref_scene *s = ref_scene_new(size, size);
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, 1, u0, v1);
    uint32_t b = ref_scene_vertex_uv(s, 0, size, 1, u0, v0);
    uint32_t c = ref_scene_vertex_uv(s, size, size, 1, u1, v0);
    ref_scene_face(s, a, b, c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, size, 0, 1, u1, v1));
    return s;
}

/* u and v from -1 to 2 over 12 pixels, a 2 x 2 picture: the outer thirds show the border texels,
 * the middle one runs from texel to texel. v = 1 is the first row. */
Test(ref_texture, uvs_outside_show_the_border) {
    const uint8_t values[4] = {30, 60, 90, 210};
    uint8_t rgb[12];
    fm_image image = grey_image(values, 2, 2, rgb);
    ref_scene *s = square(12, -1, 2, -1, 2);
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 2, 2, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    for (uint32_t y = 0; y < 12; y++) {
        for (uint32_t x = 0; x < 12; x++) {
            double fx = fmin(fmax((x + 0.5) / 4.0 - 1.0, 0.0), 1.0);
            double fy = fmin(fmax((y + 0.5) / 4.0 - 1.0, 0.0), 1.0);
            double texel = (1 - fy) * (30 + fx * 30) + fy * (90 + fx * 120);
            const double n[3] = {0, 0, 1};
            int want = ref_scene_byte(ref_scene_lit(s, x, y, n, 1.0, texel / 255.0)),
                got = ref_scene_pixel(s, x, y)[0];
            cr_assert(abs(got - want) <= 0, "pixel %u,%u: got %d, want %d", x, y, got, want);
        }
    }
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* u is clamped, not only the position: 5 x 5 texels at level 1, 3 x 3, where u = 1 is at 1.75 of 2.
 * Three times 4 texels over 6 pixels: 72 > 2 x 18. */
Test(ref_texture, uvs_outside_are_clamped_before_the_level) {
    uint8_t values[25], rgb[75];
    for (int i = 0; i < 25; i++) {
        values[i] = (uint8_t)(i % 5 < 4 ? 40 : 240);
    }
    fm_image image = grey_image(values, 5, 5, rgb);
    ref_scene *s = square(6, -1, 2, -1, 2);
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 5, 5, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    const double n[3] = {0, 0, 1};
    int want = ref_scene_byte(ref_scene_lit(s, 5, 3, n, 1.0, (40 + 0.75 * 200) / 255.0));
    int got = ref_scene_pixel(s, 5, 3)[0];
    cr_assert_eq(got, want, "got %d, want %d", got, want);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* 8 texels over 4 pixels is level 1 (49 <= 2 x 4 x 16, > 2 x 16), whose texel i lies over texels
 * 2 i and 2 i + 1 of level 0: position (x0 + 0.5) / 2 - 0.5. */
Test(ref_texture, smaller_levels_are_sampled_at_their_own_centres) {
    uint8_t values[64], rgb[192];
    for (int i = 0; i < 64; i++) {
        values[i] = (uint8_t)(30 * (i % 8));
    }
    fm_image image = grey_image(values, 8, 8, rgb);
    ref_scene *s = square(4, 0, 1, 0, 1);
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 8, 8, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    for (uint32_t x = 0; x < 4; x++) {
        double x0 = (x + 0.5) / 4.0 * 7.0, x1 = fmin(fmax((x0 + 0.5) / 2.0 - 0.5, 0.0), 3.0);
        double texel = 15.0 + 60.0 * x1; /* level 1 is 15, 75, 135, 195 */
        const double n[3] = {0, 0, 1};
        int want = ref_scene_byte(ref_scene_lit(s, x, 1, n, 1.0, texel / 255.0)),
            got = ref_scene_pixel(s, x, 1)[0];
        cr_assert_eq(got, want, "pixel %u: got %d, want %d", x, got, want);
    }
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

Test(ref_texture, both_pictures_are_blended_by_t) {
    const uint8_t dark = 40, bright = 200;
    uint8_t rgb[2][3];
    fm_image a = grey_image(&dark, 1, 1, rgb[0]), b = grey_image(&bright, 1, 1, rgb[1]);
    ref_scene *s = square(1, 0, 1, 0, 1);
    fmi_ref_texture ta, tb;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&ta, &s->mesh, &a, true, 1, 1, NULL, &err), err);
    fm_assert_ok(fmi_ref_texture_make(&tb, &s->mesh, &b, true, 1, 1, NULL, &err), err);
    const float t[3] = {0.0F, 0.25F, 1.0F};
    const double texel[3] = {40, 80, 200}, n[3] = {0, 0, 1};
    for (int i = 0; i < 3; i++) {
        ref_scene_render(s, &ta, &tb, t[i]);
        int want = ref_scene_byte(ref_scene_lit(s, 0, 0, n, 1.0, texel[i] / 255.0));
        cr_assert_eq(s->pixels[0], want, "t = %g: got %d, want %d", (double)t[i], s->pixels[0],
                     want);
    }
    ref_scene_free(s);
    fmi_ref_texture_free(&ta);
    fmi_ref_texture_free(&tb);
}

/* White under the light: 1.1 + 0.05 > 1. A texel of 180 comes to at most 0.83. */
Test(ref_texture, clipped_pixels_are_counted) {
    const uint8_t white = 255, grey = 180;
    uint8_t rgb[2][3];
    fm_image bright = grey_image(&white, 1, 1, rgb[0]), dull = grey_image(&grey, 1, 1, rgb[1]);
    ref_scene *s = square(4, 0, 1, 0, 1);
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &bright, true, 1, 1, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    cr_assert_eq(s->counts.clipped, 16, "got %u", s->counts.clipped);
    cr_assert_eq(s->pixels[0], 255);
    fmi_ref_texture_free(&t);
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &dull, true, 1, 1, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    cr_assert_eq(s->counts.clipped, 0, "got %u", s->counts.clipped);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* A slanted quad, left side at w = 1, right side at w = 4, exact on the grid. In the picture 1/w is
 * linear in x, so the share of the way from left to right is u = s / (4 - 3 s), s the share on the
 * screen, and w = 4 / (4 - 3 s). The plane's normal is (3, 0, 1.875) made unit length. */
Test(ref_texture, attributes_are_perspective_correct) {
    enum { W = 256 };
    static uint8_t values[W * W], rgb[W * W * 3];
    for (int i = 0; i < W * W; i++) {
        values[i] = (uint8_t)(i % W);
    }
    fm_image image = grey_image(values, W, W, rgb);
    ref_scene *s = ref_scene_new(64, 64);
    uint32_t a = ref_scene_vertex_uv(s, 8, 8, 1, 0, 1), b = ref_scene_vertex_uv(s, 8, 56, 1, 0, 0);
    uint32_t c = ref_scene_vertex_uv(s, 56, 38, 4, 1, 0);
    ref_scene_face(s, a, b, c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, 56, 26, 4, 1, 1));
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, W, W, NULL, &err), err);
    t.mips = 1; /* level 0 only, so that the texel is 255 u */
    ref_scene_render(s, &t, &t, 0.0F);
    t.mips = 9;
    double length = sqrt(9.0 + 1.875 * 1.875);
    const double n[3] = {3.0 / length, 0, 1.875 / length};
    uint32_t seen = 0;
    for (uint32_t i = 0; i < 64 * 64; i++) {
        if (s->owner[i] == UINT32_MAX) {
            continue;
        }
        double share = (i % 64 + 0.5 - 8.0) / 48.0;
        double u = share / (4.0 - 3.0 * share), w = 4.0 / (4.0 - 3.0 * share);
        int want = ref_scene_byte(ref_scene_lit(s, i % 64, i / 64, n, w, u)),
            got = s->pixels[i * 3];
        cr_assert_eq(got, want, "pixel %u,%u: got %d, want %d", i % 64, i / 64, got, want);
        seen++;
    }
    cr_assert_eq(seen, 48 * 30, "got %u pixels", seen);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

Test(ref_texture, one_texture_or_two_sizes_are_refused) {
    fmi_ref_texture small, large;
    fm_error err;
    level_marks(&small, 2);
    level_marks(&large, 3);
    ref_scene *s = square(1, 0, 1, 0, 1);
    fm_assert_fails(
        fmi_ref_render(&s->mesh, &small, NULL, &s->camera, 0, s->pixels, NULL, NULL, &err),
        FM_ERROR_INVALID_ARGUMENT, err, "two textures");
    fm_assert_fails(
        fmi_ref_render(&s->mesh, &small, &large, &s->camera, 0, s->pixels, NULL, NULL, &err),
        FM_ERROR_INVALID_ARGUMENT, err, "one size");
    s->mesh.uvs = NULL;
    fm_assert_fails(
        fmi_ref_render(&s->mesh, &small, &small, &s->camera, 0, s->pixels, NULL, NULL, &err),
        FM_ERROR_INVALID_ARGUMENT, err, "UVs");
    ref_scene_free(s);
    fmi_ref_texture_free(&small);
    fmi_ref_texture_free(&large);
}
