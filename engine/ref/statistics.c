/* SPDX-License-Identifier: MIT */
#include "ref.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double share) {
    double at = share * (double)(n - 1);
    size_t low = (size_t)at;
    size_t high = low + 1 < n ? low + 1 : low;
    return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

fm_status fmi_ref_statistics(const float *values, uint64_t count, fm_statistics *out,
                             fm_error *err) {
    double *sorted = fmi_ref_calloc(count, sizeof *sorted, "sorted values", err);
    size_t n = 0;
    *out = (fm_statistics){0};
    if (sorted == NULL) {
        return FM_ERROR_HOST_MEMORY;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            sorted[n++] = (double)values[i];
        }
    }
    qsort(sorted, n, sizeof *sorted, ascending);
    if (n > 0) {
        for (size_t i = 0; i < n; i++) {
            out->mean += sorted[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            out->std += (sorted[i] - out->mean) * (sorted[i] - out->mean);
        }
        out->count = n;
        out->std = sqrt(out->std / (double)n);
        out->min = sorted[0];
        out->max = sorted[n - 1];
        out->p25 = percentile(sorted, n, 0.25);
        out->p50 = percentile(sorted, n, 0.50);
        out->p75 = percentile(sorted, n, 0.75);
        out->p90 = percentile(sorted, n, 0.90);
        out->p95 = percentile(sorted, n, 0.95);
        out->p99 = percentile(sorted, n, 0.99);
    }
    free(sorted);
    return FM_OK;
}
