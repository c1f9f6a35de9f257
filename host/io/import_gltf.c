/* SPDX-License-Identifier: MIT */
#include "import_gltf.h"

#include "error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 40 /* characters of what is wrong */
#define NO_PLACE "is no whole number from 0 to 2147483647"

typedef struct reader {
    const char *path, *text, *at, *end;
    size_t first;
    int depth, extras; /* extras: the depth in which such an object began; 0 = none */
    bool in_nodes;
    unsigned char *hangs; /* a bit for each node: it is the child of one */
    fm_error *err;
} reader;

static void skip_blanks(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
        r->at++;
}

static fm_status fail_at(const reader *r, const char *at, const char *key, size_t length,
                         const char *what) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT, "%s: byte %zu: \"%.*s\" %s; export it again",
                    r->path, r->first + (size_t)(at - r->text),
                    (int)(length < SHOWN ? length : SHOWN), key, what);
}

/* Steps over a plain whole number below 2^31 that ends with the value. */
static bool read_place(reader *r, uint64_t *value) {
    const char *first = r->at;
    *value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        *value = *value > INT32_MAX ? *value : *value * 10 + (uint64_t)(*r->at - '0');
    bool ends = r->at < r->end && memchr(" \t\r\n,]}", *r->at, 7) != NULL;
    return r->at > first && ends && *value <= INT32_MAX;
}

static bool is(const char *key, size_t length, const char *name) {
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static bool names_place(const char *key, size_t length) {
    static const char *const keys[] = {"byteOffset", "byteLength",    "byteStride", "count",
                                       "buffer",     "componentType", "bufferView", "indices",
                                       "POSITION",   "NORMAL",        "TEXCOORD_0"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (is(key, length, keys[i]))
            return true;
    return false;
}

/* Letters outside of ASCII are escaped by honest exporters, too. */
static bool hides_letters(const char *key, size_t length) {
    for (size_t i = 0; i + 6 <= length; i++) {
        if (key[i] != '\\')
            continue;
        if (key[i + 1] == 'u' && memcmp(key + i + 2, "00", 2) == 0 && key[i + 4] < '8')
            return true;
        i++; /* what is escaped may be a backslash */
    }
    return false;
}

/* The numbers of a list. A node hangs on one other at most: what is shared would be built below
 * each, and 40 nodes in pairs become 2^20. No text of that length names a node beyond its half. */
static fm_status check_children(reader *r, const char *key, size_t length) {
    const size_t most = (size_t)(r->end - r->text) / 2;
    r->hangs = r->hangs ? r->hangs : calloc(most / 8 + 1, 1);
    if (!r->hangs)
        return fmi_fail(r->err, FM_ERROR_HOST_MEMORY, "%s: no memory to check its nodes", r->path);
    r->depth++;
    r->at++;
    for (skip_blanks(r); r->at < r->end && *r->at != ']'; skip_blanks(r)) {
        const char *at = r->at;
        uint64_t node;
        if (!read_place(r, &node))
            return fail_at(r, at, key, length, NO_PLACE);
        if (node < most && r->hangs[node / 8] & 1U << node % 8)
            return fail_at(r, at, key, length, "names a node that is the child of another already");
        if (node < most)
            r->hangs[node / 8] |= (unsigned char)(1U << node % 8);
        skip_blanks(r);
        r->at += r->at < r->end && *r->at == ',';
    }
    return FM_OK;
}

/* A string begins behind r->at. Steps over it and, when it is a key, looks at the value. */
static fm_status check_string(reader *r) {
    const char *key = ++r->at;
    while (r->at < r->end && *r->at != '"')
        r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
    size_t length = (size_t)(r->at - key);
    r->at += r->at < r->end;
    skip_blanks(r);
    if (r->at >= r->end || *r->at != ':')
        return FM_OK;
    r->at++;
    skip_blanks(r);
    if (r->extras > 0)
        return FM_OK;
    if (hides_letters(key, length))
        return fail_at(r, key, key, length, "has letters in escapes");
    const char *value = r->at, first = value < r->end ? *value : 0;
    uint64_t place;
    r->extras = is(key, length, "extras") && first == '{' ? r->depth + 1 : 0;
    r->in_nodes = r->depth == 1 ? is(key, length, "nodes") : r->in_nodes;
    if (r->in_nodes && r->depth == 3 && is(key, length, "children") && first == '[')
        return check_children(r, key, length);
    bool sparse = is(key, length, "indices") && first == '{';
    if (!names_place(key, length) || sparse || read_place(r, &place))
        return FM_OK;
    return fail_at(r, value, key, length, NO_PLACE);
}

fm_status fmi_gltf_check(const char *path, const char *text, size_t bytes, size_t first,
                         fm_error *err) {
    reader r = {.path = path, .text = text, .at = text, .end = text + bytes, .first = first};
    fm_status status = FM_OK;
    r.err = err;
    while (r.at < r.end && status == FM_OK) {
        char c = *r.at;
        if (c == '"') {
            status = check_string(&r);
            continue;
        }
        r.depth += c == '{' || c == '[';
        if (c == '}' || c == ']')
            r.extras = r.extras == r.depth-- ? 0 : r.extras;
        r.at++;
    }
    free(r.hangs);
    return status;
}
