/* SPDX-License-Identifier: MIT */
/** @file run_heatmap.h The differences of a run's two heads: made once, for figures and tables. */
#ifndef FMI_CLI_RUN_HEATMAP_H
#define FMI_CLI_RUN_HEATMAP_H

#include "run.h"

/** Computes run->heatmap's fields unless they are there already. With --verify twice: what a read
 * back or the device got wrong once shows. */
fm_status fmi_run_heatmap(fmi_run *run, fm_error *err);
/** Draws the panels, with --verify likewise. */
fm_status fmi_run_panels(fmi_run *run, const fm_view *view, fm_error *err);
/** Fills run->statistic from the fields, unless it is filled. */
fm_status fmi_run_statistics(fmi_run *run, fm_error *err);

#endif
