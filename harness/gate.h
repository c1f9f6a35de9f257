/* SPDX-License-Identifier: MIT */
/**
 * @file gate.h
 * Workers that are timed over the same stretch: each waits until all are ready, and goes on running
 * after its samples until all have theirs. Files of a folder say who is where, so a worker that
 * dies can be signed off by its parent.
 */
#ifndef FMI_GATE_H
#define FMI_GATE_H

#include <fm/status.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** Plain data: it travels through pipes. sides 0 = no gate. */
typedef struct fmi_gate {
    char folder[64];
    uint32_t sides, side; /**< how many, and which of them this is, from 0 */
} fmi_gate;

/** "ready" and "done". */
typedef enum fmi_gate_step { FMI_GATE_READY = 0, FMI_GATE_DONE } fmi_gate_step;

/** Signs a side in at a step; a second time is nothing. */
void fmi_gate_sign(const fmi_gate *gate, uint32_t side, fmi_gate_step step);
/** Whether all sides are there. */
bool fmi_gate_open(const fmi_gate *gate, fmi_gate_step step);
/** Signs in and waits for all, most_s at most. False when it was not all of them. */
bool fmi_gate_wait(const fmi_gate *gate, fmi_gate_step step, double most_s,
                   const volatile sig_atomic_t *cancel);

#endif
