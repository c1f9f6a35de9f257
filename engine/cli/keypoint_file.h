/* SPDX-License-Identifier: MIT */
/**
 * @file keypoint_file.h
 * Keypoints from CSV, NPY and NPZ files and back, told apart by the file's name. Every number is
 * checked; the first that is not finite is named by row and column.
 *
 * CSV: FOMM frame,kp,x,y and j00,j01,j10,j11; SADTALKER frame,kp,x,y,z; both sorted by frame and
 * kp. LIVEPORTRAIT frame,scale,tx,ty,tz,r00..r22,exp0_x..exp20_z; source: c0_x..c20_z as well, its
 *      canonical points, where values are wanted. Other columns are kept.
 * NPY: the values alone, (F, K, 2) or (F, K, 3).
 * NPZ: value and jacobian (F, K, 2, 2). LIVEPORTRAIT: scale (F), t (F, 3), R (F, 3, 3), exp (F, K,
 * 3) and canonical (1, K, 3). SADTALKER instead of value: yaw, pitch, roll in degrees (F) or as
 *      network output (F, 66), t, exp, canonical. f4 or f8. An array of one frame may lack the F.
 */
#ifndef FMI_CLI_KEYPOINT_FILE_H
#define FMI_CLI_KEYPOINT_FILE_H

#include "io/csv.h"

#include <fm/keypoints.h>

/** Formats by the end of the name. */
typedef enum fmi_kp_format { FMI_KP_CSV = 0, FMI_KP_NPY, FMI_KP_NPZ } fmi_kp_format;

/** What a file holds; arrays are NULL when it lacks them. Zeroed = none. */
typedef struct fmi_kp_file {
    const char *path;
    fmi_kp_format format;
    uint32_t frames, points;
    float *value, *jacobian, *motion, *canonical; /**< shapes of fm_keypoints_set */
    fmi_csv csv;                                  /**< the table itself; CSV only */
} fmi_kp_file;

/** @retval FM_ERROR_INVALID_ARGUMENT neither .csv, .npy nor .npz */
fm_status fmi_kp_format_of(const char *path, fmi_kp_format *format, fm_error *err);

/**
 * Reads a file. Free with fmi_kp_file_free.
 * @retval FM_ERROR_BAD_INPUT missing, empty, of another shape or type, or not finite
 */
fm_status fmi_kp_file_read(fmi_kp_file *file, const char *path, fm_keypoints_model model,
                           fm_error *err);
void fmi_kp_file_free(fmi_kp_file *file);
/** Numbers of one motion of a model. */
uint32_t fmi_kp_motion_floats(fm_keypoints_model model, uint32_t points);

/**
 * Writes results for the frames of driving: its CSV columns with the new numbers, or the usual
 * columns, and a status.
 * @param out value, jacobian and motion may be NULL; status may not
 */
fm_status fmi_kp_file_write(const char *path, fm_keypoints_model model, const fmi_kp_file *driving,
                            const fm_keypoints_out *out, fm_error *err);

/** Name of CSV column number i of a model's rows behind "frame" (and "kp"): "x", "j00", "exp3_y".
 *  NULL behind the last. */
const char *fmi_kp_column(fm_keypoints_model model, uint32_t i, char name[16]);

#endif
