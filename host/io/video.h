/* SPDX-License-Identifier: MIT */
/**
 * @file video.h
 * Videos out and in, by FFmpeg in a module that is opened when the first video is.
 *
 *     fmi_video_params params = {.path = "a.mp4", .width = 512, .height = 512, .fps = 30};
 *     fmi_video_out *video;
 *     fmi_video_out_open(&video, &params, &err);         // returns at once
 *     for (...) fmi_video_out_push(video, &frame, &err); // copies; encoding goes on beside it
 *     fmi_video_out_finish(video, &report, &err);
 *     fmi_video_out_destroy(&video);
 *
 * Out: MP4, yuv420p, converted with the BT.709 matrix to limited range and tagged so, index at the
 * front. An odd edge is padded by repeating its last row or column. One build of the libraries and
 * one thread count give the same bytes, on every x86-64 processor.
 */
#ifndef FMI_VIDEO_H
#define FMI_VIDEO_H

#include "image.h"

#include <stdbool.h>

typedef struct fmi_video_out fmi_video_out;

/** Zero or NULL in any field but path, width and height is the default. */
typedef struct fmi_video_params {
    const char *path;       /**< a regular file; replaced when the video is complete; copied */
    uint32_t width, height; /**< pixels of every frame */
    uint32_t fps;           /**< frames a second; default 30 */
    bool crf_set;           /**< use crf */
    uint32_t crf;      /**< quality, 0 best; libx264 0 to 51 (default 23), libsvtav1 0 to 63 (35),
                            libvpx-vp9 0 to 63 (31), mpeg4 0 to 30 (3: its quantiser is crf + 1) */
    const char *codec; /**< encoder's name: one of these four; default: the first that opens;
                            copied */
    uint32_t threads;  /**< of the encoder; default 1 */
    /** Called by the encoding thread after each frame: when it worked on it, in seconds since
     *  process start; may be NULL. */
    void (*busy)(void *user, double begin, double end);
    void *user;
} fmi_video_params;

/** What a video came to. */
typedef struct fmi_video_report {
    char codec[32]; /**< encoder in use */
    uint64_t frames, bytes;
    double busy_seconds; /**< of the encoding thread */
    double wait_seconds; /**< time push and finish waited for it */
} fmi_video_report;

/** Names of the encoders that codec may have, in the order they are tried; NULL ends. */
extern const char *const fmi_video_codecs[];

/**
 * Starts the encoding thread, which opens the module and the encoder. What fails there is reported
 * by the next push or by finish:
 * @retval FM_ERROR_INVALID_ARGUMENT crf beyond the codec's range, or a codec this FFmpeg lacks
 * @retval FM_ERROR_UNSUPPORTED      no module, or no encoder that opens
 * @retval FM_ERROR_IO               the file cannot be written
 */
fm_status fmi_video_out_open(fmi_video_out **video, const fmi_video_params *params, fm_error *err);
/** Copies an RGB frame into a bounded ring, in the order of the video; waits while it is full. */
fm_status fmi_video_out_push(fmi_video_out *video, const fm_image *image, fm_error *err);
/** Waits until the encoder has taken every frame that was pushed. Returns its failure. */
fm_status fmi_video_out_wait(fmi_video_out *video, fm_error *err);
/** Waits for the last frame and gives the file its name. No frame at all is an error. report may
 *  be NULL. Once. */
fm_status fmi_video_out_finish(fmi_video_out *video, fmi_video_report *report, fm_error *err);
/** Stops the thread; removes an unfinished file. Accepts NULL. */
void fmi_video_out_destroy(fmi_video_out **video);

/** Whether the module is there: beside the program, in ../bin or in ../lib/facemorph. Opens
 *  nothing. */
bool fmi_video_available(void);

typedef struct fmi_video_in fmi_video_in;

/**
 * Opens a picture (PNG, JPEG) or a video (MP4, MOV, Matroska, WebM, AVI, GIF; H.264, HEVC, VP8,
 * VP9, AV1, MPEG-4, MJPEG, PNG, GIF, FFV1) for frames of width x height: each is scaled to cover
 * that size, aspect kept, and the middle cut out. Holds one frame at a time.
 * @retval FM_ERROR_BAD_INPUT missing, damaged, another kind, or without a frame
 * @retval FM_ERROR_LIMIT     an edge above FMI_IMAGE_MAX_EDGE, or too many pixels
 */
fm_status fmi_video_in_open(fmi_video_in **video, const char *path, uint32_t width, uint32_t height,
                            fm_error *err);
/**
 * The next frame, packed RGB, valid until the next call. Behind the last frame a video starts
 * again; a picture gives the same frame each time.
 */
fm_status fmi_video_in_next(fmi_video_in *video, const uint8_t **rgb, fm_error *err);
void fmi_video_in_close(fmi_video_in **video);

/** Licence of the FFmpeg libraries, opened for it; NULL when there are none. */
const char *fmi_video_licence(void);

#endif
