/* SPDX-License-Identifier: MIT */
/* Frames of the device against the reference: shapes, sizes, tiles, formats. */
#include "raster_same.h"

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster, .timeout = 180);

static const uint32_t sizes[][2] = {{1, 1},   {3, 5},     {17, 33}, {64, 64},
                                    {65, 63}, {513, 511}, {8192, 8}};
static const float weights[3] = {0.0F, 0.37F, 1.0F};

static const uint32_t rgb_tiles[3] = {64, 16, 128}, rgba_tiles[3] = {32, 64, 32};

static void check_all(raster_scene *s, const char *name, fm_view view) {
    const raster_sizes all = {sizes, sizeof sizes / sizeof sizes[0], {rgb_tiles, rgba_tiles}, 3};
    raster_same_sizes(s, name, view, &all);
}

Test(raster, a_textured_ball_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 48, 32);
    raster_scene_textures(s, 200, 130, 90, 140);
    check_all(s, "textured ball", (fm_view){.yaw_degrees = 20.0F, .pitch_degrees = -15.0F});
}

Test(raster, a_grey_ball_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 1);
    raster_scene_ball(s, 33, 17);
    check_all(s, "grey ball", (fm_view){.fov_degrees = 90.0F, .distance = 1.5F});
}

Test(raster, shared_edges_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 2);
    raster_scene_sheet(s, 1500);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "sheet", (fm_view){.yaw_degrees = -25.0F});
}

Test(raster, a_soup_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 3);
    raster_scene_soup(s, 150, 1.0, 0.4);
    raster_scene_textures(s, 61, 47, 128, 128);
    check_all(s, "soup", (fm_view){0});
}

/* Every triangle is there twice with other uvs: the first of the two must show. */
Test(raster, ties_go_to_the_lower_triangle_like_in_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 10);
    raster_scene_soup(s, 100, 1.0, 0.4);
    raster_same_twice(s);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "ties", (fm_view){0});
}

Test(raster, a_soup_of_tiny_triangles_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 4);
    raster_scene_soup(s, 9000, 1.0, 0.01);
    raster_scene_textures(s, 32, 32, 32, 32);
    check_all(s, "tiny soup", (fm_view){0});
}

Test(raster, slivers_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 5);
    raster_scene_slivers(s, 400);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "slivers", (fm_view){0});
}

/* The camera stands inside the soup: triangles behind it, across the near plane, off the screen. */
Test(raster, triangles_behind_the_camera_are_rejected_like_in_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 6);
    raster_scene_soup(s, 400, 5.0, 1.0);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "inside the soup", (fm_view){.no_fit = true});
}

Test(raster, triangles_larger_than_the_screen_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 7);
    raster_same_huge(s);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "huge triangles", (fm_view){.no_fit = true});
}

/* A triangle that nearly fills the guard band and covers the whole picture. Its diagonal runs a
 * tile's width off the upper left corner, where edge values are as large as they get; t moves it.
 */
Test(raster, edges_as_long_as_the_guard_band_do_not_overflow) {
    const double far = FM_GUARD / 16.0 - 64.0, off[2] = {-280.0, -240.0};
    raster_scene *s = raster_scene_new(fm_test_seed() + 11);
    double corner[2][3][3] = {0};
    for (int shape = 0; shape < 2; shape++) {
        const double screen[3][2] = {
            {-far, off[shape] + far}, {far, far}, {off[shape] + far, -far}};
        for (int k = 0; k < 3; k++) {
            corner[shape][k][0] = (screen[k][0] - 64.0) / 64.0;
            corner[shape][k][1] = (64.0 - screen[k][1]) / 64.0;
        }
    }
    for (int k = 0; k < 3; k++) {
        raster_scene_corner(s, corner[0][k], corner[1][k], 0.5, 0.5);
    }
    raster_scene_polygon(s, 3);
    raster_scene_textures(s, 20, 20, 20, 20);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view,
                    .width = 128,
                    .height = 128,
                    .tile = 128,
                    .fov_degrees = 90.0F, /* focal length 64 pixels */
                    .distance = 1.0F,
                    .no_fit = true};
    float t[81];
    for (int i = 0; i < 81; i++) {
        t[i] = (float)i / 80.0F;
    }
    raster_frames frames = raster_scene_render(s, &view, t, 81);
    for (int i = 0; i < 81; i++) {
        cr_assert_eq(frames.covered[i], 128 * 128, "diagonal at %g: got %llu, want 16384",
                     off[0] + 0.5 * i, (unsigned long long)frames.covered[i]);
    }
    raster_frames_free(&frames);
    raster_scene_free(s);
}

Test(raster, nothing_on_the_screen_leaves_the_background) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 8);
    raster_scene_soup(s, 20, 0.5, 0.2);
    for (uint32_t i = 0; i < s->corner_count * 3; i += 3) {
        s->positions_a[i] += 50.0F;
        s->positions_b[i] += 50.0F;
    }
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 40, .height = 30, .no_fit = true};
    raster_frames frames = raster_scene_render(s, &view, weights, 3);
    for (size_t i = 0; i < 3 * frames.frame_bytes; i++) {
        cr_assert_eq(frames.pixels[i], 255, "byte %zu: got %d, want 255", i, frames.pixels[i]);
    }
    cr_assert_eq(frames.covered[0] + frames.covered[1] + frames.covered[2], 0);
    raster_frames_free(&frames);
    raster_scene_free(s);
}

/* A bright texture under the light passes 1 in many pixels; they are counted. */
Test(raster, clipped_pixels_are_counted_like_in_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 9);
    raster_scene_ball(s, 32, 16);
    raster_scene_textures(s, 40, 40, 40, 40);
    for (uint32_t i = 0; i < 40 * 40 * 3; i++) {
        ((uint8_t *)(uintptr_t)s->image_a.pixels)[i] = 250;
    }
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 130, .height = 70, .transparent = true};
    raster_scene_check(s, "bright ball", &view, weights, 3);
    raster_frames frames = raster_scene_render(s, &view, weights, 1);
    cr_assert_gt(frames.clipped[0], 500, "got %llu", (unsigned long long)frames.clipped[0]);
    raster_frames_free(&frames);
    raster_scene_free(s);
}
