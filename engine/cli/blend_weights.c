/* SPDX-License-Identifier: MIT */
#include "blend_run.h"
#include "names.h"

#include "error.h"
#include "io/csv.h"

#include <stdlib.h>
#include <string.h>

#define SKIP UINT32_MAX

/* The table and where its columns go. */
typedef struct weights_file {
    fmi_csv csv;
    const char *const *targets;
    uint32_t count;
    uint32_t *column; /* of the file: its target, or SKIP */
} weights_file;

/* A first row of numbers only is a frame already. */
static bool has_header(const fmi_csv *csv) {
    for (size_t c = 0; c < csv->columns; c++) {
        float value;
        if (fmi_csv_float(csv, 0, c, &value, NULL) != FM_OK)
            return true;
    }
    return false;
}

/* The first target of that stem that has no column yet; count = none. */
static uint32_t find_target(const weights_file *f, const char *name, size_t columns,
                            bool *stem_known) {
    *stem_known = false;
    for (uint32_t k = 0; k < f->count; k++) {
        char stem[FMI_NAME_STEM];
        bool taken = false;
        fmi_name_stem(stem, f->targets[k]);
        if (strcmp(stem, name) != 0)
            continue;
        *stem_known = true;
        for (size_t c = 0; c < columns && !taken; c++)
            taken = f->column[c] == k;
        if (!taken)
            return k;
    }
    return f->count;
}

static fm_status name_columns(weights_file *f, fm_error *err) {
    uint32_t found = 0;
    for (size_t c = 0; c < f->csv.columns; c++) {
        const char *name = fmi_csv_cell(&f->csv, 0, c);
        bool known = false;
        uint32_t target = find_target(f, name, c, &known);
        f->column[c] = target;
        found += target < f->count;
        if (target < f->count)
            continue;
        f->column[c] = SKIP;
        if (known || strcmp(name, "frame") != 0)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%s: row 1, column %zu: '%.60s' is %s; name the columns after the "
                            "target files, without folder and extension",
                            f->csv.name, c + 1, name,
                            known ? "there more often than targets of that name" : "no target");
    }
    for (uint32_t k = 0; k < f->count && found < f->count; k++) {
        bool there = false;
        for (size_t c = 0; c < f->csv.columns; c++)
            there = there || f->column[c] == k;
        if (!there)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%s: no column for target %u, %.200s; add one named after the file",
                            f->csv.name, k + 1, f->targets[k]);
    }
    return FM_OK;
}

static fm_status number_columns(weights_file *f, fm_error *err) {
    if (f->csv.columns != f->count)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: row 1 has %zu columns and there are %u targets; give one column per "
                        "target",
                        f->csv.name, f->csv.columns, f->count);
    for (uint32_t k = 0; k < f->count; k++)
        f->column[k] = k;
    return FM_OK;
}

static fm_status read_numbers(const weights_file *f, size_t first, float *weights, fm_error *err) {
    fm_status status = FM_OK;
    for (size_t r = first; r < f->csv.rows; r++)
        for (size_t c = 0; c < f->csv.columns && status == FM_OK; c++) {
            float *to =
                &weights[(r - first) * f->count + (f->column[c] == SKIP ? 0 : f->column[c])];
            if (f->column[c] != SKIP)
                status = fmi_csv_float(&f->csv, r, c, to, err);
        }
    return status;
}

static fm_status read_table(weights_file *f, float **weights, uint32_t *frames, fm_error *err) {
    size_t first = has_header(&f->csv) ? 1 : 0;
    size_t rows = f->csv.rows - first;
    f->column = malloc(sizeof *f->column * f->csv.columns);
    if (f->column == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu columns", f->csv.columns);
    fm_status status = first == 1 ? name_columns(f, err) : number_columns(f, err);
    if (status != FM_OK)
        return status;
    if (rows == 0 || rows >= FMI_MAX_FRAMES || (uint64_t)rows * f->count > INT32_MAX)
        return fmi_fail(err, rows == 0 ? FM_ERROR_BAD_INPUT : FM_ERROR_LIMIT,
                        "%s: %zu frames; 1 to %u are possible", f->csv.name, rows,
                        FMI_MAX_FRAMES - 1);
    *weights = malloc(sizeof **weights * rows * f->count);
    *frames = (uint32_t)rows;
    if (*weights == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu rows of weights", rows);
    return read_numbers(f, first, *weights, err);
}

fm_status fmi_blend_weights_read(const char *path, const char *const *targets, uint32_t count,
                                 float **weights, uint32_t *frames, fm_error *err) {
    weights_file f = {.targets = targets, .count = count};
    *weights = NULL;
    fm_status status = fmi_csv_read(&f.csv, path, err);
    if (status == FM_OK)
        status = read_table(&f, weights, frames, err);
    if (status != FM_OK) {
        free(*weights);
        *weights = NULL;
    }
    free(f.column);
    fmi_csv_free(&f.csv);
    return status;
}
