/* SPDX-License-Identifier: MIT */
/* Videos out, read back with FFmpeg's own calls; videos and pictures in. */
#include "fm_test.h"

#include "video_probe.h"

#include <fcntl.h>
#include <io/output.h>
#include <io/video.h>
#include <unistd.h>

TestSuite(video, .timeout = 60);

/* A grey ramp with a bright square that walks: every frame differs from its neighbours. */
static void paint(uint8_t *rgb, uint32_t width, uint32_t height, uint32_t i) {
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint8_t *p = rgb + ((size_t)y * width + x) * 3;
            bool in = x / 8 == i % (width / 8 + 1) && y / 8 == 1;
            p[0] = in ? 250 : (uint8_t)(60 + x * 100 / width);
            p[1] = in ? 200 : (uint8_t)(90 + y * 80 / height);
            p[2] = in ? 40 : 120;
        }
    }
}

static fm_status write_video(const fmi_video_params *params, uint32_t frames,
                             fmi_video_report *report, fm_error *err) {
    fmi_video_out *video = NULL;
    uint8_t *rgb = malloc((size_t)params->width * params->height * 3);
    fm_status status = fmi_video_out_open(&video, params, err);
    for (uint32_t i = 0; i < frames && status == FM_OK; i++) {
        paint(rgb, params->width, params->height, i);
        const fm_image image = {rgb, params->width, params->height, 3, params->width * 3};
        status = fmi_video_out_push(video, &image, err);
    }
    if (status == FM_OK)
        status = fmi_video_out_finish(video, report, err);
    fmi_video_out_destroy(&video);
    free(rgb);
    return status;
}

static void make_path(char path[FM_TEST_PATH + 32], const char *folder, const char *name) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, folder);
    snprintf(path, FM_TEST_PATH + 32, "%s/%s", dir, name);
}

static void assert_frames(const char *path, uint32_t width, uint32_t height, uint32_t frames,
                          double psnr) {
    video_probe probe;
    cr_assert(video_probe_read(&probe, path, frames), "%s cannot be decoded", path);
    cr_assert_eq(probe.frames, frames);
    cr_assert_eq(probe.width, (int)(width + width % 2));
    cr_assert_eq(probe.height, (int)(height + height % 2));
    cr_assert_str_eq(probe.format, "yuv420p");
    cr_assert_str_eq(probe.tags, "tv bt709 bt709 bt709");
    cr_assert(probe.faststart, "the index comes last");
    cr_assert(probe.even_times);
    uint8_t *want = malloc((size_t)width * height * 3);
    for (uint32_t i = 0; i < frames; i++) {
        const uint8_t *got = probe.rgb + (size_t)i * (size_t)(probe.width * probe.height) * 3;
        paint(want, width, height, i);
        double sum = 0.0;
        for (uint32_t y = 0; y < height; y++)
            sum += video_psnr(got + (size_t)y * (size_t)probe.width * 3,
                              want + (size_t)y * width * 3, (uint64_t)width * 3);
        cr_assert_geq(sum / height, psnr, "frame %u: %.1f dB", i, sum / height);
    }
    free(want);
    free(probe.rgb);
}

Test(video, every_encoder_keeps_frames_order_colours_and_times) {
    for (size_t i = 0; fmi_video_codecs[i] != NULL; i++) {
        char path[FM_TEST_PATH + 32];
        fmi_video_report report;
        fm_error err;
        make_path(path, fmi_video_codecs[i], "a: b.mp4"); /* a colon is no protocol */
        const fmi_video_params params = {
            .path = path, .width = 96, .height = 64, .fps = 25, .codec = fmi_video_codecs[i]};
        fm_assert_ok(write_video(&params, 41, &report, &err), err);
        cr_assert_eq(report.frames, 41);
        cr_assert_str_eq(report.codec, fmi_video_codecs[i]);
        assert_frames(path, 96, 64, 41, 28.0);
    }
}

Test(video, odd_edges_one_pixel_and_one_frame) {
    static const uint32_t sizes[][3] = {{97, 63, 5}, {1, 1, 3}, {2, 1, 1}, {17, 64, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char path[FM_TEST_PATH + 32];
        fm_error err;
        make_path(path, "odd", "a.mp4");
        const fmi_video_params params = {
            .path = path, .width = sizes[i][0], .height = sizes[i][1], .crf_set = true, .crf = 1};
        fm_assert_ok(write_video(&params, sizes[i][2], NULL, &err), err);
        assert_frames(path, sizes[i][0], sizes[i][1], sizes[i][2], 25.0);
    }
}

/* One flat colour, nearly without loss: a wrong matrix or range is off by 5 and more. */
Test(video, colours_come_back_by_the_matrix_of_bt709) {
    static const uint8_t color[3] = {199, 148, 119};
    char path[FM_TEST_PATH + 32];
    uint8_t rgb[64 * 64 * 3];
    fmi_video_out *video = NULL;
    fm_error err;
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = color[i % 3];
    make_path(path, "colour", "a.mp4");
    const fmi_video_params params = {
        .path = path, .width = 64, .height = 64, .crf_set = true, .crf = 5};
    const fm_image image = {rgb, 64, 64, 3, 64 * 3};
    fm_assert_ok(fmi_video_out_open(&video, &params, &err), err);
    fm_assert_ok(fmi_video_out_push(video, &image, &err), err);
    fm_assert_ok(fmi_video_out_finish(video, NULL, &err), err);
    fmi_video_out_destroy(&video);
    video_probe probe;
    cr_assert(video_probe_read(&probe, path, 1));
    const uint8_t *middle = probe.rgb + (32 * 64 + 32) * (size_t)3;
    for (int c = 0; c < 3; c++)
        cr_assert_leq(abs(middle[c] - color[c]), 2, "channel %d is %d, want %d", c, middle[c],
                      color[c]);
    free(probe.rgb);
    fmi_video_in *in = NULL;
    const uint8_t *got = NULL;
    fm_assert_ok(fmi_video_in_open(&in, path, 16, 16, &err), err);
    fm_assert_ok(fmi_video_in_next(in, &got, &err), err);
    for (int c = 0; c < 3; c++)
        cr_assert_leq(abs(got[(8 * 16 + 8) * 3 + c] - color[c]), 2, "read back: %d is %d", c,
                      got[(8 * 16 + 8) * 3 + c]);
    fmi_video_in_close(&in);
}

static uint64_t file_sum(const char *path) {
    unsigned char buffer[4096];
    uint64_t sum = 1469598103934665603U;
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, file)) > 0;)
        for (size_t i = 0; i < n; i++)
            sum = (sum ^ buffer[i]) * 1099511628211U;
    fclose(file);
    return sum;
}

Test(video, one_thread_count_gives_the_same_bytes) {
    for (uint32_t threads = 1; threads <= 2; threads++) {
        uint64_t sums[2] = {0, 1};
        for (int i = 0; i < 2; i++) {
            char path[FM_TEST_PATH + 32];
            fm_error err;
            make_path(path, "bytes", i == 0 ? "first.mp4" : "second.mp4");
            const fmi_video_params params = {
                .path = path, .width = 128, .height = 96, .threads = threads};
            fm_assert_ok(write_video(&params, 30, NULL, &err), err);
            sums[i] = file_sum(path);
        }
        cr_assert_eq(sums[0], sums[1], "%u threads", threads);
    }
}

Test(video, mistakes_and_full_disks_are_reported_and_leave_nothing) {
    char path[FM_TEST_PATH + 32];
    char part[FM_TEST_PATH + 48];
    fm_error err;
    make_path(path, "fail", "a.mp4");
    fmi_video_params params = {.path = path, .width = 32, .height = 32};
    fm_assert_fails(write_video(&params, 0, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "no frames");
    params.codec = "h264_nvenc";
    fm_assert_fails(write_video(&params, 1, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "allowed: libx264");
    params.codec = "mpeg4";
    params.crf_set = true;
    params.crf = 31;
    fm_assert_fails(write_video(&params, 1, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "from 0 to 30");
    params = (fmi_video_params){.path = "/dev/full/a.mp4", .width = 32, .height = 32};
    fm_assert_fails(write_video(&params, 1, NULL, &err), FM_ERROR_IO, err, "making the file");
    params = (fmi_video_params){.path = path, .width = 0, .height = 32};
    fm_assert_fails(write_video(&params, 0, NULL, &err), FM_ERROR_INVALID_ARGUMENT, err, "0 x 32");
    cr_assert_neq(access(path, F_OK), 0, "%s is left", path);
    snprintf(part, sizeof part, "%s.part", path);
    cr_assert_neq(access(part, F_OK), 0, "%s is left", part);
    params = (fmi_video_params){.path = path, .width = 32, .height = 32};
    cr_assert_eq(symlink("/dev/full", part), 0);
    fm_assert_fails(write_video(&params, 3, NULL, &err), FM_ERROR_IO, err, "failed");
    cr_assert_neq(access(part, F_OK), 0, "%s is left", part);
}

/* ---- in ---- */

static void write_sample(char path[FM_TEST_PATH + 32], const char *folder, uint32_t frames) {
    fm_error err;
    make_path(path, folder, "in.mp4");
    const fmi_video_params params = {
        .path = path, .width = 96, .height = 64, .crf_set = true, .crf = 5};
    fm_assert_ok(write_video(&params, frames, NULL, &err), err);
}

Test(video, frames_come_in_order_and_start_again) {
    char path[FM_TEST_PATH + 32];
    fmi_video_in *video = NULL;
    fm_error err;
    uint8_t want[96 * 64 * 3];
    write_sample(path, "in", 7);
    fm_assert_ok(fmi_video_in_open(&video, path, 96, 64, &err), err);
    for (uint32_t i = 0; i < 20; i++) {
        const uint8_t *rgb = NULL;
        fm_assert_ok(fmi_video_in_next(video, &rgb, &err), err);
        paint(want, 96, 64, i % 7);
        double psnr = video_psnr(rgb, want, sizeof want);
        cr_assert_geq(psnr, 27.0, "frame %u: %.1f dB", i, psnr);
        paint(want, 96, 64, i % 7 + 1);
        cr_assert_leq(video_psnr(rgb, want, sizeof want), psnr - 1.0, "frame %u", i);
    }
    fmi_video_in_close(&video);
}

static void put_picture(char path[FM_TEST_PATH + 32], uint32_t width, uint32_t height) {
    fmi_bytes bytes = {0};
    fm_error err;
    uint8_t *rgb = malloc((size_t)width * height * 3);
    for (uint32_t i = 0; i < width * height; i++) /* left third red, middle green, right blue */
        for (uint32_t c = 0; c < 3; c++)
            rgb[i * 3 + c] = (i % width) * 3 / width == c ? 255 : 0;
    const fm_image image = {rgb, width, height, 3, width * 3};
    make_path(path, "picture", "p.png");
    fm_assert_ok(fmi_png_encode(&bytes, &image, &err), err);
    fm_assert_ok(fmi_output_write(path, bytes.data, bytes.size, &err), err);
    fmi_bytes_free(&bytes);
    free(rgb);
}

Test(video, a_picture_covers_the_frame_with_its_middle) {
    char path[FM_TEST_PATH + 32];
    fmi_video_in *video = NULL;
    const uint8_t *rgb = NULL;
    fm_error err;
    put_picture(path, 300, 100);
    fm_assert_ok(fmi_video_in_open(&video, path, 50, 50, &err), err);
    fm_assert_ok(fmi_video_in_next(video, &rgb, &err), err);
    for (uint32_t x = 3; x < 47; x++) { /* only the green middle is left */
        const uint8_t *p = rgb + (25 * 50 + x) * (size_t)3;
        cr_assert(p[0] < 8 && p[1] > 247 && p[2] < 8, "%u: %u %u %u", x, p[0], p[1], p[2]);
    }
    fmi_video_in_close(&video);
    fm_assert_ok(fmi_video_in_open(&video, path, 30, 10, &err), err);
    fm_assert_ok(fmi_video_in_next(video, &rgb, &err), err);
    cr_assert(rgb[(5 * 30 + 4) * 3] > 247 && rgb[(5 * 30 + 25) * 3 + 2] > 247);
    fmi_video_in_close(&video);
}

static void refused(const char *path, fm_status want, const char *words) {
    fmi_video_in *video = NULL;
    const uint8_t *rgb = NULL;
    fm_error err = {0};
    fm_status status = fmi_video_in_open(&video, path, 16, 16, &err);
    if (status == FM_OK)
        status = fmi_video_in_next(video, &rgb, &err);
    cr_assert_eq(status, want, "%s: %s", path, fm_status_name(status));
    cr_assert_not_null(strstr(err.message, words), "no '%s' in: %s", words, err.message);
    fmi_video_in_close(&video);
    cr_assert_null(video);
}

static void put_bytes(const char *path, const void *bytes, size_t count) {
    fm_error err;
    fm_assert_ok(fmi_output_write(path, bytes, count, &err), err);
}

/* An XBM "picture" is what a C source looks like to a probe that trusts everything. */
Test(video, what_is_no_video_is_refused) {
    static const char source[] = "#define a_width 8\n#define a_height 8\n"
                                 "static unsigned char a_bits[] = {0,0,0,0,0,0,0,0};\n";
    static const char playlist[] = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n";
    char path[FM_TEST_PATH + 32];
    char whole[FM_TEST_PATH + 32];
    make_path(path, "bad", "a.xbm");
    refused(path, FM_ERROR_BAD_INPUT, "cannot be opened");
    put_bytes(path, source, sizeof source - 1);
    refused(path, FM_ERROR_BAD_INPUT, "no video");
    put_bytes(path, playlist, sizeof playlist - 1);
    refused(path, FM_ERROR_BAD_INPUT, "no video");
    put_bytes(path, "GIF8", 4);
    refused(path, FM_ERROR_BAD_INPUT, "give a PNG");
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    refused(path, FM_ERROR_BAD_INPUT, "not a regular file");
    write_sample(whole, "whole", 20);
    unsigned char bytes[65536];
    int fd = open(whole, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    cr_assert_gt(n, 1000);
    unlink(path);
    put_bytes(path, bytes, 900); /* the index is cut */
    refused(path, FM_ERROR_BAD_INPUT, path);
}
