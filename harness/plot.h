/* SPDX-License-Identifier: MIT */
/**
 * @file plot.h
 * Small plots as inline SVG, written by us so that a report shows them without any script. Colours
 * come from the page's style sheet; a series has its own marker and dash as well as its colour.
 *
 *     fmi_plot p = {.out = &html, .x = {1, 64, true}, .y = {0, 2e3, false}, .x_label = "batch"};
 *     fmi_plot_begin(&p, "raster 512x512");
 *     fmi_plot_line(&p, 0, xs, ys, n, false);
 *     fmi_plot_end(&p);
 */
#ifndef FMI_PLOT_H
#define FMI_PLOT_H

#include "html.h"

#include <stdint.h>

/** One axis; log needs 0 < lo < hi. */
typedef struct fmi_plot_axis {
    double lo, hi;
    bool log;
    bool powers_of_two; /**< ticks of a log axis */
    bool whole;         /**< ticks of a linear axis are whole numbers */
} fmi_plot_axis;

typedef struct fmi_plot {
    fmi_html *out;
    fmi_plot_axis x, y;
    const char *x_label, *y_label;
} fmi_plot;

#define FMI_PLOT_SERIES 8

/** Widens lo..hi by a value; NAN and, on log axes, values <= 0 are left out. Start from {0}. */
void fmi_plot_cover(fmi_plot_axis *axis, double value);
/** Opens the picture and draws frame, grid and ticks; title is for screen readers too. */
void fmi_plot_begin(fmi_plot *plot, const char *title);
void fmi_plot_line(fmi_plot *plot, uint32_t series, const double *x, const double *y, uint32_t n,
                   bool faint);
/** A point with the text that a pointer shows. */
void fmi_plot_mark(fmi_plot *plot, uint32_t series, double x, double y, const char *tooltip);
/** An upright interval. */
void fmi_plot_interval(fmi_plot *plot, uint32_t series, double x, double lo, double hi);
/** An upright dashed limit with words at it. */
void fmi_plot_edge(fmi_plot *plot, double x, const char *words);
/** A line in the colour of the axes, for limits; words at its right end, "" = none. */
void fmi_plot_limit(fmi_plot *plot, double x0, double y0, double x1, double y1, const char *words);
void fmi_plot_end(fmi_plot *plot);

/** The key of the series: a marker and a word each; NULL words are left out. */
void fmi_plot_key(fmi_html *out, const char *const *words, uint32_t count);

#endif
