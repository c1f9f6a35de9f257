/* SPDX-License-Identifier: MIT */
/**
 * @file tune.h
 * Which form of the kernels, tile and groups are fastest on a device: the candidates, and the
 * choice among what was measured. Both are pure; tune_command.c measures.
 */
#ifndef FMI_TUNE_H
#define FMI_TUNE_H

#include "advice.h"
#include "cell.h"

#define FMI_CANDIDATES_MAX 24

/** One way to run an op. */
typedef struct fmi_candidate {
    char name[48];       /**< "cpu, tile 64" */
    fm_tuning tuning;    /**< what makes it so; the other fields are zero */
    bool usual;          /**< what an engine without a tuning does; one of the list */
    const char *absent;  /**< why this device does not have it; NULL = it has */
    bool right;          /**< it ran and its results passed the case's check */
    char reason[160];    /**< why not, when it did not */
    double rate, lo, hi; /**< units/s of the first look */
    bool before;         /**< what the stored tuning has */
    bool final;          /**< it was timed in turn with the usual one */
    fmi_ratio ratio;     /**< the usual one's time over its own: above 1, it is faster */
    fmi_ratio to_best;   /**< its own time over that of the best finalist; n 0 = not known */
} fmi_candidate;

/** The candidates of raster: both forms, tiles, groups, half arithmetic. Returns how many. */
uint32_t fmi_tune_raster(const fm_caps *caps, fmi_candidate out[FMI_CANDIDATES_MAX]);
/** The candidates of raster with 4 samples a pixel, in the form that was chosen: tiles. */
uint32_t fmi_tune_sampled(const fm_caps *caps, fm_specialisation form,
                          fmi_candidate out[FMI_CANDIDATES_MAX]);
/** The candidates of morph: groups, and a launch that was recorded. */
uint32_t fmi_tune_morph(const fm_caps *caps, fmi_candidate out[FMI_CANDIDATES_MAX]);
/** The candidates of blend: groups of the gpu form; the cpu form has groups of 1. */
uint32_t fmi_tune_blend(const fm_caps *caps, fm_specialisation form,
                        fmi_candidate out[FMI_CANDIDATES_MAX]);
/** The candidates of solve: groups of the gpu form, shares a compute unit of the cpu form. */
uint32_t fmi_tune_solve(const fm_caps *caps, fm_specialisation form,
                        fmi_candidate out[FMI_CANDIDATES_MAX]);

#define FMI_FINALISTS 3

/**
 * Who is timed in turn with the usual one: the fastest others that are right, and not slower than
 * half of the best; what is stored is one of them. Returns how many.
 */
uint32_t fmi_tune_finalists(const fmi_candidate *list, uint32_t count,
                            uint32_t finalists[FMI_FINALISTS]);

/**
 * The knee of a curve (advice.h). A curve that the time cut short and that still rose at its end
 * has none: whatever batch was last would hold engines back. points: ascending batches. 0 = none.
 */
uint32_t fmi_tune_knee(const fmi_advice_point *points, uint32_t count, bool cut);

/** A batch that was timed in turn with the others. */
typedef struct fmi_tuned_batch {
    uint32_t batch;
    fmi_ratio to_best; /**< its time a frame over that of the best one */
} fmi_tuned_batch;

/**
 * The smallest batch that is not shown to be more than 3 % slower than the best; the stored one
 * where that holds for it as well. list: ascending. stored 0 = none. 0 = the list is empty.
 */
uint32_t fmi_tune_choose_batch(const fmi_tuned_batch *list, uint32_t count, uint32_t stored);

/**
 * The winner: of those whose interval says that they are more than 1 % faster than the usual one,
 * the one with the largest ratio; else the usual one, so that noise changes nothing. Those of
 * them that are not shown to be more than 1 % slower than it (what is stored: 3 %) tie with it:
 * what is stored wins, then what comes first, so that the next tuning comes to the same end. Only
 * what is right, on this device, can win.
 * @param ties out, may be NULL: how many others tie with the winner
 */
uint32_t fmi_tune_choose(const fmi_candidate *list, uint32_t count, uint32_t *ties);
/** Whether a candidate may win in the place of the winner. */
bool fmi_tune_ties(const fmi_candidate *list, uint32_t count, uint32_t index);

#endif
