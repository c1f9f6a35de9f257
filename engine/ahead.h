/* SPDX-License-Identifier: MIT */
/** @file ahead.h The frame loop's side of fm/ahead.h. */
#ifndef FMI_AHEAD_H
#define FMI_AHEAD_H

#include "engine_impl.h"

#include <fm/ahead.h>

/**
 * Inside a render, with the device at work: begins to send the pair that was named, when it fits
 * beside what `plan` takes; notes when it has arrived. When it begins, problem->ahead_bytes and the
 * bytes of the plan count it.
 * @retval FM_ERROR_DEVICE_LOST  whatever else goes wrong is no matter of this render
 */
fm_status fmi_ahead_look(fm_engine *engine, fm_problem *problem, fm_plan *plan, fm_error *err);
/** Bytes that the next pair has on the device, or on their way there. */
uint64_t fmi_ahead_bytes(const fm_engine *engine);
/** Memory is short: gives back what the next pair has on the device. False: it has nothing. */
bool fmi_ahead_drop(fm_engine *engine);

#endif
