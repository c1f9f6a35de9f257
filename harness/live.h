/* SPDX-License-Identifier: MIT */
/**
 * @file live.h
 * Two builds of one point, run in turn in one process on the same inputs and buffers: what drifts
 * on the machine, and where memory happens to lie, meets both alike. A side is what a stored cell
 * was made of (its kernels, options and geometry under today's host code), or the present build.
 *
 *     fmi_live_how how = fmi_live_how_make(false, clock_step_ns, cancel);
 *     fmi_live live = {0};
 *     fmi_live_run(&live, op, &params, &stored, NULL, &how, &err);   // stored against today's
 *     ... live.verdict, live.ratio ...
 *     fmi_live_free(&live);
 */
#ifndef FMI_LIVE_H
#define FMI_LIVE_H

#include "cell.h"
#include "verdict.h"

/** How a comparison is made. */
typedef struct fmi_live_how {
    fmi_cell_how cell;    /**< check, bench (looks included), phase */
    double band;          /**< ln of what counts as a difference */
    uint32_t comparisons; /**< how many are made together: they share the error; 0 = 1 */
    bool identical;       /**< time sides that are the same kernels, too */
    double slow_b;        /**< share of launches that B makes twice: a slowdown for the proof of the
                               method; 0 in use */
} fmi_live_how;

/** 52, 104 and 208 rounds with a look after each, or 52 alone when quick; a band of 1 %. */
fmi_live_how fmi_live_how_make(bool quick, uint64_t clock_step_ns,
                               const volatile sig_atomic_t *cancel);

/** What came of it. Zeroed = nothing. Free with fmi_live_free. */
typedef struct fmi_live {
    fmi_cell_status status; /**< ok when compared, also when it did not need to be timed */
    char reason[256];       /**< when not */
    bool same_kernels;      /**< both sides are the same programs, launched alike */
    bool timed;
    fmi_verdict verdict; /**< by the interval */
    fmi_ratio ratio;     /**< time of B over A, at the error of one look and one comparison */
    double p;            /**< of "inside the band", times the looks */
    fmi_check check[2];
    fmi_bench side[2]; /**< sample i of both was taken in round i, warm-up aside */
    double wall_s;
} fmi_live;

/**
 * Makes a state, checks both sides of it against the reference, times them in turn, checks again.
 * Failures of a side end in status and reason.
 * @param a,b NULL = the present build
 * @retval FM_ERROR_CANCELLED the flag was set
 */
fm_status fmi_live_run(fmi_live *live, const fmi_case *op, const fmi_case_params *params,
                       const fmi_recipe *a, const fmi_recipe *b, const fmi_live_how *how,
                       fm_error *err);
void fmi_live_free(fmi_live *live);

/** The times of one side, warm-up aside, in out. Returns how many. */
size_t fmi_live_times(const fmi_bench *bench, double *out);

#endif
