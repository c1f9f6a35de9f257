/* SPDX-License-Identifier: MIT */
/* Tables in CSV: what RFC 4180 allows is read, anything else is refused with its place; numbers
 * keep their bits in any locale. */
#include "fm_test.h"

#include "io/csv.h"
#include "io/number_text.h"

#include <float.h>

TestSuite(csv, .timeout = 60);

static void write_bytes(char path[FM_TEST_PATH], const char *bytes, size_t count) {
    fm_test_dir(path, "csv");
    strcat(path, "/t.csv");
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(bytes, 1, count, f), count);
    cr_assert_eq(fclose(f), 0);
}

static fm_status read_text(fmi_csv *csv, const char *text, size_t count, fm_error *err) {
    char path[FM_TEST_PATH];
    write_bytes(path, text, count);
    return fmi_csv_read(csv, path, err);
}

#define READ(csv, text, err) read_text(&(csv), (text), sizeof(text) - 1, &(err))

Test(csv, reads_quotes_line_ends_and_a_byte_order_mark) {
    fmi_csv csv;
    fm_error err;
    fm_assert_ok(READ(csv, "\xEF\xBB\xBFname,\"a \"\"b\"\"\",x\r\n\"1,\n2\",,3.5\n\"\",z,4", err),
                 err);
    cr_assert_eq(csv.rows, 3);
    cr_assert_eq(csv.columns, 3);
    cr_assert_str_eq(fmi_csv_cell(&csv, 0, 0), "name");
    cr_assert_str_eq(fmi_csv_cell(&csv, 0, 1), "a \"b\"");
    cr_assert_str_eq(fmi_csv_cell(&csv, 1, 0), "1,\n2");
    cr_assert_str_eq(fmi_csv_cell(&csv, 1, 1), "");
    cr_assert_str_eq(fmi_csv_cell(&csv, 2, 0), "");
    cr_assert_str_eq(fmi_csv_cell(&csv, 2, 2), "4");
    cr_assert_eq(fmi_csv_find(&csv, "x"), 2);
    cr_assert_eq(fmi_csv_find(&csv, "y"), 3, "not there");
    fmi_csv_free(&csv);
    fm_assert_ok(READ(csv, "a\n1\n\n\r\n", err), err);
    cr_assert_eq(csv.rows, 2, "empty lines at the end are dropped");
    fmi_csv_free(&csv);
}

Test(csv, refuses_damage_with_row_and_column) {
    static const struct {
        const char *text;
        size_t bytes;
        const char *words;
    } bad[] = {
#define BAD(text, words) {text, sizeof(text) - 1, words}
        BAD("a,b\n1\n", "row 2 has 1 columns, the header has 2"),
        BAD("a,b\n1,2\n1,2,3\n", "row 3 has more than the 2 columns"),
        BAD("a,b\n1,\"2\n", "row 2, column 2: a quote is not closed"),
        BAD("a,b\n1,2\"3\n", "row 2, column 2: a quote inside a field"),
        BAD("a,b\n\"1\"x,2\n", "row 2, column 1: text behind a closing quote"),
        BAD("a,b\n1,\0002\n", "row 2, column 2: a zero byte"),
        BAD("a,b\n1,\"\0002\"\n", "row 2, column 2: a zero byte"),
        BAD("a,b\n1,2\rx,2\n", "row 2, column 2: a carriage return"),
        BAD("a\n\nb\n,\n", "row 4 has more than"),
        BAD("\n\n", "no rows"),
        BAD("\xEF\xBB\xBF", "no rows"),
#undef BAD
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fmi_csv csv;
        fm_error err;
        fm_assert_fails(read_text(&csv, bad[i].text, bad[i].bytes, &err), FM_ERROR_BAD_INPUT, err,
                        bad[i].words);
        cr_assert_null(csv.bytes, "nothing is left behind");
    }
    fmi_csv csv;
    fm_error err;
    fm_assert_fails(fmi_csv_read(&csv, "/nowhere/t.csv", &err), FM_ERROR_BAD_INPUT, err, "t.csv");
}

Test(csv, refuses_a_row_of_too_many_columns) {
    enum { COUNT = FMI_CSV_MAX_COLUMNS + 1 };
    static char text[COUNT];
    memset(text, ',', sizeof text);
    fmi_csv csv;
    fm_error err;
    fm_assert_fails(read_text(&csv, text, COUNT, &err), FM_ERROR_LIMIT, err, "more than 4096");
    fm_assert_ok(read_text(&csv, text, COUNT - 2, &err), err);
    cr_assert_eq(csv.columns, FMI_CSV_MAX_COLUMNS);
    fmi_csv_free(&csv);
}

Test(csv, numbers_are_strict) {
    static const char *const good[] = {"0", "-0", "+1.5", ".5", "5.", "1e-3", "3.4028235E38"};
    static const float want[] = {0, -0.0F, 1.5F, 0.5F, 5, 1e-3F, FLT_MAX};
    static const char *const bad[] = {"",    " 1",  "1 ", "0x10", "1,5", "1e",   "e5",  ".",
                                      "--1", "1_0", "1d", "nano", "NaN", "-inf", "1e39"};
    fmi_csv csv;
    fm_error err;
    float value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[64];
        snprintf(text, sizeof text, "h\n%s\n", good[i]);
        fm_assert_ok(read_text(&csv, text, strlen(text), &err), err);
        fm_assert_ok(fmi_csv_float(&csv, 1, 0, &value, &err), err);
        cr_assert_eq(value, want[i], "%s gave %g", good[i], (double)value);
        fmi_csv_free(&csv);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "g,h\n1,\"%s\"\n", bad[i]);
        fm_assert_ok(read_text(&csv, text, strlen(text), &err), err);
        fm_assert_fails(fmi_csv_float(&csv, 1, 1, &value, &err), FM_ERROR_BAD_INPUT, err,
                        "row 2, column 2 (h)");
        fmi_csv_free(&csv);
    }
}

Test(csv, whole_numbers_stay_in_range) {
    fmi_csv csv;
    fm_error err;
    uint32_t value;
    fm_assert_ok(READ(csv, "f,g,h,i,j\n4294967295,4294967296,-1,1.0,99999999999999999999\n", err),
                 err);
    fm_assert_ok(fmi_csv_uint(&csv, 1, 0, &value, &err), err);
    cr_assert_eq(value, UINT32_MAX);
    for (size_t column = 1; column < 5; column++)
        fm_assert_fails(fmi_csv_uint(&csv, 1, column, &value, &err), FM_ERROR_BAD_INPUT, err,
                        "whole number");
    fmi_csv_free(&csv);
}

Test(csv, writes_the_shortest_number_that_reads_back) {
    static const struct {
        float value;
        const char *text;
    } known[] = {{0.1F, "0.1"},
                 {1e-5F, "1e-05"},
                 {-0.0F, "-0"},
                 {16777216.0F, "16777216"},
                 {FLT_MAX, "3.4028235e+38"},
                 {0x1p-149F, "1e-45"},
                 {1.0F / 3.0F, "0.33333334"}};
    char text[FMI_NUMBER_BYTES];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_assert_str_eq(fmi_float_text(text, known[i].value), known[i].text);
    cr_assert_str_eq(fmi_float_text(text, NAN), "nan");
    cr_assert_str_eq(fmi_double_text(text, -(double)INFINITY), "-inf");
    cr_assert_str_eq(fmi_double_text(text, 0.1), "0.1");
    uint64_t state = fm_test_seed();
    for (int i = 0; i < 20000; i++) {
        const uint32_t bits = (uint32_t)fm_test_next(&state);
        float value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        back = strtof(fmi_float_text(text, value), NULL);
        cr_assert_eq(memcmp(&back, &value, sizeof value), 0, "bits %08x as %s", bits, text);
    }
}

Test(csv, a_table_comes_back_whole_in_any_locale) {
    if (!fm_test_comma())
        cr_skip("skipped: no locale with a decimal comma");
    fmi_csv_out out = {0};
    fmi_csv_put_text(&out, "name, of \"it\"");
    fmi_csv_put_text(&out, "");
    fmi_csv_end_row(&out);
    fmi_csv_put_float(&out, 0.25F);
    fmi_csv_put_uint(&out, 7);
    fmi_csv_end_row(&out);
    fmi_csv_put_double(&out, 1e-300);
    fmi_csv_put_uint(&out, UINT64_MAX);
    fmi_csv_end_row(&out);
    cr_assert_str_eq(out.text,
                     "\"name, of \"\"it\"\"\",\"\"\n0.25,7\n1e-300,18446744073709551615\n");
    char path[FM_TEST_PATH];
    fm_test_dir(path, "csv_whole");
    strcat(path, "/o.csv");
    fm_error err;
    fm_assert_ok(fmi_csv_write(&out, path, &err), err);
    fmi_csv csv;
    fm_assert_ok(fmi_csv_read(&csv, path, &err), err);
    cr_assert_eq(csv.rows, 3);
    cr_assert_str_eq(fmi_csv_cell(&csv, 0, 0), "name, of \"it\"");
    float value;
    fm_assert_ok(fmi_csv_float(&csv, 1, 0, &value, &err), err);
    cr_assert_eq(value, 0.25F);
    fmi_csv_free(&csv);
    fmi_csv_out_free(&out);
    fm_assert_fails(fmi_csv_write_part(&(fmi_csv_out){.failed = true}, path, &err),
                    FM_ERROR_HOST_MEMORY, err, "no memory");
}
