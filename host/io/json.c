/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(fmi_json *json, const char *bytes, size_t count) {
    if (json->failed)
        return;
    if (json->size + count + 1 > json->capacity) {
        size_t capacity = (json->capacity + count + 64) * 2;
        char *text = realloc(json->text, capacity);
        if (text == NULL) {
            json->failed = true;
            return;
        }
        json->text = text;
        json->capacity = capacity;
    }
    memcpy(json->text + json->size, bytes, count);
    json->size += count;
    json->text[json->size] = '\0';
}

static void put_text(fmi_json *json, const char *text) {
    put(json, text, strlen(text));
}

static void new_line(fmi_json *json) {
    if (json->compact)
        return;
    put(json, "\n", 1);
    for (uint32_t level = 0; level < json->depth; level++)
        put(json, "  ", 2);
}

/* Length of the well-formed UTF-8 sequence at s, 0 when its first byte starts none. The table of
 * lead bytes excludes overlong forms, surrogates and values above U+10FFFF by the range of the
 * second byte. */
static size_t utf8_length(const unsigned char *s) {
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    unsigned low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (s[i] < 0x80 || s[i] > 0xBF) /* a terminating zero ends the walk here, too */
            return 0;
    return length;
}

static void put_control(fmi_json *json, unsigned char c) {
    char escape[8];
    const char *name = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
    if (name == NULL) {
        snprintf(escape, sizeof escape, "\\u%04x", c);
        name = escape;
    }
    put_text(json, name);
}

static void put_quoted(fmi_json *json, const char *value) {
    put(json, "\"", 1);
    for (const unsigned char *s = (const unsigned char *)value; *s != 0;) {
        size_t length = utf8_length(s);
        if (length == 0) {
            put(json, "\xEF\xBF\xBD", 3);
            length = 1;
        } else if (*s == '"' || *s == '\\') {
            char pair[2] = {'\\', (char)*s};
            put(json, pair, 2);
        } else if (*s < 0x20 || *s == 0x7F) {
            put_control(json, *s);
        } else {
            put(json, (const char *)s, length);
        }
        s += length;
    }
    put(json, "\"", 1);
}

/* Comma, line and key: whatever must stand before the next value. */
static void before(fmi_json *json, const char *key) {
    if (json->depth > 0) {
        bool *has_item = &json->has_item[json->depth - 1];
        if (*has_item)
            put(json, ",", 1);
        *has_item = true;
        new_line(json);
    }
    if (key != NULL) {
        put_quoted(json, key);
        put_text(json, json->compact ? ":" : ": ");
    }
}

static void end_of_top(fmi_json *json) {
    if (json->depth == 0)
        put(json, "\n", 1);
}

static void put_item(fmi_json *json, const char *key, const char *value) {
    before(json, key);
    put_text(json, value);
    end_of_top(json);
}

void fmi_json_begin(fmi_json *json, const char *key, char bracket) {
    if (json->depth == sizeof json->closer)
        json->failed = true;
    if (json->failed)
        return;
    before(json, key);
    put(json, &bracket, 1);
    json->closer[json->depth] = bracket == '[' ? ']' : '}';
    json->has_item[json->depth] = false;
    json->depth++;
}

void fmi_json_end(fmi_json *json) {
    if (json->depth == 0)
        json->failed = true;
    if (json->failed)
        return;
    json->depth--;
    if (json->has_item[json->depth])
        new_line(json);
    put(json, &json->closer[json->depth], 1);
    end_of_top(json);
}

void fmi_json_string(fmi_json *json, const char *key, const char *value) {
    if (value == NULL) {
        fmi_json_null(json, key);
        return;
    }
    before(json, key);
    put_quoted(json, value);
    end_of_top(json);
}

void fmi_json_int(fmi_json *json, const char *key, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_item(json, key, text);
}

void fmi_json_uint(fmi_json *json, const char *key, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    put_item(json, key, text);
}

/* Replaces the locale's decimal point, which may be several bytes, by a full stop. */
static void force_point(char *text) {
    const char *point = localeconv()->decimal_point;
    size_t length = strlen(point);
    char *at = length > 0 && strcmp(point, ".") != 0 ? strstr(text, point) : NULL;
    if (at == NULL)
        return;
    *at = '.';
    memmove(at + 1, at + length, strlen(at + length) + 1);
}

void fmi_json_double(fmi_json *json, const char *key, double value) {
    if (!isfinite(value)) {
        fmi_json_null(json, key);
        return;
    }
    /* 15 digits give back any decimal of up to 15, without trailing zeros; this fails only for
     * subnormal numbers, which carry fewer. */
    char text[48];
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (digits == 17 || strtod(text, NULL) == value)
            break;
    }
    force_point(text);
    put_item(json, key, text);
}

void fmi_json_bool(fmi_json *json, const char *key, bool value) {
    put_item(json, key, value ? "true" : "false");
}

void fmi_json_null(fmi_json *json, const char *key) {
    put_item(json, key, "null");
}

void fmi_json_pair(fmi_json *json, const char *key, double lo, double hi) {
    if (!isfinite(lo) || !isfinite(hi)) {
        fmi_json_null(json, key);
        return;
    }
    fmi_json_begin(json, key, '[');
    fmi_json_double(json, NULL, lo);
    fmi_json_double(json, NULL, hi);
    fmi_json_end(json);
}

void fmi_json_known(fmi_json *json, const char *key, uint64_t value) {
    if (value)
        fmi_json_uint(json, key, value);
    else
        fmi_json_null(json, key);
}

void fmi_json_words(fmi_json *json, const char *key, const char *value) {
    fmi_json_string(json, key, value && value[0] ? value : NULL);
}

const char *fmi_json_text(const fmi_json *json) {
    if (json->failed)
        return NULL;
    return json->text != NULL ? json->text : "";
}

void fmi_json_free(fmi_json *json) {
    free(json->text);
    *json = (fmi_json){.compact = json->compact};
}
