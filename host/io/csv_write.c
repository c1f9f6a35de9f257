/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "error.h"
#include "output.h"
#include "shortest.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_word(char *out, double value) {
    snprintf(out, FMI_CSV_NUMBER_BYTES, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
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
        snprintf(out, FMI_CSV_NUMBER_BYTES, "%.*g", digits, value);
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

char *fmi_csv_format_float(char out[FMI_CSV_NUMBER_BYTES], float value) {
    return fmi_shortest_float(out, value) ? out : format(out, (double)value, true);
}

char *fmi_csv_format_double(char out[FMI_CSV_NUMBER_BYTES], double value) {
    return format(out, value, false);
}

static void put(fmi_csv_out *out, const char *bytes, size_t count) {
    if (out->failed)
        return;
    if (out->size + count + 1 > out->capacity) {
        const size_t capacity = (out->capacity + count + 512) * 2;
        char *text = realloc(out->text, capacity);
        if (text == NULL) {
            out->failed = true;
            return;
        }
        out->text = text;
        out->capacity = capacity;
    }
    memcpy(out->text + out->size, bytes, count);
    out->size += count;
    out->text[out->size] = '\0';
}

static void before_cell(fmi_csv_out *out) {
    if (out->in_row)
        put(out, ",", 1);
    out->in_row = true;
}

static void put_plain(fmi_csv_out *out, const char *text) {
    before_cell(out);
    put(out, text, strlen(text));
}

void fmi_csv_put_text(fmi_csv_out *out, const char *text) {
    /* An empty cell alone in its row would be an empty line, which readers drop. */
    const bool formula = fmi_csv_is_formula(text);
    if (text[0] != '\0' && !formula && strpbrk(text, ",\"\r\n") == NULL) {
        put_plain(out, text);
        return;
    }
    before_cell(out);
    put(out, formula ? "\"'" : "\"", formula ? 2 : 1);
    for (const char *s = text; *s != '\0'; s++)
        put(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    put(out, "\"", 1);
}

void fmi_csv_put_float(fmi_csv_out *out, float value) {
    char text[FMI_CSV_NUMBER_BYTES];
    put_plain(out, fmi_csv_format_float(text, value));
}

void fmi_csv_put_double(fmi_csv_out *out, double value) {
    char text[FMI_CSV_NUMBER_BYTES];
    put_plain(out, fmi_csv_format_double(text, value));
}

void fmi_csv_put_uint(fmi_csv_out *out, uint64_t value) {
    char text[FMI_CSV_NUMBER_BYTES], *start = text + sizeof text - 1;
    *start = '\0';
    do
        *--start = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    put_plain(out, start);
}

void fmi_csv_put_int(fmi_csv_out *out, int64_t value) {
    char text[FMI_CSV_NUMBER_BYTES];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_plain(out, text);
}

void fmi_csv_end_row(fmi_csv_out *out) {
    put(out, out->crlf ? "\r\n" : "\n", out->crlf ? 2 : 1);
    out->in_row = false;
}

static fm_status no_table(const char *path, fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the table", path);
}

fm_status fmi_csv_write(const fmi_csv_out *out, const char *path, fm_error *err) {
    return out->failed ? no_table(path, err) : fmi_output_write(path, out->text, out->size, err);
}

fm_status fmi_csv_write_part(const fmi_csv_out *out, const char *path, fm_error *err) {
    return out->failed ? no_table(path, err)
                       : fmi_output_write_part(path, out->text, out->size, err);
}

void fmi_csv_out_free(fmi_csv_out *out) {
    free(out->text);
    *out = (fmi_csv_out){0};
}
