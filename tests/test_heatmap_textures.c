/* SPDX-License-Identifier: MIT */
/* Materialised textures: right, the same for every chunk, and the oracle of two-texture shading. */
#include "raster_scene.h"

TestSuite(heatmap_textures, .timeout = 120);

typedef struct collector {
    const raster_scene *s;
    uint32_t seen;
    double worst; /* float: ulp of 1; byte: levels */
    uint64_t off; /* bytes that are 1 off */
    uint64_t values;
    uint8_t *bytes; /* all of them, when not NULL */
    size_t texture_bytes;
} collector;

static double blend(const collector *c, const fm_texture *texture, size_t i) {
    double a = c->s->texture_a.level[0][i], b = c->s->texture_b.level[0][i];
    return a + (double)texture->t * (b - a);
}

static void compare(collector *c, const fm_texture *texture, size_t i) {
    double want = blend(c, texture, i);
    if (texture->format == FM_TEXTURE_FLOAT) {
        double got = (double)((const float *)texture->values)[i];
        c->worst = fmax(c->worst, fabs(got - want / 255.0) * 0x1p24);
        return;
    }
    double got = ((const uint8_t *)texture->values)[i], rest = want - floor(want);
    double d = fabs(got - floor(want + 0.5));
    c->worst = fmax(c->worst, d);
    c->off += d > 0.0;
    cr_assert(d == 0.0 || fabs(rest - 0.5) < 0.03, "t %g value %zu: %g, want %.4f",
              (double)texture->t, i, got, want);
}

static fm_status take(void *user, const fm_texture *texture, fm_error *err) {
    (void)err;
    collector *c = user;
    size_t n = 3 * (size_t)texture->width * texture->height;
    size_t bytes = n * (texture->format == FM_TEXTURE_BYTE ? 1 : sizeof(float));
    cr_assert_eq(texture->index, c->seen++);
    for (size_t i = 0; i < n; i++)
        compare(c, texture, i);
    c->values += n;
    if (c->bytes)
        memcpy(c->bytes + texture->index * bytes, texture->values, bytes);
    c->texture_bytes = bytes;
    return FM_OK;
}

static raster_scene *open_scene(uint32_t width, uint32_t height) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_ball(s, 8, 6);
    raster_scene_textures(s, width, height, width, height);
    raster_scene_open(s);
    return s;
}

Test(heatmap_textures, blends_are_right_at_odd_sizes) {
    static const uint32_t sizes[][2] = {{1, 1}, {3, 2}, {4, 5}, {17, 3}, {64, 40}, {131, 7}};
    static const float t[] = {0.0F, 0.025F, 0.5F, 0.73F, 1.0F};
    for (size_t i = 0; i < 6; i++) {
        raster_scene *s = open_scene(sizes[i][0], sizes[i][1]);
        for (int format = 0; format < 2; format++) {
            const fm_textures_params params = {.struct_size = sizeof params,
                                               .format = (fm_texture_format)format};
            fm_textures_report report;
            collector c = {.s = s};
            fm_error err;
            fm_assert_ok(fm_morph_textures(s->pair, t, 5, &params, take, &c, &report, &err), err);
            cr_assert_eq(c.seen, 5U);
            cr_assert_leq(c.worst, format == FM_TEXTURE_FLOAT ? 2.0 : 1.0);
            cr_assert_leq(c.off, c.values / 20 + 1, "%llu of %llu bytes are off",
                          (unsigned long long)c.off, (unsigned long long)c.values);
            cr_assert_eq(report.bytes, c.texture_bytes * 5);
        }
        raster_scene_free(s);
    }
}

Test(heatmap_textures, ends_are_the_textures_themselves) {
    static const float ends[] = {0.0F, 1.0F};
    raster_scene *s = open_scene(50, 30);
    const fm_textures_params params = {.struct_size = sizeof params, .format = FM_TEXTURE_BYTE};
    fm_error err;
    collector c = {.s = s, .bytes = malloc(2 * 3 * 50 * 30)};
    fm_assert_ok(fm_morph_textures(s->pair, ends, 2, &params, take, &c, NULL, &err), err);
    cr_assert_eq(c.off, 0U);
    cr_assert_arr_eq(c.bytes, s->texture_a.level[0], 3 * 50 * 30);
    cr_assert_arr_eq(c.bytes + 3 * 50 * 30, s->texture_b.level[0], 3 * 50 * 30);
    free(c.bytes);
    raster_scene_free(s);
}

Test(heatmap_textures, any_chunk_gives_the_same_bytes) {
    float t[11];
    raster_scene *s = open_scene(37, 21);
    size_t all = 11 * 3 * 37 * 21;
    fm_error err;
    for (int i = 0; i < 11; i++)
        t[i] = (float)i / 10.0F;
    for (int format = 0; format < 2; format++) {
        size_t bytes = all * (format == FM_TEXTURE_FLOAT ? sizeof(float) : 1);
        uint8_t *first = malloc(bytes);
        for (uint32_t chunk = 1; chunk <= 12; chunk += chunk < 4 ? 1 : 4) {
            const fm_textures_params params = {
                .struct_size = sizeof params, .format = (fm_texture_format)format, .chunk = chunk};
            fm_textures_report report;
            collector c = {.s = s, .bytes = malloc(bytes)};
            fm_assert_ok(fm_morph_textures(s->pair, t, 11, &params, take, &c, &report, &err), err);
            cr_assert_eq(report.chunk, chunk < 11 ? chunk : 11U);
            cr_assert_eq(report.launches, (11 + report.chunk - 1) / report.chunk);
            if (chunk == 1)
                memcpy(first, c.bytes, bytes);
            cr_assert_eq(memcmp(first, c.bytes, bytes), 0, "chunk %u", chunk);
            free(c.bytes);
        }
        free(first);
    }
    raster_scene_free(s);
}

typedef struct baked {
    uint8_t *rgb;
} baked;

static fm_status keep(void *user, const fm_texture *texture, fm_error *err) {
    (void)err;
    baked *b = user;
    memcpy(b->rgb, texture->values, 3 * (size_t)texture->width * texture->height);
    return FM_OK;
}

/* A frame of the pair at t, against the reference's frame of a head that wears the baked texture
 * on both sides: two textures blended in the shader are the materialised one, but for the latter's
 * rounding to 8 bits (half a level, times light up to 1.1, plus the frame's own rounding). */
Test(heatmap_textures, shading_two_textures_equals_the_materialised_one) {
    static const float t[] = {0.0F, 0.3F, 0.5F, 0.9F};
    enum { EDGE = 96, PIXELS = EDGE * EDGE };
    raster_scene *s = open_scene(64, 64);
    const fm_view view = {.struct_size = sizeof view, .width = EDGE, .height = EDGE};
    raster_frames frames = raster_scene_render(s, &view, t, 4);
    const fm_textures_params params = {.struct_size = sizeof params, .format = FM_TEXTURE_BYTE};
    baked b = {malloc(3 * 64 * 64)};
    fm_error err;
    for (uint32_t k = 0; k < 4; k++) {
        fm_assert_ok(fm_morph_textures(s->pair, &t[k], 1, &params, keep, &b, NULL, &err), err);
        raster_scene *one = raster_scene_new(s->seed);
        raster_scene_ball(one, 8, 6);
        uint8_t *a_pixels = malloc(3 * 64 * 64), *b_pixels = malloc(3 * 64 * 64);
        memcpy(a_pixels, b.rgb, 3 * 64 * 64);
        memcpy(b_pixels, b.rgb, 3 * 64 * 64);
        one->image_a = (fm_image){a_pixels, 64, 64, 3, 192};
        one->image_b = (fm_image){b_pixels, 64, 64, 3, 192};
        raster_scene_open(one);
        raster_frames want = raster_scene_render(one, &view, &t[k], 1);
        const uint8_t *got = frames.pixels + k * frames.frame_bytes;
        uint32_t beyond = 0;
        for (size_t i = 0; i < 3 * PIXELS; i++)
            beyond += abs(got[i] - want.pixels[i]) > 2;
        cr_assert_leq(beyond, 3 * PIXELS / 1000, "t %g: %u values are more than 2 off",
                      (double)t[k], beyond);
        raster_frames_free(&want);
        raster_scene_free(one);
    }
    raster_frames_free(&frames);
    free(b.rgb);
    raster_scene_free(s);
}

Test(heatmap_textures, wrong_calls_are_refused) {
    raster_scene *s = raster_scene_new(fm_test_seed());
    raster_scene_soup(s, 3, 0.5, 0.5);
    raster_scene_open(s);
    const float t[] = {0.5F, 1.5F};
    fm_error err;
    fm_assert_fails(fm_morph_textures(s->pair, t, 1, NULL, NULL, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "untextured");
    raster_scene_free(s);
    s = open_scene(8, 8);
    fm_assert_fails(fm_morph_textures(s->pair, t, 2, NULL, NULL, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "weight 1 is 1.5");
    fm_assert_fails(fm_morph_textures(s->pair, t, 0, NULL, NULL, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "no weights");
    raster_scene_free(s);
}
