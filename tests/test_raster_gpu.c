/* SPDX-License-Identifier: MIT */
/* The gpu specialisation, by force on any device: the reference's picture, the cpu form's picture,
 * and the same bytes for any group and slice. (test_raster_bytes.c has what both forms promise.) */
#include "raster_same.h"

#include "engine_impl.h"

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster_gpu, .timeout = 180);

static const float weights[3] = {0.0F, 0.37F, 1.0F};

static raster_scene *crowd(uint64_t seed) {
    return raster_same_crowd(seed, FM_SPECIALISATION_GPU);
}

/* ---- the picture ---- */

static const uint32_t sizes[][2] = {{1, 1}, {17, 33}, {64, 64}, {65, 63}, {513, 511}, {8192, 8}};

static const uint32_t rgb_tile = 0, rgba_tile = 16;

static void check_all(raster_scene *s, const char *name, fm_view view) {
    const raster_sizes all = {sizes, sizeof sizes / sizeof sizes[0], {&rgb_tile, &rgba_tile}, 1};
    s->specialisation = FM_SPECIALISATION_GPU;
    raster_same_sizes(s, name, view, &all);
}

Test(raster_gpu, a_textured_ball_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 48, 32);
    raster_scene_textures(s, 200, 130, 90, 140);
    check_all(s, "textured ball", (fm_view){.yaw_degrees = 20.0F, .pitch_degrees = -15.0F});
}

Test(raster_gpu, a_grey_ball_equals_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 1);
    raster_scene_ball(s, 33, 17);
    check_all(s, "grey ball", (fm_view){.fov_degrees = 90.0F, .distance = 1.5F});
}

Test(raster_gpu, a_crowd_with_ties_equals_the_reference) {
    check_all(crowd(fm_test_seed() + 2), "crowd", (fm_view){0});
}

Test(raster_gpu, slivers_and_cut_sheets_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 3);
    raster_scene_sheet(s, 1500);
    raster_scene_slivers(s, 300);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "sheet and slivers", (fm_view){.yaw_degrees = -25.0F});
}

Test(raster_gpu, tiny_triangles_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 4);
    raster_scene_soup(s, 9000, 1.0, 0.01);
    raster_scene_textures(s, 32, 32, 32, 32);
    check_all(s, "tiny soup", (fm_view){0});
}

/* The camera stands inside a soup with corners up to 1,000 units off: triangles behind it, across
 * the near plane, beyond the guard band, larger than the screen. */
Test(raster_gpu, huge_and_rejected_triangles_equal_the_reference) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 5);
    raster_scene_soup(s, 300, 5.0, 1.0);
    raster_same_huge(s);
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "inside the soup", (fm_view){.no_fit = true});
}

/* At least 99.9 % of the pixels are at most 1 of 255 apart, and both cover the same ones but for
 * that share. */
Test(raster_gpu, equals_the_cpu_specialisation) {
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    fm_view view = raster_same_view();
    view.transparent = true;
    raster_scene *cpu = crowd(fm_test_seed() + 6), *gpu = crowd(fm_test_seed() + 6);
    cpu->specialisation = FM_SPECIALISATION_CPU;
    raster_scene_open(cpu);
    raster_scene_open(gpu);
    raster_frames want = raster_scene_render(cpu, &view, t, RASTER_FRAMES);
    raster_frames got = raster_scene_render(gpu, &view, t, RASTER_FRAMES);
    cr_assert_eq(want.report.plan.specialisation, FM_SPECIALISATION_CPU);
    cr_assert_eq(got.report.plan.specialisation, FM_SPECIALISATION_GPU);
    size_t pixels = RASTER_FRAMES * want.frame_bytes / 4, off = 0;
    for (size_t i = 0; i < pixels; i++) {
        int worst = 0;
        for (size_t k = 4 * i; k < 4 * i + 4; k++) {
            int apart = abs(got.pixels[k] - want.pixels[k]);
            worst = apart > worst ? apart : worst;
        }
        off += worst > 1;
    }
    cr_assert(off * 1000 <= pixels, "%zu of %zu pixels are more than 1 apart", off, pixels);
    cr_assert_gt(want.covered[0], 3000, "too little to compare");
    raster_frames_free(&want);
    raster_frames_free(&got);
    raster_scene_free(cpu);
    raster_scene_free(gpu);
}

/* ---- the same bytes ---- */

/* More tiles than one work-item may count: triangles are binned in bands of rows. */
Test(raster_gpu, many_tiles_give_the_same_bytes) {
    raster_scene *s = crowd(fm_test_seed() + 14);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 1040, .height = 2000, .no_cull = true};
    view.tile = 32;
    raster_frames want = raster_scene_render(s, &view, weights, 2);
    view.tile = 16;
    raster_frames got = raster_scene_render(s, &view, weights, 2);
    cr_assert_gt(got.report.plan.tiles_x * got.report.plan.tiles_y, 4096, "one band only");
    raster_same_frames(s, "tile", 16, &got, &want);
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_gpu, any_group_gives_the_same_bytes) {
    const uint32_t groups[] = {32, 64, 128, 512, 1024};
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 9);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    view.width = 400; /* more tiles than the smaller groups have items */
    view.height = 300;
    view.tile = 16;
    raster_frames want = raster_scene_render(s, &view, t, 5);
    for (int i = 0; i < 5 && groups[i] <= s->engine->caps.max_group_size; i++) {
        s->engine->group = groups[i];
        raster_frames got = raster_scene_render(s, &view, t, 5);
        cr_assert_eq(got.report.plan.group, groups[i]);
        raster_same_frames(s, "group", groups[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* Loop limits as low as one triangle a launch: the tile waits in memory between launches. */
Test(raster_gpu, any_slice_gives_the_same_bytes) {
    const uint32_t limits[] = {1, 200, 260, 400, 1000, 60000};
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 10);
    raster_scene_open(s);
    s->engine->caps.max_loop = 0;
    fm_view view = raster_same_view();
    raster_frames want = raster_scene_render(s, &view, t, 5);
    cr_assert_eq(want.report.plan.slice, 0);
    uint32_t before = 0;
    for (int i = 0; i < 6; i++) {
        fm_stats from, to;
        s->engine->caps.max_loop = limits[i];
        cr_assert_eq(fm_engine_stats(s->engine, &from), FM_OK);
        raster_frames got = raster_scene_render(s, &view, t, 5);
        cr_assert_eq(fm_engine_stats(s->engine, &to), FM_OK);
        raster_same_frames(s, "slice", got.report.plan.slice, &got, &want);
        cr_assert(got.report.plan.slice > before, "limit %u: slice %u", limits[i],
                  got.report.plan.slice);
        cr_assert(i > 0 || to.launches - from.launches > 20, "one slice only: tests nothing");
        before = got.report.plan.slice;
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* ---- the plan ---- */

Test(raster_gpu, tiles_fit_the_local_memory_and_groups_the_device) {
    static const struct {
        uint64_t local;
        uint32_t group, asked, tile, want_group;
    } cases[] = {{32768, 1024, 0, 32, 256}, {16384, 1024, 0, 16, 256},      {65536, 64, 0, 32, 64},
                 {65536, 100, 64, 64, 64},  {16384, 32, 128, 32, 32},       {32768, 0, 64, 48, 256},
                 {0, 1, 0, 16, 1},          {1U << 20, 4096, 128, 128, 256}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fm_caps caps = {.global_bytes = UINT64_C(1) << 32,
                        .local_bytes = cases[i].local,
                        .max_group_size = cases[i].group};
        fm_problem problem = {.frames = 2,
                              .width = 100,
                              .height = 100,
                              .channels = 3,
                              .vertices = 9,
                              .triangles = 9,
                              .tile = cases[i].asked,
                              .specialisation = FM_SPECIALISATION_GPU};
        fm_plan plan;
        fm_error err;
        fm_assert_ok(fm_plan_render(&caps, FM_LEVEL_MEDIUM, &problem, &plan, &err), err);
        cr_assert_eq(plan.tile, cases[i].tile, "case %zu: tile %u", i, plan.tile);
        cr_assert_eq(plan.group, cases[i].want_group, "case %zu: group %u", i, plan.group);
        cr_assert_eq(plan.slice, 0);
    }
}

/* Iterations of raster_gpu.cl's loops in the worst case, counted as they stand there. */
static uint64_t worst_iterations(const fm_plan *plan) {
    uint64_t share = ((uint64_t)plan->tile * plan->tile + plan->group - 1) / plan->group;
    uint64_t small = (plan->slice + plan->group - 1) / plan->group;
    return 2 * (1 + share + 2 + small * (1 + 64) + plan->slice * (1 + share)) + 2 * share;
}

Test(raster_gpu, slices_keep_to_the_loop_limit) {
    for (uint32_t group = 1; group <= 1024; group *= 2) {
        for (uint32_t tile = 16; tile <= 64; tile += 16) {
            fm_caps caps = {.global_bytes = UINT64_C(1) << 32,
                            .local_bytes = 1U << 20,
                            .max_loop = 60000,
                            .max_group_size = 1024};
            fm_problem problem = {.frames = 2,
                                  .width = 100,
                                  .height = 100,
                                  .channels = 3,
                                  .vertices = 9,
                                  .triangles = 9,
                                  .tile = tile,
                                  .group = group,
                                  .specialisation = FM_SPECIALISATION_GPU};
            fm_plan plan;
            fm_error err;
            fm_assert_ok(fm_plan_render(&caps, FM_LEVEL_MEDIUM, &problem, &plan, &err), err);
            cr_assert(worst_iterations(&plan) <= 60000, "group %u, tile %u, slice %u: %llu", group,
                      tile, plan.slice, (unsigned long long)worst_iterations(&plan));
            plan.slice = 2 * plan.slice + group;
            cr_assert(worst_iterations(&plan) > 60000, "group %u, tile %u: slices too short", group,
                      tile);
        }
    }
}
