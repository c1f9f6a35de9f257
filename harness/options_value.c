/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fm_status fmi_option_bad(const char *option, const char *text, const char *allowed, fm_error *err) {
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s \"%s\": allowed are %s", option, text,
                    allowed);
}

/* Appends to a list of what is allowed; what has no room is left out. */
void fmi_option_add(char *list, size_t bytes, const char *between, const char *word) {
    const size_t used = strlen(list);
    (void)snprintf(list + used, bytes - used, "%s%s", between, word);
}

/* Cuts the next word of a comma list into word; false at the end or when it is too long. */
bool fmi_option_next_word(const char **at, char word[48]) {
    const size_t length = strcspn(*at, ",");
    if (length >= 48)
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    return **at != ',' || *++*at != '\0'; /* nothing may lack behind a comma */
}

fm_status fmi_option_number(const char *option, const char *text, double max, double *number,
                            fm_error *err) {
    char *end = NULL;
    errno = 0;
    *number = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || *end || errno || !(*number <= max) || *number != floor(*number))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s \"%s\": a whole number from 0 to %.0f is needed", option, text, max);
    return FM_OK;
}

/* A number with an optional unit letter out of `units`, each worth factors[i]. */
fm_status fmi_option_scaled(const char *option, const char *text, const char *units,
                            const double *factors, const char *allowed, double *value,
                            fm_error *err) {
    char *end = NULL;
    errno = 0;
    *value = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN;
    if (!end || errno || !isfinite(*value) || (end[0] && end[1]))
        return fmi_option_bad(option, text, allowed, err);
    if (*end) {
        const char *unit = strchr(units, *end);
        if (!unit)
            return fmi_option_bad(option, text, allowed, err);
        *value *= factors[unit - units];
    }
    return FM_OK;
}

/* A comma list of words; the axis gets their numbers, from 0. */
fm_status fmi_option_words(fmi_axis *axis, const char *option, const char *text,
                           const char *const *names, const char *allowed, fm_error *err) {
    memset(axis, 0, sizeof *axis);
    const char *at = text;
    do {
        char word[48] = "";
        uint32_t i = 0;
        const bool read = fmi_option_next_word(&at, word);
        while (names[i] && strcmp(names[i], word) != 0)
            ++i;
        if (!read || !names[i])
            return fmi_option_bad(option, text, allowed, err);
        (void)fmi_axis_add(axis, i, 0);
    } while (*at);
    return FM_OK;
}
