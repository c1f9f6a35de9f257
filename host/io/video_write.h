/* SPDX-License-Identifier: MIT */
/** @file video_write.h The halves of the module, as video_module.c lists them; see there. */
#ifndef FMI_VIDEO_WRITE_H
#define FMI_VIDEO_WRITE_H

#include "video_module.h"

fm_status fmi_video_write_open(fmi_video_writer **writer, const fmi_video_params *params,
                               fm_error *err);
const char *fmi_video_write_codec(const fmi_video_writer *writer);
fm_status fmi_video_write_frame(fmi_video_writer *writer, const fm_image *image, fm_error *err);
fm_status fmi_video_write_end(fmi_video_writer *writer, fm_error *err);
void fmi_video_write_close(fmi_video_writer **writer);

fm_status fmi_video_read_open(fmi_video_reader **reader, const char *path, uint32_t width,
                              uint32_t height, fm_error *err);
fm_status fmi_video_read_frame(fmi_video_reader *reader, uint8_t *rgb, bool *end, fm_error *err);
void fmi_video_read_close(fmi_video_reader **reader);
fm_status fmi_video_cover(const fm_image *image, uint8_t *rgb, uint32_t width, uint32_t height,
                          fm_error *err);

#endif
