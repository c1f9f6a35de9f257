/* SPDX-License-Identifier: MIT */
/** @file pair_impl.h What a pair is made of; for the files of engine/ only. */
#ifndef FMI_PAIR_IMPL_H
#define FMI_PAIR_IMPL_H

#include "renderer.h"

#include <fm/pair.h>

struct fm_pair {
    fm_engine *engine;
    fmi_joined joined;
    fm_pair_info info;
    const fmi_renderer *renderer;
    void *state;
    bool half;               /* vertex inputs as 16-bit floats */
    uint32_t list_per_frame; /* 0, or what a regrow found necessary */
};

/**
 * All of fm_pair_create that needs no device: checks, joins, chooses textures.
 * @param source out: what the renderer is made from
 */
fm_status fmi_pair_prepare(fm_pair **pair, fm_engine *engine, const fm_mesh *a, const fm_mesh *b,
                           const fm_pair_params *params, const fm_log *log,
                           fmi_renderer_source *source, fm_error *err);
/** Fills pair->info. filled: background texels replaced. */
void fmi_pair_describe(fm_pair *pair, const fmi_renderer_source *source, uint64_t filled);

#endif
