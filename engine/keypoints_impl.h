/* SPDX-License-Identifier: MIT */
/** @file keypoints_impl.h What a keypoint object is made of; for engine/keypoints*.c only. */
#ifndef FMI_KEYPOINTS_IMPL_H
#define FMI_KEYPOINTS_IMPL_H

#include <fm/keypoints.h>

#include "arena.h"
#include "engine_impl.h"
#include "keypoint_math.h"

/** Kernels by the file's order of use. */
typedef enum fmi_kp_kernel {
    FMI_KP_POSE_CLIPS = 0,
    FMI_KP_SCALE,
    FMI_KP_PAIRS,
    FMI_KP_SPREAD,
    FMI_KP_LIVE_CLIPS,
    FMI_KP_WIDE,
    FMI_KP_EACH,
    FMI_KP_COMPAT,
    FMI_KP_POSE,
    FMI_KP_LIVE,
    FMI_KP_STATUS,
    FMI_KP_KERNELS
} fmi_kp_kernel;

/** Bits of a push: what the arithmetic touches; the rest is copied. */
#define FMI_KP_VALUES 1u
#define FMI_KP_MATRICES 2u

/** Device memory for devices that do not share the host's, and its image on the host: an upload
 *  and a download in one piece each. */
typedef struct fmi_kp_stage {
    fmi_arena arena;
    unsigned char *image; /**< arena.whole.bytes */
} fmi_kp_stage;

struct fm_keypoints {
    fm_engine *engine;
    fm_keypoints_params how; /* no zeros where a default stands for one */
    uint32_t points, clips;
    uint32_t d, values; /* coordinates of a point, of a frame */
    uint32_t head;      /* numbers in front of the expression; 0 = frames are values */
    uint32_t work;      /* FMI_KP_VALUES | FMI_KP_MATRICES */
    bool has_jacobian, has_canonical;
    bool ready;        /* the initial frame is known, the tables are made */
    bool intact;       /* the last push failed with its inputs as they were */
    uint32_t computed; /* launches of a push that write more than statuses */
    fm_kp_record record;
    uint32_t table_floats;
    float *records, *table; /* on the host: clips x record.floats, clips x table_floats */
    fmi_buffer records_buffer, table_buffer, wide_buffer;
    fmi_kp_stage stage;
    cl_program program;
    cl_kernel kernel[FMI_KP_KERNELS];
    fm_keypoints_stats stats;
};

/** Names of the kernels, for messages and fmi_kernel_create. */
extern const char *const fmi_kp_names[FMI_KP_KERNELS];

/** Numbers of a frame of in.motion or in.value. */
uint32_t fmi_kp_in_floats(const fm_keypoints *kp);

/** Copies a source (initial == false) or initial frames into the records; frame 0 of n a clip. */
fm_status fmi_kp_take(fm_keypoints *kp, const fm_keypoints_set *set, uint32_t n, bool initial,
                      fm_error *err);
/** Uploads the records, makes the tables, reads them back, counts; sets ready. */
fm_status fmi_kp_prepare(fm_keypoints *kp, fm_error *err);

/** Device buffers of a push; those not wanted are NULL. */
typedef struct fmi_kp_mems {
    cl_mem value, jacobian, motion, out_value, out_jacobian, out_motion, status;
} fmi_kp_mems;
/** Enqueues the kernels of a push, without waiting. */
fm_status fmi_kp_launch(fm_keypoints *kp, const fmi_kp_mems *mems, uint32_t n, fm_error *err);
/** Launches one of the kernels over count items of every clip. */
fm_status fmi_kp_kernel_launch(fm_keypoints *kp, fmi_kp_kernel kernel, const fmi_arg *args,
                               uint32_t arg_count, uint64_t count, fm_error *err);

/** The ways of a push of n frames; in and out are checked. */
void fmi_kp_stage_free(fmi_kp_stage *stage);
fm_status fmi_kp_push_device(fm_keypoints *kp, const fm_keypoints_set *in,
                             const fm_keypoints_out *out, uint32_t n, fm_error *err);
/** The same, in smaller pieces when memory runs out. Counts in kp->stats. */
fm_status fmi_kp_push_pieces(fm_keypoints *kp, const fm_keypoints_set *in,
                             const fm_keypoints_out *out, uint32_t n, fm_error *err);
/** The arrays from frame `first` on. */
void fmi_kp_at(const fm_keypoints *kp, const fm_keypoints_set *in, const fm_keypoints_out *out,
               size_t first, fm_keypoints_set *from, fm_keypoints_out *to);
void fmi_kp_push_host(const fm_keypoints *kp, const fm_keypoints_set *in,
                      const fm_keypoints_out *out, uint32_t n);
void fmi_kp_push_ref(const fm_keypoints *kp, const fm_keypoints_set *in,
                     const fm_keypoints_out *out, uint32_t n);
/** The reference's tables: scales, statuses and conditions only. */
void fmi_kp_prepare_ref(fm_keypoints *kp);

#endif
