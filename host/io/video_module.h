/* SPDX-License-Identifier: MIT */
/**
 * @file video_module.h
 * What the module fm_video.so offers to video.c. The module holds everything that touches FFmpeg:
 * loading its libraries costs 27 ms, so only runs that write or read a video pay for it, and only
 * a process that loaded it comes under FFmpeg's licence.
 *
 * Threads: a writer or reader belongs to one thread at a time; different ones run in parallel.
 */
#ifndef FMI_VIDEO_MODULE_H
#define FMI_VIDEO_MODULE_H

#include "video.h"

#define FMI_VIDEO_MODULE_VERSION 1U
#define FMI_VIDEO_MODULE_SYMBOL "fmi_video_module_table"

typedef struct fmi_video_writer fmi_video_writer;
typedef struct fmi_video_reader fmi_video_reader;

/** The table behind the module's only symbol. Failures are as video.h describes them. */
typedef struct fmi_video_module {
    uint32_t version;
    const char *(*licence)(void); /**< of the FFmpeg libraries in use */

    fm_status (*write_open)(fmi_video_writer **writer, const fmi_video_params *params,
                            fm_error *err);
    const char *(*write_codec)(const fmi_video_writer *writer);
    /** RGB, of the size the writer was opened with, FMI_IMAGE_SLACK readable bytes behind it. */
    fm_status (*write_frame)(fmi_video_writer *writer, const fm_image *image, fm_error *err);
    /** Writes what the encoder still holds, and the index. */
    fm_status (*write_end)(fmi_video_writer *writer, fm_error *err);
    void (*write_close)(fmi_video_writer **writer);

    fm_status (*read_open)(fmi_video_reader **reader, const char *path, uint32_t width,
                           uint32_t height, fm_error *err);
    /** Packed RGB of the reader's size; *end instead of a frame behind the last one. */
    fm_status (*read_frame)(fmi_video_reader *reader, uint8_t *rgb, bool *end, fm_error *err);
    void (*read_close)(fmi_video_reader **reader);

    /** A picture, FMI_IMAGE_SLACK readable bytes behind it, scaled to cover width x height, its
     *  middle cut out; packed RGB. */
    fm_status (*cover)(const fm_image *image, uint8_t *rgb, uint32_t width, uint32_t height,
                       fm_error *err);
} fmi_video_module;

/** The module's only symbol. */
extern const fmi_video_module fmi_video_module_table;

#endif
