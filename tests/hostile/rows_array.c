/* SPDX-License-Identifier: MIT */
/* Kinds 27 to 34: arrays, keypoints and tables. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <minizip/zip.h>

#define SHAPE "'fortran_order': False, 'shape': (1, 2, 2), }\n"

/* detail = dictionary, n = bytes behind it. */
static void npy(const hostile_row *row) {
    hostile_npy(row->file, row->detail, (size_t)row->n);
}

/* A good file whose header claims n bytes, or another version (n < 0). */
static void lie(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    fwrite("\x93NUMPY\x01\x00", 1, 8, f);
    if (row->n < 0)
        fseek(f, 6, SEEK_SET), fputc((int)-row->n, f), fputc(0, f);
    hostile_number(f, row->n < 0 ? 64 : (uint64_t)row->n, 2);
    fputs("{'descr': '<f4', " SHAPE "0123456789abcdef", f);
    fclose(f);
}

/* An archive of one deflated array: detail is its dictionary, n the MiB of zeros behind it. */
static void archive(const hostile_row *row) {
    const size_t chunk = 1U << 20;
    unsigned char *zeros = calloc(1, chunk), head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(head + 10, row->detail, strlen(row->detail));
    head[127] = '\n';
    zipFile zip = zipOpen64(row->file, APPEND_STATUS_CREATE);
    cr_assert_eq(zipOpenNewFileInZip(zip, "value.npy", &(zip_fileinfo){0}, NULL, 0, NULL, 0, NULL,
                                     Z_DEFLATED, 9),
                 ZIP_OK);
    zipWriteInFileInZip(zip, head, sizeof head);
    for (long i = 0; i < row->n; i++)
        zipWriteInFileInZip(zip, zeros, (unsigned)chunk);
    cr_assert_eq(zipCloseFileInZip(zip), ZIP_OK);
    cr_assert_eq(zipClose(zip, NULL), ZIP_OK);
    free(zeros);
}

#define HEAD "frame,kp,x,y,j00,j01,j10,j11\n"
#define POINT(k, x, y) "0," #k "," #x "," #y ",1,0,0,1\n"

static void wide_table(const hostile_row *row) {
    FILE *f = hostile_open(row->file);
    for (long i = 0; i < row->n; i++)
        fputs("c,", f);
    fputs("c\n", f);
    fclose(f);
}

static const char *out_has(const char *wanted) {
    static char text[1 << 14];
    FILE *f = fopen("out.csv", "rbe");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return strstr(text, wanted) && !strstr(text, "nan") && !strstr(text, "inf")
               ? NULL
               : "out.csv is not as it should be";
}

static const char *all_regular(const hostile_outcome *outcome) {
    return outcome->exit == 0 ? out_has(",0\n") : NULL;
}

static const char *some_singular(const hostile_outcome *outcome) {
    return outcome->exit == 0 ? out_has(",1\n") : NULL;
}

/* Four matrices in Fortran order. */
static const char *fortran_right(const hostile_outcome *outcome) {
    float got[2] = {0};
    FILE *f = fopen("out.npy", "rbe");
    if (f) {
        fseek(f, -8, SEEK_END);
        if (fread(got, 4, 2, f) != 2)
            got[0] = 0;
        fclose(f);
    }
    (void)outcome;
    return got[0] == 1.0F && got[1] == -1.0F ? NULL : "the transposed matrix was not solved";
}

/* ((1, 2), (3, 4)) in Fortran order beside (-1, -1): x = (1, -1). */
static void fortran(const hostile_row *row) {
    const float stored[] = {1, 3, 2, 4}, right[] = {-1, -1};
    const char text[] = "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2, 2), }\n";
    FILE *f = hostile_open(row->file);
    fwrite("\x93NUMPY\x01\x00", 1, 8, f);
    hostile_number(f, sizeof text - 1, 2);
    fputs(text, f);
    fwrite(stored, 1, sizeof stored, f);
    fclose(f);
    hostile_npy("r.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1), }\n", 0);
    f = fopen("r.npy", "abe");
    fwrite(right, 1, sizeof right, f);
    fclose(f);
}

/* A pair whose name a spreadsheet would take for a formula. */
static void formula_pair(const hostile_row *row) {
    char name[64];
    snprintf(name, sizeof name, "%s.obj", row->detail);
    cr_assert_eq(mkdir("out", 0777), 0);
    hostile_text(name, "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
    FILE *f = hostile_open("pairs.csv");
    fprintf(f, "a,b\n\"%s\",a.obj\n", name);
    fclose(f);
}

static const char *quoted_pair(const hostile_outcome *outcome) {
    char text[1 << 12] = "";
    FILE *f = fopen("out/summary.csv", "rbe");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    (void)outcome;
    return strstr(text, "\n0,\"'") ? NULL : "summary.csv does not guard the name";
}

#define NPY(kind, label, dictionary, count, words)                               \
    {                                                                            \
        kind, label, "x.npy", .make = npy, .detail = dictionary, .n = count,     \
                              .command = HOSTILE_SOLVE, .exit = 3, .says = words \
    }
#define LIE(label, length) \
    { 30, label, "x.npy", .make = lie, .n = length, .command = HOSTILE_SOLVE, .exit = 3 }
#define KP(kind, label, content, words) \
    { kind, label, "x.csv", content, .command = HOSTILE_KEYPOINTS, .exit = 3, .says = words }
#define CSV(label, content, words) KP(33, label, content, words)
#define FLAGGED(kind, label, content, check_)                                          \
    {                                                                                  \
        kind, label, "x.csv", content, .command = HOSTILE_KEYPOINTS,                   \
                                       .makes = "out.csv report.json", .check = check_ \
    }
#define FORMULA(text_)                                                                  \
    {                                                                                   \
        34, "pair named " text_, .make = formula_pair, .detail = text_, .exit = 1,      \
                                 .command = "batch pairs.csv --summary " HOSTILE_SMALL, \
                                 .makes = "out", .lines = true, .check = quoted_pair    \
    }

#define ARCHIVE(label, frames, mib, code, words)                                                  \
    {                                                                                             \
        8, label, "x.npz",                                                                        \
            .make = archive,                                                                      \
            .detail = "{'descr': '<f4', 'fortran_order': False, 'shape': (" frames ", 10, 2), }", \
            .n = mib, .command = HOSTILE_KEYPOINTS, .exit = code, .says = words                   \
    }

static const hostile_row rows[] = {
    ARCHIVE("an archive of 512 MiB of zeros", "6710886", 512, 6, "x.npz|value.npy|inflates to"),
    ARCHIVE("512 MiB behind an array of 1 frame", "1", 512, 3, "x.npz|value.npy|does not fit"),
    NPY(27, "int32", "{'descr': '<i4', " SHAPE, 16, "<i4"),
    NPY(27, "float16", "{'descr': '<f2', " SHAPE, 8, "<f2"),
    NPY(27, "complex", "{'descr': '<c8', " SHAPE, 32, "<c8"),
    NPY(27, "text", "{'descr': '<U4', " SHAPE, 64, "<U4"),
    NPY(27, "float64 beside float32", "{'descr': '<f8', " SHAPE, 32, "r.npy|float64"),
    {27, "big-endian", "x.npy", .make = npy, .detail = "{'descr': '>f4', " SHAPE, .n = 16,
     .command = HOSTILE_SOLVE, .makes = "out.npy"},
    {28, "Fortran order", "x.npy", .make = fortran, .command = HOSTILE_SOLVE, .makes = "out.npy",
     .check = fortran_right},
    NPY(29, "objects", "{'descr': '|O', " SHAPE, 16, "Python objects"),
    NPY(29, "structures", "{'descr': [('a', '<f4'), ('b', '|O')], " SHAPE, 16, "structures"),
    NPY(30, "sizes that overflow",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2), }\n", 16,
        "does not fit"),
    NPY(30, "2^62 values",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }\n", 0,
        "does not fit"),
    NPY(30, "negative size", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2, 2), }\n",
        16, "damaged NPY header"),
    NPY(30, "size of 30 digits",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999999999999999999,), }\n",
        16, "damaged NPY header"),
    NPY(30, "size zero", "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2, 2), }\n", 0,
        "(0, 2, 2)"),
    NPY(30, "wrong rank", "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\n", 16,
        "(4,)"),
    NPY(30, "no rank", "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", 4, "()"),
    NPY(30, "short data", "{'descr': '<f4', " SHAPE, 15, "does not fit"),
    NPY(30, "data of one byte more", "{'descr': '<f4', " SHAPE, 17, "does not fit"),
    NPY(30, "unclosed quote", "{'descr': '<f4, " SHAPE, 16, "x.npy"),
    NPY(30, "code instead of a dictionary", "__import__('os').system('touch pwned')", 16,
        "damaged NPY header"),
    NPY(30, "a key twice", "{'descr': '<f4', 'descr': '<f4', " SHAPE, 16, "twice"),
    LIE("header of 65,535 bytes", 65535),
    LIE("header of 0 bytes", 0),
    LIE("header of 3 bytes", 3),
    LIE("version 9", -9),
    LIE("version 0", -256),
    KP(31, "nan", HEAD POINT(0, 1, 2) POINT(1, nan, 2) POINT(2, 3, 3),
       "row 3, column 3 (x): 'nan'"),
    KP(31, "inf", HEAD POINT(0, 1, 2) POINT(1, 3, -inf) POINT(2, 3, 3), "row 3, column 4 (y)"),
    FLAGGED(31, "all points equal", HEAD POINT(0, 1, 2) POINT(1, 1, 2) POINT(2, 1, 2), all_regular),
    FLAGGED(31, "collinear", HEAD POINT(0, 1, 1) POINT(1, 2, 2) POINT(2, 3, 3), all_regular),
    {31, "one point only", "x.csv", HEAD POINT(0, 1, 2), .command = HOSTILE_KEYPOINTS, .exit = 3,
     .says = "s.csv has 3"},
    {31, "one point on both sides, area 0", "x.csv", HEAD POINT(0, 1, 2),
     .command = "keypoints --model fomm --source {} --driving {} -o out.csv --device ref",
     .makes = "out.csv", .check = all_regular},
    FLAGGED(32, "singular Jacobian", HEAD "0,0,1,2,1,1,1,1\n0,1,3,2,1,0,0,1\n0,2,3,5,1,0,0,1\n",
            some_singular),
    FLAGGED(32, "zero Jacobian", HEAD "0,0,1,2,0,0,0,0\n0,1,3,2,1,0,0,1\n0,2,3,5,1,0,0,1\n",
            some_singular),
    FLAGGED(32, "nearly singular Jacobian",
            HEAD "0,0,1,2,1,1,1,1.0000001\n0,1,3,2,1,0,0,1\n0,2,3,5,1,0,0,1\n", some_singular),
    KP(32, "Jacobian of nan", HEAD "0,0,1,2,1,nan,0,1\n0,1,3,2,1,0,0,1\n0,2,3,5,1,0,0,1\n",
       "row 2, column 6 (j01)"),
    CSV("a word", HEAD POINT(0, 1, 2) POINT(1, two, 2) POINT(2, 1, 1),
        "row 3, column 3 (x): 'two'"),
    CSV("1e999", HEAD POINT(0, 1, 2) POINT(1, 1e999, 2) POINT(2, 1, 1), "row 3, column 3 (x)"),
    CSV("hexadecimal", HEAD POINT(0, 1, 2) POINT(1, 0x10, 2) POINT(2, 1, 1), "row 3, column 3 (x)"),
    CSV("junk behind a number", HEAD POINT(0, 1, 2) POINT(1, 1x, 2) POINT(2, 1, 1),
        "row 3, column 3 (x): '1x'"),
    CSV("a blank before a number", HEAD POINT(0, 1, 2) "0,1, 1,2,1,0,0,1\n" POINT(2, 1, 1),
        "row 3, column 3 (x)"),
    CSV("a decimal comma", HEAD POINT(0, 1, 2) "0,1,\"1,5\",2,1,0,0,1\n" POINT(2, 1, 1),
        "row 3, column 3 (x): '1,5'"),
    CSV("an empty cell", HEAD POINT(0, 1, 2) "0,1,,2,1,0,0,1\n" POINT(2, 1, 1),
        "row 3, column 3 (x)"),
    CSV("a short row", HEAD POINT(0, 1, 2) "0,1,1\n", "row 3 has 3 columns"),
    CSV("a long row", HEAD POINT(0, 1, 2) "0,1,1,1,1,0,0,1,5\n", "row 3 has more than"),
    CSV("an unclosed quote", HEAD POINT(0, 1, 2) "0,1,\"1,1\n", "row 3, column 3: a quote"),
    CSV("text behind a quote", HEAD "0,0,\"1\"x,2,1,0,0,1\n", "row 2, column 3"),
    {33, "a zero byte", "x.csv", HEAD "0,0,1\0,2,1,0,0,1\n", sizeof HEAD + 17,
     .command = HOSTILE_KEYPOINTS, .exit = 3, .says = "row 2, column 3: a zero byte"},
    {33, "300,001 columns", "x.csv", .make = wide_table, .n = 300000, .command = HOSTILE_KEYPOINTS,
     .exit = 6, .says = "x.csv: row 1 has more than"},
    CSV("a negative frame", HEAD "-1,0,1,2,1,0,0,1\n", "row 2, column 1 (frame)"),
    CSV("control bytes", HEAD POINT(0, 1, 2) "0,1,\033[31m,2,1,0,0,1\n" POINT(2, 1, 1), "\\x1B"),
    {33, "byte order mark and CRLF", "x.csv",
     "\xEF\xBB\xBF"
     "frame,kp,x,y,j00,j01,j10,j11\r\n0,0,1,2,1,0,0,1\r\n0,1,3,2,1,0,0,1\r\n"
     "0,2,3,5,1,0,0,1\r\n",
     .command = HOSTILE_KEYPOINTS, .makes = "out.csv report.json", .check = all_regular},
    {33, "weights with a word", "x.csv", "b\n0\nhalf\n", .exit = 3,
     .command = "blend a.obj b.obj --weights {} --device ref --size 16 -o out",
     .says = "row 3, column 1 (b): 'half'"},
    {33, "weights of an unknown target", "x.csv", "c\n0\n", .exit = 3,
     .command = "blend a.obj b.obj --weights {} --device ref --size 16 -o out",
     .says = "row 1, column 1: 'c'"},
    {33, "pairs without columns", "x.csv", "left,right\na.obj,b.obj\n", .exit = 3,
     .command = "batch {} " HOSTILE_SMALL, .says = "no columns a and b"},
    {33, "a pair without a mesh", "x.csv", "a,b\na.obj,\n", .exit = 3,
     .command = "batch {} " HOSTILE_SMALL, .says = "row 2"},
    FORMULA("=1+1"),
    FORMULA("+1"),
    FORMULA("-1"),
    FORMULA("@sum"),
};

const hostile_table hostile_array = {"arrays", rows, sizeof rows / sizeof rows[0]};
