/* SPDX-License-Identifier: MIT */
/**
 * @file axis.h
 * The values of one axis of a sweep: `a,b,c`, `first-last`, `first-last+step`,
 * `first-last*factor`, `auto`, mixed by commas. Picture sizes also take `WxH`, byte counts K, M, G.
 */
#ifndef FMI_AXIS_H
#define FMI_AXIS_H

#include <fm/status.h>

#include <stdbool.h>
#include <stdint.h>

#define FMI_AXIS_MAX 256 /**< values of one axis */

/** One value: a number, or a width and a height. */
typedef struct fmi_axis_value {
    uint64_t a, b; /**< b is 0 on number axes */
} fmi_axis_value;

/** Zeroed = not given. Values keep the order of the text; repeats are dropped. */
typedef struct fmi_axis {
    bool automatic; /**< holds `auto`: the sweep adds its own values */
    uint32_t count;
    fmi_axis_value value[FMI_AXIS_MAX];
} fmi_axis;

/** What an option accepts. */
typedef struct fmi_axis_rule {
    const char *option; /**< for messages, for example "--batch" */
    uint64_t min, max;
    bool sizes;      /**< values are N (square) or WxH */
    bool bytes;      /**< values may end in K, M or G (1024-based) */
    bool takes_auto; /**< `auto` is allowed */
} fmi_axis_rule;

/** @retval FM_ERROR_INVALID_ARGUMENT the message names the option, the text and what is allowed */
fm_status fmi_axis_parse(fmi_axis *axis, const char *text, const fmi_axis_rule *rule,
                         fm_error *err);
/** Appends a value unless it is there. False when the axis is full. */
bool fmi_axis_add(fmi_axis *axis, uint64_t a, uint64_t b);

#endif
