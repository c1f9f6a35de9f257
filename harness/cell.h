/* SPDX-License-Identifier: MIT */
/**
 * @file cell.h
 * One point of a sweep and what became of it. Every cell ends as a row with a status and, unless
 * that is ok, a reason; none is ever left out.
 */
#ifndef FMI_CELL_H
#define FMI_CELL_H

#include "bench.h"
#include "breakdown.h"
#include "case.h"
#include "frequency.h"
#include "gate.h"
#include "observe.h"
#include "options.h"
#include "peer.h"
#include "recipe.h"
#include "roofs.h"

/** Words in results: ok unsupported skipped infeasible oom crashed timeout wrong-result ... */
typedef enum fmi_cell_status {
    FMI_CELL_PENDING = 0, /**< not run yet; never in results */
    FMI_CELL_OK,
    FMI_CELL_UNSUPPORTED,
    FMI_CELL_SKIPPED,
    FMI_CELL_INFEASIBLE,
    FMI_CELL_OOM,
    FMI_CELL_CRASHED,
    FMI_CELL_TIMEOUT,
    FMI_CELL_WRONG_RESULT,
    FMI_CELL_THROTTLED,
    FMI_CELL_NOISY,
    FMI_CELL_STATUSES
} fmi_cell_status;

/** The word of a status. */
const char *fmi_cell_status_name(fmi_cell_status status);

#define FMI_PEERS_MAX 4

/** What became of one peer in a cell. */
typedef struct fmi_peer_result {
    const fmi_peer *peer;
    uint32_t index;         /**< of the peer in fmi_peers */
    fmi_cell_status status; /**< ok, unsupported, crashed or wrong-result */
    char reason[160];
    fmi_check check;
    fmi_case_facts facts;
    fmi_bench bench; /**< sample i was taken in the round of our sample i */
    double rate, rate_lo, rate_hi;
    fmi_ratio ratio; /**< its time over ours: above 1, ours is faster */
} fmi_peer_result;

/** One cell. Zeroed = nothing known. */
typedef struct fmi_cell {
    const fmi_case *op;
    fmi_case_params params; /**< strings and input borrowed from the sweep */
    bool planners_batch;    /**< the batch is the planner's own choice */
    bool refined;           /**< added by `auto` near the knee */
    bool stored;            /**< has its row: a resumed run had it already */
    fm_plan plan;           /**< of the planner, before the run */
    uint64_t predicted_bytes;
    fmi_cell_status status;
    char reason[256];
    char warnings[512]; /**< comma-separated words; "" = none */
    bool checked;       /**< check is filled */
    fmi_check check;
    char error_unit[24]; /**< of check.max */
    double anchor_s;     /**< the slower of the anchor's times before and after; 0 = none */
    uint32_t tries;      /**< times the cell was run */
    bool timed;          /**< the numbers below are filled: status ok or noisy */
    fmi_bench bench;     /**< samples are freed once stored; the summary stays */
    double rate, rate_lo, rate_hi; /**< units per second; interval NAN below 6 samples */
    double cpu_s_per_frame;        /**< CPU seconds of all threads for one unit of work */
    double roof_fraction;          /**< least time the roofs allow over the measured; NAN = none */
    char roof[12];                 /**< the roof that limits it: "cache", "memory", "fma", "" */
    bool measured;                 /**< facts is filled */
    fmi_case_facts facts;
    double joules_per_frame;      /**< drawn by what power_source counts; 0 or NAN = not known */
    char power_source[24];        /**< for example "rapl package-0"; "" = nobody says */
    fmi_observation seen;         /**< event clock and transfers of a timed cell */
    fmi_frequency_seen frequency; /**< of the device while it was timed */
    fmi_zero_copy zero_copy;      /**< of what comes from the device, against the roofs */
    fmi_recipe recipe;            /**< programs and launches of a timed cell; freed once stored */
    uint32_t peer_count;
    fmi_peer_result peer[FMI_PEERS_MAX];
    fmi_breakdown stages; /**< of a timed cell; count 0 = not measured */
    double wall_s;        /**< the whole cell took: making, checking, timing */
} fmi_cell;

/** All cells of a sweep, in the order of the axes. Zeroed = none. */
typedef struct fmi_cells {
    fmi_cell *cell;
    uint32_t count, capacity;
} fmi_cells;

/**
 * Makes the cells of op x input x the op's axes x level x batch with their plans. Infeasible and
 * unsupported ones and those that repeat another level's program and plan have their final status
 * already.
 * @param inputs  one per value of options->vertices, or one for --input
 */
fm_status fmi_cells_make(fmi_cells *cells, const fmi_options *options, fmi_input *const *inputs,
                         uint32_t input_count, const fm_caps *caps, fm_error *err);
/** Plans a cell and appends it. */
fm_status fmi_cells_add(fmi_cells *cells, fmi_cell *cell, const fm_caps *caps, fm_error *err);
void fmi_cells_free(fmi_cells *cells);

/** A cell that is being timed: what its samples say so far. Plain data: it travels through pipes.
 */
typedef struct fmi_cell_news {
    uint32_t samples, of;
    double median_s, lo_s, hi_s; /**< of a launch; the interval NAN below 6 samples */
    double rate, rate_lo, rate_hi;
} fmi_cell_news;

/** How cells are run. */
typedef struct fmi_cell_how {
    fmi_check_params check;
    fmi_bench_params bench;
    bool plain;                /**< times only, no stages: what is tried, not what is reported */
    bool peers;                /**< time the peers of the op in turn with it */
    fm_caps caps;              /**< of the device, for its energy counter and its clock; zeroed =
                                    none */
    char event_clock[160];     /**< of fmi_environment_clock; "" = it was not tested */
    fmi_gate gate;             /**< of cells that are timed at once; zeroed = none */
    uint64_t data_limit_bytes; /**< a worker's data, on CPU devices; 0 = no limit */
    void (*phase)(void *user, const char *phase); /**< told what comes next; may be NULL */
    void *phase_user;
    void (*news)(void *user, const fmi_cell_news *news); /**< now and then while a cell is timed;
                                                            may be NULL */
    void *news_user;
} fmi_cell_how;

/** 11 samples and 2 frames verified when quick, else 20 and up to 6 with the rest by hash. */
fmi_cell_how fmi_cell_how_make(bool quick, uint64_t clock_step_ns,
                               const volatile sig_atomic_t *cancel);

/**
 * Makes, checks, times and checks again. Failures of the cell end in its status.
 * @retval FM_ERROR_CANCELLED the flag was set; the cell is skipped
 */
fm_status fmi_cell_run(fmi_cell *cell, const fmi_cell_how *how, fm_error *err);

/** The timing of a checked state, in turn with its peers when how says so; fills bench, facts and
 *  peer. */
fm_status fmi_cell_time(fmi_cell *cell, void *state, const fmi_cell_how *how, fm_error *err);
/** Compares a timed cell with the roofs: fills roof_fraction; true when its rate is impossible. */
bool fmi_cell_judge(fmi_cell *cell, const fmi_roofs *roofs);
/** Takes the numbers of an impossible cell away: it is noisy and never ranked. */
void fmi_cell_impossible(fmi_cell *cell, const fmi_roofs *roofs);
/** True for a cell that a resumed run runs again: it was interrupted or there was no time. */
bool fmi_cell_again(const fmi_cell *cell);
/** Frees the samples and the recipe of a cell. */
void fmi_cell_free(fmi_cell *cell);

/** Ends a cell that was not run. */
void fmi_cell_skip(fmi_cell *cell, fmi_cell_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
