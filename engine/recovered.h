/* SPDX-License-Identifier: MIT */
/**
 * @file recovered.h
 * What the engine went on from when memory ran out anywhere but in a render, which has a report of
 * its own: morphs, solves, keypoints, blends, heatmaps, textures. Kept until forgotten, for whoever
 * writes a report.
 */
#ifndef FMI_RECOVERED_H
#define FMI_RECOVERED_H

#include "recovery.h"

#include <fm/engine.h>
#include <fm/render.h>

/** What failed, in words. */
typedef struct fmi_piecework {
    const char *stage; /**< "solve", "heatmaps"; static text */
    const char *unit;  /**< plural: "matrices" */
    uint32_t each;     /**< units that one of fmi_recovery.batch is */
} fmi_piecework;

/**
 * After a failure: waits until nothing is under way, asks the state machine for the next size,
 * warns, counts (fm_stats.recoveries) and keeps an entry. False: no smaller size helps, or the
 * device is gone; *err is the story still.
 */
bool fmi_recovered(fm_engine *engine, fmi_recovery *recovery, const fmi_piecework *work,
                   fm_status status, const fm_error *err);
/** Counts and keeps an entry: for whoever goes on by other rules. */
void fmi_recovered_note(fm_engine *engine, const char *stage, uint32_t from, uint32_t to,
                        int32_t code);
/** Entries since they were forgotten, oldest first; the first FM_RECOVERIES of them. */
const fm_recovery *fmi_recovered_list(const fm_engine *engine, uint32_t *count);
void fmi_recovered_forget(fm_engine *engine);

#endif
