/* SPDX-License-Identifier: MIT */
/**
 * @file step.h
 * What a run makes, one step per kind of artefact (frames, video, heatmaps, ...), each in a file of
 * its own, morph_<name>.c, and a row in the table of steps.c. A step sees the run like this:
 *
 *     list     which files it makes; before anything is made (dry run) or when all is done
 *     begin    the pair is on the device, the folder open; no frame yet. Start threads here
 *     take     every frame in order, from 100 % B to 100 % A, on the thread that renders
 *     finish   all frames are done: whatever is left to do, and to wait for
 *     end      join threads, free; also after a failure
 *
 * The runner enters the step's stage around begin, take and finish, so that their time goes to it;
 * a step enters no stage itself. Files go below fmi_run_path by temporary name and rename
 * (io/output.h). A step that fails fails the run; the runner removes the folder.
 */
#ifndef FMI_CLI_STEP_H
#define FMI_CLI_STEP_H

#include "run.h"

/** One kind of artefact. state is the step's own: NULL at birth, freed by end. */
typedef struct fmi_step {
    const char *name; /**< plural noun for people, "heatmaps" */
    fmi_stage stage;  /**< where its time goes */
    bool (*wanted)(const fmi_morph_options *options);
    /** Calls fmi_run_output for each file, in order. */
    fm_status (*list)(fmi_run *run, fm_error *err);
    fm_status (*begin)(fmi_run *run, void **state, fm_error *err); /**< may be NULL */
    fm_status (*take)(fmi_run *run, void *state, const fm_frame *frame,
                      fm_error *err); /**< may be NULL */
    fm_status (*finish)(fmi_run *run, void *state, fm_error *err);
    void (*end)(void **state); /**< accepts a state that begin left half made; may be NULL */
} fmi_step;

extern const fmi_step fmi_step_frames;
extern const fmi_step fmi_step_heatmaps;
extern const fmi_step fmi_step_tables;
extern const fmi_step fmi_step_meshes;
extern const fmi_step fmi_step_sheet;
extern const fmi_step fmi_step_textures;
extern const fmi_step fmi_step_video;

/** Takes what the cache has and begins the other wanted steps. */
fm_status fmi_steps_begin(fmi_run *run, fm_error *err);
fm_status fmi_steps_take(fmi_run *run, const fm_frame *frame, fm_error *err);
/** Whether anybody wants frames; false when all who do came from the cache. */
bool fmi_steps_take_frames(const fmi_run *run);
/** Finishes the steps and keeps their files in the cache. */
fm_status fmi_steps_finish(fmi_run *run, fm_error *err);
/** Ends what was begun, in reverse. Accepts a run that began nothing. */
void fmi_steps_end(fmi_run *run);
/** The files of all wanted steps: each goes to fmi_run_output. */
fm_status fmi_steps_list(fmi_run *run, fm_error *err);

/** Path of a file of the run folder while it is being made; name as in the list, "png/x.png". */
void fmi_run_path(const fmi_run *run, const char *name, char out[FMI_RUN_FILE]);
/** For list: one file of the run, relative to its folder. */
fm_status fmi_run_output(fmi_run *run, const char *name, fm_error *err);

/** False at level low: what takes frames is done with a batch before the next one is drawn. */
bool fmi_run_overlaps(const fmi_run *run);

#endif
