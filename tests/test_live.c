/* SPDX-License-Identifier: MIT */
/* Stored kernels against today's: what is noted, what fits, what is refused, what the verdict is.
 */
#include "fm_test.h"
#include "live.h"
#include "pcg.h"
#include "recipe_wire.h"

TestSuite(live, .timeout = 90);

/* --- verdicts -------------------------------------------------------------------------------- */

static fmi_verdict verdict(double lo, double effect, double hi) {
    const fmi_ratio ratio = {.n = 52, .effect = effect, .lo = lo, .hi = hi};
    return fmi_verdict_of(&ratio, log1p(0.01));
}

Test(live, the_interval_decides_not_the_point) {
    cr_assert_eq(verdict(1.02, 1.05, 1.08), FMI_SLOWER);
    cr_assert_eq(verdict(0.90, 0.95, 0.98), FMI_FASTER);
    cr_assert_eq(verdict(0.995, 1.0, 1.005), FMI_SAME);
    cr_assert_eq(verdict(1.005, 1.05, 1.08), FMI_UNRESOLVED); /* reaches into the band */
    cr_assert_eq(verdict(0.9, 1.0, 1.1), FMI_UNRESOLVED);
    cr_assert_eq(verdict((double)NAN, 1.05, (double)NAN), FMI_UNRESOLVED);
    const fmi_ratio wide = {.n = 52, .effect = 1.0, .lo = exp(-0.02), .hi = exp(0.02)};
    cr_assert_float_eq(fmi_verdict_rounds(&wide, 0.01), 208.0, 1.0);
    cr_assert_float_eq(fmi_verdict_resolution(&wide, 0.01), expm1(0.03), 1e-12);
}

Test(live, p_is_the_sign_tests) {
    double a[10], b[10];
    for (int i = 0; i < 10; ++i) {
        a[i] = 1.0;
        b[i] = i < 9 ? 1.1 : 0.9;
    }
    /* 9 or 10 of 10 heads: 11/1024, both sides. */
    cr_assert_float_eq(fmi_verdict_p(b, a, 10, 0.01), 22.0 / 1024.0, 1e-12);
    cr_assert_float_eq(fmi_verdict_p(a, b, 10, 0.01), 22.0 / 1024.0, 1e-12);
    cr_assert_float_eq(fmi_verdict_p(b, a, 10, 0.2), 1.0, 1e-12); /* all inside the band */
}

/* --- recipes ---------------------------------------------------------------------------------- */

static fmi_recipe_launch launch_of(const char *kernel, uint64_t global, uint64_t local) {
    fmi_recipe_launch l = {.dims = 1, .global = {global}, .local = {local}, .args = 3};
    (void)snprintf(l.kernel, sizeof l.kernel, "%s", kernel);
    l.signature = 77;
    return l;
}

static fmi_recipe recipe_of(const char *text, const char *options, uint64_t local) {
    fmi_recipe r = {.launching = true};
    fmi_recipe_add_program(&r, "a.cl", options, text, NULL);
    const fmi_recipe_launch first = launch_of("fm_a_one", 1024, local);
    const fmi_recipe_launch second = launch_of("fm_a_two", 64, 0);
    fmi_recipe_add_launch(&r, &first);
    fmi_recipe_add_launch(&r, &first);
    fmi_recipe_add_launch(&r, &second);
    return r;
}

Test(live, recipes_travel_and_read_back) {
    fmi_recipe r = recipe_of("kernel void fm_a_one() {}\n", "-DX=1", 64);
    fm_error err;
    cr_assert(r.launches == 2 && r.launch[0].repeats == 2);
    size_t bytes = 0;
    unsigned char *block = fmi_recipe_pack(&r, &bytes);
    fmi_recipe copy;
    fm_assert_ok(fmi_recipe_unpack(&copy, block, bytes, &err), err);
    cr_assert(fmi_recipe_equal(&r, &copy));
    fmi_recipe_free(&copy);
    for (size_t cut = 0; cut < bytes; cut += 7)
        fm_assert_fails(fmi_recipe_unpack(&copy, block, cut, &err), FM_ERROR_BAD_INPUT, err,
                        "damaged");
    free(block);
    char *text = fmi_recipe_geometry(&r);
    fmi_recipe back = {0};
    fmi_recipe_add_program(&back, "a.cl", "-DX=1", r.program[0].text, NULL);
    fm_assert_ok(fmi_recipe_read_geometry(&back, text, &err), err);
    cr_assert(fmi_recipe_equal(&r, &back));
    fm_assert_fails(fmi_recipe_read_geometry(&back, "fm_a 1 9 x", &err), FM_ERROR_BAD_INPUT, err,
                    "line 1");
    free(text);
    fmi_recipe_free(&back);
    fmi_recipe_free(&r);
}

Test(live, what_does_not_fit_is_refused) {
    fm_error err;
    fmi_replay replay;
    fmi_recipe today = recipe_of("t", "-DX=1", 64), old = recipe_of("o", "-DX=2", 128);
    fm_assert_ok(fmi_replay_make(&replay, &old, &today, &err), err);
    cr_assert_eq(replay.moves, 1U);
    fmi_recipe_launch l = launch_of("fm_a_one", 1024, 64);
    cr_assert(fmi_replay_geometry(&replay, &l) && l.local[0] == 128);
    l = launch_of("fm_a_one", 512, 64); /* another batch: not what was noted */
    cr_assert_not(fmi_replay_geometry(&replay, &l));
    cr_assert_str_eq(fmi_replay_program(&replay, "a.cl", "-DX=1")->text, "o");
    cr_assert_null(fmi_replay_program(&replay, "b.cl", "-DX=1"));

    fmi_recipe none = {0};
    fm_assert_fails(fmi_replay_make(&replay, &none, &today, &err), FM_ERROR_UNSUPPORTED, err,
                    "no kernels are stored");
    today.launch[0].signature = 78;
    fm_assert_fails(fmi_replay_make(&replay, &old, &today, &err), FM_ERROR_UNSUPPORTED, err,
                    "arguments");
    today.launch[0].signature = 77;
    strcpy(today.launch[1].kernel, "fm_a_three");
    fm_assert_fails(fmi_replay_make(&replay, &old, &today, &err), FM_ERROR_UNSUPPORTED, err,
                    "fm_a_three");
    today.launches = 1;
    fm_assert_fails(fmi_replay_make(&replay, &old, &today, &err), FM_ERROR_UNSUPPORTED, err,
                    "kinds of launches");
    today.launches = 2;
    strcpy(today.program[0].file, "b.cl");
    fm_assert_fails(fmi_replay_make(&replay, &old, &today, &err), FM_ERROR_UNSUPPORTED, err,
                    "b.cl");
    fmi_recipe_free(&old);
    fmi_recipe_free(&today);
}

/* --- on a device ------------------------------------------------------------------------------ */

static fmi_live_how short_how(void) {
    fmi_live_how how = fmi_live_how_make(true, 1, NULL);
    how.cell.bench.samples = how.cell.bench.looks[0] = 12;
    how.cell.bench.warm_cap_s = 0.05;
    how.cell.bench.target_s = 0.002;
    return how;
}

static void note(fmi_recipe *recipe, const fmi_case *op, const fmi_case_params *params) {
    fm_error err;
    void *state = NULL;
    fmi_case_params own = *params;
    own.record = recipe;
    fm_assert_ok(op->create(&state, &own, &err), err);
    fm_assert_ok(op->run(state, &err), err);
    recipe->launching = true;
    fm_assert_ok(op->run(state, &err), err);
    op->destroy(&state);
}

/* Puts text behind the first place where it says where. */
static void patch(fmi_recipe *recipe, const char *where, const char *text) {
    char *at = strstr(recipe->program[0].text, where);
    cr_assert_not_null(at, "no \"%s\" in the kernel", where);
    at += strlen(where);
    const size_t head = (size_t)(at - recipe->program[0].text);
    char *grown = malloc(strlen(recipe->program[0].text) + strlen(text) + 1);
    memcpy(grown, recipe->program[0].text, head);
    strcpy(grown + head, text);
    strcat(grown, at);
    free(recipe->program[0].text);
    recipe->program[0].text = grown;
}

static fmi_live compare(const fmi_recipe *a, const fmi_recipe *b, const fmi_live_how *how) {
    fmi_input *input = NULL;
    fmi_live live;
    fm_error err;
    fm_assert_ok(fmi_input_points(&input, 3001, 5, &err), err);
    const fmi_case_params params = {.input = input, .batch = 4};
    fm_assert_ok(fmi_live_run(&live, &fmi_case_morph, &params, a, b, how, &err), err);
    fmi_input_destroy(&input);
    return live;
}

static fmi_recipe morph_recipe(void) {
    fmi_input *input = NULL;
    fmi_recipe recipe = {0};
    fm_error err;
    fm_assert_ok(fmi_input_points(&input, 3001, 5, &err), err);
    const fmi_case_params params = {.input = input, .batch = 4};
    note(&recipe, &fmi_case_morph, &params);
    cr_assert(recipe.programs >= 1 && recipe.launches >= 1 && !recipe.incomplete);
    fmi_input_destroy(&input);
    return recipe;
}

#define WEIGHT "float weight = t[first_frame + frame];"

Test(live, the_same_kernels_need_no_time) {
    fmi_recipe stored = morph_recipe();
    const fmi_live_how how = short_how();
    fmi_live live = compare(&stored, NULL, &how);
    cr_assert(live.same_kernels && !live.timed && live.verdict == FMI_SAME, "%s", live.reason);
    fmi_recipe_free(&stored);
}

/* A stored kernel with a detour: today's is faster. */
Test(live, a_slower_stored_kernel_loses) {
    fmi_recipe stored = morph_recipe();
    fmi_live_how how = short_how();
    patch(&stored, WEIGHT,
          " float w = t[0]; for (int k = 0; k < 3000; ++k) w = fma(w, 0.999f, 0.0001f);"
          " if (w == 7.0f) return;");
    fmi_live live = compare(&stored, NULL, &how);
    cr_assert(live.timed && live.verdict == FMI_FASTER, "%s %g [%g, %g] %s",
              fmi_verdict_name(live.verdict), live.ratio.effect, live.ratio.lo, live.ratio.hi,
              live.reason);
    cr_assert_eq(live.side[0].launches, live.side[1].launches);
    fmi_live_free(&live);
    live = compare(NULL, &stored, &how);
    cr_assert(live.timed && live.verdict == FMI_SLOWER && live.p < 0.05);
    fmi_live_free(&live);
    fmi_recipe_free(&stored);
}

/* A stored kernel that is wrong has no time. */
Test(live, a_wrong_stored_kernel_is_told) {
    fmi_recipe stored = morph_recipe();
    const fmi_live_how how = short_how();
    patch(&stored, WEIGHT, " if (block > 8u) return;");
    fmi_live live = compare(&stored, NULL, &how);
    cr_assert(live.status == FMI_CELL_WRONG_RESULT && !live.timed &&
              live.verdict == FMI_UNRESOLVED);
    cr_assert(strncmp(live.reason, "A: ", 3) == 0, "%s", live.reason);
    patch(&stored, WEIGHT, " this does not compile ");
    live = compare(NULL, &stored, &how);
    cr_assert(live.status == FMI_CELL_UNSUPPORTED && !live.timed, "%s", live.reason);
    fmi_recipe_free(&stored);
}

/* Another group size is part of what is stored. */
Test(live, stored_geometry_is_used) {
    fmi_recipe stored = morph_recipe();
    fmi_live_how how = short_how();
    const uint64_t local = stored.launch[0].local[0];
    cr_assert(local >= 2);
    stored.launch[0].local[0] = local / 2;
    how.identical = true;
    fmi_live live = compare(&stored, NULL, &how);
    cr_assert(live.timed && !live.same_kernels && live.ratio.n == 12, "%s", live.reason);
    fmi_live_free(&live);
    stored.launch[0].local[0] = 7; /* does not divide the range: the driver says no */
    live = compare(&stored, NULL, &how);
    cr_assert(!live.timed && live.verdict == FMI_UNRESOLVED && live.reason[0]);
    fmi_recipe_free(&stored);
}

/* Work on the host has nothing to put in the place of today's. */
Test(live, ops_without_kernels_are_refused) {
    fmi_input *input = NULL;
    fmi_live live;
    fm_error err;
    fmi_recipe stored = morph_recipe();
    const fmi_sample_params small = {.vertices = 601, .texture = 64};
    fm_assert_ok(fmi_input_sample(&input, &small, &err), err);
    const fmi_case_params params = {.input = input, .batch = 1, .width = 64, .height = 64};
    const fmi_live_how how = short_how();
    fm_assert_ok(fmi_live_run(&live, &fmi_case_encode, &params, &stored, NULL, &how, &err), err);
    cr_assert_eq(live.status, FMI_CELL_UNSUPPORTED, "%s", live.reason);
    cr_assert_not_null(strstr(live.reason, "no kernels"), "%s", live.reason);
    fmi_recipe_free(&stored);
    fmi_input_destroy(&input);
}
