/* SPDX-License-Identifier: MIT */
#include "keypoint_numpy.h"

#include "error.h"
#include "io/npz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BINS FM_KEYPOINTS_ANGLE_BINS

static const char *const known_names[] = {"value", "jacobian", "canonical", "scale", "t",
                                          "R",     "exp",      "yaw",       "pitch", "roll"};

/* Shape of an array behind its frames; any = a free size. */
typedef struct tail {
    uint32_t dims;
    uint64_t size[3];
} tail;
#define ANY UINT64_MAX

static bool fits(const fmi_npy_shape *shape, const tail *want, uint32_t *skip) {
    if (shape->dims != want->dims && shape->dims != want->dims + 1)
        return false;
    *skip = shape->dims - want->dims;
    for (uint32_t i = 0; i < want->dims; i++)
        if (want->size[i] != ANY && want->size[i] != shape->size[i + *skip])
            return false;
    return true;
}

/* "(F, K, 2)": what was wanted. */
static const char *tail_text(const tail *want, char out[64]) {
    size_t at = (size_t)snprintf(out, 64, "(F");
    for (uint32_t i = 0; i < want->dims; i++)
        at += want->size[i] == ANY
                  ? (size_t)snprintf(out + at, 64 - at, ", K")
                  : (size_t)snprintf(out + at, 64 - at, ", %u", (unsigned)want->size[i]);
    snprintf(out + at, 64 - at, ")");
    return out;
}

/* Copies to floats; refuses what is not finite. */
static fm_status to_floats(const fmi_kp_file *file, const char *name, const fmi_npy *array,
                           uint64_t per_frame, float **out, fm_error *err) {
    const uint64_t count = array->shape.count;
    *out = malloc((count ? count : 1) * sizeof **out);
    if (!*out)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %llu numbers",
                        (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++) {
        const float x = array->shape.kind == FMI_NPY_F4 ? ((const float *)array->values)[i]
                                                        : (float)((const double *)array->values)[i];
        (*out)[i] = x;
        if (!isfinite(x))
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%s: %s: row %llu, column %llu of its frames is not finite; mend or "
                            "drop that frame",
                            file->path, name, (unsigned long long)(i / per_frame + 1),
                            (unsigned long long)(i % per_frame + 1));
    }
    return FM_OK;
}

/* Takes one array; *frames is set by the first and checked by the others. */
static fm_status take(const fmi_kp_file *file, const char *name, const fmi_npy *array,
                      const tail *want, uint64_t *frames, float **out, fm_error *err) {
    char got[128], wanted[64];
    uint32_t skip = 0;
    if (!array)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: no array '%s' %s", file->path, name,
                        tail_text(want, wanted));
    if (!fits(&array->shape, want, &skip))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s has the shape %s; %s is needed",
                        file->path, name, fmi_npy_shape_text(&array->shape, got),
                        tail_text(want, wanted));
    const uint64_t here = skip ? array->shape.size[0] : 1;
    if (here == 0 || array->shape.count == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s is empty: %s", file->path, name,
                        fmi_npy_shape_text(&array->shape, got));
    if (*frames != 0 && here != *frames)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s has %llu frames, the others have %llu",
                        file->path, name, (unsigned long long)here, (unsigned long long)*frames);
    *frames = here;
    return to_floats(file, name, array, array->shape.count / here, out, err);
}

static fm_status set_counts(fmi_kp_file *file, uint64_t frames, uint64_t points, fm_error *err) {
    if (points > FM_KEYPOINTS_MAX || frames > UINT32_MAX)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: %llu frames of %llu keypoints; at most %d keypoints", file->path,
                        (unsigned long long)frames, (unsigned long long)points, FM_KEYPOINTS_MAX);
    file->frames = (uint32_t)frames;
    file->points = (uint32_t)points;
    return FM_OK;
}

static fm_status take_points(fmi_kp_file *file, fm_keypoints_model model, const fmi_npy *value,
                             const fmi_npy *jacobian, fm_error *err) {
    const tail values = {2, {ANY, model == FM_KEYPOINTS_FOMM ? 2 : 3}};
    uint64_t frames = 0;
    fm_status status = take(file, "value", value, &values, &frames, &file->value, err);
    if (status != FM_OK)
        return status;
    const uint64_t points = value->shape.size[value->shape.dims - 2];
    const tail jacobians = {3, {points, 2, 2}};
    if (model == FM_KEYPOINTS_FOMM && jacobian)
        status = take(file, "jacobian", jacobian, &jacobians, &frames, &file->jacobian, err);
    return status == FM_OK ? set_counts(file, frames, points, err) : status;
}

/* --- motions ---------------------------------------------------------------------------------- */

/* Spreads an array's rows of count floats into the motions. */
static void scatter(fmi_kp_file *file, uint32_t floats, uint32_t at, uint32_t count,
                    const float *from) {
    for (size_t f = 0; f < file->frames; f++)
        memcpy(file->motion + f * floats + at, from + f * count, count * sizeof *from);
}

/* Takes a named array and spreads it. */
static fm_status take_part(fmi_kp_file *file, const fmi_npz *npz, const char *name,
                           const tail *want, uint32_t floats, uint32_t at, fm_error *err) {
    float *rows = NULL;
    uint64_t frames = file->frames;
    uint32_t count = 1;
    for (uint32_t i = 0; i < want->dims; i++)
        count *= (uint32_t)want->size[i];
    const fm_status status = take(file, name, fmi_npz_find(npz, name), want, &frames, &rows, err);
    if (status == FM_OK)
        scatter(file, floats, at, count, rows);
    free(rows);
    return status;
}

/* Degrees, or the network's 66 numbers that degrees are made of. */
static fm_status take_angle(fmi_kp_file *file, const fmi_npz *npz, const char *name,
                            uint32_t floats, uint32_t at, fm_error *err) {
    const fmi_npy *array = fmi_npz_find(npz, name);
    const tail bins = {1, {BINS}}, degrees = {0, {0}};
    float *rows = NULL, *made = NULL;
    uint64_t frames = file->frames;
    const bool many =
        array && (array->shape.dims == 2 ||
                  (array->shape.dims == 1 && array->shape.size[0] == BINS && file->frames == 1));
    if (!many)
        return take_part(file, npz, name, &degrees, floats, at, err);
    fm_status status = take(file, name, array, &bins, &frames, &rows, err);
    if (status == FM_OK && !(made = malloc(file->frames * sizeof *made)))
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u angles", file->frames);
    if (status == FM_OK) {
        fm_keypoints_angles(rows, file->frames, 99.0F, made);
        scatter(file, floats, at, 1, made);
    }
    free(rows);
    free(made);
    return status;
}

static fm_status start_motions(fmi_kp_file *file, const fmi_npz *npz, fm_keypoints_model model,
                               uint32_t *floats, fm_error *err) {
    const tail any = {2, {ANY, 3}};
    const fmi_npy *e = fmi_npz_find(npz, "exp");
    float *rows = NULL;
    uint64_t frames = 0;
    fm_status status = take(file, "exp", e, &any, &frames, &rows, err);
    if (status == FM_OK)
        status = set_counts(file, frames, e->shape.size[e->shape.dims - 2], err);
    if (status == FM_OK) {
        *floats = fmi_kp_motion_floats(model, file->points);
        file->motion = calloc((size_t)frames * *floats, sizeof *file->motion);
        if (!file->motion)
            status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %llu frames",
                              (unsigned long long)frames);
    }
    if (status == FM_OK)
        scatter(file, *floats, *floats - 3 * file->points, 3 * file->points, rows);
    free(rows);
    return status;
}

static fm_status take_motions(fmi_kp_file *file, const fmi_npz *npz, fm_keypoints_model model,
                              fm_error *err) {
    const tail one = {0, {0}}, three = {1, {3}}, matrix = {2, {3, 3}};
    uint32_t floats = 0;
    fm_status status = start_motions(file, npz, model, &floats, err);
    if (status != FM_OK)
        return status;
    if (model == FM_KEYPOINTS_LIVEPORTRAIT) {
        status = take_part(file, npz, "scale", &one, floats, 0, err);
        if (status == FM_OK)
            status = take_part(file, npz, "t", &three, floats, 1, err);
        return status == FM_OK ? take_part(file, npz, "R", &matrix, floats, 4, err) : status;
    }
    status = take_angle(file, npz, "yaw", floats, 0, err);
    if (status == FM_OK)
        status = take_angle(file, npz, "pitch", floats, 1, err);
    if (status == FM_OK)
        status = take_angle(file, npz, "roll", floats, 2, err);
    return status == FM_OK ? take_part(file, npz, "t", &three, floats, 3, err) : status;
}

static fm_status take_canonical(fmi_kp_file *file, const fmi_npz *npz, fm_error *err) {
    const fmi_npy *array = fmi_npz_find(npz, "canonical");
    const tail want = {2, {file->points, 3}};
    uint64_t frames = 0;
    return array ? take(file, "canonical", array, &want, &frames, &file->canonical, err) : FM_OK;
}

static fm_status read_npz(fmi_kp_file *file, fm_keypoints_model model, fm_error *err) {
    fmi_npz npz;
    fm_status status =
        fmi_npz_read(&npz, file->path, known_names, sizeof known_names / sizeof *known_names, err);
    if (status != FM_OK)
        return status;
    if (model == FM_KEYPOINTS_LIVEPORTRAIT ||
        (model == FM_KEYPOINTS_SADTALKER && fmi_npz_find(&npz, "yaw"))) {
        status = take_motions(file, &npz, model, err);
        if (status == FM_OK)
            status = take_canonical(file, &npz, err);
    } else {
        status = take_points(file, model, fmi_npz_find(&npz, "value"),
                             fmi_npz_find(&npz, "jacobian"), err);
    }
    fmi_npz_free(&npz);
    return status;
}

fm_status fmi_kp_numpy_read(fmi_kp_file *file, fm_keypoints_model model, fm_error *err) {
    fmi_npy array;
    if (file->format == FMI_KP_NPZ)
        return read_npz(file, model, err);
    if (model == FM_KEYPOINTS_LIVEPORTRAIT)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: NPY holds values alone and LivePortrait needs motions; use CSV or NPZ",
                        file->path);
    fm_status status = fmi_npy_read(&array, file->path, err);
    if (status != FM_OK)
        return status;
    status = take_points(file, model, &array, NULL, err);
    fmi_npy_free(&array);
    return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

static fmi_npy_shape shape(uint64_t frames, uint32_t dims, uint64_t a, uint64_t b, uint64_t c) {
    const uint64_t size[3] = {a, b, c};
    fmi_npy_shape s = {.kind = FMI_NPY_F4, .dims = dims + 1, .size = {frames}, .count = frames};
    for (uint32_t i = 0; i < dims; i++) {
        s.size[i + 1] = size[i];
        s.count *= size[i];
    }
    return s;
}

/* Columns [at, at + count) of the motions as an array of their own. */
static float *gather(const float *motion, size_t frames, uint32_t floats, uint32_t at,
                     uint32_t count) {
    float *rows = malloc(frames * count * sizeof *rows);
    for (size_t f = 0; rows && f < frames; f++)
        memcpy(rows + f * count, motion + f * floats + at, count * sizeof *rows);
    return rows;
}

static fm_status write_live(const char *path, const fmi_kp_file *driving,
                            const fm_keypoints_out *out, fmi_npz_entry *entries, size_t count,
                            fm_error *err) {
    const uint32_t at[] = {0, 1, 4, 13}, sizes[] = {1, 3, 9, 3 * driving->points};
    const uint64_t f = driving->frames;
    const uint32_t floats = fmi_kp_motion_floats(FM_KEYPOINTS_LIVEPORTRAIT, driving->points);
    const fmi_npz_entry parts[] = {{.name = "scale", .shape = shape(f, 0, 0, 0, 0)},
                                   {.name = "t", .shape = shape(f, 1, 3, 0, 0)},
                                   {.name = "R", .shape = shape(f, 2, 3, 3, 0)},
                                   {.name = "exp", .shape = shape(f, 2, driving->points, 3, 0)}};
    float *rows[4] = {0};
    fm_status status = FM_OK;
    for (int i = 0; i < 4; i++) {
        rows[i] = gather(out->motion, f, floats, at[i], sizes[i]);
        entries[count] = parts[i];
        entries[count++].values = rows[i];
        if (!rows[i])
            status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the arrays", path);
    }
    if (status == FM_OK)
        status = fmi_npz_write(path, entries, count, err);
    for (int i = 0; i < 4; i++)
        free(rows[i]);
    return status;
}

fm_status fmi_kp_numpy_write(const char *path, fmi_kp_format format, fm_keypoints_model model,
                             const fmi_kp_file *driving, const fm_keypoints_out *out,
                             fm_error *err) {
    const uint64_t f = driving->frames, k = driving->points;
    const fmi_npy_shape values = shape(f, 2, k, model == FM_KEYPOINTS_FOMM ? 2 : 3, 0);
    fmi_npz_entry entries[FMI_NPZ_MAX_ARRAYS];
    size_t count = 0;
    if (format == FMI_KP_NPY)
        return fmi_npy_write(path, &values, out->value, err);
    if (out->value)
        entries[count++] = (fmi_npz_entry){"value", values, out->value};
    if (out->jacobian)
        entries[count++] = (fmi_npz_entry){"jacobian", shape(f, 3, k, 2, 2), out->jacobian};
    entries[count] = (fmi_npz_entry){"status", shape(f, 1, k, 0, 0), out->status};
    entries[count++].shape.kind = FMI_NPY_U1;
    return out->motion ? write_live(path, driving, out, entries, count, err)
                       : fmi_npz_write(path, entries, count, err);
}
