/* SPDX-License-Identifier: MIT */
/** @file export.h A report in the formats of other programs. */
#ifndef FMI_EXPORT_H
#define FMI_EXPORT_H

#include "report.h"

/** A line of JSON for each cell, with the run in it. */
fm_status fmi_export_jsonl(const fmi_report *report, FILE *out, fm_error *err);
/** JUnit XML: a wrong result and a crash are failures, what did not run is skipped. */
void fmi_export_junit(const fmi_report *report, FILE *out);
/** Prometheus text format: one gauge a quantity, the point as labels. */
void fmi_export_prometheus(const fmi_report *report, FILE *out);

/** The object of a cell as in fmbench/sweep/1; with_run: the name of the run in it. */
void fmi_report_cell_json(const fmi_cell *cell, const fmi_report *report, bool with_run,
                          fmi_json *json);

#endif
