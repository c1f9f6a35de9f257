/* SPDX-License-Identifier: MIT */
/**
 * @file plan.h
 * The planner: level, device facts and problem in; batch, tiles and bytes out. A pure function:
 * it makes no OpenCL call, so a plan for a recorded device can be made and tested anywhere.
 */
#ifndef FM_PLAN_H
#define FM_PLAN_H

#include <fm/device.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_IN_FLIGHT_MAX 3 /**< batches on the device at once, of any level */

/**
 * A documented policy of memory fraction, batches in flight, overlap and build flags:
 *
 * | level | memory | in flight | what goes on at the same time | flags |
 * |---|---|---|---|---|
 * | low | 0.50 | 1 | nothing: frames are encoded while the device waits | strict |
 * | medium | 0.75 | 1 | encoding beside rendering | strict |
 * | high | 0.85 | 2 | a batch is drawn while the one before it is read and handed over | strict |
 * | extreme | 0.95 | 3 | as high | -cl-mad-enable -cl-no-signed-zeros to place and shade only |
 *
 * Low, medium and high give the same bytes. At high and extreme, on a device with memory of its
 * own, the next pair goes up beside the frames, too, where the caller names one (fm/ahead.h).
 */
typedef enum fm_level {
    FM_LEVEL_MEDIUM = 0,
    FM_LEVEL_LOW,
    FM_LEVEL_HIGH,
    FM_LEVEL_EXTREME
} fm_level;

/** Why the batch is not larger. */
typedef enum fm_limit {
    FM_LIMIT_FRAMES = 0,    /**< the whole job fits in one batch */
    FM_LIMIT_MEMORY,        /**< budget used up */
    FM_LIMIT_SINGLE_BUFFER, /**< one buffer would pass fm_caps.max_alloc_bytes */
    FM_LIMIT_WATCHDOG,      /**< kernel time bound */
    FM_LIMIT_TUNED,         /**< larger batches are not faster */
    FM_LIMIT_USER           /**< asked for by the caller */
} fm_limit;

/** A render job in numbers. Zero in an optional field means default. */
typedef struct fm_problem {
    uint32_t frames;        /**< >= 1 */
    uint32_t width, height; /**< pixels, 1 to 8192 */
    uint32_t channels;      /**< of the output: 3 or 4 */
    uint32_t vertices;      /**< joint vertices of the pair */
    uint32_t triangles;
    uint32_t texture_width; /**< 0 = untextured */
    uint32_t texture_height;
    uint32_t batch;          /**< asked for by the caller; 0 = planner's choice */
    uint32_t tile;           /**< asked for by the caller; 0 = planner's choice */
    uint32_t group;          /**< likewise; rounded down to a power of two */
    uint32_t samples;        /**< a pixel, 1 or 4; 0 = 1 */
    uint32_t list_per_frame; /**< bin entries a frame after a regrow; 0 = first estimate */
    bool half;               /**< vertex inputs as 16-bit floats (fm_pair_params.half) */
    bool check;              /**< fm_view.check */
    uint32_t targets;        /**< of a blend (fm/blend.h); 0 = morph of two shapes */
    uint32_t in_flight;      /**< batches on the device at once, at most; 0 = as the level has it */
    uint32_t strips;         /**< a picture is drawn in, one frame at a time; 0 = planner's choice:
                                  1 unless one frame does not fit */
    uint64_t ahead_bytes;    /**< of the next pair's inputs, to go up beside this render
                                  (fm/ahead.h); 0 = none */
    uint64_t budget_bytes;   /**< fm_memory.budget_bytes; 0 = by the device's total alone */
    uint64_t mem_limit_bytes; /**< caps the budget; 0 = none */
    fm_specialisation specialisation;
} fm_problem;

/** What the engine will do. Every byte count is exact: the arena allocates these numbers. */
typedef struct fm_plan {
    uint32_t batch;            /**< frames in one launch, >= 1 */
    uint32_t tile;             /**< tile edge in pixels, square */
    uint32_t tiles_x, tiles_y; /**< of a strip */
    uint32_t strips; /**< horizontal pieces of tiles_y rows of tiles that a frame is drawn in, the
                          last one may be smaller; 1 = whole frames. More only with a batch of 1 */
    uint32_t in_flight; /**< batches on the device at once, each with room of its own for what comes
                             out: fewer than the level's when there are no more, or when not even
                             batches of one frame fit beside each other */
    uint32_t group;     /**< work-items in a group; cpu: 1 */
    uint32_t chunks;    /**< cpu: slices of the triangle list that bin in parallel */
    uint32_t slice;     /**< gpu: triangles of a tile in one launch; 0 = all */
    uint32_t list_per_frame; /**< bin entries a frame */
    fm_specialisation specialisation;
    fm_limit limited_by;
    uint64_t bytes_fixed; /**< independent of the batch: geometry, texels, bytes_ahead */
    uint64_t bytes_ahead; /**< fm_problem.ahead_bytes, at high and extreme on devices with memory
                               of their own, where there is room for them without a smaller
                               batch or fewer in flight; else 0 */
    uint64_t bytes_per_frame; /**< vertex records and bins of one frame, and pixels in all batches
                                   in flight: bytes_fixed + batch x this is the peak */
    uint64_t budget_bytes;
} fm_plan;

/**
 * Plans a render.
 * @retval FM_ERROR_INVALID_ARGUMENT a size is outside its range
 * A frame that does not fit the budget is planned in strips, with the same pixels.
 * @retval FM_ERROR_LIMIT not even one row of tiles fits; the message names both numbers
 */
FM_API fm_status fm_plan_render(const fm_caps *caps, fm_level level, const fm_problem *problem,
                                fm_plan *plan, fm_error *err);

/** What else takes device memory. */
typedef enum fm_op {
    FM_OP_MORPH = 0, /**< fm_morph: positions of `count` frames at once */
    FM_OP_BLEND,     /**< fm_blend into the caller's buffer: `count` frames in one product */
    FM_OP_KEYPOINTS, /**< fm_keypoints, FOMM with Jacobians, one clip: `count` frames a push */
    FM_OP_SOLVE,     /**< fm_solve_batched with host arrays or the caller's buffers, packed rows:
                          `count` matrices */
    FM_OP_HEATMAP,   /**< fm_heatmap, beside its pair; count is 1 */
    FM_OP_TEXTURES   /**< fm_morph_textures, beside its pair: `count` textures */
} fm_op;

/** Such work in numbers. Zero in a field that the op does not name means nothing. */
typedef struct fm_work {
    fm_op op;
    uint64_t count;         /**< >= 1 */
    uint32_t vertices;      /**< MORPH, BLEND (3 values each), HEATMAP (joint vertices) */
    uint32_t targets;       /**< BLEND */
    uint32_t points;        /**< KEYPOINTS; 0 = 10 */
    uint32_t n, m;          /**< SOLVE: rows, right-hand sides (0 = 1) */
    uint32_t width, height; /**< HEATMAP: of a panel; TEXTURES: of a texture */
    uint32_t texture_width, texture_height; /**< HEATMAP; 0 = untextured */
    bool bytes;                             /**< TEXTURES: 8-bit values instead of floats */
    uint32_t chunk;                         /**< TEXTURES: fm_textures_params.chunk */
    bool is_double;                         /**< SOLVE */
    bool half;                              /**< BLEND: fm_blend_params.half */
    bool clblast;          /**< BLEND: by FM_BLEND_CLBLAST, as fm_blend_info says */
    bool buffers;          /**< BLEND, SOLVE: the caller's own buffers on the device count too: the
                                frames; matrices, right-hand sides, solutions, statuses */
    bool interleaved;      /**< SOLVE with buffers: blocks of 16, as FM_LAYOUT_INTERLEAVED */
    bool no_status;        /**< KEYPOINTS: fm_keypoints_out.status is NULL */
    uint64_t budget_bytes; /**< as in fm_problem */
    uint64_t mem_limit_bytes;
} fm_work;

/** What a call takes, and how much of the work fits one call. */
typedef struct fm_work_plan {
    uint64_t batch;       /**< of count, at once: SOLVE and TEXTURES go on in pieces by
                               themselves, the others want calls of this size */
    uint64_t peak_bytes;  /**< device bytes of a call of batch, exact */
    uint64_t bytes_fixed; /**< what the object holds whatever the batch */
    uint64_t budget_bytes;
    fm_limit limited_by; /**< FRAMES: all of count at once */
} fm_work_plan;

/**
 * Plans anything but a render.
 * @retval FM_ERROR_INVALID_ARGUMENT a number is outside its range
 * @retval FM_ERROR_LIMIT one of count does not fit; the message names both numbers
 */
FM_API fm_status fm_plan_work(const fm_caps *caps, fm_level level, const fm_work *work,
                              fm_work_plan *plan, fm_error *err);

/** How a job went so far. */
typedef struct fm_pace {
    uint32_t frames, done;  /**< of the job; of them finished */
    double elapsed_seconds; /**< since the first one began */
    double alone_seconds;   /**< what a frame took in a batch of its own, measured in this job
                                 (fm_frame.alone_seconds); 0 = not measured */
} fm_pace;

/** How a job will go on, from how it went so far. */
typedef struct fm_forecast {
    uint32_t batches;     /**< launches for the whole job */
    double per_second;    /**< frames, measured; 0 = nothing is done yet */
    double seconds_left;  /**< at that rate; < 0 = not known */
    double seconds_total; /**< elapsed and left; < 0 = not known */
    double speedup;       /**< rate over that of batches of one frame; 0 = not measured */
    uint64_t peak_bytes;  /**< device bytes at most */
} fm_forecast;

/**
 * Forecasts a render from its pace. Nothing is assumed: the rate is the measured one, so before the
 * first frame there is no time, and without a frame measured alone no speed-up.
 * @retval FM_ERROR_INVALID_ARGUMENT done > frames, or a time that is negative or not finite
 */
FM_API fm_status fm_estimate(const fm_plan *plan, const fm_pace *pace, fm_forecast *forecast,
                             fm_error *err);

/** "low", "medium", "high", "extreme". */
FM_API const char *fm_level_name(fm_level level);
/** The word of fm_limit as in run.json: "memory", "single_buffer", "watchdog", ... */
FM_API const char *fm_limit_name(fm_limit limit);
/** "auto", "cpu", "gpu". */
FM_API const char *fm_specialisation_name(fm_specialisation specialisation);

#ifdef __cplusplus
}
#endif
#endif
