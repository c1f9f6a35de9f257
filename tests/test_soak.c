/* SPDX-License-Identifier: MIT */
/* Thousands of renders on one engine: memory, buffers and files stay what they were. */
#include "raster_scene.h"

#include <dirent.h>
#include <unistd.h>

TestSuite(soak, .timeout = 600);

enum { WARM_UP = 200, DEFAULT_RENDERS = 1000, MOST_GROWTH = 1 << 20 };

/* Sanitizers keep what was freed for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define JUDGES_MEMORY false
#else
#define JUDGES_MEMORY true
#endif

/* Resident bytes of this process. */
static long resident(void) {
    long pages = 0, other = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert_not_null(file, "no /proc");
    cr_assert_eq(fscanf(file, "%ld %ld", &other, &pages), 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int open_files(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static fm_status count_frame(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    *(uint64_t *)user += frame->covered_pixels;
    return FM_OK;
}

/* Pictures of two sizes in turn, so that buffers are made anew; now and then in strips. */
static uint64_t render(raster_scene *s, int i) {
    static const float t[7] = {0.0F, 0.4F, 1.0F, 0.1F, 0.9F, 0.3F, 0.6F};
    fm_view view = {.struct_size = sizeof view,
                    .width = i % 2 ? 48 : 40,
                    .height = 32,
                    .batch = 2,
                    .tile = 16,
                    .check = i % 7 == 0,
                    .strips = i % 5 == 0 ? 2 : 0};
    uint64_t covered = 0;
    fm_error err;
    fm_assert_ok(fm_render(s->pair, t, 7, &view, count_frame, &covered, NULL, &err), err);
    return covered;
}

static void soak(fm_level level) {
    const char *asked = getenv("FM_SOAK");
    int renders = asked ? atoi(asked) : DEFAULT_RENDERS;
    fm_stats before, after;
    uint64_t want[2];
    raster_scene *s = raster_scene_new(fm_test_seed());
    s->level = level;
    raster_scene_ball(s, 12, 8);
    raster_scene_textures(s, 16, 16, 16, 16);
    raster_scene_open(s);
    for (int i = 0; i < WARM_UP; i++)
        want[i % 2] = render(s, i);
    long memory = resident();
    int files = open_files();
    cr_assert_eq(fm_engine_stats(s->engine, &before), FM_OK);
    for (int i = 0; i < renders; i++)
        cr_assert_eq(render(s, i), want[i % 2], "render %d", i);
    render(s, WARM_UP - 1); /* the size that the figures before are of */
    cr_assert_eq(fm_engine_stats(s->engine, &after), FM_OK);
    long growth = resident() - memory;
    fprintf(stderr, "%d renders: %ld bytes more are resident\n", renders, growth);
    if (JUDGES_MEMORY)
        cr_assert_lt(growth, MOST_GROWTH, "%ld bytes more after %d renders", growth, renders);
    cr_assert_eq(open_files(), files);
    cr_assert_eq(after.live_bytes, before.live_bytes, "device memory: %llu bytes, then %llu",
                 (unsigned long long)before.live_bytes, (unsigned long long)after.live_bytes);
    cr_assert_eq(after.peak_bytes, before.peak_bytes);
    cr_assert_eq(after.builds + after.cache_hits, before.builds + before.cache_hits);
    raster_scene_free(s);
}

Test(soak, nothing_grows_over_thousands_of_renders) {
    soak(FM_LEVEL_MEDIUM);
}

Test(soak, nothing_grows_with_batches_in_flight) {
    soak(FM_LEVEL_EXTREME);
}
