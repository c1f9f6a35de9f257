/* SPDX-License-Identifier: MIT */
/**
 * @file backdrop.h
 * --background FILE: a picture or a video behind the head. Frame i of the run is laid over frame i
 * of the video, whatever the two rates are; a shorter video starts again. Each is scaled to cover
 * the frame, its aspect kept, and its middle cut out.
 */
#ifndef FMI_CLI_BACKDROP_H
#define FMI_CLI_BACKDROP_H

#include "io/video.h"

#include <fm/render.h>

/** Zeroed = none. */
typedef struct fmi_backdrop {
    fmi_video_in *video;
    uint8_t *rgb; /**< the composed frame */
} fmi_backdrop;

/** Opens the file for frames of the view's size. The view must be transparent. */
fm_status fmi_backdrop_open(fmi_backdrop *backdrop, const char *path, const fm_view *view,
                            fm_error *err);
/** The frame over the file's next one: RGB, valid until the next call. */
fm_status fmi_backdrop_apply(fmi_backdrop *backdrop, const fm_frame *frame, fm_frame *composed,
                             fm_error *err);
void fmi_backdrop_close(fmi_backdrop *backdrop);

/** One RGBA pixel, straight alpha, over RGB; to may be over. */
void fmi_compose_pixel(uint8_t *to, const uint8_t *over, const uint8_t *behind);
/** One RGBA frame, straight alpha, over packed RGB of its size, or over white (NULL): packed
 *  RGB at to. */
void fmi_compose(uint8_t *to, const fm_frame *frame, const uint8_t *behind);

#endif
