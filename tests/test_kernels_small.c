/* SPDX-License-Identifier: MIT */
/* Every kernel of both specialisations and of morph on shapes so small that a checking interpreter
 * gets through them: at most 6 triangles, 32 x 32 pixels, 2 frames. devices.sh runs this suite on
 * every driver it finds. */
#include "heatmap_scene.h"
#include "keypoint_clip.h"
#include "raster_scene.h"

#include "engine_impl.h"

#include <fm/morph.h>
#include <fm/solve.h>

TestSuite(kernels_small, .timeout = 300);

static const float weights[2] = {0.25F, 1.0F};

/* Loose triangles; two of them large, with ties when twice is set. */
static raster_scene *few(uint64_t seed, fm_specialisation specialisation, uint32_t small,
                         bool textured) {
    raster_scene *s = raster_scene_new(fm_test_seed() + seed);
    s->specialisation = specialisation;
    raster_scene_soup(s, small, 0.8, 0.3);
    raster_scene_soup(s, 2, 0.2, 1.5);
    if (textured) {
        raster_scene_textures(s, 9, 5, 6, 7);
    }
    return s;
}

/* Opens; false where the device cannot run this specialisation, which is not a failure. */
static bool open_on_device(raster_scene *s) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    cr_assert_eq(count, 1, "%zu devices: name one driver in OCL_ICD_VENDORS", count);
    bool can = s->specialisation == FM_SPECIALISATION_GPU || caps[0].max_loop == 0;
    fm_devices_free(&caps);
    if (can) {
        raster_scene_open(s);
    }
    return can;
}

static fm_view tiny_view(uint32_t width, uint32_t height) {
    return (fm_view){.struct_size = sizeof(fm_view),
                     .width = width,
                     .height = height,
                     .tile = 32,
                     .background_set = true,
                     .background = {10, 200, 30}};
}

static void check_form(fm_specialisation specialisation) {
    raster_scene *s = few(0, specialisation, 2, true);
    if (open_on_device(s)) {
        fm_view view = tiny_view(32, 32);
        s->engine->group = 64;
        view.no_cull = true;
        raster_scene_check(s, "textured", &view, weights, 2);
        view = tiny_view(19, 13); /* rows that are no whole words */
        view.tile = 16;
        view.batch = 1;
        view.check = true;
        raster_scene_check(s, "odd size", &view, weights, 2);
    }
    raster_scene_free(s);
    s = few(1, specialisation, 4, false);
    if (open_on_device(s)) {
        fm_view view = tiny_view(32, 20);
        s->engine->group = 64;
        view.transparent = view.no_cull = true;
        raster_scene_check(s, "grey", &view, weights, 2);
    }
    raster_scene_free(s);
}

Test(kernels_small, the_cpu_form_equals_the_reference) {
    check_form(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_equals_the_reference) {
    check_form(FM_SPECIALISATION_GPU);
}

/* Texels blended in 16-bit floats, where the device computes with them: near the reference, and not
 * what 32 bits give. */
Test(kernels_small, the_gpu_form_blends_texels_in_16_bit_floats) {
    raster_scene *s[2];
    raster_frames frames[2];
    fm_view view = tiny_view(32, 32);
    view.no_cull = true;
    for (int half = 0; half < 2; half++) {
        s[half] = few(0, FM_SPECIALISATION_GPU, 2, true);
        open_on_device(s[half]);
        s[half]->engine->group = 64;
        if (!s[half]->engine->caps.fp16) {
            raster_scene_free(s[half]);
            cr_skip("skipped: the device has no cl_khr_fp16");
        }
        s[half]->engine->caps.tuned.half_arithmetic = half == 1;
        frames[half] = raster_scene_render(s[half], &view, weights, 2);
    }
    const double psnr = raster_scene_psnr(s[1], &view, weights, 2);
    printf("texels in 16-bit arithmetic: %.1f dB against the reference, in 32 bits %.1f\n", psnr,
           raster_scene_psnr(s[0], &view, weights, 2));
    cr_assert_geq(psnr, 45.0, "%.1f dB", psnr);
    cr_assert_neq(memcmp(frames[0].pixels, frames[1].pixels, 2 * frames[0].frame_bytes), 0,
                  "the same bytes: nothing was computed in 16 bits");
    for (int half = 0; half < 2; half++) {
        raster_frames_free(&frames[half]);
        raster_scene_free(s[half]);
    }
}

/* One triangle a launch. */
Test(kernels_small, the_gpu_form_in_slices_equals_the_reference) {
    raster_scene *s = few(2, FM_SPECIALISATION_GPU, 2, true);
    fm_view view = tiny_view(32, 32);
    open_on_device(s);
    s->engine->caps.max_loop = 1;
    s->engine->group = 32;
    view.no_cull = true;
    raster_scene_check(s, "slices", &view, weights, 2);
    raster_scene_free(s);
}

/* One triangle across the near plane, one beyond the guard band, one that fills the picture. */
static void check_rejected(fm_specialisation specialisation) {
    static const double reach[3] = {1.0, 1e6, 40.0}, depth[3] = {3.0, 1.0, -2.0};
    raster_scene *s = few(3, specialisation, 1, true);
    for (int i = 0; i < 3; i++) {
        const double p[3][3] = {
            {-reach[i], -reach[i], -1.0}, {reach[i], -reach[i], depth[i]}, {0.0, reach[i], -1.0}};
        for (int k = 0; k < 3; k++) {
            raster_scene_corner(s, p[k], p[k], 0.4 * k, 0.9 - 0.4 * k);
        }
        raster_scene_polygon(s, 3);
    }
    if (open_on_device(s)) {
        fm_view view = tiny_view(32, 32);
        s->engine->group = 64;
        view.no_fit = true;
        raster_scene_check(s, "rejected", &view, weights, 1);
    }
    raster_scene_free(s);
}

Test(kernels_small, the_cpu_form_rejects_like_the_reference) {
    check_rejected(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_rejects_like_the_reference) {
    check_rejected(FM_SPECIALISATION_GPU);
}

/* 4 samples a pixel, two texture levels. */
static void check_quality(fm_specialisation specialisation) {
    raster_scene *s = few(4, specialisation, 2, true);
    if (open_on_device(s)) {
        fm_view view = tiny_view(32, 32);
        s->engine->group = 64;
        view.no_cull = view.trilinear = true;
        view.samples = 4;
        raster_scene_check(s, "4 samples, trilinear", &view, weights, 1);
    }
    raster_scene_free(s);
}

Test(kernels_small, the_cpu_form_with_samples_equals_the_reference) {
    check_quality(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_with_samples_equals_the_reference) {
    check_quality(FM_SPECIALISATION_GPU);
}

Test(kernels_small, morph_equals_plain_c) {
    enum { VERTICES = 23, VALUES = 3 * VERTICES };
    float a[VALUES], b[VALUES], out[2 * VALUES];
    uint64_t random = fm_test_seed();
    fm_engine_params params = {.struct_size = sizeof params};
    fm_engine *engine = NULL;
    fm_morph *morph = NULL;
    fm_error err;
    for (int i = 0; i < VALUES; i++) {
        a[i] = fm_test_uniform(&random, -1.0F, 1.0F);
        b[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    }
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    fm_assert_ok(fm_morph_create(&morph, engine, a, b, VERTICES, 2, &err), err);
    fm_assert_ok(fm_morph_run(morph, weights, 2, &err), err);
    fm_assert_ok(fm_morph_read(morph, 0, 2, out, &err), err);
    for (int i = 0; i < 2 * VALUES; i++) {
        int k = i % VALUES;
        float want = fmaf(weights[i / VALUES], b[k] - a[k], a[k]);
        cr_assert_float_eq(out[i], want, 1e-6F, "value %d: got %g, want %g", i, (double)out[i],
                           (double)want);
    }
    fm_morph_destroy(&morph);
    fm_engine_destroy(&engine);
}

/* All three families with matrices that fall back; 18 frames are a row of 16 and a rest. */
static void check_keypoints(fm_specialisation specialisation) {
    raster_scene *s = few(5, specialisation, 1, false);
    bool can = open_on_device(s);
    raster_scene_free(s);
    fm_engine *engine = can ? keypoint_engine(specialisation) : NULL;
    /* The gpu form through copies, as on a device with memory of its own. */
    if (can)
        engine->caps.unified_memory = specialisation == FM_SPECIALISATION_CPU;
    for (int model = 0; can && model < 4; model++) {
        const fm_keypoints_params how = {.struct_size = sizeof how,
                                         .model = (fm_keypoints_model)(model % 3),
                                         .clips = 2,
                                         .points = model % 3 == 2 ? 21 : 5,
                                         .area = FM_KEYPOINTS_HULL,
                                         .seed_compat = model == 3,
                                         .expression_friendly = true,
                                         .host_below = 1};
        keypoint_clips *c = keypoint_clips_new(&how, model == 2 ? 2 : 18, model == 1, 50);
        if (c->initial_jacobian)
            memset(c->initial_jacobian, 0, sizeof(float) * 4);
        keypoint_check(c, engine, "keypoints");
        keypoint_clips_free(c);
    }
    fm_engine_destroy(&engine);
}

Test(kernels_small, the_cpu_form_of_keypoints_equals_the_reference) {
    check_keypoints(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_of_keypoints_equals_the_reference) {
    check_keypoints(FM_SPECIALISATION_GPU);
}

/* Two shapes more than vectors of 16 hold, 7 frames: whole and broken blocks of both forms. */
static void check_blend(fm_specialisation specialisation) {
    enum { VALUES = 39, TARGETS = 3, FRAMES = 7 };
    float base[VALUES], deltas[TARGETS * VALUES], w[FRAMES * TARGETS], out[FRAMES * VALUES];
    uint64_t random = fm_test_seed();
    fm_engine *engine = NULL;
    fm_blend *blend = NULL;
    fmi_buffer buffer = {0}; /* the second time the weights are on the device */
    fm_error err;
    fm_engine_params how = {.struct_size = sizeof how, .specialisation = specialisation};
    fm_blend_params params = {.struct_size = sizeof params, .values = VALUES, .targets = TARGETS};
    fm_blend_job job = {.struct_size = sizeof job, .frames = FRAMES};
    for (int i = 0; i < VALUES; i++)
        base[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    for (int i = 0; i < TARGETS * VALUES; i++)
        deltas[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    for (int i = 0; i < FRAMES * TARGETS; i++)
        w[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    if (fm_engine_create(&engine, &how, &err) == FM_ERROR_UNSUPPORTED)
        return; /* as open_on_device: not a failure */
    fm_assert_ok(fm_blend_create(&blend, engine, &params, base, deltas, &err), err);
    fm_assert_ok(fmi_buffer_create(&buffer, engine->queue, CL_MEM_READ_ONLY, sizeof w, "w", &err),
                 err);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, sizeof w, w, &err), err);
    for (int columns = 0; columns < 2; columns++) {
        job.out.columns = job.weights_buffer = columns == 1;
        fm_assert_ok(fm_blend_run(blend, &job, columns ? (void *)buffer.mem : w, out, &err), err);
        for (int f = 0; f < FRAMES; f++) {
            float want[VALUES];
            fmi_ref_blend(base, deltas, VALUES, VALUES, TARGETS, w + f * TARGETS, want);
            for (int i = 0; i < VALUES; i++)
                cr_assert_float_eq(out[columns ? i * FRAMES + f : f * VALUES + i], want[i], 1e-6F,
                                   "frame %d value %d", f, i);
        }
    }
    fmi_buffer_destroy(&buffer);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
}

Test(kernels_small, the_cpu_form_blends_like_plain_c) {
    check_blend(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_blends_like_plain_c) {
    check_blend(FM_SPECIALISATION_GPU);
}

typedef struct tiny_pictures {
    uint8_t pixels[2][32 * 32 * 3];
} tiny_pictures;

static fm_status keep_tiny(void *user, const fm_frame *frame, fm_error *err) {
    tiny_pictures *p = user;
    (void)err;
    memcpy(p->pixels[frame->index], frame->pixels, sizeof p->pixels[0]);
    return FM_OK;
}

/* Two targets, two frames: what the device draws against what the reference draws. */
static void check_shapes(fm_specialisation specialisation) {
    raster_scene *s = few(5, specialisation, 3, false);
    float *further = malloc(sizeof *further * 3 * s->corner_count);
    const float w[4] = {0.4F, -0.3F, 0.0F, 1.0F};
    fm_view view = tiny_view(32, 32);
    tiny_pictures got, want;
    int off = 0;
    view.no_cull = true;
    for (uint32_t i = 0; i < 3 * s->corner_count; i++)
        further[i] = s->positions_a[i] * 0.8F + 0.1F;
    fm_mesh mesh[3];
    for (int i = 0; i < 3; i++)
        mesh[i] = (fm_mesh){.positions = i == 0   ? s->positions_a
                                         : i == 1 ? s->positions_b
                                                  : further,
                            .uvs = s->uvs,
                            .polygon_sizes = s->polygon_sizes,
                            .corner_count = s->corner_count,
                            .polygon_count = s->polygon_count};
    bool both = true;
    for (int i = 0; i < 2 && both; i++) {
        fm_engine *engine = NULL;
        fm_shapes *shapes = NULL;
        fm_error err;
        fm_engine_params how = {.struct_size = sizeof how,
                                .device = i == 0 ? "ref" : NULL,
                                .specialisation = i == 0 ? FM_SPECIALISATION_AUTO : specialisation};
        both = fm_engine_create(&engine, &how, &err) != FM_ERROR_UNSUPPORTED;
        if (!both)
            break; /* as open_on_device: not a failure */
        engine->group = 64;
        fm_assert_ok(fm_shapes_create(&shapes, engine, mesh, mesh + 1, 2, NULL, &err), err);
        fm_assert_ok(
            fm_shapes_render(shapes, w, 2, &view, keep_tiny, i == 0 ? &want : &got, NULL, &err),
            err);
        fm_shapes_destroy(&shapes);
        fm_engine_destroy(&engine);
    }
    for (size_t i = 0; both && i < sizeof got; i++)
        off += abs(((uint8_t *)&got)[i] - ((uint8_t *)&want)[i]) > 1;
    cr_assert(off <= 6, "%d of %zu bytes are more than 1 apart", off, sizeof got);
    free(further);
    raster_scene_free(s);
}

Test(kernels_small, the_cpu_form_draws_blends_like_the_reference) {
    check_shapes(FM_SPECIALISATION_CPU);
}

Test(kernels_small, the_gpu_form_draws_blends_like_the_reference) {
    check_shapes(FM_SPECIALISATION_GPU);
}

/* 9 x 5 texels are a block of 8 and a rest. */
static void check_heatmaps(bool lanes) {
    raster_scene *s = few(7, FM_SPECIALISATION_GPU, 2, true);
    fm_view view = tiny_view(16, 11);
    cr_assert(open_on_device(s));
    view.no_cull = true;
    if (!lanes)
        s->engine->caps.max_loop = 60000; /* as llvmpipe's: a value an item */
    heatmap_scene_check(s, "small");
    heatmap_scene_check_panels(s, &view);
    raster_scene_free(s);
}

Test(kernels_small, the_cpu_form_of_heatmaps_equals_the_reference) {
    check_heatmaps(true);
}

Test(kernels_small, the_gpu_form_of_heatmaps_equals_the_reference) {
    check_heatmaps(false);
}

/* Stored in 16 bits the fields are near those in 32. */
Test(kernels_small, the_cpu_form_of_heatmaps_in_16_bits_equals_that_in_32) {
    raster_scene *s[2];
    fm_heatmap *heatmap[2] = {NULL};
    const float *values[2];
    uint64_t count = 0;
    fm_error err;
    for (int half = 0; half < 2; half++) {
        s[half] = few(7, FM_SPECIALISATION_GPU, 2, true);
        s[half]->half = half == 1;
        cr_assert(open_on_device(s[half]));
        fm_assert_ok(fm_heatmap_create(&heatmap[half], s[half]->pair, &err), err);
        fm_assert_ok(fm_heatmap_run(heatmap[half], &err), err);
    }
    for (uint32_t k = 0; k < FM_FIELDS; k++) {
        for (int half = 0; half < 2; half++)
            fm_assert_ok(fm_heatmap_values(heatmap[half], (fm_field)k, &values[half], &count, &err),
                         err);
        for (uint64_t i = 0; i < count; i++)
            cr_assert_float_eq(values[1][i], values[0][i], k < FM_SHAPE_FIELDS ? 0.01 : 0.1,
                               "%s %llu", fm_field_name((fm_field)k), (unsigned long long)i);
    }
    for (int half = 0; half < 2; half++) {
        fm_heatmap_destroy(&heatmap[half]);
        raster_scene_free(s[half]);
    }
}

static fm_status compare_texture(void *user, const fm_texture *texture, fm_error *err) {
    (void)err;
    const raster_scene *s = user;
    for (size_t i = 0; i < 3 * (size_t)texture->width * texture->height; i++) {
        double a = s->texture_a.level[0][i], b = s->texture_b.level[0][i];
        double want = a + (double)texture->t * (b - a);
        if (texture->format == FM_TEXTURE_BYTE)
            cr_assert_float_eq(((const uint8_t *)texture->values)[i], want, 0.54);
        else
            cr_assert_float_eq(255.0 * (double)((const float *)texture->values)[i], want, 1e-4);
    }
    return FM_OK;
}

/* Sizes: below a block of 512 columns, and more than one with a rest below 16; rows that begin at
 * multiples of 64 bytes and rows that do not. */
static void check_morphed_textures(fm_specialisation specialisation) {
    static const float t[3] = {0.25F, 0.6F, 1.0F};
    static const uint32_t sizes[3][2] = {{9, 5}, {533, 2}, {576, 3}};
    for (int i = 0; i < 6; i++) {
        raster_scene *s = raster_scene_new(fm_test_seed());
        s->specialisation = specialisation;
        raster_scene_soup(s, 2, 0.5, 0.5);
        raster_scene_textures(s, sizes[i / 2][0], sizes[i / 2][1], sizes[i / 2][0],
                              sizes[i / 2][1]);
        if (!open_on_device(s)) {
            raster_scene_free(s);
            return;
        }
        const fm_textures_params params = {
            .struct_size = sizeof params, .format = (fm_texture_format)(i % 2), .chunk = 3};
        fm_error err;
        fm_assert_ok(fm_morph_textures(s->pair, t, 3, &params, compare_texture, s, NULL, &err),
                     err);
        raster_scene_free(s);
    }
}

Test(kernels_small, the_gpu_form_of_morphed_textures_equals_plain_c) {
    check_morphed_textures(FM_SPECIALISATION_GPU);
}

Test(kernels_small, the_cpu_form_of_morphed_textures_equals_plain_c) {
    check_morphed_textures(FM_SPECIALISATION_CPU);
}

/* n = 2 in closed form, n = 4 by elimination, n = 12 with a review; one singular matrix of three.
 */
static void check_solve(fm_specialisation specialisation, uint32_t n) {
    float a[3 * 144], x[36], b[36];
    uint8_t status[3];
    uint64_t random = fm_test_seed();
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .specialisation = specialisation};
    const fm_solve_params p = {.struct_size = sizeof p, .n = n, .count = 3};
    fm_engine *engine = NULL;
    fm_error err;
    for (uint32_t i = 0; i < 3 * n * n; i++)
        a[i] = i / n % n == i % n ? 2.0F : fm_test_uniform(&random, -0.5F, 0.5F);
    for (uint32_t i = 0; i < 3 * n; i++)
        b[i] = fm_test_uniform(&random, -1.0F, 1.0F);
    for (uint32_t j = 0; j < n; j++)
        a[n * n + j] = 2.0F * a[n * n + n + j];
    if (fm_engine_create(&engine, &params, &err) == FM_ERROR_UNSUPPORTED)
        return; /* the cpu form needs long loops */
    fm_assert_ok(fm_solve_batched(engine, &p, a, b, x, status, NULL, &err), err);
    cr_assert(status[0] == 0 && status[1] == 1 && status[2] == 0, "n %u: %d %d %d", n, status[0],
              status[1], status[2]);
    for (uint32_t i = 0; i < 3 * n; i++) {
        float r = -b[i];
        for (uint32_t j = 0; j < n; j++)
            r += a[i * n + j] * x[i / n * n + j];
        if (i / n != 1)
            cr_assert_float_eq(r, 0.0F, 1e-5F, "n %u row %u: %g", n, i, (double)r);
    }
    fm_engine_destroy(&engine);
}

Test(kernels_small, the_cpu_form_solves) {
    check_solve(FM_SPECIALISATION_CPU, 2);
    check_solve(FM_SPECIALISATION_CPU, 4);
}

/* A test of its own: the only one that Oclgrind cannot run. */
Test(kernels_small, the_cpu_form_reviews) {
    check_solve(FM_SPECIALISATION_CPU, 12);
}

Test(kernels_small, the_gpu_form_solves) {
    check_solve(FM_SPECIALISATION_GPU, 2);
    check_solve(FM_SPECIALISATION_GPU, 4);
    check_solve(FM_SPECIALISATION_GPU, 12);
}
