/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double high_quantile(double *values, uint32_t count) {
    qsort(values, count, sizeof *values, ascending);
    return fmi_quantile(values, count, 0.95);
}

void fmi_noise_sum(fmi_noise *noise, const fmi_noise_trial *trial, uint32_t count, double band) {
    double effect[FMI_NOISE_TRIALS_MAX], reach[2 * FMI_NOISE_TRIALS_MAX];
    double rounds[FMI_NOISE_TRIALS_MAX];
    noise->trials = count;
    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; ++i) {
        const fmi_ratio *r = &trial[i].ratio;
        effect[i] = fabs(log(r->effect));
        rounds[i] = (double)r->n;
        /* A true slowdown moves the whole interval; it shows once the lower end is past the band.
         * Either end may be the lower one: the sides are the same. */
        reach[2 * i] = -log(r->lo);
        reach[2 * i + 1] = log(r->hi);
        noise->false_alarms +=
            trial[i].verdict == FMI_FASTER || trial[i].verdict == FMI_SLOWER ? 1 : 0;
        noise->outside += r->lo > 1.0 || r->hi < 1.0 ? 1 : 0;
    }
    noise->rounds = (uint32_t)fmi_median_in_place(rounds, count);
    noise->floor = expm1(high_quantile(effect, count));
    noise->resolution = expm1(fmax(band, log1p(noise->floor)) + high_quantile(reach, 2 * count));
}

void fmi_noise_text(const fmi_noise *noise, char *out, size_t out_bytes) {
    if (noise->trials == 0)
        (void)snprintf(out, out_bytes,
                       "Resolution of this machine: not measured; fmbench --selftest-noise does.");
    else
        (void)snprintf(out, out_bytes,
                       "Resolution of this machine: compare --live finds %.1f %% in 95 of 100 "
                       "trials; identical kernels differ by up to %.1f %% and were called "
                       "different in %u of %u (%.10s).",
                       100.0 * noise->resolution, 100.0 * noise->floor, noise->false_alarms,
                       noise->trials, noise->started);
}
