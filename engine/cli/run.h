/* SPDX-License-Identifier: MIT */
/**
 * @file run.h
 * One pair from loaded meshes to a finished folder: what its steps share. `fmorph morph` makes one,
 * `fmorph batch` one for each pair, on one engine; `fmorph blend` one with shapes for the pair.
 *
 *     fmi_run run = {.options = .., .console = .., .origin = now};
 *     fmi_run_begin(&run, NULL, &err);          // names, refusals; before any work
 *     run.engine = ..; run.side[0] = ..; run.side[1] = ..;
 *     fmi_run_make(&run, &json, &err);
 *     fmi_run_end(&run);                        // frees all but what was borrowed
 */
#ifndef FMI_CLI_RUN_H
#define FMI_CLI_RUN_H

#include "again.h"
#include "backdrop.h"
#include "console.h"
#include "loads.h"
#include "morph_options.h"
#include "names.h"
#include "progress.h"
#include "stages.h"
#include "trace.h"
#include "verify.h"

#include "io/encoder.h"
#include "io/load.h"
#include "io/output.h"

#include <fm/ahead.h>
#include <fm/heatmap.h>
#include <fm/shapes.h>

#define FMI_RUN_PATH 1024
#define FMI_RUN_FILE (FMI_RUN_PATH + FMI_NAME_FRAME + 16) /**< a file of the run folder */
#define FMI_RUN_STEPS 8

/** What run.json says about one input after its arrays are freed. */
typedef struct fmi_input_facts {
    uint32_t uvs;           /**< distinct texture coordinates in the file; 0 = none */
    uint32_t width, height; /**< of the texture in use; 0 = none */
    char reason[256];       /**< why there is no texture; "" = there is one */
    double begin, end;      /**< when it was loaded, seconds since process start */
    uint64_t hash;          /**< of mesh and texture as loaded; 0 = not asked for */
} fmi_input_facts;

/** One row of run.json's statistics, and of statistics.csv. */
typedef struct fmi_statistic {
    const char *name; /**< "normal_displacement", static text */
    double mean, std, min, max, p25, p50, p75, p95, p99;
} fmi_statistic;

/** Takes the name of one file of the run, relative to its folder. */
typedef fm_status (*fmi_list_fn)(void *user, const char *name, fm_error *err);

/** One finished batch. */
typedef struct fmi_batch_time {
    uint32_t frames;
    double begin, end; /**< seconds since process start */
} fmi_batch_time;

typedef struct fmi_run {
    const fmi_morph_options *options; /**< borrowed, as all of this block */
    fmi_console *console;
    const fmi_again *again; /**< when it began, and what earlier processes of this run met */
    fmi_trace *trace;       /**< NULL = no time line wanted */
    const char *trace_file; /**< written before the run appears; NULL = the caller writes it */
    fm_engine *engine;
    fmi_side *side[2]; /**< loaded; NULL once nothing more is read from them */
    fmi_loads *own;    /**< where the sides are, if they may be freed early; NULL = they may not */
    fm_staged *staged; /**< the pair, made before its turn; the run frees it; NULL = it is made */
    /** Called when the frames of a batch are done, if anybody wants to know. */
    void (*batch_done)(void *user);
    void *batch_user;
    double origin;   /**< where this run's time begins, seconds since process start */
    fm_stats before; /**< of the engine, before this run */
    /** Makes what is rendered, shapes and info; NULL = the pair of both sides. */
    fm_status (*make)(struct fmi_run *run, fm_error *err);
    const float *weights;       /**< of shapes: options->frames x target_count */
    const char *const *targets; /**< of shapes: paths */
    uint32_t target_count;      /**< 0 = a pair */

    fmi_names names;
    char folder[FMI_RUN_PATH]; /**< the run folder; "" with raw output */
    fmi_stages stages;
    fmi_progress progress;
    uint32_t session_step; /**< of session.log, the last one written */

    fmi_input_facts input[2];
    fm_pair *pair;
    fm_staged_info sent;       /**< of the pair, what went up beside the frames of an earlier one */
    fm_shapes *shapes;         /**< instead of the pair; made by make, freed by fmi_run_end */
    double precision_psnr;     /**< of fp16 against fp32; INFINITY = equal, NAN = not measured */
    double precision_error[6]; /**< likewise of each heatmap field: largest difference */
    double precision_share;    /**< the largest of them as a part of its field's range */
    fm_pair_info info;         /**< of the pair, or what the shapes have of it */
    fm_plan plan;
    fm_heatmap *heatmap;  /**< NULL until a step wants it, see run_heatmap.h */
    double heatmap_build; /**< seconds of kernel builds that are in the build stage already */

    fmi_output_dir dir;
    void *state[FMI_RUN_STEPS]; /**< of each step, see step.h */
    bool cached[FMI_RUN_STEPS]; /**< its files came from the cache */
    bool listing_cached;        /**< of the file that is being listed */
    char cached_name[6][32];    /**< names in statistic[] that came from the cache */
    fmi_encoder_report encoded;
    bool no_video; /**< left out: no module */
    fmi_backdrop backdrop;
    fmi_verify verify;
    fmi_batch_time *batches;
    uint32_t batch_count, batch_room;
    fmi_statistic statistic[6]; /**< of the heatmap fields */
    uint32_t statistics;        /**< 0 = none: null in run.json */
    fmi_list_fn list;           /**< where fmi_run_output's names go */
    void *list_user;
    bool rendered;        /**< report holds numbers */
    fm_forecast forecast; /**< as it was when the last frame was handed over */
    fm_render_report report;
    fm_stats stats; /**< of this run; bytes alive and at most are the engine's */
} fmi_run;

/**
 * Names the run and refuses what must not be: an output that is there already, or is an input.
 * @param name of the run folder below options->output; NULL = A_B
 */
fm_status fmi_run_begin(fmi_run *run, const char *name, fm_error *err);
/** Everything from joining the meshes to the folder under its name; with dry_run only the plan.
 *  *json is run.json's text (NULL when there is none), to be freed with free(). */
fm_status fmi_run_make(fmi_run *run, char **json, fm_error *err);
/** What the options say of a pair. */
fm_pair_params fmi_run_pair_params(const fmi_morph_options *options, const fmi_side *a,
                                   const fmi_side *b);
/** Seconds that the engine has spent on kernels so far. */
double fmi_run_build_seconds(const fmi_run *run);
/** Reads the engine's counters into stats. */
fm_status fmi_run_stats(fmi_run *run, fm_error *err);

/** Renders every frame and makes every file of the run but session.log and run.json; or writes the
 *  frames to stdout. */
fm_status fmi_run_frames(fmi_run *run, fm_error *err);
/** Writes session.log and run.json and moves the folder to its name; *json is run.json's text, to
 *  be freed with free(). */
fm_status fmi_run_publish(fmi_run *run, char **json, fm_error *err);
/** What --dry-run prints. */
fm_status fmi_run_print_plan(fmi_run *run, fm_error *err);
/** Names of all files of the run but run.json, in order. */
fm_status fmi_run_list(fmi_run *run, fmi_list_fn list, void *user, fm_error *err);
/** Ends the steps, removes what is unfinished and frees everything. */
void fmi_run_end(fmi_run *run);

#endif
