/* SPDX-License-Identifier: MIT */
/** @file run_heatmap.h The differences of a run's two heads: made once, for figures and tables. */
#ifndef FMI_CLI_RUN_HEATMAP_H
#define FMI_CLI_RUN_HEATMAP_H

#include "run.h"

/** Computes run->heatmap's fields unless they are there already. */
fm_status fmi_run_heatmap(fmi_run *run, fm_error *err);
/** Fills run->statistic from the fields, unless it is filled. */
fm_status fmi_run_statistics(fmi_run *run, fm_error *err);

#endif
