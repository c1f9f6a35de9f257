/* SPDX-License-Identifier: MIT */
/* Several batches on the device at once: the same bytes, the memory that was foreseen, the device
 * at work while the sink is, and nothing left over when a render ends early. */
#include "raster_scene.h"

#include <unistd.h>

TestSuite(flight, .timeout = 180);

enum { FRAMES = 23 };

static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH, FM_LEVEL_EXTREME};
static const uint32_t most[] = {1, 1, 2, 3};

static void fill_weights(float t[FRAMES]) {
    for (int i = 0; i < FRAMES; i++)
        t[i] = (float)i / (FRAMES - 1);
}

static raster_scene *open_scene(fm_level level, fm_specialisation form, bool profile) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    s->level = level;
    s->specialisation = form;
    s->profile = profile;
    raster_scene_ball(s, 24, 16);
    raster_scene_soup(s, 100, 1.0, 0.3);
    raster_scene_textures(s, 60, 40, 60, 40);
    raster_scene_open(s);
    return s;
}

static fm_view small_view(uint32_t batch) {
    return (fm_view){
        .struct_size = sizeof(fm_view), .width = 110, .height = 70, .batch = batch, .tile = 32};
}

static void assert_same(const raster_frames *got, const raster_frames *want, const char *what,
                        uint32_t batch) {
    for (uint32_t f = 0; f < want->count; f++) {
        const size_t at = f * want->frame_bytes;
        cr_assert_arr_eq(got->pixels + at, want->pixels + at, want->frame_bytes,
                         "%s, batch %u, frame %u", what, batch, f);
        cr_assert_eq(got->covered[f], want->covered[f]);
    }
}

/* Batches of any size, checked and not, on one level; want: what they must be, made when empty. */
static void any_batch(raster_scene *s, int level, raster_frames *want) {
    static const uint32_t batches[] = {1, 2, 5, 8, 23, 0};
    float t[FRAMES];
    fill_weights(t);
    for (int i = 0; i < 12; i++) {
        const uint32_t batch = batches[i / 2];
        fm_view view = small_view(batch);
        view.check = i % 2 != 0;
        raster_frames got = raster_scene_render(s, &view, t, FRAMES);
        const fm_plan *plan = &got.report.plan;
        const uint32_t count = (FRAMES + plan->batch - 1) / plan->batch;
        cr_assert_eq(plan->in_flight, count < most[level] ? count : most[level],
                     "%s, batch %u: %u in flight", fm_level_name(s->level), plan->batch,
                     plan->in_flight);
        cr_assert_eq(got.report.batches, count);
        if (want->pixels != NULL)
            assert_same(&got, want, fm_level_name(s->level), batch);
        else
            *want = got;
        if (want->pixels != got.pixels)
            raster_frames_free(&got);
    }
}

static void any_level(fm_specialisation form, bool profile) {
    raster_frames strict = {0}, relaxed = {0};
    for (int i = 0; i < 4; i++) {
        raster_scene *s = open_scene(levels[i], form, profile);
        any_batch(s, i, levels[i] == FM_LEVEL_EXTREME ? &relaxed : &strict);
        raster_scene_free(s);
    }
    raster_frames_free(&strict);
    raster_frames_free(&relaxed);
}

Test(flight, any_level_and_batch_gives_the_same_bytes) {
    any_level(FM_SPECIALISATION_CPU, false);
}

Test(flight, likewise_with_device_times) {
    any_level(FM_SPECIALISATION_CPU, true);
}

Test(flight, likewise_by_gpu_kernels) {
    any_level(FM_SPECIALISATION_GPU, false);
}

/* The planner counts every batch in flight. */
Test(flight, the_peak_is_the_planned_one) {
    float t[FRAMES];
    fill_weights(t);
    for (int i = 0; i < 4; i++)
        for (uint32_t batch = 1; batch < 12; batch += 5) {
            raster_scene *s = open_scene(levels[i], FM_SPECIALISATION_AUTO, false);
            fm_view view = small_view(batch);
            fm_stats stats;
            raster_frames got = raster_scene_render(s, &view, t, FRAMES);
            const fm_plan *plan = &got.report.plan;
            const uint64_t planned = plan->bytes_fixed + plan->batch * plan->bytes_per_frame;
            cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
            cr_assert(stats.peak_bytes <= planned && planned <= stats.peak_bytes * 102 / 100 + 128,
                      "%s, batch %u: planned %llu, peak %llu", fm_level_name(levels[i]), batch,
                      (unsigned long long)planned, (unsigned long long)stats.peak_bytes);
            raster_frames_free(&got);
            raster_scene_free(s);
        }
}

/* What the sink sees of the device. */
typedef struct watcher {
    fm_engine *engine;
    uint64_t before;           /* launches of earlier renders */
    uint64_t launches[FRAMES]; /* made when frame i came */
    uint32_t count, stop_at;
} watcher;

static fm_status watch(void *user, const fm_frame *frame, fm_error *err) {
    (void)frame;
    watcher *w = user;
    fm_stats stats;
    cr_assert_eq(fm_engine_stats(w->engine, &stats), FM_OK);
    w->launches[w->count++] = stats.launches - w->before;
    if (w->count != w->stop_at)
        return FM_OK;
    snprintf(err->message, sizeof err->message, "the sink has had enough");
    return FM_ERROR_IO;
}

/* While the sink has a batch the next ones are on the device: as many as the level has in flight,
 * and never more. */
Test(flight, the_device_works_while_the_sink_does) {
    float t[FRAMES];
    fill_weights(t);
    for (int i = 0; i < 4; i++) {
        raster_scene *s = open_scene(levels[i], FM_SPECIALISATION_CPU, false);
        const fm_view view = small_view(2);
        watcher w = {.engine = s->engine};
        fm_stats stats;
        fm_error err; /* the first render probes the device as well */
        fm_assert_ok(fm_render(s->pair, t, 2, &view, NULL, NULL, NULL, &err), err);
        cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
        w.before = stats.launches;
        fm_assert_ok(fm_render(s->pair, t, FRAMES, &view, watch, &w, NULL, &err), err);
        cr_assert_eq(w.count, FRAMES);
        const uint64_t each = w.launches[FRAMES - 1] / 12; /* 12 batches */
        for (uint32_t f = 0; f < FRAMES; f++) {
            const uint32_t began = f / 2 + most[i] < 12 ? f / 2 + most[i] : 12;
            cr_assert_eq(w.launches[f], each * began, "%s, frame %u: %llu launches, want %u x %llu",
                         fm_level_name(levels[i]), f, (unsigned long long)w.launches[f], began,
                         (unsigned long long)each);
        }
        raster_scene_free(s);
    }
}

/* A sink that stops in the middle leaves nothing behind, and the next render is whole. */
Test(flight, a_render_that_ends_early_leaves_nothing) {
    float t[FRAMES];
    fill_weights(t);
    for (uint32_t stop = 1; stop < FRAMES; stop += 4) {
        raster_scene *s = open_scene(FM_LEVEL_EXTREME, FM_SPECIALISATION_CPU, stop % 8 == 1);
        const fm_view view = small_view(2);
        watcher w = {.engine = s->engine, .stop_at = stop};
        fm_stats before, after;
        fm_error err;
        raster_frames want = raster_scene_render(s, &view, t, FRAMES);
        cr_assert_eq(fm_engine_stats(s->engine, &before), FM_OK);
        fm_assert_fails(fm_render(s->pair, t, FRAMES, &view, watch, &w, NULL, &err), FM_ERROR_IO,
                        err, "enough");
        cr_assert_eq(w.count, stop);
        cr_assert_eq(fm_engine_stats(s->engine, &after), FM_OK);
        cr_assert_eq(after.live_bytes, before.live_bytes);
        raster_frames got = raster_scene_render(s, &view, t, FRAMES);
        assert_same(&got, &want, "after a stop", stop);
        raster_frames_free(&got);
        raster_frames_free(&want);
        raster_scene_free(s);
    }
}

static volatile sig_atomic_t cancelled;

static fm_status cancel(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    (void)user;
    cancelled = frame->index == 6;
    return FM_OK;
}

Test(flight, a_cancelled_render_stops_with_batches_in_flight) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = raster_scene_new(fm_test_seed());
    s->level = FM_LEVEL_HIGH;
    s->cancel = &cancelled;
    raster_scene_ball(s, 12, 8);
    raster_scene_textures(s, 60, 40, 60, 40);
    raster_scene_open(s);
    const fm_view view = small_view(1);
    fm_error err;
    fm_assert_fails(fm_render(s->pair, t, FRAMES, &view, cancel, NULL, NULL, &err),
                    FM_ERROR_CANCELLED, err, "cancelled");
    cancelled = 0;
    fm_assert_ok(fm_render(s->pair, t, FRAMES, &view, NULL, NULL, NULL, &err), err);
    raster_scene_free(s);
}

/* Lists that are too short for the batch in front are so for those behind it: all are drawn again,
 * and come in their order. */
Test(flight, grown_lists_give_the_same_bytes) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = raster_scene_new(fm_test_seed() + 4);
    s->level = FM_LEVEL_HIGH;
    raster_scene_soup(s, 300, 0.3, 1.0);
    raster_scene_textures(s, 20, 20, 20, 20);
    raster_scene_open(s);
    fm_view view = {
        .struct_size = sizeof view, .width = 200, .height = 200, .tile = 128, .batch = 3};
    fm_stats stats;
    raster_frames want = raster_scene_render(s, &view, t, FRAMES);
    view.tile = 16;
    raster_frames got = raster_scene_render(s, &view, t, FRAMES);
    assert_same(&got, &want, "tile 16", 3);
    cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
    cr_assert_geq(stats.list_regrows, 1, "no list had to grow: the test tests nothing");
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* A slow sink, that counts batches of one frame. */
typedef struct slow_sink {
    uint32_t alone, alone_at, frames;
    double seconds; /* what the frames after it say */
    uint64_t hash;
} slow_sink;

static fm_status take_slowly(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    slow_sink *s = user;
    usleep(10000);
    if (frame->batch_frames == 1) {
        s->alone++;
        s->alone_at = frame->index;
    }
    s->seconds = frame->alone_seconds;
    s->frames += frame->index == s->frames;
    for (size_t i = 0; i < frame->row_bytes * frame->height; i++)
        s->hash = s->hash * 31 + frame->pixels[i];
    return FM_OK;
}

/* When another second is to come one frame is drawn by itself, once, and what it took is told; the
 * frames are what they are without. */
Test(flight, a_long_render_measures_a_frame_alone) {
    enum { MANY = 160 };
    float t[MANY];
    uint64_t hash = 0;
    for (int i = 0; i < MANY; i++)
        t[i] = (float)i / (MANY - 1);
    for (int i = 1; i < 3; i++) {
        raster_scene *s = open_scene(levels[i], FM_SPECIALISATION_CPU, false);
        const fm_view view = small_view(8);
        slow_sink sink = {0};
        fm_render_report report;
        fm_error err;
        fm_assert_ok(fm_render(s->pair, t, MANY, &view, take_slowly, &sink, &report, &err), err);
        cr_assert_eq(sink.frames, MANY, "frames out of order");
        cr_assert_eq(sink.alone, 1, "%u frames alone", sink.alone);
        cr_assert_eq(sink.alone_at % 8, 0);
        cr_assert_eq(report.batches, MANY / 8 + 1);
        cr_assert_eq(sink.seconds, report.alone_seconds);
        cr_assert(report.alone_seconds > 0.01 && report.alone_seconds < 1.0, "%g s",
                  report.alone_seconds);
        cr_assert(hash == 0 || hash == sink.hash, "other frames");
        hash = sink.hash;
        raster_scene_free(s);
    }
}

/* The engine counts what its renders clip and reject. */
Test(flight, counters_add_up_over_renders) {
    float t[FRAMES];
    fill_weights(t);
    raster_scene *s = open_scene(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, false);
    fm_view view = small_view(4);
    fm_render_report report;
    fm_stats stats;
    fm_error err;
    view.distance = 0.2F; /* in the middle of it: triangles across the near plane */
    view.no_fit = true;
    for (uint64_t i = 1; i <= 2; i++) {
        fm_assert_ok(fm_render(s->pair, t, FRAMES, &view, NULL, NULL, &report, &err), err);
        cr_assert_gt(report.rejected_triangles, 0, "nothing is rejected: the test tests nothing");
        cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
        cr_assert_eq(stats.rejected_triangles, i * report.rejected_triangles);
        cr_assert_eq(stats.clipped_pixels, i * report.clipped_pixels);
    }
    raster_scene_free(s);
}
