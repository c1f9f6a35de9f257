/* SPDX-License-Identifier: MIT */
/* JSON text that another library parses back to the same values. */
#include "fm_test.h"

#include <float.h>
#include <io/json.h>
#include <jansson.h>
#include <locale.h>

TestSuite(json, .timeout = 60);

static json_t *parse(const fmi_json *j) {
    json_error_t error;
    const char *text = fmi_json_text(j);
    cr_assert_not_null(text);
    json_t *root = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s at line %d column %d", error.text, error.line, error.column);
    return root;
}

Test(json, writes_every_kind_of_value) {
    fmi_json j = {0};
    fmi_json_begin(&j, NULL, '{');
    fmi_json_string(&j, "schema", "facemorph/run/1");
    fmi_json_string(&j, "nothing", NULL);
    fmi_json_int(&j, "low", INT64_MIN);
    fmi_json_uint(&j, "frames", 41);
    fmi_json_bool(&j, "yes", true);
    fmi_json_bool(&j, "no", false);
    fmi_json_null(&j, "null");
    fmi_json_double(&j, "nan", (double)NAN);
    fmi_json_double(&j, "inf", (double)-INFINITY);
    fmi_json_begin(&j, "size", '[');
    fmi_json_uint(&j, NULL, 512);
    fmi_json_uint(&j, NULL, 256);
    fmi_json_end(&j);
    fmi_json_begin(&j, "empty list", '[');
    fmi_json_end(&j);
    fmi_json_begin(&j, "empty object", '{');
    fmi_json_end(&j);
    fmi_json_end(&j);
    json_t *root = parse(&j);
    cr_assert_str_eq(json_string_value(json_object_get(root, "schema")), "facemorph/run/1");
    cr_assert(json_is_null(json_object_get(root, "nothing")));
    cr_assert_eq(json_integer_value(json_object_get(root, "low")), INT64_MIN);
    cr_assert_eq(json_integer_value(json_object_get(root, "frames")), 41);
    cr_assert(json_is_true(json_object_get(root, "yes")));
    cr_assert(json_is_false(json_object_get(root, "no")));
    cr_assert(json_is_null(json_object_get(root, "null")));
    cr_assert(json_is_null(json_object_get(root, "nan")));
    cr_assert(json_is_null(json_object_get(root, "inf")));
    json_t *size = json_object_get(root, "size");
    cr_assert_eq(json_array_size(size), 2);
    cr_assert_eq(json_integer_value(json_array_get(size, 1)), 256);
    cr_assert_eq(json_array_size(json_object_get(root, "empty list")), 0);
    cr_assert_eq(json_object_size(root), 12);
    json_decref(root);
    fmi_json_free(&j);
}

Test(json, compact_is_one_line_and_both_forms_say_the_same) {
    const char *want = "{\"a\":[1,{\"b\":\"x\"},[]],\"c\":true}\n";
    fmi_json j[2] = {{.compact = true}, {0}};
    for (int i = 0; i < 2; i++) {
        fmi_json_begin(&j[i], NULL, '{');
        fmi_json_begin(&j[i], "a", '[');
        fmi_json_int(&j[i], NULL, 1);
        fmi_json_begin(&j[i], NULL, '{');
        fmi_json_string(&j[i], "b", "x");
        fmi_json_end(&j[i]);
        fmi_json_begin(&j[i], NULL, '[');
        fmi_json_end(&j[i]);
        fmi_json_end(&j[i]);
        fmi_json_bool(&j[i], "c", true);
        fmi_json_end(&j[i]);
    }
    cr_assert_str_eq(fmi_json_text(&j[0]), want);
    json_t *compact = parse(&j[0]), *pretty = parse(&j[1]);
    cr_assert(json_equal(compact, pretty), "%s", "compact and indented text differ");
    cr_assert_not_null(strstr(fmi_json_text(&j[1]), "\n      \"b\": \"x\"\n"));
    json_decref(compact);
    json_decref(pretty);
    fmi_json_free(&j[0]);
    fmi_json_free(&j[1]);
}

static void number_text(char text[64], double value) {
    fmi_json j = {0};
    fmi_json_double(&j, NULL, value);
    snprintf(text, 64, "%s", fmi_json_text(&j));
    text[strcspn(text, "\n")] = '\0';
    fmi_json_free(&j);
}

Test(json, doubles_are_short_and_read_back_exactly) {
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.1, "0.1"},      {-2.5, "-2.5"},
                {41.0, "41"},      {0.0, "0"},
                {1e300, "1e+300"}, {5e-324, "5e-324"},
                {0.31, "0.31"},    {100.0 / 3.0, NULL},
                {DBL_MAX, NULL},   {0.1 + 0.2, NULL},
                {DBL_MIN, NULL},   {1e15 + 0.3, NULL},
                {-1e-310, NULL},   {123456789012345680.0, NULL}};
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        number_text(text, rows[i].value);
        cr_assert_eq(strtod(text, NULL), rows[i].value, "%s is not %a", text, rows[i].value);
        if (rows[i].text)
            cr_assert_str_eq(text, rows[i].text);
    }
    uint64_t seed = fm_test_seed();
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = fm_test_next(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        number_text(text, value);
        cr_assert_eq(strtod(text, NULL), value, "%s is not %a", text, value);
    }
}

Test(json, a_decimal_comma_of_the_locale_stays_out) {
    if (!fm_test_comma())
        cr_skip("skipped: no locale with a decimal comma");
    char text[64];
    number_text(text, 0.25);
    setlocale(LC_ALL, "C");
    cr_assert_str_eq(text, "0.25");
}

Test(json, strings_are_escaped_and_valid_utf8) {
    static const struct {
        const char *in, *out;
    } rows[] = {{"plain", "plain"},
                {"quote\" back\\slash", "quote\" back\\slash"},
                {"line\nfeed\ttab\rreturn\x01\x1f\x7f", "line\nfeed\ttab\rreturn\x01\x1f\x7f"},
                {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
                {"a\xFFz", "a\xEF\xBF\xBDz"},                 /* never valid */
                {"a\x80z", "a\xEF\xBF\xBDz"},                 /* stray continuation */
                {"a\xC0\xAFz", "a\xEF\xBF\xBD\xEF\xBF\xBDz"}, /* overlong slash */
                {"a\xED\xA0\x80z", "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"}, /* surrogate */
                {"a\xF4\x90\x80\x80", "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
                {"cut \xF0", "cut \xEF\xBF\xBD"},
                {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fmi_json j = {0};
        fmi_json_begin(&j, NULL, '{');
        fmi_json_string(&j, rows[i].in, rows[i].in);
        fmi_json_end(&j);
        json_t *root = parse(&j);
        cr_assert_str_eq(json_string_value(json_object_get(root, rows[i].out)), rows[i].out,
                         "row %zu", i);
        json_decref(root);
        fmi_json_free(&j);
    }
}

Test(json, misuse_gives_no_text_instead_of_wrong_text) {
    fmi_json j = {0};
    cr_assert_str_eq(fmi_json_text(&j), "");
    fmi_json_end(&j);
    cr_assert_null(fmi_json_text(&j), "an end without a begin");
    fmi_json_free(&j);
    cr_assert_str_eq(fmi_json_text(&j), "");
    for (int i = 0; i < 32; i++)
        fmi_json_begin(&j, NULL, '[');
    cr_assert_not_null(fmi_json_text(&j));
    fmi_json_begin(&j, NULL, '[');
    cr_assert_null(fmi_json_text(&j), "a 33rd level");
    fmi_json_free(&j);
}
