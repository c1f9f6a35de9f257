/* SPDX-License-Identifier: MIT */
/** @file report.h A finished sweep on stdout: table, JSON, CSV or Markdown. */
#ifndef FMI_REPORT_H
#define FMI_REPORT_H

#include "cell.h"
#include "cold.h"
#include "environment.h"
#include "point.h"

#include <stdio.h>

/** A sweep as the printers see it. Borrowed. */
typedef struct fmi_report {
    const fmi_cells *cells;
    char (*keys)[FMI_POINT_TEXT]; /**< of the cells, as stored; NULL = as they are now */
    const fmi_environment *environment;
    const fmi_roofs *roofs;
    const fmi_cold *cold;
    const char *run;     /**< id of the run */
    const char *started; /**< UTC, ISO 8601 */
    const char *status;  /**< "done", "interrupted", "running" */
    const char *command; /**< for people */
    const char *order;
    uint64_t seed;
    bool quick;
    const char *resolution; /**< the sentence of fmi_noise_text; NULL = none */
} fmi_report;

/** @retval FM_ERROR_IO out could not take it all */
fm_status fmi_report_print(const fmi_report *report, fmi_format format, FILE *out, fm_error *err);

/** Markdown: a line for each curve that was measured, at its advised batch. */
void fmi_report_summary(const fmi_report *report, FILE *out);

/** The object of the contract, schema fmbench/sweep/1. json is empty before and owned after. */
void fmi_report_json(const fmi_report *report, fmi_json *json);

/** Bytes for people: "12.3 MB" (1000-based), "-" for 0. Returns out. */
char *fmi_report_bytes(char out[24], uint64_t bytes);

#endif
