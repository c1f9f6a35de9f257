/* SPDX-License-Identifier: MIT */
/* Less device memory than planned, for what the library makes and no command asks for: morphs,
 * blends and textures in large chunks, heatmaps, keypoints on every way through the device. The
 * same bytes, and no more tries than halving takes. The layer gives out ROOM bytes; a filler takes
 * what is not to be had. Each test is a process of its own, so it sets the layer's variables before
 * its first OpenCL call. */
#include "keypoint_clip.h"
#include "raster_scene.h"

#include "engine_impl.h"
#include "recovered.h"

#include <fm/blend.h>
#include <fm/morph.h>
#include <fm/textures.h>

TestSuite(recovered, .timeout = 120);

#define ROOM (UINT64_C(256) << 20)
#define SLACK 4096 /* parameters, alignment */
#define FRAMES 64

static void start(void) {
    const char *layer = getenv("FMFAULT_LAYER");
    char text[32];
    cr_assert_not_null(layer, "FMFAULT_LAYER names no layer");
    snprintf(text, sizeof text, "%llu", (unsigned long long)ROOM);
    setenv("OPENCL_LAYERS", layer, 1);
    setenv("FMFAULT_MEM_ROOM", text, 1);
}

static fm_stats stats_of(const fm_engine *engine) {
    fm_stats stats;
    cr_assert_eq(fm_engine_stats(engine, &stats), FM_OK);
    return stats;
}

/* Leaves so many bytes beside what is alive. */
static cl_mem fill(const fm_engine *engine, uint64_t left) {
    cl_int code = CL_SUCCESS;
    uint64_t bytes = ROOM - stats_of(engine).live_bytes - left;
    cl_mem filler = clCreateBuffer(fmi_queue_context(engine->queue), CL_MEM_READ_WRITE,
                                   (size_t)bytes, NULL, &code);
    cr_assert_eq(code, CL_SUCCESS);
    (void)clCreateBuffer(fmi_queue_context(engine->queue), CL_MEM_READ_WRITE, (size_t)left + 4096,
                         NULL, &code);
    cr_assert_eq(code, CL_MEM_OBJECT_ALLOCATION_FAILURE, "the layer is not there");
    return filler;
}

/* At least one; of each stage at most log2(from) + 1. Forgets them. */
static void check_tries(fm_engine *engine, const char *what) {
    uint32_t count = 0, tries = 0, most = 0;
    const fm_recovery *list = fmi_recovered_list(engine, &count);
    cr_assert_gt(count, 0, "%s: memory never ran out", what);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || list[i].from > list[i - 1].to) { /* of another size */
            tries = 0;
            most = 1 + (uint32_t)log2((double)list[i].from);
        }
        cr_assert_leq(++tries, most, "%s: %u tries", what, tries);
        cr_assert_lt(list[i].to, list[i].from);
        cr_assert_neq(list[i].cl_code, 0);
    }
    fmi_recovered_forget(engine);
}

static fm_engine *open_engine(void) {
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .cache_dir = getenv("FM_CACHE_DIR")};
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

static float *numbers(size_t count) {
    float *list = malloc(count * sizeof *list);
    uint64_t random = fm_test_seed();
    cr_assert_not_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    return list;
}

/* ---- morphs ---- */

#define VERTICES 1000
#define FRAME_VALUES ((size_t)3 * VERTICES)

typedef struct morph_job {
    fm_engine *engine;
    float *a, *b, *t, *want, *got;
} morph_job;

static morph_job open_morph_job(void) {
    morph_job j = {.engine = open_engine()};
    j.a = numbers(FRAME_VALUES);
    j.b = numbers(FRAME_VALUES * 2) + FRAME_VALUES; /* others than in A */
    j.t = numbers(FRAMES);
    j.want = malloc(sizeof(float) * FRAME_VALUES * FRAMES);
    j.got = malloc(sizeof(float) * FRAME_VALUES * FRAMES);
    return j;
}

static void close_morph_job(morph_job *j) {
    free(j->a);
    free(j->b - FRAME_VALUES);
    free(j->t);
    free(j->want);
    free(j->got);
    fm_engine_destroy(&j->engine);
}

/* All frames at once, then in pieces that begin and end inside those of the morph, backwards. */
static void read_morph(const morph_job *j, fm_morph *morph, const char *what) {
    const size_t all = sizeof(float) * FRAME_VALUES * FRAMES;
    fm_error err;
    memset(j->got, 0, all);
    fm_assert_ok(fm_morph_read(morph, 0, FRAMES, j->got, &err), err);
    cr_assert_arr_eq(j->got, j->want, all, "%s: other positions", what);
    memset(j->got, 0, all);
    for (uint32_t end = FRAMES; end > 0;) {
        uint32_t n = end < 5 ? end : 5;
        end -= n;
        fm_assert_ok(fm_morph_read(morph, end, n, j->got + end * FRAME_VALUES, &err), err);
    }
    cr_assert_arr_eq(j->got, j->want, all, "%s: other positions in pieces", what);
}

static void make_morph(const morph_job *j, fm_morph **morph) {
    fm_error err;
    fm_assert_ok(fm_morph_create(morph, j->engine, j->a, j->b, VERTICES, FRAMES, &err), err);
}

Test(recovered, morphs_go_on_with_fewer_frames) {
    start();
    morph_job j = open_morph_job();
    fm_morph *morph = NULL;
    fm_error err;
    const uint64_t before = stats_of(j.engine).live_bytes;
    make_morph(&j, &morph);
    const uint64_t shapes = sizeof(float) * 2 * FRAME_VALUES;
    const uint64_t need = stats_of(j.engine).live_bytes - before - shapes;
    fm_assert_ok(fm_morph_run(morph, j.t, FRAMES, &err), err);
    fm_assert_ok(fm_morph_read(morph, 0, FRAMES, j.want, &err), err);
    for (uint32_t part = 2; part <= 64; part *= 2) {
        char what[32];
        snprintf(what, sizeof what, "1/%u", part);
        fm_morph_destroy(&morph);
        cl_mem filler = fill(j.engine, shapes + need / part + SLACK);
        make_morph(&j, &morph);
        fm_assert_ok(fm_morph_run(morph, j.t, FRAMES, &err), err);
        read_morph(&j, morph, what);
        clReleaseMemObject(filler);
        check_tries(j.engine, what);
    }
    fm_morph_destroy(&morph);
    close_morph_job(&j);
}

/* Memory that runs out at a launch, with each code that may mean it. */
Test(recovered, morphs_go_on_after_a_launch_that_failed) {
    setenv("FMFAULT_FAIL",
           "clEnqueueNDRangeKernel:2:-4,clEnqueueNDRangeKernel:4:-5,clEnqueueNDRangeKernel:7:-6,"
           "clEnqueueNDRangeKernel:20:-61",
           1);
    start();
    morph_job j = open_morph_job();
    fm_morph *morph = NULL;
    fm_error err;
    make_morph(&j, &morph);
    fm_assert_ok(fm_morph_run(morph, j.t, FRAMES, &err), err); /* the first launch */
    fm_assert_ok(fm_morph_read(morph, 0, FRAMES, j.want, &err), err);
    fm_assert_ok(fm_morph_run(morph, j.t, FRAMES, &err), err);
    read_morph(&j, morph, "launches");
    cr_assert_eq(stats_of(j.engine).recoveries, 4, "%llu recoveries",
                 (unsigned long long)stats_of(j.engine).recoveries);
    fm_morph_destroy(&morph);
    close_morph_job(&j);
}

/* ---- blends ---- */

#define VALUES 3000
#define TARGETS 8

static fm_blend *open_blend(fm_engine *engine, const float *shapes, bool half) {
    const fm_blend_params params = {.struct_size = sizeof params,
                                    .values = VALUES,
                                    .targets = TARGETS,
                                    .half = half,
                                    .path = FM_BLEND_OWN};
    fm_blend *blend = NULL;
    fm_error err;
    fm_assert_ok(fm_blend_create(&blend, engine, &params, shapes, shapes + VALUES, &err), err);
    return blend;
}

static void check_blend(bool half, bool columns) {
    start();
    fm_engine *engine = open_engine();
    size_t out_bytes = sizeof(float) * FRAMES * VALUES;
    float *shapes = numbers(VALUES * (TARGETS + 1)), *weights = numbers(FRAMES * TARGETS);
    float *want = malloc(out_bytes), *got = malloc(out_bytes);
    const fm_blend_job job = {.struct_size = sizeof job,
                              .frames = FRAMES,
                              .weights.columns = columns,
                              .out.columns = columns};
    fm_error err;
    fm_blend *blend = open_blend(engine, shapes, half);
    uint64_t before = stats_of(engine).live_bytes;
    fm_assert_ok(fm_blend_run(blend, &job, weights, want, &err), err);
    uint64_t need = stats_of(engine).live_bytes - before;
    for (uint32_t part = 2; part <= 64; part *= 2) {
        char what[32];
        snprintf(what, sizeof what, "1/%u", part);
        fm_blend_destroy(&blend);
        blend = open_blend(engine, shapes, half);
        cl_mem filler = fill(engine, need / part + SLACK);
        memset(got, 0, out_bytes);
        fm_assert_ok(fm_blend_run(blend, &job, weights, got, &err), err);
        clReleaseMemObject(filler);
        cr_assert_arr_eq(got, want, out_bytes, "%s: other values", what);
        check_tries(engine, what);
    }
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    free(shapes);
    free(weights);
    free(want);
    free(got);
}

Test(recovered, blends_go_on_with_fewer_frames) {
    check_blend(false, false);
}

Test(recovered, blends_in_16_bits_and_by_columns_likewise) {
    check_blend(true, true);
}

/* ---- textures and heatmaps ---- */

static raster_scene *open_scene(bool half) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    s->half = half;
    raster_scene_ball(s, 16, 12);
    raster_scene_textures(s, 192, 160, 192, 160);
    raster_scene_open(s);
    return s;
}

typedef struct kept {
    uint8_t *bytes;
    size_t each;
    uint32_t seen;
} kept;

static fm_status keep(void *user, const fm_texture *texture, fm_error *err) {
    kept *k = user;
    (void)err;
    cr_assert_eq(texture->index, k->seen++);
    memcpy(k->bytes + k->each * texture->index, texture->values, k->each);
    return FM_OK;
}

static void check_textures(fm_texture_format format, size_t value_bytes) {
    start();
    raster_scene *s = open_scene(false);
    size_t each = value_bytes * 3 * 192 * 160;
    kept want = {malloc(each * FRAMES), each, 0}, got = {malloc(each * FRAMES), each, 0};
    const fm_textures_params params = {
        .struct_size = sizeof params, .format = format, .chunk = FRAMES};
    fm_textures_report report;
    float t[FRAMES];
    fm_error err;
    for (int i = 0; i < FRAMES; i++)
        t[i] = (float)i / (FRAMES - 1);
    fm_assert_ok(fm_morph_textures(s->pair, t, FRAMES, &params, keep, &want, &report, &err), err);
    cr_assert_eq(report.chunk, FRAMES);
    for (uint32_t part = 2; part <= 1024; part *= 2) { /* above 64 in rows of a texture */
        char what[32];
        snprintf(what, sizeof what, "1/%u", part);
        cl_mem filler = fill(s->engine, each * FRAMES / part + SLACK);
        memset(got.bytes, 0, each * FRAMES);
        got.seen = 0;
        fm_assert_ok(fm_morph_textures(s->pair, t, FRAMES, &params, keep, &got, NULL, &err), err);
        clReleaseMemObject(filler);
        cr_assert_eq(got.seen, FRAMES);
        cr_assert_arr_eq(got.bytes, want.bytes, each * FRAMES, "%s: other texels", what);
        check_tries(s->engine, what);
    }
    free(want.bytes);
    free(got.bytes);
    raster_scene_free(s);
}

Test(recovered, textures_in_bytes_go_on_with_fewer_then_with_rows) {
    check_textures(FM_TEXTURE_BYTE, 1);
}

Test(recovered, textures_in_floats_likewise) {
    check_textures(FM_TEXTURE_FLOAT, sizeof(float));
}

#define EDGE 75 /* of a panel */
#define PANEL_BYTES ((size_t)EDGE * EDGE * 3)

typedef struct maps {
    float *values[FM_FIELDS];
    uint64_t count[FM_FIELDS];
    uint8_t *panels;
} maps;

static maps make_maps(fm_pair *pair) {
    const fm_view view = {.struct_size = sizeof view, .width = EDGE, .height = EDGE};
    maps m = {.panels = malloc(PANEL_BYTES * FM_FIELDS)};
    fm_heatmap *heatmap = NULL;
    fm_error err;
    fm_assert_ok(fm_heatmap_create(&heatmap, pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    fm_assert_ok(fm_heatmap_draw(heatmap, &view, &err), err);
    for (uint32_t k = 0; k < FM_FIELDS; k++) {
        const float *values = NULL;
        fm_panel panel;
        fm_assert_ok(fm_heatmap_values(heatmap, (fm_field)k, &values, &m.count[k], &err), err);
        m.values[k] = malloc(m.count[k] * sizeof(float));
        memcpy(m.values[k], values, m.count[k] * sizeof(float));
        fm_assert_ok(fm_heatmap_panel(heatmap, (fm_field)k, &panel, &err), err);
        memcpy(m.panels + k * PANEL_BYTES, panel.image.pixels, PANEL_BYTES);
    }
    fm_heatmap_destroy(&heatmap);
    return m;
}

static void free_maps(maps *m) {
    for (uint32_t k = 0; k < FM_FIELDS; k++)
        free(m->values[k]);
    free(m->panels);
}

static void check_heatmaps(bool half) {
    start();
    raster_scene *s = open_scene(half);
    uint64_t before = stats_of(s->engine).live_bytes;
    maps want = make_maps(s->pair);
    uint64_t need = stats_of(s->engine).peak_bytes - before;
    /* What cannot be cut: values and projected places, about 30 KiB here. */
    for (uint32_t part = 2; part <= 16; part *= 2) {
        char what[32];
        snprintf(what, sizeof what, "1/%u", part);
        cl_mem filler = fill(s->engine, need / part + SLACK);
        maps got = make_maps(s->pair);
        clReleaseMemObject(filler);
        for (uint32_t k = 0; k < FM_FIELDS; k++) {
            cr_assert_eq(got.count[k], want.count[k]);
            cr_assert_arr_eq(got.values[k], want.values[k], want.count[k] * sizeof(float),
                             "%s: other values of %s", what, fm_field_name((fm_field)k));
        }
        cr_assert_arr_eq(got.panels, want.panels, PANEL_BYTES * FM_FIELDS, "%s: other panels",
                         what);
        free_maps(&got);
        check_tries(s->engine, what);
    }
    free_maps(&want);
    raster_scene_free(s);
}

Test(recovered, heatmaps_go_on_in_bands_and_strips) {
    check_heatmaps(false);
}

Test(recovered, heatmaps_in_16_bits_likewise) {
    check_heatmaps(true);
}

/* ---- keypoints ---- */

static void push(fm_engine *engine, keypoint_clips *c, bool in_place) {
    fm_keypoints_set source = keypoint_source(c), initial = keypoint_initial(c);
    fm_keypoints_set in = keypoint_driving(c);
    fm_keypoints_out out = keypoint_out(c);
    fm_keypoints *kp = NULL;
    fm_error err;
    if (in_place) { /* results over copies of the inputs */
        size_t floats = (size_t)c->frames * c->clips;
        if (in.value && out.value)
            in.value = memcpy(out.value, in.value, floats * c->values * sizeof(float));
        if (in.jacobian && out.jacobian)
            in.jacobian = memcpy(out.jacobian, in.jacobian, floats * 4 * c->points * sizeof(float));
    }
    fm_assert_ok(fm_keypoints_create(&kp, engine, &c->how, &source, &initial, &err), err);
    cl_mem filler = fill(engine, (uint64_t)c->frames * 8);
    fm_assert_ok(fm_keypoints_push(kp, &in, &out, c->frames, &err), err);
    clReleaseMemObject(filler);
    fm_keypoints_destroy(&kp);
}

static void check_keypoints(fm_keypoints_model model, uint32_t clips, bool shared, bool in_place) {
    start();
    const fm_keypoints_params how = {
        .struct_size = sizeof how, .model = model, .clips = clips, .host_below = 16};
    fm_engine *engine = open_engine();
    engine->caps.unified_memory = shared;
    keypoint_clips *c = keypoint_clips_new(&how, 2000, false, fm_test_seed());
    push(engine, c, in_place);
    keypoint_compare(c, shared ? "shared" : "staged");
    check_tries(engine, shared ? "shared" : "staged");
    keypoint_clips_free(c);
    fm_engine_destroy(&engine);
}

Test(recovered, keypoints_in_shared_memory_go_on_with_fewer_frames) {
    check_keypoints(FM_KEYPOINTS_FOMM, 1, true, false);
}

Test(recovered, keypoints_in_place_likewise) {
    check_keypoints(FM_KEYPOINTS_FOMM, 1, true, true);
}

Test(recovered, keypoints_on_a_device_with_memory_of_its_own_likewise) {
    check_keypoints(FM_KEYPOINTS_FOMM, 1, false, false);
}

Test(recovered, keypoints_of_several_clips_go_on_on_the_host) {
    check_keypoints(FM_KEYPOINTS_FOMM, 3, true, false);
}

/* Nothing is smaller than one frame. */
Test(recovered, one_frame_of_keypoints_goes_to_the_host_and_says_so) {
    start();
    const fm_keypoints_params how = {
        .struct_size = sizeof how, .model = FM_KEYPOINTS_FOMM, .clips = 1, .host_below = 1};
    fm_engine *engine = open_engine();
    keypoint_clips *c = keypoint_clips_new(&how, 1, false, fm_test_seed());
    uint32_t count = 0;
    push(engine, c, false);
    keypoint_compare(c, "one frame");
    const fm_recovery *last = fmi_recovered_list(engine, &count);
    cr_assert_gt(count, 0, "memory never ran out, or nobody was told");
    cr_assert_eq(last[count - 1].to, 0);
    check_tries(engine, "one frame");
    keypoint_clips_free(c);
    fm_engine_destroy(&engine);
}

Test(recovered, motions_likewise) {
    check_keypoints(FM_KEYPOINTS_LIVEPORTRAIT, 1, true, false);
}
