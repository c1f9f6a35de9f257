/* SPDX-License-Identifier: MIT */
/** @file history.h Rates of one cell over runs: where did they change? */
#ifndef FMI_HISTORY_H
#define FMI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define FMI_HISTORY_WINDOW 6

/**
 * Does something change at values[at]? True when the FMI_HISTORY_WINDOW values from there on all
 * lie on one side of the median of as many before it (a sign test: 2 x 2^-6 = 3 % for values
 * without a change), their median is at least 2 % away from that, and the same is not true one
 * value earlier. Pure.
 */
bool fmi_history_changed(const double *values, uint32_t count, uint32_t at);

#endif
