/* SPDX-License-Identifier: MIT */
/* The roofs: measured ones are numbers of this world; the judge of rates is exact. */
#include "fm_test.h"
#include "roofs.h"

TestSuite(roofs, .timeout = 120);

static fmi_roof known(const char *name, double value) {
    fmi_roof roof = {.value = value, .median = value, .n = 1};
    (void)snprintf(roof.name, sizeof roof.name, "%s", name);
    return roof;
}

/* 100 GB/s in the caches, 20 from memory, 50 Gflop/s. */
static fmi_roofs made_up(void) {
    fmi_roofs roofs = {.count = 4};
    roofs.roof[0] = known("fma_fp32", 50e9);
    roofs.roof[1] = known("triad_cache", 100e9);
    roofs.roof[2] = known("read_memory", 20e9);
    roofs.roof[3] = known("fma_fp64", (double)NAN);
    return roofs;
}

Test(roofs, the_judge_takes_the_roof_that_limits) {
    const fmi_roofs roofs = made_up();
    fmi_roof_share share = fmi_roofs_judge(&roofs, 1e6, 0.0, FMI_FP32, false, 100e-6);
    cr_assert(fabs(share.fraction - 0.1) < 1e-12 && !share.impossible, "%g", share.fraction);
    cr_assert_str_eq(share.roof, "cache");
    share = fmi_roofs_judge(&roofs, 1e6, 0.0, FMI_FP32, true, 100e-6);
    cr_assert_str_eq(share.roof, "memory", "cold caches hold nothing of a launch");
    share = fmi_roofs_judge(&roofs, 1e9, 0.0, FMI_FP32, false, 0.1);
    cr_assert(fabs(share.fraction - 0.5) < 1e-12 && !share.impossible, "%g", share.fraction);
    cr_assert_str_eq(share.roof, "memory");
    share = fmi_roofs_judge(&roofs, 1e6, 50e6, FMI_FP32, false, 2e-3);
    cr_assert(fabs(share.fraction - 0.5) < 1e-12, "%g", share.fraction);
    cr_assert_str_eq(share.roof, "fma");
    share = fmi_roofs_judge(&roofs, 0.0, 0.0, FMI_FP32, false, 1.0);
    cr_assert(isnan(share.fraction) && !share.impossible, "no formula, no verdict");
}

/* Only beyond 1.05 x what the device reached anywhere is it impossible. */
Test(roofs, the_judge_calls_what_cannot_be) {
    const fmi_roofs roofs = made_up();
    cr_assert_not(fmi_roofs_judge(&roofs, 1e9, 0.0, FMI_FP32, false, 1e9 / 100e9).impossible,
                  "from the caches it can be");
    cr_assert_not(fmi_roofs_judge(&roofs, 1e9, 0.0, FMI_FP32, false, 1e9 / 104e9).impossible);
    cr_assert(fmi_roofs_judge(&roofs, 1e9, 0.0, FMI_FP32, false, 1e9 / 106e9).impossible);
    cr_assert(fmi_roofs_judge(&roofs, 0.0, 1e9, FMI_FP32, false, 1e9 / 53e9).impossible);
    const fmi_roofs none = {0};
    cr_assert_not(fmi_roofs_judge(&none, 1e9, 1e9, FMI_FP32, false, 1e-9).impossible,
                  "without roofs nothing is known");
}

Test(roofs, this_device_has_roofs) {
    static const char *const names[] = {
        "fma_fp32",     "read_cache", "write_cache", "triad_cache", "read_memory", "write_memory",
        "triad_memory", "to_device",  "from_device", "launch",      "enqueue"};
    const fmi_case_params params = {0};
    fmi_roofs roofs;
    fm_error err = {0};
    fm_assert_ok(fmi_roofs_measure(&roofs, &params, true, &err), err);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        const double value = fmi_roofs_value(&roofs, names[i]);
        cr_assert(isfinite(value) && value > 0.0, "%s: %g", names[i], value);
    }
    cr_assert(fmi_roofs_value(&roofs, "fma_fp32") > 1e8 &&
              fmi_roofs_value(&roofs, "fma_fp32") < 1e15);
    cr_assert(fmi_roofs_value(&roofs, "read_memory") > 1e8 &&
              fmi_roofs_value(&roofs, "read_memory") < 2e13);
    cr_assert(fmi_roofs_value(&roofs, "launch") < 0.1);
    cr_assert(isnan(fmi_roofs_value(&roofs, "no such roof")));
}
