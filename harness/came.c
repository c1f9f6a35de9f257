/* SPDX-License-Identifier: MIT */
#include "came.h"

#include <inttypes.h>
#include <stdio.h>

void fmi_came_from(const char *file, const fmi_came *one, fmi_came *sum) {
    (void)printf("%s: %u runs, %u cells, %" PRIu64 " samples; %u runs were there already\n", file,
                 one->runs, one->cells, one->samples, one->known);
    sum->runs += one->runs;
    sum->cells += one->cells;
    sum->samples += one->samples;
    sum->known += one->known;
}

int fmi_came_verdict(const char *word, const fmi_came *sum) {
    (void)fprintf(stderr, "verdict=%s runs=%u cells=%u samples=%" PRIu64 " known=%u\n", word,
                  sum->runs, sum->cells, sum->samples, sum->known);
    return fflush(stdout) != 0 ? 5 : 0;
}
