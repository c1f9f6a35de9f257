/* SPDX-License-Identifier: MIT */
/**
 * @file csv.h
 * Comma-separated tables as RFC 4180 words them: quoted fields, doubled quotes, LF or CRLF. Both
 * directions are locale-proof, and numbers survive: what is written reads back to the same bits.
 *
 *     fmi_csv_out out = {0};
 *     fmi_csv_put_text(&out, "frame");
 *     fmi_csv_put_text(&out, "x");
 *     fmi_csv_end_row(&out);
 *     fmi_csv_put_uint(&out, 0);
 *     fmi_csv_put_float(&out, 0.1F);        // "0.1"
 *     fmi_csv_end_row(&out);
 *     status = fmi_csv_write(&out, "table.csv", &err);
 *     fmi_csv_out_free(&out);
 *
 * Threads: one thread at a time per object.
 */
#ifndef FMI_CSV_H
#define FMI_CSV_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_CSV_MAX_COLUMNS 4096

/**
 * A table read from a file. Zeroed = none. Row 0 is the header. Messages count rows and columns
 * from 1, the header being row 1, as a spreadsheet shows them.
 */
typedef struct fmi_csv {
    char *bytes;     /**< the file, cut into zero-terminated cells */
    uint32_t *cells; /**< rows x columns: where in bytes each cell starts */
    size_t rows;     /**< header included, >= 1 */
    size_t columns;  /**< the same in every row, >= 1 */
    char name[256];  /**< of the file, for messages */
} fmi_csv;

/**
 * Reads a whole table. A byte order mark is skipped; a last line may lack its line feed; empty
 * lines at the end are dropped. Free with fmi_csv_free.
 * @retval FM_ERROR_BAD_INPUT missing, empty, a row with another number of columns, a quote that is
 *         not closed or stands inside a field, a zero byte; the message names row and column
 * @retval FM_ERROR_LIMIT over 2 GiB or FMI_CSV_MAX_COLUMNS columns
 */
fm_status fmi_csv_read(fmi_csv *csv, const char *path, fm_error *err);
/** Frees and zeroes. Accepts a zeroed table. */
void fmi_csv_free(fmi_csv *csv);

/** Text of a cell, never NULL; row below rows, column below columns. */
const char *fmi_csv_cell(const fmi_csv *csv, size_t row, size_t column);
/** First column with that header; csv->columns when there is none. */
size_t fmi_csv_find(const fmi_csv *csv, const char *header);

/**
 * A cell as a number: optional sign, decimal digits with an optional point and exponent, nothing
 * else (no blanks, hexadecimal, thousands). Correctly rounded to float.
 * @retval FM_ERROR_BAD_INPUT not such a number, not finite ("nan", "inf") or beyond the range of a
 *         float; the message names file, row, column, header and the text
 */
fm_status fmi_csv_float(const fmi_csv *csv, size_t row, size_t column, float *value, fm_error *err);
/** A cell as a whole number without sign, at most UINT32_MAX. */
fm_status fmi_csv_uint(const fmi_csv *csv, size_t row, size_t column, uint32_t *value,
                       fm_error *err);

/** Whether text starts with = + - @, a tab or a carriage return, is longer than that and no number.
 */
bool fmi_csv_is_formula(const char *text);

/** A table being written. Zeroed = empty. After an allocation failure everything is ignored and
 *  the write fails. */
typedef struct fmi_csv_out {
    char *text; /**< size bytes, zero-terminated; NULL while empty */
    size_t size, capacity;
    bool crlf;   /**< set before the first row: line ends are CRLF, as RFC 4180 has them */
    bool in_row; /**< a cell has been put since the last end of a row */
    bool failed;
} fmi_csv_out;

/**
 * Appends a cell to the row. Text is quoted where a comma, quote or line end asks for it. Text that
 * a spreadsheet would take for a formula (fmi_csv_is_formula) gets an apostrophe before it and
 * quotes.
 */
void fmi_csv_put_text(fmi_csv_out *out, const char *text);
void fmi_csv_put_float(fmi_csv_out *out, float value);
void fmi_csv_put_double(fmi_csv_out *out, double value);
void fmi_csv_put_uint(fmi_csv_out *out, uint64_t value);
void fmi_csv_end_row(fmi_csv_out *out);

/** Writes the table to path as fmi_output_write does. @retval FM_ERROR_HOST_MEMORY it had failed */
fm_status fmi_csv_write(const fmi_csv_out *out, const char *path, fm_error *err);
/** The same for a file of a run folder: fmi_output_write_part. */
fm_status fmi_csv_write_part(const fmi_csv_out *out, const char *path, fm_error *err);
void fmi_csv_out_free(fmi_csv_out *out);

#endif
