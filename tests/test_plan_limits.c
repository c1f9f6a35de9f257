/* SPDX-License-Identifier: MIT */
/* Batches where one buffer would pass the device's largest, and pictures of the largest size. */
#include "raster_scene.h"

#include "engine_impl.h"
#include "plan_bytes.h"

TestSuite(plan_limits, .timeout = 180);

/* A device with plenty of memory that gives out at most `most` bytes at once. */
static fm_caps recorded(fm_specialisation form, uint64_t most) {
    return (fm_caps){.global_bytes = UINT64_C(16) << 30,
                     .max_alloc_bytes = most,
                     .local_bytes = 32768,
                     .max_group_size = 1024,
                     .base_align_bytes = 128,
                     .preferred = form};
}

static fm_problem heads(uint32_t width, uint32_t height, uint32_t frames) {
    return (fm_problem){.frames = frames,
                        .width = width,
                        .height = height,
                        .channels = 3,
                        .vertices = 18528,
                        .triangles = 35928,
                        .texture_width = 2048,
                        .texture_height = 2048};
}

static fm_plan planned(const fm_caps *caps, const fm_problem *problem) {
    fm_plan plan;
    fm_error err;
    fm_assert_ok(fm_plan_render(caps, FM_LEVEL_MEDIUM, problem, &plan, &err), err);
    return plan;
}

/* 1024 x 1024 pixels are 3 MiB: 16 MiB hold 5 frames, 15 MiB just 5, one byte less 4. */
Test(plan_limits, pixels_over_the_largest_buffer_make_smaller_batches) {
    const struct {
        uint64_t most;
        uint32_t batch;
    } cases[] = {{UINT64_C(16) << 20, 5}, {UINT64_C(15) << 20, 5}, {(UINT64_C(15) << 20) - 1, 4}};
    for (int i = 0; i < 3; i++) {
        fm_caps caps = recorded(FM_SPECIALISATION_CPU, cases[i].most);
        fm_problem problem = heads(1024, 1024, 41);
        problem.vertices = problem.triangles = 100; /* so that pixels are what is large */
        problem.batch = 41;
        fm_plan plan = planned(&caps, &problem);
        cr_assert_eq(plan.batch, cases[i].batch, "case %d: got %u", i, plan.batch);
        cr_assert_eq(plan.limited_by, FM_LIMIT_SINGLE_BUFFER);
        problem.frames = plan.batch;
        cr_assert_eq(planned(&caps, &problem).limited_by, FM_LIMIT_FRAMES);
    }
}

/* Bytes of a plan by its parts, each rounded up to `align`. */
static uint64_t by_parts(const fm_problem *problem, const fm_plan *plan, uint64_t align) {
    fmi_plan_bytes bytes;
    uint64_t sum = 0;
    fmi_plan_parts(problem, plan, plan->batch, &bytes);
    for (int i = 0; i < FMI_PARTS; i++)
        sum += (bytes.part[i] + align - 1) / align * align;
    return sum + bytes.pixels;
}

Test(plan_limits, parts_are_aligned_as_the_device_wants) {
    const uint64_t aligns[] = {128, 4096, 65536};
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, UINT64_C(4) << 30);
    fm_problem problem = heads(64, 64, 41);
    problem.batch = 1;
    for (int i = 0; i < 3; i++) {
        caps.base_align_bytes = (uint32_t)aligns[i];
        const fm_plan plan = planned(&caps, &problem);
        cr_assert_eq(plan.in_flight, 1);
        cr_assert_eq(plan.bytes_per_frame, by_parts(&problem, &plan, aligns[i]), "align %llu",
                     (unsigned long long)aligns[i]);
    }
}

/* What the caller found free goes before what the total lets one assume; its cap caps both. */
Test(plan_limits, the_least_of_budget_and_cap_counts) {
    const uint64_t mib = 1 << 20;
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, UINT64_C(4) << 30);
    fm_problem problem = heads(512, 512, 41);
    problem.budget_bytes = 300 * mib;
    cr_assert_eq(planned(&caps, &problem).budget_bytes, 300 * mib);
    problem.mem_limit_bytes = 200 * mib;
    const fm_plan plan = planned(&caps, &problem);
    cr_assert_eq(plan.budget_bytes, 200 * mib);
    cr_assert_leq(plan.bytes_fixed + plan.batch * plan.bytes_per_frame, 200 * mib);
    problem.mem_limit_bytes = 400 * mib;
    cr_assert_eq(planned(&caps, &problem).budget_bytes, 300 * mib);
    problem.budget_bytes = 0;
    cr_assert_eq(planned(&caps, &problem).budget_bytes, 400 * mib);
}

Test(plan_limits, the_caller_may_want_fewer_batches_in_flight) {
    const fm_caps caps = recorded(FM_SPECIALISATION_CPU, UINT64_C(4) << 30);
    fm_problem problem = heads(64, 64, 410);
    for (uint32_t asked = 0; asked < 6; asked++) {
        fm_plan plan;
        fm_error err;
        problem.in_flight = asked;
        fm_assert_ok(fm_plan_render(&caps, FM_LEVEL_EXTREME, &problem, &plan, &err), err);
        cr_assert_eq(plan.in_flight, asked == 0 || asked > 3 ? 3 : asked, "asked for %u", asked);
    }
}

/* results/batch-choice.md: what whole jobs of these lengths were measured fastest with. */
Test(plan_limits, the_batch_follows_the_length_of_the_job) {
    static const struct {
        uint32_t frames, batch;
    } cases[] = {{41, 16}, {99, 16}, {100, 24}, {200, 24}, {799, 24}, {800, 24}, {5000, 24}};
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, UINT64_C(4) << 30);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fm_problem problem = heads(512, 512, cases[i].frames);
        fm_plan plan = planned(&caps, &problem);
        cr_assert_eq(plan.batch, cases[i].batch, "%u frames: got %u", cases[i].frames, plan.batch);
        cr_assert_eq(plan.limited_by, FM_LIMIT_TUNED);
    }
}

/* Whatever binds, no buffer is larger than the device allows, and one more frame would be. */
Test(plan_limits, no_buffer_of_a_plan_passes_the_largest) {
    for (int form = FM_SPECIALISATION_CPU; form <= FM_SPECIALISATION_GPU; form++) {
        for (uint32_t edge = 64; edge <= FM_MAX_SIZE; edge *= 2) {
            for (uint32_t samples = 1; samples <= 4; samples += 3) {
                fm_caps caps = recorded((fm_specialisation)form, UINT64_C(256) << 20);
                fm_problem problem = heads(edge, edge, 1000);
                problem.batch = 1000;
                problem.samples = samples;
                fm_plan plan = planned(&caps, &problem);
                fmi_plan_bytes bytes, more;
                fmi_plan_parts(&problem, &plan, plan.batch, &bytes);
                fmi_plan_parts(&problem, &plan, plan.batch + 1, &more);
                cr_assert_eq(plan.limited_by, FM_LIMIT_SINGLE_BUFFER, "%ux%u", edge, edge);
                cr_assert_leq(bytes.pixels, caps.max_alloc_bytes);
                cr_assert_leq(fmi_plan_arena(&bytes, 1, 128), caps.max_alloc_bytes);
                cr_assert(more.pixels > caps.max_alloc_bytes ||
                              fmi_plan_arena(&more, 1, 128) > caps.max_alloc_bytes,
                          "%ux%u: %u frames are too few", edge, edge, plan.batch);
            }
        }
    }
}

/* A frame over the largest buffer, or over the budget, comes in strips as high as fit. */
Test(plan_limits, one_frame_that_does_not_fit_is_planned_in_strips) {
    for (int form = FM_SPECIALISATION_CPU; form <= FM_SPECIALISATION_GPU; form++) {
        for (int by_budget = 0; by_budget < 2; by_budget++) {
            const uint64_t most = UINT64_C(100) << 20, align = 128;
            fm_caps caps = recorded((fm_specialisation)form, by_budget ? UINT64_C(1) << 40 : most);
            fm_problem problem = heads(8192, 8192, 2);
            problem.mem_limit_bytes = by_budget ? most : 0;
            fm_plan plan = planned(&caps, &problem), larger;
            fmi_plan_bytes bytes, more;
            cr_assert_eq(plan.batch, 1);
            cr_assert_gt(plan.strips, 1);
            uint32_t all = (8192 + plan.tile - 1) / plan.tile;
            cr_assert_eq(plan.strips, (all + plan.tiles_y - 1) / plan.tiles_y);
            cr_assert_eq(plan.limited_by, by_budget ? FM_LIMIT_MEMORY : FM_LIMIT_SINGLE_BUFFER);
            larger = plan;
            larger.tiles_y++;
            larger.list_per_frame += 4 * plan.tiles_x;
            fmi_plan_parts(&problem, &plan, 1, &bytes);
            fmi_plan_parts(&problem, &larger, 1, &more);
            uint64_t arena = fmi_plan_arena(&bytes, 1, align),
                     arena_more = fmi_plan_arena(&more, 1, align);
            cr_assert_eq(plan.bytes_per_frame, arena + bytes.pixels);
            if (by_budget) {
                cr_assert_leq(plan.bytes_fixed + arena + bytes.pixels, most);
                cr_assert_gt(plan.bytes_fixed + arena_more + more.pixels, most);
            } else {
                cr_assert_leq(arena > bytes.pixels ? arena : bytes.pixels, most);
                cr_assert_gt(arena_more > more.pixels ? arena_more : more.pixels, most);
            }
        }
    }
}

Test(plan_limits, a_row_of_tiles_over_the_largest_buffer_is_refused_with_both_numbers) {
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, UINT64_C(1) << 20);
    fm_problem problem = heads(8192, 8192, 2);
    fm_plan plan;
    fm_error err;
    fm_assert_fails(
        fm_plan_render(&caps, FM_LEVEL_MEDIUM, &problem, &plan, &err), FM_ERROR_LIMIT, err,
        "a buffer of 5927040 bytes, and the largest one that the device gives has 1048576");
}

/* With 4 samples a CPU tile is smaller, and a GPU tile fits the local memory. */
Test(plan_limits, tiles_with_samples_are_smaller) {
    fm_problem problem = heads(512, 512, 8);
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, 0);
    uint32_t tile = planned(&caps, &problem).tile;
    problem.samples = 4;
    cr_assert_lt(planned(&caps, &problem).tile, tile);
    caps = recorded(FM_SPECIALISATION_GPU, 0);
    for (problem.tile = 0; problem.tile <= 128; problem.tile += 16) {
        tile = planned(&caps, &problem).tile;
        cr_assert_geq(tile, 16);
        cr_assert_lt((uint64_t)tile * tile * 4 * 8, caps.local_bytes, "tile %u", tile);
    }
}

/* Unasked, a CPU device gets 16 frames, or as many as make 64 MiB of pixels, and always one. */
Test(plan_limits, the_tuned_batch_shrinks_with_the_picture) {
    const struct {
        uint32_t edge, batch;
    } cases[] = {{16, 16}, {512, 16}, {1024, 16}, {2048, 5}, {4096, 1}, {8192, 1}};
    fm_caps caps = recorded(FM_SPECIALISATION_CPU, 0);
    for (int i = 0; i < 6; i++) {
        fm_problem problem = heads(cases[i].edge, cases[i].edge, 41);
        fm_plan plan = planned(&caps, &problem);
        cr_assert_eq(plan.batch, cases[i].batch, "%u: got %u", cases[i].edge, plan.batch);
        cr_assert_eq(plan.limited_by, FM_LIMIT_TUNED);
        problem.batch = 20; /* asked for: as far as memory goes */
        cr_assert_gt(planned(&caps, &problem).batch, cases[i].batch);
    }
}

/* Batches in chunks give the frames of one batch. */
Test(plan_limits, chunks_give_the_same_bytes) {
    const float t[5] = {0.0F, 0.25F, 0.5F, 0.75F, 1.0F};
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 24, 16);
    raster_scene_textures(s, 40, 40, 40, 40);
    raster_scene_open(s);
    fm_view view = {.struct_size = sizeof view, .width = 200, .height = 150, .batch = 5};
    raster_frames want = raster_scene_render(s, &view, t, 5);
    cr_assert_eq(want.report.batches, 1);
    /* Two frames of pixels; the arena of this scene is larger: one frame at a time or two. */
    fmi_plan_bytes bytes;
    fm_problem problem = {.frames = 5,
                          .width = 200,
                          .height = 150,
                          .channels = 3,
                          .vertices = s->joined.vertex_count,
                          .triangles = s->joined.triangle_count};
    fmi_plan_parts(&problem, &want.report.plan, 2, &bytes);
    uint64_t arena = fmi_plan_arena(&bytes, 1, 4096);
    s->engine->caps.max_alloc_bytes = arena > bytes.pixels ? arena : bytes.pixels;
    raster_frames got = raster_scene_render(s, &view, t, 5);
    cr_assert_eq(got.report.plan.limited_by, FM_LIMIT_SINGLE_BUFFER);
    cr_assert_eq(got.report.plan.batch, 2, "got %u", got.report.plan.batch);
    cr_assert_eq(got.report.batches, 3, "got %u", got.report.batches);
    cr_assert_eq(memcmp(got.pixels, want.pixels, 5 * want.frame_bytes), 0, "frames differ");
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}
