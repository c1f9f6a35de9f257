/* SPDX-License-Identifier: MIT */
/** @file verdict.h Faster, slower, same or unresolved: what pairs of times say. Pure. */
#ifndef FMI_VERDICT_H
#define FMI_VERDICT_H

#include "stats.h"

/** Of B against A. */
typedef enum fmi_verdict {
    FMI_SAME = 0, /**< the interval lies inside the band */
    FMI_FASTER,   /**< B takes less time, by more than the band */
    FMI_SLOWER,
    FMI_UNRESOLVED,
    FMI_VERDICTS
} fmi_verdict;

/** "same", "faster", "slower" or "unresolved". */
const char *fmi_verdict_name(fmi_verdict verdict);

/**
 * @param ratio time of B over time of A
 * @param band  ln of the least ratio that counts as a difference, for example log1p(0.01)
 */
fmi_verdict fmi_verdict_of(const fmi_ratio *ratio, double band);

/**
 * Two-sided p-value of "B over A lies inside the band", by signs: how often a fair coin would put
 * that many pairs beyond one edge of it.
 */
double fmi_verdict_p(const double *b, const double *a, size_t n, double band);

/** Rounds that would bring the interval inside the band, about; 0 = not known. */
double fmi_verdict_rounds(const fmi_ratio *ratio, double band);

/**
 * The smallest true slowdown that intervals as wide as this one would show beyond the band: a
 * share, 0.02 = 2 %; NAN without an interval.
 */
double fmi_verdict_resolution(const fmi_ratio *ratio, double band);

#endif
