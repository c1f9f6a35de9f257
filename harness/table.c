/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "io/csv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CELL_BYTES 512

static void append(fmi_table *table, const char *text) {
    if (table->failed)
        return;
    if (table->cells == table->capacity) {
        const size_t capacity = table->capacity ? 2 * table->capacity : 256;
        char **grown = realloc(table->cell, capacity * sizeof *grown);
        table->failed = grown == NULL;
        if (!grown)
            return;
        table->cell = grown;
        table->capacity = capacity;
    }
    char *copy = strdup(text);
    table->failed = copy == NULL;
    if (copy)
        table->cell[table->cells++] = copy;
}

void fmi_table_head(fmi_table *table, const char *const *names) {
    for (; names[table->columns] && table->columns < FMI_TABLE_COLUMNS; ++table->columns) {
        const char *name = names[table->columns];
        table->right[table->columns] = name[0] == '>';
        append(table, name + (name[0] == '>' ? 1 : 0));
    }
}

void fmi_table_add(fmi_table *table, const char *format, ...) {
    char text[CELL_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append(table, text);
}

/* Columns that a terminal needs for UTF-8 text. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; ++text)
        width += ((unsigned char)*text & 0xC0U) != 0x80U;
    return width;
}

static void widths(const fmi_table *table, int *width) {
    for (size_t c = 0; c < table->columns; ++c)
        width[c] = 3;
    for (size_t i = 0; i < table->cells; ++i) {
        const int w = width_of(table->cell[i]);
        if (w > width[i % table->columns])
            width[i % table->columns] = w;
    }
}

static void print_padded(const fmi_table *table, size_t column, const char *text, int width,
                         FILE *out) {
    const int blanks = width > width_of(text) ? width - width_of(text) : 0;
    if (table->right[column])
        (void)fprintf(out, "%*s%s", blanks, "", text);
    else
        (void)fprintf(out, "%s%*s", text, blanks, "");
}

/* The last column of a row ends without blanks behind it. */
static void print_row(const fmi_table *table, size_t row, const int *width, const char *between,
                      FILE *out) {
    for (size_t c = 0; c < table->columns; ++c) {
        const char *text = table->cell[row * table->columns + c];
        const bool last = c + 1 == table->columns;
        print_padded(table, c, text, last && !table->right[c] ? 0 : width[c], out);
        if (!last)
            (void)fputs(between, out);
    }
}

/* Whether there is something to print; a table without memory says so in its place. */
static bool can_print(const fmi_table *table, FILE *out) {
    if (table->failed)
        (void)fputs("no memory for this table\n", out);
    return !table->failed && table->columns > 0;
}

void fmi_table_text(const fmi_table *table, FILE *out) {
    int width[FMI_TABLE_COLUMNS];
    if (!can_print(table, out))
        return;
    widths(table, width);
    for (size_t row = 0; row < table->cells / table->columns; ++row) {
        print_row(table, row, width, "  ", out);
        (void)fputc('\n', out);
    }
}

/* Text that is no markup of Markdown's: no cell ends early, and nothing becomes HTML or a link. */
static void escape_markdown(const char *text, char *out, size_t bytes) {
    size_t used = 0;
    for (; *text && used + 3 < bytes; ++text) {
        if (strchr("|<[\\`", *text))
            out[used++] = '\\';
        out[used++] = (unsigned char)*text < ' ' ? ' ' : *text;
    }
    out[used] = '\0';
}

static void copy_escaped(const fmi_table *table, fmi_table *copy) {
    char text[2 * CELL_BYTES];
    *copy = (fmi_table){.columns = table->columns, .failed = table->failed};
    memcpy(copy->right, table->right, sizeof copy->right);
    for (size_t i = 0; i < table->cells; ++i) {
        escape_markdown(table->cell[i], text, sizeof text);
        append(copy, text);
    }
}

static void print_markdown(const fmi_table *table, FILE *out) {
    int width[FMI_TABLE_COLUMNS];
    if (!can_print(table, out))
        return;
    widths(table, width);
    for (size_t row = 0; row < table->cells / table->columns; ++row) {
        (void)fputs("| ", out);
        print_row(table, row, width, " | ", out);
        (void)fputs(" |\n", out);
        for (size_t c = 0; row == 0 && c < table->columns; ++c)
            (void)fputs(table->right[c] ? "|--:" : "|---", out);
        if (row == 0)
            (void)fputs("|\n", out);
    }
}

void fmi_table_markdown(const fmi_table *table, FILE *out) {
    fmi_table escaped;
    copy_escaped(table, &escaped);
    print_markdown(&escaped, out);
    fmi_table_free(&escaped);
}

void fmi_table_csv(const fmi_table *table, FILE *out) {
    if (!can_print(table, out))
        return;
    for (size_t i = 0; i < table->cells; ++i) {
        const char *text = table->cell[i];
        const bool formula = fmi_csv_is_formula(text);
        const bool quote = formula || strpbrk(text, ",\"\r\n") != NULL;
        if (quote)
            (void)fputs(formula ? "\"'" : "\"", out);
        for (; *text; ++text) {
            if (*text == '"')
                (void)fputc('"', out);
            (void)fputc(*text, out);
        }
        if (quote)
            (void)fputc('"', out);
        (void)fputs((i + 1) % table->columns == 0 ? "\n" : ",", out);
    }
}

void fmi_table_tsv(const fmi_table *table, FILE *out) {
    static const char special[] = "\t\n\r\\", escape[] = "tnr\\";
    if (table->failed || table->columns == 0)
        return;
    for (size_t i = 0; i < table->cells; ++i) {
        if (fmi_csv_is_formula(table->cell[i]))
            (void)fputc('\'', out);
        for (const char *text = table->cell[i]; *text; ++text) {
            const char *found = strchr(special, *text);
            if (found)
                (void)fprintf(out, "\\%c", escape[found - special]);
            else
                (void)fputc(*text, out);
        }
        (void)fputc((i + 1) % table->columns == 0 ? '\n' : '\t', out);
    }
}

void fmi_table_print(const fmi_table *table, fmi_format format, FILE *out) {
    if (format == FMI_FORMAT_CSV)
        fmi_table_csv(table, out);
    else if (format == FMI_FORMAT_MARKDOWN)
        fmi_table_markdown(table, out);
    else
        fmi_table_text(table, out);
}

void fmi_table_free(fmi_table *table) {
    for (size_t i = 0; i < table->cells; ++i)
        free(table->cell[i]);
    free(table->cell);
    *table = (fmi_table){0};
}
