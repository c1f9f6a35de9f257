/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LARGEST 3.4028235677973366 /* from here times 10^38 on a float would be infinite */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at) {
    while (is_digit(*at))
        at++;
    return at;
}

/* Exponent behind e or E, within +-9999; NULL when there is none. */
static const char *read_exponent(const char *at, int *exponent) {
    bool minus = *at == '-';
    at += *at == '-' || *at == '+';
    const char *first = at;
    for (; is_digit(*at); at++)
        *exponent = *exponent < 9999 ? *exponent * 10 + (*at - '0') : *exponent;
    *exponent = minus ? -*exponent : *exponent;
    return at > first ? at : NULL;
}

/* Whether digits, with the point wherever it is, times 10^exponent fit a float. */
static bool fits_float(const char *first, const char *last, int exponent) {
    double leading = 0.0, scale = 1.0;
    bool behind = false, any = false;
    int64_t power = exponent - 1;
    for (const char *at = first; at < last; at++) {
        behind = behind || *at == '.';
        if (*at == '.')
            continue;
        any = any || *at != '0';
        power += !behind;
        power -= !any;
        if (any && scale > 1e-17) {
            leading += (*at - '0') * scale;
            scale /= 10.0;
        }
    }
    return !any || power < 38 || (power == 38 && leading < LARGEST);
}

const char *fmi_decimal_end(const char *at) {
    at += *at == '-' || *at == '+';
    const char *first = at;
    int exponent = 0;
    at = skip_digits(at);
    if (*at == '.')
        at = skip_digits(at + 1);
    const char *last = at;
    bool digits = last - first > (memchr(first, '.', (size_t)(last - first)) != NULL);
    if (digits && (*at == 'e' || *at == 'E')) {
        at = read_exponent(at + 1, &exponent);
        digits = at != NULL;
    }
    /* Short numbers without an exponent need no look at their size. */
    if (!digits || ((exponent != 0 || last - first > 30) && !fits_float(first, last, exponent)))
        return NULL;
    return at;
}
