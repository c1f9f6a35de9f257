/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include "error.h"
#include "io/file.h"
#include "io/npy_header.h"
#include "io/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t fmi_npy_element_bytes(fmi_npy_kind kind) {
    return kind == FMI_NPY_F8 ? 8 : kind == FMI_NPY_F4 ? 4 : 1;
}

const char *fmi_npy_kind_name(fmi_npy_kind kind) {
    static const char *const names[] = {"float32", "float64", "uint8"};
    return names[kind];
}

const char *fmi_npy_shape_text(const fmi_npy_shape *shape, char out[128]) {
    size_t used = (size_t)snprintf(out, 128, "(");
    for (uint32_t i = 0; i < shape->dims && used < 100; i++)
        used += (size_t)snprintf(out + used, 128 - used, "%s%" PRIu64, i > 0 ? ", " : "",
                                 shape->size[i]);
    snprintf(out + used, 128 - used, "%s)", shape->dims == 1 ? "," : "");
    return out;
}

/* Index of element i (C order) of an array whose values lie in Fortran order. */
static uint64_t fortran_index(const fmi_npy_shape *shape, uint64_t i) {
    uint64_t step = shape->count;
    uint64_t index = 0;
    for (uint32_t d = shape->dims; d-- > 0;) {
        step /= shape->size[d];
        index += i % shape->size[d] * step;
        i /= shape->size[d];
    }
    return index;
}

static void copy_value(unsigned char *to, const unsigned char *from, size_t bytes, bool swap) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = from[swap ? bytes - 1 - i : i];
}

static void copy_values(unsigned char *to, const unsigned char *from,
                        const fmi_npy_header *header) {
    const fmi_npy_shape *shape = &header->shape;
    size_t bytes = fmi_npy_element_bytes(shape->kind);
    bool turn = header->fortran && shape->dims > 1;
    if (!turn && !header->big_endian) {
        memcpy(to, from, shape->count * bytes);
        return;
    }
    for (uint64_t i = 0; i < shape->count; i++)
        copy_value(to + i * bytes, from + (turn ? fortran_index(shape, i) : i) * bytes, bytes,
                   header->big_endian);
}

fm_status fmi_npy_parse(fmi_npy *array, const void *bytes, size_t count, const char *name,
                        fm_error *err) {
    fmi_npy_header header;
    *array = (fmi_npy){0};
    fm_status status = fmi_npy_header_parse(&header, bytes, count, name, err);
    if (status != FM_OK)
        return status;
    /* The header promises no more than the file holds, so this is below the file's size. */
    size_t size = (size_t)header.shape.count * fmi_npy_element_bytes(header.shape.kind);
    void *values = malloc(size > 0 ? size : 1);
    if (!values)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for its %zu bytes", name, size);
    copy_values(values, (const unsigned char *)bytes + header.data_offset, &header);
    *array = (fmi_npy){.shape = header.shape, .values = values};
    return FM_OK;
}

fm_status fmi_npy_read(fmi_npy *array, const char *path, fm_error *err) {
    unsigned char *data = NULL;
    size_t bytes = 0;
    *array = (fmi_npy){0};
    fm_status status = fmi_file_read(&data, &bytes, path, err);
    if (status == FM_OK)
        status = fmi_npy_parse(array, data, bytes, path, err);
    free(data);
    return status;
}

void fmi_npy_free(fmi_npy *array) {
    free(array->values);
    *array = (fmi_npy){0};
}

size_t fmi_npy_prefix(const fmi_npy_shape *shape, unsigned char out[FMI_NPY_PREFIX_BYTES]) {
    static const char *const types[] = {"<f4", "<f8", "|u1"};
    char text[FMI_NPY_PREFIX_BYTES];
    char sizes[FMI_NPY_MAX_DIMS * 24] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < shape->dims; i++)
        used +=
            (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%" PRIu64 "%s", i > 0 ? " " : "",
                             shape->size[i], i + 1 < shape->dims || shape->dims == 1 ? "," : "");
    int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                 types[shape->kind], sizes);
    size_t total = ((size_t)length + 10 + 1 + 63) / 64 * 64;
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (unsigned char)((total - 10) & 255);
    out[9] = (unsigned char)((total - 10) >> 8);
    memset(out + 10, ' ', total - 10);
    memcpy(out + 10, text, (size_t)length);
    out[total - 1] = '\n';
    return total;
}

fm_status fmi_npy_write(const char *path, const fmi_npy_shape *shape, const void *values,
                        fm_error *err) {
    unsigned char prefix[FMI_NPY_PREFIX_BYTES];
    size_t head = fmi_npy_prefix(shape, prefix);
    size_t size = (size_t)shape->count * fmi_npy_element_bytes(shape->kind);
    unsigned char *file = malloc(head + size);
    if (!file)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for its %zu bytes", path,
                        head + size);
    memcpy(file, prefix, head);
    if (size > 0)
        memcpy(file + head, values, size);
    fm_status status = fmi_output_write(path, file, head + size, err);
    free(file);
    return status;
}
