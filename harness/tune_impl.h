/* SPDX-License-Identifier: MIT */
/** @file tune_impl.h What the files of `fmbench tune` share. */
#ifndef FMI_TUNE_IMPL_H
#define FMI_TUNE_IMPL_H

#include "runner.h"
#include "tune.h"

/** What is tuned, in this order. */
enum {
    FMI_TUNE_RASTER,
    FMI_TUNE_SAMPLED,
    FMI_TUNE_MORPH,
    FMI_TUNE_BLEND,
    FMI_TUNE_SOLVE,
    FMI_TUNE_STEPS
};

/** The candidates of one of them. */
typedef struct fmi_tuner_step {
    const char *name, *key; /**< for people; in JSON */
    const fmi_case *op;
    uint32_t samples, batch;
    fmi_candidate list[FMI_CANDIDATES_MAX];
    uint32_t count;
} fmi_tuner_step;

typedef struct fmi_tuner {
    const fmi_options *options;
    fm_log log;
    fm_caps caps;
    fmi_runner_params how; /**< of every runner */
    fmi_runner *runner;
    fmi_input *input;
    double begun_s;
    fmi_tuner_step step[FMI_TUNE_STEPS];
    fm_tuning tuning; /**< what has won so far */
    fm_tuning stored; /**< what was there before */
    bool has_stored;
    char folder[1024], path[1200];
    const char *outcome;
} fmi_tuner;

/** Seconds for all of it; 0 = no limit. */
double fmi_tuner_seconds(const fmi_tuner *t);
/** The point at which a step is measured. */
fmi_case_params fmi_tuner_point(const fmi_tuner *t, const fmi_tuner_step *step, fm_level level,
                                uint32_t batch);
/** Whether the time is used up. */
bool fmi_tuner_late(const fmi_tuner *t);
/** Checked and timed in a worker; *cell.status says what became of it. hopeless_s: as
 *  fmi_bench_params. */
fm_status fmi_tuner_cell(fmi_tuner *t, const fmi_case *op, const fmi_case_params *params,
                         double hopeless_s, fmi_cell *cell, fm_error *err);
/** Whether it has numbers. */
bool fmi_tuner_measured(const fmi_cell *cell);
/** Fills the batches and the rate of t->tuning. */
fm_status fmi_tuner_batches(fmi_tuner *t, fm_error *err);
/** Builds the kernels of all candidates of a step, as many at once as there are cores. One whose
 *  build dies or hangs has a reason then, and is not timed. */
fm_status fmi_tuner_build(fmi_tuner *t, fmi_tuner_step *step, fm_error *err);

/** Candidates and tunings as tables. */
void fmi_tuner_text(const fmi_tuner *t);
/** The same as one object. */
fm_status fmi_tuner_json(const fmi_tuner *t, fm_error *err);

#endif
