/* SPDX-License-Identifier: MIT */
/** @file video_probe.h Reads a video back with FFmpeg's own calls, apart from the program's code.
 */
#ifndef FM_VIDEO_PROBE_H
#define FM_VIDEO_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/** What a video file says and holds. */
typedef struct video_probe {
    char codec[32];  /**< "h264" */
    char format[32]; /**< "yuv420p" */
    char tags[96];   /**< range, matrix, primaries, transfer: "tv bt709 bt709 bt709" */
    int width, height, rate_num, rate_den;
    uint32_t frames;
    bool even_times; /**< frame i starts at i / rate and lasts 1 / rate */
    bool faststart;  /**< the index comes before the pictures */
    uint8_t *rgb;    /**< the first max frames, packed; free with free() */
} video_probe;

/** Decodes the whole file. False: it is no video, or damaged. */
bool video_probe_read(video_probe *probe, const char *path, uint32_t max);

/** PSNR in dB of two packed RGB pictures of count bytes; 99 when equal. */
double video_psnr(const uint8_t *a, const uint8_t *b, uint64_t count);

#endif
