/* SPDX-License-Identifier: MIT */
/* Pages and exports of stored runs, made from runs whose numbers are known. */
#include "advice.h"
#include "export.h"
#include "fm_test.h"
#include "history.h"
#include "io/file.h"
#include "made_up_run.h"
#include "metrics.h"
#include "page.h"
#include "progress_line.h"
#include "saved.h"
#include "store_copy.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <math.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <jansson.h>

TestSuite(report, .timeout = 120);

static char *page_of(const char *dir, const char *db, const char *run, const char *against,
                     size_t *bytes) {
    char path[FM_TEST_PATH + 16];
    fm_error err;
    fmi_store *store = NULL;
    unsigned char *data = NULL;
    (void)snprintf(path, sizeof path, "%s/r.html", dir);
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    fm_assert_ok(fmi_page_write(store, run, against, path, &err), err);
    fmi_store_close(&store);
    fm_assert_ok(fmi_file_read(&data, bytes, path, &err), err);
    return (char *)data;
}

__attribute__((noinline)) static uint32_t occurrences(const char *text, const char *word) {
    uint32_t count = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        ++count;
    return count;
}

static void setup_store(char dir[FM_TEST_PATH], char db[FM_TEST_PATH + 16], const char *name) {
    fm_test_dir(dir, name);
    (void)snprintf(db, FM_TEST_PATH + 16, "%s/a.db", dir);
}

Test(report, five_hundred_cells_fit_in_a_megabyte_without_network) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16];
    size_t bytes = 0;
    setup_store(dir, db, "report_500");
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 500, 1.0);
    made_up_run(db, "two", "2024-01-02T00:00:00Z", 500, 1.25);
    char *page = page_of(dir, db, "last", "last-1", &bytes);
    cr_assert_lt(bytes, 1000000, "%zu bytes", bytes);
    cr_expect_eq(occurrences(page, "<tr data-i="), 500);
    cr_expect_eq(occurrences(page, "http:") + occurrences(page, "https:"), 0, "network");
    cr_expect_eq(occurrences(page, "src="), 0);
    cr_expect_null(strstr(page, "alert(1)</script>"), "markup of a reason came through");
    cr_expect_not_null(strstr(page, "Device &lt;One&gt; &amp; &quot;Co&quot;"));
    cr_expect_not_null(strstr(page, "does not fit"), "no memory edge");
    cr_expect_not_null(strstr(page, "Dotted lines: run one"));
    cr_expect_not_null(strstr(page, "2 runs on this device"));
    cr_expect_geq(occurrences(strstr(page, "id=advice"), "<tr><td>raster"), 8U,
                  "advice of 4 levels");
    cr_expect_geq(occurrences(page, "<figure>"), 20U);
    cr_expect_not_null(strstr(strstr(page, "id=stages"), "fm_one &amp; only</td><td class=n>"));
    cr_expect_not_null(strstr(strstr(page, "id=sizes"), "<td class=n>31.5</td>"));
    cr_expect_geq(occurrences(page, "title=\"Units of work a second"), 4U,
                  "headings explain rates");
    cr_expect_eq(occurrences(page, "<th>"), occurrences(strstr(page, "id=environment"), "<th>"),
                 "headings without a tooltip");
    free(page);
}

/* The raw numbers in a page are JSON and say what the store says. */
Test(report, the_embedded_numbers_are_those_of_the_store) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16];
    size_t bytes = 0;
    setup_store(dir, db, "report_data");
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 40, 1.0);
    char *page = page_of(dir, db, "one", NULL, &bytes);
    char *start = strstr(page, "id=data>");
    cr_assert_not_null(start);
    start += strlen("id=data>");
    *strstr(start, "</script>") = '\0';
    json_error_t why;
    json_t *root = json_loads(start, 0, &why);
    cr_assert_not_null(root, "%s", why.text);
    const json_t *rows = json_object_get(root, "rows");
    cr_assert_eq(json_array_size(rows), 40);
    const json_t *first = json_array_get(rows, 0);
    cr_expect_str_eq(json_string_value(json_array_get(first, 0)), fmi_cases[0]->name);
    const double median = json_real_value(json_array_get(first, 10));
    cr_expect(median > 3e-4 && median < 3.07e-4, "median %g", median);
    cr_expect_eq(json_array_size(json_array_get(first, 18)), 20, "timed samples only");
    cr_expect(json_is_null(json_array_get(json_array_get(rows, 3), 7)),
              "a wrong result has no rate");
    json_decref(root);
    free(page);
}

Test(report, a_run_that_is_not_there_is_named) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16], path[FM_TEST_PATH + 16];
    fm_error err = {0};
    fmi_store *store = NULL;
    setup_store(dir, db, "report_none");
    (void)snprintf(path, sizeof path, "%s/r.html", dir);
    cr_assert_eq(fmi_store_open_existing(&store, db, &err), FM_ERROR_BAD_INPUT);
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 8, 1.0);
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    cr_assert_eq(fmi_page_write(store, "three", NULL, path, &err), FM_ERROR_BAD_INPUT);
    cr_expect_not_null(strstr(err.message, "three"));
    cr_expect_eq(fmi_page_write(store, "last-1", NULL, path, &err), FM_ERROR_BAD_INPUT);
    cr_expect_neq(access(path, F_OK), 0, "a file was written");
    fmi_store_close(&store);
}

/* --- exports ---------------------------------------------------------------------------------- */

__attribute__((noinline)) static char *printed(fmi_saved *run,
                                               void (*print)(const fmi_report *, FILE *)) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    print(&run->report, out);
    (void)fclose(out);
    return text;
}

static void print_json(const fmi_report *report, FILE *out) {
    fm_error err;
    fm_assert_ok(fmi_report_print(report, FMI_FORMAT_JSON, out, &err), err);
}

static void print_csv(const fmi_report *report, FILE *out) {
    fm_error err;
    fm_assert_ok(fmi_report_print(report, FMI_FORMAT_CSV, out, &err), err);
}

static void print_jsonl(const fmi_report *report, FILE *out) {
    fm_error err;
    fm_assert_ok(fmi_export_jsonl(report, out, &err), err);
}

Test(report, exports_say_what_the_sweep_said) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16];
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fm_error err;
    setup_store(dir, db, "report_export");
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 64, 1.0);
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    fm_assert_ok(fmi_saved_load(&run, store, "one", &err), err);
    fmi_store_close(&store);

    char *text = printed(run, print_json);
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_not_null(root);
    cr_expect_str_eq(json_string_value(json_object_get(root, "schema")), "fmbench/sweep/1");
    const json_t *cells = json_object_get(root, "cells");
    cr_assert_eq(json_array_size(cells), 64);
    const json_t *cell = json_array_get(cells, 0);
    cr_expect_eq(json_integer_value(json_object_get(cell, "n")), 20);
    cr_expect_eq(json_integer_value(json_object_get(cell, "vertices")), 18024);
    cr_expect_str_eq(json_string_value(json_object_get(
                         json_object_get(json_object_get(root, "environment"), "device"), "name")),
                     "Device <One> & \"Co\"");
    const json_t *stages = json_object_get(cell, "stages");
    cr_expect_eq(json_array_size(stages), 2);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(stages, 0), "stage")),
                     "fm_one & only");
    cr_expect_eq(json_array_size(json_object_get(root, "sizes")), 0, "one size only");
    json_decref(root);
    free(text);

    text = printed(run, print_jsonl);
    cr_expect_eq(occurrences(text, "\n"), 64);
    root = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(root, "run")), "one");
    json_decref(root);
    free(text);

    text = printed(run, fmi_export_junit);
    cr_expect_eq(occurrences(text, "<testcase "), 64);
    cr_expect_eq(occurrences(text, "<failure "), 1);
    cr_expect_not_null(strstr(text, "failures=\"1\""));
    cr_expect_not_null(strstr(text, "&lt;/script&gt;"));
    free(text);

    text = printed(run, fmi_export_prometheus);
    cr_expect_eq(occurrences(text, "# TYPE fmbench_"), 6);
    cr_expect_not_null(strstr(text, "device=\"Device <One> & \\\"Co\\\"\""));
    cr_expect_eq(occurrences(text, "\nfmbench_ok{"), 64);
    free(text);
    fmi_saved_free(&run);
}

/* --- advice ------------------------------------------------------------------------------------
 */

Test(report, a_straight_curve_gives_its_two_costs_and_the_smallest_good_batch) {
    fmi_advice_point points[8];
    for (uint32_t i = 0; i < 8; ++i) {
        const uint32_t batch = 1U << i;
        const double seconds = 4e-4 + 9e-4 * batch;
        points[i] = (fmi_advice_point){batch, seconds, batch / seconds, batch / seconds};
    }
    fmi_advice advice = fmi_advise(points, 8);
    cr_expect_float_eq(advice.alpha, 4e-4, 1e-9);
    cr_expect_float_eq(advice.beta, 9e-4, 1e-9);
    cr_expect_float_eq(advice.half_batch, 4.0 / 9.0, 1e-6);
    cr_expect_eq(advice.knee, 16U, "knee %u", advice.knee); /* 8: 95.1 % of the best, 16: 97.6 % */
    points[3].seconds *= 3.0;                               /* one disturbed cell */
    points[3].rate = points[3].hi = points[3].rate / 3.0;
    advice = fmi_advise(points, 8);
    cr_expect_float_eq(advice.beta, 9e-4, 2e-5, "beta %g", advice.beta);
    cr_expect_eq(fmi_advise(points, 1).knee, 1U);
    cr_expect(isnan(fmi_advise(points, 1).beta));
    cr_expect_eq(fmi_advise(points, 0).knee, 0U);
}

/* --- history ---------------------------------------------------------------------------------- */

Test(report, a_change_is_seen_where_it_is_and_nowhere_else) {
    double level[24];
    for (uint32_t i = 0; i < 24; ++i)
        level[i] = (i < 12 ? 100.0 : 90.0) + (i % 2 ? 0.4 : -0.4);
    for (uint32_t i = 0; i < 24; ++i)
        cr_expect_eq(fmi_history_changed(level, 24, i), i == 12, "at %u", i);
    for (uint32_t i = 0; i < 24; ++i)
        level[i] = 100.0 + (i % 2 ? 3.0 : -3.0);
    for (uint32_t i = 0; i < 24; ++i)
        cr_expect_not(fmi_history_changed(level, 24, i), "noise at %u", i);
    for (uint32_t i = 0; i < 24; ++i)
        level[i] = i < 12 ? 100.0 : 99.0; /* below two percent */
    cr_expect_not(fmi_history_changed(level, 24, 12));
    cr_expect_not(fmi_history_changed(level, 8, 4), "too few");
}

Test(report, numbers_are_short_and_have_prefixes) {
    char text[24];
    cr_expect_str_eq(fmi_html_si(text, 0.0), "0");
    cr_expect_str_eq(fmi_html_si(text, 1.0), "1");
    cr_expect_str_eq(fmi_html_si(text, 1530.0), "1.53 k");
    cr_expect_str_eq(fmi_html_si(text, 999600.0), "1 M");
    cr_expect_str_eq(fmi_html_si(text, 31.2e6), "31.2 M");
    cr_expect_str_eq(fmi_html_si(text, 0.000087), "87 u");
    cr_expect_str_eq(fmi_html_si(text, -250.0), "-250");
    cr_expect_str_eq(fmi_html_si(text, (double)INFINITY), "-");
}

/* --- explanations ------------------------------------------------------------------------------
 */

/* Every key of what is exported is explained; names of roofs and variables are among them. */
static void expect_described(const json_t *value, const char *where) {
    const char *key = NULL;
    json_t *child = NULL;
    if (strcmp(where, "extensions") == 0 || strcmp(where, "kernel_files") == 0)
        return; /* whose keys are names */
    json_object_foreach((json_t *)value, key, child) {
        if (strcmp(where, "variables") != 0)
            cr_expect_not_null(fmi_metric_find(key), "%s in %s has no description", key, where);
        expect_described(child, key);
    }
    for (size_t i = 0; i < json_array_size(value); ++i)
        expect_described(json_array_get(value, i), where);
}

Test(report, every_key_and_column_that_is_exported_has_a_description) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16];
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fm_error err;
    setup_store(dir, db, "report_described");
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 64, 1.0);
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    fm_assert_ok(fmi_saved_load(&run, store, "one", &err), err);
    fmi_store_close(&store);
    char *text = printed(run, print_json);
    json_t *root = json_loads(text, 0, NULL);
    expect_described(root, "the run");
    json_decref(root);
    free(text);
    text = printed(run, print_csv);
    *strchr(text, '\n') = '\0';
    uint32_t columns = 0;
    for (char *name = strtok(text, ","); name; name = strtok(NULL, ","), ++columns)
        cr_expect_not_null(fmi_metric_find(name), "column %s has no description", name);
    cr_expect_geq(columns, 30U);
    free(text);
    fmi_saved_free(&run);
    for (size_t i = 0; i < fmi_metric_count; ++i)
        cr_expect_geq(strlen(fmi_metrics[i].text), 60U, "%s: hardly a paragraph",
                      fmi_metrics[i].names);
    cr_expect_null(fmi_metric_find("rat"));
    cr_expect_null(fmi_metric_find("rate|"));
    cr_expect_null(fmi_metric_find(""));
    cr_expect_eq(fmi_metric_find("rate"), fmi_metric_find("half_rate"));
}

/* --- progress ----------------------------------------------------------------------------------
 */

static const char *line_of(const fmi_progress *p, double seconds, uint32_t columns) {
    static char text[400];
    return fmi_progress_text(p, seconds, columns, text, sizeof text);
}

Test(report, a_progress_line_says_what_is_known_and_fits) {
    const double none = (double)NAN;
    fmi_progress p = {.now = {.what = "raster batch 8", .total = 40, .rate = none}};
    cr_expect_str_eq(line_of(&p, 3.0, 100), "[1/40] raster batch 8");
    p.now.phase = "check";
    p.now.done = 10;
    snprintf(p.last, sizeof p.last, "1.2 k frames/s");
    cr_expect_str_eq(line_of(&p, 20.0, 100),
                     "[11/40] 60 s left raster batch 8 | check | last 1.2 k frames/s");
    p.most_left_s = 45.0;
    p.now.samples = 12;
    p.now.of = 20;
    p.now.unit = "frames/s";
    p.now.rate = 1234.0;
    p.now.rate_lo = 1200.0;
    p.now.rate_hi = 1250.0;
    p.now.best = 1300.0;
    p.now.clock_mhz = 3200.0;
    p.now.free_bytes = UINT64_C(5100000000);
    cr_expect_str_eq(line_of(&p, 20.0, 200),
                     "[11/40] 45 s left raster batch 8 | 12/20: 1.23 k frames/s (1.2 k to 1.25 k) "
                     "| best 1.3 k | 3.20 GHz, 5.1 GB free");
    p.now.rate_lo = p.now.rate_hi = none;
    p.now.clock_mhz = 0.0;
    cr_expect_str_eq(line_of(&p, 20.0, 200),
                     "[11/40] 45 s left raster batch 8 | 12/20: 1.23 k frames/s | best 1.3 k | "
                     "5.1 GB free");
    for (uint32_t columns = 1; columns < 90; ++columns)
        cr_expect_leq(strlen(line_of(&p, 20.0, columns)), columns);
    p.now.what = "a\x1b[2J\r\nb";
    cr_expect_null(strpbrk(line_of(&p, 20.0, 200), "\x1b\r\n"), "control characters");
    p.now.done = 40;
    cr_expect_float_eq(fmi_progress_left(&p, 20.0), 0.0, 1e-12);
    p.now.done = 0;
    cr_expect(isnan(fmi_progress_left(&p, 20.0)));
}

/* --- the order of cells ------------------------------------------------------------------------
 */

Test(report, cells_of_a_curve_stand_together_in_order_of_batch) {
    static const uint32_t batches[] = {64, 1, 20, 128, 4, 20, 2};
    fmi_cell cell[7];
    const fmi_cell *order[7];
    for (int i = 0; i < 7; ++i) {
        cell[i] = (fmi_cell){.op = &fmi_case_morph, .params = {.batch = batches[i]}};
        cell[i].params.level = FM_LEVEL_MEDIUM;
        cell[i].params.caches = i == 2 ? FMI_CACHES_COLD : FMI_CACHES_HOT;
        order[i] = &cell[i];
    }
    qsort(order, 7, sizeof order[0], fmi_page_in_order);
    static const uint32_t wanted[] = {1, 2, 4, 20, 64, 128, 20};
    for (int i = 0; i < 7; ++i)
        cr_expect_eq(order[i]->params.batch, wanted[i], "place %d: %u", i, order[i]->params.batch);
    cr_expect_eq(order[6], &cell[2], "the cold one is a curve of its own");
}

/* --- places that may only be read ------------------------------------------------------------- */

/* Root keeps no right over files that others would lack; in a process of its own. */
static void drop_rights(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
    syscall(SYS_capset, &head, data);
}

/* Somebody else's store: a run is read out of it, and nothing is made beside it. */
Test(report, a_store_that_may_only_be_read_is_read) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16], place[FM_TEST_PATH + 32];
    char copy[FM_TEST_PATH + 48], path[FM_TEST_PATH + 64];
    fm_error err = {0};
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fmi_came came = {0};
    setup_store(dir, db, "report_locked");
    (void)snprintf(place, sizeof place, "%s/not yours %%20?#", dir);
    (void)snprintf(copy, sizeof copy, "%s/copy.db", dir);
    cr_assert_eq(mkdir(place, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/locked.db", place);
    made_up_run(path, "one", "2024-01-01T00:00:00Z", 8, 1.0);
    cr_assert_eq(chmod(path, 0444) | chmod(place, 0555), 0);
    drop_rights();
    fm_assert_ok(fmi_store_open_existing(&store, path, &err), err);
    cr_expect(fmi_store_is_read_only(store));
    fm_assert_ok(fmi_saved_load(&run, store, "last", &err), err);
    cr_expect_str_eq(run->report.run, "one");
    fmi_saved_free(&run);
    fmi_store_close(&store);
    fm_assert_ok(fmi_store_open(&store, copy, &err), err);
    fm_assert_ok(fmi_store_copy(store, path, NULL, &came, &err), err);
    cr_expect_eq(came.runs, 1U);
    fmi_store_close(&store);
    chmod(place, 0755);
    cr_expect_eq(chmod(path, 0), 0);
    cr_expect_eq(fmi_store_open_existing(&store, path, &err), FM_ERROR_BAD_INPUT);
    cr_expect_not_null(strstr(err.message, "cannot be read: Permission denied"), "%s", err.message);
    cr_expect_eq(unlink(path) | rmdir(place), 0, "something was made beside the store");
}

/* Looking for runs makes no store of a file that is none yet. */
Test(report, an_empty_file_stays_empty) {
    char dir[FM_TEST_PATH], db[FM_TEST_PATH + 16];
    struct stat st;
    fm_error err = {0};
    fmi_store *store = NULL;
    setup_store(dir, db, "report_empty");
    FILE *file = fopen(db, "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    cr_expect_eq(fmi_store_open_existing(&store, db, &err), FM_ERROR_BAD_INPUT);
    cr_expect_not_null(strstr(err.message, "no run in it"), "%s", err.message);
    cr_expect(stat(db, &st) == 0 && st.st_size == 0, "the file was written");
}
