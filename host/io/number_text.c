/* SPDX-License-Identifier: MIT */
#include "number_text.h"

#include "shortest.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static char *format_word(char *out, double value) {
    snprintf(out, FMI_NUMBER_BYTES, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    return out;
}

/* First number of digits with which the text reads back. FLT_DIG (DBL_DIG) digits give back any
 * shorter decimal without trailing zeros, so that counting may start there; subnormal numbers
 * carry fewer. */
static void format_digits(char *out, double value, bool narrow) {
    const double least = narrow ? (double)FLT_MIN : DBL_MIN;
    const int most = narrow ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    int digits = fabs(value) < least ? 1 : narrow ? FLT_DIG : DBL_DIG;
    for (; digits <= most; digits++) {
        snprintf(out, FMI_NUMBER_BYTES, "%.*g", digits, value);
        if (narrow ? (double)strtof(out, NULL) == value : strtod(out, NULL) == value)
            return;
    }
}

/* Runs in the C locale, whatever the program's is. */
static char *format(char *out, double value, bool narrow) {
    if (!isfinite(value))
        return format_word(out, value);
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c);
    format_digits(out, value, narrow);
    uselocale(before);
    freelocale(c);
    return out;
}

char *fmi_float_text(char out[FMI_NUMBER_BYTES], float value) {
    return fmi_shortest_float(out, value) ? out : format(out, (double)value, true);
}

char *fmi_double_text(char out[FMI_NUMBER_BYTES], double value) {
    return format(out, value, false);
}

char *fmi_uint_text(char out[FMI_NUMBER_BYTES], uint64_t value) {
    char *end = out;
    for (uint64_t rest = value; end == out || rest > 0; rest /= 10)
        end++;
    for (*end = '\0'; end > out; value /= 10)
        *--end = (char)('0' + value % 10);
    return out;
}
