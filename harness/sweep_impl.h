/* SPDX-License-Identifier: MIT */
/** @file sweep_impl.h What the files of the sweep share. */
#ifndef FMI_SWEEP_IMPL_H
#define FMI_SWEEP_IMPL_H

#include "console.h"
#include "progress_line.h"
#include "report.h"
#include "runner.h"
#include "store.h"

/** Everything one sweep owns. Zeroed = nothing yet. */
typedef struct fmi_sweep {
    const fmi_options *options; /**< borrowed; of the resumed run when there is one */
    int argc;                   /**< the words the options were read from */
    char *const *argv;
    fm_log log;
    fmi_environment environment;
    fmi_opencl_facts opencl;
    fm_caps caps;
    fmi_runner *runner;
    fmi_input *input[FMI_AXIS_MAX];
    uint32_t input_count;
    fmi_cells cells;
    uint32_t *order;     /**< cells by time of execution */
    uint32_t base_cells; /**< cells before any refinement */
    uint64_t seed;
    fmi_roofs roofs;
    fmi_cold cold;
    fmi_store *store;
    int claim; /**< run_claim.h; -1 = none */
    bool resumed;
    char db[1024], run[32], started[32];
    char configuration[400], configuration_hash[17];
    double begun_s;       /**< since the start of the process */
    double best_anchor_s; /**< least anchor so far; 0 = none */
    uint32_t ran;         /**< cells that were run by this process */
    fmi_progress progress;
    fmi_frequency frequency; /**< for the progress; closed = nobody says */
} fmi_sweep;

/** What the running cell tells, for the progress. */
void fmi_sweep_phase(void *sweep, const char *phase);
void fmi_sweep_news(void *sweep, const fmi_cell_news *news);

/** Runs all cells that have no result yet, stores each, refines around the knees. */
fm_status fmi_sweep_run(fmi_sweep *sweep, fm_error *err);

/** Adds pending cells between the batches around the knee of every curve (`--batch auto`); returns
 *  how many. Pure but for the cells. */
uint32_t fmi_cells_refine(fmi_cells *cells, const fm_caps *caps, fm_error *err);

/** The batch that a sweep's raster cells of 512 x 512 advise for a level, and their best rate; 0 =
 *  fewer than four steady ones. Pure. */
uint32_t fmi_sweep_batch(const fmi_cells *cells, fm_level level, double *rate);
/** Stores the batches as the tuning of the device, unless it has one. */
void fmi_sweep_keep_tuning(const fmi_sweep *sweep);

/** --list and --dry-run: prints, touches neither store nor kernels. */
fm_status fmi_sweep_preview(fmi_sweep *sweep, fm_error *err);
fm_status fmi_sweep_print(const fmi_sweep *sweep, fm_error *err);

/** Fills configuration and its hash: what a resumed run must have in common with the first part. */
void fmi_sweep_configure(fmi_sweep *sweep);

#endif
