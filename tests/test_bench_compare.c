/* SPDX-License-Identifier: MIT */
/* fmbench compare of two stored runs whose numbers are known. */
#include "commands.h"
#include "fm_test.h"
#include "made_up_run.h"
#include "sessions.h"

#include <jansson.h>
#include <math.h>
#include <sqlite3.h>

TestSuite(bench_compare, .timeout = 60);

#define PATH_BYTES (FM_TEST_PATH + 32)

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", sql,
                 message ? message : "");
    sqlite3_close(db);
}

/* A store with sessions of one program whose speed drifts by a percent up and down, and a last run.
 */
static void make_store(char db[PATH_BYTES], const char *name, uint32_t sessions, double last) {
    char dir[FM_TEST_PATH], run[16], started[32];
    fm_test_dir(dir, name);
    snprintf(db, PATH_BYTES, "%s/a.db", dir);
    for (uint32_t i = 0; i < sessions; ++i) {
        snprintf(run, sizeof run, "s%u", i);
        snprintf(started, sizeof started, "2024-01-%02uT00:00:00Z", i + 1);
        made_up_run(db, run, started, 24, i % 2 ? 1.04 : 1.0);
    }
    made_up_run(db, "new", "2024-02-01T00:00:00Z", 24, last);
    run_sql(db, "UPDATE environments SET machine='m', json=json_set(json,'$.machine','m'); UPDATE "
                "environments SET fingerprint='new' "
                "WHERE id=(SELECT environment FROM runs WHERE name='new')");
}

/* The object that compare prints, and its exit code. */
static json_t *compare(const char *db, const char *a, const char *b, int *code) {
    char path[PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s.json", db);
    const fmi_options options = {.command = FMI_COMMAND_COMPARE,
                                 .word = {a, b},
                                 .word_count = 2,
                                 .db = db,
                                 .threshold = 0.01,
                                 .format = FMI_FORMAT_JSON};
    cr_assert_not_null(freopen(path, "w", stdout));
    *code = fmi_command_compare(&options);
    (void)fflush(stdout);
    json_error_t why;
    json_t *root = json_load_file(path, 0, &why);
    cr_assert_not_null(root, "exit %d: %s", *code, why.text);
    return root;
}

static uint32_t count_of(const json_t *root, const char *key, const char *word) {
    const json_t *cells = json_object_get(root, "cells");
    uint32_t count = 0;
    for (size_t i = 0; i < json_array_size(cells); ++i) {
        const json_t *value = json_object_get(json_array_get(cells, i), key);
        count += word ? strcmp(json_string_value(value), word) == 0 : json_is_true(value);
    }
    return count;
}

static double number(const json_t *root, const char *key) {
    return json_number_value(json_object_get(root, key));
}

Test(bench_compare, without_a_history_every_verdict_is_advice) {
    char db[PATH_BYTES];
    int code = 0;
    make_store(db, "compare_new", 1, 0.8);
    json_t *root = compare(db, "s0", "new", &code);
    const uint32_t cells = (uint32_t)json_array_size(json_object_get(root, "cells"));
    cr_expect_eq(code, 1);
    cr_expect_geq(cells, 20U);
    cr_expect_eq(count_of(root, "verdict", "slower"), cells);
    cr_expect_eq(count_of(root, "advisory", NULL), cells);
    cr_expect_eq(count_of(root, "highlighted", NULL), cells);
    cr_expect(json_is_true(json_object_get(root, "advisory")));
    cr_expect(json_is_null(json_object_get(root, "session_floor")));
    cr_expect_float_eq(number(root, "geometric_mean"), 1.25, 0.01);
    json_decref(root);
}

Test(bench_compare, beyond_what_sessions_differ_by_a_verdict_is_confirmed) {
    char db[PATH_BYTES];
    int code = 0;
    make_store(db, "compare_far", 4, 0.8);
    json_t *root = compare(db, "s2", "new", &code);
    const double floor = number(root, "session_floor");
    cr_expect(floor > 0.035 && floor < 0.06, "floor %g", floor);
    cr_expect_geq(number(root, "session_changes"), 60.0);
    cr_expect_eq(code, 1);
    cr_expect_eq(count_of(root, "advisory", NULL), 0U);
    cr_expect(json_is_false(json_object_get(root, "advisory")));
    json_decref(root);
}

Test(bench_compare, runs_without_times_are_named_with_their_store) {
    char db[PATH_BYTES], path[PATH_BYTES + 16], text[1000] = "";
    make_store(db, "compare_no_times", 2, 1.0);
    run_sql(db, "DELETE FROM samples");
    const fmi_options options = {
        .command = FMI_COMMAND_COMPARE, .word = {"s0", "new"}, .word_count = 2, .db = db};
    snprintf(path, sizeof path, "%s.err", db);
    cr_assert_not_null(freopen(path, "w", stderr));
    cr_assert_eq(fmi_command_compare(&options), 3);
    (void)fflush(stderr);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(fgets(text, sizeof text, file));
    fclose(file);
    cr_assert_not_null(strstr(text, db), "%s", text);
    cr_assert_not_null(strstr(text, "runs s0 and new have 0 and 0 times"), "%s", text);
}

Test(bench_compare, below_it_a_verdict_fails_nothing) {
    char db[PATH_BYTES];
    int code = 1;
    make_store(db, "compare_near", 4, 0.97);
    json_t *root = compare(db, "s2", "new", &code);
    cr_expect_geq(count_of(root, "verdict", "slower"), 15U, "3 %% are beyond the threshold");
    cr_expect_eq(count_of(root, "advisory", NULL), count_of(root, "verdict", "slower"));
    cr_expect_eq(code, 0, "the same program would be called slower as well");
    json_decref(root);
}

/* B's anchor took as much longer as its cells: the machine was slower, not the code. */
Test(bench_compare, a_machine_that_is_slower_as_a_whole_makes_no_cell_slower) {
    char db[PATH_BYTES];
    int code = 0;
    make_store(db, "compare_anchor", 1, 0.8);
    run_sql(db, "UPDATE cells SET anchor_s=CASE run WHEN (SELECT id FROM runs WHERE name='new') "
                "THEN 0.0025 ELSE 0.002 END");
    json_t *root = compare(db, "s0", "new", &code);
    const json_t *cell = json_array_get(json_object_get(root, "cells"), 0);
    cr_expect_float_eq(number(cell, "anchor_ratio"), 1.25, 1e-12);
    cr_expect_float_eq(number(cell, "ratio"), 1.25, 0.02);
    cr_expect_float_eq(number(cell, "normalised"), number(cell, "ratio") / 1.25, 1e-12);
    cr_expect_float_eq(number(cell, "normalised_lo"), number(cell, "ratio_lo") / 1.25, 1e-12);
    cr_expect_eq(count_of(root, "verdict", "slower"), 0U);
    cr_expect_eq(code, 0);
    json_decref(root);
}

Test(bench_compare, the_change_that_is_judged_is_no_part_of_the_floor) {
    char db[PATH_BYTES];
    fm_error err;
    fmi_store *store = NULL;
    fmi_sessions with, without;
    make_store(db, "compare_floor", 2, 1.0);
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    fm_assert_ok(fmi_sessions_read(store, "m", 0, 0, &with, &err), err);
    fm_assert_ok(fmi_sessions_read(store, "m", 1, 2, &without, &err), err);
    cr_expect_geq(with.changes, 20U);
    cr_expect(with.floor > 0.03, "%g", with.floor);
    cr_expect_eq(without.changes, 0U);
    cr_expect(!(without.floor > 0.0));
    fm_assert_ok(fmi_sessions_read(store, "another machine", 0, 0, &with, &err), err);
    cr_expect_eq(with.changes, 0U);
    fmi_store_close(&store);
}
