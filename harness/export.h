/* SPDX-License-Identifier: MIT */
/** @file export.h A report in the formats of other programs. */
#ifndef FMI_EXPORT_H
#define FMI_EXPORT_H

#include "report.h"

/** A line of JSON for each cell, with the run in it. */
fm_status fmi_export_jsonl(const fmi_report *report, FILE *out, fm_error *err);
/** JUnit XML: a wrong result and a crash are failures, what did not run is skipped. */
void fmi_export_junit(const fmi_report *report, FILE *out);
/** The run as SQL: statements that make a store with it, and nothing else, out of nothing. path: of
 *  the store that has it. */
fm_status fmi_export_sql(const char *path, const char *run, FILE *out, fm_error *err);
/** Prometheus text format: one gauge a quantity, the point as labels. */
void fmi_export_prometheus(const fmi_report *report, FILE *out);

/** The object of a cell as in fmbench/sweep/1. alone: a line of its own, with the name of the run
 *  and without the samples. */
void fmi_report_cell_json(const fmi_report *report, uint32_t index, bool alone, fmi_json *json);

#endif
