/* SPDX-License-Identifier: MIT */
/* The case table, small and odd: the same entries that fmbench times large. */
#include "case.h"
#include "engine_impl.h"
#include "fm_test.h"
#include "frames.h"
#include "guard.h"

#include "cases/keypoints_input.h"

TestSuite(cases, .timeout = 120);

static const fmi_check_params thorough = {.random_frames = 4, .hash_others = true, .seed = 1};

/* The plan of a cell is what it takes: within 2 % and an alignment, both ways. */
static void expect_foreseen(const fmi_case *op, const fmi_case_params *params,
                            const fmi_case_facts *facts) {
    const uint64_t room = 128, peak = facts->peak_bytes, planned = facts->planned_bytes;
    cr_assert(peak > 0, "%s: no peak", op->name);
    cr_assert(planned <= peak + peak / 50 + room && peak <= planned + planned / 50 + room,
              "%s of %u, n %u: planned %llu, peak %llu", op->name, params->batch, params->n,
              (unsigned long long)planned, (unsigned long long)peak);
}

static void expect_pass(const fmi_case *op, const fmi_case_params *params) {
    void *state = NULL;
    fmi_check check = {0};
    fm_error err = {0};
    fmi_case_facts facts;
    fm_engine *engine = NULL;
    fmi_case_params ours = *params;
    ours.engine = &engine;
    fm_assert_ok(op->create(&state, &ours, &err), err);
    fm_assert_ok(fmi_case_check(op, state, engine, &thorough, &check, &err), err);
    cr_assert(check.passed, "%s batch %u %ux%u: %s", op->name, params->batch, params->width,
              params->height, check.reason);
    const uint32_t n = params->batch;
    cr_assert_eq(check.compared, op == &fmi_case_encode ? n : n < 6 ? n : 6U);
    fm_assert_ok(op->run(state, &err), err);
    fm_assert_ok(fmi_case_recheck(op, state, engine, &check, &err), err);
    cr_assert(check.passed, "%s after a run: %s", op->name, check.reason);
    if (op != &fmi_case_encode) /* which has no device */
        cr_assert_geq(fmi_guards(engine->queue), 2U, "%s has no canaries", op->name);
    op->facts(state, &facts);
    cr_assert_eq(facts.frames, op == &fmi_case_pipeline ? 3 * n : n);
    cr_assert_gt(facts.bytes, 0U);
    cr_assert_eq(facts.loop_upload_bytes, 0U);
    expect_foreseen(op, params, &facts);
    op->destroy(&state);
    cr_assert_null(state);
}

Test(cases, the_table_is_complete_and_found_by_name) {
    size_t count = 0;
    for (; fmi_cases[count]; ++count) {
        const fmi_case *op = fmi_cases[count];
        cr_assert_eq(fmi_case_find(op->name), op);
        cr_assert(op->plan && op->same_program && op->create && op->run && op->check &&
                  op->recheck && op->facts && op->destroy);
    }
    cr_assert_eq(count, 10U);
    cr_assert_null(fmi_case_find("Morph"));
}

Test(cases, morph_is_right_at_odd_counts) {
    static const uint32_t vertices[] = {1, 5, 16, 1003};
    static const uint32_t batches[] = {1, 3, 8, 41};
    for (size_t v = 0; v < 4; ++v) {
        fmi_input *points = NULL;
        fm_error err;
        fm_assert_ok(fmi_input_points(&points, vertices[v], fm_test_seed() + v, &err), err);
        for (size_t b = 0; b < 4; ++b) {
            const fmi_case_params params = {.input = points, .batch = batches[b]};
            expect_pass(&fmi_case_morph, &params);
        }
        fmi_input_destroy(&points);
    }
}

Test(cases, keypoints_are_right_at_odd_counts) {
    static const uint32_t batches[] = {1, 3, 8, 17, 304};
    for (size_t b = 0; b < 5; ++b) {
        const fmi_case_params params = {.batch = batches[b]};
        expect_pass(&fmi_case_keypoints, &params);
    }
}

/* The outputs are the caller's arrays: canaries of their own. */
Test(cases, keypoints_written_beside_the_outputs_are_seen) {
    for (int side = 0; side < 4; ++side) {
        fmi_keypoints_input input;
        fmi_check check = {.passed = true};
        fm_error err;
        fm_assert_ok(fmi_keypoints_input_make(&input, 7, &err), err);
        fmi_keypoints_input_look(&input, &check);
        cr_assert(check.passed, "%s", check.reason);
        float *const at[] = {
            input.out_value - 1, input.out_value + (size_t)7 * FMI_KEYPOINTS_VALUES,
            input.out_jacobian - 1, input.out_jacobian + (size_t)7 * FMI_KEYPOINTS_JACOBIANS};
        *at[side] = 0.5F;
        fmi_keypoints_input_look(&input, &check);
        cr_assert_not(check.passed, "side %d", side);
        fmi_keypoints_input_free(&input);
    }
}

Test(cases, solve_is_right_at_odd_counts) {
    static const uint32_t shapes[][2] = {{2, 1}, {2, 53}, {4, 16}, {4, 1003}};
    for (size_t i = 0; i < 8; ++i) {
        const fmi_case_params params = {.n = shapes[i / 2][0],
                                        .batch = shapes[i / 2][1],
                                        .pinv_share = i % 4 == 0 ? 0 : 0.1,
                                        .layout = (fmi_layout)(i % 2)};
        expect_pass(&fmi_case_solve, &params);
    }
}

static fmi_input *small_heads(uint32_t vertices) {
    fmi_input *heads = NULL;
    fm_error err;
    const fmi_sample_params small = {.vertices = vertices, .texture = 64};
    fm_assert_ok(fmi_input_sample(&heads, &small, &err), err);
    cr_assert_eq(heads->vertices, vertices);
    return heads;
}

Test(cases, textures_are_right_at_odd_counts) {
    static const uint32_t batches[] = {1, 3, 8, 41};
    fmi_input *heads = small_heads(501);
    for (size_t b = 0; b < 8; ++b) {
        const fmi_case_params params = {.input = heads, .batch = batches[b / 2]};
        expect_pass(b % 2 ? &fmi_case_textures : &fmi_case_textures_f32, &params);
    }
    fmi_input_destroy(&heads);
}

/* The comparison bites: a texel of the reference that is another one. */
Test(cases, a_texture_that_is_wrong_is_seen) {
    fmi_input *heads = small_heads(501);
    const fmi_case_params params = {.input = heads, .batch = 2};
    void *state = NULL;
    fmi_check check = {0};
    fm_error err = {0};
    const fmi_ref_texture *ends = NULL;
    fm_assert_ok(fmi_case_textures.create(&state, &params, &err), err);
    fm_assert_ok(fmi_input_textures(heads, &ends, &err), err);
    ends[0].level[0][7] ^= 4;
    fm_assert_ok(fmi_case_textures.check(state, &thorough, &check, &err), err);
    cr_assert_not(check.passed);
    fmi_case_textures.destroy(&state);
    fmi_input_destroy(&heads);
}

Test(cases, blend_is_right_at_odd_counts) {
    static const uint32_t shapes[][3] = {
        {1, 1, 1}, {5, 3, 7}, {16, 8, 8}, {1003, 41, 9}, {333, 7, 50}};
    for (size_t i = 0; i < 5; ++i) {
        fmi_input *points = NULL;
        fm_error err;
        fm_assert_ok(fmi_input_points(&points, shapes[i][0], fm_test_seed() + i, &err), err);
        const fmi_case_params params = {
            .input = points, .batch = shapes[i][1], .targets = shapes[i][2]};
        expect_pass(&fmi_case_blend, &params);
        fmi_input_destroy(&points);
    }
}

/* Heads, as random points go beyond what 16 bits can hold. */
Test(cases, blend_is_right_with_sixteen_bits) {
    fmi_input *heads = small_heads(601);
    for (uint32_t targets = 1; targets < 12; targets += 5) {
        const fmi_case_params params = {
            .input = heads, .batch = 13, .targets = targets, .precision = FMI_FP16};
        expect_pass(&fmi_case_blend, &params);
    }
    fmi_input_destroy(&heads);
}

static void picture_shapes(const fmi_case *op, fm_level level) {
    static const uint32_t shapes[][3] = {{1, 1, 1}, {3, 17, 33}, {8, 64, 64}, {41, 33, 17}};
    fmi_input *heads = small_heads(601);
    for (size_t i = 0; i < 4; ++i) {
        const fmi_case_params params = {.input = heads,
                                        .level = level,
                                        .batch = shapes[i][0],
                                        .width = shapes[i][1],
                                        .height = shapes[i][2]};
        expect_pass(op, &params);
    }
    fmi_input_destroy(&heads);
}

/* Ops that do one unit a launch. */
static void picture_shapes_of_one(const fmi_case *op) {
    static const uint32_t shapes[][2] = {{1, 1}, {17, 33}, {64, 64}, {90, 41}};
    fmi_input *heads = small_heads(601);
    for (size_t i = 0; i < 4; ++i) {
        const fmi_case_params params = {
            .input = heads, .batch = 1, .width = shapes[i][0], .height = shapes[i][1]};
        expect_pass(op, &params);
    }
    fmi_input_destroy(&heads);
}

Test(cases, raster_is_right_at_odd_sizes) {
    picture_shapes(&fmi_case_raster, FM_LEVEL_MEDIUM);
}

Test(cases, raster_is_right_with_relaxed_flags) {
    picture_shapes(&fmi_case_raster, FM_LEVEL_EXTREME);
}

Test(cases, encode_gives_the_pixels_back) {
    picture_shapes(&fmi_case_encode, FM_LEVEL_MEDIUM);
}

Test(cases, pipeline_is_right_at_odd_sizes) {
    picture_shapes(&fmi_case_pipeline, FM_LEVEL_MEDIUM);
}

Test(cases, pipeline_is_right_with_batches_in_flight) {
    picture_shapes(&fmi_case_pipeline, FM_LEVEL_HIGH);
}

Test(cases, heatmap_is_right_at_odd_sizes) {
    picture_shapes_of_one(&fmi_case_heatmap);
}

Test(cases, real_heads_are_right) {
    char a[FM_TEST_PATH], b[FM_TEST_PATH];
    if (!fm_test_data(a, "mh_heads/male1.obj") || !fm_test_data(b, "mh_heads/male2.obj"))
        cr_skip("skipped: no data");
    fmi_input *input = NULL;
    fm_error err;
    fm_assert_ok(fmi_input_files(&input, a, b, NULL, NULL, &err), err);
    cr_assert_eq(input->vertices, 18024U);
    const fmi_case_params params = {.input = input, .batch = 3, .width = 200, .height = 150};
    expect_pass(&fmi_case_raster, &params);
    const fmi_case_params one = {.input = input, .batch = 1, .width = 200, .height = 150};
    expect_pass(&fmi_case_heatmap, &one);
    fmi_input_destroy(&input);
}

/* The judge itself: it must see each kind of wrong picture. */
Test(cases, the_judge_sees_differences_and_holes) {
    fmi_input *heads = small_heads(601);
    const fmi_picture_kind kind = {.width = 64, .height = 64};
    fmi_reference want;
    fm_error err;
    fm_assert_ok(fmi_input_reference(heads, &kind, 0.25F, &want, &err), err);
    uint8_t *copy = malloc(64 * 64 * 3);
    memcpy(copy, want.pixels, 64 * 64 * 3);
    const fm_image got = {
        .pixels = copy, .width = 64, .height = 64, .channels = 3, .row_bytes = 64 * 3};
    fmi_difference d = {0};
    fmi_frames_compare(&want, &got, &d);
    cr_assert(d.pixels == 4096 && d.max == 0 && d.beyond == 0 && d.holes == 0);

    uint8_t *middle = copy + (32 * 64 + 32) * 3;
    cr_assert_neq(want.owner[32 * 64 + 32], UINT32_MAX, "the head covers the middle");
    middle[1] = (uint8_t)(middle[1] + (middle[1] < 128 ? 1 : -1));
    d = (fmi_difference){0};
    fmi_frames_compare(&want, &got, &d);
    cr_assert(d.max == 1 && d.beyond == 0, "one level is allowed");

    memset(middle, 255, 3);
    d = (fmi_difference){0};
    fmi_frames_compare(&want, &got, &d);
    cr_assert(d.beyond == 1 && d.holes == 1, "a white pixel on the face is a hole");

    memset(copy, 255, 64 * 64 * 3);
    memset(copy, 0, 3); /* a corner is background in the reference: different, but no hole */
    memcpy(copy + 3, want.pixels + 3, 64 * 64 * 3 - 3);
    d = (fmi_difference){0};
    fmi_frames_compare(&want, &got, &d);
    cr_assert(d.beyond == 1 && d.holes == 0 && d.max == 255);
    free(copy);
    fmi_input_release(heads, &want);
    fmi_input_destroy(&heads);
}

/* A state whose weights change between check and recheck renders other bytes. */
Test(cases, a_changed_result_does_not_pass_again) {
    fmi_input *heads = small_heads(601);
    fm_error err = {0};
    const fmi_case_params params = {.input = heads, .batch = 3, .width = 48, .height = 48};
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    fmi_frames frames = {0};
    fmi_check check = {0};
    fm_assert_ok(fmi_case_engine(&engine, &params, &err), err);
    fm_assert_ok(fmi_input_pair(heads, engine, false, false, &pair, &err), err);
    fm_assert_ok(fmi_frames_create(&frames, pair, &params, &err), err);
    fm_assert_ok(fmi_frames_check(&frames, &thorough, &check, &err), err);
    cr_assert(check.passed, "%s", check.reason);
    frames.t[1] = 0.75F;
    fm_assert_ok(fmi_frames_recheck(&frames, &check, &err), err);
    cr_assert_not(check.passed);
    cr_assert_not_null(strstr(check.reason, "frame 1"), "%s", check.reason);
    fmi_frames_free(&frames);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    fmi_input_destroy(&heads);
}

Test(cases, frames_are_chosen_without_repeats) {
    for (uint32_t n = 1; n <= 50; ++n) {
        uint32_t chosen[6];
        const uint32_t count = fmi_check_choose(&thorough, n, chosen);
        cr_assert_eq(count, n < 6 ? n : 6U, "n %u: %u", n, count);
        cr_assert_eq(chosen[0], 0U);
        cr_assert_eq(chosen[count - 1], n - 1);
        for (uint32_t i = 1; i < count; ++i)
            cr_assert_gt(chosen[i], chosen[i - 1]);
    }
}

Test(cases, poison_is_never_the_result) {
    for (uint32_t n = 1; n <= 41; ++n)
        for (uint32_t i = 0; i < n; ++i) {
            const float t = fmi_case_weight(i, n);
            cr_assert_geq(fabsf(fmi_case_other_weight(t) - t), 0.5F);
            cr_assert(t >= 0.0F && t <= 1.0F);
        }
}

Test(cases, plans_shrink_to_the_budget) {
    fmi_input *heads = small_heads(601);
    const fm_caps caps = {.type = FM_DEVICE_CPU,
                          .preferred = FM_SPECIALISATION_CPU,
                          .global_bytes = UINT64_C(8) << 30,
                          .max_alloc_bytes = UINT64_C(2) << 30,
                          .base_align_bytes = 128};
    fm_error err;
    fm_plan plan;
    fmi_case_params params = {.input = heads, .width = 64, .height = 64, .n = 8, .targets = 7};
    for (size_t i = 0; fmi_cases[i]; ++i) {
        params.batch = 0;
        params.mem_limit_bytes = 0;
        fm_assert_ok(fmi_cases[i]->plan(&params, &caps, &plan, &err), err);
        cr_assert_eq(plan.limited_by, FM_LIMIT_TUNED);
        params.batch = 100000;
        params.mem_limit_bytes = UINT64_C(16) << 20;
        fm_assert_ok(fmi_cases[i]->plan(&params, &caps, &plan, &err), err);
        cr_assert(plan.batch > 0 && plan.batch < 100000, "%s: %u", fmi_cases[i]->name, plan.batch);
        cr_assert_leq(plan.bytes_fixed + plan.batch * plan.bytes_per_frame,
                      params.mem_limit_bytes + plan.batch);
        params.mem_limit_bytes = 700;
        cr_assert_eq(fmi_cases[i]->plan(&params, &caps, &plan, &err), FM_ERROR_LIMIT, "%s",
                     fmi_cases[i]->name);
    }
    fmi_input_destroy(&heads);
}
