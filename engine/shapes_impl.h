/* SPDX-License-Identifier: MIT */
/** @file shapes_impl.h What renderable shapes are made of; for the files of engine/ only. */
#ifndef FMI_SHAPES_IMPL_H
#define FMI_SHAPES_IMPL_H

#include "blend_impl.h"
#include "blend_join.h"
#include "renderer.h"

#include <fm/shapes.h>

struct fm_shapes {
    fm_engine *engine;
    fmi_joined joined;
    fm_shapes_info info;
    const fmi_renderer *renderer;
    void *state;
    fmi_vertex_source source;
    fm_blend *blend; /* NULL on the reference engine */
    fmi_buffer ranges, around;
    float unit;
    cl_program program;
    cl_kernel lanes, normals;
    uint32_t padded;
};

#endif
