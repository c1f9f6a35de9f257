/* SPDX-License-Identifier: MIT */
/* 4 samples a pixel and the trilinear filter on the device, both specialisations: the reference's
 * picture, and the same bytes for any batch, tile and rerun. */
#include "raster_same.h"

#include "engine_impl.h"

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster_quality, .timeout = 300);

static const fm_specialisation forms[2] = {FM_SPECIALISATION_CPU, FM_SPECIALISATION_GPU};
static const float weights[3] = {0.0F, 0.37F, 1.0F};

typedef struct quality {
    uint32_t samples;
    bool trilinear;
} quality;

static const quality qualities[3] = {{1, true}, {4, false}, {4, true}};

/* ---- the picture ---- */

static const uint32_t sizes[][2] = {{1, 1}, {47, 33}, {65, 63}, {301, 203}};

static void check_view(raster_scene *s, const char *name, fm_view *view, const quality *q) {
    view->samples = q->samples;
    view->trilinear = q->trilinear;
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        view->width = sizes[i][0];
        view->height = sizes[i][1];
        raster_scene_check(s, name, view, weights, 3);
    }
}

/* Every size and quality, as RGB on a colour with culling and as RGBA without. make adds the
 * triangles and textures. */
static void check_all(void (*make)(raster_scene *s), const char *name, fm_view view) {
    view.struct_size = sizeof view;
    view.background_set = true;
    memcpy(view.background, (const uint8_t[3]){255, 0, 128}, 3);
    view.batch = 2;
    for (int form = 0; form < 2; form++) {
        raster_scene *s = raster_scene_new(fm_test_seed());
        s->specialisation = forms[form];
        make(s);
        raster_scene_open(s);
        for (int q = 0; q < 3; q++) {
            for (int format = 0; format < 2; format++) {
                view.transparent = view.no_cull = format == 1;
                check_view(s, name, &view, &qualities[q]);
            }
        }
        raster_scene_free(s);
    }
}

static void make_ball(raster_scene *s) {
    raster_scene_ball(s, 48, 32);
    raster_scene_textures(s, 200, 130, 90, 140);
}

Test(raster_quality, a_textured_ball_equals_the_reference) {
    check_all(make_ball, "textured ball", (fm_view){.yaw_degrees = 20.0F, .pitch_degrees = -15.0F});
}

static void make_grey(raster_scene *s) {
    raster_scene_ball(s, 33, 17);
}

Test(raster_quality, a_grey_ball_equals_the_reference) {
    check_all(make_grey, "grey ball", (fm_view){.fov_degrees = 90.0F, .distance = 1.5F});
}

/* A soup of which every triangle is there twice with other uvs: crossings and ties. */
static void make_ties(raster_scene *s) {
    raster_scene_soup(s, 200, 1.0, 0.3);
    raster_same_twice(s);
    raster_scene_textures(s, 100, 60, 100, 60);
}

Test(raster_quality, a_crowd_with_ties_equals_the_reference) {
    check_all(make_ties, "ties", (fm_view){0});
}

static void make_slivers(raster_scene *s) {
    raster_scene_sheet(s, 1500);
    raster_scene_slivers(s, 300);
    raster_scene_textures(s, 64, 64, 64, 64);
}

Test(raster_quality, slivers_and_cut_sheets_equal_the_reference) {
    check_all(make_slivers, "sheet and slivers", (fm_view){.yaw_degrees = -25.0F});
}

static void make_tiny(raster_scene *s) {
    raster_scene_soup(s, 9000, 1.0, 0.01);
    raster_scene_textures(s, 32, 32, 32, 32);
}

Test(raster_quality, tiny_triangles_equal_the_reference) {
    check_all(make_tiny, "tiny soup", (fm_view){0});
}

/* The camera stands inside a soup with corners up to 1,000 units off. */
static void make_huge(raster_scene *s) {
    raster_scene_soup(s, 300, 5.0, 1.0);
    raster_same_huge(s);
    raster_scene_textures(s, 64, 64, 64, 64);
}

Test(raster_quality, huge_and_rejected_triangles_equal_the_reference) {
    check_all(make_huge, "inside the soup", (fm_view){.no_fit = true});
}

/* A bright texture under the light passes 1; a pixel counts once whatever its samples. */
static void make_bright(raster_scene *s) {
    raster_scene_ball(s, 32, 16);
    raster_scene_textures(s, 40, 40, 40, 40);
    memset((uint8_t *)(uintptr_t)s->image_a.pixels, 250, 40 * 40 * 3);
}

Test(raster_quality, clipped_pixels_are_counted_like_in_the_reference) {
    check_all(make_bright, "bright ball", (fm_view){0});
}

/* ---- the same bytes ---- */

/* Batches, tiles, reruns of both filters with 4 samples. */
static void check_bytes(fm_specialisation form) {
    static const uint32_t batches[3] = {3, 9, 0}, tiles[4] = {16, 48, 64, 0};
    const float t[9] = {0.0F, 0.125F, 0.25F, 0.375F, 0.5F, 0.625F, 0.75F, 0.875F, 1.0F};
    raster_scene *s = raster_same_crowd(fm_test_seed() + 1, form);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    view.batch = 1;
    view.samples = 4;
    view.trilinear = true;
    raster_frames want = raster_scene_render(s, &view, t, 9);
    for (int i = 0; i < 3; i++) {
        view.batch = batches[i];
        raster_same_again(s, "batch", view.batch, &view, t, 9, &want);
    }
    for (uint32_t i = 0; i < 10; i++) {
        raster_same_again(s, "rerun", i, &view, t, 9, &want);
    }
    for (int i = 0; i < 4; i++) {
        view.tile = tiles[i];
        raster_same_again(s, "tile", view.tile, &view, t, 9, &want);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_quality, the_cpu_form_gives_the_same_bytes) {
    check_bytes(FM_SPECIALISATION_CPU);
}

Test(raster_quality, the_gpu_form_gives_the_same_bytes) {
    check_bytes(FM_SPECIALISATION_GPU);
}

/* Slices of a list keep all samples between launches. */
Test(raster_quality, slices_give_the_same_bytes) {
    raster_scene *s = raster_same_crowd(fm_test_seed() + 2, FM_SPECIALISATION_GPU);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 150, .height = 97, .samples = 4};
    raster_frames want = raster_scene_render(s, &view, weights, 3);
    cr_assert_eq(want.report.plan.slice, 0);
    s->engine->caps.max_loop = 4000;
    raster_frames got = raster_scene_render(s, &view, weights, 3);
    cr_assert_gt(got.report.plan.slice, 0);
    cr_assert_lt(got.report.plan.slice, 100, "slice %u: all in one", got.report.plan.slice);
    raster_same_frames(s, "slice", got.report.plan.slice, &got, &want);
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}
