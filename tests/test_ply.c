/* SPDX-License-Identifier: MIT */
/* The strict look at PLY, called as it is: headers, text and both orders of bytes. */
#include "fm_test.h"

#include <io/import_ply.h>
#include <io/ply_head.h>

#include <inttypes.h>

TestSuite(ply, .timeout = 60);

#define PLACES "property float x\nproperty float y\nproperty float z\n"
#define VERTICES "element vertex 3\n" PLACES
#define TEXT "ply\nformat ascii 1.0\n"
#define FACE "element face 1\nproperty list uchar int vertex_indices\n"
#define HEAD TEXT VERTICES FACE "end_header\n"
#define VALUES "0 0 0\n1 0 0\n0 1 0\n"

/* The check reads one zero byte behind the data, and must not need another. */
static fm_status check(const void *bytes, size_t count, fm_error *err) {
    unsigned char *copy = malloc(count + 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, count);
    copy[count] = 0;
    const fm_status status = fmi_ply_check("x.ply", copy, count, err);
    free(copy);
    return status;
}

static void assert_refused(const char *text, const char *words) {
    fm_error err;
    fm_assert_fails(check(text, strlen(text), &err), FM_ERROR_BAD_INPUT, err, words);
    cr_assert_eq(strncmp(err.message, "x.ply: ", 7), 0, "%s", err.message);
}

static void assert_taken(const char *text) {
    fm_error err;
    fm_assert_ok(check(text, strlen(text), &err), err);
}

/* ---- headers ---- */

Test(ply, a_header_that_is_none_is_named_with_its_line) {
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "not PLY"},
        {"ply", "not PLY"},
        {"ply and more\nend_header\n", "not PLY"},
        {"plyx\nend_header\n", "not PLY"},
        {"ply\n", "no end"},
        {TEXT VERTICES, "no end"},
        {"ply\nend_header\n", "no format"},
        {"ply\nformat ascii 1.1\nend_header\n", "line 2 of the header: 'format': not version 1.0"},
        {"ply\nformat ascii\nend_header\n", "not version 1.0"},
        {"ply\nformat binary_middle_endian 1.0\nend_header\n", "an unknown format"},
        {"ply\nformat ascii 1.0\nformat ascii 1.0\nend_header\n", "line 3|named before"},
        {TEXT "\n \nobj_info a\ncomment b\nmaterial 3\nend_header\n",
         "line 7 of the header: 'material': no line of a PLY header"},
        {TEXT "element vertex\nend_header\n", "'element': not a name and a number"},
        {TEXT "element vertex -1\nend_header\n", "not a name and a number below 2^32"},
        {TEXT "element vertex 3 4\nend_header\n", "not a name and a number"},
        {TEXT "element vertex 3x\nend_header\n", "not a name and a number"},
        {TEXT "element vertex 4294967296\nend_header\n", "below 2^32"},
        {TEXT "element vertex 99999999999999999999999\nend_header\n", "below 2^32"},
        {TEXT VERTICES VERTICES "end_header\n", "the element was there before"},
        {TEXT "property float x\nend_header\n", "behind an element"},
        {TEXT "element vertex 3\nproperty float\nend_header\n", "not a type and a name"},
        {TEXT "element vertex 3\nproperty float x y\nend_header\n", "not a type and a name"},
        {TEXT "element vertex 3\nproperty list uchar x\nend_header\n", "not a type and a name"},
        {TEXT "element vertex 3\nproperty half x\nend_header\n", "an unknown type"},
        {TEXT "element face 1\nproperty list what int vertex_indices\nend_header\n",
         "unknown type"},
        {TEXT "element face 1\nproperty list uchar what vertex_indices\nend_header\n",
         "unknown type"},
        {TEXT "element face 1\nproperty list float int vertex_indices\nend_header\n",
         "must be whole numbers"},
        {TEXT "element face 1\nproperty list uchar float vertex_index\nend_header\n",
         "must be whole numbers"},
        {TEXT VERTICES "property float y\nend_header\n", "the property was there before"},
        {TEXT "element vertex 3\nproperty float x\nproperty float y\nend_header\n",
         "no x, y and z"},
        {TEXT VERTICES "element face 4294967295\nend_header\n", "an element has no properties"},
        {TEXT "a-word-that-is-longer-than-the-forty-characters-shown\nend_header\n",
         "'a-word-that-is-longer-than-the-forty-cha'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char words[100];
        (void)snprintf(words, sizeof words, "%s", rows[i].words);
        for (char *at = strtok(words, "|"); at; at = strtok(NULL, "|"))
            assert_refused(rows[i].text, at);
    }
}

Test(ply, a_header_has_limits) {
    char text[16384] = TEXT;
    size_t n = strlen(text);
    fm_error err;
    for (int i = 0; i <= FMI_PLY_ELEMENTS; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "element e%d 0\n", i);
    (void)snprintf(text + n, sizeof text - n, "end_header\n");
    fm_assert_fails(check(text, strlen(text), &err), FM_ERROR_LIMIT, err, "more than 16 kinds");
    n = (size_t)snprintf(text, sizeof text, TEXT "element face 0\n");
    for (int i = 0; i < FMI_PLY_PROPERTIES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "property float p%d\n", i);
    (void)snprintf(text + n, sizeof text - n, "end_header\n");
    fm_assert_ok(check(text, strlen(text), &err), err);
    (void)snprintf(text + n, sizeof text - n, "property float more\nend_header\n");
    fm_assert_fails(check(text, strlen(text), &err), FM_ERROR_LIMIT, err, "more than 256 prop");
}

Test(ply, a_zero_byte_is_no_text) {
    static const char in_head[] = TEXT "comment a\0b\nend_header\n", in_values[] = HEAD "0 0 \0";
    fm_error err;
    fm_assert_fails(check(in_head, sizeof in_head - 1, &err), FM_ERROR_BAD_INPUT, err,
                    "a zero byte is in the header");
    fm_assert_fails(check(in_values, sizeof in_values - 1, &err), FM_ERROR_BAD_INPUT, err,
                    "a zero byte among the text");
}

/* ---- text ---- */

Test(ply, a_text_that_is_wrong_is_named_with_its_line_and_element) {
    static const struct {
        const char *text, *words;
    } rows[] = {
        {HEAD VALUES "x 0 1 2\n", "line 13: face 1: 'x' is no whole number"},
        {HEAD VALUES "+ 0 1 2\n", "face 1: '+' is no whole number"},
        {HEAD VALUES "3.0 0 1 2\n", "'3.0' is no whole number"},
        {HEAD VALUES "3 0 1 2x\n", "'2x' is no whole number"},
        {HEAD VALUES "\n", "ends early, in face 1 of 1"},
        {HEAD VALUES "-1 0 1 2\n", "is no count of that type"},
        {HEAD VALUES "256 0 1 2\n", "is no count of that type"},
        {HEAD VALUES "99999999999999999999999 0 1 2\n", "is no count of that type"},
        {HEAD VALUES "3 0 1 99999999999999999999999\n", "names no vertex"},
        {HEAD VALUES "3 0 1 18446744073709551618\n", "names no vertex"}, /* 2^64 + 2 */
        {HEAD VALUES "3 0 1 -1\n", "names no vertex"},
        {HEAD VALUES "3 0 1 3\n", "names no vertex"},
        {HEAD VALUES "3 0 1\n2\n", "face 1: a number too few"},
        {HEAD VALUES "3 0 1 2 0\n", "'0' is more than the header names"},
        {HEAD VALUES "3 0 1 2\n3", "more than the header names"},
        {TEXT VERTICES
         "element tristrips 1\nproperty list int int vertex_indices\nend_header\n" VALUES
         "2 0 -2\n",
         "line 13: tristrips 1: '-2' names no vertex"},
        {HEAD "0 0 0\n1 0\n0 1 0\n3 0 1 2\n", "line 11: vertex 2: a number too few"},
        {HEAD "0 0 0\n1 inf 0\n0 1 0\n3 0 1 2\n", "'inf' is no finite number"},
        {HEAD "0 0 0\n1 1e39 0\n0 1 0\n3 0 1 2\n", "'1e39' is no finite number"},
        {HEAD "0 0 0\n1 2e 0\n0 1 0\n3 0 1 2\n", "'2e' is no finite number"},
        {HEAD "0 0 0\n1 0;0\n0 1 0\n3 0 1 2\n", "'0;0' is no finite number"},
        {HEAD "0 0 0\n1 0,5 0\n0 1 0\n3 0 1 2\n", "decimal comma"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(rows[i].text, rows[i].words);
}

Test(ply, text_that_other_programs_write_is_taken) {
    assert_taken(HEAD VALUES "3 0 1 2");
    assert_taken(HEAD "\ncomment 1 2\n" VALUES " \t3\v0\f1  2 \r\n\n  \n");
    assert_taken(HEAD VALUES "+3 -0 +1 2\n");
    assert_taken(TEXT VERTICES "property float quality\n" FACE "end_header\n"
                               "0 0 0 nan\n1 0 0 -inf\n0 1 0 -nan\n3 0 1 2\n");
    assert_taken(TEXT VERTICES "element tristrips 1\nproperty list int int vertex_indices\n"
                               "end_header\n" VALUES "4 0 1 2 -1\n");
    assert_taken(TEXT FACE VERTICES "end_header\n3 0 1 2\n" VALUES);
    assert_taken(TEXT "element vertex 0\nelement none 0\nend_header\n");
}

Test(ply, a_text_that_is_cut_anywhere_is_refused) {
    static const char text[] = HEAD VALUES "3 0 1 2";
    fm_error err;
    fm_assert_ok(check(text, sizeof text - 1, &err), err);
    for (size_t cut = 0; cut < sizeof text - 1; cut++)
        cr_assert_eq(check(text, cut, NULL), FM_ERROR_BAD_INPUT, "cut at %zu", cut);
}

/* ---- binary ---- */

typedef struct builder {
    unsigned char bytes[2048];
    size_t count;
    bool big;
} builder;

static void put(builder *b, int64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        const size_t place = b->big ? bytes - 1 - i : i;
        b->bytes[b->count++] = (unsigned char)(place < 8 ? (uint64_t)value >> 8 * place : 0);
    }
}

/* Three vertices with one value of each type, and one list of a face. */
static void build(builder *b, bool big, const char *count, size_t count_bytes, const char *index,
                  size_t index_bytes, const int64_t *list) {
    const char *order = big ? "big" : "little";
    b->big = big;
    b->count = (size_t)snprintf(
        (char *)b->bytes, sizeof b->bytes,
        "ply\nformat binary_%s_endian 1.0\n" VERTICES "property char a\nproperty uint16 b\n"
        "property double c\nelement face 1\nproperty list %s %s vertex_indices\n"
        "property list uchar double texture\nend_header\n",
        order, count, index);
    for (int i = 0; i < 3; i++) {
        put(b, 0, 12);
        put(b, '\n', 1);
        put(b, -1, 2);
        put(b, -1, 8);
    }
    put(b, list[0], count_bytes);
    for (int64_t i = 0; i < list[0]; i++)
        put(b, list[i + 1], index_bytes);
    put(b, 2, 1);
    put(b, 0, 16);
}

static const struct kind {
    const char *name;
    size_t bytes;
    bool is_signed;
} kinds[] = {{"char", 1, true},    {"uint8", 1, false}, {"short", 2, true},
             {"uint16", 2, false}, {"int", 4, true},    {"uint32", 4, false}};
#define KINDS (sizeof kinds / sizeof kinds[0])

Test(ply, lists_of_all_kinds_are_read_in_both_orders) {
    static const int64_t good[] = {3, 0, 1, 2}, beyond[] = {3, 0, 1, 3}, below[] = {3, 0, -1, 2};
    fm_error err;
    builder b;
    for (size_t i = 0; i < 2 * KINDS * KINDS; i++) {
        const struct kind *c = &kinds[i / 2 / KINDS], *t = &kinds[i / 2 % KINDS];
        build(&b, i % 2, c->name, c->bytes, t->name, t->bytes, good);
        fm_assert_ok(check(b.bytes, b.count, &err), err);
        build(&b, i % 2, c->name, c->bytes, t->name, t->bytes, beyond);
        fm_assert_fails(check(b.bytes, b.count, &err), FM_ERROR_BAD_INPUT, err,
                        "face 1: no vertex has the number 3;");
        build(&b, i % 2, c->name, c->bytes, t->name, t->bytes, below);
        char words[64];
        const int64_t read = t->is_signed ? -1 : (INT64_C(1) << 8 * t->bytes) - 1;
        (void)snprintf(words, sizeof words, "no vertex has the number %" PRId64 ";", read);
        fm_assert_fails(check(b.bytes, b.count, &err), FM_ERROR_BAD_INPUT, err, words);
    }
}

Test(ply, a_list_of_a_negative_length_is_refused) {
    static const int64_t negative[] = {-2};
    fm_error err;
    builder b;
    for (size_t i = 0; i < KINDS; i += 2) {
        build(&b, i % 4 == 0, kinds[i].name, kinds[i].bytes, "int", 4, negative);
        fm_assert_fails(check(b.bytes, b.count, &err), FM_ERROR_BAD_INPUT, err,
                        "face 1: a list of the length -2;");
    }
}

Test(ply, a_binary_file_that_is_cut_anywhere_or_goes_on_is_refused) {
    static const int64_t list[] = {3, 0, 1, 2};
    fm_error err;
    builder b;
    build(&b, false, "uint32", 4, "int", 4, list);
    const size_t head = (size_t)(strstr((char *)b.bytes, "end_header\n") - (char *)b.bytes) + 11;
    for (size_t cut = 0; cut < b.count; cut++)
        fm_assert_fails(check(b.bytes, cut, &err), FM_ERROR_BAD_INPUT, err,
                        cut < 4      ? "not PLY"
                        : cut < head ? "no end"
                                     : "ends early");
    put(&b, 0, 5);
    put(&b, '\n', 1);
    fm_assert_ok(check(b.bytes, b.count, &err), err);
    put(&b, 1, 1);
    fm_assert_fails(check(b.bytes, b.count, &err), FM_ERROR_BAD_INPUT, err,
                    "more than the header names");
}

Test(ply, every_changed_bit_is_survived) {
    static const int64_t list[] = {3, 0, 1, 2};
    builder b;
    size_t refused = 0;
    build(&b, true, "short", 2, "uint16", 2, list);
    for (size_t i = 0; i < 8 * b.count; i++) {
        b.bytes[i / 8] ^= (unsigned char)(1U << i % 8);
        refused += check(b.bytes, b.count, NULL) != FM_OK;
        b.bytes[i / 8] ^= (unsigned char)(1U << i % 8);
    }
    cr_assert(refused > 8 * 100, "%zu", refused);
}
