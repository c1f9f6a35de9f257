/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include "stats.h"

#include <math.h>
#include <stddef.h>

#define POINTS 64
#define KNEE 0.97

static void fit(const fmi_advice_point *points, uint32_t count, fmi_advice *advice) {
    double values[POINTS * (POINTS - 1) / 2];
    size_t n = 0;
    for (uint32_t i = 0; i < count; ++i)
        for (uint32_t j = i + 1; j < count; ++j)
            if (points[i].batch != points[j].batch)
                values[n++] = (points[j].seconds - points[i].seconds) /
                              ((double)points[j].batch - (double)points[i].batch);
    if (n == 0)
        return;
    advice->beta = fmi_median_in_place(values, n);
    for (uint32_t i = 0; i < count; ++i)
        values[i] = points[i].seconds - advice->beta * points[i].batch;
    advice->alpha = fmax(0.0, fmi_median_in_place(values, count));
    advice->half_batch = advice->beta > 0.0 ? advice->alpha / advice->beta : (double)NAN;
}

fmi_advice fmi_advise(const fmi_advice_point *points, uint32_t count) {
    fmi_advice advice = {(double)NAN, (double)NAN, (double)NAN, 0, 0.0};
    count = count > POINTS ? POINTS : count;
    fit(points, count, &advice);
    for (uint32_t i = 0; i < count; ++i)
        advice.best = fmax(advice.best, points[i].rate);
    for (uint32_t i = 0; i < count; ++i)
        if (fmax(points[i].rate, points[i].hi) >= KNEE * advice.best &&
            (!advice.knee || points[i].batch < advice.knee))
            advice.knee = points[i].batch;
    return advice;
}
