/* SPDX-License-Identifier: MIT */
#include "import_gltf.h"

#include "error.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SHOWN 40 /* characters of what is wrong */

typedef struct reader {
    const char *path, *text, *at, *end;
    size_t first;
    int depth, extras; /* extras: the depth in which such an object began; 0 = none */
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

/* A plain whole number below 2^31 up to the end of the value. */
static bool is_place(const reader *r) {
    const char *at = r->at;
    uint64_t value = 0;
    for (; at < r->end && *at >= '0' && *at <= '9'; at++)
        value = value > INT32_MAX ? value : value * 10 + (uint64_t)(*at - '0');
    bool ends = at < r->end && memchr(" \t\r\n,]}", *at, 7) != NULL;
    return at > r->at && ends && value <= INT32_MAX;
}

static bool names_place(const char *key, size_t length) {
    static const char *const keys[] = {"byteOffset", "byteLength",    "byteStride", "count",
                                       "buffer",     "componentType", "bufferView", "indices",
                                       "POSITION",   "NORMAL",        "TEXCOORD_0"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strlen(keys[i]) == length && memcmp(keys[i], key, length) == 0)
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
    if (length == 6 && memcmp(key, "extras", 6) == 0 && r->at < r->end && *r->at == '{')
        r->extras = r->depth + 1;
    bool sparse = length == 7 && memcmp(key, "indices", 7) == 0 && r->at < r->end && *r->at == '{';
    if (!names_place(key, length) || sparse || is_place(r))
        return FM_OK;
    return fail_at(r, r->at, key, length, "is no whole number from 0 to 2147483647");
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
    return status;
}
