/* SPDX-License-Identifier: MIT */
/** @file keypoint_job.h What fmorph keypoints does: its options, its files, its figures. */
#ifndef FMI_CLI_KEYPOINT_JOB_H
#define FMI_CLI_KEYPOINT_JOB_H

#include "again.h"
#include "keypoint_file.h"

#include "io/json.h"

/** The command line. */
typedef struct fmi_kp_options {
    fm_keypoints_params how;
    const char *source, *driving, *initial, *output, *report, *device;
    fm_level level;
    uint32_t batch; /**< frames a push; 0 = all */
    bool json;
} fmi_kp_options;

/** Seconds a frame took, one value a push. */
typedef struct fmi_kp_times {
    double *per_frame; /**< of each push */
    uint32_t *frames;  /**< in each push */
    uint32_t count;
    double p50, p95; /**< over the frames; filled by fmi_kp_times_sum */
} fmi_kp_times;

/** One run. Zeroed = nothing yet. */
typedef struct fmi_kp_job {
    const fmi_kp_options *options;
    fm_engine *engine;
    fm_keypoints *keypoints;
    fmi_kp_file source, driving, initial; /**< initial: path NULL = the first driving frame */
    fm_keypoints_out out;
    float *value; /**< LIVEPORTRAIT: room of our own for out.value */
    fmi_kp_times times;
    double seconds; /**< in pushes */
    fm_keypoints_clip clip;
    fm_keypoints_stats stats;
    fm_stats engine_stats;
    const fmi_again *again; /**< what earlier processes met */
} fmi_kp_job;

extern const char *const fmi_kp_model_names[3];
extern const char *const fmi_kp_region_names[5];

void fmi_kp_times_sum(fmi_kp_times *times);
/** The object of --json and --report. */
void fmi_kp_report_json(const fmi_kp_job *job, fmi_json *json);
/** The same for people, line by line at level info. */
void fmi_kp_report_log(const fmi_kp_job *job, fmi_console *console);

#endif
