/* SPDX-License-Identifier: MIT */
/** @file video_scale.h Decoded pictures to RGB of one size. */
#ifndef FMI_VIDEO_SCALE_H
#define FMI_VIDEO_SCALE_H

#include <fm/status.h>

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

/** Scales every picture to cover one size. Zeroed = none. */
typedef struct fmi_video_scale {
    struct SwsContext *context; /* for the size and format of the last picture */
    uint32_t width, height;
} fmi_video_scale;

/**
 * Scales frame so that it covers the size, aspect kept, and cuts out the middle: packed RGB. The
 * frame's cropping fields are used up.
 */
fm_status fmi_video_scale_cover(fmi_video_scale *scale, AVFrame *frame, uint8_t *rgb,
                                const char *label, fm_error *err);

#endif
