/* SPDX-License-Identifier: MIT */
/* NPY files: what is read, what is refused, and that nothing is allocated on a header's word. */
#include "fm_test.h"

#include "io/npy.h"

TestSuite(npy, .timeout = 60);

/* A file in memory: version, dictionary, values. Returns its size. */
static size_t make(unsigned char *out, int version, const char *dictionary, const void *values,
                   size_t bytes) {
    size_t length = strlen(dictionary), start = version == 1 ? 10 : 12;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)version;
    out[7] = 0;
    for (size_t i = 8; i < start; i++)
        out[i] = (unsigned char)(length >> (8 * (i - 8)));
    memcpy(out + start, dictionary, length);
    if (bytes > 0)
        memcpy(out + start + length, values, bytes);
    return start + length + bytes;
}

static void reverse(void *values, size_t count, size_t bytes) {
    unsigned char *v = values;
    for (size_t k = 0; k < count; k++, v += bytes)
        for (size_t i = 0; i < bytes / 2; i++) {
            unsigned char t = v[i];
            v[i] = v[bytes - 1 - i];
            v[bytes - 1 - i] = t;
        }
}

/* Element (i, j, k) of a 2 x 3 x 4 array. */
static double element(int i, int j, int k) {
    return 100 * i + 10 * j + k + 0.5;
}

static void check_form(int version, bool fortran, bool big, bool f8) {
    unsigned char file[1024];
    char text[128];
    float f[24];
    double d[24];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++) {
                int at = fortran ? (k * 3 + j) * 2 + i : (i * 3 + j) * 4 + k;
                d[at] = element(i, j, k);
                f[at] = (float)d[at];
            }
    if (big) {
        reverse(f, 24, 4);
        reverse(d, 24, 8);
    }
    snprintf(text, sizeof text, "{'descr': '%cf%d', 'fortran_order': %s, 'shape': (2, 3, 4), }  \n",
             big ? '>' : '<', f8 ? 8 : 4, fortran ? "True" : "False");
    size_t size = make(file, version, text, f8 ? (void *)d : (void *)f, f8 ? 192 : 96);
    fmi_npy array;
    fm_error err;
    fm_assert_ok(fmi_npy_parse(&array, file, size, "x.npy", &err), err);
    cr_assert_eq(array.shape.dims, 3U);
    cr_assert_eq(array.shape.count, 24U);
    cr_assert_eq(array.shape.kind, f8 ? FMI_NPY_F8 : FMI_NPY_F4);
    for (int n = 0; n < 24; n++) {
        double got = f8 ? ((double *)array.values)[n] : (double)((float *)array.values)[n];
        cr_assert_eq(got, element(n / 12, n / 4 % 3, n % 4), "%s value %d: %g", text, n, got);
    }
    fmi_npy_free(&array);
    cr_assert_null(array.values);
}

Test(npy, every_version_order_type_and_byte_order_is_read) {
    for (int version = 1; version <= 3; version++)
        for (int bits = 0; bits < 8; bits++)
            check_form(version, bits & 1, bits & 2, bits & 4);
}

static void check_refused(const char *dictionary, size_t bytes, fm_status want, const char *words) {
    unsigned char file[4096] = {0};
    static const unsigned char zeros[512];
    size_t size = make(file, 1, dictionary, zeros, bytes);
    fmi_npy array;
    fm_error err = {0};
    fm_assert_fails(fmi_npy_parse(&array, file, size, "x.npy", &err), want, err, words);
    cr_assert_null(array.values);
}

Test(npy, other_types_are_refused_by_name) {
    check_refused("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 16,
                  FM_ERROR_BAD_INPUT, "Python objects");
    check_refused("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", 8,
                  FM_ERROR_BAD_INPUT, "<i4");
    check_refused("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", 4,
                  FM_ERROR_BAD_INPUT, "<f2");
    check_refused("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8,
                  FM_ERROR_BAD_INPUT, "structures");
}

Test(npy, sizes_must_match_the_file) {
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 8,
                  FM_ERROR_BAD_INPUT, "(3,)");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 12,
                  FM_ERROR_BAD_INPUT, "12 bytes");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
                  0, FM_ERROR_BAD_INPUT, "4294967296");
    check_refused("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
                  8, FM_ERROR_BAD_INPUT, "sizes");
    check_refused("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", 0,
                  FM_ERROR_BAD_INPUT, "does not fit");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", 4,
                  FM_ERROR_LIMIT, "8 dimensions");
}

Test(npy, damaged_dictionaries_are_refused) {
    static const char *const bad[] = {
        "",
        "{",
        "}",
        "{'descr': '<f4', 'fortran_order': False, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1, }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4",
        "{'descr': 4, 'fortran_order': False, 'shape': (1,), }",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused(bad[i], 4, FM_ERROR_BAD_INPUT, "damaged");
}

Test(npy, every_cut_and_every_changed_byte_is_survived) {
    unsigned char file[1024], copy[1024];
    float values[6] = {1, 2, 3, 4, 5, 6};
    fmi_npy_shape shape = {.dims = 2, .size = {2, 3}, .count = 6};
    size_t head = fmi_npy_prefix(&shape, file);
    cr_assert_eq(head % 64, 0U);
    memcpy(file + head, values, sizeof values);
    size_t size = head + sizeof values;
    fmi_npy array;
    for (size_t cut = 0; cut < size; cut++)
        cr_assert_eq(fmi_npy_parse(&array, file, cut, "x", NULL), FM_ERROR_BAD_INPUT, "cut %zu",
                     cut);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, file, size);
            copy[i] ^= (unsigned char)(1 << bit);
            if (fmi_npy_parse(&array, copy, size, "x", NULL) == FM_OK)
                cr_assert_eq(array.shape.count, 6U, "byte %zu bit %d", i, bit);
            fmi_npy_free(&array);
        }
}

Test(npy, written_files_are_read_back) {
    char folder[FM_TEST_PATH], path[FM_TEST_PATH + 16], text[128];
    const double values[6] = {1, -2.5, 1e300, 0, -0.0, 3};
    fmi_npy_shape shapes[] = {{.kind = FMI_NPY_F8, .dims = 2, .size = {2, 3}, .count = 6},
                              {.kind = FMI_NPY_F8, .dims = 1, .size = {6}, .count = 6},
                              {.kind = FMI_NPY_F8, .dims = 3, .size = {0, 4, 4}, .count = 0},
                              {.kind = FMI_NPY_F8, .dims = 0, .count = 1}};
    fm_error err;
    fm_test_dir(folder, "npy");
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%zu.npy", folder, i);
        fm_assert_ok(fmi_npy_write(path, &shapes[i], values, &err), err);
        fmi_npy array;
        fm_assert_ok(fmi_npy_read(&array, path, &err), err);
        cr_assert_eq(memcmp(&array.shape, &shapes[i], sizeof shapes[i]), 0, "%s",
                     fmi_npy_shape_text(&array.shape, text));
        cr_assert_eq(memcmp(array.values, values, shapes[i].count * 8), 0);
        fmi_npy_free(&array);
    }
    cr_assert_str_eq(fmi_npy_shape_text(&shapes[0], text), "(2, 3)");
    cr_assert_str_eq(fmi_npy_shape_text(&shapes[1], text), "(6,)");
}

Test(npy, missing_files_are_bad_input) {
    fmi_npy array;
    fm_error err;
    fm_assert_fails(fmi_npy_read(&array, "/nonexistent/a.npy", &err), FM_ERROR_BAD_INPUT, err,
                    "a.npy");
}
