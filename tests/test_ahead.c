/* SPDX-License-Identifier: MIT */
/* The next pair goes up beside the frames of one (fm/ahead.h). The engine is told that its device
 * has memory of its own. */
#include "raster_scene.h"

#include "ahead.h"
#include "engine_impl.h"
#include "plan_bytes.h"

TestSuite(ahead, .timeout = 180);

enum { FRAMES = 23 };

/* Two scenes on the engine of the first. */
typedef struct duo {
    raster_scene *now, *next;
    fm_pair_params params;
    fm_mesh a, b;
    float t[FRAMES];
} duo;

static duo open_duo(fm_level level, fm_specialisation form, bool textured, bool half) {
    duo d = {.now = raster_scene_new(fm_test_seed()), .next = raster_scene_new(fm_test_seed() + 1)};
    d.now->level = level;
    d.now->specialisation = form;
    raster_scene_ball(d.now, 24, 16);
    raster_scene_textures(d.now, 60, 40, 60, 40);
    raster_scene_open(d.now);
    d.now->engine->caps.type = FM_DEVICE_GPU;
    d.now->engine->caps.unified_memory = false;
    raster_scene *s = d.next;
    raster_scene_ball(s, 20, 14);
    raster_scene_soup(s, 60, 1.0, 0.3);
    if (textured)
        raster_scene_textures(s, 50, 70, 33, 41);
    s->engine = d.now->engine;
    d.a = (fm_mesh){.positions = s->positions_a,
                    .uvs = s->uvs,
                    .polygon_sizes = s->polygon_sizes,
                    .corner_count = s->corner_count,
                    .polygon_count = s->polygon_count};
    d.b = d.a;
    d.b.positions = s->positions_b;
    d.params = (fm_pair_params){.struct_size = sizeof d.params, .half = half};
    for (int i = 0; i < FRAMES; i++)
        d.t[i] = (float)i / (FRAMES - 1);
    return d;
}

/* The images are where the scene is. */
static const fm_pair_params *params_of(duo *d) {
    d->params.image_a = d->next->image_a.pixels ? &d->next->image_a : NULL;
    d->params.image_b = d->next->image_b.pixels ? &d->next->image_b : NULL;
    return &d->params;
}

static void close_duo(duo *d) {
    fm_pair_destroy(&d->next->pair);
    d->next->engine = NULL;
    raster_scene_free(d->next);
    raster_scene_free(d->now);
}

static fm_staged *stage(duo *d) {
    fm_staged *staged = NULL;
    fm_error err;
    fm_assert_ok(fm_pair_stage(&staged, d->now->engine, &d->a, &d->b, params_of(d), &err), err);
    return staged;
}

static fm_stats stats_of(const duo *d) {
    fm_stats stats;
    cr_assert_eq(fm_engine_stats(d->now->engine, &stats), FM_OK);
    return stats;
}

static fm_staged_state state_of(const fm_staged *staged) {
    fm_staged_info info;
    cr_assert_eq(fm_staged_info_get(staged, &info), FM_OK);
    return info.state;
}

static fm_view small_view(uint32_t batch) {
    return (fm_view){
        .struct_size = sizeof(fm_view), .width = 110, .height = 70, .batch = batch, .tile = 32};
}

/* ---- a render with a pair behind it ---- */

typedef struct watcher {
    fm_engine *engine;
    fm_staged *staged;
    fm_staged_state state[FRAMES]; /* when the sink had frame i */
    uint32_t name_at;              /* the pair is named with this frame */
    uint32_t drop_at;              /* memory becomes short with this frame; 0 = never */
} watcher;

static fm_status watch(void *user, const fm_frame *frame, fm_error *err) {
    watcher *w = user;
    w->state[frame->index] = state_of(w->staged);
    if (frame->index == w->name_at)
        fm_assert_ok(fm_pair_ahead(w->engine, w->staged, err), *err);
    if (w->drop_at && frame->index == w->drop_at)
        cr_assert(fmi_ahead_drop(w->engine));
    return FM_OK;
}

static watcher render_now(duo *d, fm_staged *staged, uint32_t name_at, uint32_t drop_at,
                          fm_render_report *report) {
    watcher w = {
        .engine = d->now->engine, .staged = staged, .name_at = name_at, .drop_at = drop_at};
    const fm_view view = small_view(2);
    fm_error err;
    fm_assert_ok(fm_render(d->now->pair, d->t, FRAMES, &view, watch, &w, report, &err), err);
    return w;
}

static raster_frames render_next(duo *d) {
    const fm_view view = small_view(4);
    return raster_scene_render(d->next, &view, d->t, FRAMES);
}

/* Frames and facts of the next pair, made the plain way. */
static raster_frames plain(duo *d, fm_pair_info *info) {
    fm_error err;
    fm_assert_ok(fm_pair_create(&d->next->pair, d->now->engine, &d->a, &d->b, params_of(d), &err),
                 err);
    cr_assert_eq(fm_pair_info_get(d->next->pair, info), FM_OK);
    raster_frames frames = render_next(d);
    fm_pair_destroy(&d->next->pair);
    return frames;
}

static void assert_same(duo *d, const raster_frames *want, const fm_pair_info *facts,
                        const char *what) {
    fm_pair_info info;
    raster_frames got = render_next(d);
    cr_assert_arr_eq(got.pixels, want->pixels, want->frame_bytes * FRAMES, "%s: other pixels",
                     what);
    cr_assert_eq(fm_pair_info_get(d->next->pair, &info), FM_OK);
    cr_assert_eq(info.filled_texels, facts->filled_texels);
    cr_assert_eq(info.vertices, facts->vertices);
    cr_assert_eq(info.triangles, facts->triangles);
    cr_assert_eq(info.texture_width, facts->texture_width);
    raster_frames_free(&got);
}

static void make_next(duo *d, fm_staged **staged) {
    fm_error err;
    fm_assert_ok(fm_pair_create_staged(&d->next->pair, staged, &err), err);
    cr_assert_null(*staged);
    cr_assert_null(d->now->engine->ahead);
}

/* ---- the tests ---- */

static void check_bytes(fm_level level, fm_specialisation form, bool textured, bool half) {
    char what[80];
    fm_pair_info facts;
    duo d = open_duo(level, form, textured, half);
    raster_frames want = plain(&d, &facts);
    for (uint32_t name_at = 0; name_at < FRAMES; name_at += 11) {
        fm_staged *staged = stage(&d);
        const fm_stats before = stats_of(&d);
        (void)render_now(&d, staged, name_at, 0, NULL);
        cr_assert_eq(state_of(staged), name_at < 22 ? FM_STAGED_GOING : FM_STAGED_HOST);
        const fm_stats rendered = stats_of(&d);
        const uint64_t sent = rendered.ahead_to_device_count - before.ahead_to_device_count;
        cr_assert_eq(sent, name_at < 22 ? 2U + textured : 0U, "%u: %llu sent", name_at,
                     (unsigned long long)sent);
        cr_assert_eq(rendered.loop_to_device_bytes, before.loop_to_device_bytes);
        make_next(&d, &staged);
        cr_assert_eq(stats_of(&d).to_device_count - rendered.to_device_count,
                     name_at < 22 ? 0U : 2U + textured, "the pair goes up twice");
        snprintf(what, sizeof what, "%s, %s, %s%s, named at %u", fm_level_name(level),
                 fm_specialisation_name(form), textured ? "textured" : "grey", half ? ", half" : "",
                 name_at);
        assert_same(&d, &want, &facts, what);
        fm_pair_destroy(&d.next->pair);
    }
    raster_frames_free(&want);
    close_duo(&d);
}

Test(ahead, the_next_pair_is_the_same_to_the_byte) {
    check_bytes(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    check_bytes(FM_LEVEL_EXTREME, FM_SPECIALISATION_CPU, false, false);
}

Test(ahead, likewise_by_gpu_kernels_and_in_16_bits) {
    check_bytes(FM_LEVEL_HIGH, FM_SPECIALISATION_GPU, true, true);
    check_bytes(FM_LEVEL_EXTREME, FM_SPECIALISATION_GPU, false, true);
}

/* The writes are on their way before the first of the frames comes back, so the second queue has
 * them while the first draws; and what a peak is was planned. */
Test(ahead, it_goes_up_while_frames_are_drawn) {
    for (int extreme = 0; extreme < 2; extreme++) {
        duo d = open_duo(extreme ? FM_LEVEL_EXTREME : FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true,
                         false);
        fm_staged *staged = stage(&d);
        fm_staged_info info;
        fm_render_report report;
        fm_error err;
        fm_assert_ok(fm_pair_ahead(d.now->engine, staged, &err), err);
        watcher w = render_now(&d, staged, FRAMES, 0, &report);
        cr_assert_eq(w.state[0], FM_STAGED_GOING, "it waits for the first batch");
        cr_assert_eq(fm_staged_info_get(staged, &info), FM_OK);
        cr_assert_eq(info.transfers, 3);
        cr_assert_eq(info.sent_bytes, info.device_bytes);
        cr_assert_neq(info.began_s, 0.0);
        cr_assert_eq(report.plan.bytes_ahead, info.device_bytes);
        const uint64_t planned =
            report.plan.bytes_fixed + report.plan.batch * report.plan.bytes_per_frame;
        const uint64_t peak = stats_of(&d).peak_bytes;
        cr_assert(peak <= planned && planned <= peak * 102 / 100 + 128, "planned %llu, peak %llu",
                  (unsigned long long)planned, (unsigned long long)peak);
        /* A second render beside it counts it still. */
        (void)render_now(&d, staged, FRAMES, 0, &report);
        cr_assert_eq(report.plan.bytes_ahead, info.device_bytes);
        cr_assert_eq(stats_of(&d).ahead_to_device_count, 3);
        for (int i = 0; i < 100 && info.arrived_s == 0.0; i++) { /* each render looks */
            (void)render_now(&d, staged, FRAMES, 0, &report);
            cr_assert_eq(fm_staged_info_get(staged, &info), FM_OK);
        }
        cr_assert(info.arrived_s > info.began_s, "it is not seen to arrive");
        fm_staged_destroy(&staged);
        close_duo(&d);
    }
}

/* Where it is of no use, and where there is no room, everything is as without; the planner takes no
 * smaller batch for it. */
Test(ahead, it_stays_where_it_is_of_no_use) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH};
    for (int i = 0; i < 3; i++) {
        fm_pair_info facts;
        duo d = open_duo(levels[i], FM_SPECIALISATION_CPU, true, false);
        d.now->engine->caps.unified_memory = i == 2;
        raster_frames want = plain(&d, &facts);
        fm_staged *staged = stage(&d);
        (void)render_now(&d, staged, 0, 0, NULL);
        cr_assert_eq(state_of(staged), FM_STAGED_LATER);
        cr_assert_eq(stats_of(&d).ahead_to_device_count, 0);
        make_next(&d, &staged);
        assert_same(&d, &want, &facts, "later");
        raster_frames_free(&want);
        close_duo(&d);
    }
}

Test(ahead, it_takes_room_that_is_left_only) {
    duo d = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    fm_render_report without, with;
    fm_staged *staged = stage(&d);
    fm_staged_info info;
    (void)render_now(&d, staged, FRAMES, 0, &without);
    cr_assert_eq(fm_staged_info_get(staged, &info), FM_OK);
    const uint64_t room = without.plan.bytes_fixed +
                          without.plan.batch * without.plan.bytes_per_frame + info.device_bytes;
    for (uint64_t less = 4; less-- > 0;) { /* bytes_per_frame is rounded up */
        d.now->engine->mem_limit_bytes = room - less;
        (void)render_now(&d, staged, 0, 0, &with);
        cr_assert_eq(with.plan.batch, without.plan.batch);
        cr_assert_eq(with.plan.in_flight, without.plan.in_flight);
        fm_staged_destroy(&staged);
        staged = stage(&d);
        if (with.plan.bytes_ahead != 0)
            break;
        cr_assert_neq(less, 0, "there was room");
    }
    d.now->engine->mem_limit_bytes = room - 4;
    (void)render_now(&d, staged, 0, 0, &with);
    cr_assert_eq(with.plan.bytes_ahead, 0);
    cr_assert_eq(state_of(staged), FM_STAGED_LATER);
    fm_staged_destroy(&staged);
    close_duo(&d);
}

Test(ahead, the_planner_counts_it) {
    const fm_caps gpu = {.type = FM_DEVICE_GPU,
                         .global_bytes = UINT64_C(8) << 30,
                         .max_alloc_bytes = UINT64_C(2) << 30,
                         .base_align_bytes = 128,
                         .local_bytes = 32768,
                         .max_group_size = 256,
                         .preferred = FM_SPECIALISATION_GPU};
    fm_problem problem = {.frames = 1000,
                          .width = 512,
                          .height = 512,
                          .channels = 3,
                          .vertices = 18000,
                          .triangles = 36000,
                          .texture_width = 2048,
                          .texture_height = 2048};
    for (int level = 0; level < 4; level++) {
        fm_plan without, with;
        fm_error err;
        problem.ahead_bytes = 0;
        fm_assert_ok(fm_plan_render(&gpu, (fm_level)level, &problem, &without, &err), err);
        cr_assert_eq(without.bytes_ahead, 0);
        const uint64_t frames = without.batch * without.bytes_per_frame;
        const uint64_t left = without.budget_bytes - without.bytes_fixed - frames;
        const uint64_t asked[] = {45000000, left, left + without.batch + 1, UINT64_MAX};
        for (int i = 0; i < 4; i++) {
            const bool sent = level >= FM_LEVEL_HIGH && i < 2;
            problem.ahead_bytes = asked[i];
            fm_assert_ok(fm_plan_render(&gpu, (fm_level)level, &problem, &with, &err), err);
            cr_assert_eq(with.bytes_ahead, sent ? asked[i] : 0, "%s, %d",
                         fm_level_name((fm_level)level), i);
            cr_assert_eq(with.bytes_fixed, without.bytes_fixed + with.bytes_ahead);
            cr_assert_eq(with.batch, without.batch);
            cr_assert_eq(with.in_flight, without.in_flight);
        }
    }
}

Test(ahead, it_gives_way_when_memory_is_short) {
    fm_pair_info facts;
    duo d = open_duo(FM_LEVEL_EXTREME, FM_SPECIALISATION_CPU, true, false);
    raster_frames want = plain(&d, &facts);
    fm_staged *staged = stage(&d);
    fm_error err;
    (void)render_now(&d, staged, FRAMES, 0, NULL); /* the buffers of the first */
    const uint64_t before = stats_of(&d).live_bytes;
    fm_assert_ok(fm_pair_ahead(d.now->engine, staged, &err), err);
    (void)render_now(&d, staged, FRAMES, 9, NULL);
    cr_assert_eq(state_of(staged), FM_STAGED_LATER);
    cr_assert(!fmi_ahead_drop(d.now->engine));
    cr_assert_eq(stats_of(&d).live_bytes, before);
    make_next(&d, &staged);
    assert_same(&d, &want, &facts, "given way");
    raster_frames_free(&want);
    close_duo(&d);
}

/* Pair after pair, each sent beside the one before: nothing grows. */
Test(ahead, a_chain_of_pairs_needs_two_of_them) {
    duo d = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    const fm_view view = {.struct_size = sizeof view, .width = 32, .height = 32, .batch = 2};
    fm_pair *pair = NULL;
    uint64_t live = 0, peak = 0;
    fm_error err;
    fm_assert_ok(fm_pair_create(&pair, d.now->engine, &d.a, &d.b, params_of(&d), &err), err);
    for (int i = 0; i < 200; i++) {
        fm_staged *staged = stage(&d);
        fm_assert_ok(fm_pair_ahead(d.now->engine, staged, &err), err);
        fm_assert_ok(fm_render(pair, d.t, 7, &view, NULL, NULL, NULL, &err), err);
        fm_pair_destroy(&pair);
        fm_assert_ok(fm_pair_create_staged(&pair, &staged, &err), err);
        if (i == 0) {
            live = stats_of(&d).live_bytes;
            peak = stats_of(&d).peak_bytes;
        }
        cr_assert_eq(stats_of(&d).live_bytes, live, "pair %d", i);
        cr_assert_eq(stats_of(&d).peak_bytes, peak, "pair %d", i);
        cr_assert_eq(stats_of(&d).ahead_to_device_count, 3 * (uint64_t)(i + 1));
    }
    fm_pair_destroy(&pair);
    close_duo(&d);
}

/* A staged pair that never becomes one leaves nothing, whatever it was doing. */
Test(ahead, it_may_go_at_any_time) {
    duo d = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    fm_error err;
    fm_staged *unnamed = stage(&d);
    (void)render_now(&d, unnamed, FRAMES, 0, NULL); /* the buffers of the first */
    fm_staged_destroy(&unnamed);
    const uint64_t live = stats_of(&d).live_bytes;
    for (int i = 0; i < 3; i++) {
        fm_staged *staged = stage(&d);
        if (i > 0)
            fm_assert_ok(fm_pair_ahead(d.now->engine, staged, &err), err);
        if (i > 1)
            (void)render_now(&d, staged, FRAMES, 0, NULL);
        fm_staged_destroy(&staged);
        cr_assert_null(staged);
        cr_assert_null(d.now->engine->ahead);
        cr_assert_eq(stats_of(&d).live_bytes, live);
    }
    fm_staged_destroy(NULL);
    close_duo(&d);
}

static void count_line(void *user, fm_log_level level, const char *text) {
    (void)level;
    *(int *)user += strstr(text, "only mesh A has a texture") != NULL;
}

/* Staging may be on another thread: what it has to say comes with the pair. */
Test(ahead, what_staging_says_comes_with_the_pair) {
    int lines = 0;
    duo d = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    d.now->engine->log = (fm_log){.write = count_line, .user = &lines, .level = FM_LOG_WARNING};
    (void)params_of(&d);
    d.params.image_b = NULL;
    fm_staged *staged = NULL;
    fm_error err;
    fm_assert_ok(fm_pair_stage(&staged, d.now->engine, &d.a, &d.b, &d.params, &err), err);
    cr_assert_eq(lines, 0);
    make_next(&d, &staged);
    cr_assert_eq(lines, 1);
    close_duo(&d);
}

Test(ahead, wrong_arguments_are_refused) {
    duo d = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    duo other = open_duo(FM_LEVEL_HIGH, FM_SPECIALISATION_CPU, true, false);
    const fm_engine_params reference = {.struct_size = sizeof reference, .device = "ref"};
    fm_engine *ref = NULL;
    fm_staged *staged = stage(&d), *none = NULL;
    fm_pair *pair = NULL;
    fm_staged_info info;
    fm_error err;
    fm_assert_ok(fm_engine_create(&ref, &reference, &err), err);
    fm_assert_fails(fm_pair_stage(&none, ref, &d.a, &d.b, NULL, &err), FM_ERROR_UNSUPPORTED, err,
                    "reference");
    fm_assert_fails(fm_pair_stage(NULL, d.now->engine, &d.a, &d.b, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "NULL");
    fm_assert_fails(fm_pair_stage(&none, d.now->engine, NULL, &d.b, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "NULL");
    fm_mesh fewer = d.b;
    fewer.polygon_count--;
    fewer.corner_count -= 3;
    cr_assert_eq(fm_pair_stage(&none, d.now->engine, &d.a, &fewer, NULL, &err), FM_ERROR_BAD_INPUT);
    cr_assert_null(none);
    fm_assert_fails(fm_pair_ahead(other.now->engine, staged, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "another");
    fm_assert_fails(fm_pair_ahead(NULL, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err, "no engine");
    fm_assert_ok(fm_pair_ahead(d.now->engine, staged, &err), err);
    fm_assert_ok(fm_pair_ahead(d.now->engine, NULL, &err), err);
    cr_assert_null(d.now->engine->ahead);
    fm_assert_fails(fm_pair_create_staged(&pair, &none, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "NULL");
    fm_assert_fails(fm_pair_create_staged(NULL, &staged, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "NULL");
    cr_assert_eq(fm_staged_info_get(NULL, &info), FM_ERROR_INVALID_ARGUMENT);
    cr_assert_eq(fm_staged_info_get(staged, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_staged_destroy(&staged);
    fm_engine_destroy(&ref);
    close_duo(&other);
    close_duo(&d);
}
