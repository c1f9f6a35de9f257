/* SPDX-License-Identifier: MIT */
/**
 * @file metrics.h
 * What every figure means that fmbench prints: one table for --describe, for the tooltips of the
 * page and for the test that nothing is printed without an explanation.
 */
#ifndef FMI_METRICS_H
#define FMI_METRICS_H

#include <stddef.h>

/** One figure, or a few that are explained together. */
typedef struct fmi_metric {
    const char *names; /**< headings and keys, with '|' between; the first one is its name */
    const char *unit;  /**< "" = none, or that of the op */
    const char *text;  /**< a paragraph */
} fmi_metric;

extern const fmi_metric fmi_metrics[];
extern const size_t fmi_metric_count;

/** By any of its names; NULL = there is none. */
const fmi_metric *fmi_metric_find(const char *name);
/** The first of its names. Returns out. */
char *fmi_metric_name(const fmi_metric *metric, char out[64]);

#endif
