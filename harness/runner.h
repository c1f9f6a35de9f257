/* SPDX-License-Identifier: MIT */
/**
 * @file runner.h
 * Who runs the cells: this process (`--isolate none`), or workers started by exec, one for each
 * cell or one for each op. A worker that aborts, is killed, hangs or runs out of memory costs the
 * cell it had, never the sweep.
 */
#ifndef FMI_RUNNER_H
#define FMI_RUNNER_H

#include "cell.h"
#include "cold.h"
#include "environment.h"
#include "live.h"
#include "roofs.h"

/** Opaque; one thread. */
typedef struct fmi_runner fmi_runner;

typedef struct fmi_runner_params {
    const fmi_options *options; /**< borrowed */
    int argc;                   /**< the command line, for the workers */
    char *const *argv;
    fm_log log;
    void (*phase)(void *user, const char *phase); /**< of the running cell, in its process or here;
                                                       may be NULL */
    void (*news)(void *user, const fmi_cell_news *news); /**< the same; may be NULL */
    void *user;
} fmi_runner_params;

fm_status fmi_runner_create(fmi_runner **runner, const fmi_runner_params *params, fm_error *err);
/** Ends the workers. Accepts NULL. */
void fmi_runner_destroy(fmi_runner **runner);

/** The inputs of the cells, borrowed; before the first cell, roofs or cold start. */
void fmi_runner_inputs(fmi_runner *runner, fmi_input *const *inputs, uint32_t count);

/** Facts of the device a selector means; facts NULL = not asked for. Its event clock is judged when
 *  they are. */
fm_status fmi_runner_device(fmi_runner *runner, const char *device, fm_caps *caps,
                            fmi_opencl_facts *facts, fm_error *err);
fm_status fmi_runner_roofs(fmi_runner *runner, const char *device, fmi_roofs *roofs, fm_error *err);
/** Both processes of a cold start; empty where there is no isolation. */
fm_status fmi_runner_cold(fmi_runner *runner, const char *device, fmi_cold *cold, fm_error *err);
/**
 * Runs one cell: its status is set whatever happens to the worker.
 * @param limit_s seconds without a sign of life after which the cell is a timeout
 * @param most_s  seconds for the whole cell: a hopeless one is abandoned
 * @retval FM_ERROR_CANCELLED the user stopped it; the cell is skipped
 */
fm_status fmi_runner_cell(fmi_runner *runner, fmi_cell *cell, const fmi_cell_how *how,
                          double limit_s, double most_s, fm_error *err);

/**
 * Runs a comparison: fmi_live_run in a worker, a new one when fresh. op and params as of a cell; a,
 * b as fmi_live_run. What kills the worker ends in the comparison's status.
 * @retval FM_ERROR_CANCELLED the user stopped it
 */
fm_status fmi_runner_live(fmi_runner *runner, fmi_live *live, const fmi_case *op,
                          const fmi_case_params *params, const fmi_recipe *a, const fmi_recipe *b,
                          const fmi_live_how *how, bool fresh, double limit_s, double most_s,
                          fm_error *err);

/**
 * Has a worker build the kernels of a case and run them once, and does not wait: the worker of this
 * runner is busy until fmi_runner_built. For several runners at once; not with --isolate none.
 */
fm_status fmi_runner_build(fmi_runner *runner, const fmi_case *op, const fmi_case_params *params,
                           fm_error *err);
/**
 * Waits for it.
 * @param why out: what went wrong
 * @retval FM_ERROR_IO, FM_ERROR_LIMIT it died, or gave no sign of life for limit_s
 */
fm_status fmi_runner_built(fmi_runner *runner, double limit_s, char *why, size_t why_bytes);

/** The worker's main loop: reads requests until its input ends. Returns its exit code. */
int fmi_worker_main(const fmi_options *options);

#endif
