/* SPDX-License-Identifier: MIT */
/** @file pair_impl.h What a pair is made of; for the files of engine/ only. */
#ifndef FMI_PAIR_IMPL_H
#define FMI_PAIR_IMPL_H

#include "renderer.h"

struct fm_pair {
    fm_engine *engine;
    fmi_joined joined;
    fm_pair_info info;
    const fmi_renderer *renderer;
    void *state;
    bool half;               /* vertex inputs as 16-bit floats */
    uint32_t list_per_frame; /* 0, or what a regrow found necessary */
};

#endif
