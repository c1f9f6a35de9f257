/* SPDX-License-Identifier: MIT */
/* The gpu specialisation, by force on any device: the reference's picture, the cpu form's picture,
 * and the same bytes for any batch, tile, group, slice and rerun. Lists come in another order each
 * time here, so reruns test what they say. */
#include "raster_scene.h"

#include "engine_impl.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster_gpu, .timeout = 180);

enum { FRAMES = 41 };

static const float weights[3] = {0.0F, 0.37F, 1.0F};

static void fill_weights(float t[FRAMES]) {
    for (int i = 0; i < FRAMES; i++) {
        t[i] = (float)i / (FRAMES - 1);
    }
}

/* A textured ball inside a soup of which every triangle is there twice with other uvs: shared
 * edges, crossings, ties, small and large triangles. */
static raster_scene *crowd(uint64_t seed) {
    raster_scene *s = raster_scene_new(seed);
    s->specialisation = FM_SPECIALISATION_GPU;
    raster_scene_soup(s, 200, 1.0, 0.3);
    for (uint32_t i = 0, n = s->corner_count; i < n; i++) {
        double a[3], b[3];
        for (int k = 0; k < 3; k++) {
            a[k] = (double)s->positions_a[i * 3 + k];
            b[k] = (double)s->positions_b[i * 3 + k];
        }
        raster_scene_corner(s, a, b, raster_scene_random(s, 0.0, 1.0), 0.5);
        if (i % 3 == 2) {
            raster_scene_polygon(s, 3);
        }
    }
    raster_scene_ball(s, 32, 20);
    raster_scene_textures(s, 100, 60, 100, 60);
    return s;
}

static fm_view small_view(void) {
    return (fm_view){.struct_size = sizeof(fm_view), .width = 150, .height = 97, .no_cull = true};
}

static void assert_same(const raster_scene *s, const char *what, uint32_t value,
                        const raster_frames *got, const raster_frames *want) {
    cr_assert_eq(got->report.plan.specialisation, FM_SPECIALISATION_GPU);
    cr_assert_eq(got->count, want->count);
    for (uint32_t f = 0; f < want->count; f++) {
        const uint8_t *g = got->pixels + f * want->frame_bytes;
        const uint8_t *w = want->pixels + f * want->frame_bytes;
        size_t i = 0;
        while (i < want->frame_bytes && g[i] == w[i]) {
            i++;
        }
        cr_assert_eq(i, want->frame_bytes, "seed %llu, %s %u, frame %u, byte %zu differs",
                     (unsigned long long)s->seed, what, value, f, i);
        cr_assert_eq(got->covered[f], want->covered[f], "%s %u, frame %u: covered", what, value, f);
        cr_assert_eq(got->clipped[f], want->clipped[f], "%s %u, frame %u: clipped", what, value, f);
    }
    cr_assert_eq(got->report.rejected_triangles, want->report.rejected_triangles);
}

/* ---- the picture ---- */

static const uint32_t sizes[][2] = {{1, 1}, {17, 33}, {64, 64}, {65, 63}, {513, 511}, {8192, 8}};

/* Every size as RGB with culling and as RGBA without. */
static void check_all(raster_scene *s, const char *name, fm_view view) {
    view.struct_size = sizeof view;
    view.background_set = true;
    memcpy(view.background, (const uint8_t[3]){255, 0, 128}, 3);
    s->specialisation = FM_SPECIALISATION_GPU;
    raster_scene_open(s);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint32_t format = 0; format < 2; format++) {
            view.width = sizes[i][0];
            view.height = sizes[i][1];
            view.transparent = view.no_cull = format == 1;
            view.tile = format == 1 ? 16 : 0;
            view.batch = 2;
            raster_scene_check(s, name, &view, weights, 3);
        }
    }
    raster_scene_free(s);
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
    for (int i = 0; i < 40; i++) {
        double reach = pow(10.0, raster_scene_random(s, 0.5, 3.0));
        for (int corner = 0; corner < 3; corner++) {
            double angle = 2.1 * corner + raster_scene_random(s, -0.5, 0.5);
            const double p[3] = {reach * cos(angle), reach * sin(angle),
                                 raster_scene_random(s, -20.0, 1.0)};
            raster_scene_corner(s, p, p, 0.5 + 0.3 * p[0], 0.5 + 0.3 * p[1]);
        }
        raster_scene_polygon(s, 3);
    }
    raster_scene_textures(s, 64, 64, 64, 64);
    check_all(s, "inside the soup", (fm_view){.no_fit = true});
}

/* At least 99.9 % of the pixels are at most 1 of 255 apart, and both cover the same ones but for
 * that share. */
Test(raster_gpu, equals_the_cpu_specialisation) {
    float t[FRAMES];
    fill_weights(t);
    fm_view view = small_view();
    view.transparent = true;
    raster_scene *cpu = crowd(fm_test_seed() + 6), *gpu = crowd(fm_test_seed() + 6);
    cpu->specialisation = FM_SPECIALISATION_CPU;
    raster_scene_open(cpu);
    raster_scene_open(gpu);
    raster_frames want = raster_scene_render(cpu, &view, t, FRAMES);
    raster_frames got = raster_scene_render(gpu, &view, t, FRAMES);
    cr_assert_eq(want.report.plan.specialisation, FM_SPECIALISATION_CPU);
    cr_assert_eq(got.report.plan.specialisation, FM_SPECIALISATION_GPU);
    size_t pixels = FRAMES * want.frame_bytes / 4, off = 0;
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

Test(raster_gpu, any_batch_gives_the_same_bytes) {
    const uint32_t batches[] = {3, 8, 41, 0};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 7);
    raster_scene_open(s);
    fm_view view = small_view();
    view.batch = 1;
    raster_frames want = raster_scene_render(s, &view, t, FRAMES);
    for (int i = 0; i < 4; i++) {
        view.batch = batches[i];
        raster_frames got = raster_scene_render(s, &view, t, FRAMES);
        assert_same(s, "batch", batches[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_gpu, any_tile_gives_the_same_bytes) {
    const uint32_t tiles[] = {16, 48, 64, 0};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 8);
    raster_scene_open(s);
    fm_view view = small_view();
    view.tile = 32;
    raster_frames want = raster_scene_render(s, &view, t, 5);
    for (int i = 0; i < 4; i++) {
        view.tile = tiles[i];
        raster_frames got = raster_scene_render(s, &view, t, 5);
        assert_same(s, "tile", tiles[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

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
    assert_same(s, "tile", 16, &got, &want);
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_gpu, any_group_gives_the_same_bytes) {
    const uint32_t groups[] = {32, 64, 128, 512, 1024};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 9);
    raster_scene_open(s);
    fm_view view = small_view();
    view.width = 400; /* more tiles than the smaller groups have items */
    view.height = 300;
    view.tile = 16;
    raster_frames want = raster_scene_render(s, &view, t, 5);
    for (int i = 0; i < 5 && groups[i] <= s->engine->caps.max_group_size; i++) {
        s->engine->group = groups[i];
        raster_frames got = raster_scene_render(s, &view, t, 5);
        cr_assert_eq(got.report.plan.group, groups[i]);
        assert_same(s, "group", groups[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* Loop limits as low as one triangle a launch: the tile waits in memory between launches. */
Test(raster_gpu, any_slice_gives_the_same_bytes) {
    const uint32_t limits[] = {1, 200, 260, 400, 1000, 60000};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 10);
    raster_scene_open(s);
    s->engine->caps.max_loop = 0;
    fm_view view = small_view();
    raster_frames want = raster_scene_render(s, &view, t, 5);
    cr_assert_eq(want.report.plan.slice, 0);
    uint32_t before = 0;
    for (int i = 0; i < 6; i++) {
        fm_stats from, to;
        s->engine->caps.max_loop = limits[i];
        cr_assert_eq(fm_engine_stats(s->engine, &from), FM_OK);
        raster_frames got = raster_scene_render(s, &view, t, 5);
        cr_assert_eq(fm_engine_stats(s->engine, &to), FM_OK);
        assert_same(s, "slice", got.report.plan.slice, &got, &want);
        cr_assert(got.report.plan.slice > before, "limit %u: slice %u", limits[i],
                  got.report.plan.slice);
        cr_assert(i > 0 || to.launches - from.launches > 20, "one slice only: tests nothing");
        before = got.report.plan.slice;
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_gpu, reruns_give_the_same_bytes) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 11);
    raster_scene_open(s);
    fm_view view = small_view();
    raster_frames want = raster_scene_render(s, &view, t, 9);
    for (uint32_t run = 1; run <= 20; run++) {
        raster_frames got = raster_scene_render(s, &view, t, 9);
        assert_same(s, "rerun", run, &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* Renders in a child, where PoCL has that many threads; the variable is read when it is opened. */
static void render_in_child(const char *threads, uint8_t *shared, size_t bytes) {
    float t[FRAMES];
    fill_weights(t);
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
        raster_scene *s = crowd(fm_test_seed() + 13);
        fm_view view = small_view();
        raster_scene_open(s);
        raster_frames frames = raster_scene_render(s, &view, t, 9);
        bool fits = 9 * frames.frame_bytes == bytes;
        memcpy(shared, frames.pixels, fits ? bytes : 0);
        _exit(fits && fm_engine_caps(s->engine)->compute_units == (uint32_t)atoi(threads) ? 0 : 3);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s threads: status %d", threads,
              status);
}

Test(raster_gpu, any_number_of_threads_gives_the_same_bytes) {
    fm_view view = small_view();
    size_t bytes = (size_t)view.width * view.height * 3 * 9;
    uint8_t *one = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(one, MAP_FAILED);
    memset(one, 0xA5, bytes);
    render_in_child("1", one, bytes);
    render_in_child("4", one + bytes, bytes);
    cr_assert_eq(memcmp(one, one + bytes, bytes), 0, "1 and 4 threads give different bytes");
    munmap(one, 2 * bytes);
}

/* The first list is too small for triangles that each reach many tiles. */
Test(raster_gpu, grown_lists_give_the_same_bytes) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 12);
    s->specialisation = FM_SPECIALISATION_GPU;
    raster_scene_soup(s, 300, 0.3, 1.0);
    raster_scene_textures(s, 20, 20, 20, 20);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 200, .height = 200, .tile = 64};
    fm_stats stats;
    const float t = 0.5F;
    raster_frames want = raster_scene_render(s, &view, &t, 1);
    view.tile = 16;
    raster_frames got = raster_scene_render(s, &view, &t, 1);
    assert_same(s, "tile", 16, &got, &want);
    cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
    cr_assert_geq(stats.list_regrows, 1, "no list had to grow: the test tests nothing");
    raster_frames_free(&got);
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
