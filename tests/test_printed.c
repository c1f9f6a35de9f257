/* SPDX-License-Identifier: MIT */
/* What fmbench prints of a tuning, a live comparison and the noise of a machine, in every form. */
#include "fm_test.h"

#include "compare_live.h"
#include "noise.h"
#include "tune_impl.h"

#include <jansson.h>

TestSuite(printed, .timeout = 60);

/* The text of a file, which is the test's own. */
static char *slurp(const char *path) {
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    const size_t bytes = fread(text, 1, sizeof text - 1, file);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

static void expect(const char *text, const char *words) {
    cr_assert_not_null(strstr(text, words), "no '%s' in:\n%s", words, text);
}

/* ---- live comparisons ---- */

typedef struct made {
    fmi_options options;
    fmi_saved a, b;
    fmi_cell cell[5];
    fmi_compared_row row[5];
    fmi_compared compared;
} made;

/* Slower, same kernels, unresolved, skipped and wrong. */
static void make(made *m, fmi_format format) {
    static const char *const keys[] = {"k0", "k1", "k2", "k3", "k4"};
    *m = (made){.options = {.format = format}, .a = {.name = "run-a"}, .b = {.name = "run-b"}};
    for (uint32_t i = 0; i < 5; i++) {
        m->cell[i] = (fmi_cell){.op = &fmi_case_solve, .params = {.batch = 1U << i, .n = 3}};
        m->row[i] = (fmi_compared_row){.cell = &m->cell[i], .key = keys[i], .p = 0.5};
        m->row[i].live.status = FMI_CELL_OK;
        m->row[i].live.verdict = FMI_UNRESOLVED;
    }
    fmi_live *live = &m->row[0].live;
    live->timed = true;
    live->verdict = FMI_SLOWER;
    live->ratio = (fmi_ratio){.n = 52, .effect = 1.25, .lo = 1.2, .hi = 1.3, .ties = 2};
    m->row[0].p = 0.001;
    m->row[1].live.same_kernels = true;
    m->row[1].live.verdict = FMI_SAME;
    live = &m->row[2].live;
    live->timed = true;
    live->ratio = (fmi_ratio){.n = 52, .effect = 1.0, .lo = exp(-0.02), .hi = exp(0.02)};
    m->row[3].live.status = FMI_CELL_SKIPPED;
    snprintf(m->row[3].live.reason, sizeof m->row[3].live.reason, "interrupted");
    m->row[4].live.status = FMI_CELL_WRONG_RESULT;
    snprintf(m->row[4].live.reason, sizeof m->row[4].live.reason, "B: frame 3 differs");
    m->compared = (fmi_compared){.options = &m->options,
                                 .a = &m->a,
                                 .row = m->row,
                                 .count = 5,
                                 .band = log1p(0.01),
                                 .mean = {1.118, 1.05, 1.2}};
}

static char *printed(const made *m) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 8];
    fm_error err;
    fm_test_dir(dir, "printed");
    snprintf(path, sizeof path, "%s/out", dir);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fm_assert_ok(fmi_compare_print(&m->compared, file, &err), err);
    cr_assert_eq(fclose(file), 0);
    return slurp(path);
}

Test(printed, a_comparison_says_what_was_found_and_what_could_have_been) {
    made m;
    make(&m, FMI_FORMAT_TABLE);
    const char *text = printed(&m);
    expect(text, "1.2500");
    expect(text, "1.2000 to 1.3000");
    expect(text, "slower");
    expect(text, "identical kernels, options and geometry: not timed");
    expect(text, "skipped: interrupted");
    expect(text, "wrong-result: B: frame 3 differs");
    expect(text, "rounds would do");
    expect(text, "A: kernels of run run-a; B: this build.");
    expect(text, "B takes 1.118 times as long (1.050 to 1.200)");
    expect(text, "Resolution of this table: a slowdown of ");
    expect(text, "Resolution of this machine: not measured");
    cr_assert_null(strstr(text, "run no kernels of their own"));
    m.compared.b = &m.b;
    m.compared.without = 3;
    text = printed(&m);
    expect(text, "B: kernels of run run-b.");
    expect(text, "3 cells run no kernels of their own");
    m.row[0].live.timed = m.row[2].live.timed = false;
    expect(printed(&m), "Resolution of this table: nothing was timed.");
}

Test(printed, a_comparison_as_csv_is_rows_alone) {
    made m;
    make(&m, FMI_FORMAT_CSV);
    const char *text = printed(&m);
    uint32_t lines = 0;
    for (const char *s = text; *s; s++)
        lines += *s == '\n';
    cr_assert_eq(lines, 6U, "%s", text);
    cr_assert_null(strstr(text, "Resolution"));
}

Test(printed, a_comparison_as_json_has_null_where_nothing_was_timed) {
    made m;
    json_error_t error;
    make(&m, FMI_FORMAT_JSON);
    m.compared.b = &m.b;
    json_t *root = json_loads(printed(&m), 0, &error);
    cr_assert_not_null(root, "%s", error.text);
    cr_assert_str_eq(json_string_value(json_object_get(root, "b")), "run-b");
    cr_assert(json_is_true(json_object_get(root, "live")));
    const json_t *cells = json_object_get(root, "cells");
    cr_assert_eq(json_array_size(cells), 5U);
    const json_t *slow = json_array_get(cells, 0), *same = json_array_get(cells, 1);
    cr_assert_float_eq(json_number_value(json_object_get(slow, "ratio")), 1.25, 1e-12);
    cr_assert_eq(json_integer_value(json_object_get(slow, "ties")), 2);
    cr_assert(json_is_null(json_object_get(slow, "reason")));
    cr_assert(json_is_null(json_object_get(same, "ratio")));
    cr_assert(json_is_null(json_object_get(same, "p_holm")));
    cr_assert(json_is_true(json_object_get(same, "same_kernels")));
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(cells, 4), "reason")),
                     "B: frame 3 differs");
    json_decref(root);
}

Test(printed, a_pattern_has_its_parts_in_order) {
    static const struct {
        const char *pattern;
        bool matches;
    } rows[] = {{NULL, true},
                {"", true},
                {"batch=8", true},
                {"batch=9", false},
                {"morph*n=4", true},
                {"n=4*morph", false},
                {"*", true},
                {"*level=low*", true},
                {"morph*batch*n=5", false},
                {"batch=8*batch=8", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(fmi_compare_matches("morph batch=8 level=low n=4", rows[i].pattern),
                     rows[i].matches, "%s", rows[i].pattern);
}

/* ---- noise ---- */

Test(printed, the_noise_of_a_machine_is_the_spread_of_its_trials) {
    fmi_noise_trial trial[20];
    fmi_noise noise = {.started = "2026-01-02T03:04:05Z"};
    char text[400];
    for (int i = 0; i < 20; i++)
        trial[i] = (fmi_noise_trial){
            .ratio = {.n = 52, .effect = exp(0.001 * i), .lo = exp(-0.01), .hi = exp(0.02)}};
    trial[3].verdict = FMI_FASTER;
    trial[4].verdict = FMI_SLOWER;
    trial[5].ratio.lo = exp(0.005);  /* beyond 1 */
    trial[6].ratio.hi = exp(-0.005); /* below 1 */
    fmi_noise_sum(&noise, trial, 20, log1p(0.01));
    cr_assert_eq(noise.trials, 20U);
    cr_assert_eq(noise.rounds, 52U);
    cr_assert_eq(noise.false_alarms, 2U);
    cr_assert_eq(noise.outside, 2U);
    cr_assert_float_eq(noise.floor, expm1(0.001 * 18.05), 1e-6, "%g", noise.floor);
    cr_assert_float_eq(noise.resolution, expm1(0.001 * 18.05 + 0.02), 1e-6, "%g", noise.resolution);
    fmi_noise_text(&noise, text, sizeof text);
    expect(text, "called different in 2 of 20 (2026-01-02).");
    fmi_noise none = {0};
    fmi_noise_sum(&none, trial, 0, 0.01);
    fmi_noise_text(&none, text, sizeof text);
    expect(text, "not measured; fmbench --selftest-noise does.");
}

/* ---- tunings ---- */

/* A usual candidate, a winner, one that is wrong and one that is not there. */
static fmi_tuner *tuner(const fmi_options *options) {
    fmi_tuner *t = calloc(1, sizeof *t);
    static const char *const keys[] = {"raster", "raster_4_samples", "morph", "blend", "solve"};
    cr_assert_not_null(t);
    t->options = options;
    snprintf(t->caps.name, sizeof t->caps.name, "Device One");
    snprintf(t->caps.platform, sizeof t->caps.platform, "Platform");
    for (int i = 0; i < FMI_TUNE_STEPS; i++) {
        fmi_tuner_step *step = &t->step[i];
        *step =
            (fmi_tuner_step){.name = keys[i], .key = keys[i], .op = &fmi_case_raster, .count = 4};
        step->list[0] =
            (fmi_candidate){.name = "usual one", .usual = true, .right = true, .rate = 100};
        step->list[1] = (fmi_candidate){.name = "fast one",
                                        .right = true,
                                        .rate = 150,
                                        .final = true,
                                        .ratio = {.effect = 1.5, .lo = 1.4, .hi = 1.6}};
        step->list[2] = (fmi_candidate){.name = "wrong one", .reason = "wrong-result: level 9"};
        step->list[3] = (fmi_candidate){.name = "absent one", .absent = "not on this device"};
    }
    t->tuning = (fm_tuning){.tile = 32,
                            .morph_group = 64,
                            .morph_recorded = true,
                            .half_arithmetic = true,
                            .batch = {1, 2, 3, 4},
                            .rate = 321};
    t->stored = (fm_tuning){.tile = 16, .rate = 123};
    t->has_stored = true;
    return t;
}

static char *on_stdout(const fmi_tuner *t, bool json) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 8];
    fm_error err;
    fm_test_dir(dir, "tuner");
    snprintf(path, sizeof path, "%s/out", dir);
    cr_assert_not_null(freopen(path, "w", stdout));
    if (json)
        fm_assert_ok(fmi_tuner_json(t, &err), err);
    else
        fmi_tuner_text(t);
    cr_assert_eq(fflush(stdout), 0);
    return slurp(path);
}

Test(printed, a_tuning_says_who_won_and_why_the_others_did_not) {
    const fmi_options measured = {0}, listed = {.list = true};
    fmi_tuner *t = tuner(&measured);
    const char *text = on_stdout(t, false);
    expect(text, "Device One on Platform");
    expect(text, "1.500 (1.400 to 1.600)");
    expect(text, "chosen");
    expect(text, "wrong-result: level 9");
    expect(text, "not on this device");
    expect(text, "stored before: ");
    expect(text, "now: ");
    expect(text, "morph group 64, recorded");
    expect(text, "half arithmetic on");
    for (int i = 0; i < FMI_TUNE_STEPS; i++)
        t->step[i].list[1].final = false;
    expect(on_stdout(t, false), "usual, chosen");
    t->options = &listed;
    t->has_stored = false;
    text = on_stdout(t, false);
    cr_assert_null(strstr(text, "chosen"), "a list has no winner: %s", text);
    cr_assert_null(strstr(text, "stored before"));
    cr_assert_null(strstr(text, "now: "));
    free(t);
}

Test(printed, a_tuning_as_json_has_null_for_what_was_not_measured) {
    const fmi_options options = {0};
    fmi_tuner *t = tuner(&options);
    json_error_t error;
    json_t *root = json_loads(on_stdout(t, true), 0, &error);
    cr_assert_not_null(root, "%s", error.text);
    const json_t *list = json_object_get(root, "morph");
    cr_assert_eq(json_array_size(list), 4U);
    cr_assert(json_is_null(json_object_get(json_array_get(list, 0), "times")));
    cr_assert_float_eq(json_number_value(json_object_get(json_array_get(list, 1), "times")), 1.5,
                       1e-12);
    cr_assert(json_is_null(json_object_get(json_array_get(list, 2), "rate")));
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 3), "reason")),
                     "not on this device");
    cr_assert_eq(json_integer_value(json_object_get(json_object_get(root, "before"), "tile")), 16);
    cr_assert_eq(json_integer_value(json_object_get(json_object_get(root, "tuning"), "tile")), 32);
    json_decref(root);
    t->has_stored = false;
    t->tuning.rate = 0.0;
    root = json_loads(on_stdout(t, true), 0, &error);
    cr_assert_not_null(root, "%s", error.text);
    cr_assert(json_is_null(json_object_get(root, "before")));
    cr_assert(json_is_null(json_object_get(root, "tuning")));
    cr_assert(json_is_null(json_object_get(root, "stored")));
    json_decref(root);
    free(t);
}
