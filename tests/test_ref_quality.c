/* SPDX-License-Identifier: MIT */
/* The reference's trilinear filter and its 4 samples a pixel, against values worked out by hand. */
#include "ref_scene.h"

TestSuite(ref_quality, .timeout = 60);

static const double towards_camera[3] = {0, 0, 1};

/* ---- trilinear ---- */

static void assert_texel(const ref_scene *s, uint32_t x, uint32_t y, const double n[3], double w,
                         double texel) {
    int want = ref_scene_byte(ref_scene_lit(s, x, y, n, w, texel / 255.0));
    int got = ref_scene_pixel(s, x, y)[0];
    cr_assert_eq(got, want, "pixel %u,%u: got %d, want %d", x, y, got, want);
}

/* A square of `side` pixels that shows 9 x 9 texels times `share` of one axis, with levels of 40,
 * 90, 140, ...; asserts the level that pixel (0, 0) shows. */
static void assert_level(double side, float share, double want) {
    fmi_ref_texture t;
    ref_scene_level_marks(&t, 9, 50);
    ref_scene *s = ref_scene_new(16, 16);
    s->camera.trilinear = true;
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, 1, 0, 1);
    uint32_t b = ref_scene_vertex_uv(s, 0, side, 1, 0, 1.0F - share);
    ref_scene_face(s, a, b, ref_scene_vertex_uv(s, side, 0, 1, 1, 1));
    ref_scene_render(s, &t, &t, 0.0F);
    assert_texel(s, 0, 0, towards_camera, 1.0, 40.0 + 50.0 * want);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* 8 texels over `side` pixels are level log2(8 / side); both axes count alike. */
Test(ref_quality, trilinear_level_is_half_the_logarithm_of_the_area) {
    assert_level(16.0, 1.0F, 0.0);
    assert_level(8.0, 1.0F, 0.0);
    assert_level(5.0, 1.0F, log2(8.0 / 5.0));
    assert_level(4.0, 1.0F, 1.0);
    assert_level(2.5, 1.0F, log2(8.0 / 2.5));
    assert_level(4.0, 0.5F, 0.5);
    assert_level(2.0, 0.25F, 1.0);
}

/* Uvs along a line, or at a point, have no area: level 0, not a level that depends on rounding. */
Test(ref_quality, trilinear_without_texel_area_takes_level_0) {
    assert_level(2.0, 0.0F, 0.0);
}

Test(ref_quality, trilinear_ends_at_the_last_level) {
    fmi_ref_texture t;
    ref_scene_level_marks(&t, 3, 50);
    ref_scene *s = ref_scene_new(1, 1);
    s->camera.trilinear = true;
    uint32_t a = ref_scene_vertex_uv(s, 0.5, 0.5, 1, -1000, 1000);
    uint32_t b = ref_scene_vertex_uv(s, 0.5, 0.5625, 1, -1000, -1000);
    ref_scene_face(s, a, b, ref_scene_vertex_uv(s, 0.5625, 0.5, 1, 1000, 1000));
    ref_scene_render(s, &t, &t, 0.0F);
    assert_texel(s, 0, 0, towards_camera, 1.0, 140.0);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* 7 texel steps over 4 pixels, a ramp of 30 a texel whose level 1 is 15, 75, 135, 195: each level
 * is sampled at its own centres, then both are blended. */
Test(ref_quality, trilinear_blends_the_samples_of_two_levels) {
    uint8_t rgb[192];
    for (int i = 0; i < 64; i++) {
        memset(rgb + i * 3, 30 * (i % 8), 3);
    }
    fm_image image = {rgb, 8, 8, 3, 24};
    ref_scene *s = ref_scene_new(4, 4);
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, 1, 0, 1), c = ref_scene_vertex_uv(s, 4, 4, 1, 1, 0);
    ref_scene_face(s, a, ref_scene_vertex_uv(s, 0, 4, 1, 0, 0), c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, 4, 0, 1, 1, 1));
    s->camera.trilinear = true;
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 8, 8, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    for (uint32_t x = 0; x < 4; x++) {
        double x0 = (x + 0.5) / 4.0 * 7.0, x1 = fmin(fmax((x0 + 0.5) / 2.0 - 0.5, 0.0), 3.0);
        double share = log2(7.0 / 4.0);
        double texel = (1.0 - share) * 30.0 * x0 + share * (15.0 + 60.0 * x1);
        assert_texel(s, x, 1, towards_camera, 1.0, texel);
    }
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* A slanted quad, left side 48 pixels high at w = 1, right side 12 pixels high at w = 4. With s the
 * share of the way on the screen, u = s / (4 - 3 s), so du/dx = 4 / (4 - 3 s)^2 / 48, and v takes
 * 48 - 36 s pixels. 256 x 256 texels: levels 1.4 to 4.4 from left to right. */
Test(ref_quality, trilinear_level_follows_the_perspective) {
    fmi_ref_texture t;
    ref_scene_level_marks(&t, 257, 20);
    ref_scene *s = ref_scene_new(64, 64);
    uint32_t a = ref_scene_vertex_uv(s, 8, 8, 1, 0, 1), b = ref_scene_vertex_uv(s, 8, 56, 1, 0, 0);
    uint32_t c = ref_scene_vertex_uv(s, 56, 38, 4, 1, 0);
    ref_scene_face(s, a, b, c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, 56, 26, 4, 1, 1));
    s->camera.trilinear = true;
    ref_scene_render(s, &t, &t, 0.0F);
    double length = sqrt(9.0 + 1.875 * 1.875);
    const double n[3] = {3.0 / length, 0, 1.875 / length};
    uint32_t seen = 0;
    for (uint32_t i = 0; i < 64 * 64; i++) {
        if (s->owner[i] == UINT32_MAX) {
            continue;
        }
        double share = (i % 64 + 0.5 - 8.0) / 48.0, ahead = 4.0 - 3.0 * share;
        double texels = 256.0 * 256.0 * 4.0 / (ahead * ahead * 48.0 * (48.0 - 36.0 * share));
        assert_texel(s, i % 64, i / 64, n, 4.0 / ahead, 40.0 + 20.0 * 0.5 * log2(texels));
        seen++;
    }
    cr_assert_eq(seen, 48 * 30, "got %u pixels", seen);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* ---- 4 samples ---- */

/* A front-facing rectangle from (0, 0) at distance w. */
static uint32_t rectangle(ref_scene *s, double width, double height, double w) {
    uint32_t a = ref_scene_vertex(s, 0, 0, w), c = ref_scene_vertex(s, width, height, w);
    uint32_t first = ref_scene_face(s, a, ref_scene_vertex(s, 0, height, w), c);
    ref_scene_face(s, a, c, ref_scene_vertex(s, width, 0, w));
    return first;
}

/* The byte of grey 0.7 at pixel (0, 0), at its centre. */
static int grey(const ref_scene *s, double w) {
    return ref_scene_byte(ref_scene_lit(s, 0, 0, towards_camera, w, (double)FM_GREY));
}

static int mean(int sum) {
    return (sum + 2) / 4;
}

/* The samples are at 6, 14, 2 and 10 sixteenths in x and at 2, 6, 10 and 14 in y: a strip that
 * ends at k sixteenths, which it does not own, covers those before k. */
static void assert_strip(uint32_t k, bool upright, bool transparent) {
    int samples = (k > 2) + (k > 6) + (k > 10) + (k > 14);
    ref_scene *s = ref_scene_new(1, 1);
    s->camera.samples = 4;
    s->camera.transparent = transparent;
    rectangle(s, upright ? k / 16.0 : 1.0, upright ? 1.0 : k / 16.0, 1.0);
    ref_scene_render(s, NULL, NULL, 0.0F);
    int want = transparent ? (samples > 0 ? grey(s, 1.0) : 0) /* straight alpha */
                           : mean(samples * grey(s, 1.0) + 255 * (4 - samples));
    cr_assert_eq(s->pixels[0], want, "%u/16: got %d, want %d", k, s->pixels[0], want);
    cr_assert(!transparent || s->pixels[3] == mean(255 * samples), "%u/16: alpha %d", k,
              s->pixels[3]);
    cr_assert_eq(s->counts.covered, samples > 0, "%u/16: covered %u", k, s->counts.covered);
    cr_assert_eq(s->owner[0] != UINT32_MAX, samples > 0);
    ref_scene_free(s);
}

Test(ref_quality, samples_lie_on_a_rotated_grid) {
    for (uint32_t k = 1; k <= 16; k++) {
        assert_strip(k, true, false);
        assert_strip(k, false, false);
        assert_strip(k, true, true);
    }
}

/* Which column goes with which row: quarters of the pixel hold one sample each. Upper left (6, 2),
 * upper right (14, 6), lower left (2, 10), lower right (10, 14). */
Test(ref_quality, each_sample_has_its_own_row_and_column) {
    const double corner[4][2] = {{7, 3}, {15, 7}, {3, 11}, {11, 15}};
    for (int i = 0; i < 4; i++) {
        ref_scene *s = ref_scene_new(1, 1);
        s->camera.samples = 4;
        double x = corner[i][0] / 16.0, y = corner[i][1] / 16.0, size = 2.0 / 16.0;
        uint32_t a = ref_scene_vertex(s, x - size, y - size, 1), c = ref_scene_vertex(s, x, y, 1);
        ref_scene_face(s, a, ref_scene_vertex(s, x - size, y, 1), c);
        ref_scene_face(s, a, c, ref_scene_vertex(s, x, y - size, 1));
        ref_scene_render(s, NULL, NULL, 0.0F);
        int want = mean(grey(s, 1.0) + 3 * 255);
        cr_assert_eq(s->pixels[0], want, "sample %d: got %d, want %d", i, s->pixels[0], want);
        ref_scene_free(s);
    }
}

/* A strip up to 8/16 in front of the far square hides it in two samples. */
Test(ref_quality, depth_is_per_sample) {
    for (int order = 0; order < 2; order++) {
        ref_scene *s = ref_scene_new(1, 1);
        s->camera.samples = 4;
        uint32_t first = rectangle(s, order == 0 ? 1.0 : 0.5, 1.0, order == 0 ? 4.0 : 1.0);
        uint32_t second = rectangle(s, order == 0 ? 0.5 : 1.0, 1.0, order == 0 ? 1.0 : 4.0);
        ref_scene_render(s, NULL, NULL, 0.0F);
        int want = mean(2 * grey(s, 1.0) + 2 * grey(s, 4.0));
        cr_assert_eq(s->pixels[0], want, "got %d, want %d", s->pixels[0], want);
        uint32_t near = order == 0 ? second : first;
        cr_assert(s->owner[0] == near || s->owner[0] == near + 1, "owner %u", s->owner[0]);
        ref_scene_free(s);
    }
}

/* A rectangle from (0, 0) that shows one column of the texture. */
static void coloured(ref_scene *s, double width, double w, float u) {
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, w, u, 0),
             c = ref_scene_vertex_uv(s, width, 1, w, u, 0);
    ref_scene_face(s, a, ref_scene_vertex_uv(s, 0, 1, w, u, 0), c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, width, 0, w, u, 0));
}

/* Three samples of a pixel are covered, one of them by a darker strip in front: alpha is three
 * quarters, colour the mean of the three. */
Test(ref_quality, transparent_edges_are_not_premultiplied) {
    const uint8_t rgb[6] = {40, 40, 40, 200, 200, 200};
    fm_image image = {rgb, 2, 1, 3, 6};
    ref_scene *s = ref_scene_new(1, 1);
    coloured(s, 11.0 / 16.0, 4.0, 1.0F);
    coloured(s, 3.0 / 16.0, 1.0, 0.0F);
    s->camera.samples = 4;
    s->camera.transparent = true;
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 2, 1, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    int dark = ref_scene_byte(ref_scene_lit(s, 0, 0, towards_camera, 1.0, 40.0 / 255.0));
    int light = ref_scene_byte(ref_scene_lit(s, 0, 0, towards_camera, 4.0, 200.0 / 255.0));
    int want = (dark + 2 * light + 1) / 3;
    for (int k = 0; k < 3; k++)
        cr_assert_eq(s->pixels[k], want, "channel %d: got %d, want %d", k, s->pixels[k], want);
    cr_assert_eq(s->pixels[3], mean(3 * 255));
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* A strip of 4/16 of a pixel, left side at w = 1, right side at w = 1.25, u from 0 to 0.3. One
 * sample is covered. At the centre, twice as far, its plane has 1/w = 0.6, which is less than 0.8
 * at its right side: w is 1.25, and u, 0.3 x 0.8 x 2 x 1.25, is 0.6. */
Test(ref_quality, colour_is_taken_at_a_centre_that_is_not_covered) {
    const uint8_t rgb[6] = {40, 40, 40, 200, 200, 200};
    fm_image image = {rgb, 2, 1, 3, 6};
    ref_scene *s = ref_scene_new(1, 1);
    uint32_t a = ref_scene_vertex_uv(s, 0, 0, 1, 0, 1);
    uint32_t c = ref_scene_vertex_uv(s, 0.25, 1, 1.25, 0.3F, 0);
    ref_scene_face(s, a, ref_scene_vertex_uv(s, 0, 1, 1, 0, 0), c);
    ref_scene_face(s, a, c, ref_scene_vertex_uv(s, 0.25, 0, 1.25, 0.3F, 1));
    s->camera.samples = 4;
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 2, 1, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    double across = 0.1875 / 64.0, length = sqrt(0.25 * 0.25 + across * across);
    const double n[3] = {0.25 / length, 0, across / length};
    int colour = ref_scene_byte(ref_scene_lit(s, 0, 0, n, 1.25, 136.0 / 255.0));
    int want = mean(colour + 3 * 255);
    cr_assert_eq(s->pixels[0], want, "got %d, want %d", s->pixels[0], want);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}

/* A full turn of triangles around a pixel centre: every sample belongs to exactly one of them. */
Test(ref_quality, shared_edges_hit_every_sample_once) {
    ref_scene *s = ref_scene_new(16, 16);
    s->camera.samples = 4;
    s->camera.transparent = true;
    uint32_t hits[256] = {0}, centre = ref_scene_vertex(s, 8.5, 8.5, 1), rim[24];
    for (uint32_t i = 0; i < 24; i++) {
        double angle = i * 2.0 * 3.14159265358979 / 24.0;
        rim[i] = ref_scene_vertex(s, 8.5 + floor(112 * cos(angle) + 0.5) / 16.0,
                                  8.5 - floor(112 * sin(angle) + 0.5) / 16.0, 1);
    }
    fmi_ref_mesh all = s->mesh;
    for (uint32_t i = 0; i < 24; i++) {
        s->mesh.triangle_count = 0;
        ref_scene_face(s, centre, rim[i], rim[(i + 1) % 24]);
        ref_scene_render(s, NULL, NULL, 0.0F);
        for (uint32_t p = 0; p < 256; p++) {
            hits[p] += (s->pixels[p * 4 + 3] + 32U) / 64U;
        }
    }
    s->mesh = all;
    for (uint32_t p = 0; p < 256; p++) {
        double x = p % 16 - 8.0, y = p / 16 - 8.0;
        cr_assert(hits[p] == 4 || x * x + y * y > 36.0, "pixel %u: got %u hits, want 4", p,
                  hits[p]);
        cr_assert_leq(hits[p], 4, "pixel %u: got %u hits", p, hits[p]);
    }
    ref_scene_free(s);
}

/* White under the light passes 1; a pixel counts once, by however many samples. */
Test(ref_quality, clipped_pixels_are_counted_once) {
    const uint8_t white[3] = {255, 255, 255};
    fm_image image = {white, 1, 1, 3, 3};
    ref_scene *s = ref_scene_new(4, 4);
    s->camera.samples = 4;
    rectangle(s, 2.25, 4.0, 1.0);
    fmi_ref_texture t;
    fm_error err;
    fm_assert_ok(fmi_ref_texture_make(&t, &s->mesh, &image, true, 1, 1, NULL, &err), err);
    ref_scene_render(s, &t, &t, 0.0F);
    cr_assert_eq(s->counts.clipped, 12, "got %u", s->counts.clipped);
    cr_assert_eq(s->counts.covered, 12, "got %u", s->counts.covered);
    ref_scene_free(s);
    fmi_ref_texture_free(&t);
}
