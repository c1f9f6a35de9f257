/* SPDX-License-Identifier: MIT */
/* The header is a Python dictionary with three known keys: a small reader of exactly that. */
#include "npy_header.h"

#include "error.h"
#include "file.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define TYPE_BYTES 64

/* Text that is being read, with what came out of it. */
typedef struct reader {
    const char *at, *end;
    const char *name;
    fmi_npy_header *header;
    char type[TYPE_BYTES]; /* as written, for messages */
    unsigned seen;         /* bits of the keys */
    fm_error *err;
} reader;

enum { KEY_DESCR = 1, KEY_ORDER = 2, KEY_SHAPE = 4, KEY_ALL = 7 };

static fm_status damaged(const reader *r, const char *what) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: damaged NPY header: %s; save the array again with numpy.save", r->name,
                    what);
}

static void skip_blanks(reader *r) {
    while (r->at < r->end && isspace((unsigned char)*r->at))
        r->at++;
}

static bool take(reader *r, const char *word) {
    size_t length = strlen(word);
    skip_blanks(r);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

/* A quoted string without escapes into out; false when it is none or too long. */
static bool take_string(reader *r, char out[TYPE_BYTES]) {
    size_t used = 0;
    skip_blanks(r);
    if (r->at == r->end || (*r->at != '\'' && *r->at != '"'))
        return false;
    char quote = *r->at++;
    while (r->at < r->end && *r->at != quote && used + 1 < TYPE_BYTES)
        out[used++] = *r->at++;
    out[used] = '\0';
    return r->at < r->end && *r->at++ == quote;
}

static fm_status refuse_type(const reader *r) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: holds %s; only float32 and float64 (f4, f8) can be read: convert it with "
                    "astype('f4')",
                    r->name, r->type);
}

static fm_status read_type(reader *r) {
    fmi_npy_header *h = r->header;
    skip_blanks(r);
    if (r->at < r->end && (*r->at == '[' || *r->at == '(')) {
        strcpy(r->type, "structures");
        return refuse_type(r);
    }
    if (!take_string(r, r->type))
        return damaged(r, "'descr' is not a type");
    if (strchr(r->type, 'O')) {
        strcpy(r->type, "Python objects");
        return refuse_type(r);
    }
    if (strlen(r->type) != 3 || !strchr("<>=", r->type[0]) || r->type[1] != 'f' ||
        (r->type[2] != '4' && r->type[2] != '8'))
        return refuse_type(r);
    h->big_endian = r->type[0] == '>';
    h->shape.kind = r->type[2] == '8' ? FMI_NPY_F8 : FMI_NPY_F4;
    return FM_OK;
}

static fm_status read_order(reader *r) {
    r->header->fortran = take(r, "True");
    return r->header->fortran || take(r, "False") ? FM_OK
                                                  : damaged(r, "'fortran_order' is no truth value");
}

/* A whole number; false when there is none or it passes 64 bits. */
static bool take_size(reader *r, uint64_t *size) {
    const char *first;
    skip_blanks(r);
    first = r->at;
    *size = 0;
    while (r->at < r->end && isdigit((unsigned char)*r->at)) {
        uint64_t digit = (uint64_t)(*r->at - '0');
        if (*size > (UINT64_MAX - digit) / 10)
            return false;
        *size = *size * 10 + digit;
        r->at++;
    }
    if (r->at > first)
        take(r, "L"); /* Python 2 */
    return r->at > first;
}

static fm_status read_shape(reader *r) {
    fmi_npy_shape *shape = &r->header->shape;
    shape->dims = 0;
    if (!take(r, "("))
        return damaged(r, "'shape' is no tuple");
    while (!take(r, ")")) {
        uint64_t size;
        if (shape->dims == FMI_NPY_MAX_DIMS)
            return fmi_fail(r->err, FM_ERROR_LIMIT,
                            "%s: more than %d dimensions; reshape the array", r->name,
                            FMI_NPY_MAX_DIMS);
        if (!take_size(r, &size))
            return damaged(r, "'shape' holds something else than sizes");
        shape->size[shape->dims++] = size;
        if (take(r, ","))
            continue;
        if (!take(r, ")"))
            return damaged(r, "'shape' does not end");
        return shape->dims > 1 ? FM_OK : damaged(r, "'shape' is no tuple");
    }
    return FM_OK;
}

static fm_status read_entry(reader *r) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    static fm_status (*const read[])(reader *) = {read_type, read_order, read_shape};
    char key[TYPE_BYTES];
    if (!take_string(r, key) || !take(r, ":"))
        return damaged(r, "a key is missing");
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(key, keys[i]) != 0)
            continue;
        if (r->seen & (1U << i))
            return damaged(r, "a key stands twice");
        r->seen |= 1U << i;
        return read[i](r);
    }
    return damaged(r, "an unknown key");
}

static fm_status read_dictionary(reader *r) {
    if (!take(r, "{"))
        return damaged(r, "no dictionary");
    while (!take(r, "}")) {
        fm_status status = read_entry(r);
        if (status != FM_OK)
            return status;
        if (take(r, ","))
            continue;
        if (!take(r, "}"))
            return damaged(r, "the dictionary does not end");
        break;
    }
    skip_blanks(r);
    if (r->at != r->end)
        return damaged(r, "text after the dictionary");
    return r->seen == KEY_ALL ? FM_OK : damaged(r, "a key is missing");
}

/* Multiplies the sizes. False: more bytes of values than that. */
static bool multiply(fmi_npy_shape *shape, uint64_t most_bytes) {
    const uint64_t most = most_bytes / fmi_npy_element_bytes(shape->kind);
    bool empty = false;
    for (uint32_t i = 0; i < shape->dims; i++)
        empty = empty || shape->size[i] == 0;
    shape->count = empty ? 0 : 1;
    for (uint32_t i = 0; i < shape->dims && !empty; i++) {
        if (shape->size[i] > most / shape->count)
            return false;
        shape->count *= shape->size[i];
    }
    return shape->count <= most;
}

/* The values must fill the rest of the file exactly. */
static fm_status check_count(const reader *r, size_t rest) {
    fmi_npy_shape *shape = &r->header->shape;
    const size_t bytes = fmi_npy_element_bytes(shape->kind);
    char text[128];
    if (multiply(shape, rest) && shape->count * bytes == rest)
        return FM_OK;
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                    "%s: shape %s of %zu-byte values does not fit the %zu bytes that follow the "
                    "header; the file is cut off or damaged",
                    r->name, fmi_npy_shape_text(shape, text), bytes, rest);
}

/* Length of the header's text and where it begins; 0 = no NPY file of a known version. */
static size_t header_start(const unsigned char *b, size_t count, size_t *length) {
    if (count < 10 || memcmp(b, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 3)
        return 0;
    *length = b[8] + ((size_t)b[9] << 8);
    if (b[6] == 1)
        return 10;
    if (count < 12)
        return 0;
    *length += ((size_t)b[10] << 16) + ((size_t)b[11] << 24);
    return 12;
}

/* Reads the header into r->header, whatever follows it. */
static fm_status read_header(reader *r, const void *bytes, size_t count) {
    size_t length = 0;
    const size_t start = header_start(bytes, count, &length);
    const char *text = (const char *)bytes + start;
    *r->header = (fmi_npy_header){0};
    if (start == 0)
        return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                        "%s: not an NPY file of version 1, 2 or 3; save the array with numpy.save",
                        r->name);
    if (length > FMI_NPY_MAX_HEADER_BYTES || length > count - start)
        return fmi_fail(r->err, FM_ERROR_BAD_INPUT,
                        "%s: NPY header of %zu bytes in a file of %zu; the file is damaged",
                        r->name, length, count);
    r->at = text;
    r->end = text + length;
    r->header->data_offset = start + length;
    return read_dictionary(r);
}

fm_status fmi_npy_header_parse(fmi_npy_header *header, const void *bytes, size_t count,
                               const char *name, fm_error *err) {
    reader r = {.name = name, .header = header, .err = err};
    fm_status status = read_header(&r, bytes, count);
    return status == FM_OK ? check_count(&r, count - header->data_offset) : status;
}

fm_status fmi_npy_file_bytes(uint64_t *total, const void *head, size_t count, const char *name,
                             fm_error *err) {
    fmi_npy_header header = {0};
    char text[128];
    reader r = {.name = name, .header = &header, .err = err};
    fm_status status = read_header(&r, head, count);
    if (status == FM_OK && !multiply(&header.shape, FMI_FILE_MAX_BYTES))
        status = fmi_fail(err, FM_ERROR_LIMIT, "%s: shape %s is above %llu bytes; split the array",
                          name, fmi_npy_shape_text(&header.shape, text),
                          (unsigned long long)FMI_FILE_MAX_BYTES);
    *total = header.data_offset + header.shape.count * fmi_npy_element_bytes(header.shape.kind);
    return status;
}
