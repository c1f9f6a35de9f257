/* SPDX-License-Identifier: MIT */
/*
 * The error of each level against the double-precision reference, measured and held against what
 * results/levels.md promises. Every row is printed, so the table there is made by
 *
 *     FM_LEVELS=all test_levels --verbose
 *
 * which has the other samplings as well. With real heads where there are any.
 */
#include "fm_test.h"

#include "case.h"

#include <math.h>

TestSuite(levels, .timeout = 600);

enum { EDGE = 512 };

/* What every level keeps: see results/levels.md. */
#define LEAST_PSNR 70.0 /* dB; measured: 90.8 and more */
#define MOST_SHARE                                                                 \
    0.0001 /* of the values more than 1 of 255 off; allowed by the contract: 0.001 \
            */
#define MOST_ULP 2.0

static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH, FM_LEVEL_EXTREME};
static const fm_specialisation forms[] = {FM_SPECIALISATION_CPU, FM_SPECIALISATION_GPU};

static const struct {
    const char *name;
    uint32_t samples;
    fmi_filter filter;
    bool untextured;
} pictures[] = {{"textured, nearest-mip", 1, FMI_FILTER_NEAREST_MIP, false},
                {"textured, trilinear", 1, FMI_FILTER_TRILINEAR, false},
                {"textured, 4 samples", 4, FMI_FILTER_NEAREST_MIP, false},
                {"grey", 1, FMI_FILTER_NEAREST_MIP, true}};

static fmi_input *heads(void) {
    char a[FM_TEST_PATH], b[FM_TEST_PATH];
    fmi_input *input = NULL;
    fm_error err;
    if (fm_test_data(a, "mh_heads/male1.fbx") && fm_test_data(b, "mh_heads/male2.fbx")) {
        fm_assert_ok(fmi_input_files(&input, a, b, NULL, NULL, &err), err);
        return input;
    }
    const fmi_sample_params made_up = {.vertices = 5000, .texture = 512, .seed = 1};
    fprintf(stderr, "no data: made-up heads\n");
    fm_assert_ok(fmi_input_sample(&input, &made_up, &err), err);
    return input;
}

static fmi_check measure(const fmi_case *op, const fmi_case_params *params) {
    const fmi_check_params how = {.random_frames = 1, .seed = 7};
    fmi_check check = {0};
    void *state = NULL;
    fm_error err;
    fm_assert_ok(op->create(&state, params, &err), err);
    fm_assert_ok(op->check(state, &how, &check, &err), err);
    op->destroy(&state);
    cr_assert(check.passed, "%s: %s", op->name, check.reason);
    return check;
}

/* Numbers of the same bytes; NAN: does not apply. */
static bool equal(double a, double b) {
    return !(a < b || a > b) && isnan(a) == isnan(b);
}

static bool same(const fmi_check *a, const fmi_check *b) {
    return equal(a->max, b->max) && equal(a->share, b->share) && equal(a->psnr, b->psnr);
}

/* low, medium and high run the same program, so their error is the same number. */
static void expect_strict(const fmi_check got[4], const char *what) {
    for (int i = 1; i < 3; i++)
        cr_assert(same(&got[0], &got[i]), "%s: %s is not low", what, fm_level_name(levels[i]));
}

static void raster(fmi_input *input, fm_specialisation form, size_t picture) {
    fmi_check got[4];
    for (int i = 0; i < 4; i++) {
        const fmi_case_params params = {.input = input,
                                        .level = levels[i],
                                        .specialisation = form,
                                        .batch = 3,
                                        .width = EDGE,
                                        .height = EDGE,
                                        .samples = pictures[picture].samples,
                                        .filter = pictures[picture].filter,
                                        .untextured = pictures[picture].untextured};
        got[i] = measure(&fmi_case_raster, &params);
        fprintf(stderr, "| raster, %s | %s | %s | %.2f | %.0f | %.2g |\n", pictures[picture].name,
                fm_specialisation_name(form), fm_level_name(levels[i]), got[i].psnr, got[i].max,
                got[i].share);
        cr_assert(got[i].psnr >= LEAST_PSNR, "%s: %.2f dB", pictures[picture].name, got[i].psnr);
        cr_assert(got[i].share <= MOST_SHARE, "%s: %g are off", pictures[picture].name,
                  got[i].share);
    }
    expect_strict(got, pictures[picture].name);
}

/* The forms that this device can run. */
static bool runs(fm_specialisation form) {
    fm_engine *engine = NULL;
    fm_error err;
    const fm_engine_params params = {.struct_size = sizeof params, .specialisation = form};
    bool can = fm_engine_create(&engine, &params, &err) == FM_OK;
    fm_engine_destroy(&engine);
    return can;
}

Test(levels, pictures_keep_what_the_table_says) {
    const char *asked = getenv("FM_LEVELS");
    size_t kinds = asked && strcmp(asked, "all") == 0 ? sizeof pictures / sizeof pictures[0] : 1;
    fmi_input *input = heads();
    fprintf(stderr,
            "| op | form | level | PSNR, dB | largest difference | share beyond 1 of 255 |\n");
    for (size_t form = 0; form < 2; form++)
        for (size_t kind = 0; kind < kinds && runs(forms[form]); kind++)
            raster(input, forms[form], kind);
    fmi_input_destroy(&input);
}

Test(levels, positions_are_the_same_at_every_level) {
    fmi_input *input = heads();
    fmi_check got[4];
    for (int i = 0; i < 4; i++) {
        const fmi_case_params params = {.input = input, .level = levels[i], .batch = 41};
        got[i] = measure(&fmi_case_morph, &params);
        fprintf(stderr, "| morph | | %s | | %.3f %s | |\n", fm_level_name(levels[i]), got[i].max,
                got[i].unit);
        cr_assert(got[i].max <= MOST_ULP, "%g ulp", got[i].max);
    }
    expect_strict(got, "morph");
    cr_assert(same(&got[0], &got[3]), "extreme has another program only for pictures");
    fmi_input_destroy(&input);
}
