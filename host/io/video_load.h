/* SPDX-License-Identifier: MIT */
/** @file video_load.h Finding and opening the module that holds FFmpeg. */
#ifndef FMI_VIDEO_LOAD_H
#define FMI_VIDEO_LOAD_H

#include "video_module.h"

/**
 * Opens the module, once per process; it stays open. Any thread.
 * @retval FM_ERROR_IO there is none, it is of another version, or FFmpeg's libraries are missing
 */
fm_status fmi_video_load(const fmi_video_module **module, fm_error *err);

#endif
