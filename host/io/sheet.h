/* SPDX-License-Identifier: MIT */
/**
 * @file sheet.h
 * A contact sheet: every frame of a run on one picture, in rows from the first to the last, each
 * with its label below where there is room for one. Frames shrink by a whole number, so that every
 * pixel is the plain mean of a square of theirs.
 *
 *     fmi_sheet_create(&sheet, 41, 512, 512, &err);
 *     fmi_sheet_put(sheet, i, &frame, "A 25 %");          // any order
 *     fmi_sheet_image(sheet, &image);                     // RGB, borrowed
 *     fmi_sheet_destroy(&sheet);
 *
 * Threads: one at a time.
 */
#ifndef FMI_SHEET_H
#define FMI_SHEET_H

#include "image.h"

#define FMI_SHEET_EDGE 4096U /**< no sheet is wider or higher */
#define FMI_SHEET_THUMB 256U /**< no frame is shown larger */

/** Where things are, in pixels. */
typedef struct fmi_sheet_plan {
    uint32_t columns, rows;
    uint32_t shrink; /**< frame pixels along the edge of a shown pixel */
    uint32_t thumb_width, thumb_height;
    uint32_t label; /**< height of the strip below a frame; 0 = no labels */
    uint32_t gap;   /**< around every cell */
    uint32_t width, height;
} fmi_sheet_plan;

/**
 * Arranges count frames of width x height: as large as fits, a bit wider than high. Pure.
 * @retval FM_ERROR_LIMIT they would be smaller than 16 pixels; the message says how many fit
 */
fm_status fmi_sheet_arrange(fmi_sheet_plan *plan, uint32_t count, uint32_t width, uint32_t height,
                            fm_error *err);

typedef struct fmi_sheet fmi_sheet;

/** A white sheet. Takes 3 bytes a pixel, 50 MB at most. */
fm_status fmi_sheet_create(fmi_sheet **sheet, uint32_t count, uint32_t width, uint32_t height,
                           fm_error *err);
void fmi_sheet_destroy(fmi_sheet **sheet); /**< accepts NULL */
/** Shows frame i of the planned size, RGB or RGBA (over white), with a label; both borrowed. */
void fmi_sheet_put(fmi_sheet *sheet, uint32_t i, const fm_image *frame, const char *label);
/** The sheet so far; valid until destroy. */
void fmi_sheet_image(const fmi_sheet *sheet, fm_image *image);

#endif
