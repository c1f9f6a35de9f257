/* SPDX-License-Identifier: MIT */
/** @file video_codec.h The encoders we use, by name, and their settings. */
#ifndef FMI_VIDEO_CODEC_H
#define FMI_VIDEO_CODEC_H

#include "video.h"

#include <libavcodec/avcodec.h>

/**
 * Opens an encoder for yuv420p pictures of params' size rounded up to even numbers. With no codec
 * asked for, those that are missing or do not open are passed over.
 * @param context out; free with avcodec_free_context
 */
fm_status fmi_video_codec_open(AVCodecContext **context, const fmi_video_params *params,
                               fm_error *err);

/** "No such file or directory" and the like. Returns out. */
char *fmi_video_reason(char out[128], int code);

#endif
