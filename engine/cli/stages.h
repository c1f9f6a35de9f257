/* SPDX-License-Identifier: MIT */
/**
 * @file stages.h
 * Where the time of a run goes. The main thread is in exactly one stage at a time, so the exclusive
 * times add up to its time; work of other threads only widens the wall of its stage.
 *
 *     fmi_stages_enter(&stages, FMI_STAGE_RENDER, now);   // time since process start, seconds
 *     fmi_stages_enter(&stages, FMI_STAGE_ENCODE, now);   // render pauses
 *     fmi_stages_leave(&stages, now);                     // back in render
 *     fmi_stages_leave(&stages, now);
 *
 * Pure: the caller brings the clock.
 */
#ifndef FMI_CLI_STAGES_H
#define FMI_CLI_STAGES_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fmi_stage {
    FMI_STAGE_START = 0, /**< process start to the end of the command line */
    FMI_STAGE_IMPORT,    /**< waiting for meshes and textures; wall: the loading threads */
    FMI_STAGE_UPLOAD,    /**< joining the meshes, mips, copies to the device, the plan */
    FMI_STAGE_BUILD,     /**< opening the device, building or loading the kernels */
    FMI_STAGE_RENDER,
    FMI_STAGE_ENCODE, /**< handing frames over, waiting for the files, run.json, rename */
    FMI_STAGE_HEATMAPS,
    FMI_STAGE_MESHES,
    FMI_STAGE_TEXTURES, /**< of --mesh-textures all */
    FMI_STAGE_VIDEO,
    FMI_STAGE_TABLES,
    FMI_STAGE_COUNT
} fmi_stage;

#define FMI_STAGES_DEPTH 4

/** Takes a stretch of time in which the main thread was in one stage. */
typedef void (*fmi_segment_fn)(void *user, fmi_stage stage, double begin, double end);

/** Zeroed = nothing recorded; all times in seconds since process start. */
typedef struct fmi_stages {
    bool ran[FMI_STAGE_COUNT];
    double first[FMI_STAGE_COUNT], last[FMI_STAGE_COUNT]; /**< the wall reaches from to */
    double exclusive[FMI_STAGE_COUNT];
    double device[FMI_STAGE_COUNT]; /**< < 0 or not device_known = null */
    bool device_known[FMI_STAGE_COUNT];
    fmi_stage stack[FMI_STAGES_DEPTH];
    uint32_t depth;
    double since;           /**< when the stage on top was last entered or came back */
    fmi_segment_fn segment; /**< NULL = nobody wants them */
    void *user;
} fmi_stages;

/** The word of the contract, for example "import". */
const char *fmi_stage_name(fmi_stage stage);
/** Goes into a stage; the one before pauses. */
void fmi_stages_enter(fmi_stages *stages, fmi_stage stage, double now);
/** Leaves the innermost stage; the one before goes on. */
void fmi_stages_leave(fmi_stages *stages, double now);
/** Other threads worked for a stage from begin to end. */
void fmi_stages_span(fmi_stages *stages, fmi_stage stage, double begin, double end);
/** Gives part of a stage's exclusive time to the stage it was really spent on. */
void fmi_stages_move(fmi_stages *stages, fmi_stage from, fmi_stage to, double seconds);
/** Device time of a stage; negative = no trusted clock. */
void fmi_stages_device(fmi_stages *stages, fmi_stage stage, double seconds);
/** Exclusive time of a stage up to now, still running or not. */
double fmi_stages_exclusive(const fmi_stages *stages, fmi_stage stage, double now);
/** Wall end of a stage up to now. */
double fmi_stages_end(const fmi_stages *stages, fmi_stage stage, double now);

#endif
