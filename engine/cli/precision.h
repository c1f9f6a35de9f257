/* SPDX-License-Identifier: MIT */
/** @file precision.h What --precision fp16 costs, measured on the pair at hand. */
#ifndef FMI_CLI_PRECISION_H
#define FMI_CLI_PRECISION_H

#include "run.h"

#define FMI_PRECISION_LEAST_DB 45.0 /**< a worse picture is told as a warning */

/**
 * fm_pair_create into run->pair. With params->half the same pair is first made in 32 bits; frames
 * at t = 0, 0.5 and 1 of both give run->precision_psnr over all bytes, which is also logged. These
 * frames have the run's view, scaled to at most 512 pixels. Where the run makes heatmaps or tables,
 * the largest differences of their fields go to run->precision_error. With the reference, which has
 * one precision, all stay not measured.
 */
fm_status fmi_precision_pair(fmi_run *run, const fm_mesh *a, const fm_mesh *b,
                             const fm_pair_params *params, fm_error *err);

#endif
