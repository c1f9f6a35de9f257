/* SPDX-License-Identifier: MIT */
/** @file report_stages.h Where the time goes, and what half the size is worth: tables and JSON. */
#ifndef FMI_REPORT_STAGES_H
#define FMI_REPORT_STAGES_H

#include "report.h"

#define FMI_STAGE_LEAST 0.01 /**< shares below are left out of tables */

/** A table of the stages of each curve's fastest cell; nothing when no cell has any. */
void fmi_report_stages(const fmi_report *report, fmi_format format, FILE *out);
/** A table of renders that were measured at two sizes; nothing when there are none. */
void fmi_report_sizes(const fmi_report *report, fmi_format format, FILE *out);

/** The array `stages` of a cell; empty when it was not measured. */
void fmi_stages_json(const fmi_cell *cell, const fmi_roofs *roofs, fmi_json *json);
/** The array `sizes` of a sweep. */
void fmi_sizes_json(const fmi_cells *cells, fmi_json *json);

/** "compute, 23 % reached", "launch", "-". Returns out. */
char *fmi_bottleneck_text(char out[48], const fmi_bottleneck *bottleneck);

#endif
