/* SPDX-License-Identifier: MIT */
/** @file keypoint_numpy.h The NPY and NPZ side of keypoint_file.h. */
#ifndef FMI_CLI_KEYPOINT_NUMPY_H
#define FMI_CLI_KEYPOINT_NUMPY_H

#include "keypoint_file.h"

/** Fills file, whose path and format are set. The caller frees it, also after a failure. */
fm_status fmi_kp_numpy_read(fmi_kp_file *file, fm_keypoints_model model, fm_error *err);
fm_status fmi_kp_numpy_write(const char *path, fmi_kp_format format, fm_keypoints_model model,
                             const fmi_kp_file *driving, const fm_keypoints_out *out,
                             fm_error *err);

#endif
