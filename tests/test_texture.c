/* SPDX-License-Identifier: MIT */
/* Texture preparation: layout, areas, and every texel against the plain reference. */
#include "fm_test.h"

#include "pair_texture.h"
#include "ref.h"
#include "texture_fill.h"
#include "texture_resize.h"
#include "workers.h"

#include <pthread.h>

TestSuite(texture, .timeout = 60);

#define MAX_VERTICES 128

/** A joined mesh of which only the UVs and triangles matter. */
typedef struct scene {
    float uvs[2 * MAX_VERTICES];
    uint32_t triangles[3 * MAX_VERTICES];
    fmi_joined joined;
    fmi_ref_mesh mesh;
} scene;

static void make_scene(scene *s, uint32_t vertices, uint32_t triangles) {
    s->joined = (fmi_joined){.vertex_count = vertices,
                             .triangle_count = triangles,
                             .uvs = s->uvs,
                             .triangles = s->triangles};
    s->mesh = (fmi_ref_mesh){.uvs = s->uvs,
                             .triangles = s->triangles,
                             .vertex_count = vertices,
                             .triangle_count = triangles};
}

/** A triangle with its corners at texel centres of a width x height picture. */
static void add_triangle(scene *s, uint32_t width, uint32_t height, const uint32_t corners[3][2]) {
    uint32_t v = s->joined.vertex_count, t = s->joined.triangle_count;
    for (uint32_t k = 0; k < 3; k++) {
        s->uvs[2 * (v + k)] = (float)corners[k][0] / (float)(width - 1);
        s->uvs[2 * (v + k) + 1] = 1 - (float)corners[k][1] / (float)(height - 1);
        s->triangles[3 * t + k] = v + k;
    }
    make_scene(s, v + 3, t + 1);
}

/* Small triangles all over, some beyond the picture, some without area, some on texel centres. */
static void random_scene(scene *s, uint64_t *state, uint32_t triangles) {
    for (uint32_t t = 0; t < triangles; t++) {
        float u = fm_test_uniform(state, -0.3F, 1.3F), v = fm_test_uniform(state, -0.3F, 1.3F);
        for (uint32_t k = 0; k < 3; k++) {
            float *uv = s->uvs + 2 * (3 * t + k);
            uv[0] = u + fm_test_uniform(state, -0.1F, 0.1F);
            uv[1] = t % 5 == 1 ? v : v + fm_test_uniform(state, -0.1F, 0.1F);
            for (int i = 0; t % 3 == 0 && i < 2; i++) /* exact in 63rds only now and then */
                uv[i] = roundf(uv[i] * 64) / 64;
            s->triangles[3 * t + k] = t % 7 == 2 ? 3 * t : 3 * t + k;
        }
    }
    make_scene(s, 3 * triangles, triangles);
}

/** A picture that owns its pixels. */
typedef struct picture {
    uint8_t *pixels;
    fm_image image;
} picture;

/* Blobs of dark and of bright texels; rows are padded with 0xEE and alpha is noise. */
static void random_picture(picture *p, uint64_t *state, uint32_t width, uint32_t height,
                           uint32_t channels, uint32_t padding) {
    uint32_t row_bytes = width * channels + padding;
    p->pixels = malloc((size_t)row_bytes * height);
    memset(p->pixels, 0xEE, (size_t)row_bytes * height);
    p->image = (fm_image){p->pixels, width, height, channels, row_bytes};
    bool dark = false;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            if (fm_test_next(state) % 90 == 0)
                dark = !dark;
            for (uint32_t c = 0; c < channels; c++)
                p->pixels[y * row_bytes + x * channels + c] =
                    (uint8_t)(fm_test_next(state) % (dark && c < 3 ? 27 : 256));
        }
}

/* Largest difference of the block's side (0 = A, 1 = B) from the reference; padding included. */
static int worst_texel(const uint8_t *out, const fmi_texture_layout *layout, uint32_t side,
                       const fmi_ref_texture *want) {
    int worst = 0;
    cr_assert_eq(layout->mips, want->mips, "%u mips, want %u", layout->mips, want->mips);
    for (uint32_t k = 0; k < layout->mips; k++) {
        uint32_t width = want->width[k], height = want->height[k];
        cr_assert_eq(layout->mip[k].width, (fm_i32)width, "level %u", k);
        cr_assert_eq(layout->mip[k].height, (fm_i32)height, "level %u", k);
        for (uint32_t y = 0; y <= height; y++)
            for (uint32_t x = 0; x <= width; x++) {
                size_t at = layout->mip[k].offset + (size_t)y * (size_t)layout->mip[k].pitch + x;
                const uint8_t *got = out + 8 * at + 4 * side;
                size_t from = (size_t)(y < height ? y : y - 1) * width + (x < width ? x : x - 1);
                if (k == 0)
                    worst = (int)fmax(worst, abs(got[3] - (want->kept ? want->kept[from] : 255)));
                for (int c = 0; c < 3; c++)
                    worst = (int)fmax(worst, abs(got[c] - want->level[k][3 * from + c]));
            }
    }
    return worst;
}

/* A thread for every task, all at once. */
typedef struct one_task {
    fmi_work_fn work;
    void *job;
    uint32_t index;
} one_task;

static void *run_one(void *user) {
    const one_task *task = user;
    task->work(task->job, task->index);
    return NULL;
}

static void run_at_once(void *user, uint32_t count, fmi_work_fn work, void *job) {
    pthread_t thread[64];
    one_task task[64];
    cr_assert_leq(count, 64);
    for (uint32_t i = count; i-- > 0;) {
        task[i] = (one_task){work, job, i};
        cr_assert_eq(pthread_create(&thread[i], NULL, run_one, &task[i]), 0);
    }
    for (uint32_t i = 0; i < count; i++)
        pthread_join(thread[i], NULL);
    *(uint32_t *)user += count;
}

/* The same bytes by threads. */
static void check_workers(const scene *s, const picture *a, const picture *b, bool keep,
                          const fmi_texture_layout *layout, const uint8_t *want,
                          uint64_t want_filled) {
    uint32_t tasks = 0;
    const fmi_workers workers = {.run = run_at_once, .user = &tasks, .threads = 3};
    uint64_t filled = 0;
    fm_error err;
    uint8_t *out = malloc(layout->bytes);
    fm_assert_ok(fmi_texture_prepare(&s->joined, &a->image, &b->image, keep, layout, out, &filled,
                                     &workers, &err),
                 err);
    cr_assert_eq(filled, want_filled);
    cr_assert_eq(memcmp(out, want, layout->bytes), 0, "%u x %u", a->image.width, a->image.height);
    cr_assert_geq(tasks, a->image.height > 64 ? 4 : 2, "%u tasks", tasks);
    free(out);
}

/* Prepares and compares every byte; B may be 1 off where it was resized: the reference rounds
 * weights, ours are whole numbers. */
static void check_prepare(const scene *s, const picture *a, const picture *b, bool keep,
                          const char *what) {
    fmi_texture_layout layout;
    fm_error err = {0};
    uint64_t filled = 0, want = 0;
    uint32_t width = a->image.width, height = a->image.height;
    bool resized = b->image.width != width || b->image.height != height;
    fmi_texture_layout_make(&layout, width, height);
    uint8_t *out = malloc(layout.bytes + 16);
    memset(out, 0xA5, layout.bytes + 16);
    fm_assert_ok(fmi_texture_prepare(&s->joined, &a->image, &b->image, keep, &layout, out, &filled,
                                     NULL, &err),
                 err);
    check_workers(s, a, b, keep, &layout, out, filled);
    for (uint32_t side = 0; side < 2; side++) {
        fmi_ref_texture texture;
        uint64_t count = 0;
        fm_assert_ok(fmi_ref_texture_make(&texture, &s->mesh, side ? &b->image : &a->image, keep,
                                          width, height, &count, &err),
                     err);
        int worst = worst_texel(out, &layout, side, &texture);
        cr_assert_leq(worst, side == 1 && resized ? 1 : 0, "%s, %u x %u: side %u is %d off", what,
                      width, height, side, worst);
        want += count;
        fmi_ref_texture_free(&texture);
    }
    cr_assert_eq(filled, want, "%s: filled %ju, want %ju", what, filled, want);
    for (int i = 0; i < 16; i++)
        cr_assert_eq(out[layout.bytes + (size_t)i], 0xA5, "%s: wrote beyond the block", what);
    free(out);
}

Test(texture, layout_has_one_more_column_and_row) {
    fmi_texture_layout l;
    fmi_texture_layout_make(&l, 2048, 2048);
    cr_assert_eq(l.mips, 12, "got %u", l.mips);
    cr_assert_eq(l.mip[1].offset, 2049 * 2049);
    cr_assert_eq(l.mip[1].pitch, 1025);
    cr_assert(l.bytes > 44800000 && l.bytes < 45000000, "got %ju", l.bytes);
    fmi_texture_layout_make(&l, 5, 3);
    cr_assert_eq(l.mips, 4, "got %u", l.mips);
    cr_assert_eq(l.mip[1].width, 3);
    cr_assert_eq(l.mip[1].height, 2);
    cr_assert_eq(l.mip[3].offset, 6 * 4 + 4 * 3 + 3 * 2, "got %u", l.mip[3].offset);
    cr_assert_eq(l.bytes, (6 * 4 + 4 * 3 + 3 * 2 + 2 * 2) * 8, "got %ju", l.bytes);
    fmi_texture_layout_make(&l, 1, 1);
    cr_assert_eq(l.mips, 1);
    cr_assert_eq(l.bytes, 32);
    fmi_texture_layout_make(&l, 16384, 16384);
    cr_assert_eq(l.mips, 15);
    cr_assert_eq(l.mip[14].width, 1);
    cr_assert_gt(l.bytes, 16385ULL * 16385 * 8);
}

Test(texture, agrees_with_the_reference_at_odd_sizes) {
    static const uint32_t sizes[][2] = {{1, 1},   {3, 5},     {17, 8},   {64, 64},
                                        {65, 2},  {1, 40},    {63, 33},  {129, 7},
                                        {200, 1}, {257, 130}, {131, 517}};
    uint64_t seed = fm_test_seed(), state = seed;
    char what[64];
    snprintf(what, sizeof what, "seed %ju", seed);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        scene s = {0};
        picture a, b;
        random_scene(&s, &state, 1 + (uint32_t)i * 4);
        random_picture(&a, &state, sizes[i][0], sizes[i][1], i & 1 ? 4 : 3, i & 2 ? 5 : 0);
        random_picture(&b, &state, sizes[i][0], sizes[i][1], i & 4 ? 4 : 3, i & 1 ? 3 : 0);
        check_prepare(&s, &a, &b, false, what);
        check_prepare(&s, &a, &b, true, what);
        free(a.pixels);
        free(b.pixels);
    }
}

Test(texture, resizes_b_to_the_size_of_a) {
    static const uint32_t sizes[][4] = {{64, 64, 32, 32}, {32, 32, 64, 64}, {17, 8, 1, 1},
                                        {1, 1, 17, 8},    {33, 70, 70, 33}, {64, 64, 64, 63},
                                        {3, 5, 200, 300}, {301, 7, 5, 2}};
    uint64_t seed = fm_test_seed(), state = seed;
    char what[64];
    snprintf(what, sizeof what, "seed %ju", seed);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        scene s = {0};
        picture a, b;
        random_scene(&s, &state, 20);
        random_picture(&a, &state, sizes[i][0], sizes[i][1], 3, 0);
        random_picture(&b, &state, sizes[i][2], sizes[i][3], i & 1 ? 4 : 3, 1);
        check_prepare(&s, &a, &b, false, what);
        check_prepare(&s, &a, &b, true, what);
        free(a.pixels);
        free(b.pixels);
    }
}

/* Doubling puts texels at quarters: (3 x 10 + 50) / 4 and so on; halves round up. */
Test(texture, resize_uses_half_pixel_centres) {
    const uint8_t rgb[6] = {10, 0, 255, 50, 1, 255};
    const uint32_t want[4] = {10 | 255U << 16, 20 | 255U << 16, 40 | 1U << 8 | 255U << 16,
                              50 | 1U << 8 | 255U << 16};
    const fm_image image = {rgb, 2, 1, 3, 6};
    fmi_filled filled;
    fmi_resizer resizer;
    uint32_t row[4];
    fm_error err = {0};
    fm_assert_ok(fmi_filled_create(&filled, &image, NULL, &err), err);
    fm_assert_ok(fmi_resizer_create(&resizer, &filled, 4, 3, &err), err);
    for (uint32_t y = 0; y < 3; y++) {
        fmi_resizer_row(&resizer, y, row);
        for (int x = 0; x < 4; x++)
            cr_assert_eq(row[x], want[x] | 255U << 24, "row %u, texel %d: got %08x", y, x, row[x]);
    }
    fmi_resizer_free(&resizer);
    fmi_filled_free(&filled);
}

/* The footprint against a test of every texel with every triangle. */
Test(texture, footprint_is_centres_in_or_on_a_triangle_and_neighbours) {
    uint64_t seed = fm_test_seed(), state = seed;
    char what[64];
    snprintf(what, sizeof what, "seed %ju", seed);
    for (int round = 0; round < 6; round++) {
        enum { W = 129, H = 65 }; /* 64ths are texel centres: edges run through many of them */
        static uint8_t black[W * H * 3];
        scene s = {0};
        picture a = {black, {black, W, H, 3, W * 3}};
        random_scene(&s, &state, 1 + 8 * (uint32_t)round);
        check_prepare(&s, &a, &a, false, what);
    }
}

/* Edges through the texel centres (1,49) and (127,49), where 49 x (1/49) is below 1. */
Test(texture, footprint_has_centres_that_rounding_would_lose) {
    enum { N = 129 };
    static uint8_t black[N * N * 3];
    scene s = {0};
    picture a = {black, {black, N, N, 3, N * 3}};
    add_triangle(&s, N, N, (const uint32_t[3][2]){{0, 0}, {2, 98}, {0, 98}});
    add_triangle(&s, N, N, (const uint32_t[3][2]){{128, 0}, {126, 98}, {128, 98}});
    check_prepare(&s, &a, &a, false, "edges through centres");
}

Test(texture, keeps_dark_texels_inside_and_fills_those_outside) {
    enum { N = 33 }; /* N - 1 a power of two: UVs are exact */
    scene s = {0};
    uint8_t rgb[N * N * 3] = {0};
    add_triangle(&s, N, N, (const uint32_t[3][2]){{4, 4}, {16, 4}, {4, 16}});
    for (uint32_t i = 0; i < N * N; i++)
        if (i % N >= 4 && i / N >= 4 && i % N + i / N <= 20) /* the triangle's texels */
            memcpy(rgb + 3 * i, (const uint8_t[3]){200, 100, 51}, 3);
    const uint32_t pupil = 8 * N + 8, rim = 3 * N + 8, outside = 2 * N + 8, lit = 20 * N + 20;
    memcpy(rgb + 3 * pupil, (const uint8_t[3]){5, 5, 5}, 3);
    memcpy(rgb + 3 * lit, (const uint8_t[3]){0, 26, 0}, 3);
    picture a = {rgb, {rgb, N, N, 3, N * 3}};
    check_prepare(&s, &a, &a, false, "pupil");

    fmi_texture_layout layout;
    uint64_t filled = 0;
    fm_error err = {0};
    fmi_texture_layout_make(&layout, N, N);
    uint8_t *out = malloc(layout.bytes);
    fm_assert_ok(fmi_texture_prepare(&s.joined, &a.image, &a.image, false, &layout, out, &filled,
                                     NULL, &err),
                 err);
    const uint32_t stay[3] = {pupil, rim, lit};
    for (int i = 0; i < 3; i++) {
        const uint8_t *got = out + 8 * (stay[i] / N * (N + 1) + stay[i] % N);
        cr_assert_arr_eq(got, rgb + 3 * stay[i], 3, "texel %u was filled", stay[i]);
    }
    /* 91 texels of the triangle, of which one is the pupil; 56 around it stay black; 1 lit. */
    uint32_t count = 91 + 56 + 1;
    const uint8_t *got = out + 8 * (outside / N * (N + 1) + outside % N);
    cr_assert_eq(filled, 2 * (N * N - count), "got %ju", filled);
    cr_assert_eq(got[0], (2 * (90 * 200 + 5) + count) / (2 * count), "red is %d", got[0]);
    cr_assert_eq(got[1], (2 * (90 * 100 + 5 + 26) + count) / (2 * count), "green is %d", got[1]);
    free(out);
}

Test(texture, takes_a_skin_tone_when_nothing_remains) {
    enum { N = 130 };
    static uint8_t rgb[N * N * 3];
    static const uint8_t tone[3] = {191, 166, 140};
    scene s = {0};
    fmi_texture_layout layout;
    uint64_t filled = 0;
    fm_error err = {0};
    memset(rgb, FM_BACKGROUND_MAX, sizeof rgb);
    const fm_image image = {rgb, N, N, 3, N * 3};
    fmi_texture_layout_make(&layout, N, N);
    uint8_t *out = malloc(layout.bytes);
    fm_assert_ok(
        fmi_texture_prepare(&s.joined, &image, &image, false, &layout, out, &filled, NULL, &err),
        err);
    cr_assert_eq(filled, 2 * N * N, "got %ju", filled);
    for (uint64_t i = 0; i < layout.bytes / 4; i++)
        cr_assert_arr_eq(out + 4 * i, tone, 3, "texel %ju", i);
    fm_assert_ok(
        fmi_texture_prepare(&s.joined, &image, &image, true, &layout, out, &filled, NULL, &err),
        err);
    cr_assert_eq(filled, 0, "keep_background filled %ju", filled);
    for (uint64_t i = 0; i < layout.bytes / 4; i++)
        cr_assert_arr_eq(out + 4 * i, rgb, 3, "texel %ju", i);
    free(out);
}

Test(texture, refuses_pictures_that_cannot_be) {
    uint8_t rgb[12] = {0}, out[512];
    scene s = {0};
    fmi_texture_layout layout;
    uint64_t filled = 9;
    fm_error err = {0};
    const fm_image good = {rgb, 2, 2, 3, 6};
    const struct {
        fm_image image;
        const char *words;
    } bad[] = {{{NULL, 2, 2, 3, 6}, "no pixels"},    {{rgb, 0, 2, 3, 6}, "0 x 2 texels"},
               {{rgb, 2, 0, 3, 6}, "2 x 0 texels"},  {{rgb, 16385, 1, 3, 49155}, "16385 x 1"},
               {{rgb, 1, 16385, 3, 3}, "1 x 16385"}, {{rgb, 2, 2, 2, 6}, "2 channels"},
               {{rgb, 2, 2, 3, 5}, "5 bytes a row"}, {{rgb, 2, 2, 4, 7}, "7 bytes a row"}};
    fmi_texture_layout_make(&layout, 2, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (int side = 0; side < 2; side++) {
            fm_assert_fails(fmi_texture_prepare(&s.joined, side ? &good : &bad[i].image,
                                                side ? &bad[i].image : &good, false, &layout, out,
                                                &filled, NULL, &err),
                            FM_ERROR_INVALID_ARGUMENT, err, bad[i].words);
            cr_assert_eq(filled, 0);
        }
    fmi_texture_layout_make(&layout, 2, 3);
    fm_assert_fails(
        fmi_texture_prepare(&s.joined, &good, &good, false, &layout, out, &filled, NULL, &err),
        FM_ERROR_INVALID_ARGUMENT, err, "layout is for 2 x 3");
}

Test(texture, areas_are_in_texels_over_256) {
    uint32_t areas[4];
    scene s = {0};
    add_triangle(&s, 65, 33, (const uint32_t[3][2]){{0, 0}, {64, 0}, {0, 32}});
    add_triangle(&s, 65, 33, (const uint32_t[3][2]){{0, 32}, {64, 0}, {0, 0}});
    add_triangle(&s, 65, 33, (const uint32_t[3][2]){{0, 0}, {64, 32}, {32, 16}});
    add_triangle(&s, 65, 33, (const uint32_t[3][2]){{0, 0}, {1, 0}, {0, 1}});
    fmi_texture_areas(&s.joined, 65, 33, areas);
    cr_assert_eq(areas[0], 64 * 32 / 2 * 256, "got %u", areas[0]);
    cr_assert_eq(areas[1], areas[0], "winding changed it: %u", areas[1]);
    cr_assert_eq(areas[2], 0, "got %u", areas[2]);
    cr_assert_eq(areas[3], 128, "got %u", areas[3]);
    s.uvs[0] = 3e38F;
    s.uvs[4] = -3e38F;
    fmi_texture_areas(&s.joined, 16384, 16384, areas);
    cr_assert_eq(areas[0], UINT32_MAX, "got %u", areas[0]);
    fmi_texture_areas(&s.joined, 1, 1, areas);
    cr_assert_eq(areas[1], 0, "got %u", areas[1]);
    s.joined.uvs = NULL;
    fmi_texture_areas(&s.joined, 65, 33, areas);
    cr_assert_eq(areas[3], 0, "got %u", areas[3]);
}
