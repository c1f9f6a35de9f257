/* SPDX-License-Identifier: MIT */
/**
 * @file observe.h
 * What a launch of a cell tells beside its wall time: the device's own clock, where it can be
 * trusted, and how many bytes travel. Looked at after the samples, in a few further launches, on a
 * queue with profiling: samples are taken without.
 */
#ifndef FMI_OBSERVE_H
#define FMI_OBSERVE_H

#include "case.h"
#include "roofs.h"

#define FMI_TRUSTED "trusted" /**< what fmi_environment_clock says of a clock that is */

/** One launch. Plain data: it travels through pipes. Zeroed = not looked at. */
typedef struct fmi_observation {
    bool seen;
    double event_s;      /**< median of the kernels' times by events; NAN = none */
    double event_wall_s; /**< median of the same launches by the wall clock; NAN = none */
    char clock[120];     /**< "event and wall", or "wall: " and why */
    uint64_t kernels;    /**< that were started */
    uint64_t to_count, to_bytes, from_count, from_bytes;
    uint64_t loop_bytes; /**< uploaded inside frame loops */
} fmi_observation;

/**
 * Runs a checked state a few times.
 * @param engine  of the state; NULL = it has none: no kernels, no transfers
 * @param verdict of the event clock's self-test; "" = it was not tested
 * @param step_ns of the wall clock
 */
fm_status fmi_observe(fmi_observation *seen, const fmi_case *op, const fmi_case_params *params,
                      void *state, fm_engine *engine, const char *verdict, uint64_t step_ns,
                      fm_error *err);

/**
 * The rule for the times of a cell: events that end after they start, and not later than the wall
 * clock plus three of its steps. Otherwise the event times go and clock says why. Pure.
 */
void fmi_observe_judge(fmi_observation *seen, double step_s);

/** Whether transfers were no copies: FMI_ZERO_COPY_... */
typedef enum fmi_zero_copy {
    FMI_ZERO_COPY_UNKNOWN = 0, /**< none, too few bytes to tell, or no roofs */
    FMI_ZERO_COPY_NO,
    FMI_ZERO_COPY_YES
} fmi_zero_copy;

/** Bytes travelled in so much time, starts and waits (wait_s each) taken out: more than 3 times as
 *  fast as the device copies (copy, B/s) is no copy. Pure. */
fmi_zero_copy fmi_observe_zero_copy(double bytes, double count, double seconds, double wait_s,
                                    double copy);

#endif
