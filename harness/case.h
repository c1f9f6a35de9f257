/* SPDX-License-Identifier: MIT */
/**
 * @file case.h
 * The case table: one entry per op. The tests run the entries small and odd, fmbench runs them
 * large; both compare with the same reference under the same tolerance.
 *
 *     const fmi_case *op = fmi_case_find("raster");
 *     void *state = NULL;
 *     params.engine = &engine;
 *     op->create(&state, &params, &err);
 *     fmi_case_check(op, state, engine, &how, &check, &err);   // passed before any time is taken
 *     op->run(state, &err);                                    // what a sample times
 *     op->destroy(&state);
 *
 * A state has an engine of its own, so its memory figures are its own as well.
 */
#ifndef FMI_CASE_H
#define FMI_CASE_H

#include "input.h"

#include <fm/fm.h>

/** Storage width. fp16 needs FMI_USES_PRECISION. */
typedef enum fmi_precision { FMI_FP32 = 0, FMI_FP16 } fmi_precision;
/** Where the numbers of a batch of matrices lie. */
typedef enum fmi_layout {
    FMI_LAYOUT_ROW_MAJOR = 0, /**< matrix after matrix */
    FMI_LAYOUT_INTERLEAVED    /**< element after element, as the kernels read them */
} fmi_layout;
/** What the caches hold when a launch begins. */
typedef enum fmi_caches {
    FMI_CACHES_HOT = 0, /**< what the launch before it left: the same buffers again and again */
    FMI_CACHES_COLD     /**< other bytes: see evict.h */
} fmi_caches;
/** Texture filter of the picture ops. */
typedef enum fmi_filter { FMI_FILTER_NEAREST_MIP = 0, FMI_FILTER_TRILINEAR } fmi_filter;

struct fmi_recipe;

/** One point of a sweep. All pointers are borrowed and outlive the state. */
typedef struct fmi_case_params {
    fmi_input *input;   /**< NULL unless FMI_USES_MESH or FMI_USES_POINTS */
    const char *device; /**< selector, NULL = auto */
    fm_level level;
    fm_specialisation specialisation;
    fmi_precision precision;
    uint32_t batch;         /**< frames (matrices, pairs) in one launch, >= 1 */
    uint32_t width, height; /**< pixels; 0 without FMI_USES_SIZE */
    uint32_t n;             /**< edge of the matrices; 0 without FMI_USES_MATRICES */
    double pinv_share;      /**< share of singular matrices, 0 to 1 */
    fmi_layout layout;      /**< of the matrices */
    uint32_t targets;       /**< blend targets; 0 without FMI_USES_TARGETS */
    uint32_t samples;       /**< coverage samples a pixel, 1 or 4; 0 means 1 */
    fmi_filter filter;      /**< without FMI_USES_SAMPLES always nearest-mip */
    bool untextured;        /**< grey although the input has textures */
    fmi_caches caches;      /**< for the timing; what a launch does is the same */
    bool no_trials;         /**< nothing may be tried out to choose a faster way: only remembered
                                 choices count. A trial can take longer than a quick sweep */
    uint32_t threads;       /**< our workers; 0 = default */
    uint64_t mem_limit_bytes;
    uint64_t keep_free_bytes; /**< see fm_engine_params */
    uint32_t compute_units;   /**< of a part of the device; 0 = the whole */
    uint32_t part;            /**< which of such parts, from 0 */
    uint32_t beside;          /**< devices, or parts of one, that run at once; 0 = alone */
    fm_tuning tuning;         /**< the engine's; all zero = untuned, whatever is stored */
    fm_log log;
    const volatile sig_atomic_t *cancel;
    struct fmi_recipe *record; /**< notes the programs and launches of the state; NULL = no */
    fm_engine **engine; /**< gets the state's engine, borrowed, for stand-ins and for checks between
                             canaries; NULL = not wanted */
} fmi_case_params;

/** How thorough a check is. Frames 0 and last are always compared with the reference. */
typedef struct fmi_check_params {
    uint32_t random_frames; /**< further frames compared with the reference */
    bool hash_others;       /**< all remaining frames must equal the same frames at batch 1 */
    uint64_t seed;          /**< of the choice of frames */
} fmi_check_params;

/** What a check found. */
typedef struct fmi_check {
    bool passed;
    uint32_t compared; /**< frames compared with the reference */
    uint32_t hashed;   /**< frames compared with batch 1 by hash */
    const char *unit;  /**< of max: "ulp" or "level" (1/255) */
    double max;        /**< largest difference */
    double share;      /**< of the values beyond the tolerance */
    double psnr;       /**< over the compared pictures; INFINITY = equal, NAN = no picture */
    double half_psnr;  /**< of the same pictures at half the edges, see half_size.h; 0 or NAN = not
                            asked */
    char reason[240];  /**< why it did not pass; "" = it did */
} fmi_check;

/** Numbers of one launch of a state. Zero and NAN mean "does not apply". */
typedef struct fmi_case_facts {
    uint64_t frames;            /**< units of work in one launch */
    uint64_t bytes;             /**< bytes a launch must move or make, by formula */
    double flops;               /**< by formula */
    double covered_fraction;    /**< mean over the frames; NAN = no picture */
    uint64_t planned_bytes;     /**< device bytes foreseen */
    uint64_t peak_bytes;        /**< device bytes at most */
    uint64_t loop_upload_bytes; /**< uploaded inside frame loops; 0 is right */
    uint64_t budget_bytes;      /**< of the engine, when this was asked; 0 = not known */
    uint64_t free_bytes;        /**< on the device, then; 0 = nobody says */
    fm_trust trust;             /**< how far that can be trusted */
    char memory_source[16];     /**< who says so; "" = not asked */
    fm_plan plan;
} fmi_case_facts;

/** What an op reads of its params: the axes it has besides batch, level and memory limit. */
enum {
    FMI_USES_MESH = 1,       /**< input: two heads with triangles and textures */
    FMI_USES_POINTS = 2,     /**< input: positions are enough (fmi_input_points) */
    FMI_USES_SIZE = 4,       /**< width, height */
    FMI_USES_MATRICES = 8,   /**< n, pinv_share, layout */
    FMI_USES_TARGETS = 16,   /**< targets */
    FMI_USES_PRECISION = 32, /**< stores fp16 as well; without it fp16 cells are unsupported */
    FMI_USES_SAMPLES = 64,   /**< samples, filter, untextured */
    FMI_USES_THREADS = 128,  /**< threads: workers of our own in the timed region */
    FMI_ON_HOST = 256,       /**< the timed work runs on the host: the device's roofs say nothing */
    FMI_BY_NAME = 512        /**< beside the contract's ops: runs when --op names it */
};

/** One op. Every function returns a status; create leaves *state NULL on failure. */
typedef struct fmi_case {
    const char *name;
    const char *unit;        /**< of the rate, for example "frames/s" */
    const char *description; /**< what one sample times, for --list and reports */
    uint32_t uses;           /**< FMI_USES_... bits */
    /** The plan of these parameters without making anything; batch 0 asks for the planner's. */
    fm_status (*plan)(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                      fm_error *err);
    /** True when both levels run the same program in the same way (plans may still differ). */
    bool (*same_program)(fm_level a, fm_level b);
    fm_status (*create)(void **state, const fmi_case_params *params, fm_error *err);
    /** One launch: the region a sample times. */
    fm_status (*run)(void *state, fm_error *err);
    /** Poisons the outputs, runs, compares. A wrong result is FM_OK with passed = false. */
    fm_status (*check)(void *state, const fmi_check_params *how, fmi_check *check, fm_error *err);
    /** After timing: the same bytes as at the check? Clears check->passed when not. */
    fm_status (*recheck)(void *state, fmi_check *check, fm_error *err);
    void (*facts)(const void *state, fmi_case_facts *facts);
    void (*destroy)(void **state);
} fmi_case;

extern const fmi_case fmi_case_blend, fmi_case_heatmap, fmi_case_keypoints, fmi_case_solve;
extern const fmi_case fmi_case_morph, fmi_case_raster, fmi_case_encode, fmi_case_pipeline;
extern const fmi_case fmi_case_textures, fmi_case_textures_f32;

/** Frames of the job that a planner's batch is asked for: more than any batch that pays off. */
#define FMI_JOB_FRAMES 4096

/** The table, in the order of the contract, then the ops beside it; ends with NULL. */
extern const fmi_case *const fmi_cases[];
/** NULL when there is no such op. */
const fmi_case *fmi_case_find(const char *name);

/** Weight of frame i of n: 1 - i / (n - 1); 0.5 for a single one. */
float fmi_case_weight(uint32_t i, uint32_t n);
/** A weight at least 0.5 away from it, for poisoning: stale results are then wrong ones. */
float fmi_case_other_weight(float t);
/** Opens an engine of its own for a state, on a part of the device where that is asked for. */
fm_status fmi_case_engine(fm_engine **engine, const fmi_case_params *params, fm_error *err);
/**
 * fmi_case.plan of an op that fm_plan_work knows.
 * @param work   what a launch does; count and limits are set here
 * @param tuned  units of a launch that nobody asked a batch of
 */
fm_status fmi_case_plan_work(const fmi_case_params *params, const fm_caps *caps,
                             const fm_work *work, uint32_t tuned, fm_plan *plan, fm_error *err);
/** Device bytes of a launch of params->batch, as fmi_case_plan_work counts them. */
uint64_t fmi_case_work_bytes(const fmi_case_params *params, const fm_engine *engine,
                             const fm_work *work);
/** fmi_case.same_program of ops whose kernels no level builds otherwise. */
bool fmi_case_same_program(fm_level a, fm_level b);
/** Device bytes that the engine held at most so far: asked for when the timed work has run and the
 * rest of the check has not. */
uint64_t fmi_case_peak(const fm_engine *engine);
/** Around launches that make stale results wrong ones: see fmi_queue_set_poisoner. */
void fmi_case_poison(const fmi_case_params *params, bool on);
/** Peak, uploads and memory of the facts from the engine that ran the case. */
void fmi_case_memory(const fm_engine *engine, fmi_case_facts *facts);
/** What is free now, by whom and how far that can be trusted, without an engine: for cells whose
 * worker does not say. */
void fmi_case_free_memory(const fm_caps *caps, const fmi_case_params *params,
                          fmi_case_facts *facts);
/**
 * op->check, then a look at the canaries around everything that kernels wrote (host/guard.h).
 * States with fmi_case_params.engine are made with canaries. Before times are taken:
 * fmi_case_guard.
 * @param engine of the state (fmi_case_params.engine); NULL = it has none
 */
fm_status fmi_case_check(const fmi_case *op, void *state, fm_engine *engine,
                         const fmi_check_params *how, fmi_check *check, fm_error *err);
/** op->recheck likewise. */
fm_status fmi_case_recheck(const fmi_case *op, void *state, fm_engine *engine, fmi_check *check,
                           fm_error *err);
/** Whether buffers that are made from now on get canaries: not while times are taken. */
void fmi_case_guard(fm_engine *engine, bool on);
/** Records the first reason why a check does not pass. */
void fmi_check_failed(fmi_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/**
 * Picks the frames to compare with the reference: 0, n - 1 and how->random_frames others, without
 * repeats, ascending. chosen has room for how->random_frames + 2. Returns how many.
 */
uint32_t fmi_check_choose(const fmi_check_params *how, uint32_t n, uint32_t *chosen);

#endif
