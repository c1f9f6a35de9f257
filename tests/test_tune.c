/* SPDX-License-Identifier: MIT */
/* What fmbench tune tries on recorded devices (tests/caps), and whom it lets win. */
#include "fm_test.h"

#include "sweep_impl.h"
#include "tune.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>

TestSuite(tune, .timeout = 60);

static fm_caps read_caps(const char *path) {
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    cr_assert_not_null(object, "%s: %s", path, error.text);
    fm_caps caps = {.base_align_bytes = 128};
    const char *form = json_string_value(json_object_get(object, "specialisation"));
    cr_assert_not_null(form);
    caps.preferred = strcmp(form, "cpu") == 0 ? FM_SPECIALISATION_CPU : FM_SPECIALISATION_GPU;
    caps.max_group_size = (uint32_t)json_integer_value(json_object_get(object, "max_group_size"));
    caps.max_loop = (uint32_t)json_integer_value(json_object_get(object, "max_loop"));
    caps.global_bytes = (uint64_t)json_integer_value(json_object_get(object, "global_bytes"));
    caps.max_alloc_bytes = (uint64_t)json_integer_value(json_object_get(object, "max_alloc_bytes"));
    caps.local_bytes = (uint64_t)json_integer_value(json_object_get(object, "local_bytes"));
    caps.fp16 = json_is_true(json_object_get(object, "fp16"));
    json_decref(object);
    return caps;
}

static fm_plan untuned(const fm_caps *caps) {
    const fm_problem problem = {.frames = 41,
                                .width = 512,
                                .height = 512,
                                .channels = 3,
                                .vertices = 1000,
                                .triangles = 2000};
    fm_plan plan;
    fm_error err;
    fm_assert_ok(fm_plan_render(caps, FM_LEVEL_MEDIUM, &problem, &plan, &err), err);
    return plan;
}

static uint32_t usual_of(const fmi_candidate *list, uint32_t count) {
    uint32_t usual = count;
    for (uint32_t i = 0; i < count; i++)
        if (list[i].usual) {
            cr_assert_eq(usual, count, "two usual ones");
            usual = i;
        }
    cr_assert_lt(usual, count, "no usual one");
    return usual;
}

static uint32_t sampled_tile(const fm_caps *caps) {
    const fm_problem problem = {.frames = 41,
                                .width = 512,
                                .height = 512,
                                .channels = 3,
                                .vertices = 1000,
                                .triangles = 2000,
                                .samples = 4};
    fm_plan plan;
    fm_error err;
    fm_assert_ok(fm_plan_render(caps, FM_LEVEL_MEDIUM, &problem, &plan, &err), err);
    return plan.tile;
}

/* The tile for 4 samples is what the planner takes; the others have one usual candidate that the
 * device can run. Recorded launches are listed always and offered where their version is known. */
static void look_at_others(const char *name, const fm_caps *caps) {
    fmi_candidate list[FMI_CANDIDATES_MAX];
    const fm_specialisation form = caps->preferred;
    uint32_t count = fmi_tune_sampled(caps, form, list);
    cr_assert_eq(list[usual_of(list, count)].tuning.sampled_tile, sampled_tile(caps), "%s", name);
    for (uint32_t i = 0; i < count; i++) {
        fm_caps tuned = *caps;
        tuned.tuned = list[i].tuning;
        if (!list[i].absent)
            cr_assert_eq(sampled_tile(&tuned), list[i].tuning.sampled_tile, "%s: %s", name,
                         list[i].name);
    }
    count = fmi_tune_blend(caps, form, list);
    cr_assert_null(list[usual_of(list, count)].absent, "%s", name);
    count = fmi_tune_solve(caps, form, list);
    cr_assert_null(list[usual_of(list, count)].absent, "%s", name);
    for (uint32_t version = 0; version < 4; version++) {
        static const uint32_t versions[] = {0, 9U << 12, 9U << 12 | 5, 1U << 22};
        fm_caps recording = *caps;
        recording.command_buffer = versions[version];
        count = fmi_tune_morph(&recording, list);
        cr_assert_leq(count, FMI_CANDIDATES_MAX);
        cr_assert_not(list[usual_of(list, count)].tuning.morph_recorded);
        cr_assert(list[count - 1].tuning.morph_recorded);
        cr_assert_eq(list[count - 1].absent == NULL, version == 1 || version == 2, "%s: %s", name,
                     list[count - 1].absent);
    }
}

/* The usual candidate is there, and is what the planner does; half arithmetic is offered to those
 * that have it and listed for the others. */
static void look_at(const char *name, const fm_caps *caps, uint32_t *with_half) {
    fmi_candidate list[FMI_CANDIDATES_MAX];
    const uint32_t count = fmi_tune_raster(caps, list);
    cr_assert_leq(count, FMI_CANDIDATES_MAX);
    const fmi_candidate *usual = &list[usual_of(list, count)];
    const fm_plan plan = untuned(caps);
    cr_assert_null(usual->absent, "%s: %s", name, usual->name);
    cr_assert_eq(usual->tuning.specialisation, plan.specialisation, "%s", name);
    cr_assert_eq(usual->tuning.tile, plan.tile, "%s: %u, planned %u", name, usual->tuning.tile,
                 plan.tile);
    if (plan.specialisation == FM_SPECIALISATION_GPU)
        cr_assert_eq(usual->tuning.group, plan.group, "%s", name);
    uint32_t halves = 0;
    for (uint32_t i = 0; i < count; i++) {
        const fmi_candidate *c = &list[i];
        if (c->absent)
            cr_assert_not_null(strstr(c->absent, "not on this device"), "%s", c->absent);
        else {
            fm_caps tuned = *caps;
            tuned.tuned = c->tuning;
            tuned.preferred = c->tuning.specialisation;
            cr_assert_eq(untuned(&tuned).tile, c->tuning.tile, "%s: %s", name, c->name);
        }
        if (!c->tuning.half_arithmetic)
            continue;
        halves++;
        cr_assert(caps->fp16 || c->absent, "%s: %s without cl_khr_fp16", name, c->name);
        *with_half += c->absent == NULL;
    }
    cr_assert_eq(halves, 1, "%s: half arithmetic is always listed", name);
    look_at_others(name, caps);
}

Test(tune, candidates_of_recorded_devices) {
    uint32_t devices = 0, with_half = 0;
    DIR *folder = opendir(getenv("FM_TEST_CAPS"));
    cr_assert_not_null(folder, "FM_TEST_CAPS names no folder");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[2 * FM_TEST_PATH];
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", getenv("FM_TEST_CAPS"), entry->d_name);
        const fm_caps caps = read_caps(path);
        look_at(entry->d_name, &caps, &with_half);
        devices++;
    }
    closedir(folder);
    cr_assert_geq(devices, 12);
    cr_assert_geq(with_half, 3, "only %u recorded devices were offered half arithmetic", with_half);
}

/* ---- choice ---- */

static fmi_candidate measured(double rate, bool right) {
    return (fmi_candidate){.right = right, .rate = rate};
}

Test(tune, finalists_are_the_fastest_that_are_right) {
    fmi_candidate list[] = {measured(100, true), measured(300, false), measured(90, true),
                            measured(110, true), measured(40, true),   measured(105, true),
                            measured(500, true)};
    uint32_t finalists[FMI_FINALISTS];
    list[0].usual = true;
    list[6].absent = "not on this device";
    list[6].right = false;
    cr_assert_eq(fmi_tune_finalists(list, 7, finalists), 3);
    cr_assert_eq(finalists[0], 3);
    cr_assert_eq(finalists[1], 5);
    cr_assert_eq(finalists[2], 2);
    list[2].right = list[5].right = false; /* 40 is less than half of the best */
    cr_assert_eq(fmi_tune_finalists(list, 7, finalists), 1);
}

static fmi_candidate finalist(double effect, double lo, bool right) {
    return (fmi_candidate){
        .right = right, .final = true, .ratio = {.effect = effect, .lo = lo, .hi = 2 * effect}};
}

Test(tune, only_a_clear_winner_replaces_the_usual_one) {
    fmi_candidate list[] = {{.usual = true, .right = true, .rate = 100},
                            finalist(1.30, 0.90, true),  /* noise */
                            finalist(1.05, 1.005, true), /* less than 1 % for sure */
                            finalist(2.00, 1.90, false), /* wrong */
                            finalist(3.00, 2.90, true)};
    list[4].absent = "not on this device: no cl_khr_fp16";
    cr_assert_eq(fmi_tune_choose(list, 5, NULL), 0);
    list[2].ratio.lo = 1.02;
    cr_assert_eq(fmi_tune_choose(list, 5, NULL), 2);
    list[1].ratio.lo = 1.2;
    cr_assert_eq(fmi_tune_choose(list, 5, NULL), 1);
    list[1].final = false;
    cr_assert_eq(fmi_tune_choose(list, 5, NULL), 2);
}

/* Its time over that of the best: level means not more than 1 % slower for sure. */
static fmi_candidate against(double effect, double to_best) {
    fmi_candidate c = finalist(effect, 0.99 * effect, true);
    c.ratio.n = c.to_best.n = 52;
    c.to_best = (fmi_ratio){.n = 52, .effect = to_best, .lo = to_best - 0.01, .hi = to_best + 0.01};
    return c;
}

Test(tune, of_those_that_tie_the_stored_one_wins_then_the_first) {
    uint32_t ties = 9;
    fmi_candidate list[] = {against(1.0, 1.3), against(1.29, 1.005), against(1.30, 1.0),
                            against(1.28, 1.015), against(1.1, 1.18)};
    list[0].usual = true;
    cr_expect_eq(fmi_tune_choose(list, 5, &ties), 1U, "the first that ties with the best");
    cr_expect_eq(ties, 2U);
    cr_expect(fmi_tune_ties(list, 5, 2) && fmi_tune_ties(list, 5, 3));
    cr_expect_not(fmi_tune_ties(list, 5, 0) || fmi_tune_ties(list, 5, 1) ||
                  fmi_tune_ties(list, 5, 4));
    list[3].before = true;
    cr_expect_eq(fmi_tune_choose(list, 5, &ties), 3U, "what is stored stays");
    cr_expect(fmi_tune_ties(list, 5, 1) && fmi_tune_ties(list, 5, 2));
    list[3].before = false;
    list[4].before = true;
    cr_expect_eq(fmi_tune_choose(list, 5, &ties), 1U, "what is clearly slower goes");
    list[1].ratio.lo = 1.0;
    cr_expect_eq(fmi_tune_choose(list, 5, &ties), 2U, "who does not beat the usual one, neither");
    list[1].ratio.lo = 1.2;
    list[3].to_best.lo = list[1].to_best.lo = 1.02;
    cr_expect_eq(fmi_tune_choose(list, 5, &ties), 2U);
    cr_expect_eq(ties, 0U);
}

/* Near the edge of 1 % one tuning would find the usual one and the next another. */
Test(tune, what_is_stored_holds_against_the_usual_one_until_that_is_clearly_faster) {
    uint32_t ties = 9;
    fmi_candidate list[] = {against(1.0, 1.0), against(1.012, 1.0)};
    list[0].usual = true;
    list[1].ratio.lo = 1.005; /* not faster for sure */
    list[1].ratio.hi = 1.02;
    cr_expect_eq(fmi_tune_choose(list, 2, &ties), 0U);
    cr_expect_eq(ties, 0U);
    list[1].before = true;
    cr_expect_eq(fmi_tune_choose(list, 2, &ties), 1U);
    cr_expect_eq(ties, 1U);
    cr_expect(fmi_tune_ties(list, 2, 0));
    list[1].ratio = (fmi_ratio){.n = 52, .effect = 0.95, .lo = 0.94, .hi = 0.96};
    cr_expect_eq(fmi_tune_choose(list, 2, &ties), 0U);
}

Test(tune, a_curve_that_still_rose_when_the_time_ended_gives_no_batch) {
    const fmi_advice_point rising[] = {{1, 0.010, 100, 101},
                                       {2, 0.011, 180, 182},
                                       {4, 0.013, 310, 315}},
                           flat[] = {
                               {1, 0.010, 100, 101}, {2, 0.0133, 150, 152}, {4, 0.0265, 151, 153}};
    cr_expect_eq(fmi_tune_knee(rising, 3, true), 0U);
    cr_expect_eq(fmi_tune_knee(rising, 3, false), 4U, "larger ones do not fit");
    cr_expect_eq(fmi_tune_knee(flat, 3, true), 2U);
    cr_expect_eq(fmi_tune_knee(flat, 3, false), 2U);
    cr_expect_eq(fmi_tune_knee(flat, 0, true), 0U);
}

Test(tune, the_batch_is_the_stored_one_or_the_smallest_that_is_good_enough) {
    fmi_tuned_batch list[] = {{1, {.lo = 1.4}},
                              {4, {.lo = 1.05}},
                              {8, {.lo = 1.02}},
                              {16, {.lo = 0.99}},
                              {32, {.lo = 1.0}}};
    cr_expect_eq(fmi_tune_choose_batch(list, 5, 0), 8U);
    cr_expect_eq(fmi_tune_choose_batch(list, 5, 32), 32U, "the stored one is no worse");
    cr_expect_eq(fmi_tune_choose_batch(list, 5, 4), 8U, "the stored one is clearly slower");
    cr_expect_eq(fmi_tune_choose_batch(list, 5, 64), 8U, "the stored one was not timed");
    list[4].to_best.lo = (double)NAN; /* too few rounds for an interval */
    cr_expect_eq(fmi_tune_choose_batch(list, 5, 32), 8U);
    cr_expect_eq(fmi_tune_choose_batch(list, 0, 8), 0U);
}

Test(tune, what_is_stored_is_a_finalist_while_it_is_not_hopeless) {
    fmi_candidate list[] = {measured(100, true), measured(130, true), measured(125, true),
                            measured(120, true), measured(80, true)};
    uint32_t finalists[FMI_FINALISTS];
    list[0].usual = true;
    list[4].before = true;
    cr_expect_eq(fmi_tune_finalists(list, 5, finalists), 3U);
    cr_expect(finalists[0] == 1 && finalists[1] == 2 && finalists[2] == 4);
    list[4].rate = 60; /* less than half of the best */
    (void)fmi_tune_finalists(list, 5, finalists);
    cr_expect_eq(finalists[2], 3U);
}

/* ---- what a whole sweep stores ---- */

#define CURVE 6

/* 100 frames/s at batch 1, and from 4 on 200. */
static void make_curve(fmi_cell cell[CURVE], fm_level level) {
    for (int i = 0; i < CURVE; i++) {
        cell[i] = (fmi_cell){.op = &fmi_case_raster, .timed = true, .status = FMI_CELL_OK};
        cell[i].params =
            (fmi_case_params){.level = level, .batch = 1U << i, .width = 512, .height = 512};
        cell[i].rate = i < 1 ? 100 : i < 2 ? 150 : 200;
        cell[i].rate_lo = 0.99 * cell[i].rate;
        cell[i].rate_hi = 1.01 * cell[i].rate;
        cell[i].bench.wall.median = cell[i].params.batch / cell[i].rate;
    }
}

Test(tune, a_sweep_advises_the_smallest_good_batch_of_steady_cells) {
    fmi_cell cell[CURVE];
    const fmi_cells cells = {.cell = cell, .count = CURVE};
    double rate = 0;
    make_curve(cell, FM_LEVEL_HIGH);
    cr_assert_eq(fmi_sweep_batch(&cells, FM_LEVEL_HIGH, &rate), 4);
    cr_assert_eq(rate, 200);
    cr_assert_eq(fmi_sweep_batch(&cells, FM_LEVEL_MEDIUM, &rate), 0, "no cells of that level");
    cell[2].params.samples = 4;
    cr_assert_eq(fmi_sweep_batch(&cells, FM_LEVEL_HIGH, &rate), 8, "4 samples are another curve");
    cell[3].status = FMI_CELL_THROTTLED;
    cr_assert_eq(fmi_sweep_batch(&cells, FM_LEVEL_HIGH, &rate), 16);
    cell[4].rate_hi = 1.5 * cell[4].rate; /* a busy machine */
    cr_assert_eq(fmi_sweep_batch(&cells, FM_LEVEL_HIGH, &rate), 0, "three points make no curve");
}
