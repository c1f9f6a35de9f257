/* SPDX-License-Identifier: MIT */
/* Engines on a caller's context, pixels into a caller's buffer, and a device opened anew. */
#include "raster_scene.h"

#include <fm/opencl.h>

TestSuite(opencl, .timeout = 120);

#define FRAMES 5
static const float t[FRAMES] = {0.0F, 0.2F, 0.5F, 0.9F, 1.0F};

/* The scene's engine made anew on a context of the test's own. */
static cl_context open_on_own_context(raster_scene *s, cl_device_id *device) {
    cl_platform_id platform = NULL;
    cl_int code = CL_SUCCESS;
    fm_error err;
    cr_assert_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    cr_assert_eq(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, device, NULL), CL_SUCCESS);
    cl_context context = clCreateContext(NULL, 1, device, NULL, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    fm_engine_params params = {.struct_size = sizeof params, .cache_dir = getenv("FM_CACHE_DIR")};
    fm_assert_ok(fm_engine_from_cl(&s->engine, context, *device, &params, &err), err);
    return context;
}

static void make_pair(raster_scene *s, const raster_scene *like) {
    fm_error err;
    fm_mesh a = {.positions = like->positions_a,
                 .uvs = like->uvs,
                 .polygon_sizes = like->polygon_sizes,
                 .corner_count = like->corner_count,
                 .polygon_count = like->polygon_count};
    fm_mesh b = a;
    b.positions = like->positions_b;
    fm_pair_params params = {
        .struct_size = sizeof params, .image_a = &like->image_a, .image_b = &like->image_b};
    fm_assert_ok(fm_pair_create(&s->pair, s->engine, &a, &b, &params, &err), err);
}

Test(opencl, pixels_stay_in_the_callers_buffer) {
    const fm_view view = {.struct_size = sizeof view, .width = 75, .height = 61, .batch = 2};
    const size_t bytes = (size_t)75 * 61 * 3 * FRAMES, offset = 640;
    raster_scene *s = raster_scene_new(5);
    raster_scene own = {0};
    fm_render_report report;
    fm_stats before, after;
    fm_error err;
    cl_device_id device = NULL;
    cl_int code = CL_SUCCESS;
    raster_scene_ball(s, 24, 12);
    raster_scene_textures(s, 64, 48, 40, 40);
    raster_scene_open(s);
    raster_frames want = raster_scene_render(s, &view, t, FRAMES);

    cl_context context = open_on_own_context(&own, &device);
    cr_assert_eq(fm_engine_cl_context(own.engine), context);
    cr_assert_not_null(fm_engine_cl_queue(own.engine));
    make_pair(&own, s);
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, offset + bytes, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    fm_assert_ok(fm_engine_stats(own.engine, &before), err);
    fm_assert_ok(fm_render_to_cl(own.pair, t, FRAMES, &view, buffer, offset, &report, &err), err);
    fm_assert_ok(fm_engine_stats(own.engine, &after), err);
    cr_assert_eq(report.batches, 3);
    cr_assert_lt(after.from_device_bytes - before.from_device_bytes, 32 * FRAMES,
                 "pixels came to the host");

    /* by a queue of the caller's */
    uint8_t *got = malloc(bytes);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    cr_assert_eq(clEnqueueReadBuffer(queue, buffer, CL_TRUE, offset, bytes, got, 0, NULL, NULL),
                 CL_SUCCESS);
    cr_assert_eq(memcmp(got, want.pixels, bytes), 0, "other pixels than on the host");

    fm_assert_fails(fm_render_to_cl(own.pair, t, FRAMES, &view, buffer, offset + 1, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "the buffer has");
    fm_assert_fails(fm_render_to_cl(own.pair, t, FRAMES, &view, NULL, 0, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "no buffer");
    fm_assert_fails(fm_engine_reset(own.engine, &err), FM_ERROR_UNSUPPORTED, err, "caller's");
    free(got);
    clReleaseCommandQueue(queue);
    clReleaseMemObject(buffer);
    fm_pair_destroy(&own.pair);
    fm_engine_destroy(&own.engine);
    clReleaseContext(context);
    raster_frames_free(&want);
    raster_scene_free(s);
}

Test(opencl, a_device_that_is_not_of_the_context_is_refused) {
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_fails(fm_engine_from_cl(&engine, NULL, NULL, NULL, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "not one of");
    cr_assert_null(engine);
    cr_assert_null(fm_engine_cl_context(NULL));
}

Test(opencl, reset_opens_the_device_anew) {
    const fm_view view = {.struct_size = sizeof view, .width = 64, .height = 64};
    raster_scene *s = raster_scene_new(6);
    fm_stats before, after;
    fm_error err;
    raster_scene_ball(s, 16, 8);
    raster_scene_textures(s, 16, 16, 16, 16);
    raster_scene_open(s);
    raster_frames want = raster_scene_render(s, &view, t, FRAMES);
    fm_pair_destroy(&s->pair);
    cl_context context = fm_engine_cl_context(s->engine);
    fm_assert_ok(fm_engine_stats(s->engine, &before), err);
    fm_assert_ok(fm_engine_reset(s->engine, &err), err);
    cr_assert_neq(fm_engine_cl_context(s->engine), context);
    fm_assert_ok(fm_engine_stats(s->engine, &after), err);
    cr_assert_eq(after.launches, before.launches, "the counters go on");
    make_pair(s, s);
    raster_frames got = raster_scene_render(s, &view, t, FRAMES);
    cr_assert_eq(memcmp(got.pixels, want.pixels, want.frame_bytes * FRAMES), 0);
    raster_frames_free(&got);
    raster_frames_free(&want);
    raster_scene_free(s);
}

/* Programs that a heatmap asks for; whether they were built or read from the cache. */
static uint64_t programs_made(raster_scene *s) {
    fm_heatmap *heatmap = NULL;
    fm_stats before, after;
    fm_error err;
    fm_assert_ok(fm_engine_stats(s->engine, &before), err);
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    fm_heatmap_destroy(&heatmap);
    fm_assert_ok(fm_engine_stats(s->engine, &after), err);
    return after.builds + after.cache_hits - before.builds - before.cache_hits;
}

Test(opencl, an_engine_makes_a_program_once_until_it_is_reset) {
    raster_scene *s = raster_scene_new(6);
    fm_error err;
    raster_scene_ball(s, 16, 8);
    raster_scene_textures(s, 16, 16, 16, 16);
    raster_scene_open(s);
    cr_expect_eq(programs_made(s), 1);
    cr_expect_eq(programs_made(s), 0);
    fm_pair_destroy(&s->pair);
    make_pair(s, s);
    cr_expect_eq(programs_made(s), 0, "another pair");
    fm_pair_destroy(&s->pair);
    fm_assert_ok(fm_engine_reset(s->engine, &err), err);
    make_pair(s, s);
    cr_expect_eq(programs_made(s), 1, "after the reset");
    cr_expect_eq(programs_made(s), 0);
    raster_scene_free(s);
}
