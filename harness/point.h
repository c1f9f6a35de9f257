/* SPDX-License-Identifier: MIT */
/**
 * @file point.h
 * A point of the sweep in words: which axes an op has, their names and values. One place, so that
 * tables, progress, keys of resumed runs and errors say the same.
 */
#ifndef FMI_POINT_H
#define FMI_POINT_H

#include "case.h"

#include <stddef.h>

#define FMI_POINT_TEXT 320

/** "fp32" or "fp16". */
const char *fmi_precision_name(fmi_precision precision);
/** "row-major" or "interleaved". */
const char *fmi_layout_name(fmi_layout layout);
/** "hot" or "cold". */
const char *fmi_caches_name(fmi_caches caches);
/** "nearest-mip" or "trilinear". */
const char *fmi_filter_name(fmi_filter filter);

/** What a table column says about the shape: "512x512 grey 4 samples", "n 4, 10 % singular". */
void fmi_point_shape(const fmi_case *op, const fmi_case_params *params, char *out,
                     size_t out_bytes);
/** For progress and messages: op, batch, level, shape. */
void fmi_point_text(const fmi_case *op, const fmi_case_params *params, char out[FMI_POINT_TEXT]);
/** The same point always has the same key, and no other point has it. */
void fmi_point_key(const fmi_case *op, const fmi_case_params *params, char out[FMI_POINT_TEXT]);
/** The same in everything but the level. */
bool fmi_point_same_but_level(const fmi_case_params *a, const fmi_case_params *b);
/** "on" or "off": are there textures, and are they used? */
const char *fmi_point_texture(const fmi_case_params *params);
/** Positions of the input; 0 without one. */
uint32_t fmi_point_vertices(const fmi_case_params *params);

#endif
