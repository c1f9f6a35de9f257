/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "error.h"
#include "file.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the parser stands. Cells are unquoted in place: `to` never passes `from`. */
typedef struct parser {
    fmi_csv *csv;
    const char *from, *end;
    char *to;
    size_t cell_count, capacity;
    size_t column; /* of the cell being read */
    fm_error *err;
} parser;

static fm_status fail_at(const parser *p, const char *what) {
    return fmi_fail(p->err, FM_ERROR_BAD_INPUT, "%s: row %zu, column %zu: %s", p->csv->name,
                    p->csv->rows + 1, p->column + 1, what);
}

static fm_status start_cell(parser *p) {
    if (p->column >= FMI_CSV_MAX_COLUMNS)
        return fmi_fail(p->err, FM_ERROR_LIMIT, "%s: row %zu has more than %d columns",
                        p->csv->name, p->csv->rows + 1, FMI_CSV_MAX_COLUMNS);
    if (p->csv->rows > 0 && p->column >= p->csv->columns)
        return fmi_fail(p->err, FM_ERROR_BAD_INPUT,
                        "%s: row %zu has more than the %zu columns of the header", p->csv->name,
                        p->csv->rows + 1, p->csv->columns);
    if (p->cell_count == p->capacity) {
        const size_t capacity = p->capacity * 2 + 256;
        uint32_t *cells = realloc(p->csv->cells, capacity * sizeof *cells);
        if (cells == NULL)
            return fmi_fail(p->err, FM_ERROR_HOST_MEMORY, "%s: no memory for %zu cells",
                            p->csv->name, capacity);
        p->csv->cells = cells;
        p->capacity = capacity;
    }
    p->csv->cells[p->cell_count++] = (uint32_t)(p->to - p->csv->bytes);
    return FM_OK;
}

static fm_status quoted_cell(parser *p) {
    for (p->from++; p->from < p->end; p->from++) {
        if (*p->from == '\0')
            return fail_at(p, "a zero byte; save the table as plain text (CSV)");
        if (*p->from == '"' && (p->from + 1 == p->end || p->from[1] != '"')) {
            p->from++;
            return FM_OK;
        }
        if (*p->from == '"')
            p->from++;
        *p->to++ = *p->from;
    }
    return fail_at(p, "a quote is not closed");
}

static fm_status plain_cell(parser *p) {
    for (; p->from < p->end && *p->from != ',' && *p->from != '\n' && *p->from != '\r'; p->from++) {
        if (*p->from == '"')
            return fail_at(p, "a quote inside a field; quote the whole field");
        if (*p->from == '\0')
            return fail_at(p, "a zero byte; save the table as plain text (CSV)");
        *p->to++ = *p->from;
    }
    return FM_OK;
}

/* Steps over the end of a cell; *more: the row goes on. The byte that ended the cell makes room
 * for the terminating zero; at the end of the file the reader's own zero byte does. */
static fm_status end_cell(parser *p, bool *more) {
    *more = false;
    if (p->from < p->end && *p->from == ',') {
        *more = true;
        p->from++;
    } else if (p->from < p->end && *p->from == '\r') {
        p->from++;
        if (p->from == p->end || *p->from != '\n')
            return fail_at(p, "a carriage return without line feed");
        p->from++;
    } else if (p->from < p->end && *p->from == '\n') {
        p->from++;
    } else if (p->from < p->end) {
        return fail_at(p, "text behind a closing quote");
    }
    *p->to++ = '\0';
    return FM_OK;
}

static fm_status read_row(parser *p) {
    bool more = true;
    for (p->column = 0; more; p->column++) {
        fm_status status = start_cell(p);
        if (status == FM_OK)
            status = p->from < p->end && *p->from == '"' ? quoted_cell(p) : plain_cell(p);
        if (status == FM_OK)
            status = end_cell(p, &more);
        if (status != FM_OK)
            return status;
    }
    if (p->csv->rows == 0)
        p->csv->columns = p->column;
    if (p->column != p->csv->columns)
        return fmi_fail(p->err, FM_ERROR_BAD_INPUT,
                        "%s: row %zu has %zu columns, the header has %zu", p->csv->name,
                        p->csv->rows + 1, p->column, p->csv->columns);
    p->csv->rows++;
    return FM_OK;
}

static bool only_line_ends(const parser *p) {
    for (const char *s = p->from; s < p->end; s++)
        if (*s != '\n' && *s != '\r')
            return false;
    return true;
}

fm_status fmi_csv_read(fmi_csv *csv, const char *path, fm_error *err) {
    *csv = (fmi_csv){0};
    unsigned char *bytes = NULL;
    size_t size = 0;
    fm_status status = fmi_file_read(&bytes, &size, path, err);
    if (status != FM_OK)
        return status;
    csv->bytes = (char *)bytes;
    const char *name = strlen(path) < sizeof csv->name ? path : fmi_file_base(path);
    memcpy(csv->name, name, strnlen(name, sizeof csv->name - 1));
    parser p = {.csv = csv, .from = csv->bytes, .end = csv->bytes + size, .to = csv->bytes};
    p.err = err;
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        p.from += 3;
    while (status == FM_OK && !only_line_ends(&p))
        status = read_row(&p);
    if (status == FM_OK && csv->rows == 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: no rows; a header and rows are needed",
                          csv->name);
    if (status != FM_OK)
        fmi_csv_free(csv);
    return status;
}

void fmi_csv_free(fmi_csv *csv) {
    free(csv->bytes);
    free(csv->cells);
    *csv = (fmi_csv){0};
}

const char *fmi_csv_cell(const fmi_csv *csv, size_t row, size_t column) {
    return csv->bytes + csv->cells[row * csv->columns + column];
}

size_t fmi_csv_find(const fmi_csv *csv, const char *header) {
    size_t column = 0;
    while (column < csv->columns && strcmp(fmi_csv_cell(csv, 0, column), header) != 0)
        column++;
    return column;
}

static fm_status fail_cell(const fmi_csv *csv, size_t row, size_t column, const char *what,
                           fm_error *err) {
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: row %zu, column %zu (%.40s): '%.40s' %s",
                    csv->name, row + 1, column + 1, fmi_csv_cell(csv, 0, column),
                    fmi_csv_cell(csv, row, column), what);
}

static const char *skip_digits(const char *s, bool *any) {
    while (isdigit((unsigned char)*s)) {
        *any = true;
        s++;
    }
    return s;
}

/* strtof takes blanks, hexadecimal and words, too: the grammar is checked first. */
static bool is_number(const char *s) {
    bool mantissa = false, exponent = false;
    if (*s == '+' || *s == '-')
        s++;
    s = skip_digits(s, &mantissa);
    if (*s == '.')
        s = skip_digits(s + 1, &mantissa);
    if (!mantissa)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        s = skip_digits(s, &exponent);
        if (!exponent)
            return false;
    }
    return *s == '\0';
}

bool fmi_csv_is_formula(const char *text) {
    return text[0] != '\0' && text[1] != '\0' && strchr("=+-@\t\r", text[0]) != NULL &&
           !is_number(text) && strcmp(text, "-inf") != 0;
}

static bool is_not_finite_word(const char *s) {
    char word[4] = "";
    if (*s == '+' || *s == '-')
        s++;
    for (size_t i = 0; i < 3 && s[i]; i++)
        word[i] = (char)tolower((unsigned char)s[i]);
    return strcmp(word, "nan") == 0 || strcmp(word, "inf") == 0;
}

/* The decimal point of a program's locale may be a comma: our numbers use the C locale. */
static float c_strtof(const char *text) {
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const float value = strtof_l(text, NULL, c);
    freelocale(c);
    return value;
}

fm_status fmi_csv_float(const fmi_csv *csv, size_t row, size_t column, float *value,
                        fm_error *err) {
    const char *text = fmi_csv_cell(csv, row, column);
    if (is_not_finite_word(text))
        return fail_cell(csv, row, column, "is not finite; mend or drop that frame", err);
    if (!is_number(text))
        return fail_cell(csv, row, column, "is not a number", err);
    *value = c_strtof(text);
    if (!isfinite(*value))
        return fail_cell(csv, row, column, "is beyond the range of a float", err);
    return FM_OK;
}

fm_status fmi_csv_uint(const fmi_csv *csv, size_t row, size_t column, uint32_t *value,
                       fm_error *err) {
    const char *text = fmi_csv_cell(csv, row, column);
    uint64_t sum = 0;
    const char *s = text;
    for (; isdigit((unsigned char)*s) && sum <= UINT32_MAX; s++)
        sum = sum * 10 + (uint64_t)(*s - '0');
    if (s == text || *s != '\0' || sum > UINT32_MAX)
        return fail_cell(csv, row, column, "is not a whole number from 0 to 4294967295", err);
    *value = (uint32_t)sum;
    return FM_OK;
}
