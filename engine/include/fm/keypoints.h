/* SPDX-License-Identifier: MIT */
/**
 * @file keypoints.h
 * Keypoint normalisation of talking-head pipelines: a driving clip's motion carried over to a
 * source face, on the device, many frames and many clips in one launch.
 *
 *     fm_keypoints_params how = {.struct_size = sizeof how, .model = FM_KEYPOINTS_FOMM};
 *     fm_keypoints_set source = {.value = v, .jacobian = j};          // 1 frame
 *     fm_keypoints *kp;
 *     fm_keypoints_create(&kp, engine, &how, &source, NULL, &err);    // NULL: first frame pushed
 *     fm_keypoints_out out = {.value = driving_v, .jacobian = driving_j};
 *     fm_keypoints_set in = {.value = driving_v, .jacobian = driving_j};
 *     fm_keypoints_push(kp, &in, &out, 304, &err);                    // in place, one launch
 *     fm_keypoints_destroy(&kp);
 *
 * Three families. K keypoints, F frames; src = source, ini = initial driving frame, drv = driving.
 *
 * FOMM (first-order motion model; AliaksandrSiarohin/first-order-model, animate.py): 2-D values,
 * 2 x 2 Jacobians.
 *     p = p_src + s (p_drv - p_ini)                        relative movement, else p_drv
 *     J = (J_drv J_ini^-1) J_src                           relative movement and Jacobian, else
 * J_drv J_ini^-1 is judged matrix by matrix as in solve.h: a rank-deficient one has its
 * pseudo-inverse taken, and its status says so. The second line is computed as J_drv (J_ini^-1
 * J_src), the bracket once per clip.
 *
 * SADTALKER (OpenTalker/SadTalker, src/facerender): 3-D values, no Jacobians. Frames are values, or
 * motions from which values are made first: p = Rx(pitch) Ry(yaw) Rz(roll) c + (0, ty, 0) + e, with
 * the source's canonical points c and degrees turned into radians by 3.14, as the original does.
 * Then the first line above.
 *
 * LIVEPORTRAIT (KwaiVGI/LivePortrait, src/live_portrait_pipeline.py): 21 points, frames are
 * motions; x = scale (c R + e) + t with tz = 0, c R a row vector times a matrix.
 *     relative: R = R_drv R_ini' R_src, e = e_src + (e_drv - e_ini),
 *               scale = scale_src scale_drv / scale_ini, t = t_src + (t_drv - t_ini)
 *     absolute: R = R_drv, t = t_drv, scale = scale_src, e = e_drv in points 1 2 6 11..20, y of 3
 * 4, z of 5 8, y and z of 9, else e_src A region other than ALL leaves the rest at the source: EXP
 * moves e; POSE moves R and t; LIP moves e of points 6 12 14 17 19 20; EYES moves e of 11 13 15
 * 16 18. Expression-friendly (relative only): x = x_src + m (x - x_ini) with m = sqrt(V_src /
 * V_ini), V the volume of the convex hull of x_src and of the first frame's new x. Last, x = x_src
 * + multiplier (x - x_src).
 *
 * s = 1 without adapt scale. Area by bounding box: A = max(1e-8, width * height) of x and y,
 * s = sqrt(A_src / (A_ini + 1e-8)); by convex hull: A = max(1e-8, hull), s = sqrt(A_src / A_ini).
 * It is computed once per clip.
 *
 * Accuracy: within 1e-5 of double arithmetic for keypoints of size 1. The same bytes for any number
 * of frames in a push, any number of clips, on the device and on the host path.
 *
 * Non-finite numbers in a frame stay in that frame and keypoint (status 2); in source or initial
 * frame they reach what depends on them.
 *
 * Threads: as the engine.
 */
#ifndef FM_KEYPOINTS_H
#define FM_KEYPOINTS_H

#include <fm/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_KEYPOINTS_MAX 1024      /**< most keypoints of a frame */
#define FM_KEYPOINTS_MAX_HULL 64   /**< most keypoints of which a hull is taken */
#define FM_KEYPOINTS_HISTOGRAM 8   /**< bins of fm_keypoints_stats.condition */
#define FM_KEYPOINTS_ANGLE_BINS 66 /**< of a head pose angle, 3 degrees each */

/** Opaque. Same thread rule as its engine, which it must not outlive. */
typedef struct fm_keypoints fm_keypoints;

/** Whose normalisation. */
typedef enum fm_keypoints_model {
    FM_KEYPOINTS_FOMM = 0,
    FM_KEYPOINTS_SADTALKER,
    FM_KEYPOINTS_LIVEPORTRAIT
} fm_keypoints_model;

/** How the size of a face is measured for adapt_scale. */
typedef enum fm_keypoints_area { FM_KEYPOINTS_BBOX = 0, FM_KEYPOINTS_HULL } fm_keypoints_area;

/** LivePortrait: which keypoints follow the driving clip. */
typedef enum fm_keypoints_region {
    FM_KEYPOINTS_REGION_ALL = 0,
    FM_KEYPOINTS_REGION_EXP,
    FM_KEYPOINTS_REGION_POSE,
    FM_KEYPOINTS_REGION_LIP,
    FM_KEYPOINTS_REGION_EYES
} fm_keypoints_region;

/** Status of one keypoint of one frame; the numbers of solve.h. */
enum {
    FM_KEYPOINTS_REGULAR = 0,
    FM_KEYPOINTS_PINV = 1,      /**< J_ini is rank-deficient: pseudo-inverse */
    FM_KEYPOINTS_NOT_FINITE = 2 /**< a number that is not finite went in; so did one come out */
};

/** NULL or zero in any field is the default. The struct lives only during the call. */
typedef struct fm_keypoints_params {
    size_t struct_size; /**< sizeof(fm_keypoints_params) */
    fm_keypoints_model model;
    uint32_t points; /**< K, 1 to FM_KEYPOINTS_MAX; 0 = 10, 15, 21 by model; LIVEPORTRAIT: 21 */
    uint32_t clips;  /**< clips side by side in every array, each with its own source, initial frame
                          and scale; 0 = 1, at most 65535 */
    bool no_adapt_scale;
    bool no_relative_movement;
    bool no_relative_jacobian; /**< FOMM */
    fm_keypoints_area area;    /**< HULL needs K <= FM_KEYPOINTS_MAX_HULL */
    bool seed_compat; /**< FOMM: J = (J_ini^-1 J_drv) J_src, the wrong order of an earlier program,
                           for comparison only */
    fm_keypoints_region region; /**< LIVEPORTRAIT */
    float multiplier;           /**< LIVEPORTRAIT, of the values; 0 = 1 */
    bool expression_friendly;   /**< LIVEPORTRAIT, of the values */
    uint32_t host_below; /**< pushes of fewer frames (times clips) stay on the host; 0 = the default
                              (FM_KEYPOINTS_HOST_BELOW), 1 = none */
} fm_keypoints_params;

/** Frames (times clips) below which a device's round trip takes longer than the host path, measured
 *  on PoCL with two cores; fm_keypoints_crossing measures it anew. */
#define FM_KEYPOINTS_HOST_BELOW 256

/**
 * Input arrays, clips x frames x ..., packed; borrowed for the call. A source and an initial frame
 * have one frame per clip. What a family does not use is ignored.
 */
typedef struct fm_keypoints_set {
    const float *value;    /**< FOMM: K x 2, SADTALKER: K x 3 */
    const float *jacobian; /**< FOMM: K x 4, row-major; NULL with no_relative_jacobian or
                                no_relative_movement = there are none */
    /** LIVEPORTRAIT: scale, tx ty tz, R row-major (9), e (K x 3); 13 + 3 K floats a frame.
     *  SADTALKER instead of value: yaw, pitch, roll in degrees, tx ty tz, e; 6 + 3 K floats. */
    const float *motion;
    /** Source only: K x 3. SADTALKER with motion: needed. LIVEPORTRAIT: needed for values. */
    const float *canonical;
} fm_keypoints_set;

/** Output arrays, same shapes as the inputs; an array may be the input of the same name (in place),
 *  otherwise none may overlap an input or another output. NULL = not wanted. */
typedef struct fm_keypoints_out {
    float *value;    /**< FOMM K x 2; SADTALKER, LIVEPORTRAIT K x 3 */
    float *jacobian; /**< FOMM */
    float *motion;   /**< LIVEPORTRAIT */
    uint8_t *status; /**< one byte a keypoint */
} fm_keypoints_out;

/** What a clip came to. */
typedef struct fm_keypoints_clip {
    float scale;      /**< s in use; LIVEPORTRAIT: m, 1 when not expression-friendly */
    float scale_bbox; /**< what either area gives, whether in use or not; NAN = not known */
    float scale_hull;
} fm_keypoints_clip;

/** Counted since fm_keypoints_create. */
typedef struct fm_keypoints_stats {
    uint64_t clips;         /**< clips begun: fm_keypoints_params.clips for each initial frame */
    uint64_t frames;        /**< pushed, all clips together */
    uint64_t device_frames; /**< of them on the device; the rest on the host path */
    uint64_t launches;      /**< pushes that went to the device */
    uint64_t matrices;      /**< J_ini judged */
    uint64_t fallbacks;     /**< of them pseudo-inverted */
    uint64_t not_finite;    /**< of them, or their J_src, not finite */
    /** Regular J_ini by condition number sigma_max / sigma_min: below 10, 100, ... 1e7, more. */
    uint64_t condition[FM_KEYPOINTS_HISTOGRAM];
} fm_keypoints_stats;

/**
 * Makes the object; kernels are built when first needed.
 * @param source  one frame per clip; copied
 * @param initial one frame per clip; copied. NULL = the first frame of the first push
 * @retval FM_ERROR_INVALID_ARGUMENT a value out of range or a missing array; the message names it
 */
FM_API fm_status fm_keypoints_create(fm_keypoints **kp, fm_engine *engine,
                                     const fm_keypoints_params *params,
                                     const fm_keypoints_set *source,
                                     const fm_keypoints_set *initial, fm_error *err);
/** Accepts NULL. */
FM_API void fm_keypoints_destroy(fm_keypoints **kp);

/**
 * Starts other clips in the same object: nothing of the clips before is used again.
 * @param source  NULL = the source there is
 * @param initial NULL = the first frame of the next push
 */
FM_API fm_status fm_keypoints_restart(fm_keypoints *kp, const fm_keypoints_set *source,
                                      const fm_keypoints_set *initial, fm_error *err);

/**
 * Normalises n more frames of every clip, then waits. On the device: one upload, one launch (one
 * more for a status or a SADTALKER motion), one download; devices that share the host's memory work
 * in the caller's arrays where they can. When the device runs out of memory the push goes on with
 * half the frames at once, at last on the host: the same bits.
 * @param n frames per clip; 0 = nothing to do
 * @retval FM_ERROR_DEVICE_MEMORY memory ran out when inputs had been written over; push fewer
 * @retval FM_ERROR_DEVICE_LOST   it may still write to the arrays as long as the process lives
 */
FM_API fm_status fm_keypoints_push(fm_keypoints *kp, const fm_keypoints_set *in,
                                   const fm_keypoints_out *out, uint32_t n, fm_error *err);

struct _cl_mem;
struct _cl_command_queue;
struct _cl_event;
/** Arrays as above in the caller's buffers (cl_mem) of the engine's context (fm/opencl.h), from
 * byte 0. An input may be the output of the same name. */
typedef struct fm_keypoints_buffers {
    struct _cl_mem *value, *jacobian, *motion;             /**< in */
    struct _cl_mem *out_value, *out_jacobian, *out_motion; /**< out; NULL = not wanted */
    struct _cl_mem *status;                                /**< out; NULL = not wanted */
    struct _cl_command_queue *queue;                       /**< in order; NULL = the engine's */
    const struct _cl_event *const *wait;                   /**< events to wait for */
    uint32_t wait_count;
} fm_keypoints_buffers;

/**
 * The same without any transfer and without waiting: kernels are enqueued, and the results are
 * there when *done is. The initial frame must be known (create or restart).
 * @param done out, to be released by the caller; NULL = not wanted
 */
FM_API fm_status fm_keypoints_push_buffers(fm_keypoints *kp, const fm_keypoints_buffers *buffers,
                                           uint32_t n, struct _cl_event **done, fm_error *err);

/** Facts of clip number clip; known once its initial frame is. */
FM_API fm_status fm_keypoints_clip_facts(fm_keypoints *kp, uint32_t clip, fm_keypoints_clip *facts,
                                         fm_error *err);
/** Counts over all frames so far. */
FM_API fm_status fm_keypoints_get_stats(const fm_keypoints *kp, fm_keypoints_stats *stats);

/**
 * Measures from how many frames (times clips) on the device is faster than the host path here:
 * times both on made-up frames of this object's shape, about 20 ms. 0 = never up to 65536.
 */
FM_API fm_status fm_keypoints_crossing(fm_keypoints *kp, uint32_t *frames, fm_error *err);

/**
 * Degrees from the 66 bins of a head-pose network: sum over i of softmax_i * 3 i, minus offset.
 * Plain C in double, for callers and tables; 99 in SadTalker, 97.5 in LivePortrait.
 * @param bins count x 66 logits
 */
FM_API void fm_keypoints_angles(const float *bins, uint64_t count, float offset, float *degrees);

#ifdef __cplusplus
}
#endif
#endif
