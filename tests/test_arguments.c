/* SPDX-License-Identifier: MIT */
/* What the headers rule out is refused by every public call, with one sentence, before anything is
 * made or a device is asked. */
#include "fm_test.h"

#include <fm/fm.h>

TestSuite(arguments, .timeout = 120);

/* A call that must say no; made: what it would have made, or NULL. */
#define refused(want, call)                                                                 \
    do {                                                                                    \
        fm_error err = {0};                                                                 \
        const fm_status got_ = (call);                                                      \
        cr_expect_eq(got_, (want), "%s: %s, %s", #call, fm_status_name(got_), err.message); \
        cr_expect_null(strchr(err.message, '\n'), "%s: %s", #call, err.message);            \
        cr_expect_neq(err.message[0], '\0', "%s says nothing", #call);                      \
    } while (0)
#define no(call) refused(FM_ERROR_INVALID_ARGUMENT, call)

static fm_engine *reference(void) {
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

static const float corners[] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
static const float uvs[] = {0, 0, 1, 0, 0, 1};
static const uint32_t sizes[] = {3};

static fm_mesh triangle(void) {
    return (fm_mesh){.positions = corners,
                     .uvs = uvs,
                     .polygon_sizes = sizes,
                     .corner_count = 3,
                     .polygon_count = 1,
                     .label = "triangle"};
}

static fm_pair *pair_of(fm_engine *engine) {
    const fm_mesh mesh = triangle();
    fm_pair *pair = NULL;
    fm_error err;
    fm_assert_ok(fm_pair_create(&pair, engine, &mesh, &mesh, NULL, &err), err);
    return pair;
}

Test(arguments, engines) {
    fm_engine *engine = NULL;
    static char path[5000];
    memset(path, 'x', sizeof path - 1);
    fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    no(fm_engine_create(NULL, &params, &err));
    params.struct_size--;
    no(fm_engine_create(&engine, &params, &err));
    params.struct_size++;
    params.cache_dir = path;
    no(fm_engine_create(&engine, &params, &err));
    params.cache_dir = NULL;
    params.kernel_dir = path;
    no(fm_engine_create(&engine, &params, &err));
    cr_expect_null(engine);
    no(fm_engine_reset(NULL, &err));
    fm_stats stats;
    cr_expect_eq(fm_engine_stats(NULL, &stats), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_null(fm_engine_caps(NULL));
    fm_engine_destroy(NULL);
    fm_engine_destroy(&engine);
    engine = reference();
    fm_error first;
    cr_expect_eq(fm_engine_stats(engine, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_assert_ok(fm_engine_reset(engine, &first), first);
    fm_engine_destroy(&engine);
    cr_expect_null(engine);
}

static fm_status pair_with(fm_engine *engine, const fm_image *a, const fm_image *b, fm_error *err) {
    const fm_mesh mesh = triangle();
    const fm_pair_params params = {.struct_size = sizeof params, .image_a = a, .image_b = b};
    fm_pair *pair = NULL;
    const fm_status status = fm_pair_create(&pair, engine, &mesh, &mesh, &params, err);
    cr_expect((pair != NULL) == (status == FM_OK));
    fm_pair_destroy(&pair);
    return status;
}

Test(arguments, pairs_and_their_pictures) {
    fm_engine *engine = reference();
    static const uint8_t pixels[16 * 4];
    const fm_image good = {
        .pixels = pixels, .width = 2, .height = 2, .channels = 3, .row_bytes = 6};
    fm_image wrong[] = {good, good, good, good, good, good, good, good};
    wrong[0].pixels = NULL;
    wrong[1].width = 0;
    wrong[2].height = 0;
    wrong[3].width = 16385;
    wrong[4].height = 16385;
    wrong[5].channels = 2;
    wrong[6].channels = 5;
    wrong[7].row_bytes = 5;
    fm_error first;
    fm_assert_ok(pair_with(engine, &good, &good, &first), first);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(pair_with(engine, &wrong[i], &good, &first), FM_ERROR_INVALID_ARGUMENT,
                     "first, %zu", i);
        cr_expect_eq(pair_with(engine, &good, &wrong[i], &first), FM_ERROR_INVALID_ARGUMENT,
                     "second, %zu", i);
    }
    const fm_mesh mesh = triangle();
    fm_pair *pair = NULL;
    fm_pair_params params = {.struct_size = 1};
    no(fm_pair_create(NULL, engine, &mesh, &mesh, NULL, &err));
    no(fm_pair_create(&pair, NULL, &mesh, &mesh, NULL, &err));
    no(fm_pair_create(&pair, engine, NULL, &mesh, NULL, &err));
    no(fm_pair_create(&pair, engine, &mesh, NULL, NULL, &err));
    no(fm_pair_create(&pair, engine, &mesh, &mesh, &params, &err));
    cr_expect_null(pair);
    fm_pair_info info;
    cr_expect_eq(fm_pair_info_get(NULL, &info), FM_ERROR_INVALID_ARGUMENT);
    pair = pair_of(engine);
    cr_expect_eq(fm_pair_info_get(pair, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_pair_destroy(&pair);
    fm_pair_destroy(&pair);
    fm_pair_destroy(NULL);
    fm_engine_destroy(&engine);
}

Test(arguments, frames_and_plans) {
    fm_engine *engine = reference();
    fm_pair *pair = pair_of(engine);
    const fm_view view = {.struct_size = sizeof view, .width = 16, .height = 16};
    const float t[] = {0.5F, 1.5F, -0.5F, NAN};
    fm_plan plan;
    no(fm_render(NULL, t, 1, &view, NULL, NULL, NULL, &err));
    no(fm_render(pair, NULL, 1, &view, NULL, NULL, NULL, &err));
    no(fm_render(pair, t, 0, &view, NULL, NULL, NULL, &err));
    for (int i = 1; i < 4; i++)
        no(fm_render(pair, t + i, 1, &view, NULL, NULL, NULL, &err));
    fm_view wrong[] = {view, view, view, view, view, view, view, view};
    wrong[0].struct_size = 8;
    wrong[1].width = 8193;
    wrong[2].tile = 24;
    wrong[3].tile = 144;
    wrong[4].samples = 2;
    wrong[5].fov_degrees = 180;
    wrong[6].distance = -1;
    wrong[7].yaw_degrees = NAN;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fm_error err;
        cr_expect_neq(fm_render(pair, t, 1, &wrong[i], NULL, NULL, NULL, &err), FM_OK, "view %zu",
                      i);
    }
    no(fm_render_plan(NULL, 1, &view, &plan, &err));
    no(fm_render_plan(pair, 1, &view, NULL, &err));
    no(fm_render_prepare(NULL, &view, false, false, &err));
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}

static const fm_caps roomy = {.global_bytes = UINT64_C(8) << 30,
                              .max_alloc_bytes = UINT64_C(8) << 30,
                              .max_group_size = 1024,
                              .base_align_bytes = 128,
                              .preferred = FM_SPECIALISATION_CPU};

Test(arguments, plans_without_a_device) {
    const fm_problem good = {
        .frames = 2, .width = 16, .height = 16, .channels = 3, .vertices = 3, .triangles = 1};
    fm_problem wrong[] = {good, good, good, good, good, good, good, good};
    fm_plan plan;
    fm_error first;
    wrong[0].frames = 0;
    wrong[1].vertices = 0;
    wrong[2].triangles = 0;
    wrong[3].width = 0;
    wrong[4].height = 0;
    wrong[5].width = 8193;
    wrong[6].height = 8193;
    wrong[7].channels = 2;
    fm_assert_ok(fm_plan_render(&roomy, FM_LEVEL_MEDIUM, &good, &plan, &first), first);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        no(fm_plan_render(&roomy, FM_LEVEL_MEDIUM, &wrong[i], &plan, &err));
    no(fm_plan_render(NULL, FM_LEVEL_MEDIUM, &good, &plan, &err));
    no(fm_plan_render(&roomy, FM_LEVEL_MEDIUM, NULL, &plan, &err));
    no(fm_plan_render(&roomy, FM_LEVEL_MEDIUM, &good, NULL, &err));
    no(fm_plan_render(&roomy, (fm_level)4, &good, &plan, &err));
    cr_expect_str_eq(fm_level_name((fm_level)9), "unknown");
    cr_expect_str_eq(fm_limit_name((fm_limit)9), "unknown");
}

Test(arguments, plans_of_other_work) {
    const fm_work good[] = {
        {.op = FM_OP_MORPH, .count = 1, .vertices = 3},
        {.op = FM_OP_BLEND, .count = 1, .vertices = 3, .targets = 1},
        {.op = FM_OP_SOLVE, .count = 1, .n = 2},
        {.op = FM_OP_HEATMAP, .count = 1, .vertices = 3, .width = 16, .height = 16},
        {.op = FM_OP_TEXTURES, .count = 1, .width = 16, .height = 16}};
    fm_work_plan plan;
    fm_error first;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        fm_work work = good[i];
        fm_assert_ok(fm_plan_work(&roomy, FM_LEVEL_MEDIUM, &work, &plan, &first), first);
        cr_expect_geq(plan.batch, 1U);
        work.count = 0;
        no(fm_plan_work(&roomy, FM_LEVEL_MEDIUM, &work, &plan, &err));
    }
    fm_work wrong[] = {good[0], good[0], good[1], good[2], good[2], good[4], good[4], good[0]};
    wrong[0].vertices = 0;
    wrong[1].vertices = UINT32_MAX;
    wrong[2].targets = 0;
    wrong[3].n = 0;
    wrong[4].n = FM_SOLVE_MAX_N + 1;
    wrong[5].width = 0;
    wrong[6].height = 0;
    wrong[7].op = (fm_op)99;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        no(fm_plan_work(&roomy, FM_LEVEL_MEDIUM, &wrong[i], &plan, &err));
    no(fm_plan_work(NULL, FM_LEVEL_MEDIUM, &good[0], &plan, &err));
    no(fm_plan_work(&roomy, FM_LEVEL_MEDIUM, NULL, &plan, &err));
    no(fm_plan_work(&roomy, FM_LEVEL_MEDIUM, &good[0], NULL, &err));
}

Test(arguments, estimates_and_memory) {
    const fm_plan plan = {.batch = 4}, empty = {.batch = 0};
    const fm_pace pace = {.frames = 8};
    fm_forecast forecast;
    fm_memory memory;
    no(fm_estimate(NULL, &pace, &forecast, &err));
    no(fm_estimate(&plan, NULL, &forecast, &err));
    no(fm_estimate(&plan, &pace, NULL, &err));
    no(fm_estimate(&empty, &pace, &forecast, &err));
    no(fm_memory_query(NULL, &memory, &err));
    no(fm_memory_budget(NULL, FM_LEVEL_MEDIUM, 0, &memory, &err));
    no(fm_memory_budget(&roomy, FM_LEVEL_MEDIUM, 0, NULL, &err));
    no(fm_memory_budget(&roomy, (fm_level)4, 0, &memory, &err));
    memory = (fm_memory){.source_count = FM_MEMORY_SOURCES + 1};
    no(fm_memory_budget(&roomy, FM_LEVEL_MEDIUM, 0, &memory, &err));
    fm_engine *engine = reference();
    no(fm_memory_query(engine, NULL, &err));
    fm_engine_destroy(&engine);
}

Test(arguments, heatmaps) {
    fm_engine *engine = reference();
    fm_pair *pair = pair_of(engine);
    fm_heatmap *heatmap = NULL;
    const float *values = NULL;
    uint64_t count = 0;
    float a[9], b[9];
    fm_panel panel;
    fm_statistics statistics;
    fm_error first;
    no(fm_heatmap_create(NULL, pair, &err));
    no(fm_heatmap_create(&heatmap, NULL, &err));
    cr_expect_null(heatmap);
    no(fm_heatmap_run(NULL, &err));
    cr_expect_eq(fm_heatmap_fields(NULL), 0U);
    fm_heatmap_destroy(&heatmap);
    fm_heatmap_destroy(NULL);
    fm_assert_ok(fm_heatmap_create(&heatmap, pair, &first), first);
    no(fm_heatmap_values(heatmap, FM_FIELD_TOTAL, &values, &count, &err)); /* it has not run */
    no(fm_heatmap_draw(heatmap, NULL, &err));
    no(fm_heatmap_draw(NULL, NULL, &err));
    fm_assert_ok(fm_heatmap_run(heatmap, &first), first);
    no(fm_heatmap_values(NULL, FM_FIELD_TOTAL, &values, &count, &err));
    no(fm_heatmap_values(heatmap, FM_FIELD_DELTA_E, &values, &count, &err)); /* no textures */
    no(fm_heatmap_values(heatmap, FM_FIELD_TOTAL, NULL, &count, &err));
    no(fm_heatmap_values(heatmap, FM_FIELD_TOTAL, &values, NULL, &err));
    no(fm_heatmap_panel(heatmap, FM_FIELD_TOTAL, &panel, &err)); /* not drawn */
    no(fm_heatmap_panel(NULL, FM_FIELD_TOTAL, &panel, &err));
    no(fm_heatmap_positions(NULL, a, b, 3, &err));
    no(fm_heatmap_positions(heatmap, NULL, b, 3, &err));
    no(fm_heatmap_positions(heatmap, a, NULL, 3, &err));
    no(fm_heatmap_positions(heatmap, a, b, 2, &err));
    fm_assert_ok(fm_heatmap_positions(heatmap, a, b, 3, &first), first);
    no(fm_statistics_make(NULL, a, 9, &err));
    no(fm_statistics_make(&statistics, NULL, 9, &err));
    cr_expect_str_eq(fm_field_name((fm_field)99), "unknown");
    fm_heatmap_destroy(&heatmap);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}

Test(arguments, morphs_and_textures) {
    fm_engine *engine = reference(), *device = NULL;
    fm_pair *pair = pair_of(engine);
    fm_morph *morph = NULL;
    const float t[] = {0.5F, 2.0F, NAN};
    float out[18];
    const fm_engine_params params = {.struct_size = sizeof params};
    const fm_textures_params wrong = {.struct_size = 1};
    fm_error first;
    refused(FM_ERROR_UNSUPPORTED, fm_morph_create(&morph, engine, corners, corners, 3, 2, &err));
    refused(FM_ERROR_UNSUPPORTED, fm_morph_textures(pair, t, 1, NULL, NULL, NULL, NULL, &err));
    no(fm_morph_textures(NULL, t, 1, NULL, NULL, NULL, NULL, &err));
    no(fm_morph_textures(pair, NULL, 1, NULL, NULL, NULL, NULL, &err));
    no(fm_morph_textures(pair, t, 0, NULL, NULL, NULL, NULL, &err));
    no(fm_morph_textures(pair, t, 1, &wrong, NULL, NULL, NULL, &err));
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    fm_assert_ok(fm_engine_create(&device, &params, &first), first);
    no(fm_morph_create(NULL, device, corners, corners, 3, 2, &err));
    no(fm_morph_create(&morph, NULL, corners, corners, 3, 2, &err));
    no(fm_morph_create(&morph, device, NULL, corners, 3, 2, &err));
    no(fm_morph_create(&morph, device, corners, NULL, 3, 2, &err));
    no(fm_morph_create(&morph, device, corners, corners, 0, 2, &err));
    no(fm_morph_create(&morph, device, corners, corners, 3, 0, &err));
    no(fm_morph_create(&morph, device, corners, corners, UINT32_MAX / 3 + 1, 2, &err));
    cr_expect_null(morph);
    fm_assert_ok(fm_morph_create(&morph, device, corners, corners, 3, 2, &first), first);
    no(fm_morph_read(morph, 0, 1, out, &err)); /* nothing has run */
    no(fm_morph_run(NULL, t, 1, &err));
    no(fm_morph_run(morph, NULL, 1, &err));
    no(fm_morph_run(morph, t, 0, &err));
    no(fm_morph_run(morph, t, 3, &err));
    fm_assert_ok(fm_morph_run(morph, t, 1, &first), first);
    no(fm_morph_read(NULL, 0, 1, out, &err));
    no(fm_morph_read(morph, 0, 1, NULL, &err));
    no(fm_morph_read(morph, 0, 0, out, &err));
    no(fm_morph_read(morph, 1, 1, out, &err));
    no(fm_morph_read(morph, 0, 2, out, &err));
    fm_assert_ok(fm_morph_read(morph, 0, 1, out, &first), first);
    cr_expect_arr_eq(out, corners, sizeof corners);
    fm_morph_destroy(&morph);
    fm_morph_destroy(&morph);
    fm_morph_destroy(NULL);
    fm_engine_destroy(&device);
}

Test(arguments, keypoints) {
    fm_engine *engine = reference();
    static float value[20], out_value[20];
    for (int i = 0; i < 20; i++)
        value[i] = (float)((i * 7) % 11);
    const fm_keypoints_set set = {.value = value}, none = {.value = NULL};
    const fm_keypoints_out out = {.value = out_value};
    fm_keypoints_params params = {
        .struct_size = sizeof params, .points = 10, .no_relative_jacobian = true};
    fm_keypoints *kp = NULL;
    fm_keypoints_clip clip;
    fm_keypoints_stats stats;
    uint32_t frames;
    fm_error first;
    no(fm_keypoints_create(NULL, engine, &params, &set, NULL, &err));
    no(fm_keypoints_create(&kp, NULL, &params, &set, NULL, &err));
    no(fm_keypoints_create(&kp, engine, NULL, &set, NULL, &err));
    no(fm_keypoints_create(&kp, engine, &params, NULL, NULL, &err));
    no(fm_keypoints_create(&kp, engine, &params, &none, NULL, &err));
    params.area = (fm_keypoints_area)9;
    no(fm_keypoints_create(&kp, engine, &params, &set, NULL, &err));
    params.area = FM_KEYPOINTS_BBOX;
    params.region = (fm_keypoints_region)9;
    no(fm_keypoints_create(&kp, engine, &params, &set, NULL, &err));
    params.region = FM_KEYPOINTS_REGION_ALL;
    cr_expect_null(kp);
    fm_assert_ok(fm_keypoints_create(&kp, engine, &params, &set, NULL, &first), first);
    no(fm_keypoints_clip_facts(kp, 0, &clip, &err)); /* no initial frame yet */
    no(fm_keypoints_crossing(kp, &frames, &err));
    no(fm_keypoints_push(NULL, &set, &out, 1, &err));
    no(fm_keypoints_push(kp, NULL, &out, 1, &err));
    no(fm_keypoints_push(kp, &set, NULL, 1, &err));
    no(fm_keypoints_push(kp, &none, &out, 1, &err));
    refused(FM_ERROR_LIMIT, fm_keypoints_push(kp, &set, &out, UINT32_MAX, &err));
    fm_assert_ok(fm_keypoints_push(kp, &set, &out, 1, &first), first);
    no(fm_keypoints_clip_facts(kp, 1, &clip, &err));
    no(fm_keypoints_clip_facts(kp, 0, NULL, &err));
    no(fm_keypoints_clip_facts(NULL, 0, &clip, &err));
    no(fm_keypoints_restart(NULL, &set, NULL, &err));
    no(fm_keypoints_crossing(NULL, &frames, &err));
    no(fm_keypoints_crossing(kp, NULL, &err));
    const fm_keypoints_buffers buffers = {.value = NULL};
    no(fm_keypoints_push_buffers(NULL, &buffers, 1, NULL, &err));
    no(fm_keypoints_push_buffers(kp, NULL, 1, NULL, &err));
    refused(FM_ERROR_UNSUPPORTED, fm_keypoints_push_buffers(kp, &buffers, 1, NULL, &err));
    cr_expect_eq(fm_keypoints_get_stats(NULL, &stats), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_keypoints_get_stats(kp, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_keypoints_destroy(&kp);
    fm_keypoints_destroy(NULL);
    fm_engine_destroy(&engine);
}

static const double matrix[] = {1, 0, 0, 1};

static fm_status solve_with(fm_engine *engine, const fm_solve_params *params, fm_error *err) {
    double x[4];
    return fm_solve_batched(engine, params, matrix, matrix, x, NULL, NULL, err);
}

Test(arguments, solves) {
    fm_engine *engine = reference();
    const fm_solve_params good = {
        .struct_size = sizeof good, .n = 2, .m = 2, .count = 1, .number = FM_NUMBER_DOUBLE};
    fm_solve_params wrong[] = {good, good, good, good, good, good, good, good};
    double x[4];
    fm_error first;
    wrong[0].struct_size = 1;
    wrong[1].n = 0;
    wrong[2].n = FM_SOLVE_MAX_N + 1;
    wrong[3].rcond = -1;
    wrong[4].rcond = 1.5;
    wrong[5].rcond = (double)NAN;
    wrong[6].a.layout = (fm_layout)9;
    wrong[7].a.lead = 1;
    fm_assert_ok(solve_with(engine, &good, &first), first);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        no(solve_with(engine, &wrong[i], &err));
    no(solve_with(NULL, &good, &err));
    no(solve_with(engine, NULL, &err));
    no(fm_solve_batched(engine, &good, NULL, matrix, x, NULL, NULL, &err));
    no(fm_solve_batched(engine, &good, matrix, NULL, x, NULL, NULL, &err));
    no(fm_solve_batched(engine, &good, matrix, matrix, NULL, NULL, NULL, &err));
    no(fm_pinv_batched(engine, &good, NULL, x, NULL, NULL, &err));
    fm_solve_params buffers = good;
    buffers.buffers = true;
    cr_expect_neq(solve_with(engine, &buffers, &first), FM_OK, "the reference has no buffers");
    fm_engine_destroy(&engine);
}

Test(arguments, blends_and_shapes) {
    fm_engine *engine = reference();
    const fm_mesh mesh = triangle();
    const fm_blend_params good = {.struct_size = sizeof good, .values = 9, .targets = 1};
    fm_blend_params wrong[] = {good, good, good, good, good};
    const float weights[] = {0.5F};
    float out[9];
    fm_blend *blend = NULL;
    fm_blend_info info;
    fm_error first;
    wrong[0].struct_size = 1;
    wrong[1].values = 0;
    wrong[2].targets = 0;
    wrong[3].targets = FM_BLEND_MAX_TARGETS + 1;
    wrong[4].path = (fm_blend_path)9;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        no(fm_blend_create(&blend, engine, &wrong[i], corners, corners, &err));
    no(fm_blend_create(NULL, engine, &good, corners, corners, &err));
    no(fm_blend_create(&blend, NULL, &good, corners, corners, &err));
    no(fm_blend_create(&blend, engine, NULL, corners, corners, &err));
    no(fm_blend_create(&blend, engine, &good, NULL, corners, &err));
    no(fm_blend_create(&blend, engine, &good, corners, NULL, &err));
    cr_expect_null(blend);
    fm_assert_ok(fm_blend_create(&blend, engine, &good, corners, corners, &first), first);
    fm_blend_job job = {.struct_size = sizeof job, .frames = 1};
    fm_assert_ok(fm_blend_run(blend, &job, weights, out, &first), first);
    no(fm_blend_run(NULL, &job, weights, out, &err));
    no(fm_blend_run(blend, NULL, weights, out, &err));
    no(fm_blend_run(blend, &job, NULL, out, &err));
    no(fm_blend_run(blend, &job, weights, NULL, &err));
    job.frames = 0;
    no(fm_blend_run(blend, &job, weights, out, &err));
    job = (fm_blend_job){.struct_size = 1, .frames = 1};
    no(fm_blend_run(blend, &job, weights, out, &err));
    cr_expect_eq(fm_blend_info_get(NULL, &info), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_blend_info_get(blend, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_blend_destroy(&blend);
    fm_blend_destroy(NULL);

    fm_shapes *shapes = NULL;
    fm_shapes_info facts;
    fm_plan plan;
    const fm_shapes_params odd = {.struct_size = 1},
                           askew = {.struct_size = sizeof askew, .align = (fm_align)9};
    no(fm_shapes_create(NULL, engine, &mesh, &mesh, 1, NULL, &err));
    no(fm_shapes_create(&shapes, NULL, &mesh, &mesh, 1, NULL, &err));
    no(fm_shapes_create(&shapes, engine, NULL, &mesh, 1, NULL, &err));
    no(fm_shapes_create(&shapes, engine, &mesh, NULL, 1, NULL, &err));
    no(fm_shapes_create(&shapes, engine, &mesh, &mesh, 0, NULL, &err));
    no(fm_shapes_create(&shapes, engine, &mesh, &mesh, FM_BLEND_MAX_TARGETS + 1, NULL, &err));
    no(fm_shapes_create(&shapes, engine, &mesh, &mesh, 1, &odd, &err));
    no(fm_shapes_create(&shapes, engine, &mesh, &mesh, 1, &askew, &err));
    cr_expect_null(shapes);
    fm_assert_ok(fm_shapes_create(&shapes, engine, &mesh, &mesh, 1, NULL, &first), first);
    no(fm_shapes_render(NULL, weights, 1, NULL, NULL, NULL, NULL, &err));
    no(fm_shapes_render(shapes, NULL, 1, NULL, NULL, NULL, NULL, &err));
    no(fm_shapes_render(shapes, weights, 0, NULL, NULL, NULL, NULL, &err));
    no(fm_shapes_render_plan(NULL, 1, NULL, &plan, &err));
    no(fm_shapes_render_plan(shapes, 1, NULL, NULL, &err));
    cr_expect_eq(fm_shapes_info_get(NULL, &facts), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_shapes_info_get(shapes, NULL), FM_ERROR_INVALID_ARGUMENT);
    fm_shapes_destroy(&shapes);
    fm_shapes_destroy(NULL);
    fm_engine_destroy(&engine);
}

Test(arguments, geometry) {
    fm_engine *engine = reference();
    fm_pair *pair = pair_of(engine);
    fm_geometry *geometry = NULL;
    fm_geometry_topology topology;
    float out[9];
    fm_error first;
    no(fm_geometry_create(NULL, pair, &err));
    no(fm_geometry_create(&geometry, NULL, &err));
    fm_assert_ok(fm_geometry_create(&geometry, pair, &first), first);
    cr_expect_eq(fm_geometry_topology_get(NULL, &topology), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_geometry_topology_get(geometry, NULL), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_geometry_at(NULL, 0, out, NULL), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_geometry_at(geometry, 0, NULL, NULL), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_geometry_at(geometry, NAN, out, NULL), FM_ERROR_INVALID_ARGUMENT);
    cr_expect_eq(fm_geometry_at(geometry, 0.5F, out, NULL), FM_OK);
    fm_geometry_destroy(&geometry);
    fm_geometry_destroy(NULL);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}
