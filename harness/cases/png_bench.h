/* SPDX-License-Identifier: MIT */
/**
 * @file png_bench.h
 * PNG encoding as encode and pipeline time it: frames go to the encoder's workers, the bytes are
 * dropped. The check encodes each frame a second time, alone, decodes it and wants its pixels and
 * the byte count back.
 */
#ifndef FMI_CASE_PNG_BENCH_H
#define FMI_CASE_PNG_BENCH_H

#include "case.h"
#include "io/encoder.h"

/** Zeroed = none. One encoder lives for one launch: creating it is part of the job. */
typedef struct fmi_png_bench {
    uint32_t workers;
    fmi_encoder *encoder;      /**< of the launch that runs now */
    fmi_encoder_report report; /**< of the last launch */
    uint64_t frame_bytes;      /**< bytes all frames of a launch came to at the check */
    uint64_t frames;           /**< frames counted at the check */
    fmi_bytes alone;           /**< scratch of the check */
} fmi_png_bench;

/** Starts a launch: an encoder that drops what it made. */
fm_status fmi_png_bench_begin(fmi_png_bench *bench, fm_error *err);
fm_status fmi_png_bench_push(fmi_png_bench *bench, const fm_image *image, fm_error *err);
/** Waits for the workers and ends the launch. */
fm_status fmi_png_bench_end(fmi_png_bench *bench, fm_error *err);
/** Encodes one frame alone, decodes it, compares, adds its bytes to frame_bytes. */
fm_status fmi_png_bench_verify(fmi_png_bench *bench, const fm_image *image, fmi_check *check,
                               fm_error *err);
/** The last launch against the frames that were verified one by one. */
void fmi_png_bench_judge(const fmi_png_bench *bench, fmi_check *check);
void fmi_png_bench_free(fmi_png_bench *bench);

#endif
