/* SPDX-License-Identifier: MIT */
/*
 * validate SCHEMA DOCUMENT..: checks JSON documents against a JSON Schema (draft 7). Knows the
 * keywords that results/schemas uses; any other one is an error, so that none is passed over.
 */
#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void complain(const char *path, const char *what, const char *detail) {
    fprintf(stderr, "%s: %s%s%s\n", path[0] ? path : "document", what, detail[0] ? ": " : "",
            detail);
    failures++;
}

static bool has_type(const json_t *value, const char *type) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return strcmp(type, "object") == 0;
    case JSON_ARRAY:
        return strcmp(type, "array") == 0;
    case JSON_STRING:
        return strcmp(type, "string") == 0;
    case JSON_INTEGER:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL:
        return strcmp(type, "number") == 0;
    case JSON_NULL:
        return strcmp(type, "null") == 0;
    default:
        return strcmp(type, "boolean") == 0;
    }
}

static bool has_one_type(const json_t *value, const json_t *types) {
    size_t i;
    json_t *type;
    if (json_is_string(types))
        return has_type(value, json_string_value(types));
    json_array_foreach(types, i, type) if (has_type(value, json_string_value(type))) return true;
    return false;
}

static bool is_one_of(const json_t *value, const json_t *words) {
    size_t i;
    json_t *word;
    json_array_foreach(words, i, word) if (json_equal(value, word)) return true;
    return false;
}

static void check(const json_t *schema, const json_t *value, const char *path);

static void check_member(const json_t *schema, const json_t *value, const char *path,
                         const char *name) {
    char inner[512];
    snprintf(inner, sizeof inner, "%s.%s", path, name);
    check(schema, value, inner);
}

static void check_object(const json_t *schema, json_t *value, const char *path) {
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *other = json_object_get(schema, "additionalProperties");
    size_t i;
    json_t *name, *member;
    const char *key;
    json_array_foreach(json_object_get(schema, "required"), i,
                       name) if (!json_object_get(value, json_string_value(name)))
        complain(path, "a key is missing", json_string_value(name));
    json_object_foreach(value, key, member) {
        const json_t *inner = json_object_get(properties, key);
        if (inner || other)
            check_member(inner ? inner : other, member, path, key);
    }
}

static void check_array(const json_t *schema, const json_t *value, const char *path) {
    const json_t *items = json_object_get(schema, "items");
    const json_t *least = json_object_get(schema, "minItems");
    const json_t *most = json_object_get(schema, "maxItems");
    const json_int_t size = (json_int_t)json_array_size(value);
    size_t i;
    json_t *item;
    if ((least && size < json_integer_value(least)) || (most && size > json_integer_value(most)))
        complain(path, "too few or too many items", "");
    json_array_foreach(value, i, item) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        if (items)
            check_member(items, item, path, number);
    }
}

static void check_keywords(const json_t *schema, const char *path) {
    static const char *const known[] = {"$schema",
                                        "$comment",
                                        "title",
                                        "type",
                                        "required",
                                        "properties",
                                        "additionalProperties",
                                        "items",
                                        "minItems",
                                        "enum",
                                        "maxItems",
                                        "const",
                                        "minimum",
                                        "maximum"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || strcmp(known[i], key) == 0;
        if (!found)
            complain(path, "the schema has a keyword that is not known here", key);
    }
}

static void check(const json_t *schema, const json_t *value, const char *path) {
    const json_t *types = json_object_get(schema, "type");
    const json_t *words = json_object_get(schema, "enum");
    const json_t *only = json_object_get(schema, "const");
    const json_t *least = json_object_get(schema, "minimum");
    const json_t *most = json_object_get(schema, "maximum");
    check_keywords(schema, path);
    if (types && !has_one_type(value, types))
        complain(path, "another type than the schema's", "");
    if ((words && !is_one_of(value, words)) || (only && !json_equal(value, only)))
        complain(path, "not among the words of the schema",
                 json_is_string(value) ? json_string_value(value) : "");
    if (json_is_number(value) && ((least && json_number_value(value) < json_number_value(least)) ||
                                  (most && json_number_value(value) > json_number_value(most))))
        complain(path, "out of the schema's range", "");
    if (json_is_object(value))
        check_object(schema, (json_t *)(uintptr_t)value, path);
    if (json_is_array(value))
        check_array(schema, value, path);
}

static json_t *load(const char *path) {
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        complain(path, "not JSON", error.text);
    return root;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    json_t *schema = load(argv[1]);
    for (int i = 2; schema && i < argc; i++) {
        json_t *document = load(argv[i]);
        if (document)
            check(schema, document, "");
        json_decref(document);
    }
    json_decref(schema);
    return failures > 0;
}
