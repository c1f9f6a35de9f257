/* SPDX-License-Identifier: MIT */
/**
 * @file values.h
 * From the text of an option to its value. label is the option as messages call it ("--size").
 * All return FM_ERROR_INVALID_ARGUMENT with a sentence that names the allowed values.
 */
#ifndef FMI_CLI_VALUES_H
#define FMI_CLI_VALUES_H

#include <fm/render.h>

#include <stdbool.h>
#include <stddef.h>

/** A whole number from min to max. */
fm_status fmi_value_uint(const char *label, const char *text, uint64_t min, uint64_t max,
                         uint64_t *value, fm_error *err);
/** Bytes, with K, M or G (1024-based). At least 1. */
fm_status fmi_value_bytes(const char *label, const char *text, uint64_t *value, fm_error *err);
/** WxH or N (square), each edge 1 to FM_MAX_SIZE. */
fm_status fmi_value_size(const char *label, const char *text, uint32_t *width, uint32_t *height,
                         fm_error *err);
/** One of count words; *index tells which. Words that start with '-' are of the contract but not
 *  built yet: refused as such. */
fm_status fmi_value_choice(const char *label, const char *text, const char *const *words,
                           size_t count, size_t *index, fm_error *err);
/** on or off. */
fm_status fmi_value_switch(const char *label, const char *text, bool *on, fm_error *err);
/** yaw=,pitch=,distance=,fov= in any order, each at most once; into view. */
fm_status fmi_value_camera(const char *label, const char *text, fm_view *view, fm_error *err);
/** #rrggbb, a colour name, or transparent, into view; or a file (a word with a dot or a slash) into
 *  *file, with a view that is transparent. */
fm_status fmi_value_background(const char *label, const char *text, fm_view *view,
                               const char **file, fm_error *err);

/** A decimal number that fills text[0 .. length-1]: no blanks, no hexadecimal, inf or nan. */
bool fmi_value_decimal(const char *text, size_t length, double *value);

#endif
