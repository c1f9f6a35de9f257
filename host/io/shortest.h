/* SPDX-License-Identifier: MIT */
/** @file shortest.h The shortest decimal of a float, fast enough for tables of a million numbers.
 */
#ifndef FMI_SHORTEST_H
#define FMI_SHORTEST_H

#include <stdbool.h>

/**
 * Shortest text that reads back to value: the nearest one of those with the fewest digits, written
 * as printf's %g would with that precision, at least 6 ("0.1", "1e-05", "16777216"). About 50 ns,
 * independent of the locale.
 *
 * @param out room for 24 bytes; zero-terminated
 * @return false, with nothing written, where double arithmetic cannot decide (about one bit pattern
 * in 400, hardly any number below 1e7) and for what is not finite: use printf and strtof there
 */
bool fmi_shortest_float(char out[24], float value);

#endif
