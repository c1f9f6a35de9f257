/* SPDX-License-Identifier: MIT */
/* Batched solves against the double reference: sizes, sides, layouts, both specialisations, and
 * batches in which good and hostile matrices are neighbours. */
#include "solve_check.h"

TestSuite(solve, .timeout = 280);

/* Kernels are compiled for every n, number of right-hand sides and layout, which is what these
 * tests spend their time on: few of each, chosen so that every branch of the kernels is met. */
static void check_size(solve_check *c, uint32_t n, bool right_too) {
    fm_solve_params p = {.n = n, .m = n, .count = n < 9 ? 1511 : 173};
    solve_check_run(c, &p, KIND_MIXED, n);
    p.count = n < 9 ? 300 : 60;
    p.side = right_too ? FM_SIDE_RIGHT : FM_SIDE_LEFT;
    solve_check_run(c, &p, KIND_NEAR, n + 1);
}

Test(solve, small_sizes_equal_the_reference_cpu) {
    solve_check c = solve_check_open(FM_SPECIALISATION_CPU);
    for (uint32_t n = 1; n <= 4; n++)
        check_size(&c, n, n > 2);
    cr_assert_gt(c.examined, 500U);
    solve_check_close(&c);
}

Test(solve, large_sizes_equal_the_reference_cpu) {
    solve_check c = solve_check_open(FM_SPECIALISATION_CPU);
    check_size(&c, 7, false);
    check_size(&c, 13, false);
    check_size(&c, 32, false);
    solve_check_close(&c);
}

Test(solve, every_size_equals_the_reference_gpu) {
    static const uint32_t sizes[] = {2, 3, 4, 13, 32};
    solve_check c = solve_check_open(FM_SPECIALISATION_GPU);
    for (int i = 0; i < 5; i++)
        check_size(&c, sizes[i], true);
    solve_check_close(&c);
}

/* What is left of the seed's worst inputs: each kind alone, so that no neighbour hides it. */
static void check_kinds(fm_specialisation specialisation) {
    solve_check c = solve_check_open(specialisation);
    const fm_solve_params p = {.n = 4, .m = 4, .count = 67};
    for (int kind = 0; kind < KIND_MIXED; kind++)
        solve_check_run(&c, &p, (matrix_kind)kind, 100 + (uint64_t)kind);
    cr_assert_gt(c.examined, 100U);
    cr_assert_lt(c.worst_residual, 4.0, "%g n eps", c.worst_residual);
    solve_check_close(&c);
}

Test(solve, every_kind_of_matrix_alone) {
    check_kinds(FM_SPECIALISATION_CPU);
    check_kinds(FM_SPECIALISATION_GPU);
}

/* What decides between elimination and SVD must not miss a matrix that has no small pivot. */
Test(solve, hostile_matrices_have_the_status_of_the_reference) {
    static const uint32_t sizes[] = {4, 13, 32};
    for (int s = FM_SPECIALISATION_CPU; s <= FM_SPECIALISATION_GPU; s++) {
        solve_check c = solve_check_open((fm_specialisation)s);
        for (int i = 0; i < 3; i++) {
            const fm_solve_params p = {
                .n = sizes[i], .m = sizes[i], .count = 480 / (sizes[i] * sizes[i] / 16 + 1)};
            for (int kind = KIND_MIXED + 1; kind < KIND_END; kind++)
                solve_check_run(&c, &p, (matrix_kind)kind, 500 + (uint64_t)kind);
        }
        cr_assert_gt(c.examined, 100U);
        solve_check_close(&c);
    }
}

/* Odd leads, strides and offsets; every pair of layouts; in place; right-hand sides in chunks. */
static void check_layouts(fm_specialisation specialisation) {
    static const fm_matrices forms[] = {{0},
                                        {.layout = FM_LAYOUT_COLUMNS},
                                        {.layout = FM_LAYOUT_INTERLEAVED},
                                        {.lead = 23, .stride = 150, .offset = 5},
                                        {.layout = FM_LAYOUT_COLUMNS, .lead = 19, .offset = 3}};
    solve_check c = solve_check_open(specialisation);
    for (int i = 0; i < 5; i++) { /* gpu kernels do not depend on the layout */
        fm_solve_params p = {.n = 2, .m = 3, .count = 37, .a = forms[i], .x = forms[(i + 1) % 5]};
        p.b = forms[(i + 3) % 5];
        solve_check_run(&c, &p, KIND_MIXED, 200 + (uint64_t)i);
        p.side = FM_SIDE_RIGHT;
        p.m = 1;
        if (i < 2)
            solve_check_run(&c, &p, KIND_MIXED, 300 + (uint64_t)i);
        p = (fm_solve_params){.n = 4, .m = 4, .count = 37, .a = forms[i], .b = forms[(i + 3) % 5]};
        if (i == 2 || i == 3) /* interleaved and loose ones before elimination */
            solve_check_run(&c, &p, KIND_MIXED, 400 + (uint64_t)i);
    }
    for (uint32_t m = 17; m <= 33; m += 16) {
        const fm_solve_params p = {.n = 2, .m = m, .count = 19};
        solve_check_run(&c, &p, KIND_MIXED, m);
    }
    if (specialisation == FM_SPECIALISATION_CPU) { /* panels that are read when they are due */
        fm_solve_params p = {.n = 18, .count = 167, .a.layout = FM_LAYOUT_INTERLEAVED};
        solve_check_run(&c, &p, KIND_MIXED, 450);
    }
    solve_check_close(&c);
}

Test(solve, layouts_strides_and_chunks_cpu) {
    check_layouts(FM_SPECIALISATION_CPU);
}

Test(solve, layouts_strides_and_chunks_gpu) {
    check_layouts(FM_SPECIALISATION_GPU);
}

/* rcond from the caller decides, also where it is large. */
Test(solve, a_larger_rcond_drops_more) {
    solve_check c = solve_check_open(FM_SPECIALISATION_CPU);
    for (uint32_t n = 2; n <= 4; n++) {
        const fm_solve_params p = {.n = n, .m = n, .count = 211, .rcond = 0.01};
        solve_check_run(&c, &p, KIND_NEAR, n);
        solve_check_run(&c, &p, KIND_RANDOM, n);
    }
    solve_check_close(&c);
}

Test(solve, double_where_the_device_has_it) {
    for (int s = FM_SPECIALISATION_CPU; s <= FM_SPECIALISATION_GPU; s++) {
        solve_check c = solve_check_open((fm_specialisation)s);
        if (fm_engine_caps(c.engine)->fp64) {
            for (uint32_t n = 2; n <= 4; n += 2) {
                const fm_solve_params p = {
                    .n = n, .m = n, .count = 131, .number = FM_NUMBER_DOUBLE};
                solve_check_run(&c, &p, KIND_MIXED, n);
            }
            cr_assert_lt(c.worst_pinv, 1e-12);
        }
        solve_check_close(&c);
    }
}

Test(solve, pseudo_inverses_equal_the_reference) {
    for (int s = FM_SPECIALISATION_CPU; s <= FM_SPECIALISATION_GPU; s++) {
        const uint32_t sizes[] = {2, 3, 4, s == FM_SPECIALISATION_CPU ? 13 : 9};
        solve_check c = solve_check_open((fm_specialisation)s);
        for (int i = 0; i < 4; i++) {
            const fm_solve_params p = {.n = sizes[i], .count = i < 3 ? 301 : 83};
            solve_check_pinv(&c, &p, KIND_MIXED, sizes[i]);
            solve_check_pinv(&c, &p, KIND_LOW_RANK, sizes[i]);
        }
        solve_check_close(&c);
    }
}

/* Counts beyond 16 bits and beyond one piece: the same systems over and over. */
static void check_count(fm_engine *engine, uint32_t count) {
    enum { PERIOD = 48 };
    float a[PERIOD * 4], b[PERIOD * 4];
    uint64_t random = fm_test_seed();
    fm_solve_params p = {.struct_size = sizeof p, .n = 2, .m = 2, .count = count};
    fm_solve_stats stats;
    fm_error err;
    float *big_a = malloc(sizeof *big_a * 4 * count), *big_b = malloc(sizeof *big_b * 4 * count);
    float *first = malloc(sizeof b);
    uint8_t *status = malloc(count);
    for (int i = 0; i < PERIOD * 4; i++) {
        a[i] = i / 4 % 16 == 3 ? 1.0F : fm_test_uniform(&random, -1, 1);
        b[i] = fm_test_uniform(&random, -1, 1);
    }
    for (size_t i = 0; i < (size_t)4 * count; i++) {
        big_a[i] = a[i % (PERIOD * 4)];
        big_b[i] = b[i % (PERIOD * 4)];
    }
    fm_assert_ok(fm_solve_batched(engine, &p, big_a, big_b, big_b, status, &stats, &err), err);
    p.count = PERIOD;
    fm_assert_ok(fm_solve_batched(engine, &p, a, b, first, NULL, NULL, &err), err);
    cr_assert_eq(stats.pinv, (count + 12) / 16, "%llu", (unsigned long long)stats.pinv);
    for (size_t k = 0; k < count; k++) {
        cr_assert_eq(status[k], k % 16 == 3, "matrix %zu of %u: status %d", k, count, status[k]);
        cr_assert_eq(memcmp(big_b + 4 * k, first + k % PERIOD * 4, 16), 0, "matrix %zu of %u", k,
                     count);
    }
    free(big_a);
    free(big_b);
    free(first);
    free(status);
}

Test(solve, large_counts_are_solved_to_the_last) {
    for (int s = FM_SPECIALISATION_CPU; s <= FM_SPECIALISATION_GPU; s++) {
        solve_check c = solve_check_open((fm_specialisation)s);
        check_count(c.engine, 65537);
        check_count(c.engine, 1000003);
        check_count(c.engine, 1600001); /* two pieces */
        solve_check_close(&c);
    }
}

Test(solve, the_reference_device_answers_too) {
    const float a[8] = {2, 0, 0, 4, 1, 2, 2, 4}, b[4] = {2, 4, 5, 10};
    const fm_engine_params params = {.struct_size = sizeof params, .device = "ref"};
    const fm_solve_params p = {.struct_size = sizeof p, .n = 2, .count = 2};
    float x[4];
    uint8_t status[2];
    fm_solve_stats stats;
    fm_engine *engine = NULL;
    fm_error err;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    fm_assert_ok(fm_solve_batched(engine, &p, a, b, x, status, &stats, &err), err);
    cr_assert(x[0] == 1 && x[1] == 1 && fabsf(x[2] - 1) < 1e-6F && fabsf(x[3] - 2) < 1e-6F);
    cr_assert(status[0] == 0 && status[1] == 1 && stats.pinv == 1 && stats.regular == 1);
    fm_engine_destroy(&engine);
}

Test(solve, wrong_parameters_are_named) {
    solve_check c = solve_check_open(FM_SPECIALISATION_CPU);
    float a[16] = {0};
    fm_error err;
    const fm_solve_params good = {.struct_size = sizeof good, .n = 2, .count = 1};
    fm_solve_params p = good;
#define REFUSED(status, words) \
    fm_assert_fails(fm_solve_batched(c.engine, &p, a, a, a, NULL, NULL, &err), status, err, words)
    p.n = 33;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "33 rows");
    p = good;
    p.m = FM_SOLVE_MAX_M + 1;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "65537 right-hand");
    p = good;
    p.rcond = (double)NAN;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "rcond");
    p = good;
    p.a.lead = 1;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "a: lead 1");
    p = good;
    p.x.stride = 1;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "overlap");
    p = good;
    p.b = (fm_matrices){.layout = FM_LAYOUT_INTERLEAVED, .offset = 1};
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "interleaved");
    p = good;
    p.count = UINT64_C(1) << 33;
    REFUSED(FM_ERROR_LIMIT, "several calls");
    p = good;
    p.struct_size = 1;
    REFUSED(FM_ERROR_INVALID_ARGUMENT, "struct_size");
    p = good;
    fm_assert_fails(fm_solve_batched(c.engine, &p, NULL, a, a, NULL, NULL, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "NULL");
    p.count = 0;
    fm_assert_ok(fm_solve_batched(c.engine, &p, NULL, NULL, NULL, NULL, NULL, &err), err);
    solve_check_close(&c);
}
