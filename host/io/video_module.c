/* SPDX-License-Identifier: MIT */
/* The module's only symbol. */
#include "video_write.h"

#include <libavcodec/avcodec.h>

__attribute__((visibility("default"))) const fmi_video_module fmi_video_module_table = {
    .version = FMI_VIDEO_MODULE_VERSION,
    .licence = avcodec_license,
    .write_open = fmi_video_write_open,
    .write_codec = fmi_video_write_codec,
    .write_frame = fmi_video_write_frame,
    .write_end = fmi_video_write_end,
    .write_close = fmi_video_write_close,
    .read_open = fmi_video_read_open,
    .read_frame = fmi_video_read_frame,
    .read_close = fmi_video_read_close,
    .cover = fmi_video_cover,
};
