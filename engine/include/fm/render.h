/* SPDX-License-Identifier: MIT */
/**
 * @file render.h
 * Frames of a morph: t in, pixels out.
 *
 *     static fm_status save(void *user, const fm_frame *frame, fm_error *err);
 *     float t[3] = {0.0F, 0.5F, 1.0F};
 *     fm_view view = {.struct_size = sizeof view, .width = 512, .height = 512};
 *     fm_render(pair, t, 3, &view, save, user, NULL, &err);
 */
#ifndef FM_RENDER_H
#define FM_RENDER_H

#include <fm/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_MAX_SIZE 8192 /**< largest picture edge in pixels */

/** The camera and the picture. Zero in any field is the default. */
typedef struct fm_view {
    size_t struct_size;     /**< sizeof(fm_view) */
    uint32_t width, height; /**< pixels, 1 to FM_MAX_SIZE; default 512 */
    float fov_degrees;      /**< vertical field of view, 1 to 170; default 60 */
    float distance;         /**< camera to origin; default 2.5 */
    float yaw_degrees;      /**< orbit to the right; default 0 */
    float pitch_degrees;    /**< orbit upwards; default 0 */
    bool no_fit;            /**< true: coordinates as they are; default: fitted to 90 % */
    bool no_cull;           /**< true: back faces are drawn too */
    bool transparent;       /**< true: RGBA with alpha 0 outside; default: RGB on background */
    bool background_set;    /**< true: use background[]; default white */
    uint8_t background[3];  /**< RGB */
    uint32_t batch;         /**< frames in one launch; 0 = planner's choice */
    uint32_t tile;          /**< tile edge, 16 to 128, a multiple of 16; 0 = planner's choice */
    uint32_t samples;       /**< coverage samples a pixel, 1 or 4; default 1 */
    bool trilinear;         /**< texture level per pixel, two blended; default: one a triangle */
    bool check;             /**< true: the device sums up what it drew, and the sums are compared
                                 with those of what arrived; costs a pass over the pixels */
    uint32_t strips;        /**< a frame is drawn in, one frame at a time, for less memory; 0 =
                                 planner's choice: whole frames when one fits */
} fm_view;

/**
 * One finished frame. Pixels are valid during the callback only. With 4 samples an edge pixel is
 * the mean of its samples' bytes. In a transparent frame alpha is the covered share and colour the
 * mean over the covered samples (straight alpha, as PNG has it); zeros where nothing is covered.
 */
typedef struct fm_frame {
    uint32_t index;                   /**< position in t[] */
    float t;                          /**< weight of mesh B */
    uint32_t width, height, channels; /**< channels: 3 = RGB, 4 = RGBA */
    size_t row_bytes;
    const uint8_t *pixels;   /**< top row first */
    uint64_t covered_pixels; /**< at least one of their samples shows a triangle */
    uint64_t clipped_pixels; /**< a channel was above 1 before clamping, in at least one sample */
    uint32_t batch_frames;   /**< frames of the batch it was rendered in */
    bool ends_batch;         /**< the last one of that batch */
    double alone_seconds;    /**< as in fm_render_report, so far */
} fm_frame;

/** Takes a frame; frames come in the order of t[]. Anything but FM_OK stops the render. */
typedef fm_status (*fm_sink_fn)(void *user, const fm_frame *frame, fm_error *err);

#define FM_STAGES 4 /**< vertex, bin, raster (with shade), read */

#define FM_RECOVERIES 32 /**< changes of the batch that a report can hold */

/** One change of the batch during a render. The pixels are the same with and without it. */
typedef struct fm_recovery {
    const char *stage; /**< "prepare" or "render": memory ran out there; "enlarge": a larger one is
                            tried again; "shrink": free memory fell. Static text */
    uint32_t frame;    /**< first frame rendered with the new size */
    uint32_t from, to; /**< frames in one launch; to 0 = none, the host goes on */
    uint32_t strips;   /**< pieces of a frame from then on; 1 = whole frames */
    int32_t cl_code;   /**< what the device answered; 0 = it did not fail */
} fm_recovery;

/** What a render came to. */
typedef struct fm_render_report {
    fm_plan plan;
    double scale;                /**< of the fit; 1 with no_fit */
    double covered_fraction;     /**< mean over the frames */
    uint64_t clipped_pixels;     /**< sum over the frames */
    uint64_t rejected_triangles; /**< dropped: across the near plane or out of the guard band */
    uint32_t batches;
    uint32_t recovery_count; /**< entries of recovery */
    fm_recovery recovery[FM_RECOVERIES];
    double wall_seconds;  /**< of the call, sink included */
    double sink_seconds;  /**< part of it inside the sink */
    double alone_seconds; /**< what a frame takes in a batch of its own with nothing beside it, sink
                               included: measured on one frame of a render that would go on for
                               another second after two batches; 0 = not measured */
    double device_seconds[FM_STAGES]; /**< per stage; < 0 without a trusted event clock */
} fm_render_report;

/**
 * Renders n frames and hands them to sink in order.
 *
 * @param t      n weights of B, each in [0, 1]
 * @param sink   NULL: frames are made, mapped and dropped (benchmark)
 * @param report optional, may be NULL
 * When the device runs out of memory the batch is halved, below one frame the frame is cut into
 * strips, and the render goes on where it was; report->recovery says so.
 *
 * @retval FM_ERROR_DEVICE_MEMORY not even one row of tiles of one frame fits
 * @retval FM_ERROR_DEVICE_LOST   the device failed while it ran: make a new engine and pair
 * @retval FM_ERROR_NUMERIC       with view->check: what arrived is not what was drawn
 * @retval FM_ERROR_CANCELLED     the engine's cancel flag was set
 */
FM_API fm_status fm_render(fm_pair *pair, const float *t, uint32_t n, const fm_view *view,
                           fm_sink_fn sink, void *user, fm_render_report *report, fm_error *err);

/**
 * Builds the kernels of fm_render before there is a pair, for example while the meshes are still
 * being read. The engine keeps them for the next render; one with another view or another kind of
 * pair builds its own then, as without this call. Nothing is done for the reference.
 *
 * @param view     as for fm_render; NULL = all defaults
 * @param textured what will be rendered has textures
 * @param half     as fm_pair_params.half
 * Errors are those of building kernels in fm_render; a caller that goes on meets them again there.
 */
FM_API fm_status fm_render_prepare(fm_engine *engine, const fm_view *view, bool textured, bool half,
                                   fm_error *err);

/** The plan fm_render would follow, without rendering. */
FM_API fm_status fm_render_plan(const fm_pair *pair, uint32_t n, const fm_view *view, fm_plan *plan,
                                fm_error *err);

#ifdef __cplusplus
}
#endif
#endif
