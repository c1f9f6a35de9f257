/* SPDX-License-Identifier: MIT */
/**
 * @file anchor.h
 * The anchor: a small kernel whose work never changes, timed before and after every cell. When it
 * slows down, the machine did (clock, heat, neighbours), not the code.
 */
#ifndef FMI_ANCHOR_H
#define FMI_ANCHOR_H

#include "case.h"

/** Seconds of the anchor on the device of params: the best of a few runs of about 2 ms. */
fm_status fmi_anchor_time(const fmi_case_params *params, double *seconds, fm_error *err);

#endif
