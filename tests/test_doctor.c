/* SPDX-License-Identifier: MIT */
/* What fmbench doctor finds on machines and devices as they may be. */
#include "fm_test.h"

#include "doctor.h"
#include "peer.h"

TestSuite(doctor, .timeout = 60);

/* ---- machines ---- */

/* A file below a made-up /sys/devices/system, with its folders. */
static void put(const char *root, const char *name, const char *text) {
    char path[2 * FM_TEST_PATH];
    snprintf(path, sizeof path, "%s/sys/devices/system/%s", root, name);
    for (char *s = path + strlen(root) + 1; (s = strchr(s, '/')) != NULL; s++) {
        *s = '\0';
        cr_assert(mkdir(path, 0777) == 0 || errno == EEXIST, "%s", path);
        *s = '/';
    }
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static fmi_environment calm(void) {
    return (fmi_environment){.cores = 4,
                             .load = 0.5,
                             .memory_available = UINT64_C(8) << 30,
                             .clock_step_ns = 30,
                             .machine_facts = {.governor = "performance"}};
}

static void expect(const fmi_doctor *d, bool good, const char *what) {
    for (uint32_t i = 0; i < d->count; i++)
        if (strstr(d->finding[i].what, what)) {
            cr_assert_eq(d->finding[i].good, good, "%s", what);
            cr_assert_eq(d->finding[i].advice[0] == '\0', good, "%s", what);
            return;
        }
    cr_assert_fail("nobody said: %s", what);
}

Test(doctor, a_calm_machine_is_good) {
    char root[FM_TEST_PATH];
    fmi_doctor d = {0};
    const fmi_environment e = calm();
    fm_test_dir(root, "calm");
    put(root, "cpu/intel_pstate/no_turbo", "1\n");
    put(root, "cpu/smt/active", "0\n");
    put(root, "clocksource/clocksource0/current_clocksource", "tsc\n");
    fmi_doctor_machine(&d, &e, root);
    cr_assert_eq(d.bad, 0U);
    cr_assert_eq(d.count, 7U, "%u findings", d.count);
    expect(&d, true, "governor of the CPU: performance");
    expect(&d, true, "turbo is off");
    expect(&d, true, "SMT is off");
    expect(&d, true, "clock source: tsc");
}

Test(doctor, whatever_makes_numbers_unsteady_is_told_with_advice) {
    char root[FM_TEST_PATH];
    fmi_doctor d = {0};
    fmi_environment e = calm();
    strcpy(e.machine_facts.governor, "powersave");
    e.load = 1.5;
    e.memory_available = UINT64_C(1) << 29;
    e.clock_step_ns = 4000000;
    fm_test_dir(root, "busy");
    put(root, "cpu/cpufreq/boost", "1\n");
    put(root, "cpu/smt/active", "1\n");
    put(root, "clocksource/clocksource0/current_clocksource", "hpet\n");
    fmi_doctor_machine(&d, &e, root);
    cr_assert_eq(d.bad, d.count);
    expect(&d, false, "governor of the CPU: powersave");
    expect(&d, false, "turbo is on");
    expect(&d, false, "SMT is on");
    expect(&d, false, "load average 1.50 on 4 cores");
    expect(&d, false, "0.5 GB of memory available");
    expect(&d, false, "steps of 4000000 ns");
    expect(&d, false, "clock source: hpet");
}

Test(doctor, what_the_system_does_not_say_is_no_finding) {
    char root[FM_TEST_PATH];
    fmi_doctor d = {0};
    fmi_environment e = calm();
    e.machine_facts.governor[0] = '\0';
    e.load = (double)NAN;
    fm_test_dir(root, "silent");
    put(root, "cpu/smt/active", ""); /* there, but empty */
    fmi_doctor_machine(&d, &e, root);
    cr_assert_eq(d.count, 3U, "load, memory and clock alone, not %u", d.count);
    cr_assert_eq(d.bad, 0U);
    put(root, "cpu/cpufreq/boost", "0\n");
    put(root, "clocksource/clocksource0/current_clocksource", "kvm-clock \n");
    d = (fmi_doctor){0};
    fmi_doctor_machine(&d, &e, root);
    expect(&d, true, "turbo is off");
    expect(&d, true, "clock source: kvm-clock");
    put(root, "clocksource/clocksource0/current_clocksource", "arch_sys_counter\n");
    put(root, "cpu/intel_pstate/no_turbo", "0\n"); /* wins over boost */
    d = (fmi_doctor){0};
    fmi_doctor_machine(&d, &e, root);
    expect(&d, false, "turbo is on");
    expect(&d, true, "clock source: arch_sys_counter");
}

/* ---- devices ---- */

static fm_caps device(const char *name, const char *platform, const char *driver) {
    fm_caps caps = {.type = FM_DEVICE_CPU, .compiler = true};
    snprintf(caps.name, sizeof caps.name, "%s", name);
    snprintf(caps.platform, sizeof caps.platform, "%s", platform);
    snprintf(caps.driver, sizeof caps.driver, "%s", driver);
    return caps;
}

Test(doctor, drivers_that_are_old_or_slow_are_told) {
    fmi_doctor d = {0};
    fm_caps caps = device("cpu", "Portable Computing Language", "1.8");
    unsetenv("POCL_MAX_PTHREAD_COUNT");
    fmi_doctor_device(&d, &caps, "trusted: 12 of 12");
    expect(&d, false, "PoCL 1.8");
    expect(&d, true, "event clock: trusted");
    expect(&d, true, "the device builds kernels");
    cr_assert_eq(d.bad, 1U);
    d = (fmi_doctor){0};
    caps = device("llvmpipe (LLVM 15)", "rusticl", "22.3");
    setenv("POCL_MAX_PTHREAD_COUNT", "1", 1);
    fmi_doctor_device(&d, &caps, "not trusted: it stands still");
    expect(&d, false, "Mesa's llvmpipe");
    expect(&d, false, "not trusted: it stands still");
    expect(&d, false, "POCL_MAX_PTHREAD_COUNT is 1");
    unsetenv("POCL_MAX_PTHREAD_COUNT");
}

Test(doctor, a_graphics_card_with_small_buffers_wants_a_larger_window) {
    fm_caps caps = device("gpu", "vendor", "1");
    caps.type = FM_DEVICE_GPU;
    caps.global_bytes = UINT64_C(16) << 30;
    caps.max_alloc_bytes = UINT64_C(256) << 20;
    fmi_doctor d = {0};
    fmi_doctor_device(&d, &caps, "trusted");
    expect(&d, false, "the largest buffer is 0.3 GB of 17.2");
    const uint32_t findings = d.count;
    caps.unified_memory = true;
    d = (fmi_doctor){0};
    fmi_doctor_device(&d, &caps, "trusted");
    cr_assert_eq(d.count, findings - 1);
    caps.unified_memory = false;
    caps.max_alloc_bytes = UINT64_C(4) << 30;
    caps.compiler = false;
    d = (fmi_doctor){0};
    fmi_doctor_device(&d, &caps, "trusted");
    cr_assert_eq(d.count, findings - 1);
    expect(&d, false, "the device cannot build kernels");
}

Test(doctor, every_peer_is_there_or_says_why_not) {
    fmi_doctor d = {0};
    uint32_t peers = 0;
    while (fmi_peers[peers])
        peers++;
    fmi_doctor_peers(&d);
    cr_assert_eq(d.count, peers);
    for (uint32_t i = 0; i < peers; i++)
        cr_assert_eq(d.finding[i].good, strstr(d.finding[i].what, ": available") != NULL, "%s",
                     d.finding[i].what);
    for (int i = 0; i < 2 * FMI_FINDINGS_MAX; i++)
        fmi_doctor_say(&d, false, "advice", "one more");
    cr_assert_eq(d.count, (uint32_t)FMI_FINDINGS_MAX, "what does not fit is dropped");
}

/* What a message says to do about it is the advice: nobody installs a driver for a wrong name. */
Test(doctor, the_advice_on_a_missing_device_is_that_of_its_message) {
    fmi_doctor d = {0};
    fmi_doctor_no_device(&d, "no device fits \"zzz\", there is 0 = a; give an index; or cpu");
    expect(&d, false, "no usable device: no device fits \"zzz\", there is 0 = a");
    cr_assert_str_eq(d.finding[0].advice, "give an index; or cpu");
    fmi_doctor_no_device(&d, "the worker died");
    cr_assert_str_eq(d.finding[1].what, "no usable device: the worker died");
    cr_assert_not_null(strstr(d.finding[1].advice, "another driver"));
}
