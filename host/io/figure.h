/* SPDX-License-Identifier: MIT */
/**
 * @file figure.h
 * A figure of the heatmaps: three panels side by side, each with a title and a colour bar, as a
 * PNG of 2700 x 900 pixels (18 x 6 inch at 150 dpi).
 *
 * Threads: fmi_figures_start starts one thread a figure; pixels of the panels are borrowed until
 * fmi_figures_wait.
 */
#ifndef FMI_FIGURE_H
#define FMI_FIGURE_H

#include "image.h"

#include <fm/heatmap.h>

#define FMI_FIGURE_WIDTH 2700U
#define FMI_FIGURE_HEIGHT 900U
#define FMI_FIGURE_PANEL 720U /**< width and height of a panel's picture */
#define FMI_FIGURE_PANELS 3

/** One panel. Strings are borrowed. */
typedef struct fmi_figure_panel {
    const char *title; /**< above the picture */
    const char *label; /**< beside the bar, with the unit */
    fm_panel panel;    /**< RGB, FMI_FIGURE_PANEL square; its ends are the bar's ends */
    fm_colormap map;
} fmi_figure_panel;

typedef struct fmi_figure {
    const char *title;
    fmi_figure_panel panel[FMI_FIGURE_PANELS];
} fmi_figure;

/** Draws a figure. Free with fmi_image_free. Same bytes for same figures, in any locale. */
fm_status fmi_figure_draw(fmi_image *image, const fmi_figure *figure, fm_error *err);

/** Text of a number beside a bar that reaches to +- reach: three digits of reach. */
void fmi_figure_number(char out[32], double value, double reach);

/** One figure to be drawn, encoded and written (temporary name, rename). */
typedef struct fmi_figure_job {
    fmi_figure figure;
    char path[1536];
    /** Called when the file is there, by the thread that wrote it; may be NULL. */
    void (*done)(void *user, const char *path);
    void *user;
} fmi_figure_job;

#define FMI_FIGURE_JOBS 2

/** Figures on their way. Zeroed = none. */
typedef struct fmi_figures fmi_figures;
/** Starts up to FMI_FIGURE_JOBS jobs at the same time; they are copied. */
fm_status fmi_figures_start(fmi_figures **figures, const fmi_figure_job *jobs, uint32_t count,
                            fm_error *err);
/** Waits for all and frees; the first failure is what it returns. Accepts NULL and sets it. */
fm_status fmi_figures_wait(fmi_figures **figures, fm_error *err);

#endif
