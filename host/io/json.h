/* SPDX-License-Identifier: MIT */
/**
 * @file json.h
 * A writer of JSON text. Commas, quoting and indentation are its business; numbers are the
 * shortest that read back; strings are made valid UTF-8 (a wrong byte becomes U+FFFD).
 * Locale-proof. A line feed follows the outermost closing bracket.
 *
 *     fmi_json j = {0};
 *     fmi_json_begin(&j, NULL, '{');
 *     fmi_json_string(&j, "schema", "facemorph/run/1");
 *     fmi_json_uint(&j, "frames", 41);
 *     fmi_json_end(&j);
 *     fputs(fmi_json_text(&j), stdout);
 *     fmi_json_free(&j);
 */
#ifndef FMI_JSON_H
#define FMI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zeroed = empty. After an allocation failure, a 33rd level or an end without a begin everything
 * is ignored and text is NULL. */
typedef struct fmi_json {
    char *text;
    size_t size, capacity;
    uint32_t depth;
    bool failed;
    bool compact;    /**< set before the first call: one line */
    char closer[32]; /**< '}' or ']' per level */
    bool has_item[32];
} fmi_json;

/** Opens '{' or '['. key is NULL at top level and in arrays (here and below). */
void fmi_json_begin(fmi_json *json, const char *key, char bracket);
void fmi_json_end(fmi_json *json);
void fmi_json_string(fmi_json *json, const char *key, const char *value); /**< NULL -> null */
void fmi_json_int(fmi_json *json, const char *key, int64_t value);
void fmi_json_uint(fmi_json *json, const char *key, uint64_t value);
void fmi_json_double(fmi_json *json, const char *key, double value); /**< not finite -> null */
void fmi_json_bool(fmi_json *json, const char *key, bool value);
void fmi_json_null(fmi_json *json, const char *key);
void fmi_json_known(fmi_json *json, const char *key, uint64_t value);    /**< 0 -> null */
void fmi_json_words(fmi_json *json, const char *key, const char *value); /**< "" and NULL -> null */
/** [lo, hi]; null unless both are finite. */
void fmi_json_pair(fmi_json *json, const char *key, double lo, double hi);
/** The text so far, zero-terminated; NULL after a failure. */
const char *fmi_json_text(const fmi_json *json);
void fmi_json_free(fmi_json *json);

#endif
