/* SPDX-License-Identifier: MIT */
/** @file table.h Rows of text as an aligned table, Markdown or CSV. */
#ifndef FMI_TABLE_H
#define FMI_TABLE_H

#include "format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FMI_TABLE_COLUMNS 48

/** Zeroed = empty. Free with fmi_table_free. */
typedef struct fmi_table {
    size_t columns, cells, capacity; /**< the first row is the head */
    char **cell;                     /**< row by row, owned */
    bool right[FMI_TABLE_COLUMNS];   /**< column is aligned to the right */
    bool failed;                     /**< out of memory: a line that says so is printed */
} fmi_table;

/** Names the columns; a name that starts with '>' is aligned to the right. NULL ends the list. */
void fmi_table_head(fmi_table *table, const char *const *names);
/** Adds the next cell of the current row (formatted, copied). */
void fmi_table_add(fmi_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

void fmi_table_text(const fmi_table *table, FILE *out);
/** What Markdown would take for markup stands behind a backslash. */
void fmi_table_markdown(const fmi_table *table, FILE *out);
/** RFC 4180: quotes where needed; an apostrophe before what a spreadsheet would take for a formula
 *  (fmi_csv_is_formula). */
void fmi_table_csv(const fmi_table *table, FILE *out);
/** Tabs between; tabs, line feeds and backslashes inside as \t, \n, \r and \\; formulas as in CSV.
 */
void fmi_table_tsv(const fmi_table *table, FILE *out);
/** In that format: CSV, Markdown, or text for every other one. */
void fmi_table_print(const fmi_table *table, fmi_format format, FILE *out);
void fmi_table_free(fmi_table *table);

#endif
