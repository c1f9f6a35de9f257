/* SPDX-License-Identifier: MIT */
/**
 * @file picture.h
 * What raster, encode and pipeline have in common: an engine, the uploaded pair, the frames of one
 * launch. First member of their states, so that their facts can be shared too.
 */
#ifndef FMI_CASE_PICTURE_H
#define FMI_CASE_PICTURE_H

#include "frames.h"

/** Zeroed = none. */
typedef struct fmi_picture {
    const fmi_case_params *params; /**< borrowed */
    fm_engine *engine;
    fm_pair *pair;
    fmi_frames frames;
    fm_render_report report; /**< of the last fmi_picture_render */
} fmi_picture;

fm_status fmi_picture_create(fmi_picture *picture, const fmi_case_params *params, fm_error *err);
void fmi_picture_destroy(fmi_picture *picture);

/** Renders the launch's frames once; sink NULL = mapped and dropped. */
fm_status fmi_picture_render(fmi_picture *picture, fm_sink_fn sink, void *user, fm_error *err);
/** Likewise n frames of weights t, in batches of params->batch. */
fm_status fmi_picture_render_more(fmi_picture *picture, const float *t, uint32_t n, fm_sink_fn sink,
                                  void *user, fm_error *err);
/** The common facts: frames, pixel bytes, coverage, plan, memory, transfers. */
void fmi_picture_facts(const fmi_picture *picture, fmi_case_facts *facts);

/** fmi_case.plan of every picture op. */
fm_status fmi_picture_plan(const fmi_case_params *params, const fm_caps *caps, fm_plan *plan,
                           fm_error *err);
/** The same for a job of so many batches. */
fm_status fmi_picture_plan_more(const fmi_case_params *params, const fm_caps *caps,
                                uint32_t batches, fm_plan *plan, fm_error *err);
/** Device bytes of the pair, without what a render of one frame puts beside it. */
fm_status fmi_picture_pair_bytes(const fmi_case_params *params, const fm_caps *caps,
                                 uint64_t *bytes, fm_error *err);
/** fmi_case.same_program of ops that render: extreme alone has other build flags. */
bool fmi_picture_same_program(fm_level a, fm_level b);

#endif
