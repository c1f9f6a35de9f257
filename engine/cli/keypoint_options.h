/* SPDX-License-Identifier: MIT */
/** @file keypoint_options.h The command line of fmorph keypoints. */
#ifndef FMI_CLI_KEYPOINT_OPTIONS_H
#define FMI_CLI_KEYPOINT_OPTIONS_H

#include "args.h"
#include "keypoint_job.h"

extern const char fmi_kp_help[];
extern const fmi_option fmi_kp_table[];
extern const size_t fmi_kp_table_count;

/** @retval FM_ERROR_INVALID_ARGUMENT a missing or wrong option, or two that do not go together */
fm_status fmi_kp_options_read(fmi_kp_options *options, const fmi_args *args, fm_error *err);
/** True when the output is an NPY file. */
bool fmi_kp_options_npy(const fmi_kp_options *options);

#endif
