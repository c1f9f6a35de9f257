/* SPDX-License-Identifier: MIT */
/**
 * @file stroke.h
 * Black lettering on an RGB picture: a stroke font of our own drawing, smoothed by distance. It
 * has the letters, digits and signs that figures need, and capital delta; anything else is drawn
 * as a box.
 */
#ifndef FMI_STROKE_H
#define FMI_STROKE_H

#include <stdbool.h>
#include <stdint.h>

/** A picture to draw on: RGB, no row padding. */
typedef struct fmi_canvas {
    uint8_t *rgb;
    uint32_t width, height;
} fmi_canvas;

/** How a text is set. Sizes in pixels. */
typedef struct fmi_lettering {
    double size;   /**< height of a capital letter */
    double weight; /**< width of a stroke */
    double align;  /**< 0: x is the left end, 0.5 the middle, 1 the right end */
    bool upwards;  /**< turned by 90 degrees, read from below; x and y change roles */
} fmi_lettering;

/** Width of a text in pixels, without the strokes' half widths. */
double fmi_text_width(const char *utf8, double size);
/** Draws with the baseline through (x, y). What lies outside the canvas is left out. */
void fmi_text_draw(fmi_canvas *canvas, const char *utf8, double x, double y,
                   const fmi_lettering *how);
/** A black line with round ends. */
void fmi_line_draw(fmi_canvas *canvas, double x0, double y0, double x1, double y1, double weight);

#endif
