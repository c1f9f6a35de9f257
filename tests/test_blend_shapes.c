/* SPDX-License-Identifier: MIT */
/* fm_shapes: joint topology, shapes and normals on the device, pictures, bytes. */
#include "fm_test.h"

#include "plan_bytes.h"
#include "raster_scene.h"
#include "shapes_impl.h"

#include "io/load.h"

TestSuite(blend_shapes, .timeout = 240);

#define TARGETS_MAX 12

/* A ball with targets that are smooth functions of the base's points, so that points stay shared.
 */
typedef struct heads {
    raster_scene *scene;
    fm_mesh base, target[TARGETS_MAX];
    uint32_t count;
} heads;

static void bend(const float *from, uint32_t corners, uint32_t k, float *to) {
    double a = 1.0 + 0.7 * k, b = 2.0 - 0.3 * k, c = 0.15 / (1.0 + 0.2 * k);
    for (size_t i = 0; i < corners; i++) {
        const float *p = from + 3 * i;
        double x = (double)p[0], y = (double)p[1], z = (double)p[2];
        to[3 * i] = (float)(x + c * sin(a * y + b * z));
        to[3 * i + 1] = (float)(y + c * cos(a * z - b * x));
        to[3 * i + 2] = (float)(z * (1.0 - c) + 0.5 * c * sin(a * x * y + k));
    }
}

static heads make_heads(uint32_t columns, uint32_t rows, uint32_t count, bool textured) {
    raster_scene *s = raster_scene_new(fm_test_seed() + count);
    raster_scene_ball(s, columns, rows);
    if (textured)
        raster_scene_textures(s, 64, 48, 64, 48);
    heads h = {.scene = s, .count = count};
    h.base = (fm_mesh){.positions = s->positions_a,
                       .uvs = s->uvs,
                       .polygon_sizes = s->polygon_sizes,
                       .corner_count = s->corner_count,
                       .polygon_count = s->polygon_count,
                       .label = "base"};
    for (uint32_t k = 0; k < count; k++) {
        float *to = malloc(sizeof *to * 3 * s->corner_count);
        bend(s->positions_a, s->corner_count, k, to);
        h.target[k] = h.base;
        h.target[k].positions = to;
        h.target[k].label = "target";
    }
    return h;
}

static void free_heads(heads *h) {
    for (uint32_t k = 0; k < h->count; k++)
        free((void *)(uintptr_t)h->target[k].positions);
    raster_scene_free(h->scene);
}

static fm_engine *open_engine(fm_specialisation specialisation, const char *device) {
    fm_engine *engine = NULL;
    fm_error err;
    const fm_engine_params params = {
        .struct_size = sizeof params, .device = device, .specialisation = specialisation};
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

static fm_shapes *open_shapes(fm_engine *engine, const heads *h, bool half) {
    fm_shapes *shapes = NULL;
    fm_error err;
    const fm_image *image = h->scene->image_a.pixels ? &h->scene->image_a : NULL;
    const fm_shapes_params params = {.struct_size = sizeof params, .image = image, .half = half};
    fm_assert_ok(fm_shapes_create(&shapes, engine, &h->base, h->target, h->count, &params, &err),
                 err);
    return shapes;
}

/* n frames: nothing, each target alone, then mixtures of any sign. */
static float *make_weights(uint32_t n, uint32_t targets) {
    float *w = calloc((size_t)n * targets, sizeof *w);
    uint64_t random = fm_test_seed() + n;
    for (uint32_t f = 1; f < n; f++)
        for (uint32_t k = 0; k < targets; k++)
            w[f * targets + k] =
                f <= targets ? (k == f - 1 ? 1.0F : 0.0F) : fm_test_uniform(&random, -0.4F, 0.8F);
    return w;
}

/* ---- joining ---- */

Test(blend_shapes, one_target_joins_as_a_pair_does) {
    heads h = make_heads(24, 12, 1, false);
    fmi_joined pair, blend;
    fm_error err;
    fm_assert_ok(fmi_pair_join(&pair, &h.base, &h.target[0], FM_ALIGN_RIGID, NULL, &err), err);
    fm_assert_ok(fmi_blend_join(&blend, &h.base, h.target, 1, FM_ALIGN_RIGID, NULL, &err), err);
    size_t bytes = 3 * sizeof(float) * pair.position_count;
    cr_assert_eq(pair.position_count, blend.position_count);
    cr_assert_eq(pair.vertex_count, blend.vertex_count);
    cr_assert_eq(pair.triangle_count, blend.triangle_count);
    cr_assert_eq(pair.degenerate_triangles, blend.degenerate_triangles);
    cr_assert_eq(pair.coincident_positions, blend.coincident_positions);
    cr_assert_eq(memcmp(pair.positions_a, blend.positions_a, bytes), 0);
    cr_assert_eq(memcmp(pair.positions_b, blend.more, bytes), 0);
    cr_assert_eq(memcmp(pair.uvs, blend.uvs, 2 * sizeof(float) * pair.vertex_count), 0);
    cr_assert_eq(memcmp(pair.triangles, blend.triangles, 12 * (size_t)pair.triangle_count), 0);
    cr_assert_eq(memcmp(pair.vertex_position, blend.vertex_position, 4 * pair.vertex_count), 0);
    cr_assert_eq(memcmp(pair.center, blend.center, sizeof pair.center), 0);
    fmi_joined_free(&pair);
    fmi_joined_free(&blend);
    free_heads(&h);
}

/* Two triangles that touch in the base and part in the second target only. */
Test(blend_shapes, points_differ_where_any_target_parts_them) {
    float base[18] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
    float apart[18];
    uint32_t sizes[2] = {3, 3};
    memcpy(apart, base, sizeof apart);
    for (int i = 9; i < 18; i += 3)
        apart[i + 2] = 0.5F;
    const fm_mesh whole = {
        .positions = base, .polygon_sizes = sizes, .corner_count = 6, .polygon_count = 2};
    fm_mesh targets[2] = {whole, whole};
    fmi_joined joined;
    fm_error err;
    targets[1].positions = apart;
    fm_assert_ok(fmi_blend_join(&joined, &whole, targets, 1, FM_ALIGN_NONE, NULL, &err), err);
    cr_assert_eq(joined.position_count, 4U);
    fmi_joined_free(&joined);
    fm_assert_ok(fmi_blend_join(&joined, &whole, targets, 2, FM_ALIGN_NONE, NULL, &err), err);
    cr_assert_eq(joined.position_count, 6U);
    cr_assert_eq(joined.coincident_positions, 4U);
    cr_assert_eq(joined.center[2], 0.25);
    fmi_joined_free(&joined);
    targets[0].positions = apart;
    targets[1].positions = base;
    fm_assert_ok(fmi_blend_join(&joined, &whole, targets, 2, FM_ALIGN_NONE, NULL, &err), err);
    cr_assert_eq(joined.position_count, 6U, "only the last target is looked at");
    fmi_joined_free(&joined);
}

Test(blend_shapes, what_does_not_match_is_refused_by_name) {
    heads h = make_heads(16, 8, 3, false);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL);
    fm_shapes *shapes = (fm_shapes *)0x1;
    fm_error err;
    h.target[2].polygon_count--;
    h.target[2].corner_count -= 4;
    h.target[2].label = "odd.obj";
    fm_assert_fails(fm_shapes_create(&shapes, engine, &h.base, h.target, 3, NULL, &err),
                    FM_ERROR_BAD_INPUT, err, "odd.obj");
    cr_assert_null(shapes);
    fm_assert_fails(fm_shapes_create(&shapes, engine, &h.base, h.target, 0, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "0 targets");
    float *positions = (float *)(uintptr_t)h.target[1].positions;
    positions[5] = NAN;
    fm_assert_fails(fm_shapes_create(&shapes, engine, &h.base, h.target, 2, NULL, &err),
                    FM_ERROR_BAD_INPUT, err, "not a finite number");
    fm_engine_destroy(&engine);
    free_heads(&h);
}

/* ---- shapes on the device ---- */

static void compare_rows(const fm_shapes *s, const float *rows, const float *weights,
                         uint32_t frame, double limit) {
    const fmi_joined *j = &s->joined;
    fmi_ref_mesh mesh = {.positions_a = j->positions_a,
                         .vertex_position = j->vertex_position,
                         .triangles = j->triangles,
                         .position_count = j->position_count,
                         .vertex_count = j->vertex_count,
                         .triangle_count = j->triangle_count,
                         .targets = j->more,
                         .target_count = j->more_count,
                         .weights = weights + (size_t)frame * j->more_count};
    double *p = malloc(sizeof *p * 6 * j->position_count), *n = p + 3 * (size_t)j->position_count;
    fm_error err;
    fm_assert_ok(fmi_ref_blend_shape(&mesh, p, n, &err), err);
    for (size_t v = 0; v < j->vertex_count; v++) {
        size_t at = 3 * (size_t)j->vertex_position[v];
        double got[3], length = 0;
        for (size_t k = 0; k < 3; k++) {
            double x = (double)rows[k * s->padded + v];
            cr_assert(fabs(x - p[at + k]) <= limit, "frame %u vertex %zu: %g, want %g", frame, v, x,
                      p[at + k]);
            got[k] = (double)rows[(3 + k) * s->padded + v];
            length += got[k] * got[k];
        }
        cr_assert(length > 1e-30 || n[at + 2] == 1.0, "frame %u vertex %zu: no normal", frame, v);
        for (size_t k = 0; k < 3 && length > 1e-12; k++)
            cr_assert(fabs(got[k] / sqrt(length) - n[at + k]) <= 50 * limit,
                      "frame %u vertex %zu: normal %g, want %g", frame, v, got[k] / sqrt(length),
                      n[at + k]);
    }
    free(p);
}

static void fill_rows(fm_shapes *s, const float *weights, uint32_t n, uint32_t first,
                      uint32_t frames, float *out) {
    fm_error err;
    static const fm_blend_matrix packed;
    fmi_buffer rows = {0}, lanes = {0};
    size_t row = FMI_SHAPE_ROWS * sizeof(float) * s->padded;
    size_t lane = 3 * sizeof(float) * FMI_BLEND_LANES * s->padded;
    fmi_queue *q = s->engine->queue;
    bool gpu = s->engine->specialisation == FM_SPECIALISATION_GPU;
    fm_assert_ok(fmi_buffer_create(&rows, q, CL_MEM_READ_WRITE, row * frames, "r", &err), err);
    fm_assert_ok(
        fmi_buffer_create(&lanes, q, CL_MEM_READ_WRITE, lane * ((frames + 7) / 8), "l", &err), err);
    fm_assert_ok(fmi_blend_set_weights(s->blend, weights, &packed, n, &err), err);
    const fmi_vertex_batch batch = {.first = first,
                                    .frames = frames,
                                    .specialisation = s->engine->specialisation,
                                    .group = 64,
                                    .padded = s->padded,
                                    .rows = &rows,
                                    .lanes = gpu ? NULL : &lanes};
    fm_assert_ok(s->source.run(s->source.user, &batch, &err), err);
    fm_assert_ok(fmi_buffer_read(&rows, 0, row * frames, out, &err), err);
    fmi_buffer_destroy(&rows);
    fmi_buffer_destroy(&lanes);
}

static void check_rows(fm_specialisation specialisation, const heads *h, bool half, double limit) {
    enum { FRAMES = 21 };
    fm_engine *engine = open_engine(specialisation, NULL);
    fm_shapes *s = open_shapes(engine, h, half);
    float *weights = make_weights(FRAMES, h->count);
    size_t row = (size_t)FMI_SHAPE_ROWS * s->padded;
    float *all = malloc(row * FRAMES * sizeof *all), *part = malloc(row * 9 * sizeof *part);
    fill_rows(s, weights, FRAMES, 0, FRAMES, all);
    for (uint32_t f = 0; f < FRAMES; f++)
        compare_rows(s, all + f * row, weights, f, limit);
    for (uint32_t first = 0; first + 9 <= FRAMES; first += 5) {
        uint32_t frames = first % 2 ? 9 : 3;
        fill_rows(s, weights, FRAMES, first, frames, part);
        cr_assert_eq(memcmp(part, all + first * row, frames * row * sizeof *part), 0,
                     "%u frames from %u on have other bytes alone", frames, first);
    }
    free(all);
    free(part);
    free(weights);
    fm_shapes_destroy(&s);
    fm_engine_destroy(&engine);
}

Test(blend_shapes, shapes_and_normals_equal_the_reference) {
    static const uint32_t counts[] = {1, 2, 5, 9};
    for (size_t i = 0; i < 4; i++) {
        heads h = make_heads(20 + (uint32_t)i, 11, counts[i], false);
        check_rows(FM_SPECIALISATION_CPU, &h, false, 1e-6);
        check_rows(FM_SPECIALISATION_GPU, &h, false, 1e-6);
        free_heads(&h);
    }
}

Test(blend_shapes, shapes_of_sixteen_bit_differences_are_close) {
    heads h = make_heads(24, 12, 5, false);
    check_rows(FM_SPECIALISATION_CPU, &h, true, 3e-4);
    check_rows(FM_SPECIALISATION_GPU, &h, true, 3e-4);
    free_heads(&h);
}

Test(blend_shapes, both_sides_of_a_seam_have_one_normal) {
    heads h = make_heads(24, 12, 3, false);
    fm_engine *engine = open_engine(FM_SPECIALISATION_CPU, NULL);
    fm_shapes *s = open_shapes(engine, &h, false);
    const fmi_joined *j = &s->joined;
    float *weights = make_weights(6, 3);
    float *rows = malloc(sizeof *rows * FMI_SHAPE_ROWS * s->padded * 6);
    uint32_t shared = 0;
    fill_rows(s, weights, 6, 0, 6, rows);
    for (uint32_t f = 0; f < 6; f++)
        for (uint32_t v = 0; v < j->vertex_count; v++)
            for (uint32_t w = v + 1; w < j->vertex_count; w++) {
                if (j->vertex_position[v] != j->vertex_position[w])
                    continue;
                shared++;
                for (uint32_t k = 0; k < FMI_SHAPE_ROWS; k++) {
                    const float *row = rows + ((size_t)f * FMI_SHAPE_ROWS + k) * s->padded;
                    cr_assert_eq(row[v], row[w], "row %u of vertices %u and %u", k, v, w);
                }
            }
    cr_assert_gt(shared, 60U);
    free(rows);
    free(weights);
    fm_shapes_destroy(&s);
    fm_engine_destroy(&engine);
    free_heads(&h);
}

/* ---- pictures ---- */

typedef struct pictures {
    uint8_t *pixels;
    size_t frame_bytes;
    uint32_t count;
    fm_render_report report;
} pictures;

static fm_status keep(void *user, const fm_frame *frame, fm_error *err) {
    pictures *p = user;
    (void)err;
    cr_assert_eq(frame->index, p->count);
    p->frame_bytes = frame->row_bytes * frame->height;
    p->pixels = realloc(p->pixels, p->frame_bytes * (p->count + 1));
    memcpy(p->pixels + p->frame_bytes * p->count++, frame->pixels, p->frame_bytes);
    return FM_OK;
}

static pictures draw(fm_shapes *s, const float *weights, uint32_t n, const fm_view *view) {
    pictures p = {0};
    fm_error err;
    fm_assert_ok(fm_shapes_render(s, weights, n, view, keep, &p, &p.report, &err), err);
    cr_assert_eq(p.count, n);
    return p;
}

/* At most 1 of 255 apart on 99.9 % of the pixels. */
static void compare_pictures(const char *name, const pictures *got, const pictures *want) {
    uint64_t off = 0, pixels = want->frame_bytes * want->count / 3;
    cr_assert_eq(got->count, want->count);
    cr_assert_eq(got->frame_bytes, want->frame_bytes);
    for (uint64_t i = 0; i < pixels; i++) {
        int worst = 0;
        for (uint64_t k = 3 * i; k < 3 * i + 3; k++) {
            int apart = abs(got->pixels[k] - want->pixels[k]);
            worst = apart > worst ? apart : worst;
        }
        off += worst > 1;
    }
    cr_assert(off * 1000 <= pixels, "%s: %llu of %llu pixels are more than 1 apart", name,
              (unsigned long long)off, (unsigned long long)pixels);
}

static const fm_view small_view = {.struct_size = sizeof(fm_view), .width = 96, .height = 80};

static void check_pictures(fm_specialisation specialisation, bool textured, const char *name) {
    enum { FRAMES = 11, TARGETS = 4 };
    heads h = make_heads(32, 16, TARGETS, textured);
    fm_engine *engine = open_engine(specialisation, NULL);
    fm_engine *reference = open_engine(FM_SPECIALISATION_AUTO, "ref");
    fm_shapes *s = open_shapes(engine, &h, false), *r = open_shapes(reference, &h, false);
    float *weights = make_weights(FRAMES, TARGETS);
    fm_view view = small_view;
    pictures want = draw(r, weights, FRAMES, &view);
    pictures got = draw(s, weights, FRAMES, &view);
    compare_pictures(name, &got, &want);
    cr_assert_neq(memcmp(want.pixels, want.pixels + want.frame_bytes, want.frame_bytes), 0);
    for (uint32_t batch = 1; batch <= 9; batch += 4) {
        view.batch = batch;
        pictures again = draw(s, weights, FRAMES, &view);
        cr_assert_eq(memcmp(again.pixels, got.pixels, got.frame_bytes * FRAMES), 0,
                     "%s: batch %u has other bytes", name, batch);
        cr_assert_eq(again.report.plan.batch, batch);
        free(again.pixels);
    }
    free(want.pixels);
    free(got.pixels);
    free(weights);
    fm_shapes_destroy(&s);
    fm_shapes_destroy(&r);
    fm_engine_destroy(&engine);
    fm_engine_destroy(&reference);
    free_heads(&h);
}

Test(blend_shapes, the_cpu_form_draws_what_the_reference_draws) {
    check_pictures(FM_SPECIALISATION_CPU, true, "cpu, textured");
    check_pictures(FM_SPECIALISATION_CPU, false, "cpu, grey");
}

Test(blend_shapes, the_gpu_form_draws_what_the_reference_draws) {
    check_pictures(FM_SPECIALISATION_GPU, true, "gpu, textured");
    check_pictures(FM_SPECIALISATION_GPU, false, "gpu, grey");
}

/* The pair's pictures at the same weights; both textures of the pair are the base's. */
static void equal_pair(fm_engine *engine, const fm_mesh *a, const fm_mesh *b, const fm_image *image,
                       const fm_view *view, const char *name) {
    static const float t[] = {0.0F, 0.25F, 0.5F, 0.625F, 1.0F};
    const fm_pair_params pair_params = {
        .struct_size = sizeof pair_params, .image_a = image, .image_b = image};
    const fm_shapes_params params = {.struct_size = sizeof params, .image = image};
    fm_pair *pair = NULL;
    fm_shapes *shapes = NULL;
    fm_shapes_info info;
    fm_pair_info pair_info;
    fm_error err;
    pictures want = {0};
    fm_assert_ok(fm_pair_create(&pair, engine, a, b, &pair_params, &err), err);
    fm_assert_ok(fm_shapes_create(&shapes, engine, a, b, 1, &params, &err), err);
    cr_assert_eq(fm_shapes_info_get(shapes, &info), FM_OK);
    cr_assert_eq(fm_pair_info_get(pair, &pair_info), FM_OK);
    cr_assert_eq(info.positions, pair_info.positions);
    cr_assert_eq(info.vertices, pair_info.vertices);
    cr_assert_eq(info.filled_texels, pair_info.filled_texels / 2);
    fm_assert_ok(fm_render(pair, t, 5, view, keep, &want, &want.report, &err), err);
    pictures got = draw(shapes, t, 5, view);
    cr_assert_eq(got.report.scale, want.report.scale);
    compare_pictures(name, &got, &want);
    cr_assert_neq(memcmp(got.pixels, got.pixels + 4 * got.frame_bytes, got.frame_bytes), 0);
    free(got.pixels);
    free(want.pixels);
    fm_shapes_destroy(&shapes);
    fm_pair_destroy(&pair);
}

Test(blend_shapes, one_target_draws_what_the_pair_draws) {
    heads h = make_heads(32, 16, 1, true);
    for (int form = 0; form < 2; form++) {
        fm_engine *engine = open_engine(form ? FM_SPECIALISATION_GPU : FM_SPECIALISATION_CPU, NULL);
        equal_pair(engine, &h.base, &h.target[0], &h.scene->image_a, &small_view,
                   form ? "ball, gpu" : "ball, cpu");
        fm_engine_destroy(&engine);
    }
    free_heads(&h);
}

Test(blend_shapes, real_heads_draw_what_the_pair_draws) {
    static const char *const files[] = {"mh_heads/male1.obj", "mh_heads/male1_smile.obj"};
    fmi_side side[2] = {{0}};
    char path[FM_TEST_PATH];
    fm_error err;
    const fm_view view = {.struct_size = sizeof view, .width = 300, .height = 260};
    for (int i = 0; i < 2; i++) {
        if (!fm_test_data(path, files[i]))
            cr_skip("skipped: no data");
        fm_assert_ok(fmi_side_load(&side[i], path, NULL, NULL, &err), err);
    }
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL);
    equal_pair(engine, &side[0].mesh, &side[1].mesh, &side[0].texture.view, &view, "male1, smile");
    fm_engine_destroy(&engine);
    fmi_side_free(&side[0]);
    fmi_side_free(&side[1]);
}

Test(blend_shapes, memory_and_transfers_are_as_planned) {
    enum { FRAMES = 40, TARGETS = 8 };
    heads h = make_heads(60, 40, TARGETS, true);
    for (int form = 0; form < 2; form++) {
        fm_engine *engine = open_engine(form ? FM_SPECIALISATION_GPU : FM_SPECIALISATION_CPU, NULL);
        fm_shapes *s = open_shapes(engine, &h, false);
        float *weights = make_weights(FRAMES, TARGETS);
        fm_plan plan;
        fm_error err;
        fm_stats stats;
        pictures p = draw(s, weights, FRAMES, &small_view);
        fm_assert_ok(fm_shapes_render_plan(s, FRAMES, &small_view, &plan, &err), err);
        cr_assert_eq(fm_engine_stats(engine, &stats), FM_OK);
        uint64_t planned = plan.bytes_fixed + plan.batch * plan.bytes_per_frame;
        cr_assert(stats.peak_bytes <= planned && planned <= stats.peak_bytes + 4096,
                  "form %d: planned %llu, peak %llu", form, (unsigned long long)planned,
                  (unsigned long long)stats.peak_bytes);
        cr_assert_eq(stats.loop_to_device_bytes, 0U);
        free(p.pixels);
        free(weights);
        fm_shapes_destroy(&s);
        fm_engine_destroy(&engine);
    }
    free_heads(&h);
}

Test(blend_shapes, weights_must_be_finite) {
    heads h = make_heads(16, 8, 2, false);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL);
    fm_shapes *s = open_shapes(engine, &h, false);
    float weights[6] = {0, 0, 0, INFINITY, 0, 0};
    fm_error err;
    fm_assert_fails(fm_shapes_render(s, weights, 3, &small_view, NULL, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "target 1 in frame 1");
    fm_assert_fails(fm_shapes_render(s, NULL, 3, &small_view, NULL, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "no weights");
    fm_shapes_destroy(&s);
    fm_engine_destroy(&engine);
    free_heads(&h);
}
