/* SPDX-License-Identifier: MIT */
/* Numbers as text, statistics, and the three tables of a whole run. */
#include "fm_test.h"

#include "io/csv.h"
#include "io/number_text.h"
#include "io/shortest.h"
#include "ref/ref.h"

#include <fm/heatmap.h>

#include <float.h>
#include <stdarg.h>
#include <sys/wait.h>

TestSuite(tables, .timeout = 120);

/* ---- shortest floats ---- */

/* The slow way: the first precision that reads back. */
static void plain_shortest(char out[32], float value) {
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(out, 32, "%.*e", digits - 1, (double)value);
        if (strtof(out, NULL) == value)
            return;
    }
}

static int count_digits(const char *text) {
    char kept[32];
    int n = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            kept[n++] = *text;
    while (n > 1 && kept[n - 1] == '0')
        n--;
    return n;
}

/* 1 when the fast way could not decide. */
static int check_float(float value) {
    char text[24], want[32];
    if (!fmi_shortest_float(text, value))
        return 1;
    plain_shortest(want, value);
    float back = strtof(text, NULL);
    cr_assert_eq(memcmp(&back, &value, sizeof back), 0, "%.9g became %s", (double)value, text);
    cr_assert_eq(count_digits(text), count_digits(want), "%.9g: %s has other digits than %s",
                 (double)value, text, want);
    cr_assert_eq(strtod(text, NULL), strtod(want, NULL), "%s is not the nearest, %s is", text,
                 want);
    return 0;
}

Test(tables, random_floats_are_shortest_and_read_back) {
    enum { COUNT = 50000 };
    uint64_t random = fm_test_seed();
    int unsure = 0;
    for (int i = 0; i < COUNT; i++) {
        uint32_t bits = (uint32_t)fm_test_next(&random);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            unsure += check_float(value);
        unsure += check_float(fm_test_uniform(&random, -100.0F, 100.0F));
    }
    cr_assert_leq(unsure, COUNT / 100, "the fast way gave up on %d of %d", unsure, 2 * COUNT);
}

Test(tables, awkward_floats_are_shortest_and_read_back) {
    for (int power = -46; power <= 38; power++)
        for (int digit = 1; digit < 10; digit++) {
            float value = (float)(digit * pow(10.0, power));
            for (int step = -2; step <= 2; step++) {
                float near = value;
                for (int k = 0; k < abs(step); k++)
                    near = nextafterf(near, step < 0 ? 0.0F : INFINITY);
                if (near > 0.0F && isfinite(near)) {
                    check_float(near);
                    check_float(-near);
                }
            }
        }
    for (uint32_t bits = 1; bits < 3000; bits++) { /* the smallest there are */
        float value;
        memcpy(&value, &bits, sizeof value);
        check_float(value);
    }
    for (int shift = 0; shift < 128; shift++)
        check_float(ldexpf(1.0F, shift - 100));
}

Test(tables, text_looks_as_printf_has_it_in_any_locale) {
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0.0F, "0"},
                 {-0.0F, "-0"},
                 {1.0F, "1"},
                 {-0.1F, "-0.1"},
                 {100000.0F, "100000"},
                 {1e6F, "1e+06"},
                 {123456.0F, "123456"},
                 {1234567.0F, "1234567"},
                 {16777216.0F, "16777216"},
                 {1e-4F, "0.0001"},
                 {1e-5F, "1e-05"},
                 {1.5e-7F, "1.5e-07"},
                 {0.3F, "0.3"},
                 {3.4e38F, "3.4e+38"},
                 {1e-45F, "1e-45"},
                 {FLT_MAX, "3.4028235e+38"},
                 {INFINITY, "inf"},
                 {NAN, "nan"}};
    if (!fm_test_comma())
        cr_skip("skipped: no locale with a decimal comma");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[FMI_NUMBER_BYTES];
        cr_assert_str_eq(fmi_float_text(text, cases[i].value), cases[i].text);
    }
}

/* ---- statistics ---- */

static void check_close(const char *what, double got, double want, double scale) {
    cr_assert(fabs(got - want) <= 1e-12 * scale, "%s is %.17g, want %.17g", what, got, want);
}

static void check_statistics(const float *values, uint64_t count) {
    fm_statistics got, want;
    fm_error err;
    fm_assert_ok(fm_statistics_make(&got, values, count, &err), err);
    fm_assert_ok(fmi_ref_statistics(values, count, &want, &err), err);
    double scale = fmax(fabs(want.min), fabs(want.max));
    cr_assert_eq(got.count, want.count);
    check_close("mean", got.mean, want.mean, scale);
    check_close("std", got.std, want.std, scale);
    check_close("min", got.min, want.min, 0.0);
    check_close("max", got.max, want.max, 0.0);
    check_close("p25", got.p25, want.p25, scale);
    check_close("p50", got.p50, want.p50, scale);
    check_close("p75", got.p75, want.p75, scale);
    check_close("p90", got.p90, want.p90, scale);
    check_close("p95", got.p95, want.p95, scale);
    check_close("p99", got.p99, want.p99, scale);
}

Test(tables, statistics_equal_the_sorted_ones) {
    enum { MOST = 5000 };
    static const uint64_t counts[] = {0, 1, 2, 3, 4, 5, 99, 100, 101, MOST};
    float *values = malloc(sizeof *values * MOST);
    uint64_t random = fm_test_seed();
    for (size_t k = 0; k < 10; k++)
        for (int kind = 0; kind < 6; kind++) {
            for (uint64_t i = 0; i < counts[k]; i++) {
                uint32_t bits = (uint32_t)fm_test_next(&random);
                float x = fm_test_uniform(&random, -1.0F, 1.0F);
                values[i] = kind == 0   ? x
                            : kind == 1 ? 7.5F
                            : kind == 2 ? (bits % 3 ? 0.0F : x)
                            : kind == 3 ? (float)(int)(bits % 5) - 2.0F
                            : kind == 4 ? ldexpf(x, (int)(bits % 60) - 30)
                                        : (bits % 7 == 0   ? NAN
                                           : bits % 7 == 1 ? INFINITY
                                           : bits % 7 == 2 ? -INFINITY
                                           : bits % 7 == 3 ? -0.0F
                                                           : x);
            }
            check_statistics(values, counts[k]);
        }
    for (int i = 0; i < MOST; i++)
        values[i] = i % 2 ? -FLT_MAX : FLT_MAX;
    check_statistics(values, MOST);
    free(values);
}

/* ---- whole runs ---- */

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...) {
    char text[4096], command[4608];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(command, sizeof command, "(%s) >>'%s/out.log' 2>&1", text, getenv("FM_TEST_TMP"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN "head_a_head_b"

/* Heads, and the tables of a full run by the device and by the reference. */
static void make_runs(char dir[FM_TEST_PATH], const char *test, uint32_t texture) {
    fm_test_dir(dir, test);
    cr_assert_eq(shell("%s sample -o '%s/heads' --vertices 600 --texture %u", FMORPH, dir, texture),
                 0);
    cr_assert_eq(shell("cd '%s' && %s morph heads/head_a.obj heads/head_b.obj --full --frames 2"
                       " --size 16 -o device --heatmaps off",
                       dir, FMORPH),
                 0);
    cr_assert_eq(shell("cd '%s' && %s morph heads/head_a.obj heads/head_b.obj --full --frames 2"
                       " --size 16 -o ref --heatmaps off --device ref",
                       dir, FMORPH),
                 0);
}

static fmi_csv read_table(const char *dir, const char *run, const char *name, const char *header) {
    char path[FM_TEST_PATH], line[512];
    fmi_csv csv;
    fm_error err;
    cr_assert_lt(snprintf(path, sizeof path, "%s/%s/" RUN "/%s", dir, run, name), FM_TEST_PATH);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s was not written", path);
    cr_assert_not_null(fgets(line, sizeof line, f));
    line[strcspn(line, "\r\n")] = '\0';
    cr_assert_str_eq(line, header);
    while (fgets(line, sizeof line, f))
        cr_assert_str_eq(line + strlen(line) - 2, "\r\n", "%s: a line ends otherwise: %s", name,
                         line);
    fclose(f);
    fm_assert_ok(fmi_csv_read(&csv, path, &err), err);
    return csv;
}

static float number(const fmi_csv *csv, size_t row, size_t column) {
    float value;
    char text[FMI_NUMBER_BYTES];
    fm_error err;
    fm_assert_ok(fmi_csv_float(csv, row, column, &value, &err), err);
    cr_assert_str_eq(fmi_csv_cell(csv, row, column), fmi_float_text(text, value),
                     "not the shortest");
    return value;
}

static void compare_tables(const fmi_csv *got, const fmi_csv *want, size_t first_column,
                           double tolerance) {
    cr_assert_eq(got->rows, want->rows, "%s: %zu rows, want %zu", got->name, got->rows, want->rows);
    cr_assert_eq(got->columns, want->columns);
    for (size_t row = 1; row < got->rows; row++) {
        for (size_t c = 0; c < first_column; c++)
            cr_assert_str_eq(fmi_csv_cell(got, row, c), fmi_csv_cell(want, row, c));
        for (size_t c = first_column; c < got->columns; c++) {
            double g = (double)number(got, row, c), w = (double)number(want, row, c);
            cr_assert(fabs(g - w) <= fmax(tolerance, 2e-4 * fabs(w)),
                      "%s row %zu column %zu: %g, %g", got->name, row, c, g, w);
        }
    }
}

#define VERTEX_HEADER "vertex_id,x_a,y_a,z_a,x_b,y_b,z_b,normal_disp,tangent_disp,total_disp"
#define TEXEL_HEADER "pixel_x,pixel_y,luminance_diff,chroma_diff,delta_e"
#define STATISTICS_HEADER "metric,component,mean,std,min,max,p25,p50,p75,p95,p99"

Test(tables, a_run_writes_what_the_reference_writes) {
    char dir[FM_TEST_PATH];
    make_runs(dir, "tables_run", 64);
    static const struct {
        const char *name, *header;
        size_t first;
        double tolerance;
    } tables[] = {{"vertex_displacements.csv", VERTEX_HEADER, 1, 2e-6},
                  {"texture_differences.csv", TEXEL_HEADER, 2, 1e-3},
                  {"statistics.csv", STATISTICS_HEADER, 2, 1e-3}};
    for (size_t i = 0; i < 3; i++) {
        fmi_csv got = read_table(dir, "device", tables[i].name, tables[i].header);
        fmi_csv want = read_table(dir, "ref", tables[i].name, tables[i].header);
        compare_tables(&got, &want, tables[i].first, tables[i].tolerance);
        fmi_csv_free(&got);
        fmi_csv_free(&want);
    }
}

/* Points of an OBJ file, 3 values each. */
static float *obj_points(const char *path, size_t *count) {
    char line[256];
    float *points = malloc(sizeof *points * 3 * 2000);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    *count = 0;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "v %f %f %f", points + 3 * *count, points + 3 * *count + 1,
                   points + 3 * *count + 2) == 3)
            cr_assert_lt(++*count, 2000U);
    fclose(f);
    return points;
}

/* Whether a point of A and the point of B with the same number are those of the row. */
static bool is_pair_of(const float *a, const float *b, size_t count, const float row[6]) {
    for (size_t i = 0; i < count; i++) {
        bool same = true;
        for (size_t k = 0; k < 3; k++)
            same = same && fabsf(a[3 * i + k] - row[k]) <= 2e-7F &&
                   fabsf(b[3 * i + k] - row[3 + k]) <= 2e-7F;
        if (same)
            return true;
    }
    return false;
}

/* session.log has the deviation of a sample and the 90th percentile, unlike the table. */
static void check_logged(const char *dir, fm_field field, const fm_statistics *s) {
    char path[FM_TEST_PATH + 48], line[512], want[384];
    double n = (double)s->count;
    bool found = false;
    snprintf(path, sizeof path, "%s/device/" RUN "/session.log", dir);
    snprintf(want, sizeof want,
             "%s: min %.6g, max %.6g, mean %.6g, median %.6g, sample std %.6g, P90 %.6g\n",
             fm_field_name(field), s->min, s->max, s->mean, s->p50, s->std * sqrt(n / (n - 1.0)),
             s->p90);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    while (!found && fgets(line, sizeof line, f))
        found = strstr(line, want) != NULL;
    fclose(f);
    cr_assert(found, "session.log lacks: %s", want);
}

Test(tables, vertices_are_the_files_own_and_statistics_are_theirs) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    size_t count_a, count_b;
    make_runs(dir, "tables_own", 64);
    snprintf(path, sizeof path, "%s/heads/head_a.obj", dir);
    float *a = obj_points(path, &count_a);
    snprintf(path, sizeof path, "%s/heads/head_b.obj", dir);
    float *b = obj_points(path, &count_b);
    fmi_csv csv = read_table(dir, "device", "vertex_displacements.csv", VERTEX_HEADER);
    fmi_csv table = read_table(dir, "device", "statistics.csv", STATISTICS_HEADER);
    cr_assert_eq(csv.rows - 1, count_a);
    cr_assert_eq(count_a, count_b);
    float *fields = malloc(sizeof *fields * 3 * count_a);
    for (size_t row = 1; row < csv.rows; row++) {
        float v[9];
        for (size_t c = 0; c < 9; c++)
            v[c] = number(&csv, row, 1 + c);
        cr_assert_eq((size_t)number(&csv, row, 0), row - 1);
        cr_assert(is_pair_of(a, b, count_a, v), "row %zu is no vertex of the files", row);
        double d = hypot(hypot((double)v[3] - (double)v[0], (double)v[4] - (double)v[1]),
                         (double)v[5] - (double)v[2]);
        cr_assert_float_eq((double)v[8], d, 2e-6, "row %zu: total %g, want %g", row, (double)v[8],
                           d);
        cr_assert_float_eq(hypot((double)v[6], (double)v[7]), d, 2e-6);
        for (size_t k = 0; k < 3; k++)
            fields[k * count_a + row - 1] = v[6 + k];
    }
    cr_assert_eq(table.rows, 7U);
    for (size_t k = 0; k < 3; k++) {
        fm_statistics s;
        fm_error err;
        fm_assert_ok(fmi_ref_statistics(fields + k * count_a, count_a, &s, &err), err);
        const double want[] = {s.mean, s.std, s.min, s.max, s.p25, s.p50, s.p75, s.p95, s.p99};
        cr_assert_str_eq(fmi_csv_cell(&table, 1 + k, 0), "shape");
        cr_assert_str_eq(fmi_csv_cell(&table, 1 + k, 1), fm_field_name((fm_field)k));
        cr_assert_str_eq(fmi_csv_cell(&table, 4 + k, 0), "texture");
        for (size_t c = 0; c < 9; c++)
            cr_assert_float_eq((double)number(&table, 1 + k, 2 + c), want[c],
                               1e-6 * fmax(fabs(s.max), fabs(s.min)));
        check_logged(dir, (fm_field)k, &s);
    }
    free(a);
    free(b);
    free(fields);
    fmi_csv_free(&csv);
    fmi_csv_free(&table);
}

/* Every 4th texel of every 4th row, none that is all zero. */
Test(tables, texels_are_every_fourth_of_every_fourth_row) {
    char dir[FM_TEST_PATH];
    make_runs(dir, "tables_texels", 66);
    fmi_csv csv = read_table(dir, "device", "texture_differences.csv", TEXEL_HEADER);
    int before = -1;
    cr_assert_gt(csv.rows, 10U);
    for (size_t row = 1; row < csv.rows; row++) {
        int x = (int)number(&csv, row, 0), y = (int)number(&csv, row, 1);
        cr_assert(x % 4 == 0 && y % 4 == 0 && x < 66 && y < 66);
        cr_assert_gt(100 * y + x, before, "row %zu is out of order", row);
        before = 100 * y + x;
        cr_assert(number(&csv, row, 2) != 0.0F || number(&csv, row, 3) != 0.0F ||
                  number(&csv, row, 4) != 0.0F);
    }
    fmi_csv_free(&csv);
}
