/* SPDX-License-Identifier: MIT */
/* One device gives the same bytes for any batch, tile, rerun and number of threads. */
#include "raster_scene.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster_bytes, .timeout = 180);

enum { FRAMES = 41 };

static void fill_weights(float t[FRAMES]) {
    for (int i = 0; i < FRAMES; i++) {
        t[i] = (float)i / (FRAMES - 1);
    }
}

/* A textured ball inside a soup: shared edges and crossings. */
static raster_scene *crowd(uint64_t seed) {
    raster_scene *s = raster_scene_new(seed);
    raster_scene_ball(s, 32, 20);
    raster_scene_soup(s, 240, 1.0, 0.3);
    raster_scene_textures(s, 100, 60, 100, 60);
    return s;
}

static fm_view small_view(void) {
    return (fm_view){.struct_size = sizeof(fm_view), .width = 150, .height = 97, .no_cull = true};
}

static void assert_same(const raster_scene *s, const char *what, uint32_t value,
                        const raster_frames *got, const raster_frames *want) {
    cr_assert_eq(got->count, want->count);
    for (uint32_t f = 0; f < want->count; f++) {
        const uint8_t *g = got->pixels + f * want->frame_bytes;
        const uint8_t *w = want->pixels + f * want->frame_bytes;
        for (size_t i = 0; memcmp(g, w, want->frame_bytes) != 0 && i < want->frame_bytes; i++) {
            cr_assert_eq(g[i], w[i], "seed %llu, %s %u, frame %u, byte %zu: got %d, want %d",
                         (unsigned long long)s->seed, what, value, f, i, g[i], w[i]);
        }
        cr_assert_eq(got->covered[f], want->covered[f], "%s %u, frame %u: covered", what, value, f);
        cr_assert_eq(got->clipped[f], want->clipped[f], "%s %u, frame %u: clipped", what, value, f);
    }
    cr_assert_eq(got->report.rejected_triangles, want->report.rejected_triangles);
}

Test(raster_bytes, any_batch_gives_the_same_bytes) {
    const uint32_t batches[] = {3, 8, 41, 0};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed());
    raster_scene_open(s);
    fm_view view = small_view();
    view.batch = 1;
    raster_frames want = raster_scene_render(s, &view, t, FRAMES);
    cr_assert_eq(want.report.plan.batch, 1);
    for (int i = 0; i < 4; i++) {
        view.batch = batches[i];
        raster_frames got = raster_scene_render(s, &view, t, FRAMES);
        cr_assert(batches[i] == 0 || got.report.plan.batch == batches[i], "planned %u, want %u",
                  got.report.plan.batch, batches[i]);
        assert_same(s, "batch", batches[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, any_tile_gives_the_same_bytes) {
    const uint32_t tiles[] = {16, 32, 128, 0};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 1);
    raster_scene_open(s);
    fm_view view = small_view();
    view.tile = 64;
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

/* A frame drawn in strips is the frame drawn as a whole, whatever the picture's options. */
static void strips_give_the_same_bytes(fm_specialisation form, uint32_t samples, bool trilinear) {
    const uint32_t strips[] = {2, 3, 5, 7, 1000};
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 6);
    s->specialisation = form;
    raster_scene_open(s);
    fm_view view = small_view();
    view.tile = 16;
    view.samples = samples;
    view.trilinear = trilinear;
    view.transparent = trilinear;
    raster_frames want = raster_scene_render(s, &view, t, 3);
    cr_assert_eq(want.report.plan.strips, 1);
    for (int i = 0; i < 5; i++) {
        view.strips = strips[i];
        raster_frames got = raster_scene_render(s, &view, t, 3);
        cr_assert_eq(got.report.plan.strips,
                     strips[i] < 7 ? (7 + (7 + strips[i] - 1) / strips[i] - 1) /
                                         ((7 + strips[i] - 1) / strips[i])
                                   : 7,
                     "%u strips", got.report.plan.strips);
        assert_same(s, "strips", strips[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, strips_give_the_same_bytes_by_cpu_kernels) {
    strips_give_the_same_bytes(FM_SPECIALISATION_CPU, 1, false);
    strips_give_the_same_bytes(FM_SPECIALISATION_CPU, 4, true);
}

Test(raster_bytes, strips_give_the_same_bytes_by_gpu_kernels) {
    strips_give_the_same_bytes(FM_SPECIALISATION_GPU, 1, false);
    strips_give_the_same_bytes(FM_SPECIALISATION_GPU, 4, true);
}

Test(raster_bytes, reruns_give_the_same_bytes) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 2);
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

/* A frame does not depend on the others of its render. */
Test(raster_bytes, a_frame_alone_equals_the_frame_among_others) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = crowd(fm_test_seed() + 3);
    raster_scene_open(s);
    fm_view view = small_view();
    raster_frames all = raster_scene_render(s, &view, t, FRAMES);
    for (uint32_t f = 0; f < FRAMES; f += 13) {
        raster_frames one = raster_scene_render(s, &view, t + f, 1);
        cr_assert_arr_eq(one.pixels, all.pixels + f * all.frame_bytes, all.frame_bytes, "frame %u",
                         f);
        raster_frames_free(&one);
    }
    raster_frames_free(&all);
    raster_scene_free(s);
}

/* The first list is too small for triangles that each reach many tiles; the second try is not, and
 * gives what larger tiles give. */
Test(raster_bytes, grown_lists_give_the_same_bytes) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 4);
    raster_scene_soup(s, 300, 0.3, 1.0);
    raster_scene_textures(s, 20, 20, 20, 20);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 200, .height = 200, .tile = 128};
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

/* Renders in a child, where PoCL has that many threads; the variable is read when it is opened. */
static void render_in_child(const char *threads, uint8_t *shared, size_t bytes) {
    float t[FRAMES];
    fill_weights(t);
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
        raster_scene *s = crowd(fm_test_seed() + 5);
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

Test(raster_bytes, any_number_of_threads_gives_the_same_bytes) {
    fm_view view = small_view();
    size_t bytes = (size_t)view.width * view.height * 3 * 9;
    uint8_t *one = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(one, MAP_FAILED);
    uint8_t *two = one + bytes;
    memset(one, 0xA5, bytes);
    render_in_child("1", one, bytes);
    render_in_child("2", two, bytes);
    for (size_t i = 0; memcmp(one, two, bytes) != 0 && i < bytes; i++) {
        cr_assert_eq(one[i], two[i], "byte %zu: 1 thread %d, 2 threads %d", i, one[i], two[i]);
    }
    munmap(one, 2 * bytes);
}
