/* SPDX-License-Identifier: MIT */
/* Batched solves against the double reference: sizes, sides, layouts, both specialisations, and
 * batches in which good and hostile matrices are neighbours. */
#include "solve_check.h"

TestSuite(solve, .timeout = 280);

static void check_sizes(fm_specialisation specialisation) {
    static const uint32_t sizes[] = {1, 2, 3, 4, 7, 12, 16, 32};
    solve_check c = solve_check_open(specialisation);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const uint32_t n = sizes[i];
        fm_solve_params p = {.n = n, .m = n, .count = n < 9 ? 1511 : 173};
        solve_check_run(&c, &p, KIND_MIXED, n);
        p.count = n < 9 ? 300 : 60;
        p.side = FM_SIDE_RIGHT;
        solve_check_run(&c, &p, KIND_NEAR, n + 1);
    }

    solve_check_close(&c);
}

Test(solve, every_size_equals_the_reference_cpu) {
    check_sizes(FM_SPECIALISATION_CPU);
}

Test(solve, every_size_equals_the_reference_gpu) {
    check_sizes(FM_SPECIALISATION_GPU);
}
