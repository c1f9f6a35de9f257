/* SPDX-License-Identifier: MIT */
/* The table of steps, and the walk through it. */
#include "step.h"

#include "job.h"
#include "result_cache.h"
#include "session.h"

#include "clock.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

/* In the order of begin, take, finish and of the files in run.json. */
static const fmi_step *const steps[] = {
    &fmi_step_frames, &fmi_step_meshes,   &fmi_step_textures, &fmi_step_video,
    &fmi_step_sheet,  &fmi_step_heatmaps, &fmi_step_tables,
};
#define STEPS (sizeof steps / sizeof steps[0])
_Static_assert(STEPS <= FMI_RUN_STEPS, "fmi_run keeps a state for each step");

static bool runs(const fmi_run *run, size_t i) {
    return steps[i]->wanted(run->options) && !run->cached[i];
}

static void enter(fmi_run *run, size_t i) {
    fmi_stages_enter(&run->stages, steps[i]->stage, fmi_clock_since_start());
}

static void leave(fmi_run *run) {
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
}

/* Key and files of a step in the cache. */
static fm_status describe(fmi_run *run, size_t i, char key[FMI_JOB_HEX], fmi_file_names *names,
                          fm_error *err) {
    run->list = fmi_results_collect;
    run->list_user = names;
    fm_status status = steps[i]->list(run, err);
    return status == FM_OK ? fmi_step_hash(run, steps[i]->name, steps[i]->stage, key, err) : status;
}

static fm_status fetch(fmi_run *run, size_t i, fm_error *err) {
    fmi_file_names names = {0};
    char key[FMI_JOB_HEX];
    fm_status status = describe(run, i, key, &names, err);
    if (status == FM_OK)
        status = fmi_results_fetch(run, key, &names, &run->cached[i], err);
    if (status == FM_OK && run->cached[i])
        fmi_session_step(run, "%s: taken from the cache", steps[i]->name);
    fmi_file_names_free(&names);
    return status;
}

static fm_status store(fmi_run *run, size_t i, fm_error *err) {
    fmi_file_names names = {0};
    char key[FMI_JOB_HEX];
    fm_status status = describe(run, i, key, &names, err);
    if (status == FM_OK)
        fmi_results_store(run, key, &names);
    fmi_file_names_free(&names);
    return status;
}

/* What kernels of somebody else's folder made is of no other run. */
static bool has_cache(const fmi_run *run) {
    return run->options->cache != NULL && getenv("FM_CL_DIR") == NULL;
}

/* Every step that is to run, one after another, in the encode stage. */
static fm_status with_cache(fmi_run *run, fm_status (*use)(fmi_run *, size_t, fm_error *),
                            fm_error *err) {
    fm_status status = FM_OK;
    if (!has_cache(run))
        return FM_OK;
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    for (size_t i = 0; i < STEPS && status == FM_OK; i++) {
        if (runs(run, i))
            status = use(run, i, err);
    }
    leave(run);
    return status;
}

bool fmi_run_overlaps(const fmi_run *run) {
    return run->options->level != FM_LEVEL_LOW;
}

bool fmi_steps_take_frames(const fmi_run *run) {
    for (size_t i = 0; i < STEPS; i++) {
        if (runs(run, i) && steps[i]->take != NULL)
            return true;
    }
    return false;
}

fm_status fmi_steps_begin(fmi_run *run, fm_error *err) {
    if (run->options->cache != NULL && !has_cache(run))
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "--cache: not used with kernels of another folder (FM_CL_DIR)");
    fm_status status = with_cache(run, fetch, err);
    for (size_t i = 0; i < STEPS && status == FM_OK; i++) {
        if (!runs(run, i) || steps[i]->begin == NULL)
            continue;
        enter(run, i);
        status = steps[i]->begin(run, &run->state[i], err);
        leave(run);
    }
    return status;
}

fm_status fmi_steps_take(fmi_run *run, const fm_frame *frame, fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; i < STEPS && status == FM_OK; i++) {
        if (!runs(run, i) || steps[i]->take == NULL)
            continue;
        enter(run, i);
        status = steps[i]->take(run, run->state[i], frame, err);
        leave(run);
    }
    return status;
}

fm_status fmi_steps_finish(fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; i < STEPS && status == FM_OK; i++) {
        if (!runs(run, i))
            continue;
        enter(run, i);
        double begin = fmi_clock_since_start();
        status = steps[i]->finish(run, run->state[i], err);
        double end = fmi_clock_since_start();
        leave(run);
        if (status == FM_OK)
            fmi_session_step(run, "%s: done, the last %.3f s after the frames", steps[i]->name,
                             end - begin);
    }
    return status == FM_OK ? with_cache(run, store, err) : status;
}

void fmi_steps_end(fmi_run *run) {
    for (size_t i = STEPS; i-- > 0;) {
        if (steps[i]->end != NULL && run->state[i] != NULL)
            steps[i]->end(&run->state[i]);
        run->state[i] = NULL;
    }
}

fm_status fmi_steps_list(fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    for (size_t i = 0; i < STEPS && status == FM_OK; i++) {
        run->listing_cached = run->cached[i];
        if (steps[i]->wanted(run->options))
            status = steps[i]->list(run, err);
    }
    run->listing_cached = false;
    return status;
}

void fmi_run_path(const fmi_run *run, const char *name, char out[FMI_RUN_FILE]) {
    snprintf(out, FMI_RUN_FILE, "%s/%s", run->dir.work_path, name);
}

fm_status fmi_run_output(fmi_run *run, const char *name, fm_error *err) {
    return run->list(run->list_user, name, err);
}

fm_status fmi_run_list(fmi_run *run, fmi_list_fn list, void *user, fm_error *err) {
    run->list = list;
    run->list_user = user;
    fm_status status = run->options->raw ? FM_OK : fmi_steps_list(run, err);
    return status == FM_OK && !run->options->raw ? list(user, "session.log", err) : status;
}
