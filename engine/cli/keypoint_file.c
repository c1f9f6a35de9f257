/* SPDX-License-Identifier: MIT */
#include "keypoint_file.h"

#include "error.h"
#include "keypoint_numpy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIVE_POINTS 21
#define LIVE_HEAD 13
#define POSE_HEAD 6

fm_status fmi_kp_format_of(const char *path, fmi_kp_format *format, fm_error *err) {
    static const char *const ends[] = {".csv", ".npy", ".npz"};
    const size_t length = strlen(path);
    for (size_t i = 0; i < 3; i++)
        if (length > 4 && strcasecmp(path + length - 4, ends[i]) == 0) {
            *format = (fmi_kp_format)i;
            return FM_OK;
        }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s: unknown kind of file; allowed: .csv .npy .npz", path);
}

uint32_t fmi_kp_motion_floats(fm_keypoints_model model, uint32_t points) {
    return (model == FM_KEYPOINTS_LIVEPORTRAIT ? LIVE_HEAD : POSE_HEAD) + 3 * points;
}

const char *fmi_kp_column(fm_keypoints_model model, uint32_t i, char name[16]) {
    static const char *const fomm[] = {"x", "y", "j00", "j01", "j10", "j11"};
    static const char *const sadtalker[] = {"x", "y", "z"};
    static const char *const live[LIVE_HEAD] = {"scale", "tx",  "ty",  "tz",  "r00", "r01", "r02",
                                                "r10",   "r11", "r12", "r20", "r21", "r22"};
    if (model == FM_KEYPOINTS_FOMM)
        return i < 6 ? fomm[i] : NULL;
    if (model == FM_KEYPOINTS_SADTALKER)
        return i < 3 ? sadtalker[i] : NULL;
    if (i < LIVE_HEAD)
        return live[i];
    if (i >= LIVE_HEAD + 3 * LIVE_POINTS)
        return NULL;
    snprintf(name, 16, "exp%u_%c", (i - LIVE_HEAD) / 3, "xyz"[(i - LIVE_HEAD) % 3]);
    return name;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static fm_status need(const fmi_csv *csv, const char *name, size_t *column, fm_error *err) {
    *column = fmi_csv_find(csv, name);
    if (*column < csv->columns)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: row 1: no column '%s'; see keypoint files in "
                    "fmorph keypoints --help",
                    csv->name, name);
}

/* Points of a frame: rows with the first one's number. */
static fm_status count_points(fmi_kp_file *file, size_t frame, fm_error *err) {
    const fmi_csv *csv = &file->csv;
    size_t points = 0;
    while (points + 1 < csv->rows &&
           strcmp(fmi_csv_cell(csv, 1, frame), fmi_csv_cell(csv, points + 1, frame)) == 0)
        points++;
    if (points > FM_KEYPOINTS_MAX)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: row 2: a frame of %zu keypoints; at most %d",
                        csv->name, points, FM_KEYPOINTS_MAX);
    if ((csv->rows - 1) % points != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: row %zu: %zu rows are no whole frames of %zu keypoints", csv->name,
                        csv->rows, csv->rows - 1, points);
    file->points = (uint32_t)points;
    file->frames = (uint32_t)((csv->rows - 1) / points);
    return FM_OK;
}

/* Each row's kp and frame must be the ones its place says. */
static fm_status check_order(const fmi_kp_file *file, size_t frame, size_t kp, fm_error *err) {
    const fmi_csv *csv = &file->csv;
    uint32_t before = 0, number = 0, point = 0;
    for (size_t row = 1; row < csv->rows; row++) {
        const uint32_t k = (uint32_t)((row - 1) % file->points);
        fm_status status = fmi_csv_uint(csv, row, frame, &number, err);
        if (status == FM_OK)
            status = fmi_csv_uint(csv, row, kp, &point, err);
        if (status != FM_OK)
            return status;
        if (point != k)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%s: row %zu, column %zu (kp): %u where keypoint %u should be; sort by "
                            "frame and kp",
                            csv->name, row + 1, kp + 1, point, k);
        if (row > 1 && (k > 0 ? number != before : number <= before))
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%s: row %zu, column %zu (frame): %u behind %u with %u keypoints a "
                            "frame; sort by frame and kp",
                            csv->name, row + 1, frame + 1, number, before, file->points);
        before = number;
    }
    return FM_OK;
}

/* One column into every stride-th float. */
static fm_status read_column(const fmi_csv *csv, size_t column, float *out, size_t stride,
                             fm_error *err) {
    for (size_t row = 1; row < csv->rows; row++) {
        const fm_status status = fmi_csv_float(csv, row, column, out + (row - 1) * stride, err);
        if (status != FM_OK)
            return status;
    }
    return FM_OK;
}

static fm_status make_room(float **out, size_t count, fm_error *err) {
    *out = malloc(count * sizeof **out);
    return *out ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %zu numbers", count);
}

/* x y (z), and the Jacobian where any of its columns is there. */
static fm_status read_points(fmi_kp_file *file, fm_keypoints_model model, fm_error *err) {
    const fmi_csv *csv = &file->csv;
    const uint32_t d = model == FM_KEYPOINTS_FOMM ? 2 : 3,
                   count = model == FM_KEYPOINTS_FOMM ? 6 : 3;
    size_t frame = 0, kp = 0;
    char name[16];
    fm_status status = need(csv, "frame", &frame, err);
    if (status == FM_OK)
        status = need(csv, "kp", &kp, err);
    if (status == FM_OK)
        status = count_points(file, frame, err);
    if (status == FM_OK)
        status = check_order(file, frame, kp, err);
    if (status == FM_OK)
        status = make_room(&file->value, (csv->rows - 1) * d, err);
    if (status == FM_OK && d == 2 && fmi_csv_find(csv, "j00") < csv->columns)
        status = make_room(&file->jacobian, (csv->rows - 1) * 4, err);
    for (uint32_t i = 0; i < count && status == FM_OK; i++) {
        size_t column = 0;
        if (i >= d && !file->jacobian)
            break;
        status = need(csv, fmi_kp_column(model, i, name), &column, err);
        if (status == FM_OK)
            status = i < d ? read_column(csv, column, file->value + i, d, err)
                           : read_column(csv, column, file->jacobian + i - d, 4, err);
    }
    return status;
}

static fm_status read_canonical(fmi_kp_file *file, fm_error *err) {
    const fmi_csv *csv = &file->csv;
    if (fmi_csv_find(csv, "c0_x") == csv->columns)
        return FM_OK;
    fm_status status = make_room(&file->canonical, 3 * LIVE_POINTS, err);
    for (uint32_t i = 0; i < 3 * LIVE_POINTS && status == FM_OK; i++) {
        char name[16];
        size_t column = 0;
        snprintf(name, sizeof name, "c%u_%c", i / 3, "xyz"[i % 3]);
        status = need(csv, name, &column, err);
        if (status == FM_OK)
            status = fmi_csv_float(csv, 1, column, file->canonical + i, err);
    }
    return status;
}

static fm_status read_motions(fmi_kp_file *file, fm_error *err) {
    const fmi_csv *csv = &file->csv;
    const uint32_t floats = fmi_kp_motion_floats(FM_KEYPOINTS_LIVEPORTRAIT, LIVE_POINTS);
    file->points = LIVE_POINTS;
    file->frames = (uint32_t)(csv->rows - 1);
    fm_status status = make_room(&file->motion, (csv->rows - 1) * floats, err);
    for (uint32_t i = 0; i < floats && status == FM_OK; i++) {
        char name[16];
        size_t column = 0;
        status = need(csv, fmi_kp_column(FM_KEYPOINTS_LIVEPORTRAIT, i, name), &column, err);
        if (status == FM_OK)
            status = read_column(csv, column, file->motion + i, floats, err);
    }
    return status == FM_OK ? read_canonical(file, err) : status;
}

static fm_status read_csv(fmi_kp_file *file, fm_keypoints_model model, fm_error *err) {
    fm_status status = fmi_csv_read(&file->csv, file->path, err);
    if (status != FM_OK)
        return status;
    if (file->csv.rows < 2)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: row 2: there is none; a header and at least "
                        "one frame are needed",
                        file->csv.name);
    return model == FM_KEYPOINTS_LIVEPORTRAIT ? read_motions(file, err)
                                              : read_points(file, model, err);
}

fm_status fmi_kp_file_read(fmi_kp_file *file, const char *path, fm_keypoints_model model,
                           fm_error *err) {
    *file = (fmi_kp_file){.path = path};
    fm_status status = fmi_kp_format_of(path, &file->format, err);
    if (status == FM_OK && file->format == FMI_KP_CSV)
        status = read_csv(file, model, err);
    else if (status == FM_OK)
        status = fmi_kp_numpy_read(file, model, err);
    if (status != FM_OK)
        fmi_kp_file_free(file);
    return status;
}

void fmi_kp_file_free(fmi_kp_file *file) {
    free(file->value);
    free(file->jacobian);
    free(file->motion);
    free(file->canonical);
    fmi_csv_free(&file->csv);
    *file = (fmi_kp_file){0};
}

/* --- writing CSV ------------------------------------------------------------------------------ */

/* Where column i of a row stands among the results; NULL = not there. */
static const float *cell(fm_keypoints_model model, uint32_t points, const fm_keypoints_out *out,
                         size_t row, uint32_t i) {
    if (model == FM_KEYPOINTS_LIVEPORTRAIT)
        return out->motion + row * fmi_kp_motion_floats(model, points) + i;
    const uint32_t d = model == FM_KEYPOINTS_FOMM ? 2 : 3;
    if (i < d)
        return out->value + row * d + i;
    return out->jacobian ? out->jacobian + row * 4 + (i - d) : NULL;
}

static uint8_t row_status(fm_keypoints_model model, uint32_t points, const uint8_t *status,
                          size_t row) {
    if (model != FM_KEYPOINTS_LIVEPORTRAIT)
        return status[row];
    uint8_t worst = 0;
    for (uint32_t k = 0; k < points; k++)
        worst = status[row * points + k] > worst ? status[row * points + k] : worst;
    return worst;
}

/* Which result column a CSV column shows; UINT32_MAX = none. */
static uint32_t result_of(fm_keypoints_model model, const char *header) {
    char name[16];
    const char *known;
    for (uint32_t i = 0; (known = fmi_kp_column(model, i, name)) != NULL; i++)
        if (strcmp(known, header) == 0)
            return i;
    return UINT32_MAX;
}

/* The driving file's own columns, or the usual ones. */
typedef struct layout {
    size_t count;
    uint32_t result[FMI_CSV_MAX_COLUMNS]; /* UINT32_MAX: kept as it was */
} layout;

static void put_header(fmi_csv_out *csv, fm_keypoints_model model, const fmi_kp_file *driving,
                       const fm_keypoints_out *out, layout *columns) {
    char name[16];
    if (driving->csv.rows > 0) {
        columns->count = driving->csv.columns;
        for (size_t c = 0; c < columns->count; c++) {
            fmi_csv_put_text(csv, fmi_csv_cell(&driving->csv, 0, c));
            columns->result[c] = result_of(model, fmi_csv_cell(&driving->csv, 0, c));
        }
    } else {
        const char *known;
        fmi_csv_put_text(csv, "frame");
        if (model != FM_KEYPOINTS_LIVEPORTRAIT)
            fmi_csv_put_text(csv, "kp");
        for (uint32_t i = 0; (known = fmi_kp_column(model, i, name)) != NULL; i++)
            if (cell(model, driving->points, out, 0, i)) {
                fmi_csv_put_text(csv, known);
                columns->result[columns->count++] = i;
            }
    }
    for (uint32_t i = 0; model == FM_KEYPOINTS_LIVEPORTRAIT && out->value && i < 3 * LIVE_POINTS;
         i++) {
        snprintf(name, sizeof name, "x%u_%c", i / 3, "xyz"[i % 3]);
        fmi_csv_put_text(csv, name);
    }
    fmi_csv_put_text(csv, "status");
    fmi_csv_end_row(csv);
}

static void put_row(fmi_csv_out *csv, fm_keypoints_model model, const fmi_kp_file *driving,
                    const fm_keypoints_out *out, const layout *columns, size_t row) {
    const bool live = model == FM_KEYPOINTS_LIVEPORTRAIT;
    if (driving->csv.rows == 0) {
        fmi_csv_put_uint(csv, live ? row : row / driving->points);
        if (!live)
            fmi_csv_put_uint(csv, row % driving->points);
    }
    for (size_t c = 0; c < columns->count; c++) {
        const float *number = columns->result[c] == UINT32_MAX
                                  ? NULL
                                  : cell(model, driving->points, out, row, columns->result[c]);
        if (number)
            fmi_csv_put_float(csv, *number);
        else
            fmi_csv_put_text(csv, fmi_csv_cell(&driving->csv, row + 1, c));
    }
    for (uint32_t i = 0; live && out->value && i < 3 * LIVE_POINTS; i++)
        fmi_csv_put_float(csv, out->value[row * 3 * LIVE_POINTS + i]);
    fmi_csv_put_uint(csv, row_status(model, driving->points, out->status, row));
    fmi_csv_end_row(csv);
}

static fm_status write_csv(const char *path, fm_keypoints_model model, const fmi_kp_file *driving,
                           const fm_keypoints_out *out, fm_error *err) {
    fmi_csv_out csv = {0};
    const size_t rows = model == FM_KEYPOINTS_LIVEPORTRAIT
                            ? driving->frames
                            : (size_t)driving->frames * driving->points;
    layout *columns = calloc(1, sizeof *columns);
    if (!columns)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the table", path);
    put_header(&csv, model, driving, out, columns);
    for (size_t row = 0; row < rows && !csv.failed; row++)
        put_row(&csv, model, driving, out, columns, row);
    const fm_status status = fmi_csv_write(&csv, path, err);
    fmi_csv_out_free(&csv);
    free(columns);
    return status;
}

fm_status fmi_kp_file_write(const char *path, fm_keypoints_model model, const fmi_kp_file *driving,
                            const fm_keypoints_out *out, fm_error *err) {
    fmi_kp_format format = FMI_KP_CSV;
    fm_status status = fmi_kp_format_of(path, &format, err);
    if (status != FM_OK)
        return status;
    return format == FMI_KP_CSV ? write_csv(path, model, driving, out, err)
                                : fmi_kp_numpy_write(path, format, model, driving, out, err);
}
