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

/** Candidates and tunings as tables. */
void fmi_tuner_text(const fmi_tuner *t);
/** The same as one object. */
fm_status fmi_tuner_json(const fmi_tuner *t, fm_error *err);

#endif
