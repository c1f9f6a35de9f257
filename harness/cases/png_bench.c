/* SPDX-License-Identifier: MIT */
#include "cases/png_bench.h"

#include <string.h>

fm_status fmi_png_bench_begin(fmi_png_bench *bench, fm_error *err) {
    const fmi_encoder_params params = {.workers = bench->workers, .memory_only = true};
    bench->report = (fmi_encoder_report){0};
    return fmi_encoder_create(&bench->encoder, &params, err);
}

fm_status fmi_png_bench_push(fmi_png_bench *bench, const fm_image *image, fm_error *err) {
    return fmi_encoder_push(bench->encoder, image, "frame.png", err);
}

fm_status fmi_png_bench_end(fmi_png_bench *bench, fm_error *err) {
    const fm_status status = fmi_encoder_finish(bench->encoder, &bench->report, err);
    fmi_encoder_destroy(&bench->encoder);
    return status;
}

static bool same_pixels(const fm_image *a, const fm_image *b) {
    if (a->width != b->width || a->height != b->height || a->channels != b->channels)
        return false;
    for (uint32_t y = 0; y < a->height; ++y)
        if (memcmp(a->pixels + (size_t)y * a->row_bytes, b->pixels + (size_t)y * b->row_bytes,
                   (size_t)a->width * a->channels) != 0)
            return false;
    return true;
}

fm_status fmi_png_bench_verify(fmi_png_bench *bench, const fm_image *image, fmi_check *check,
                               fm_error *err) {
    fm_status status = fmi_png_encode(&bench->alone, image, err);
    if (status != FM_OK)
        return status;
    bench->frame_bytes += bench->alone.size;
    fmi_image back = {0};
    status = fmi_image_decode(&back, bench->alone.data, bench->alone.size, "encoded frame", err);
    if (status == FM_OK && !same_pixels(image, &back.view))
        fmi_check_failed(check, "frame %llu does not come back from its PNG",
                         (unsigned long long)bench->frames);
    fmi_image_free(&back);
    bench->frames++;
    return status;
}

void fmi_png_bench_judge(const fmi_png_bench *bench, fmi_check *check) {
    if (bench->report.frames != bench->frames || bench->report.bytes != bench->frame_bytes)
        fmi_check_failed(check,
                         "the encoder made %llu frames of %llu bytes, alone they are %llu "
                         "frames of %llu bytes",
                         (unsigned long long)bench->report.frames,
                         (unsigned long long)bench->report.bytes, (unsigned long long)bench->frames,
                         (unsigned long long)bench->frame_bytes);
}

void fmi_png_bench_free(fmi_png_bench *bench) {
    fmi_encoder_destroy(&bench->encoder);
    fmi_bytes_free(&bench->alone);
    *bench = (fmi_png_bench){0};
}
