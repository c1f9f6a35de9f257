/* SPDX-License-Identifier: MIT */
/* fm_pair_load and fm_png_write: the public calls of libfmio. */
#include "fm_test.h"

#include "io/image.h"

#include <fm/fm.h>
#include <fm/io.h>

TestSuite(pair_load, .timeout = 60);

static const char triangle[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
static const char square[] = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n";

static void put(char path[FM_TEST_PATH], const char *name, const char *text) {
    snprintf(path, FM_TEST_PATH, "%s/%s", getenv("FM_TEST_TMP"), name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void count_lines(void *user, fm_log_level level, const char *line) {
    (void)level;
    (void)line;
    ++*(int *)user;
}

Test(pair_load, makes_a_pair_or_says_why_not) {
    char a[FM_TEST_PATH];
    char b[FM_TEST_PATH];
    char other[FM_TEST_PATH];
    fm_error err;
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    fm_pair_info info;
    int lines = 0;
    fm_engine_params engine_params = {.struct_size = sizeof engine_params, .device = "ref"};
    fm_assert_ok(fm_engine_create(&engine, &engine_params, &err), err);
    put(a, "a.obj", triangle);
    put(b, "b.obj", triangle);
    put(other, "other.obj", square);

    fm_pair_load_params params = {.struct_size = sizeof params,
                                  .log = {count_lines, &lines, FM_LOG_DEBUG}};
    fm_assert_ok(fm_pair_load(&pair, engine, a, b, &params, &err), err);
    fm_assert_ok(fm_pair_info_get(pair, &info), err);
    cr_assert_eq(info.triangles, 1);
    cr_assert(!info.textured);
    fm_pair_destroy(&pair);

    fm_assert_fails(fm_pair_load(&pair, engine, a, other, NULL, &err), FM_ERROR_BAD_INPUT, err,
                    "other.obj");
    cr_assert_null(pair);
    fm_assert_fails(fm_pair_load(&pair, engine, a, "absent.fbx", NULL, &err), FM_ERROR_BAD_INPUT,
                    err, "absent.fbx");
    params.texture_b = "absent.png";
    fm_assert_fails(fm_pair_load(&pair, engine, a, b, &params, &err), FM_ERROR_BAD_INPUT, err,
                    "absent.png");
    params.struct_size = 1;
    fm_assert_fails(fm_pair_load(&pair, engine, a, b, &params, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "struct_size");
    fm_assert_fails(fm_pair_load(&pair, engine, a, NULL, NULL, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "NULL");
    fm_engine_destroy(&engine);
}

Test(pair_load, png_comes_back_as_written) {
    char path[FM_TEST_PATH];
    uint8_t pixels[2][9] = {{0, 1, 2, 250, 5, 6, 7, 8, 9}, {9, 8, 7, 6, 5, 4, 3, 2, 255}};
    fm_image image = {.pixels = pixels[0], .width = 3, .height = 2, .channels = 3, .row_bytes = 9};
    fm_error err;
    fmi_image back = {0};
    snprintf(path, sizeof path, "%s/p.png", getenv("FM_TEST_TMP"));
    fm_assert_ok(fm_png_write(path, &image, &err), err);
    fm_assert_ok(fmi_image_load(&back, path, &err), err);
    cr_assert_eq(back.view.width, 3);
    cr_assert_eq(back.view.height, 2);
    for (uint32_t y = 0; y < 2; y++)
        cr_assert_eq(memcmp(back.view.pixels + y * back.view.row_bytes, pixels[y], 9), 0);
    fmi_image_free(&back);
    fm_assert_fails(fm_png_write("/nowhere/p.png", &image, &err), FM_ERROR_IO, err, "/nowhere");
    fm_assert_fails(fm_png_write(path, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
}
