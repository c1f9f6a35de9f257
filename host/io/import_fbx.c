/* SPDX-License-Identifier: MIT */
#include "import_fbx.h"

#include "error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* Honest files inflate to a few times their size; constant arrays shrink to next to nothing. */
#define INFLATED_LEAST (UINT64_C(32) << 20)
#define INFLATED_A_BYTE 64

/* ---- polygons ---- */

/* The corners of a geometry, one after another. */
typedef struct polygons {
    const char *path;
    uint64_t vertices, polygon;
    bool open; /* the last corner did not end its polygon */
    fm_error *err;
} polygons;

static fm_status next_corner(polygons *p, int64_t index) {
    int64_t vertex = index < 0 ? -(index + 1) : index;
    if (vertex > INT32_MAX || (uint64_t)vertex >= p->vertices)
        return fmi_fail(p->err, FM_ERROR_BAD_INPUT,
                        "%s: polygon %" PRIu64 " names vertex %" PRId64 " of %" PRIu64
                        " (counted from 0); export it again",
                        p->path, p->polygon + 1, vertex, p->vertices);
    p->open = index >= 0;
    p->polygon += !p->open;
    return FM_OK;
}

static fm_status end_of_polygons(const polygons *p) {
    return p->open ? fmi_fail(p->err, FM_ERROR_BAD_INPUT,
                              "%s: polygon %" PRIu64 " is never closed; export it again", p->path,
                              p->polygon + 1)
                   : FM_OK;
}

static fm_status no_whole_vertices(const char *path, uint64_t numbers, fm_error *err) {
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: %" PRIu64 " coordinates are no whole vertices; export it again", path,
                    numbers);
}

/* ---- binary ---- */

typedef struct array {
    char type;
    uint32_t count;
    bool deflated;
    const unsigned char *data;
    uint32_t bytes;
} array;

static uint32_t number_at(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t element_bytes(char type) {
    return type == 'd' || type == 'l' ? 8 : type == 'f' || type == 'i' ? 4 : 1;
}

/* Steps over one property; *a is filled when it is an array. NULL where the record ends before. */
static const unsigned char *next_property(const unsigned char *at, const unsigned char *end,
                                          array *a) {
    static const char kinds[] = "YCBIFDL";
    static const uint8_t sizes[] = {2, 1, 1, 4, 4, 8, 8};
    const char type = (char)*at++;
    const char *kind = type ? strchr(kinds, type) : NULL;
    size_t left = (size_t)(end - at);
    *a = (array){0};
    if (kind)
        return left >= sizes[kind - kinds] ? at + sizes[kind - kinds] : NULL;
    if (type == 'S' || type == 'R')
        return left >= 4 && number_at(at) <= left - 4 ? at + 4 + number_at(at) : NULL;
    if (!type || !strchr("fdlibc", type) || left < 12 || number_at(at + 8) > left - 12)
        return NULL;
    *a = (array){type, number_at(at), number_at(at + 4) == 1, at + 12, number_at(at + 8)};
    return a->data + a->bytes;
}

static fm_status check_inflated(fmi_fbx_arrays *arrays, const array *a, fm_error *err) {
    const uint64_t most = INFLATED_LEAST + INFLATED_A_BYTE * arrays->file_bytes;
    arrays->inflated += a->deflated ? a->count * element_bytes(a->type) : 0;
    if (arrays->inflated <= most)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "%s: its arrays inflate to more than %" PRIu64 " bytes, from a file of %" PRIu64
                    "; export it again without compression",
                    arrays->path, most, arrays->file_bytes);
}

static fm_status check_corners(polygons *p, const unsigned char *data, uint32_t count) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < count && status == FM_OK; i++)
        status = next_corner(p, (int32_t)number_at(data + 4 * (size_t)i));
    return status == FM_OK ? end_of_polygons(p) : status;
}

/* Arrays whose bytes do not fit are left to Assimp, which names the place. */
static fm_status check_indices(const fmi_fbx_arrays *arrays, const array *a, fm_error *err) {
    polygons p = {.path = arrays->path, .vertices = arrays->vertices, .err = err};
    uLongf bytes = (uLongf)a->count * 4;
    if (!a->deflated)
        return a->bytes == bytes ? check_corners(&p, a->data, a->count) : FM_OK;
    unsigned char *data = malloc(bytes + 1);
    if (!data)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %u corners", arrays->path,
                        a->count);
    fm_status status = FM_OK;
    if (uncompress(data, &bytes, a->data, a->bytes) == Z_OK && bytes == (uLongf)a->count * 4)
        status = check_corners(&p, data, a->count);
    free(data);
    return status;
}

static bool is_named(const fmi_fbx_record_view *record, const char *name) {
    return record->name_bytes == strlen(name) && memcmp(record->name, name, strlen(name)) == 0;
}

fm_status fmi_fbx_check_record(fmi_fbx_arrays *arrays, const fmi_fbx_record_view *record,
                               fm_error *err) {
    const unsigned char *at = record->properties, *end = at + record->bytes;
    array a = {0}, first = {0};
    fm_status status = FM_OK;
    for (uint64_t i = 0; i < record->count && at && at < end && status == FM_OK; i++) {
        at = next_property(at, end, &a);
        first = i == 0 ? a : first;
        status = check_inflated(arrays, &a, err);
    }
    if (status != FM_OK)
        return status;
    if (is_named(record, "Geometry"))
        arrays->vertices = 0;
    if (is_named(record, "Vertices") && (first.type == 'd' || first.type == 'f')) {
        arrays->vertices = first.count / 3;
        if (first.count % 3 != 0)
            return no_whole_vertices(arrays->path, first.count, err);
    }
    if (is_named(record, "PolygonVertexIndex") && first.type == 'i' && arrays->vertices > 0)
        return check_indices(arrays, &first, err);
    return FM_OK;
}

/* ---- text ---- */

/* The list behind a name: from the first number to the closing brace; false = not in that form. */
static bool find_list(const char *at, const char *end, const char **from, const char **to) {
    const char *brace = memchr(at, '{', (size_t)(end - at));
    const char *first = brace ? memchr(brace, ':', (size_t)(end - brace)) : NULL;
    *to = first ? memchr(first, '}', (size_t)(end - first)) : NULL;
    *from = first ? first + 1 : NULL;
    return *to != NULL;
}

static uint64_t count_numbers(const char *from, const char *to) {
    uint64_t count = 0;
    bool any = false;
    for (; from < to; from++) {
        any = any || (*from > ' ' && *from != ',');
        count += *from == ',';
    }
    return any ? count + 1 : 0;
}

/* A whole number; beyond 32 bits it is cut to what surely is no index. */
static const char *read_index(const char *at, const char *to, int64_t *index) {
    bool minus = *at == '-';
    const char *first = at + minus;
    *index = 0;
    for (at = first; at < to && *at >= '0' && *at <= '9'; at++)
        *index = *index > UINT32_MAX ? *index : *index * 10 + (*at - '0');
    *index = minus ? -*index : *index;
    return at > first ? at : NULL;
}

static fm_status check_list(polygons *p, const char *from, const char *to) {
    while (from < to) {
        int64_t index = 0;
        if (*from <= ' ' || *from == ',') {
            from++;
            continue;
        }
        from = read_index(from, to, &index);
        if (!from)
            return fmi_fail(p->err, FM_ERROR_BAD_INPUT,
                            "%s: polygon %" PRIu64 " holds something else than vertex numbers; "
                            "export it again",
                            p->path, p->polygon + 1);
        fm_status status = next_corner(p, index);
        if (status != FM_OK)
            return status;
    }
    return end_of_polygons(p);
}

fm_status fmi_fbx_check_text(const char *path, const char *text, size_t bytes, fm_error *err) {
    static const char vertices[] = "Vertices:", corners[] = "PolygonVertexIndex:";
    const char *end = text + bytes, *from = NULL, *to = NULL, *at = text;
    for (;;) {
        at = memmem(at, (size_t)(end - at), vertices, sizeof vertices - 1);
        if (!at || !find_list(at, end, &from, &to))
            return FM_OK;
        uint64_t numbers = count_numbers(from, to);
        at = to;
        const char *next = memmem(at, (size_t)(end - at), vertices, sizeof vertices - 1);
        const char *list =
            memmem(at, (size_t)((next ? next : end) - at), corners, sizeof corners - 1);
        if (!list || !find_list(list, end, &from, &to))
            continue;
        if (numbers % 3 != 0)
            return no_whole_vertices(path, numbers, err);
        polygons p = {.path = path, .vertices = numbers / 3, .err = err};
        fm_status status = check_list(&p, from, to);
        if (status != FM_OK)
            return status;
        at = to;
    }
}
