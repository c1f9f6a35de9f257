/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "error.h"
#include "number_text.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    char text[FMI_NUMBER_BYTES];
    put_plain(out, fmi_float_text(text, value));
}

void fmi_csv_put_double(fmi_csv_out *out, double value) {
    char text[FMI_NUMBER_BYTES];
    put_plain(out, fmi_double_text(text, value));
}

void fmi_csv_put_uint(fmi_csv_out *out, uint64_t value) {
    char text[FMI_NUMBER_BYTES];
    put_plain(out, fmi_uint_text(text, value));
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
