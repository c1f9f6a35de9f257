/* SPDX-License-Identifier: MIT */
#include "came.h"

#include "console.h"
#include "error.h"
#include "io/text.h"

#include <inttypes.h>
#include <stdio.h>

void fmi_came_from(const char *file, const fmi_came *one, fmi_came *sum) {
    char name[1200];
    (void)printf("%s: %u runs, %u cells, %" PRIu64 " samples; %u runs were there already\n",
                 fmi_escape(name, sizeof name, file), one->runs, one->cells, one->samples,
                 one->known);
    sum->runs += one->runs;
    sum->cells += one->cells;
    sum->samples += one->samples;
    sum->known += one->known;
}

int fmi_came_verdict(const char *word, const fmi_came *sum) {
    fm_error err = {0};
    if (fmi_text_flush(&err) != FM_OK)
        return fmi_console_error(&err);
    (void)fprintf(stderr, "verdict=%s runs=%u cells=%u samples=%" PRIu64 " known=%u\n", word,
                  sum->runs, sum->cells, sum->samples, sum->known);
    return 0;
}
