/* SPDX-License-Identifier: MIT */
/* Which devices there are, which is taken, and the quirks of their drivers. */
#include "host_unit.h"

#include "device.h"

TestSuite(device, .timeout = 60);

static fmi_device recorded(const char *platform, const char *name, const char *id,
                           fm_device_type type, uint32_t units, uint32_t mhz) {
    fmi_device d = {.caps = {.type = type, .compute_units = units, .clock_mhz = mhz}};
    snprintf(d.caps.platform, sizeof d.caps.platform, "%s", platform);
    snprintf(d.caps.name, sizeof d.caps.name, "%s", name);
    snprintf(d.caps.id, sizeof d.caps.id, "%s", id);
    d.caps.compiler = true;
    return d;
}

static void check_select(const fmi_device *list, size_t count, const char *selector, size_t want) {
    fm_error err = {0};
    size_t got = 99;
    fm_status status = fmi_device_select(list, count, selector, &got, &err);
    cr_assert_eq(status, FM_OK, "%s: %s", selector ? selector : "NULL", err.message);
    cr_assert_eq(got, want, "%s gives %zu, want %zu", selector ? selector : "NULL", got, want);
}

Test(device, select_follows_the_rules_on_a_recorded_machine) {
    const fmi_device list[] = {
        recorded("rusticl", "llvmpipe (LLVM 15, 256 bits)", "name:1", FM_DEVICE_GPU, 64, 4000),
        recorded("PoCL", "pthread-skylake", "name:2", FM_DEVICE_CPU, 2, 2000),
        recorded("V", "Small 3D", "pci:0000:01:00.0", FM_DEVICE_GPU, 10, 1000),
        recorded("V", "Big 3D", "uuid:ab-cd", FM_DEVICE_GPU, 100, 1000),
        recorded("W", "Board", "name:3", FM_DEVICE_ACCELERATOR, 500, 3000),
    };
    check_select(list, 5, NULL, 3);
    check_select(list, 5, "", 3);
    check_select(list, 5, "auto", 3);
    check_select(list, 5, "gpu", 3);
    check_select(list, 5, "CPU", 1);
    check_select(list, 5, "0", 0);
    check_select(list, 5, "4", 4);
    check_select(list, 5, "UUID:AB-CD", 3);
    check_select(list, 5, "pci:0000:01:00.0", 2);
    check_select(list, 5, "small", 2);
    check_select(list, 5, "3d", 2);
    check_select(list, 5, "accelerator", 4);
    check_select(list, 5, "rustic", 0); /* a platform */
    fmi_device made_by[2] = {list[1], list[2]};
    (void)strcpy(made_by[1].caps.vendor, "Chips & Co");
    (void)strcpy(made_by[0].caps.platform, "Chips and others");
    check_select(made_by, 2, "chips", 1); /* the vendor before the platform */
    check_select(made_by, 2, "small", 1); /* the name before both */
    check_select(list, 3, "auto", 2);
    check_select(list, 2, "auto", 1); /* PoCL before llvmpipe, although that says GPU */
    check_select(list, 1, "auto", 0);
    check_select(list + 4, 1, "auto", 0);
    fmi_device no_compiler[2] = {list[3], list[1]};
    no_compiler[0].caps.compiler = false;
    check_select(no_compiler, 2, "auto", 1);
}

Test(device, select_that_fails_lists_what_there_is) {
    const fmi_device list[] = {
        recorded("PoCL", "pthread-skylake", "name:2", FM_DEVICE_CPU, 2, 2000),
        recorded("V", "Big\x1b[1m 3D", "uuid:ab-cd", FM_DEVICE_OTHER, 100, 1000),
    };
    fm_error err;
    size_t i;
    fm_assert_fails(fmi_device_select(list, 2, "gpu", &i, &err), FM_ERROR_NO_DEVICE, err,
                    "0 = pthread-skylake, 1 = Big\\x1B[1m 3D");
    fm_assert_fails(fmi_device_select(list, 2, "2", &i, &err), FM_ERROR_NO_DEVICE, err, "\"2\"");
    fm_assert_fails(fmi_device_select(list, 2, "99999999999999999999999", &i, &err),
                    FM_ERROR_NO_DEVICE, err, "9999");
    fm_assert_fails(fmi_device_select(NULL, 0, "auto", &i, &err), FM_ERROR_NO_DEVICE, err,
                    "pocl-opencl-icd");
    fm_assert_fails(fmi_device_select(NULL, 0, "0", &i, &err), FM_ERROR_NO_DEVICE, err, "install");
}

/* One row of the quirk table: a device it is for, one it is not for, and what it changes. */
typedef struct quirk_case {
    const char *what;
    fm_caps match, other;
    fm_specialisation preferred;
    uint32_t max_loop, timer_ns;
    bool no_hints, no_binaries, slow_binaries;
} quirk_case;

static fm_caps plain(const char *platform, const char *vendor, const char *name) {
    fm_caps caps = {.timer_resolution_ns = 10,
                    .preferred = FM_SPECIALISATION_CPU,
                    .compiler = true,
                    .images = true,
                    .profiling = true};
    snprintf(caps.platform, sizeof caps.platform, "%s", platform);
    snprintf(caps.vendor, sizeof caps.vendor, "%s", vendor);
    snprintf(caps.name, sizeof caps.name, "%s", name);
    return caps;
}

static void check_quirk(const quirk_case *q) {
    fm_caps got = q->match, same = q->other;
    fmi_quirks_apply(&got);
    cr_expect_eq(got.preferred, q->preferred, "%s", q->what);
    cr_expect_eq(got.max_loop, q->max_loop, "%s: %u", q->what, got.max_loop);
    cr_expect_eq(got.timer_resolution_ns, q->timer_ns, "%s", q->what);
    cr_expect_eq(got.no_hints, q->no_hints, "%s", q->what);
    cr_expect_eq(fmi_quirks_no_binaries(&q->match), q->no_binaries, "%s", q->what);
    cr_expect_eq(fmi_quirks_slow_binaries(&q->match), q->slow_binaries, "%s", q->what);
    cr_expect(got.compiler && got.images && got.profiling, "%s: facts changed", q->what);
    fmi_quirks_apply(&same);
    cr_expect_eq(memcmp(&same, &q->other, sizeof same), 0, "%s: the other device", q->what);
    cr_expect_not(fmi_quirks_no_binaries(&q->other) || fmi_quirks_slow_binaries(&q->other),
                  "%s: binaries of the other device", q->what);
}

/* Names as the drivers give them, and near misses. */
Test(device, every_row_of_the_quirk_table_finds_its_device_and_no_other) {
    const quirk_case cases[] = {
        {.what = "llvmpipe under rusticl",
         .match = plain("rusticl", "Mesa/X.org", "llvmpipe (LLVM 15.0.6, 256 bits)"),
         .other = plain("Clover", "Mesa", "softpipe"),
         .preferred = FM_SPECIALISATION_GPU,
         .max_loop = 60000,
         .timer_ns = 0,
         .no_binaries = true},
        {.what = "llvmpipe, another platform and case",
         .match = plain("Clover", "Mesa", "LLVMPIPE"),
         .other = plain("Clover", "llvmpipe", "pipe"), /* the vendor's name does not count */
         .preferred = FM_SPECIALISATION_GPU,
         .max_loop = 60000,
         .timer_ns = 0},
        {.what = "Oclgrind",
         .match = plain("Oclgrind", "University of Bristol", "Oclgrind Simulator"),
         .other = plain("Ocl grind", "University of Bristol", "Oclgrind Simulator"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .no_hints = true,
         .no_binaries = true},
        {.what = "rusticl on a GPU",
         .match = plain("rusticl", "AMD", "AMD Radeon (radeonsi)"),
         .other = plain("AMD Accelerated Parallel Processing", "AMD", "gfx1030"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .no_binaries = true},
        {.what = "PoCL",
         .match = plain("Portable Computing Language", "AuthenticAMD", "pthread-skylake"),
         .other = plain("Intel(R) OpenCL", "Intel", "pthread-skylake"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .slow_binaries = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_quirk(&cases[i]);
}

Test(device, one_piece_of_hardware_under_two_drivers_is_known) {
    const fm_caps nv = {.id = "uuid:1", .pci = "0000:01:00.0", .type = FM_DEVICE_GPU};
    const fm_caps rust = {.id = "pci:0000:01:00.0", .pci = "0000:01:00.0", .type = FM_DEVICE_GPU};
    const fm_caps other = {.id = "uuid:2", .pci = "0000:02:00.0", .type = FM_DEVICE_GPU};
    const fm_caps bare = {.id = "uuid:1", .type = FM_DEVICE_GPU};
    const fm_caps pocl = {.id = "name:1", .name = "pthread", .type = FM_DEVICE_CPU};
    const fm_caps mesa = {.id = "name:2", .name = "llvmpipe (LLVM 15)", .type = FM_DEVICE_GPU};
    const fm_caps unknown = {.id = "name:3", .name = "Board", .type = FM_DEVICE_GPU};
    cr_assert(fmi_device_same(&nv, &rust) && fmi_device_same(&rust, &nv));
    cr_assert(fmi_device_same(&nv, &bare));
    cr_assert(fmi_device_same(&pocl, &mesa) && fmi_device_same(&mesa, &pocl));
    cr_assert_not(fmi_device_same(&nv, &other) || fmi_device_same(&nv, &pocl) ||
                  fmi_device_same(&unknown, &pocl) || fmi_device_same(&unknown, &bare));
}

Test(device, drivers_are_taken_as_they_are_on_demand) {
    fm_caps lp = plain("rusticl", "Mesa/X.org", "llvmpipe (LLVM 15.0.6, 256 bits)");
    fm_caps taken = lp;
    char words[128];
    fmi_quirks_words(&lp, words, sizeof words);
    cr_assert_str_eq(words, "no-event-clock no-binaries loops-below-60000");
    setenv("FM_NO_QUIRKS", "1", 1);
    fmi_quirks_apply(&taken);
    cr_assert_eq(memcmp(&taken, &lp, sizeof lp), 0);
    cr_assert_not(fmi_quirks_no_binaries(&lp));
    fmi_quirks_words(&lp, words, sizeof words);
    cr_assert_str_empty(words);
    setenv("FM_NO_QUIRKS", "0", 1);
    fmi_quirks_apply(&taken);
    cr_assert_eq(taken.max_loop, 60000U);
    unsetenv("FM_NO_QUIRKS");
    cr_assert(fmi_quirks_no_binaries(&lp));
}

Test(device, quirks_are_applied_by_name_and_platform) {
    fm_caps lp = {.name = "llvmpipe (LLVM 15.0.6, 256 bits)",
                  .platform = "rusticl",
                  .timer_resolution_ns = 10,
                  .preferred = FM_SPECIALISATION_CPU};
    fmi_quirks_apply(&lp);
    cr_assert_eq(lp.preferred, FM_SPECIALISATION_GPU);
    cr_assert_eq(lp.max_loop, 60000);
    cr_assert_eq(lp.timer_resolution_ns, 0);
    cr_assert(fmi_quirks_no_binaries(&lp));
    fm_caps og = {.name = "Oclgrind Simulator", .platform = "Oclgrind", .timer_resolution_ns = 10};
    fmi_quirks_apply(&og);
    cr_assert(og.no_hints);
    cr_assert_eq(og.timer_resolution_ns, 10);
    fm_caps pocl = {.name = "pthread-skylake",
                    .platform = "Portable Computing Language",
                    .timer_resolution_ns = 1,
                    .preferred = FM_SPECIALISATION_CPU};
    fm_caps before = pocl;
    fmi_quirks_apply(&pocl);
    cr_assert_eq(memcmp(&pocl, &before, sizeof pocl), 0, "PoCL's facts stay");
    cr_assert_not(fmi_quirks_no_binaries(&pocl));
}

Test(device, devices_have_facts_and_stable_ids) {
    fm_error err;
    fm_caps *caps = NULL;
    fm_caps *again = NULL;
    size_t count = 0;
    size_t count_again = 0;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    fm_assert_ok(fm_devices(&again, &count_again, &err), err);
    cr_assert_gt(count, 0, "install pocl-opencl-icd");
    cr_assert_eq(count, count_again);
    for (size_t i = 0; i < count; i++) {
        const fm_caps *c = &caps[i];
        cr_assert_eq(c->index, i);
        cr_assert_str_eq(c->id, again[i].id);
        cr_assert(strncmp(c->id, "uuid:", 5) == 0 || strncmp(c->id, "pci:", 4) == 0 ||
                      (strncmp(c->id, "name:", 5) == 0 && strlen(c->id) == 21),
                  "id %s", c->id);
        cr_assert(c->name[0] && c->platform[0] && c->driver[0] && c->version[0]);
        cr_assert(c->compute_units && c->max_group_size && c->base_align_bytes);
        cr_assert(c->global_bytes >= c->max_alloc_bytes && c->max_alloc_bytes > 0);
        cr_assert(c->preferred == FM_SPECIALISATION_CPU || c->preferred == FM_SPECIALISATION_GPU);
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(strcmp(c->id, caps[k].id), 0, "id %s twice", c->id);
    }
    fm_devices_free(&caps);
    fm_devices_free(&again);
    cr_assert_null(caps);
    fm_devices_free(&caps);
    fm_devices_free(NULL);
    fm_assert_fails(fm_devices(NULL, &count, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
}

Test(device, two_equal_devices_have_different_ids) {
    setenv("POCL_DEVICES", "basic basic", 1);
    fm_error err;
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    if (count != 2)
        cr_skip("skipped: this driver cannot show two equal devices");
    cr_assert_str_eq(caps[0].name, caps[1].name);
    cr_assert_neq(strcmp(caps[0].id, caps[1].id), 0, "both are %s", caps[0].id);
    fm_devices_free(&caps);
}

static void check_no_device(void) {
    fm_error err;
    fmi_device *list = NULL;
    size_t count = 9;
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    cr_assert_eq(count, 0);
    cr_assert_null(list);
}

Test(device, no_platform_is_an_empty_list) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "no_vendors");
    setenv("OCL_ICD_VENDORS", dir, 1);
    check_no_device();
}

Test(device, a_platform_without_devices_is_skipped) {
    setenv("POCL_CACHE_DIR", "/proc/no/such/folder", 1); /* PoCL then shows no device */
    check_no_device();
}
