/* SPDX-License-Identifier: MIT */
/* Pictures in and out, hostile ones included, and the threads that write them. */
#include "fm_test.h"

#include <io/encoder.h>
#include <jpeglib.h>
#include <png.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

TestSuite(image, .timeout = 60);

/* A smooth picture with some noise and a flat border, as a render has. */
static fmi_image picture(uint32_t width, uint32_t height, uint32_t channels, uint64_t seed) {
    fmi_image image = {.storage = malloc((size_t)width * height * channels)};
    image.view = (fm_image){image.storage, width, height, channels, width * channels};
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width * channels; x++) {
            bool border = x < width * channels / 5 || y < height / 5;
            uint32_t noise = (uint32_t)(fm_test_next(&seed) & 3);
            image.storage[(size_t)y * width * channels + x] =
                (uint8_t)(border ? 255 : 40 + 90 * y / height + 90 * x / (width * 3) + noise);
        }
    return image;
}

static void assert_same(const fm_image *got, const fm_image *want) {
    cr_assert_eq(got->width, want->width);
    cr_assert_eq(got->height, want->height);
    cr_assert_eq(got->channels, want->channels);
    size_t row = (size_t)want->width * want->channels;
    for (uint32_t y = 0; y < want->height; y++)
        cr_assert_eq(memcmp(got->pixels + (size_t)y * got->row_bytes,
                            want->pixels + (size_t)y * want->row_bytes, row),
                     0, "row %u of %u x %u x %u differs", y, want->width, want->height,
                     want->channels);
}

Test(image, png_round_trip_keeps_every_pixel) {
    static const uint32_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {3, 5}, {511, 17}, {512, 512}};
    fmi_bytes bytes = {0};
    fm_error err;
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint32_t channels = 3; channels <= 4; channels++) {
            fmi_image in = picture(sizes[i][0], sizes[i][1], channels, i), out;
            fm_assert_ok(fmi_png_encode(&bytes, &in.view, &err), err);
            fm_assert_ok(fmi_image_decode(&out, bytes.data, bytes.size, "memory", &err), err);
            assert_same(&out.view, &in.view);
            fmi_image_free(&in);
            fmi_image_free(&out);
        }
    fmi_bytes_free(&bytes);
}

static void refuse_warning(png_structp png, png_const_charp text) {
    png_error(png, text);
}

/* Takes the next bytes of what io_ptr points to. */
static void from_bytes(png_structp png, png_bytep to, size_t count) {
    const unsigned char **at = png_get_io_ptr(png);
    memcpy(to, *at, count);
    *at += count;
}

/* The picture as libpng has it, which must find nothing to complain about. */
static void assert_clean(const fmi_bytes *bytes, const fm_image *want) {
    const unsigned char *at = bytes->data;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, refuse_warning);
    png_infop info = png_create_info_struct(png);
    png_set_read_fn(png, &at, from_bytes);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(png, 0);
    png_read_info(png, info);
    cr_assert_eq(png_get_rowbytes(png, info), (size_t)want->width * want->channels);
    uint8_t *row = malloc(png_get_rowbytes(png, info));
    for (uint32_t y = 0; y < want->height; y++) {
        png_read_row(png, row, NULL);
        cr_assert_eq(
            memcmp(row, want->pixels + (size_t)y * want->row_bytes, png_get_rowbytes(png, info)), 0,
            "row %u of %u x %u x %u", y, want->width, want->height, want->channels);
    }
    png_read_end(png, NULL);
    cr_assert_eq((size_t)(at - bytes->data), bytes->size, "bytes behind the end");
    png_destroy_read_struct(&png, &info, NULL);
    free(row);
}

static void make_grey(fmi_image *image) {
    for (size_t i = 0; i < (size_t)image->view.width * image->view.height; i++) {
        uint8_t *p = image->storage + i * image->view.channels;
        p[1] = p[2] = p[0];
    }
}

/* Rows wider than a band, and more than are compressed in one piece, included. */
Test(image, libpng_reads_every_kind_that_is_written) {
    static const uint32_t sizes[][2] = {{1, 1},     {2, 1},     {1, 300},   {257, 129},
                                        {30000, 3}, {9, 20000}, {512, 512}, {2400, 2400}};
    fmi_bytes bytes = {0};
    fm_error err;
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint32_t kind = 0; kind < 4; kind++) {
            fmi_image in = picture(sizes[i][0], sizes[i][1], 3 + kind / 2, i);
            if (kind % 2 == 1)
                make_grey(&in);
            fm_assert_ok(fmi_png_encode(&bytes, &in.view, &err), err);
            assert_clean(&bytes, &in.view);
            fmi_image_free(&in);
        }
    fmi_bytes_free(&bytes);
}

Test(image, noise_does_not_overrun_a_png) {
    enum { EDGE = 300 };
    fmi_image in = picture(EDGE, EDGE, 4, 1);
    fmi_bytes bytes = {0};
    uint64_t seed = fm_test_seed();
    fm_error err;
    for (int grey = 0; grey < 2; grey++) {
        for (size_t i = 0; i < 4 * EDGE * EDGE; i++)
            in.storage[i] = (uint8_t)fm_test_next(&seed);
        if (grey)
            make_grey(&in);
        fm_assert_ok(fmi_png_encode(&bytes, &in.view, &err), err);
        assert_clean(&bytes, &in.view);
    }
    fmi_image_free(&in);
    fmi_bytes_free(&bytes);
}

Test(image, rows_may_have_a_stride) {
    fmi_image in = picture(40, 30, 3, 1), out;
    fmi_bytes bytes = {0};
    fm_error err;
    fm_image part = in.view;
    part.pixels += 5 * part.row_bytes + 7 * 3;
    part.width = 13;
    part.height = 11;
    fm_assert_ok(fmi_png_encode(&bytes, &part, &err), err);
    fm_assert_ok(fmi_image_decode(&out, bytes.data, bytes.size, "memory", &err), err);
    assert_same(&out.view, &part);
    fmi_image_free(&in);
    fmi_image_free(&out);
    fmi_bytes_free(&bytes);
}

Test(image, png_bytes_repeat_and_say_srgb_and_no_time) {
    fmi_image in = picture(64, 48, 3, 2);
    fmi_bytes a = {0}, b = {0};
    fm_error err;
    for (int grey = 0; grey < 2; grey++) {
        if (grey)
            make_grey(&in);
        fm_assert_ok(fmi_png_encode(&a, &in.view, &err), err);
        fm_assert_ok(fmi_png_encode(&b, &in.view, &err), err);
        memset(b.data, 0x5A,
               b.capacity); /* what is left of an earlier picture counts for nothing */
        fm_assert_ok(fmi_png_encode(&b, &in.view, &err), err);
        cr_assert_eq(a.size, b.size);
        cr_assert_eq(memcmp(a.data, b.data, a.size), 0);
    }
    cr_assert_not_null(memmem(a.data, a.size, "sRGB", 4));
    cr_assert_null(memmem(a.data, a.size, "tIME", 4));
    fmi_image_free(&in);
    fmi_bytes_free(&a);
    fmi_bytes_free(&b);
}

Test(image, impossible_pictures_are_not_encoded) {
    fmi_image in = picture(4, 4, 3, 3);
    fmi_bytes bytes = {0};
    fm_error err;
    fm_image wrong = in.view;
    wrong.channels = 2;
    fm_assert_fails(fmi_png_encode(&bytes, &wrong, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "2 channels");
    wrong = in.view;
    wrong.height = 0;
    cr_assert_neq(fmi_png_encode(&bytes, &wrong, &err), FM_OK);
    cr_assert_eq(bytes.size, 0);
    fmi_image_free(&in);
    fmi_bytes_free(&bytes);
}

/* ---- kinds of PNG that others write ---- */

/* Growing output of libpng; the file ends where this ends. */
static void to_bytes(png_structp png, png_bytep from, size_t count) {
    fmi_bytes *out = png_get_io_ptr(png);
    out->data = realloc(out->data, out->size + count);
    memcpy(out->data + out->size, from, count);
    out->size += count;
}

/* Writes rows of zeros and ones in any kind. Pixel (x, y) has the samples (x + y) & 1. */
static fmi_bytes foreign_png(uint32_t width, uint32_t height, int depth, int type, int interlace,
                             bool transparent) {
    fmi_bytes out = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &out, to_bytes, NULL);
    png_set_IHDR(png, info, width, height, depth, type, interlace, 0, 0);
    png_color palette[2] = {{10, 20, 30}, {200, 210, 220}};
    png_byte alpha[2] = {255, 0};
    png_color_16 key = {.gray = 1, .red = 1, .green = 1, .blue = 1};
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 2);
    if (transparent)
        png_set_tRNS(png, info, alpha, type == PNG_COLOR_TYPE_PALETTE ? 2 : 0, &key);
    png_write_info(png, info);
    if (depth < 8)
        png_set_packing(png);
    int samples = png_get_channels(png, info), bytes = depth == 16 ? 2 : 1;
    uint8_t *row = malloc((size_t)width * samples * bytes);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++) {
            for (uint32_t i = 0; i < width * (uint32_t)(samples * bytes); i++)
                row[i] = (uint8_t)((i / (uint32_t)(samples * bytes) + y) & 1);
            png_write_row(png, row);
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    return out;
}

Test(image, every_kind_of_png_becomes_rgb_or_rgba) {
    static const struct {
        int depth, type;
        bool transparent;
        uint32_t channels;
        uint8_t zero[4], one[4];
    } rows[] = {
        {1, PNG_COLOR_TYPE_GRAY, false, 3, {0, 0, 0}, {255, 255, 255}},
        {4, PNG_COLOR_TYPE_GRAY, false, 3, {0, 0, 0}, {17, 17, 17}},
        {8, PNG_COLOR_TYPE_GRAY, false, 3, {0, 0, 0}, {1, 1, 1}},
        {8, PNG_COLOR_TYPE_GRAY, true, 4, {0, 0, 0, 255}, {1, 1, 1, 0}},
        {16, PNG_COLOR_TYPE_GRAY, false, 3, {0, 0, 0}, {1, 1, 1}},
        {8, PNG_COLOR_TYPE_GRAY_ALPHA, false, 4, {0, 0, 0, 0}, {1, 1, 1, 1}},
        {1, PNG_COLOR_TYPE_PALETTE, false, 3, {10, 20, 30}, {200, 210, 220}},
        {8, PNG_COLOR_TYPE_PALETTE, true, 4, {10, 20, 30, 255}, {200, 210, 220, 0}},
        {8, PNG_COLOR_TYPE_RGB, false, 3, {0, 0, 0}, {1, 1, 1}},
        {16, PNG_COLOR_TYPE_RGB, false, 3, {0, 0, 0}, {1, 1, 1}},
        {16, PNG_COLOR_TYPE_RGB_ALPHA, false, 4, {0, 0, 0, 0}, {1, 1, 1, 1}},
    };
    fm_error err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int interlace = 0; interlace <= 1; interlace++) {
            fmi_bytes bytes =
                foreign_png(13, 9, rows[i].depth, rows[i].type, interlace, rows[i].transparent);
            fmi_image image;
            fm_assert_ok(fmi_image_decode(&image, bytes.data, bytes.size, "kind", &err), err);
            cr_assert_eq(image.view.channels, rows[i].channels, "row %zu", i);
            for (uint32_t y = 0; y < 9; y++)
                for (uint32_t x = 0; x < 13; x++)
                    cr_assert_eq(
                        memcmp(image.view.pixels + y * image.view.row_bytes + x * rows[i].channels,
                               (x + y) & 1 ? rows[i].one : rows[i].zero, rows[i].channels),
                        0, "row %zu interlace %d pixel %u %u", i, interlace, x, y);
            fmi_image_free(&image);
            fmi_bytes_free(&bytes);
        }
}

/* ---- damage and bombs ---- */

static void assert_refused(const fmi_bytes *bytes, fm_status want, const char *words) {
    fmi_image image;
    fm_error err;
    fm_assert_fails(fmi_image_decode(&image, bytes->data, bytes->size, "x.png", &err), want, err,
                    words);
    cr_assert_null(image.storage);
    cr_assert_null(image.view.pixels);
}

/* Sets the size in the header and mends its checksum. */
static void set_size(fmi_bytes *png, uint32_t width, uint32_t height) {
    png_save_uint_32(png->data + 16, width);
    png_save_uint_32(png->data + 20, height);
    uint32_t crc = 0xFFFFFFFFU;
    for (int i = 12; i < 29; i++) {
        crc ^= png->data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    png_save_uint_32(png->data + 29, ~crc);
}

Test(image, png_bombs_are_refused_before_allocating) {
    fmi_bytes png = foreign_png(16, 16, 1, PNG_COLOR_TYPE_GRAY, 0, false);
    static const uint32_t sizes[][2] = {{65535, 65535}, {16000, 16000}, {0x7FFFFFFF, 1},
                                        {1, 16385},     {16384, 4097},  {0xFFFFFFFF, 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        set_size(&png, sizes[i][0], sizes[i][1]);
        assert_refused(&png, FM_ERROR_LIMIT, "limits");
    }
    set_size(&png, 0, 5);
    assert_refused(&png, FM_ERROR_BAD_INPUT, "0 x 5");
    set_size(&png, 16, 17);
    assert_refused(&png, FM_ERROR_BAD_INPUT, "damaged PNG");
    set_size(&png, 16, 16);
    png.data[29] ^= 1;
    assert_refused(&png, FM_ERROR_BAD_INPUT, "damaged PNG");
    fmi_bytes_free(&png);
}

Test(image, a_png_cut_anywhere_is_refused) {
    fmi_image in = picture(24, 16, 4, 5);
    fmi_bytes bytes = {0};
    fm_error err;
    fm_assert_ok(fmi_png_encode(&bytes, &in.view, &err), err);
    for (size_t size = 8; size < bytes.size; size++) {
        fmi_bytes cut = {malloc(size), size, size};
        memcpy(cut.data, bytes.data, size);
        assert_refused(&cut, FM_ERROR_BAD_INPUT, "damaged PNG");
        fmi_bytes_free(&cut);
    }
    fmi_image_free(&in);
    fmi_bytes_free(&bytes);
}

Test(image, what_is_no_picture_is_refused) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fmi_image image;
    fm_error err;
    fmi_bytes text = {(unsigned char *)"GIF89a, surely", 14, 14};
    assert_refused(&text, FM_ERROR_BAD_INPUT, "neither a PNG nor a JPEG");
    text.size = 0;
    assert_refused(&text, FM_ERROR_BAD_INPUT, "neither");
    fm_test_dir(dir, "files");
    fm_assert_fails(fmi_image_load(&image, dir, &err), FM_ERROR_BAD_INPUT, err, "regular");
    snprintf(path, sizeof path, "%s/fifo.png", dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    fm_assert_fails(fmi_image_load(&image, path, &err), FM_ERROR_BAD_INPUT, err, "regular");
    snprintf(path, sizeof path, "%s/empty.png", dir);
    fclose(fopen(path, "w"));
    fm_assert_fails(fmi_image_load(&image, path, &err), FM_ERROR_BAD_INPUT, err, "empty");
    snprintf(path, sizeof path, "%s/none.png", dir);
    fm_assert_fails(fmi_image_load(&image, path, &err), FM_ERROR_BAD_INPUT, err, "none.png");
}

/* ---- JPEG ---- */

/* scan: of a progressive file, the library's own when NULL; no scans: a plain file. */
static fmi_bytes coded_jpeg(uint32_t width, uint32_t height, int components, J_COLOR_SPACE space,
                            const jpeg_scan_info *scan, int scans) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = components;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (scans > 0)
        jpeg_simple_progression(&jpeg);
    if (scan != NULL) {
        jpeg.scan_info = scan;
        jpeg.num_scans = scans;
    }
    jpeg_start_compress(&jpeg, TRUE);
    JSAMPLE *row = malloc((size_t)width * components);
    while (jpeg.next_scanline < height) {
        memset(row, 60 + (int)(jpeg.next_scanline * 100 / height), (size_t)width * components);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    return (fmi_bytes){data, size, size};
}

static fmi_bytes foreign_jpeg(uint32_t width, uint32_t height, int components, J_COLOR_SPACE space,
                              bool progressive) {
    return coded_jpeg(width, height, components, space, NULL, progressive);
}

Test(image, jpeg_becomes_rgb) {
    fm_error err;
    for (int kind = 0; kind < 3; kind++) {
        fmi_bytes bytes =
            foreign_jpeg(37, 21, kind == 1 ? 1 : 3, kind == 1 ? JCS_GRAYSCALE : JCS_RGB, kind == 2);
        fmi_image image;
        fm_assert_ok(fmi_image_decode(&image, bytes.data, bytes.size, "x.jpg", &err), err);
        cr_assert_eq(image.view.width, 37);
        cr_assert_eq(image.view.height, 21);
        cr_assert_eq(image.view.channels, 3);
        for (uint32_t y = 0; y < 21; y++)
            for (uint32_t x = 0; x < 37 * 3; x++)
                cr_assert_lt(abs((int)image.storage[y * 37 * 3 + x] - (60 + (int)y * 100 / 21)), 6,
                             "kind %d at %u %u", kind, x, y);
        fmi_image_free(&image);
        fmi_bytes_free(&bytes);
    }
}

Test(image, jpegs_that_cannot_be_used_are_refused) {
    fmi_bytes cmyk = foreign_jpeg(8, 8, 4, JCS_CMYK, false);
    assert_refused(&cmyk, FM_ERROR_BAD_INPUT, "CMYK");
    fmi_bytes_free(&cmyk);
    fmi_bytes good = foreign_jpeg(64, 64, 3, JCS_RGB, false);
    size_t size = good.size;
    for (good.size = 3; good.size < size - 2; good.size += 7)
        assert_refused(&good, FM_ERROR_BAD_INPUT, "damaged JPEG");
    good.size = size;
    unsigned char *frame = memmem(good.data, good.size, "\xFF\xC0", 2);
    cr_assert_not_null(frame);
    memcpy(frame + 5, "\x75\x30\x75\x30", 4); /* 30000 x 30000 */
    assert_refused(&good, FM_ERROR_LIMIT, "limits");
    fmi_bytes_free(&good);
}

/* As many scans as coefficients: each a pass over the whole picture. */
Test(image, a_jpeg_of_sixty_scans_is_refused) {
    jpeg_scan_info scan[64] = {{.comps_in_scan = 1}};
    for (int i = 1; i < 64; i++)
        scan[i] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = i, .Se = i};
    fmi_bytes bytes = coded_jpeg(64, 64, 1, JCS_GRAYSCALE, scan, 64);
    assert_refused(&bytes, FM_ERROR_BAD_INPUT, "more than 50 scans");
    fmi_bytes_free(&bytes);
    bytes = coded_jpeg(64, 64, 1, JCS_GRAYSCALE, scan, 40);
    fmi_image image;
    fm_error err;
    fm_assert_ok(fmi_image_decode(&image, bytes.data, bytes.size, "x.jpg", &err), err);
    fmi_image_free(&image);
    fmi_bytes_free(&bytes);
}

Test(image, real_textures_load) {
    static const struct {
        const char *file;
        uint32_t edge, channels;
    } rows[] = {{"mh_heads/male1_diffuse.png", 2048, 3},
                {"mh_quads/male2_lo_diffuse.png", 1024, 3},
                {"canonical_face/arcore_freckles.png", 2048, 4},
                {"canonical_face/mediapipe_facepaint.png", 1024, 4}};
    char path[FM_TEST_PATH];
    fm_error err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!fm_test_data(path, rows[i].file))
            cr_skip("skipped: no data");
        fmi_image image;
        fm_assert_ok(fmi_image_load(&image, path, &err), err);
        cr_assert_eq(image.view.width, rows[i].edge);
        cr_assert_eq(image.view.height, rows[i].edge);
        cr_assert_eq(image.view.channels, rows[i].channels);
        fmi_image_free(&image);
    }
}

/* ---- the encoder ---- */

static atomic_uint done_count;
static atomic_ullong done_bytes;

static void count_done(void *user, uint64_t bytes) {
    cr_assert_eq(user, (void *)&done_count);
    done_count++;
    done_bytes += bytes;
}

static void push_numbered(fmi_encoder *encoder, const char *dir, uint32_t first, uint32_t count) {
    char path[FM_TEST_PATH + 32];
    fm_error err;
    for (uint32_t i = first; i < first + count; i++) {
        fmi_image frame = picture(20 + i, 31, 3 + i % 2, i);
        snprintf(path, sizeof path, "%s/%u.png", dir, i);
        fm_assert_ok(fmi_encoder_push(encoder, &frame.view, path, &err), err);
        memset(frame.storage, 0, 20); /* the caller's again */
        fmi_image_free(&frame);
        memset(path, 'x', 8);
    }
}

static void assert_numbered(const char *dir, uint32_t count) {
    char path[FM_TEST_PATH + 32];
    fm_error err;
    for (uint32_t i = 0; i < count; i++) {
        fmi_image want = picture(20 + i, 31, 3 + i % 2, i), got;
        snprintf(path, sizeof path, "%s/%u.png", dir, i);
        fm_assert_ok(fmi_image_load(&got, path, &err), err);
        assert_same(&got.view, &want.view);
        fmi_image_free(&want);
        fmi_image_free(&got);
    }
}

Test(image, encoder_writes_every_frame_to_its_own_file) {
    static const uint32_t shapes[][2] = {{1, 1}, {1, 4}, {3, 2}, {0, 0}};
    char dir[FM_TEST_PATH];
    fm_error err;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        fmi_encoder *encoder;
        fmi_encoder_report report;
        fm_test_dir(dir, "encoder");
        done_count = 0;
        done_bytes = 0;
        fmi_encoder_params params = {.workers = shapes[i][0],
                                     .slots = shapes[i][1],
                                     .done = count_done,
                                     .user = &done_count};
        fm_assert_ok(fmi_encoder_create(&encoder, &params, &err), err);
        push_numbered(encoder, dir, 0, 25);
        fm_assert_ok(fmi_encoder_finish(encoder, &report, &err), err);
        cr_assert_eq(report.frames, 25);
        assert_numbered(dir, 25);
        push_numbered(encoder, dir, 25, 5);
        fm_assert_ok(fmi_encoder_finish(encoder, &report, &err), err);
        cr_assert_eq(report.frames, 30);
        cr_assert_eq(done_count, 30);
        cr_assert_eq(done_bytes, report.bytes);
        cr_assert_gt(report.busy_seconds, 0.0);
        assert_numbered(dir, 30);
        fmi_encoder_destroy(&encoder);
        cr_assert_null(encoder);
    }
}

/* Holds every worker in its first frame, so that the ring must fill. */
static sem_t gate;
static pthread_t pusher;
static atomic_uint by_pusher;

static void wait_at_gate(void *user, uint64_t bytes) {
    (void)user, (void)bytes;
    if (pthread_equal(pthread_self(), pusher))
        by_pusher++;
    else
        sem_wait(&gate);
}

static void *open_gate_later(void *user) {
    usleep(50000);
    for (int i = 0; i < 20; i++)
        sem_post(&gate);
    return user;
}

Test(image, a_full_ring_makes_the_caller_encode_and_finish_waits) {
    fmi_encoder *encoder;
    fmi_encoder_report report;
    fm_error err;
    pthread_t opener;
    fmi_encoder_params params = {
        .workers = 2, .slots = 4, .memory_only = true, .done = wait_at_gate};
    pusher = pthread_self();
    sem_init(&gate, 0, 0);
    fm_assert_ok(fmi_encoder_create(&encoder, &params, &err), err);
    fmi_image frame = picture(16, 16, 3, 1);
    for (int i = 0; i < 20; i++)
        fm_assert_ok(fmi_encoder_push(encoder, &frame.view, NULL, &err), err);
    cr_assert_geq(by_pusher, 16, "20 frames, 4 slots: the caller did %u", by_pusher);
    usleep(20000); /* both workers are at the gate now, with any luck */
    cr_assert_eq(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    fm_assert_ok(fmi_encoder_finish(encoder, &report, &err), err);
    pthread_join(opener, NULL);
    cr_assert_eq(report.frames, 20);
    cr_assert_gt(report.wait_seconds, 0.02);
    fmi_encoder_destroy(&encoder);
    fmi_image_free(&frame);
}

Test(image, the_first_failure_of_the_encoder_is_kept) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    fmi_encoder *encoder;
    fmi_encoder_report report;
    fm_error err;
    fm_test_dir(dir, "broken");
    fm_assert_ok(fmi_encoder_create(&encoder, NULL, &err), err);
    fmi_image frame = picture(64, 64, 3, 1);
    snprintf(path, sizeof path, "%s/none/0.png", dir);
    (void)fmi_encoder_push(encoder, &frame.view, path, NULL);
    fm_assert_fails(fmi_encoder_finish(encoder, NULL, &err), FM_ERROR_IO, err, "none/0.png");
    for (int i = 1; i < 9; i++) {
        snprintf(path, sizeof path, "%s/%d.png", dir, i);
        fm_assert_fails(fmi_encoder_push(encoder, &frame.view, path, &err), FM_ERROR_IO, err,
                        "none/0.png");
    }
    fm_assert_fails(fmi_encoder_finish(encoder, &report, &err), FM_ERROR_IO, err, "none/0.png");
    cr_assert_eq(report.frames, 0);
    fmi_encoder_destroy(&encoder);
    fmi_image_free(&frame);
    cr_assert_eq(rmdir(dir), 0, "frames were written after the failure");
}

Test(image, an_encoder_may_be_destroyed_at_any_time) {
    char dir[FM_TEST_PATH];
    fm_error err;
    fm_test_dir(dir, "destroy");
    fmi_encoder *encoder = NULL;
    fmi_encoder_destroy(&encoder);
    fm_assert_ok(fmi_encoder_create(&encoder, NULL, &err), err);
    fmi_encoder_destroy(&encoder);
    for (int i = 0; i < 20; i++) {
        fmi_encoder_params params = {.workers = 3, .slots = 16};
        fm_assert_ok(fmi_encoder_create(&encoder, &params, &err), err);
        push_numbered(encoder, dir, 0, 8);
        fmi_encoder_destroy(&encoder);
    }
}

Test(image, cores_are_counted_and_the_machine_described) {
    char line[256];
    cr_assert_geq(fmi_usable_cores(), 1);
    cr_assert_leq(fmi_usable_cores(), (uint32_t)sysconf(_SC_NPROCESSORS_CONF));
    cr_assert_str_eq(fmi_topology_summary(line, 1), "");
    fmi_topology_summary(line, sizeof line);
    cr_assert_not_null(strstr(line, "PU"), "%s", line);
}
