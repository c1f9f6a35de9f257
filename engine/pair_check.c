/* SPDX-License-Identifier: MIT */
#include "pair_check.h"

#include "error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LABEL_BYTES 100

const char *fmi_mesh_label(const fm_mesh *mesh) {
    return mesh->label ? mesh->label : "mesh";
}

int fmi_text_bytes(const char *text, int limit) {
    int bytes = 0;
    while (bytes < limit && text[bytes] != '\0')
        bytes++;
    if (text[bytes] == '\0')
        return bytes;
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xC0) == 0x80)
        bytes--;
    return bytes;
}

char *fmi_grouped(char out[32], uint64_t value) {
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *to = out;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

static fm_status check_counts(const fm_mesh *mesh, fm_error *err) {
    const char *label = fmi_mesh_label(mesh);
    int bytes = fmi_text_bytes(label, LABEL_BYTES);
    if (mesh->corner_count == 0 || mesh->polygon_count == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%.*s has %u polygons with %u corners; give a mesh with faces", bytes,
                        label, mesh->polygon_count, mesh->corner_count);
    if (!mesh->positions || !mesh->polygon_sizes || (mesh->runs && mesh->run_count == 0))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%.*s lacks an array of its fm_mesh; set positions and polygon_sizes, "
                        "and run_count with runs",
                        bytes, label);
    if (mesh->corner_count > FMI_MAX_CORNERS)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%.*s has %u polygon corners, more than the limit of %u; reduce the mesh",
                        bytes, label, mesh->corner_count, FMI_MAX_CORNERS);
    return FM_OK;
}

static fm_status check_sizes(const fm_mesh *mesh, fm_error *err) {
    const char *label = fmi_mesh_label(mesh);
    int bytes = fmi_text_bytes(label, LABEL_BYTES);
    uint64_t sum = 0;
    for (uint32_t p = 0; p < mesh->polygon_count; p++) {
        if (mesh->polygon_sizes[p] < 3)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%.*s: polygon %u has %u corners; remove points and lines", bytes,
                            label, p, mesh->polygon_sizes[p]);
        sum += mesh->polygon_sizes[p];
    }
    if (sum != mesh->corner_count)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%.*s: its polygons have %" PRIu64
                        " corners in all, but it holds %u; export the mesh again",
                        bytes, label, sum, mesh->corner_count);
    return FM_OK;
}

static fm_status check_runs(const fm_mesh *mesh, fm_error *err) {
    const char *label = fmi_mesh_label(mesh);
    uint64_t next = 0;
    if (!mesh->runs)
        return FM_OK;
    for (uint32_t r = 0; r < mesh->run_count; r++) {
        const fm_material_run *run = &mesh->runs[r];
        bool sorted = run->name && (r == 0 || strcmp(mesh->runs[r - 1].name, run->name) <= 0);
        if (!sorted || run->polygon_count == 0 || run->first_polygon != next)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "%.*s: material run %u (polygons %u, count %u) is empty, leaves a gap "
                            "or is out of order; sort the runs by name and number them through",
                            fmi_text_bytes(label, LABEL_BYTES), label, r, run->first_polygon,
                            run->polygon_count);
        next += run->polygon_count;
    }
    if (next != mesh->polygon_count)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%.*s: its material runs hold %" PRIu64
                        " polygons, but it has %u; give every polygon to one run",
                        fmi_text_bytes(label, LABEL_BYTES), label, next, mesh->polygon_count);
    return FM_OK;
}

/* Index of the first value that is not finite, count when there is none. */
static size_t find_not_finite(const float *values, size_t count) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) /* no early exit: this loop becomes vector code */
        bad |= !(fabsf(values[i]) <= FLT_MAX);
    for (size_t i = 0; bad && i < count; i++)
        if (!isfinite(values[i]))
            return i;
    return count;
}

static fm_status check_finite(const fm_mesh *mesh, fm_error *err) {
    const struct {
        const float *values;
        size_t width;
        const char *names;
    } arrays[] = {{mesh->positions, 3, "xyz"}, {mesh->uvs, 2, "uv"}};
    for (size_t i = 0; i < 2; i++) {
        size_t count = arrays[i].values ? mesh->corner_count * arrays[i].width : 0;
        size_t at = find_not_finite(arrays[i].values, count);
        if (at == count)
            continue;
        const char *label = fmi_mesh_label(mesh);
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%.*s: coordinate %c of corner %zu is %f, not a finite number; repair the "
                        "mesh in a 3-D editor",
                        fmi_text_bytes(label, LABEL_BYTES), label,
                        arrays[i].names[at % arrays[i].width], at / arrays[i].width,
                        (double)arrays[i].values[at]);
    }
    return FM_OK;
}

fm_status fmi_mesh_check(const fm_mesh *mesh, fm_error *err) {
    fm_status status = check_counts(mesh, err);
    if (status == FM_OK)
        status = check_sizes(mesh, err);
    if (status == FM_OK)
        status = check_runs(mesh, err);
    if (status == FM_OK)
        status = check_finite(mesh, err);
    return status;
}
