/* SPDX-License-Identifier: MIT */
/* What fm_plan_work foresees is what the engine then holds. */
#include "raster_scene.h"

#include "cl.h"
#include "engine_impl.h"

#include <fm/opencl.h>

TestSuite(plan_work, .timeout = 120);

/* Within 2 % and an alignment, and never below. */
static void assert_foreseen(fm_engine *engine, const char *what, uint64_t before,
                            const fm_work *work) {
    fm_work_plan plan;
    fm_stats stats;
    fm_error err;
    const fm_caps *caps = fm_engine_caps(engine);
    fm_assert_ok(fm_plan_work(caps, FM_LEVEL_MEDIUM, work, &plan, &err), err);
    cr_assert_eq(fm_engine_stats(engine, &stats), FM_OK);
    uint64_t peak = stats.peak_bytes - before;
    cr_assert_eq(plan.batch, work->count, "%s: %llu at once", what, (unsigned long long)plan.batch);
    cr_assert_leq(peak, plan.peak_bytes + caps->base_align_bytes, "%s: %llu bytes, foreseen %llu",
                  what, (unsigned long long)peak, (unsigned long long)plan.peak_bytes);
    cr_assert_leq(plan.peak_bytes, peak + peak / 50 + caps->base_align_bytes,
                  "%s: %llu bytes, foreseen %llu", what, (unsigned long long)peak,
                  (unsigned long long)plan.peak_bytes);
}

static fm_engine *open_engine(void) {
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .cache_dir = getenv("FM_CACHE_DIR")};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

Test(plan_work, morph) {
    const fm_work work = {.op = FM_OP_MORPH, .count = 9, .vertices = 1001};
    float *shape = calloc(3 * 1001, sizeof *shape);
    const float t[9] = {0.5F};
    fm_engine *engine = open_engine();
    fm_morph *morph = NULL;
    fm_error err;
    fm_assert_ok(fm_morph_create(&morph, engine, shape, shape, 1001, 9, &err), err);
    fm_assert_ok(fm_morph_run(morph, t, 9, &err), err);
    assert_foreseen(engine, "morph", 0, &work);
    fm_morph_destroy(&morph);
    fm_engine_destroy(&engine);
    free(shape);
}

Test(plan_work, blend) {
    const fm_work work = {.op = FM_OP_BLEND, .count = 70, .vertices = 501, .targets = 7};
    const uint32_t values = 3 * 501;
    float *shapes = calloc((size_t)values * 8, sizeof *shapes);
    float *out = calloc((size_t)values * 70, sizeof *out), weights[70 * 7] = {0.0F};
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = values, .targets = 7, .path = FM_BLEND_OWN};
    const fm_blend_job job = {.struct_size = sizeof job, .frames = 70, .out_buffer = true};
    fm_engine *engine = open_engine();
    fm_blend *blend = NULL;
    fm_error err;
    cl_int code = 0;
    cl_mem to = clCreateBuffer(fm_engine_cl_context(engine), CL_MEM_READ_WRITE,
                               (size_t)values * 70 * sizeof *out, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    fm_assert_ok(fm_blend_create(&blend, engine, &params, shapes, shapes + values, &err), err);
    fm_assert_ok(fm_blend_run(blend, &job, weights, to, &err), err);
    assert_foreseen(engine, "blend", 0, &work);
    fm_blend_destroy(&blend);
    clReleaseMemObject(to);
    fm_engine_destroy(&engine);
    free(shapes);
    free(out);
}

Test(plan_work, keypoints) {
    for (int unified = 0; unified < 2; unified++) {
        const fm_work work = {.op = FM_OP_KEYPOINTS, .count = 1000};
        const fm_keypoints_params how = {
            .struct_size = sizeof how, .model = FM_KEYPOINTS_FOMM, .host_below = 1};
        fm_engine *engine = open_engine();
        fm_keypoints *kp = NULL;
        fm_error err;
        float *value = malloc(1000 * 20 * sizeof *value),
              *matrix = malloc(1000 * 40 * sizeof *matrix);
        uint8_t *status = malloc(10000);
        for (int i = 0; i < 20000; i++)
            value[i] = (float)sin(i);
        for (int i = 0; i < 40000; i++)
            matrix[i] = i % 4 == 0 || i % 4 == 3 ? 1.0F : 0.1F;
        fm_keypoints_set set = {.value = value, .jacobian = matrix};
        fm_keypoints_out out = {.value = value, .jacobian = matrix, .status = status};
        engine->caps.unified_memory = unified != 0;
        fm_assert_ok(fm_keypoints_create(&kp, engine, &how, &set, NULL, &err), err);
        fm_assert_ok(fm_keypoints_push(kp, &set, &out, 1000, &err), err);
        assert_foreseen(engine, "keypoints", 0, &work);
        fm_keypoints_destroy(&kp);
        fm_engine_destroy(&engine);
        free(value);
        free(matrix);
        free(status);
    }
}

Test(plan_work, solve) {
    for (uint32_t n = 2; n <= 16; n += 7) {
        const fm_work work = {.op = FM_OP_SOLVE, .count = 333, .n = n, .m = 3};
        const fm_solve_params params = {.struct_size = sizeof params, .n = n, .m = 3, .count = 333};
        float *a = calloc(333 * n * n, sizeof *a), *b = calloc(333 * n * 3, sizeof *b);
        uint8_t *status = malloc(333);
        fm_engine *engine = open_engine();
        fm_error err;
        for (uint32_t i = 0; i < 333 * n; i++)
            a[i / n * n * n + i % n * (n + 1)] = 1.0F;
        fm_assert_ok(fm_solve_batched(engine, &params, a, b, b, status, NULL, &err), err);
        assert_foreseen(engine, "solve", 0, &work);
        fm_engine_destroy(&engine);
        free(a);
        free(b);
        free(status);
    }
}

static fm_status drop(void *user, const fm_texture *texture, fm_error *err) {
    (void)user;
    (void)texture;
    (void)err;
    return FM_OK;
}

Test(plan_work, heatmap_and_textures_beside_their_pair) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 24, 16);
    raster_scene_textures(s, 50, 30, 50, 30);
    raster_scene_open(s);
    fm_stats stats;
    fm_heatmap *heatmap = NULL;
    fm_error err;
    const float t[2] = {0.0F, 0.5F};
    const fm_textures_params bytes = {.struct_size = sizeof bytes, .format = FM_TEXTURE_BYTE};
    const fm_work textures = {
        .op = FM_OP_TEXTURES, .count = 2, .width = 50, .height = 30, .bytes = true};
    cr_assert_eq(fm_engine_stats(s->engine, &stats), FM_OK);
    fm_assert_ok(fm_morph_textures(s->pair, t, 2, &bytes, drop, NULL, NULL, &err), err);
    assert_foreseen(s->engine, "textures", stats.live_bytes, &textures);
    const fm_work panels = {.op = FM_OP_HEATMAP,
                            .count = 1,
                            .vertices = s->joined.vertex_count,
                            .width = 64,
                            .height = 48,
                            .texture_width = 50,
                            .texture_height = 30};
    fm_view view = {.struct_size = sizeof view, .width = 64, .height = 48};
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    fm_assert_ok(fm_heatmap_draw(heatmap, &view, &err), err);
    assert_foreseen(s->engine, "heatmap", stats.live_bytes, &panels);
    fm_heatmap_destroy(&heatmap);
    raster_scene_free(s);
}

/* Whatever the limits, a plan keeps them, and one more would not. */
Test(plan_work, plans_keep_their_limits) {
    const fm_work works[] = {{.op = FM_OP_MORPH, .count = 100000, .vertices = 18024},
                             {.op = FM_OP_BLEND, .count = 100000, .vertices = 18024, .targets = 50},
                             {.op = FM_OP_KEYPOINTS, .count = 10000000},
                             {.op = FM_OP_SOLVE, .count = 10000000, .n = 16, .m = 16}};
    for (int i = 0; i < 4; i++)
        for (uint64_t most = UINT64_C(16) << 20; most <= UINT64_C(1) << 30; most *= 4) {
            const fm_caps caps = {.type = FM_DEVICE_GPU,
                                  .global_bytes = UINT64_C(64) << 30,
                                  .max_alloc_bytes = most,
                                  .base_align_bytes = 128};
            fm_work work = works[i];
            fm_work_plan plan, more;
            fm_error err;
            work.mem_limit_bytes = 2 * most;
            fm_assert_ok(fm_plan_work(&caps, FM_LEVEL_HIGH, &work, &plan, &err), err);
            cr_assert_leq(plan.peak_bytes, plan.budget_bytes);
            cr_assert_leq(plan.budget_bytes, 2 * most);
            if (plan.limited_by == FM_LIMIT_FRAMES || plan.limited_by == FM_LIMIT_TUNED)
                continue;
            const fm_caps roomy = {.global_bytes = UINT64_C(1) << 50, .base_align_bytes = 128};
            work.count = plan.batch + 1;
            work.mem_limit_bytes = 0;
            fm_assert_ok(fm_plan_work(&roomy, FM_LEVEL_HIGH, &work, &more, &err), err);
            cr_assert(plan.limited_by == FM_LIMIT_SINGLE_BUFFER ||
                          more.peak_bytes > plan.budget_bytes,
                      "op %d: one more would fit", i);
        }
    const fm_caps tiny = {.global_bytes = 4096, .base_align_bytes = 128};
    fm_work_plan plan;
    fm_error err;
    fm_assert_fails(fm_plan_work(&tiny, FM_LEVEL_LOW, &works[0], &plan, &err), FM_ERROR_LIMIT, err,
                    "the budget is");
}

Test(plan_work, forecasts_follow_the_measured_rate) {
    const fm_plan plan = {.batch = 16, .bytes_fixed = 1000, .bytes_per_frame = 10};
    fm_pace pace = {.frames = 41, .elapsed_seconds = 3.0};
    fm_forecast f;
    fm_error err;
    fm_assert_ok(fm_estimate(&plan, &pace, &f, &err), err);
    cr_assert(f.batches == 3 && f.per_second == 0.0 && f.seconds_left < 0.0 && f.speedup == 0.0);
    pace.done = 20;
    pace.elapsed_seconds = 4.0;
    fm_assert_ok(fm_estimate(&plan, &pace, &f, &err), err);
    cr_assert_float_eq(f.per_second, 5.0, 1e-12);
    cr_assert_float_eq(f.seconds_left, 4.2, 1e-12);
    cr_assert_float_eq(f.seconds_total, 8.2, 1e-12);
    cr_assert_eq(f.peak_bytes, 1160);
    cr_assert_eq(f.speedup, 0.0, "nothing was measured alone");
    pace.alone_seconds = 0.3; /* 3.33 frames a second one by one */
    fm_assert_ok(fm_estimate(&plan, &pace, &f, &err), err);
    cr_assert_float_eq(f.speedup, 1.5, 1e-12);
    pace.done = 42;
    fm_assert_fails(fm_estimate(&plan, &pace, &f, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "42 of 41");
    pace.done = 4;
    pace.elapsed_seconds = -1.0;
    fm_assert_fails(fm_estimate(&plan, &pace, &f, &err), FM_ERROR_INVALID_ARGUMENT, err, "-1");
    pace.elapsed_seconds = 1.0;
    pace.alone_seconds = (double)INFINITY;
    fm_assert_fails(fm_estimate(&plan, &pace, &f, &err), FM_ERROR_INVALID_ARGUMENT, err, "inf");
}
