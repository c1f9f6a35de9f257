/* SPDX-License-Identifier: MIT */
#include "heatmap_scene.h"

#include "heatmap_impl.h"
#include "raster_impl.h"

static void check_values(const raster_scene *s, const char *name, fm_heatmap *heatmap,
                         fm_field field, const double *want, uint64_t expected, double tolerance) {
    const float *values = NULL;
    uint64_t count = 0;
    fm_error err;
    fm_assert_ok(fm_heatmap_values(heatmap, field, &values, &count, &err), err);
    cr_assert_eq(count, expected);
    for (uint64_t i = 0; i < count; i++)
        cr_assert(fabs((double)values[i] - want[i]) <=
                      tolerance + 2e-4 * (field > 2) * fabs(want[i]),
                  "%s seed %llu: %s %llu is %.9g, want %.9g", name, (unsigned long long)s->seed,
                  fm_field_name(field), (unsigned long long)i, (double)values[i], want[i]);
}

static void check_shape(const raster_scene *s, const char *name, fm_heatmap *heatmap) {
    fmi_ref_mesh mesh = fmi_raster_ref_mesh(&s->joined);
    size_t n = mesh.position_count;
    double *want = malloc(3 * n * sizeof *want), largest = 0.0;
    fm_error err;
    fm_assert_ok(fmi_ref_shape_fields(&mesh, want, &err), err);
    for (size_t i = 0; i < 3 * n; i++)
        largest = fmax(
            largest, fmax((double)fabsf(mesh.positions_a[i]), (double)fabsf(mesh.positions_b[i])));
    for (uint32_t k = 0; k < 3; k++) /* 8 ulp: normals come from rounded sums */
        check_values(s, name, heatmap, (fm_field)k, want + k * n, n, largest * 0x1p-20);
    free(want);
}

/* Level 0 of one side as the device has it: a resized B may be 1 of 255 off the reference's. */
static fmi_ref_texture texture_of(fm_heatmap *heatmap, const uint8_t *block, size_t side) {
    size_t width = heatmap->width, height = heatmap->height;
    fmi_ref_texture t = {.mips = 1, .width = {heatmap->width}, .height = {heatmap->height}};
    t.level[0] = malloc(3 * width * height);
    t.kept = malloc(width * height);
    for (size_t i = 0; i < width * height; i++) {
        const uint8_t *texel = block + 8 * (i / width * (width + 1) + i % width) + 4 * side;
        memcpy(t.level[0] + 3 * i, texel, 3);
        t.kept[i] = texel[3];
    }
    return t;
}

static void check_texture(const raster_scene *s, const char *name, fm_heatmap *heatmap) {
    size_t n = (size_t)heatmap->width * heatmap->height;
    double *want = malloc(3 * n * sizeof *want);
    uint8_t *block = malloc(heatmap->texels->bytes);
    fm_error err;
    fm_assert_ok(fmi_buffer_read(heatmap->texels, 0, heatmap->texels->bytes, block, &err), err);
    fmi_ref_texture a = texture_of(heatmap, block, 0), b = texture_of(heatmap, block, 1);
    for (size_t i = 0; i < n; i++) {
        double of[3];
        fmi_ref_texture_fields(&a, &b, i, of);
        for (size_t k = 0; k < 3; k++)
            want[k * n + i] = of[k];
    }
    for (uint32_t k = 0; k < 3; k++)
        check_values(s, name, heatmap, (fm_field)(3 + k), want + k * n, n, 1e-3);
    fmi_ref_texture_free(&a);
    fmi_ref_texture_free(&b);
    free(block);
    free(want);
}

void heatmap_scene_check(raster_scene *s, const char *name) {
    fm_heatmap *heatmap = NULL;
    fm_error err;
    fm_assert_ok(fm_heatmap_create(&heatmap, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    check_shape(s, name, heatmap);
    if (fm_heatmap_fields(heatmap) == FM_FIELDS)
        check_texture(s, name, heatmap);
    fm_heatmap_destroy(&heatmap);
}

uint8_t *heatmap_scene_panel(fm_heatmap *heatmap, const fm_view *view, fm_field field) {
    fm_panel panel;
    fm_error err;
    fm_assert_ok(fm_heatmap_draw(heatmap, view, &err), err);
    fm_assert_ok(fm_heatmap_panel(heatmap, field, &panel, &err), err);
    size_t bytes = (size_t)panel.image.row_bytes * panel.image.height;
    uint8_t *copy = malloc(bytes);
    memcpy(copy, panel.image.pixels, bytes);
    return copy;
}

/* The same pair on the reference device. */
static fm_heatmap *reference_heatmap(const raster_scene *s, fm_engine **engine, fm_pair **pair) {
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    const fm_mesh a = {.positions = s->positions_a,
                       .uvs = s->uvs,
                       .polygon_sizes = s->polygon_sizes,
                       .corner_count = s->corner_count,
                       .polygon_count = s->polygon_count};
    fm_mesh b = a;
    fm_heatmap *heatmap = NULL;
    fm_error err;
    b.positions = s->positions_b;
    const fm_pair_params how = {.struct_size = sizeof how,
                                .image_a = s->image_a.pixels ? &s->image_a : NULL,
                                .image_b = s->image_b.pixels ? &s->image_b : NULL};
    fm_assert_ok(fm_engine_create(engine, &params, &err), err);
    fm_assert_ok(fm_pair_create(pair, *engine, &a, &b, &how, &err), err);
    fm_assert_ok(fm_heatmap_create(&heatmap, *pair, &err), err);
    fm_assert_ok(fm_heatmap_run(heatmap, &err), err);
    return heatmap;
}

static uint64_t count_different(const uint8_t *got, const uint8_t *want, size_t pixels) {
    uint64_t different = 0;
    for (size_t i = 0; i < pixels; i++) {
        int worst = 0;
        for (size_t c = 0; c < 3; c++)
            worst = (int)fmax(worst, abs(got[3 * i + c] - want[3 * i + c]));
        different += worst > 3; /* one entry of a table: colours are up to 3 apart */
    }
    return different;
}

void heatmap_scene_check_panels(raster_scene *s, const fm_view *view) {
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    fm_heatmap *ours = NULL, *reference = reference_heatmap(s, &engine, &pair);
    fm_error err;
    size_t pixels = (size_t)view->width * view->height;
    fm_assert_ok(fm_heatmap_create(&ours, s->pair, &err), err);
    fm_assert_ok(fm_heatmap_run(ours, &err), err);
    for (uint32_t k = 0; k < fm_heatmap_fields(ours); k++) {
        uint8_t *got = heatmap_scene_panel(ours, view, (fm_field)k);
        uint8_t *want = heatmap_scene_panel(reference, view, (fm_field)k);
        uint64_t different = count_different(got, want, pixels), covered = 0;
        for (size_t i = 0; i < pixels; i++)
            covered += want[3 * i] != 255 || want[3 * i + 1] != 255 || want[3 * i + 2] != 255;
        cr_assert_gt(covered, pixels / 50, "nothing to see");
        cr_assert_leq(different, pixels / 1000 + 1, "seed %llu: %s differs on %llu of %zu pixels",
                      (unsigned long long)s->seed, fm_field_name((fm_field)k),
                      (unsigned long long)different, pixels);
        free(got);
        free(want);
    }
    fm_heatmap_destroy(&ours);
    fm_heatmap_destroy(&reference);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
}
