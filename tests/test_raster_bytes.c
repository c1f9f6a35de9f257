/* SPDX-License-Identifier: MIT */
/* One device gives the same bytes for any batch, tile, rerun and number of threads, by the kernels
 * of both forms. Lists of the gpu form come in another order each time, so its reruns test a lot.
 */
#include "raster_same.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first test of a kind builds its kernels: seconds each on a busy machine. */
TestSuite(raster_bytes, .timeout = 180);

static const fm_specialisation forms[2] = {FM_SPECIALISATION_CPU, FM_SPECIALISATION_GPU};

static void check_batches(fm_specialisation form) {
    const uint32_t batches[] = {3, 8, 41, 0};
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = raster_same_crowd(fm_test_seed(), form);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    view.batch = 1;
    raster_frames want = raster_scene_render(s, &view, t, RASTER_FRAMES);
    cr_assert_eq(want.report.plan.specialisation, form);
    cr_assert_eq(want.report.plan.batch, 1);
    for (int i = 0; i < 4; i++) {
        view.batch = batches[i];
        raster_frames got = raster_scene_render(s, &view, t, RASTER_FRAMES);
        cr_assert(batches[i] == 0 || got.report.plan.batch == batches[i], "planned %u, want %u",
                  got.report.plan.batch, batches[i]);
        raster_same_frames(s, "batch", batches[i], &got, &want);
        raster_frames_free(&got);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, any_batch_gives_the_same_bytes) {
    check_batches(forms[0]);
    check_batches(forms[1]);
}

/* The gpu form has no tile above 64 pixels and takes steps of 16. */
static void check_tiles(fm_specialisation form, const uint32_t tiles[4]) {
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = raster_same_crowd(fm_test_seed() + 1, form);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    view.tile = tiles[0];
    raster_frames want = raster_scene_render(s, &view, t, 5);
    for (int i = 1; i < 4; i++) {
        view.tile = tiles[i];
        raster_same_again(s, "tile", tiles[i], &view, t, 5, &want);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, any_tile_gives_the_same_bytes) {
    check_tiles(forms[0], (const uint32_t[4]){64, 16, 128, 0});
    check_tiles(forms[1], (const uint32_t[4]){32, 16, 48, 64});
}

/* A frame drawn in strips is the frame drawn as a whole, whatever the picture's options. */
static void strips_give_the_same_bytes(fm_specialisation form, uint32_t samples, bool trilinear) {
    const uint32_t strips[] = {2, 3, 5, 7, 1000};
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = raster_same_crowd(fm_test_seed() + 6, form);
    raster_scene_open(s);
    fm_view view = raster_same_view();
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
        raster_same_frames(s, "strips", strips[i], &got, &want);
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

static void check_reruns(fm_specialisation form) {
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = raster_same_crowd(fm_test_seed() + 2, form);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    raster_frames want = raster_scene_render(s, &view, t, 9);
    for (uint32_t run = 1; run <= 20; run++) {
        raster_same_again(s, "rerun", run, &view, t, 9, &want);
    }
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, reruns_give_the_same_bytes) {
    check_reruns(forms[0]);
    check_reruns(forms[1]);
}

/* A frame does not depend on the others of its render. */
Test(raster_bytes, a_frame_alone_equals_the_frame_among_others) {
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    raster_scene *s = raster_same_crowd(fm_test_seed() + 3, FM_SPECIALISATION_CPU);
    raster_scene_open(s);
    fm_view view = raster_same_view();
    raster_frames all = raster_scene_render(s, &view, t, RASTER_FRAMES);
    for (uint32_t f = 0; f < RASTER_FRAMES; f += 13) {
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
static void check_grown_lists(fm_specialisation form, uint32_t tile) {
    raster_scene *s = raster_scene_new(fm_test_seed() + 4);
    s->specialisation = form;
    raster_scene_soup(s, 300, 0.3, 1.0);
    raster_scene_textures(s, 20, 20, 20, 20);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 200, .height = 200, .tile = tile};
    fm_stats stats;
    const float t = 0.5F;
    raster_frames want = raster_scene_render(s, &view, &t, 1);
    view.tile = 16;
    raster_same_again(s, "tile", 16, &view, &t, 1, &want);
    cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
    cr_assert_geq(stats.list_regrows, 1, "no list had to grow: the test tests nothing");
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(raster_bytes, grown_lists_give_the_same_bytes) {
    check_grown_lists(forms[0], 128);
    check_grown_lists(forms[1], 64);
}

/* Renders in a child, where PoCL has that many threads; the variable is read when it is opened. */
static void render_in_child(fm_specialisation form, const char *threads, uint8_t *shared,
                            size_t bytes) {
    float t[RASTER_FRAMES];
    raster_same_weights(t);
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
        raster_scene *s = raster_same_crowd(fm_test_seed() + 5, form);
        fm_view view = raster_same_view();
        raster_scene_open(s);
        raster_frames frames = raster_scene_render(s, &view, t, 9);
        bool fits = 9 * frames.frame_bytes == bytes;
        memcpy(shared, frames.pixels, fits ? bytes : 0);
        bool right = fits && fm_engine_caps(s->engine)->compute_units == (uint32_t)atoi(threads);
        raster_frames_free(&frames);
        raster_scene_free(s);
        _exit(right ? 0 : 3);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s threads: status %d", threads,
              status);
}

Test(raster_bytes, any_number_of_threads_gives_the_same_bytes) {
    static const char *const threads[3] = {"1", "2", "4"};
    fm_view view = raster_same_view();
    size_t bytes = (size_t)view.width * view.height * 3 * 9;
    uint8_t *one = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(one, MAP_FAILED);
    for (int form = 0; form < 2; form++) {
        memset(one, 0xA5, bytes);
        render_in_child(forms[form], threads[0], one, bytes);
        render_in_child(forms[form], threads[form + 1], one + bytes, bytes);
        cr_assert_arr_eq(one, one + bytes, bytes, "1 and %s threads give different bytes",
                         threads[form + 1]);
    }
    munmap(one, 2 * bytes);
}
