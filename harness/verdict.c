/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <math.h>

static const char *const names[FMI_VERDICTS] = {"same", "faster", "slower", "unresolved"};

const char *fmi_verdict_name(fmi_verdict verdict) {
    return (unsigned)verdict < FMI_VERDICTS ? names[verdict] : "unknown";
}

fmi_verdict fmi_verdict_of(const fmi_ratio *ratio, double band) {
    const double lo = log(ratio->lo), hi = log(ratio->hi);
    if (!isfinite(lo) || !isfinite(hi))
        return FMI_UNRESOLVED;
    return lo > band                   ? FMI_SLOWER
           : hi < -band                ? FMI_FASTER
           : lo >= -band && hi <= band ? FMI_SAME
                                       : FMI_UNRESOLVED;
}

double fmi_verdict_p(const double *b, const double *a, size_t n, double band) {
    size_t above = 0, below = 0;
    for (size_t i = 0; i < n; ++i) {
        const double d = log(b[i]) - log(a[i]);
        above += d > band;
        below += d < -band;
    }
    const size_t most = above > below ? above : below;
    /* P(Bin >= most) = P(Bin < n - most + 1) */
    return n ? fmin(1.0, 2.0 * fmi_binomial_below(n, n - most + 1)) : 1.0;
}

double fmi_verdict_rounds(const fmi_ratio *ratio, double band) {
    const double half = 0.5 * (log(ratio->hi) - log(ratio->lo));
    if (!isfinite(half) || !(band > 0.0))
        return 0.0;
    return ceil((double)ratio->n * (half / band) * (half / band));
}

double fmi_verdict_resolution(const fmi_ratio *ratio, double band) {
    return expm1(band + log(ratio->effect) - log(ratio->lo));
}
