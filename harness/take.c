/* SPDX-License-Identifier: MIT */
#include "take.h"

#include "error.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fmi_take_enter(fmi_take *take, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(take->place, sizeof take->place, format, args);
    va_end(args);
}

void fmi_take_refuse(fmi_take *take, const char *key, const char *format, ...) {
    char what[240];
    va_list args;
    if (take->status != FM_OK)
        return;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    take->status =
        fmi_fail(take->err, FM_ERROR_BAD_INPUT, "%s: %s%s: %s", take->file, take->place, key, what);
}

static const char *kind_of(const json_t *value) {
    static const char *const kinds[] = {"an object", "a list", "text", "a whole number",
                                        "a number",  "true",   "false"};
    const int type = (int)json_typeof(value);
    return type >= 0 && type < 7 ? kinds[type] : "null";
}

/* The value of a key; NULL when it is null or absent, or something is wrong already. */
static const json_t *value_of(const fmi_take *take, const json_t *object, const char *key) {
    const json_t *value = take->status == FM_OK ? json_object_get(object, key) : NULL;
    return json_is_null(value) ? NULL : value;
}

void fmi_take_need(fmi_take *take, const json_t *object, const char *key) {
    if (take->status == FM_OK && !value_of(take, object, key))
        fmi_take_refuse(take, key, "missing; every file of this schema has it");
    const json_t *value = value_of(take, object, key);
    if (json_is_string(value) && json_string_length(value) == 0)
        fmi_take_refuse(take, key, "empty; every file of this schema has it");
}

double fmi_take_real(fmi_take *take, const json_t *object, const char *key) {
    const json_t *value = value_of(take, object, key);
    if (value && !json_is_number(value))
        fmi_take_refuse(take, key, "%s; a number or null is needed", kind_of(value));
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

double fmi_take_size(fmi_take *take, const json_t *object, const char *key) {
    const double value = fmi_take_real(take, object, key);
    if (value < 0.0)
        fmi_take_refuse(take, key, "%g; nothing below 0 is possible", value);
    return value < 0.0 ? (double)NAN : value;
}

uint64_t fmi_take_count(fmi_take *take, const json_t *object, const char *key, uint64_t most) {
    const json_t *value = value_of(take, object, key);
    if (!value)
        return 0;
    if (!json_is_integer(value)) {
        fmi_take_refuse(take, key, "%s; a whole number is needed", kind_of(value));
        return 0;
    }
    const json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > most) {
        fmi_take_refuse(take, key, "%lld; a whole number from 0 to %llu is needed",
                        (long long)number, (unsigned long long)most);
        return 0;
    }
    return (uint64_t)number;
}

bool fmi_take_flag(fmi_take *take, const json_t *object, const char *key) {
    const json_t *value = value_of(take, object, key);
    if (value && !json_is_boolean(value))
        fmi_take_refuse(take, key, "%s; true or false is needed", kind_of(value));
    return json_is_true(value);
}

static bool is_plain(const char *text) {
    for (; *text; ++text)
        if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') || *text == 0x7F)
            return false;
    return true;
}

void fmi_take_text(fmi_take *take, const json_t *object, const char *key, char *out, size_t bytes) {
    const json_t *value = value_of(take, object, key);
    out[0] = '\0';
    if (!value)
        return;
    if (!json_is_string(value))
        fmi_take_refuse(take, key, "%s; text or null is needed", kind_of(value));
    else if (json_string_length(value) >= bytes)
        fmi_take_refuse(take, key, "%zu bytes of text; %zu fit", json_string_length(value),
                        bytes - 1);
    else if (!is_plain(json_string_value(value)))
        fmi_take_refuse(take, key, "text with control characters");
    else
        memcpy(out, json_string_value(value), json_string_length(value) + 1);
}

uint32_t fmi_take_word(fmi_take *take, const json_t *object, const char *key,
                       const char *const *words) {
    const json_t *value = value_of(take, object, key);
    const char *text = json_string_value(value);
    char known[160] = "";
    for (uint32_t i = 0; text && words[i]; ++i) {
        if (strcmp(words[i], text) == 0)
            return i;
        const size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", words[i]);
    }
    if (text)
        fmi_take_refuse(take, key, "\"%.40s\"; known are %s", text, known);
    else if (value)
        fmi_take_refuse(take, key, "%s; a word is needed", kind_of(value));
    return 0;
}

const json_t *fmi_take_object(fmi_take *take, const json_t *object, const char *key) {
    const json_t *value = value_of(take, object, key);
    if (value && !json_is_object(value))
        fmi_take_refuse(take, key, "%s; an object is needed", kind_of(value));
    return json_is_object(value) ? value : NULL;
}

const json_t *fmi_take_list(fmi_take *take, const json_t *object, const char *key, size_t most,
                            size_t *count) {
    const json_t *value = value_of(take, object, key);
    *count = 0;
    if (!value)
        return NULL;
    if (!json_is_array(value))
        fmi_take_refuse(take, key, "%s; a list is needed", kind_of(value));
    else if (json_array_size(value) > most)
        fmi_take_refuse(take, key, "%zu entries; at most %zu are read", json_array_size(value),
                        most);
    else
        *count = json_array_size(value);
    return *count ? value : NULL;
}

void fmi_take_pair(fmi_take *take, const json_t *object, const char *key, double *lo, double *hi) {
    size_t count = 0;
    const json_t *pair = fmi_take_list(take, object, key, 2, &count);
    *lo = *hi = (double)NAN;
    if (!pair)
        return;
    const json_t *a = json_array_get(pair, 0), *b = json_array_get(pair, 1);
    if (!json_is_number(a) || !json_is_number(b) ||
        !(json_number_value(a) <= json_number_value(b))) {
        fmi_take_refuse(take, key, "two numbers are needed, the smaller one first");
        return;
    }
    *lo = json_number_value(a);
    *hi = json_number_value(b);
}
